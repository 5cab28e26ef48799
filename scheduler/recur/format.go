package recur

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the text form of r, without "RRULE:", its parts in one order and
// defaults left out. Parse reads it back.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString("FREQ=")
	if r.Freq >= Daily && r.Freq <= Yearly {
		b.WriteString(freqNames[r.Freq])
	}
	if r.Interval > 1 {
		fmt.Fprintf(&b, ";INTERVAL=%d", r.Interval)
	}
	if r.Count > 0 {
		fmt.Fprintf(&b, ";COUNT=%d", r.Count)
	}
	if r.Until.Form != NoUntil {
		b.WriteString(";UNTIL=" + r.Until.String())
	}
	part(&b, "BYMONTH", toInts(r.Months), strconv.Itoa)
	part(&b, "BYMONTHDAY", r.MonthDays, strconv.Itoa)
	part(&b, "BYDAY", r.Days, NthDay.String)
	part(&b, "BYHOUR", r.Hours, strconv.Itoa)
	part(&b, "BYMINUTE", r.Minutes, strconv.Itoa)
	part(&b, "BYSETPOS", r.SetPos, strconv.Itoa)
	if r.WeekStart > MO {
		b.WriteString(";WKST=" + r.WeekStart.String())
	}
	return b.String()
}

func part[T any](b *strings.Builder, name string, values []T, text func(T) string) {
	for i, v := range values {
		if i == 0 {
			b.WriteString(";" + name + "=")
		} else {
			b.WriteByte(',')
		}
		b.WriteString(text(v))
	}
}

// String returns "MO" to "SU".
func (d Day) String() string {
	if d < MO || d > SU {
		return fmt.Sprintf("Day(%d)", int(d))
	}
	return [...]string{MO: "MO", TU: "TU", WE: "WE", TH: "TH", FR: "FR", SA: "SA", SU: "SU"}[d]
}

// String returns "FR", or "-1FR".
func (d NthDay) String() string {
	if d.N == 0 {
		return d.Day.String()
	}
	return strconv.Itoa(d.N) + d.Day.String()
}

// String returns the value of an UNTIL part.
func (u Until) String() string {
	d, t := u.At.Date, u.At.Time
	s := fmt.Sprintf("%04d%02d%02d", d.Year, int(d.Month), d.Day)
	if u.Form != UntilDate {
		s += fmt.Sprintf("T%02d%02d%02d", t.Hour, t.Minute, t.Second)
	}
	if u.Form == UntilUTC {
		s += "Z"
	}
	return s
}

// MarshalText implements encoding.TextMarshaler. What r.Check refuses is refused.
func (r Rule) MarshalText() ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rule) UnmarshalText(b []byte) (err error) {
	*r, err = Parse(string(b))
	return err
}
