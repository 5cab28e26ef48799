// Package recur has recurring times after RFC 5545 (iCalendar): every weekday at
// nine, the last Friday of the month, and so on, on the wall clock of a zone.
//
//	rule, err := recur.Parse("FREQ=MONTHLY;BYDAY=-1FR")
//	set := recur.Set{Start: start, Zone: berlin, Rule: &rule}
//	for o, err := range set.Between(from, until) { ... }
//
// # What is supported
//
// FREQ of DAILY, WEEKLY, MONTHLY and YEARLY; INTERVAL, COUNT, UNTIL, BYMONTH,
// BYMONTHDAY, BYDAY with ordinals, BYHOUR, BYMINUTE, BYSETPOS and WKST; dates
// added and left out, see [Set]. Everything else that the RFC has, FREQ=HOURLY
// and shorter, BYSECOND, BYYEARDAY and BYWEEKNO, is refused with a [ParseError]
// that names the part: a rule that is followed in part is wrong every time.
//
// # Choices that the RFC leaves, or that differ from it
//
//   - A start that the rule does not match is no occurrence, and does not count
//     for COUNT. The RFC calls the result undefined (section 3.8.5.3).
//   - A time that clocks are set forward over is moved behind the gap, by the rule
//     of package civil. Section 3.3.10 leaves it out; a post that is missing once
//     a year is what nobody asked for. [Set].SkipGaps has the RFC's way. Days that
//     do not exist, such as 30 February, are left out as the RFC wants it.
//   - The forms of UNTIL are taken in any set, although section 3.3.10 wants UTC
//     for one with a zone: many calendars write the others. A date is that whole
//     day in the zone, a local time is compared on the wall clock, one in UTC as
//     an instant. Occurrences at UNTIL count.
//   - COUNT counts what the rule gives, before dates are left out, and two times
//     that a gap moves onto the same instant as two; they occur as one.
//   - Years end with 9999.
//
// # Rules that never match
//
// FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30 is well-formed. The Gregorian calendar
// repeats after 400 years, which are 146,097 days and so whole weeks; a rule that
// gave nothing in as many of its periods gives nothing ever, and reading it ends
// with [ErrNever], after a fraction of a second at most.
//
// # Design notes
//
// A period (a year, month, week or day) is expanded by filtering its days, not by
// generating them part by part as the RFC tells it. The parts "limit" or "expand"
// by the table of section 3.3.10, but both are an intersection of sets of days,
// and filters are easier to see through.
//
// Occurrences are civil times first and instants last. Adding 24 hours to an
// instant was rejected, as it drifts by an hour twice a year.
//
// Rejected: a callback or a slice of all occurrences. Most rules have no end.
package recur
