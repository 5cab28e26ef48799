// Package sheet reads and writes content calendars as tables: CSV as spreadsheets
// export it, and boards of Trello.
//
//	s, err := sheet.Read(file, sheet.Options{Zone: "Europe/Berlin"})
//	plan, err := s.Plan(resolve, nil)
//	items, findings, err := sched.ScheduleAll(ctx, plan.Entries)
//	err = plan.Errors(err)
//
// A table has a header line with the names of its columns, in any order and case:
//
//	id            the row's name for ever; makes importing twice harmless
//	day, time     or both in one column, when
//	zone          IANA name; Options.Zone where the column or cell is missing
//	platform, channel   what Resolve is asked with
//	type          Labels.ContentType
//	title         for people; not published
//	text          the post
//	thread        its further parts, divided by lines with nothing but ---
//	first comment
//	media, alt text   names and descriptions, divided by | or line breaks
//	link, language
//	labels, campaign, objective, assignee, topic, pillar, brand
//	status        idea, draft, review, approved, scheduled, published ...
//
// and whatever others, which are kept (a second column of one kind as "name (2)"). Common other names are understood ("date",
// "caption", "copy", "owner", "network", "tags"), and so are those of Trello's CSV.
//
// Read reports everything that is wrong with a table at once, with line and
// column, and then gives no rows: nothing is imported half. What Write wrote, Read
// reads back equal.
//
// # Dates
//
// 2026-12-31 and names of months in English are clear. 31.12.2026 has the day
// first. With slashes it depends on the country: one date in the file that can be
// read in one way only decides for all of them, and without one the dates are
// refused until Options.DateOrder says it. A time on a day when clocks are set is
// resolved by the rule of package civil, and named in Sheet.Notes.
//
// # Design notes
//
// Cells that a spreadsheet would take for a formula (they begin with =, +, - or @)
// are written with an apostrophe in front, which spreadsheets hide and Read takes
// away: a calendar is opened by people who did not write it.
//
// Guessing the order of day and month from the language of the header was
// rejected. A post a month early cannot be taken back.
//
// The layout of Trello's JSON was read off public exports, that of its CSV is from
// memory; both are unverified against the service. Columns that are not understood
// are kept and harm nothing.
package sheet
