package civil

import (
	"cmp"
	"time"
)

// DateTime is what a calendar and a clock on the wall show, in no zone. It
// becomes an instant by Resolve. The zero value is no time.
type DateTime struct {
	Date Date
	Time Time
}

// Of returns what clocks in t's own location show.
func Of(t time.Time) DateTime { return DateTime{DateOf(t), TimeOf(t)} }

// In returns what clocks in the zone show at t. A zero zone is UTC.
func In(t time.Time, z Zone) DateTime { return Of(t.In(z.Location())) }

// ParseDateTime parses 2006-01-02T15:04, with a "T" or one space between, and
// the time as ParseTime has it. A text with an offset or a zone is refused, since
// it is an instant: see ParseInstant. Errors are *ParseError.
func ParseDateTime(s string) (DateTime, error) {
	bad := func(why string) (DateTime, error) { return DateTime{}, &ParseError{"date and time", s, why} }
	const day = len("2006-01-02")
	if len(s) <= day || (s[day] != 'T' && s[day] != ' ') {
		return bad("want a date and a time as in 2026-03-29T09:30")
	}
	d, err := ParseDate(s[:day])
	if err != nil {
		return bad(whyOf(err))
	}
	t, err := ParseTime(s[day+1:])
	if err != nil {
		return bad(whyOf(err))
	}
	return DateTime{d, t}, nil
}

// String returns the time as 2006-01-02T15:04, with seconds only if they are not
// zero.
func (dt DateTime) String() string { return dt.Date.String() + "T" + dt.Time.String() }

// IsZero reports whether dt is no time at all.
func (dt DateTime) IsZero() bool { return dt == DateTime{} }

// Check reports whether there is such a day and time of day, as an error that
// matches smm.ErrInvalid. A time in the gap of a zone passes.
func (dt DateTime) Check() error {
	if err := dt.Date.Check(); err != nil {
		return err
	}
	return dt.Time.Check()
}

// Compare returns -1, 0 or 1 as dt is before, at or after e on the wall clock.
func (dt DateTime) Compare(e DateTime) int {
	return cmp.Or(dt.Date.Compare(e.Date), dt.Time.Compare(e.Time))
}

// Before reports whether dt is before e on the wall clock.
func (dt DateTime) Before(e DateTime) bool { return dt.Compare(e) < 0 }

// After reports whether dt is after e on the wall clock.
func (dt DateTime) After(e DateTime) bool { return dt.Compare(e) > 0 }

// Add returns the wall time that is d later if no clock is set meanwhile.
func (dt DateTime) Add(d time.Duration) DateTime { return Of(dt.utc().Add(d)) }

// Sub returns how far dt is after e if no clock is set meanwhile. Differences of
// more than 292 years are cut to that.
func (dt DateTime) Sub(e DateTime) time.Duration { return dt.utc().Sub(e.utc()) }

// utc reads dt as UTC, where every wall time exists once.
func (dt DateTime) utc() time.Time { return dt.Date.utc().Add(dt.Time.Since()) }

// MarshalText implements encoding.TextMarshaler. The zero DateTime is empty text;
// any other must pass Check.
func (dt DateTime) MarshalText() ([]byte, error) {
	if dt.IsZero() {
		return nil, nil
	}
	if err := dt.Check(); err != nil {
		return nil, err
	}
	return []byte(dt.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (dt *DateTime) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*dt = DateTime{}
		return nil
	}
	*dt, err = ParseDateTime(string(b))
	return err
}
