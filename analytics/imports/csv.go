package imports

import (
	"bufio"
	"errors"
	"io"
)

// Bounds on one record, so that a forgotten quote cannot fill the memory.
const (
	maxCell  = 256 << 10 // bytes
	maxCells = 2000
)

var (
	errQuote = errors.New("the quote that begins here is not closed")
	errLong  = errors.New("a cell has more than 256 KiB: is a quote not closed?")
	errWide  = errors.New("the row has more than 2000 cells")
)

// record is one row.
type record struct {
	line  int // where it begins, from 1
	cells []string
}

// blank reports whether no cell has anything in it.
func (r record) blank() bool {
	for _, c := range r.cells {
		if trim(c) != "" {
			return false
		}
	}
	return true
}

// csvReader splits text into records: RFC 4180 with any separator, any line
// ending, and quotes that stand in the middle of a cell taken as they are.
type csvReader struct {
	in    *bufio.Reader
	comma byte
	line  int // lines that ended so far
	cell  []byte
	cells []string
}

func newCSVReader(r io.Reader, comma byte) *csvReader {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReader(r)
	}
	return &csvReader{in: in, comma: comma}
}

// next returns the next record, io.EOF after the last one, or what makes the
// rest of the file unreadable together with the record's line.
func (c *csvReader) next() (record, error) {
	rec := record{line: c.line + 1}
	c.cells, c.cell = c.cells[:0], c.cell[:0]
	var (
		begun  bool // there is a byte of this record
		quoted bool // inside quotes
		opened bool // the cell began with a quote
	)
	for {
		b, err := c.in.ReadByte()
		if err == io.EOF {
			if quoted {
				return rec, errQuote
			}
			if !begun {
				return rec, io.EOF
			}
			return c.finish(rec), nil
		}
		if err != nil {
			return rec, err
		}
		begun = true
		if b == '\r' && !quoted {
			if next, err := c.in.Peek(1); err == nil && next[0] == '\n' {
				continue
			}
			b = '\n'
		}
		if b == '\n' {
			c.line++
		}
		switch {
		case quoted && b == '"':
			if next, err := c.in.Peek(1); err == nil && next[0] == '"' {
				_, _ = c.in.Discard(1)
				c.cell = append(c.cell, '"')
			} else {
				quoted = false
			}
		case quoted:
			c.cell = append(c.cell, b)
		case b == '"' && len(c.cell) == 0 && !opened:
			quoted, opened = true, true
		case b == c.comma:
			c.cells, c.cell, opened = append(c.cells, string(c.cell)), c.cell[:0], false
		case b == '\n':
			return c.finish(rec), nil
		default:
			c.cell = append(c.cell, b)
		}
		if len(c.cell) > maxCell {
			return rec, errLong
		}
		if len(c.cells) >= maxCells {
			return rec, errWide
		}
	}
}

// finish ends the record. The slice is reused, its strings are not.
func (c *csvReader) finish(rec record) record {
	c.cells = append(c.cells, string(c.cell))
	rec.cells = c.cells
	return rec
}
