package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteText writes the report as plain text for a terminal or a mail: tables
// with aligned columns, charts as bars of "#". Control characters of the
// report's strings are replaced, so that none can move the cursor.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	title := clean(r.Title)
	fmt.Fprintf(&b, "%s\n%s\n", title, strings.Repeat("=", max(1, utf8.RuneCountInString(title))))
	if p := period(r.Window); p != "" {
		fmt.Fprintln(&b, p)
	}
	if !r.Generated.IsZero() {
		fmt.Fprintln(&b, "made "+r.Generated.UTC().Format("2 January 2006, 15:04 UTC"))
	}
	for _, p := range r.Summary {
		fmt.Fprintf(&b, "\n%s\n", clean(p))
	}
	for _, s := range r.Sections {
		title := clean(s.Title)
		fmt.Fprintf(&b, "\n%s\n%s\n", title, strings.Repeat("-", max(1, utf8.RuneCountInString(title))))
		for _, p := range s.Text {
			fmt.Fprintf(&b, "%s\n", clean(p))
		}
		if s.Chart != nil {
			s.Chart.writeText(&b)
		}
		if s.Table != nil {
			s.Table.writeText(&b)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("report: write text: %w", err)
	}
	return nil
}

const textBar = 40 // characters of the longest bar

func (c *Chart) writeText(b *strings.Builder) {
	fmt.Fprintln(b, clean(c.Title))
	width, largest := 0, 0.0
	for _, bar := range c.Bars {
		width = max(width, utf8.RuneCountInString(clean(bar.Label)))
		if v, ok := bar.length(); ok {
			largest = max(largest, v)
		}
	}
	for _, bar := range c.Bars {
		n := 0
		if v, ok := bar.length(); ok && largest > 0 {
			n = int(v / largest * textBar)
		}
		line := pad(clean(bar.Label), width, false) + "  " + strings.Repeat("#", n)
		if n > 0 {
			line += " "
		}
		fmt.Fprintln(b, line+clean(bar.Text))
	}
}

func (t *Table) writeText(b *strings.Builder) {
	fmt.Fprintln(b, clean(t.Caption))
	if len(t.Columns) == 0 {
		return
	}
	lines := make([][]string, 1, len(t.Rows)+1)
	widths := make([]int, len(t.Columns))
	for _, c := range t.Columns {
		lines[0] = append(lines[0], clean(c.Name))
	}
	for _, row := range t.Rows {
		var line []string
		for _, c := range t.cells(row) {
			s := clean(c.Text)
			if c.Note != "" {
				s += " (" + clean(c.Note) + ")"
			}
			line = append(line, s)
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		for i, s := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	for _, line := range lines {
		var out []string
		for i, s := range line {
			out = append(out, pad(s, widths[i], t.Columns[i].Numeric))
		}
		fmt.Fprintln(b, strings.TrimRight(strings.Join(out, "  "), " "))
	}
}

func pad(s string, width int, right bool) string {
	fill := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return fill + s
	}
	return s + fill
}

// clean keeps s on one line and in one direction.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == utf8.RuneError:
			return ' '
		}
		return r
	}, s)
}
