package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// WriteOptions shape Write. The zero value gives comma separated values as
// RFC 4180 has them.
type WriteOptions struct {
	// Semicolons divides with semicolons, for spreadsheets in countries with a
	// decimal comma.
	Semicolons bool
	// Mark puts a byte order mark in front, without which some versions of Excel
	// take UTF-8 for something else.
	Mark bool
}

// Write writes rows with all known columns that any of them uses, and day, time,
// zone, platform, channel and text always. Rows whose Other has a column of a
// known name are refused with an error that matches smm.ErrInvalid.
func Write(w io.Writer, rows []Row, o WriteOptions) error {
	used, others, err := layout(rows)
	if err != nil {
		return err
	}
	if o.Mark {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if o.Semicolons {
		out.Comma = ';'
	}
	header := make([]string, 0, len(used)+len(others))
	for _, c := range used {
		header = append(header, c.name)
	}
	for _, name := range others {
		header = append(header, guard(name))
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for i := range rows {
		cells := make([]string, 0, len(header))
		for _, c := range used {
			cells = append(cells, guard(c.get(&rows[i])))
		}
		for _, name := range others {
			j := slices.IndexFunc(rows[i].Other, func(c Cell) bool { return c.Column == name })
			if j < 0 {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, guard(rows[i].Other[j].Value))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// layout returns the columns that are written.
func layout(rows []Row) (used []column, others []string, err error) {
	always := []string{colDay, colTime, "zone", "platform", "channel", colText}
	for _, c := range columns() {
		if c.get == nil {
			continue // read only: its value lies in other columns
		}
		if slices.Contains(always, c.name) || slices.ContainsFunc(rows, func(r Row) bool { return c.get(&r) != "" }) {
			used = append(used, c)
		}
	}
	known := byKey()
	for i := range rows {
		for _, cell := range rows[i].Other {
			if known[columnKey(cell.Column)] != nil || strings.TrimSpace(cell.Column) == "" {
				return nil, nil, fmt.Errorf("%w: row %d has a further column with the name %q, which is taken", smm.ErrInvalid, i+1, cell.Column)
			}
			if !slices.Contains(others, cell.Column) {
				others = append(others, cell.Column)
			}
		}
	}
	return used, others, nil
}

// formula are the characters by which a spreadsheet knows a formula, and those
// that make some of them look behind.
const formula = "=+-@\t\r"

// guard puts an apostrophe before what a spreadsheet would take for a formula, and
// before what unguard would take for guarded.
func guard(cell string) string {
	if cell == "" {
		return cell
	}
	if strings.IndexByte(formula, cell[0]) >= 0 || isGuarded(cell) {
		return "'" + cell
	}
	return cell
}

// unguard is the reverse of guard.
func unguard(cell string) string {
	if isGuarded(cell) {
		return cell[1:]
	}
	return cell
}

func isGuarded(cell string) bool {
	return len(cell) > 1 && cell[0] == '\'' && (cell[1] == '\'' || strings.IndexByte(formula, cell[1]) >= 0)
}
