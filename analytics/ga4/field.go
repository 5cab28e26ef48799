package ga4

import "strings"

// FieldState says what a dimension's text is worth.
type FieldState string

// The states of a Field. The zero state is FieldAbsent.
const (
	FieldAbsent      FieldState = ""              // there is no such column
	FieldSet         FieldState = "set"           // Text is a value
	FieldNotSet      FieldState = "not-set"       // "(not set)" or empty: Google Analytics has no value
	FieldOther       FieldState = "other"         // "(other)": what did not fit into the table, of many values
	FieldDirect      FieldState = "direct"        // "(direct)": no source was seen
	FieldNone        FieldState = "none"          // "(none)": no medium, as of direct visits
	FieldUnavailable FieldState = "not-available" // "(data not available)": attribution failed
)

// Field is the value of a dimension. The zero Field is absent.
type Field struct {
	Text  string // as it stands there
	State FieldState
}

// FieldOf reads the text of a dimension.
func FieldOf(text string) Field {
	f := Field{Text: text, State: FieldSet}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "(not set)":
		f.State = FieldNotSet
	case "(other)":
		f.State = FieldOther
	case "(direct)":
		f.State = FieldDirect
	case "(none)":
		f.State = FieldNone
	case "(data not available)":
		f.State = FieldUnavailable
	}
	return f
}

// Value returns the text, and false if it is no value.
func (f Field) Value() (string, bool) {
	if f.State != FieldSet {
		return "", false
	}
	return f.Text, true
}
