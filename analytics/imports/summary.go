package imports

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Summary tells what became of a file: what it was taken for, every column, and
// every row that was left out.
type Summary struct {
	Export    string             `json:"export"`
	Detection Detection          `json:"detection"`
	Encoding  Encoding           `json:"encoding"`
	Separator string             `json:"separator"`
	Decimal   DecimalSign        `json:"decimal,omitempty"` // "" if no number had a fraction or a separator that tells
	Zone      string             `json:"zone"`
	Columns   []Column           `json:"columns"`
	Rows      int                `json:"rows"`              // after the header
	Imported  int                `json:"imported"`          // of them
	Skipped   map[SkipReason]int `json:"skipped,omitempty"` // preamble included
	LeftOut   []LeftOut          `json:"left_out,omitempty"`
}

// Column is one column of the file.
type Column struct {
	Header string     `json:"header"`
	Use    ColumnUse  `json:"use"`
	Name   string     `json:"name,omitempty"`   // of the metric or field
	Reason string     `json:"reason,omitempty"` // why it is not read
	Spec   ColumnSpec `json:"-"`
	// Verified tells whether the header's meaning can be looked up; see
	// Mapping.Verified.
	Verified bool   `json:"verified"`
	currency string // in the header
}

// ColumnUse says what became of a column.
type ColumnUse string

// What becomes of columns.
const (
	UseMetric    ColumnUse = "metric"
	UseField     ColumnUse = "field"
	UseIgnored   ColumnUse = "ignored"   // known, and left aside for Reason
	UseDuplicate ColumnUse = "duplicate" // another column of the file says the same
	UseUnmapped  ColumnUse = "unmapped"  // not known: add it to a mapping
)

// SkipReason says why a row was left out.
type SkipReason string

// Why rows are left out.
const (
	SkipPreamble SkipReason = "preamble" // before the header
	SkipBlank    SkipReason = "blank"
	SkipComment  SkipReason = "comment" // begins with #
	SkipTotals   SkipReason = "totals"
	SkipHeader   SkipReason = "header"  // the header once more
	SkipProblem  SkipReason = "problem" // it has a Problem
)

// LeftOut is a row that was left out. Blank rows are only counted.
type LeftOut struct {
	Line   int        `json:"line"`
	Reason SkipReason `json:"reason"`
	First  string     `json:"first"` // its first cell with something in it
}

// Unmapped returns the headers that nothing is known about.
func (s Summary) Unmapped() []string {
	var out []string
	for _, c := range s.Columns {
		if c.Use == UseUnmapped {
			out = append(out, c.Header)
		}
	}
	return out
}

// totalsWords begin a row of totals, folded.
var totalsWords = map[string]bool{
	"total": true, "totals": true, "grand total": true, "sum": true, "gesamt": true, "summe": true, "insgesamt": true,
	"gesamtsumme": true, "totaux": true, "totales": true, "totale": true, "totaal": true, "totalt": true, "итого": true, "合計": true,
}

// assign says what each column of the file is.
func (im *Importer) assign() {
	best := make(map[int]int) // spec to column
	ranks := make([]int, len(im.header))
	im.specs = make([]int, len(im.header))
	im.columns = make([]Column, len(im.header))
	for i, h := range im.header {
		c := Column{Header: trim(h), Use: UseUnmapped}
		spec, rank := im.m.column(h)
		im.specs[i], ranks[i] = -1, rank
		if spec >= 0 {
			c.Spec = im.m.Columns[spec]
			c.Verified = im.verified(h, c.Spec)
			_, c.currency = headerCurrency(h)
			switch {
			case c.Spec.Ignore != "":
				c.Use, c.Reason = UseIgnored, c.Spec.Ignore
			case c.Spec.Metric != "":
				c.Use, c.Name, im.specs[i] = UseMetric, string(c.Spec.Metric), spec
			default:
				c.Use, c.Name, im.specs[i] = UseField, string(c.Spec.Field), spec
			}
		}
		im.columns[i] = c
		if im.specs[i] < 0 {
			continue
		}
		if other, ok := best[spec]; ok {
			loser := i
			if rank < ranks[other] {
				loser, best[spec] = other, i
			}
			im.specs[loser] = -1
			im.columns[loser].Use = UseDuplicate
			im.columns[loser].Reason = fmt.Sprintf("column %q is read", trim(im.header[best[spec]]))
			continue
		}
		best[spec] = i
	}
	im.sum.Columns = im.columns
}

func (im *Importer) verified(header string, spec ColumnSpec) bool {
	for _, a := range spec.Aliases {
		for _, n := range a.Names {
			if fold(n) == fold(header) {
				return im.m.Verified(a)
			}
		}
	}
	return false
}

// find returns the column of a field, or -1.
func (im *Importer) find(f Field) int {
	return slices.IndexFunc(im.specs, func(s int) bool { return s >= 0 && im.m.Columns[s].Field == f })
}

// period reads "# Start date: 20250101" of the preamble.
func (im *Importer) period(rec record) {
	label, value, ok := strings.Cut(strings.TrimLeft(strings.Join(rec.cells, " "), "# "), ":")
	if !ok || im.o.Window != (smm.Window{}) {
		return
	}
	is := func(labels []string) bool {
		return slices.ContainsFunc(labels, func(l string) bool { return fold(l) == fold(label) })
	}
	from, to := is(im.m.PeriodFrom), is(im.m.PeriodTo)
	if !from && !to {
		return
	}
	t, whole, f := im.dates.parseTime(value)
	if f != nil {
		im.problem(Problem{Line: rec.line, Cell: excerpt(trim(value)), Code: f.code, What: f.what})
		return
	}
	if from {
		im.window.From = t
	} else {
		if whole {
			t = im.nextDay(t)
		}
		im.window.To = t
	}
}

// nextDay returns the beginning of the next day in the file's zone.
func (im *Importer) nextDay(t time.Time) time.Time {
	y, m, d := t.In(im.dates.zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, im.dates.zone).UTC()
}

// leaveOut recognises rows that are no data.
func (im *Importer) leaveOut(rec record) (SkipReason, bool) {
	if rec.blank() {
		return SkipBlank, true
	}
	first := slices.IndexFunc(rec.cells, func(c string) bool { return trim(c) != "" })
	switch {
	case strings.HasPrefix(trim(rec.cells[first]), "#") && !slices.ContainsFunc(rec.cells[first+1:], func(c string) bool { return trim(c) != "" }):
		return SkipComment, true
	case slices.Equal(rec.cells, im.header):
		return SkipHeader, true
	case totalsWords[strings.TrimSuffix(fold(rec.cells[first]), ":")] && im.anonymous(rec, first):
		return SkipTotals, true
	}
	return "", false
}

// anonymous reports whether nothing but the cell at says which thing a row is
// about: a post may have the text "Total".
func (im *Importer) anonymous(rec record, at int) bool {
	for i, c := range rec.cells {
		if i == at || i >= len(im.specs) || im.specs[i] < 0 || trim(c) == "" {
			continue
		}
		switch im.m.Columns[im.specs[i]].Field {
		case FieldPostID, FieldPermalink, FieldTime, FieldDate:
			return false
		}
	}
	return true
}

// sniffDecimal looks for a number among the first rows that tells which sign
// the file writes before fractions. Files that contradict themselves stay
// undecided, and so does what can be read in two ways.
func (im *Importer) sniffDecimal(sample []byte, comma byte, line int) DecimalSign {
	in, found := newCSVReader(bytes.NewReader(sample), comma), DecimalUnknown
	for {
		rec, err := in.next()
		if err != nil {
			return found
		}
		for i, c := range rec.cells {
			if rec.line <= line || i >= len(im.columns) || im.columns[i].Spec.Metric == "" && im.columns[i].Use != UseIgnored {
				continue
			}
			digits := strings.TrimFunc(trim(c), func(r rune) bool { return r < '0' || r > '9' })
			if strings.Trim(digits, "0123456789.,'’ \u00a0\u202f") != "" {
				continue
			}
			whole := im.columns[i].Spec.Unit == InCount && digits == trim(c)
			if sign := evidence(digits, whole); sign != DecimalUnknown {
				if found != DecimalUnknown && sign != found {
					return DecimalUnknown
				}
				found = sign
			}
		}
	}
}
