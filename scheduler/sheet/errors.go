package sheet

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// CellError is what is wrong with a cell, or with a row or file where Line or
// Column is empty. Code is stable.
type CellError struct {
	Line    int    `json:"line,omitempty"`
	Column  string `json:"column,omitempty"`
	Value   string `json:"value,omitempty"` // the beginning of it
	Code    string `json:"code"`            // "day", "day.ambiguous", "time", "zone", "status", "channel", "csv" ...
	Message string `json:"message"`
}

// Error implements error.
func (e CellError) Error() string {
	var where []string
	if e.Line > 0 {
		where = append(where, fmt.Sprintf("line %d", e.Line))
	}
	if e.Column != "" {
		where = append(where, "column "+e.Column)
	}
	text := e.Message
	if e.Value != "" {
		text = fmt.Sprintf("%q: %s", e.Value, e.Message)
	}
	if len(where) == 0 {
		return text
	}
	return strings.Join(where, ", ") + ": " + text
}

// Unwrap returns smm.ErrInvalid.
func (e CellError) Unwrap() error { return smm.ErrInvalid }

// Errors is everything that is wrong with a table, in the order of lines. It
// matches smm.ErrInvalid.
type Errors []CellError

// Error implements error: the first ten, and how many there are.
func (e Errors) Error() string {
	const shown = 10
	var b strings.Builder
	fmt.Fprintf(&b, "%d errors in the table, nothing is imported", len(e))
	for _, c := range e[:min(shown, len(e))] {
		b.WriteString("\n" + c.Error())
	}
	if len(e) > shown {
		fmt.Fprintf(&b, "\nand %d more", len(e)-shown)
	}
	return b.String()
}

// Unwrap returns smm.ErrInvalid.
func (e Errors) Unwrap() error { return smm.ErrInvalid }

// clip shortens a value for an error.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
