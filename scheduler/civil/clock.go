package civil

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Time is a time of day on the wall clock, in no zone. The zero value is
// midnight.
type Time struct {
	Hour       int // 0 to 23
	Minute     int // 0 to 59
	Second     int // 0 to 59: posts need no leap seconds
	Nanosecond int // 0 to 999999999
}

// TimeOf returns the time of day that clocks in t's own location show.
func TimeOf(t time.Time) Time {
	h, m, s := t.Clock()
	return Time{h, m, s, t.Nanosecond()}
}

// ParseTime parses 15:04, 15:04:05 and 15:04:05.999999999. Errors are
// *ParseError.
func ParseTime(s string) (Time, error) {
	bad := func(why string) (Time, error) { return Time{}, &ParseError{"time", s, why} }
	t, ok := scanTime(s)
	switch {
	case !ok:
		return bad("want hour and minute on 24 hours as in 09:30, and maybe seconds as in 09:30:15")
	case t.Hour == 24:
		return bad("the day ends at 23:59:59: write 00:00 of the next day")
	case t.Second == 60:
		return bad("leap seconds cannot be planned: write 59")
	case t.Check() != nil:
		return bad("there is no such time of day")
	}
	return t, nil
}

func scanTime(s string) (t Time, ok bool) {
	s, frac, hasFrac := strings.Cut(s, ".")
	if len(s) != len("15:04") && len(s) != len("15:04:05") || s[2] != ':' {
		return t, false
	}
	var ok1, ok2 bool
	t.Hour, ok1 = digits(s[:2])
	t.Minute, ok2 = digits(s[3:5])
	ok = ok1 && ok2
	if len(s) > 5 {
		t.Second, ok1 = digits(s[6:])
		ok = ok && ok1 && s[5] == ':'
	}
	if hasFrac {
		n := len(frac)
		if len(s) == 5 || n < 1 || n > 9 {
			return t, false
		}
		t.Nanosecond, ok1 = digits(frac + strings.Repeat("0", 9-n))
		ok = ok && ok1
	}
	return t, ok
}

// String returns the time as 15:04, with seconds and their fraction only if
// they are not zero.
func (t Time) String() string {
	switch {
	case t.Nanosecond != 0:
		return strings.TrimRight(fmt.Sprintf("%02d:%02d:%02d.%09d", t.Hour, t.Minute, t.Second, t.Nanosecond), "0")
	case t.Second != 0:
		return fmt.Sprintf("%02d:%02d:%02d", t.Hour, t.Minute, t.Second)
	}
	return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute)
}

// Check reports whether there is such a time, as an error that matches
// smm.ErrInvalid.
func (t Time) Check() error {
	if t.Hour < 0 || t.Hour > 23 || t.Minute < 0 || t.Minute > 59 || t.Second < 0 || t.Second > 59 ||
		t.Nanosecond < 0 || t.Nanosecond > 999_999_999 {
		return fmt.Errorf("%w: there is no time of day %s", smm.ErrInvalid, t)
	}
	return nil
}

// Compare returns -1, 0 or 1 as t is before, at or after u.
func (t Time) Compare(u Time) int {
	return cmp.Or(cmp.Compare(t.Hour, u.Hour), cmp.Compare(t.Minute, u.Minute),
		cmp.Compare(t.Second, u.Second), cmp.Compare(t.Nanosecond, u.Nanosecond))
}

// Since returns the time that the wall clock has counted since midnight.
func (t Time) Since() time.Duration {
	return time.Duration(t.Hour)*time.Hour + time.Duration(t.Minute)*time.Minute +
		time.Duration(t.Second)*time.Second + time.Duration(t.Nanosecond)
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	return []byte(t.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTime(string(b))
	return err
}
