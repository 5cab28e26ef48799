package recur

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// Freq is the length of the periods that a rule looks at.
type Freq int

// The frequencies. The zero value is none.
const (
	Daily Freq = iota + 1
	Weekly
	Monthly
	Yearly
)

// Day is a day of the week, numbered as in ISO 8601.
type Day int

// The days. The zero value is none.
const (
	MO Day = iota + 1
	TU
	WE
	TH
	FR
	SA
	SU
)

// DayOf returns the Day of a weekday of package time.
func DayOf(d time.Weekday) Day { return Day((int(d)+6)%7 + 1) }

// Weekday returns d as package time has it.
func (d Day) Weekday() time.Weekday { return time.Weekday(int(d) % 7) }

// NthDay is a day of the week, all of them in the period if N is 0, else the Nth,
// or the Nth from the end if N is negative.
type NthDay struct {
	N   int // -53 to 53; 0 if the rule is neither Monthly nor Yearly
	Day Day
}

// Rule says when something recurs. A list that is empty is a part that the rule
// does not have. The text form, which JSON uses too, is that of RFC 5545.
type Rule struct {
	Freq     Freq
	Interval int   // every how many periods: 1 to 1,000,000; 0 is 1
	Count    int   // how many occurrences, at most 1,000,000,000; 0: no limit
	Until    Until // the last moment; the zero value: no limit

	Months    []time.Month // BYMONTH
	MonthDays []int        // BYMONTHDAY: 1 to 31, or from the end -1 to -31; not with Weekly
	Days      []NthDay     // BYDAY
	Hours     []int        // BYHOUR: 0 to 23
	Minutes   []int        // BYMINUTE: 0 to 59
	SetPos    []int        // BYSETPOS: which ones of a period's occurrences, 1 to 366, or from the end -1 to -366
	WeekStart Day          // WKST: matters for Weekly with an Interval or SetPos; 0 is MO
}

// Until is the last moment at which a rule may have an occurrence, in one of the
// three forms of RFC 5545.
type Until struct {
	Form UntilForm
	At   civil.DateTime // midnight with UntilDate
}

// UntilForm says what the At of an Until means.
type UntilForm int

// The forms.
const (
	NoUntil    UntilForm = iota // no limit
	UntilDate                   // the end of the day in the zone of the set
	UntilLocal                  // a wall time in the zone of the set
	UntilUTC                    // an instant
)

const (
	maxInterval = 1_000_000
	maxCount    = 1_000_000_000
)

// Check reports what is wrong with r, as a *ParseError.
func (r Rule) Check() error {
	bad := func(part, why string, args ...any) error {
		return &ParseError{Part: part, Offset: -1, Why: fmt.Sprintf(why, args...)}
	}
	switch {
	case r.Freq < Daily || r.Freq > Yearly:
		return bad("FREQ", "want one of DAILY, WEEKLY, MONTHLY and YEARLY")
	case r.Interval < 0 || r.Interval > maxInterval:
		return bad("INTERVAL", "%d is not from 1 to %d", r.Interval, maxInterval)
	case r.Count < 0 || r.Count > maxCount:
		return bad("COUNT", "%d is not from 1 to %d", r.Count, maxCount)
	case r.Until.Form < NoUntil || r.Until.Form > UntilUTC:
		return bad("UNTIL", "it has no form of this number")
	case r.Count > 0 && r.Until.Form != NoUntil:
		return bad("COUNT", "a rule has either COUNT or UNTIL: leave out one of the two")
	case r.Until.Form != NoUntil && r.Until.At.Check() != nil:
		return bad("UNTIL", "%s is no time", r.Until.At)
	case r.Until.At.Time.Nanosecond != 0 || r.Until.Form == UntilDate && r.Until.At.Time != civil.Time{}:
		return bad("UNTIL", "%s is too precise for its form", r.Until.At)
	case r.WeekStart < 0 || r.WeekStart > SU:
		return bad("WKST", "want one of MO, TU, WE, TH, FR, SA and SU")
	case r.Freq == Weekly && len(r.MonthDays) > 0:
		return bad("BYMONTHDAY", "a weekly rule has none: use FREQ=MONTHLY, or leave it out")
	case len(r.SetPos) > 0 && len(r.Months)+len(r.MonthDays)+len(r.Days)+len(r.Hours)+len(r.Minutes) == 0:
		return bad("BYSETPOS", "it selects among what another BY part gives: add one, such as BYDAY")
	}
	for _, p := range []struct {
		name   string
		values []int
		limit  ranges
	}{
		{"BYMONTH", toInts(r.Months), ranges{1, 12, false}},
		{"BYMONTHDAY", r.MonthDays, ranges{1, 31, true}},
		{"BYHOUR", r.Hours, ranges{0, 23, false}},
		{"BYMINUTE", r.Minutes, ranges{0, 59, false}},
		{"BYSETPOS", r.SetPos, ranges{1, 366, true}},
	} {
		for _, v := range p.values {
			if !p.limit.has(v) {
				return bad(p.name, "%d is not %s", v, p.limit)
			}
		}
	}
	return r.checkDays(bad)
}

func (r Rule) checkDays(bad func(part, why string, args ...any) error) error {
	for _, d := range r.Days {
		switch {
		case d.Day < MO || d.Day > SU:
			return bad("BYDAY", "want days such as MO, or -1FR for the last Friday")
		case d.N < -53 || d.N > 53:
			return bad("BYDAY", "%d is not from 1 to 53 or from -53 to -1", d.N)
		case d.N != 0 && r.Freq < Monthly:
			return bad("BYDAY", "%s has a number, which only FREQ=MONTHLY and YEARLY can have", d)
		}
	}
	return nil
}

// ranges bounds the values of a part.
type ranges struct {
	low, high int
	negative  bool // or the same from the end
}

func (r ranges) has(v int) bool {
	if r.negative && v < 0 {
		v = -v
	}
	return r.low <= v && v <= r.high
}

func (r ranges) String() string {
	if r.negative {
		return fmt.Sprintf("from %d to %d or from -%d to -%d", r.low, r.high, r.high, r.low)
	}
	return fmt.Sprintf("from %d to %d", r.low, r.high)
}

func toInts(ms []time.Month) []int {
	out := make([]int, 0, len(ms))
	for _, m := range ms {
		out = append(out, int(m))
	}
	return out
}

// filled returns a copy of r with the defaults filled in, those of the RFC that
// come from the start too, and with lists that are sorted and without doubles.
func (r Rule) filled(start civil.DateTime) Rule {
	r.Interval = max(r.Interval, 1)
	if r.WeekStart == 0 {
		r.WeekStart = MO
	}
	r.Months, r.MonthDays = sorted(r.Months), sorted(r.MonthDays)
	r.Hours, r.Minutes, r.SetPos = sorted(r.Hours), sorted(r.Minutes), sorted(r.SetPos)
	switch {
	case len(r.Days) > 0 || len(r.MonthDays) > 0 || r.Freq == Daily:
	case r.Freq == Weekly:
		r.Days = []NthDay{{Day: DayOf(start.Date.Weekday())}}
	default:
		r.MonthDays = []int{start.Date.Day}
		if r.Freq == Yearly && len(r.Months) == 0 {
			r.Months = []time.Month{start.Date.Month}
		}
	}
	if len(r.Hours) == 0 {
		r.Hours = []int{start.Time.Hour}
	}
	if len(r.Minutes) == 0 {
		r.Minutes = []int{start.Time.Minute}
	}
	return r
}

func sorted[T ~int](s []T) []T {
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}
