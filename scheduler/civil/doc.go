// Package civil has the wall clock: dates, times of day, and what instant they
// are in a time zone.
//
//	berlin, err := civil.LoadZone("Europe/Berlin")
//	dt, err := civil.ParseDateTime("2026-03-29T02:30")
//	at, kind := civil.Resolve(dt, berlin) // 01:30 UTC, civil.Gap
//
// A plan is made on the wall clock ("Tuesdays at nine in Berlin"), and a post is
// sent at an instant. Where a zone changes its offset the two do not match one
// to one, and a calendar that leaves that case open publishes twice, not at all,
// or an hour off, once a year.
//
// # The rule
//
// A wall time that exists once is that instant: [Exact].
//
// A wall time that is skipped, since clocks were set forward over it, is read
// with the offset that was in force before the change: [Gap]. It so comes later
// on the wall clock by the length of the gap: 02:30 becomes 03:30 where clocks
// went from 02:00 to 03:00. On a day that a zone skipped as a whole, as Samoa did
// with 2011-12-30, it is the same time on the next day. This is what RFC 5545
// section 3.3.5 says about such times.
//
// A wall time that occurs twice, since clocks were set back, is the first of the
// two: [Overlap], as in the same section.
//
// [Policy] has the other choices; the rule above is [Compatible], the name that
// it has in ECMAScript's Temporal.
//
// # Design notes
//
// time.Date was not used for resolving: its documentation leaves open which of
// the two offsets it takes, and it takes the one after the change in some gaps.
//
// A [Zone] is a value with a text form, and not a *time.Location: a location can
// be time.Local, which means something else on every machine and cannot be
// stored.
//
// The package does not import time/tzdata, which would add 450 kB to each host.
// On machines without a time zone database the host's main package imports it;
// the error of LoadZone says so.
//
// Rejected: a wall time type with its zone inside. Plans share one zone for many
// times, and a pair is easily made where it is needed.
package civil
