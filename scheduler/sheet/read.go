package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// MaxSize bounds a file, in bytes.
const MaxSize = 32 << 20

// Options shape Read and ReadTrello.
type Options struct {
	// Zone is the IANA name of the zone of rows without one of their own.
	Zone string
	// DateOrder is how dates with slashes are read; "": as the file shows.
	DateOrder DateOrder
	// Time is for rows with a day and no time; zero: they are refused.
	Time *civil.Time
	// Statuses are further statuses, in lower case.
	Statuses map[string]State
}

// Sheet is a table that was read.
type Sheet struct {
	Rows []Row
	// Columns are the names in the header as they were written.
	Columns []string
	// DateOrder is the one that dates with slashes were read in, "" if there are
	// none.
	DateOrder DateOrder
	// Notes are what is no error and may surprise: times that clocks skip or show
	// twice.
	Notes []CellError

	statuses map[string]State
}

// Read reads a table of comma, semicolon or tab separated values, in UTF-8 or
// UTF-16 with a byte order mark. Lines above the header that have no known
// columns, and empty rows, are skipped. The error is an Errors with everything
// that is wrong, or that of r.
func Read(r io.Reader, o Options) (*Sheet, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, err
	}
	text, err := decode(b)
	if err != nil {
		return nil, err
	}
	records, err := parse(text)
	if err != nil {
		return nil, err
	}
	t := table{o: o, sheet: &Sheet{statuses: o.Statuses}}
	t.read(records)
	return t.result()
}

func fileError(code, format string, args ...any) error {
	return Errors{{Code: code, Message: fmt.Sprintf(format, args...)}}
}

// decode returns the text of a file.
func decode(b []byte) (string, error) {
	if len(b) > MaxSize {
		return "", fileError("size", "the file is larger than %d MB: divide it", MaxSize>>20)
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
		if !utf8.Valid(b) {
			return "", fileError("encoding", "the file is not in UTF-8: export it as CSV in UTF-8")
		}
		return string(b), nil
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units[1:])), nil
}

// record is a row as it lies in the file.
type record struct {
	line  int
	cells []string
}

func parse(text string) ([]record, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = delimiter(text)
	in.FieldsPerRecord = -1
	var out []record
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, Errors{{Line: e.Line, Code: "csv", Message: "the quotes do not match: " + e.Err.Error()}}
		}
		if err != nil {
			return nil, err
		}
		line, _ := in.FieldPos(0)
		out = append(out, record{line, cells})
	}
}

// delimiter is the one that the first line with any has most of, outside of quotes.
func delimiter(text string) rune {
	counts, quoted := make(map[rune]int), false
	for _, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n' && len(counts) > 0:
			return most(counts)
		case c == ',' || c == ';' || c == '\t':
			counts[c]++
		}
	}
	return most(counts)
}

func most(counts map[rune]int) rune {
	best := ','
	for _, c := range []rune{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// table turns records into rows and collects what is wrong.
type table struct {
	o      Options
	sheet  *Sheet
	errs   Errors
	header []*column // by place; nil for columns that are not known
	names  []string  // of those
	dates  []dayCell
}

// dayCell is a date whose order is not known before all are read.
type dayCell struct {
	row   int
	cell  string
	parts dateParts
}

func (t *table) fail(line int, column, value, code, format string, args ...any) {
	t.errs = append(t.errs, CellError{Line: line, Column: column, Value: clip(value), Code: code, Message: fmt.Sprintf(format, args...)})
}

func (t *table) read(records []record) {
	records = t.findHeader(records)
	seen := make(map[string]int)
	for _, rec := range records {
		if isEmpty(rec.cells) {
			continue
		}
		row := t.row(rec)
		if row.ID != "" {
			if first, twice := seen[row.ID]; twice {
				t.fail(row.Line, "id", row.ID, "id", "it is the id of line %d already", first)
			}
			seen[row.ID] = row.Line
		}
		t.sheet.Rows = append(t.sheet.Rows, row)
	}
	t.days()
	t.zones()
	if len(t.sheet.Rows) == 0 && len(t.errs) == 0 {
		t.errs = append(t.errs, CellError{Code: "empty", Message: "there are no rows below the header"})
	}
}

func isEmpty(cells []string) bool { return strings.TrimSpace(strings.Join(cells, "")) == "" }

// findHeader looks for the first record with two known columns, and returns what
// is below it.
func (t *table) findHeader(records []record) []record {
	known := byKey()
	for i, rec := range records {
		found, place := make([]*column, len(rec.cells)), make(map[*column]int)
		for j, name := range rec.cells {
			c := known[columnKey(unguard(name))]
			if c == nil {
				continue
			}
			if k, twice := place[c]; twice {
				// "Name" and "Title" of one file: the second stays a column of its own.
				if columnKey(rec.cells[j]) != c.name {
					continue
				}
				found[k] = nil
			}
			place[c], found[j] = j, c
		}
		if len(place) < 2 {
			continue
		}
		t.header, t.sheet.Columns = found, rec.cells
		t.names = otherNames(rec.cells, found)
		return records[i+1:]
	}
	t.errs = append(t.errs, CellError{Code: "header", Message: "no line has the names of columns: want at least day, time and text"})
	return nil
}

// otherNames names the columns that are not known, each by a name of its own.
func otherNames(header []string, found []*column) []string {
	names, known := make([]string, len(header)), byKey()
	for i, name := range header {
		if found[i] != nil {
			continue
		}
		base := strings.TrimSpace(unguard(name))
		if base == "" {
			base = fmt.Sprint("column ", i+1)
		}
		names[i] = base
		for n := 2; slices.Contains(names[:i], names[i]) || known[columnKey(names[i])] != nil; n++ {
			names[i] = fmt.Sprintf("%s (%d)", base, n)
		}
	}
	return names
}

func (t *table) result() (*Sheet, error) {
	if len(t.errs) > 0 {
		sortErrors(t.errs)
		return nil, t.errs
	}
	return t.sheet, nil
}
