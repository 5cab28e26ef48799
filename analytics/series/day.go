package series

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Day is a calendar day, counted from 1970-01-01, in the zone of the table.
type Day int32

const (
	secondsPerDay  = 24 * 60 * 60
	secondsPerHour = 60 * 60
	hoursPerDay    = 24
	daysPerWeek    = 7
	// lastDay is 2199-12-31. What lies behind it is a mistake, and would blow up
	// tables that have one cell for each day.
	lastDay Day = 84005
)

// Date returns the Day of a date; months and days out of range carry over as in
// time.Date.
func Date(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// DayOf returns the day on which t lies in the zone that t carries.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// Time returns the midnight at which the day begins, in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String is the date as in "2026-03-02".
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Weekday(((int(d)+int(time.Thursday))%daysPerWeek + daysPerWeek) % daysPerWeek)
}

// Monday returns the Monday on or before d, which begins the ISO 8601 week.
func (d Day) Monday() Day { return d - Day(mondayFirst(d.Weekday())) }

// ISOWeek returns the ISO 8601 year and week number.
func (d Day) ISOWeek() (year, week int) { return d.Time().ISOWeek() }

// mondayFirst counts weekdays from Monday, 0 to 6.
func mondayFirst(w time.Weekday) int { return (int(w) + daysPerWeek - 1) % daysPerWeek }

// Period is a run of days, [From, To). The zero Period stands for all days
// where a Filter has it, and is refused elsewhere.
type Period struct{ From, To Day }

// Days returns the number of days, 0 if To is not behind From.
func (p Period) Days() int { return int(max(p.To-p.From, 0)) }

// Contains reports whether d is one of the days.
func (p Period) Contains(d Day) bool { return d >= p.From && d < p.To }

// String is "2026-03-02 to 2026-03-08", both included.
func (p Period) String() string { return p.From.String() + " to " + (p.To - 1).String() }

func (p Period) check() error {
	switch {
	case p.To <= p.From:
		return fmt.Errorf("%w: the period has no day: To is the day after the last", smm.ErrInvalid)
	case p.From < 0 || p.To > lastDay+1:
		return fmt.Errorf("%w: the period is not within the years 1970 to 2199", smm.ErrInvalid)
	}
	return nil
}
