package civil

import (
	"fmt"
	"strings"
	"time"
)

// Format writes an instant as people in the zone read it, and as machines can
// without a doubt, by RFC 9557: "2026-03-29T03:30:00+02:00[Europe/Berlin]". A
// zero zone is UTC. ParseInstant reads it back. Fractions of a second are kept;
// an offset that is not of whole minutes, which no zone had since 1972, is left
// out.
func Format(t time.Time, z Zone) string {
	name := z.Name()
	if z.IsZero() {
		name = UTC().Name()
	}
	t = t.In(z.Location())
	layout := "2006-01-02T15:04:05.999999999Z07:00"
	if _, o := t.Zone(); o%60 != 0 {
		layout = "2006-01-02T15:04:05.999999999"
	}
	return t.Format(layout) + "[" + name + "]"
}

// ParseInstant reads an instant, in UTC, from one of
//
//	2026-03-29T09:30:00+02:00                  RFC 3339, and without seconds
//	2026-03-29T09:30[Europe/Berlin]            with a zone, RFC 9557
//	2026-03-29T09:30:00+02:00[Europe/Berlin]   with both, which must agree
//	2026-03-29T07:30:00Z[Europe/Berlin]        Z says nothing of the zone's offset
//	2026-03-29T09:30                           only if z is a zone: in that
//
// with a "T" or one space between date and time. A zone in the text goes before
// z. A wall time without an offset is resolved by the rule of the package, and
// the Kind says how. Text without a zone, where z is the zero Zone, is refused:
// nothing is guessed. Errors are *ParseError or *ZoneError.
func ParseInstant(s string, z Zone) (time.Time, Kind, error) {
	bad := func(why string) (time.Time, Kind, error) {
		return time.Time{}, Exact, &ParseError{"instant", s, why}
	}
	text, name, tagged := strings.Cut(s, "[")
	if tagged {
		name, rest, closed := strings.Cut(name, "]")
		if !closed || rest != "" {
			return bad("after the time want one zone in brackets, as in [Europe/Berlin]")
		}
		var err error
		if z, err = LoadZone(name); err != nil {
			return time.Time{}, Exact, err
		}
	}
	whole := text
	text, offset, fixed, ok := cutOffset(whole)
	if !ok {
		return bad("the offset must be Z or hours and minutes as in +02:00")
	}
	dt, err := ParseDateTime(text)
	if err != nil {
		return bad(whyOf(err))
	}
	if fixed {
		at := dt.utc().Add(-offset)
		if tagged && !strings.HasSuffix(whole, "Z") && In(at, z) != dt {
			return bad(fmt.Sprintf("%s does not have this offset then: leave out one of the two", z))
		}
		return at, Exact, nil
	}
	if z.IsZero() {
		return bad("it has no time zone: add Z, an offset as in +02:00, or a zone as in [Europe/Berlin]")
	}
	at, kind := Resolve(dt, z)
	return at, kind, nil
}

// cutOffset splits the offset off the end of an instant; fixed is false if there
// is none, ok is false if it is malformed.
func cutOffset(s string) (text string, offset time.Duration, fixed, ok bool) {
	const day = len("2006-01-02")
	if len(s) <= day {
		return s, 0, false, true
	}
	if text, zulu := strings.CutSuffix(s, "Z"); zulu {
		return text, 0, true, true
	}
	i := strings.LastIndexAny(s, "+-")
	if i < day {
		return s, 0, false, true
	}
	o := s[i+1:]
	if len(o) != len("02:00") || o[2] != ':' {
		return s, 0, true, false
	}
	h, ok1 := digits(o[:2])
	m, ok2 := digits(o[3:])
	offset = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[i] == '-' {
		offset = -offset
	}
	return s[:i], offset, true, ok1 && ok2 && h <= 23 && m <= 59
}
