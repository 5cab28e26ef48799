package recur

import (
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

const lastYear = 9999

// days returns the days of the nth period after that of the start, counted with
// the interval, that the rule selects, in order. The rule is filled in. It
// returns false if the period lies behind the last year.
func (r Rule) days(start civil.Date, n int) ([]civil.Date, bool) {
	n *= r.Interval
	switch r.Freq {
	case Yearly:
		if start.Year+n > lastYear {
			return nil, false
		}
		var out []civil.Date
		for m := time.January; m <= time.December; m++ {
			out = r.ofMonth(out, start.Year+n, m)
		}
		return out, true
	case Monthly:
		m := int(start.Month) - 1 + n
		if start.Year+m/12 > lastYear {
			return nil, false
		}
		return r.ofMonth(nil, start.Year+m/12, time.Month(m%12+1)), true
	case Weekly:
		first := weekOf(start, r.WeekStart).AddDays(7 * n)
		return r.ofSpan(first, 7), first.Year <= lastYear
	default:
		first := start.AddDays(n)
		return r.ofSpan(first, 1), first.Year <= lastYear
	}
}

// weekOf returns the first day of the week that d is in.
func weekOf(d civil.Date, first Day) civil.Date {
	return d.AddDays(-((int(DayOf(d.Weekday())) - int(first) + 7) % 7))
}

func (r Rule) ofMonth(out []civil.Date, year int, m time.Month) []civil.Date {
	if len(r.Months) > 0 && !slices.Contains(r.Months, m) {
		return out
	}
	d := civil.Date{Year: year, Month: m, Day: 1}
	day := DayOf(d.Weekday())
	for last := civil.DaysIn(year, m); d.Day <= last; d.Day++ {
		if r.match(d, day, last) {
			out = append(out, d)
		}
		day = day%7 + 1
	}
	return out
}

func (r Rule) ofSpan(first civil.Date, days int) []civil.Date {
	var out []civil.Date
	for i := range days {
		d := first.AddDays(i)
		if len(r.Months) > 0 && !slices.Contains(r.Months, d.Month) || d.Year > lastYear {
			continue
		}
		if r.match(d, DayOf(d.Weekday()), civil.DaysIn(d.Year, d.Month)) {
			out = append(out, d)
		}
	}
	return out
}

// match applies BYMONTHDAY and BYDAY to a day; last is the month's last.
func (r Rule) match(d civil.Date, day Day, last int) bool {
	if len(r.MonthDays) > 0 && !slices.Contains(r.MonthDays, d.Day) && !slices.Contains(r.MonthDays, d.Day-last-1) {
		return false
	}
	return len(r.Days) == 0 || slices.ContainsFunc(r.Days, func(n NthDay) bool {
		return n.Day == day && (n.N == 0 || r.nth(d, last, n.N))
	})
}

// nth reports whether d is the nth of its weekday in the month, or in the year
// if the rule is yearly and has no BYMONTH.
func (r Rule) nth(d civil.Date, last, n int) bool {
	at, end := d.Day, last
	if r.Freq == Yearly && len(r.Months) == 0 {
		first := civil.Date{Year: d.Year, Month: time.January, Day: 1}
		at, end = first.DaysUntil(d)+1, first.DaysUntil(civil.Date{Year: d.Year, Month: time.December, Day: 31})+1
	}
	if n < 0 {
		return (end-at)/7+1 == -n
	}
	return (at-1)/7+1 == n
}

// cycle is after how many periods the Gregorian calendar has come round: 400
// years.
func (r Rule) cycle() int {
	return [...]int{Daily: 146_097, Weekly: 20_871, Monthly: 4_800, Yearly: 400}[r.Freq]
}

// periodsBefore returns a number of periods that surely end before a day.
func (r Rule) periodsBefore(start, d civil.Date) int {
	var n int
	switch r.Freq {
	case Yearly:
		n = d.Year - start.Year
	case Monthly:
		n = 12*(d.Year-start.Year) + int(d.Month) - int(start.Month)
	case Weekly:
		n = start.DaysUntil(d) / 7
	default:
		n = start.DaysUntil(d)
	}
	return max(n/r.Interval-2, 0)
}
