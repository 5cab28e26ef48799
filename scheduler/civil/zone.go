package civil

import (
	"errors"
	"strings"
	"time"
)

// Zone is a time zone of the IANA database, under the name that it was loaded
// by. The zero value is no zone; it behaves as UTC where an instant is asked for,
// and is refused wherever a zone is required. Zones are compared by Name.
type Zone struct {
	name string
	loc  *time.Location
}

// UTC returns the zone of universal time.
func UTC() Zone { return Zone{"UTC", time.UTC} }

// LoadZone returns the zone of a name such as "Europe/Berlin". It is the only
// way to one, so that each Zone has a name that means the same on every machine.
// Errors are *ZoneError and say what to write instead. Refused are, besides
// names that the database does not have:
//
//   - "" and "Local": a plan must not depend on the machine that it runs on.
//   - Abbreviations such as "EST" and "CET", although the database has some. They
//     name an offset, and people use them for a place: "EST" has no daylight
//     saving time there, "CET" does, "CST" is used on three continents, and "GMT"
//     is not London's time in summer.
//   - "Etc/GMT+5" and its like: the sign is the reverse of what ISO 8601 has.
//   - "posix/", "right/" and other files that lie beside the zones. The times of
//     "right/" count leap seconds.
//
// It reads a file; load a zone once for many times.
func LoadZone(name string) (Zone, error) {
	if why := refuse(name); why != "" {
		return Zone{}, &ZoneError{name, why}
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		why := "there is no such zone: write an IANA name such as Europe/Berlin; a machine without " +
			"a time zone database knows none but UTC, until its program imports time/tzdata"
		return Zone{}, &ZoneError{name, why}
	}
	return Zone{name, loc}, nil
}

// refuse says why a name is not even looked up, or "".
func refuse(name string) string {
	switch {
	case name == "":
		return "no zone is given: name one, such as Europe/Berlin or UTC"
	case strings.EqualFold(name, "local"), name == "localtime":
		return "it means something else on every machine: name a zone such as Europe/Berlin"
	case name == "UTC", name == "Etc/UTC":
		return ""
	}
	upper := strings.ToUpper(name)
	if place, ok := abbreviations[upper]; ok {
		return "it is an abbreviation and not a place: write " + place
	}
	switch {
	case strings.HasPrefix(upper, "ETC/"):
		return "zones under Etc are offsets, with the sign reversed: write a place such as Europe/Berlin, or UTC"
	case name[0] == '+', name[0] == '-':
		return "an offset is no zone, since it does not know when clocks are set: name one such as Europe/Berlin"
	case upper == name && !strings.Contains(name, "/"):
		return "it is an abbreviation and not a place: write a name such as Europe/Berlin, or UTC"
	case !wellFormed(name):
		return "zone names look like Europe/Berlin or America/New_York, in just these letters"
	case name == "Factory":
		return "it is not a zone that people use: write a place such as Europe/Berlin"
	}
	return ""
}

// abbreviations has what people mean by the ones that they use most.
var abbreviations = map[string]string{
	"GMT": "Europe/London, or UTC", "Z": "UTC", "ZULU": "UTC", "UCT": "UTC", "UNIVERSAL": "UTC", "GREENWICH": "Europe/London, or UTC",
	"GMT0": "UTC", "GMT+0": "UTC", "GMT-0": "UTC", "BST": "Europe/London", "GB": "Europe/London",
	"CET": "Europe/Berlin or another place", "CEST": "Europe/Berlin or another place", "MET": "Europe/Berlin or another place",
	"EET": "Europe/Helsinki or another place", "EEST": "Europe/Helsinki or another place", "WET": "Europe/Lisbon or another place",
	"EST": "America/New_York, or America/Panama where clocks are never set", "EDT": "America/New_York", "EST5EDT": "America/New_York",
	"CST": "America/Chicago, Asia/Shanghai or another place", "CDT": "America/Chicago", "CST6CDT": "America/Chicago",
	"MST": "America/Denver, or America/Phoenix where clocks are never set", "MDT": "America/Denver", "MST7MDT": "America/Denver",
	"PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "PST8PDT": "America/Los_Angeles", "HST": "Pacific/Honolulu",
	"IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem", "JST": "Asia/Tokyo", "AEST": "Australia/Sydney or Australia/Brisbane",
	"PRC": "Asia/Shanghai", "ROC": "Asia/Taipei", "ROK": "Asia/Seoul", "NZ": "Pacific/Auckland",
}

// wellFormed reports whether each part begins with a capital letter. It keeps
// names from depending on whether the file system tells "a" from "A", and paths
// out.
func wellFormed(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] < 'A' || part[0] > 'Z' {
			return false
		}
		for _, c := range []byte(part) {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '+':
			default:
				return false
			}
		}
	}
	return true
}

// Name returns the name that the zone was loaded by, "" for the zero Zone.
func (z Zone) Name() string { return z.name }

// String returns the name.
func (z Zone) String() string { return z.name }

// IsZero reports whether z is no zone.
func (z Zone) IsZero() bool { return z.loc == nil }

// Location returns the zone as package time has it; UTC for the zero Zone.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// Check refuses the zero Zone with a *ZoneError.
func (z Zone) Check() error {
	if z.IsZero() {
		return &ZoneError{"", refuse("")}
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler: the name.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.name), nil }

// UnmarshalText implements encoding.TextUnmarshaler. Empty text is the zero Zone.
func (z *Zone) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*z = Zone{}
		return nil
	}
	*z, err = LoadZone(string(b))
	return err
}

// whyOf returns the reason of a *ParseError.
func whyOf(err error) string {
	if e, ok := errors.AsType[*ParseError](err); ok {
		return e.Why
	}
	return err.Error()
}
