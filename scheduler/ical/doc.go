// Package ical writes a calendar of posts as an iCalendar file, RFC 5545, which
// desktop and web calendars import or subscribe to.
//
//	err := ical.Write(w, ical.Calendar{Name: "Posts", Events: ical.FromRecords(records, nil)})
//
// # Design notes
//
// Times are written in UTC. An event with a zone would need that zone's rules in
// the file (VTIMEZONE), and the planned times of posts are instants: a calendar
// shows them in its reader's zone either way.
//
// A post is an event of some minutes and not a task (VTODO): the common calendars
// leave tasks out of their views.
//
// Reading is not offered. What calendars write back differs too much from post to
// post; package sheet reads tables.
package ical
