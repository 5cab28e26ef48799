package report

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// Report is a report as data. All strings are plain text; they may come from
// anywhere.
type Report struct {
	Title     string     `json:"title"`
	Language  string     `json:"language,omitempty"` // BCP 47, of the report's own texts; "" for English
	Generated time.Time  `json:"generated,omitzero"`
	Window    smm.Window `json:"window,omitzero"` // the time reported on
	Summary   []string   `json:"summary,omitempty"`
	Sections  []Section  `json:"sections,omitempty"`
}

// Section is a heading with what belongs under it, in this order.
type Section struct {
	Title string   `json:"title"`
	Text  []string `json:"text,omitempty"` // paragraphs
	Chart *Chart   `json:"chart,omitempty"`
	Table *Table   `json:"table,omitempty"`
}

// Chart is a bar chart: one horizontal bar for each entry, in the order given.
type Chart struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"` // what there is to see, for those who cannot; "" lists the bars
	Label       string `json:"label,omitempty"`       // what a bar stands for, for example "Channel"
	Value       string `json:"value,omitempty"`       // what its length shows, for example "Likes"
	Bars        []Bar  `json:"bars"`
}

// Bar is one bar.
type Bar struct {
	Label string `json:"label"`
	// Value is the length. Without a value (nil), or with one that is not
	// finite, no bar is drawn and Text says why. A negative value is drawn as
	// none and shown as text.
	Value *float64 `json:"value"`
	Text  string   `json:"text"` // the value as people read it, with its unit
}

// Table is a table whose first column names the rows.
type Table struct {
	Caption string   `json:"caption"`
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"` // shorter rows are filled up with empty cells, longer ones cut
}

// Column is a column of a table.
type Column struct {
	Name    string `json:"name"`
	Numeric bool   `json:"numeric,omitempty"` // aligned to the right
}

// Cell is a cell of a table.
type Cell struct {
	Text string `json:"text"`
	Link string `json:"link,omitempty"` // kept only with an allowed scheme
	Note string `json:"note,omitempty"` // small print, for example why a value is missing
}

// Text returns a cell with text alone.
func Text(s string) Cell { return Cell{Text: s} }

// SafeLink returns link if it is an absolute address that may stand in a
// report (https or http with a host, or mailto), else "".
func SafeLink(link string) string {
	if strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return "" // browsers drop or rewrite these, which changes what they see
	}
	u, err := url.Parse(link)
	if err != nil || !utf8.ValidString(link) {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "https", "http":
		if u.Host == "" || u.User != nil || strings.ContainsFunc(u.Host, notInHost) {
			return ""
		}
	case "mailto":
		if u.Opaque == "" {
			return ""
		}
	default:
		return ""
	}
	return link
}

// notInHost reports ASCII characters that no host has and that would be escaped
// into another name. Names in other scripts are left to the browser.
func notInHost(r rune) bool {
	return r < utf8.RuneSelf && !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]", r)
}

// cells returns row with exactly as many cells as t has columns.
func (t *Table) cells(row []Cell) []Cell {
	out := slices.Clone(row[:min(len(row), len(t.Columns))])
	for len(out) < len(t.Columns) {
		out = append(out, Cell{})
	}
	return out
}

// period writes a window for people, or "" for none.
func period(w smm.Window) string {
	const layout = "2 January 2006"
	switch {
	case w.To.IsZero():
		return ""
	case w.Lifetime():
		return "up to " + w.To.UTC().Format(layout)
	}
	// The end is exclusive: a window up to midnight ends the day before.
	return w.From.UTC().Format(layout) + " to " + w.To.UTC().Add(-time.Nanosecond).Format(layout)
}
