package sheet

import (
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// DateOrder says how dates with slashes are read.
type DateOrder string

// The orders.
const (
	DayFirst   DateOrder = "day-first"   // 31/12/2026
	MonthFirst DateOrder = "month-first" // 12/31/2026
)

// dateParts are the numbers of a date, as far as they are known.
type dateParts struct {
	a, b    int // with slashes: in the order of the text
	date    civil.Date
	slashes bool
}

// parseDay takes a date apart. The year has four digits: with two, 01-02-03 could
// be six dates.
func parseDay(s string) (dateParts, bool) {
	if d, err := civil.ParseDate(s); err == nil {
		return dateParts{date: d}, true
	}
	if d, ok := namedMonth(s); ok {
		return dateParts{date: d}, true
	}
	for _, sep := range []string{"/", "."} {
		f := strings.Split(strings.TrimSuffix(s, "."), sep)
		if len(f) != 3 {
			continue
		}
		var n [3]int
		for i, t := range f {
			v, err := strconv.Atoi(strings.TrimSpace(t))
			if err != nil || v < 1 || strings.ContainsAny(t, "+-") {
				return dateParts{}, false
			}
			n[i] = v
		}
		switch {
		case len(strings.TrimSpace(f[0])) == 4: // 2026/12/31
			return dated(n[0], n[1], n[2])
		case len(strings.TrimSpace(f[2])) != 4:
			return dateParts{}, false
		case sep == ".":
			return dated(n[2], n[1], n[0])
		}
		p := dateParts{a: n[0], b: n[1], slashes: true, date: civil.Date{Year: n[2]}}
		_, first := p.read(DayFirst)
		_, second := p.read(MonthFirst)
		return p, first || second
	}
	return dateParts{}, false
}

func dated(year, month, day int) (dateParts, bool) {
	d := civil.Date{Year: year, Month: time.Month(month), Day: day}
	return dateParts{date: d}, d.Check() == nil
}

// read returns the date, false if it is none in that order.
func (p dateParts) read(o DateOrder) (civil.Date, bool) {
	if !p.slashes {
		return p.date, true
	}
	d := civil.Date{Year: p.date.Year, Month: time.Month(p.b), Day: p.a}
	if o == MonthFirst {
		d.Month, d.Day = time.Month(p.a), p.b
	}
	return d, d.Check() == nil
}

// only returns the order that alone makes a date of p, "" if both or none do, or
// if the order does not matter.
func (p dateParts) only() DateOrder {
	if !p.slashes || p.a == p.b {
		return ""
	}
	_, day := p.read(DayFirst)
	_, month := p.read(MonthFirst)
	switch {
	case day && !month:
		return DayFirst
	case month && !day:
		return MonthFirst
	}
	return ""
}

// namedMonth reads "31 Dec 2026", "Dec 31, 2026", "31-Dec-2026" and the same with
// full names and a weekday in front.
func namedMonth(s string) (civil.Date, bool) {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' || c == '-' }), " ")
	f := strings.Fields(s)
	if len(f) == 4 { // the weekday, which must be right
		d, ok := namedMonth(strings.Join(f[1:], " "))
		day := d.Weekday().String()
		return d, ok && (strings.EqualFold(f[0], day) || strings.EqualFold(f[0], day[:3]))
	}
	for _, layout := range []string{"2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return civil.DateOf(t), true
		}
	}
	return civil.Date{}, false
}

// parseTime reads "9:00", "09:00:00", "9:00 PM", "9pm" and "9.30".
func parseTime(s string) (civil.Time, bool) {
	if t, err := civil.ParseTime(s); err == nil {
		return t, true
	}
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	s = strings.NewReplacer("A.M.", "AM", "P.M.", "PM").Replace(s)
	for _, layout := range []string{"15:04", "15:04:05", "15.04", "3:04PM", "3:04:05PM", "3PM", "3.04PM"} {
		if t, err := time.Parse(layout, s); err == nil {
			return civil.TimeOf(t), true
		}
	}
	return civil.Time{}, false
}
