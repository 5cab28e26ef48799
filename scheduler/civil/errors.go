package civil

import (
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// ParseError says why a text is no date, time or instant. It matches
// smm.ErrInvalid.
type ParseError struct {
	What string // "date", "time", "date and time", "instant"
	Text string
	Why  string // what is wrong, and what to write instead
}

// Error implements error.
func (e *ParseError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.What, clip(e.Text), e.Why)
}

// Unwrap returns smm.ErrInvalid.
func (e *ParseError) Unwrap() error { return smm.ErrInvalid }

// ZoneError says why a name is no time zone that can be planned in. It matches
// smm.ErrInvalid.
type ZoneError struct {
	Name string
	Why  string // what is wrong, and what to write instead
}

// Error implements error.
func (e *ZoneError) Error() string { return fmt.Sprintf("time zone %q: %s", clip(e.Name), e.Why) }

// Unwrap returns smm.ErrInvalid.
func (e *ZoneError) Unwrap() error { return smm.ErrInvalid }

// WallError says that a wall time does not occur exactly once, where the policy
// is Reject. It matches smm.ErrInvalid.
type WallError struct {
	Wall DateTime
	Zone string
	Kind Kind // Gap or Overlap
}

// Error implements error.
func (e *WallError) Error() string {
	if e.Kind == Gap {
		return fmt.Sprintf("%s does not occur in %s, where clocks are set forward over it: choose another time", e.Wall, e.Zone)
	}
	return fmt.Sprintf("%s occurs twice in %s, where clocks are set back: choose another time, or write its offset", e.Wall, e.Zone)
}

// Unwrap returns smm.ErrInvalid.
func (e *WallError) Unwrap() error { return smm.ErrInvalid }

// clip keeps foreign text in messages short.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
