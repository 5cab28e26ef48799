package ga4

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// ReadCSV reads a CSV export of Google Analytics, one Report for each table in
// it: an export of a page has one for its chart and one for its table. Lines
// that begin with "#" are comments, from which title and days are taken; a row
// of totals goes to Report.Totals and is compared with the rows. Names of
// columns are those of the interface in English. Amounts need Options.Currency.
// Errors match smm.ErrInvalid and name line and column.
func ReadCSV(r io.Reader, o Options) ([]*Report, error) {
	raw, err := readAll(r, o.maxBytes())
	if err != nil {
		return nil, err
	}
	p := csvParser{options: o}
	for _, b := range blocks(raw) {
		if err := p.block(b); err != nil {
			return nil, err
		}
	}
	if err := p.close(); err != nil {
		return nil, err
	}
	if len(p.out) == 0 {
		return nil, fmt.Errorf("%w: the file has no table", smm.ErrInvalid)
	}
	return p.out, nil
}

// block is a run of comment lines, or one of records.
type block struct {
	line    int // of the file, from 1
	comment bool
	text    []byte
}

// blocks cuts a file at blank lines and where comments begin and end. A line
// within quotation marks belongs to its record.
func blocks(raw []byte) []block {
	var out []block
	open := false // the last block goes on
	line := 0
	for len(raw) > 0 {
		line++
		n, physical := recordLength(raw)
		text := raw[:n]
		raw = raw[n:]
		trimmed := bytes.TrimSpace(text)
		comment := len(trimmed) > 0 && trimmed[0] == '#'
		if comment && physical > 1 {
			// A quotation mark in a comment opens nothing.
			end := bytes.IndexByte(text, '\n') + 1
			raw = append(text[end:len(text):len(text)], raw...)
			text, physical = text[:end], 1
		}
		switch {
		case len(trimmed) == 0:
			open = false
		case open && out[len(out)-1].comment == comment:
			out[len(out)-1].text = append(out[len(out)-1].text, text...)
		default:
			out = append(out, block{line: line, comment: comment, text: slices.Clone(text)})
			open = true
		}
		line += physical - 1
	}
	return out
}

// recordLength returns how many bytes and lines the first record has, with the
// end of its line.
func recordLength(raw []byte) (n, lines int) {
	quoted := false
	for i, c := range raw {
		switch c {
		case '"':
			quoted = !quoted
		case '\n':
			lines++
			if !quoted {
				return i + 1, lines
			}
		}
	}
	return len(raw), lines + 1
}

type csvParser struct {
	options  Options
	comments []string
	table    *table // of the last header
	out      []*Report
}

func (p *csvParser) block(b block) error {
	if b.comment {
		for line := range strings.Lines(string(b.text)) {
			if text := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "#")); text != "" {
				p.comments = append(p.comments, text)
			}
		}
		return nil
	}
	reader := csv.NewReader(bytes.NewReader(b.text))
	reader.FieldsPerRecord = -1
	for first := true; ; first = false {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: after line %d: %w", smm.ErrInvalid, b.line, err)
		}
		at, _ := reader.FieldPos(0)
		line := b.line + at - 1
		switch {
		case first && isHeader(record):
			err = p.open(line, record)
		case p.table == nil:
			err = fmt.Errorf("%w: line %d: want the names of the columns, not %q", smm.ErrInvalid, line, clip(strings.Join(record, ",")))
		default:
			err = p.row(line, record)
		}
		if err != nil {
			return err
		}
	}
}

// isHeader reports whether a record names columns: it has text and no number.
func isHeader(record []string) bool {
	text := false
	for _, c := range record {
		c = strings.TrimSpace(c)
		if _, _, err := millionths(c); err == nil {
			return false
		}
		text = text || c != ""
	}
	return text && !isTotals(record)
}

// isTotals reports whether a record calls itself a total.
func isTotals(record []string) bool {
	return slices.ContainsFunc(record, func(c string) bool {
		return slices.Contains([]string{"grand total", "totals", "total"}, strings.ToLower(strings.TrimSpace(c)))
	}) && slices.ContainsFunc(record, func(c string) bool {
		_, _, err := millionths(strings.TrimSpace(c))
		return err == nil
	})
}

func (p *csvParser) open(line int, names []string) error {
	if err := p.close(); err != nil {
		return err
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		return fmt.Errorf("%w: line %d: the columns are not separated by commas: export as CSV", smm.ErrInvalid, line)
	}
	r := &Report{Comments: p.comments, Currency: p.options.Currency}
	r.describe()
	t, err := newTable(r, names, p.options.Currency)
	if err != nil {
		return fmt.Errorf("line %d: %w", line, err)
	}
	p.table, p.comments = t, nil
	p.out = append(p.out, r)
	return nil
}

func (p *csvParser) close() error {
	if p.table == nil {
		return nil
	}
	return p.table.finish()
}

func (p *csvParser) row(line int, record []string) error {
	t := p.table
	total := isTotals(record)
	if total {
		record = t.cleanTotals(record)
	}
	row, err := t.row(line, record)
	if err != nil {
		return err
	}
	if total || t.noDimension(record) {
		t.report.Totals = append(t.report.Totals, row)
	} else {
		t.report.Rows = append(t.report.Rows, row)
	}
	return nil
}

// cleanTotals takes the words "Grand total" out of a row: they stand in a column
// of their own, after the last, or where a number would be.
func (t *table) cleanTotals(record []string) []string {
	record = slices.Clone(record)
	for i, c := range record {
		if slices.Contains([]string{"grand total", "totals", "total"}, strings.ToLower(strings.TrimSpace(c))) {
			record[i] = ""
		}
	}
	for len(record) > len(t.columns) && record[len(record)-1] == "" {
		record = record[:len(record)-1]
	}
	return record
}

// noDimension reports whether a report that has dimensions has a row without
// any, which is how some exports write the total.
func (t *table) noDimension(record []string) bool {
	dimensions := 0
	for i := range t.columns {
		if !t.columns[i].dimension() && t.columns[i].known() {
			continue
		}
		if strings.TrimSpace(record[i]) != "" {
			return false
		}
		if t.columns[i].dimension() {
			dimensions++
		}
	}
	return dimensions > 0
}

// describe reads title and days out of the comments.
func (r *Report) describe() {
	for _, c := range r.Comments {
		text := strings.Trim(c, "- ")
		low := strings.ToLower(text)
		switch {
		case strings.HasPrefix(low, "start date:"):
			r.Start, _ = time.Parse("20060102", strings.TrimSpace(text[len("start date:"):]))
		case strings.HasPrefix(low, "end date:"):
			r.End, _ = time.Parse("20060102", strings.TrimSpace(text[len("end date:"):]))
		case len(text) == 17 && text[8] == '-':
			start, err1 := time.Parse("20060102", text[:8])
			end, err2 := time.Parse("20060102", text[9:])
			if err1 == nil && err2 == nil {
				r.Start, r.End = start, end
			}
		case text != "" && r.Title == "":
			r.Title = text
		}
	}
}
