package recur

import (
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// ParseError says which part of a rule is wrong and where. It matches
// smm.ErrInvalid, and smm.ErrUnsupported too if the part is one that the RFC has
// and this package has not.
type ParseError struct {
	Part   string // "FREQ", "BYDAY", or "" if it is about the rule as a whole
	Offset int    // in bytes from the beginning of the text; -1 for a Rule that was not parsed
	Why    string // what is wrong, and what to write instead

	unsupported bool
}

// Error implements error.
func (e *ParseError) Error() string {
	s := "recurrence rule"
	if e.Part != "" {
		s += ", " + e.Part
	}
	if e.Offset >= 0 {
		s += fmt.Sprintf(" at byte %d", e.Offset)
	}
	return s + ": " + e.Why
}

// Is makes errors.Is match the sentinels of package smm.
func (e *ParseError) Is(target error) bool {
	return target == smm.ErrInvalid || e.unsupported && target == smm.ErrUnsupported
}

// ErrNever says that the rule has no occurrence, such as 30 February. It matches
// smm.ErrInvalid.
var ErrNever = fmt.Errorf("%w: the rule has no occurrence: no day has all that it asks for", smm.ErrInvalid)
