package imports

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// A Code says what kind of thing is wrong with a cell or row, for programs.
type Code string

// The kinds of problems.
const (
	CodeNumber    Code = "number"    // not a number
	CodeAmbiguous Code = "ambiguous" // a number or date that can be read in two ways
	CodeFraction  Code = "fraction"  // a count that is not whole
	CodeNegative  Code = "negative"  // a count below zero
	CodeRange     Code = "range"     // a number too large for a metric
	CodeCurrency  Code = "currency"  // money without a currency
	CodeDate      Code = "date"      // not a date
	CodeID        Code = "id"        // no identifier, or one that a spreadsheet has rounded
	CodeChannel   Code = "channel"   // the row belongs to another channel
	CodeShape     Code = "shape"     // the row has not as many cells as the header
	CodeEncoding  Code = "encoding"  // not UTF-8
	CodeSyntax    Code = "syntax"    // not CSV: a quote is not closed, or a cell is too long
)

// A Problem is one cell or row that could not be read.
type Problem struct {
	Line   int    `json:"line"`             // in the file, from 1; where the row begins
	Column int    `json:"column,omitempty"` // from 1; 0 for the whole row
	Header string `json:"header,omitempty"` // of the column
	Cell   string `json:"cell,omitempty"`   // at most 80 characters
	Code   Code   `json:"code"`
	What   string `json:"what"` // what is wrong and what to do
}

// String is the problem in one line.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d", p.Line)
	if p.Column > 0 {
		fmt.Fprintf(&b, ", column %d (%q)", p.Column, p.Header)
	}
	if p.Cell != "" {
		fmt.Fprintf(&b, ": %q", p.Cell)
	}
	return b.String() + ": " + p.What
}

// ProblemsError is everything that could not be read. It matches smm.ErrInvalid.
type ProblemsError struct {
	Problems []Problem // the first Options.MaxProblems
	Total    int       // how many there are in all
}

// Error lists the problems, one a line.
func (e *ProblemsError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cells or rows could not be read:", e.Total)
	for _, p := range e.Problems {
		b.WriteString("\n\t" + p.String())
	}
	if n := e.Total - len(e.Problems); n > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", n)
	}
	return b.String()
}

// Unwrap makes errors.Is match smm.ErrInvalid.
func (e *ProblemsError) Unwrap() error { return smm.ErrInvalid }

// excerpt bounds what of a cell goes into a message.
func excerpt(cell string) string {
	const most = 80
	if utf8.RuneCountInString(cell) <= most {
		return cell
	}
	n := 0
	for i := range cell {
		if n == most {
			return cell[:i] + "..."
		}
		n++
	}
	return cell
}

// fault is a problem whose place is not known yet.
type fault struct {
	code Code
	what string
}

func faultf(code Code, format string, args ...any) *fault {
	return &fault{code, fmt.Sprintf(format, args...)}
}
