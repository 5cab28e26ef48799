package sentiment

import "github.com/smmkit/smmkit/smm"

// Error says what is wrong with an argument and what to do. It matches
// smm.ErrInvalid.
type Error struct {
	Field   string // "words", "dimension", "step", "record"
	Problem string
	Cure    string
}

// Error is the whole of it, for people.
func (e *Error) Error() string { return "sentiment: " + e.Field + ": " + e.Problem + ": " + e.Cure }

// Unwrap returns smm.ErrInvalid.
func (*Error) Unwrap() error { return smm.ErrInvalid }
