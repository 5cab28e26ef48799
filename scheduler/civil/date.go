package civil

import (
	"cmp"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Date is a day of the Gregorian calendar, in no zone. The zero value is no date.
type Date struct {
	Year  int // 1 to 9999
	Month time.Month
	Day   int // 1 to 31
}

// DateOf returns the date that clocks in t's own location show.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate parses 2006-01-02. Errors are *ParseError.
func ParseDate(s string) (Date, error) {
	d, ok := scanDate(s)
	if !ok {
		return Date{}, &ParseError{"date", s, "want year, month and day as in 2026-03-29"}
	}
	if err := d.Check(); err != nil {
		return Date{}, &ParseError{"date", s, "there is no such day"}
	}
	return d, nil
}

func scanDate(s string) (Date, bool) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, false
	}
	y, ok1 := digits(s[:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:])
	return Date{y, time.Month(m), d}, ok1 && ok2 && ok3
}

// digits reads a number of ASCII digits only.
func digits(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s != ""
}

// String returns the date as 2006-01-02.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// IsZero reports whether d is no date at all.
func (d Date) IsZero() bool { return d == Date{} }

// Check reports whether there is such a day, as an error that matches
// smm.ErrInvalid.
func (d Date) Check() error {
	if d.Year < 1 || d.Year > 9999 || d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > DaysIn(d.Year, d.Month) {
		return fmt.Errorf("%w: there is no day %s", smm.ErrInvalid, d)
	}
	return nil
}

// DaysIn returns the number of days of a month.
func DaysIn(year int, m time.Month) int {
	switch m {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	}
	return 31
}

// Compare returns -1, 0 or 1 as d is before, at or after e.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// Before reports whether d is before e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is after e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddDays returns the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// DaysUntil returns how many days e is later than d.
func (d Date) DaysUntil(e Date) int { return int((e.utc().Unix() - d.utc().Unix()) / (24 * 60 * 60)) }

// At returns the time of day t on d.
func (d Date) At(t Time) DateTime { return DateTime{d, t} }

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// MarshalText implements encoding.TextMarshaler. The zero Date is empty text;
// any other must pass Check.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(b))
	return err
}
