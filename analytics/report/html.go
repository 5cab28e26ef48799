package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed page.html.tmpl
var pageSource string

// page is parsed once and only read afterwards.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"period": period,
	"moment": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
	"safe":   SafeLink,
}).Parse(pageSource))

// WriteHTML writes the report as one complete HTML page in UTF-8.
func (r *Report) WriteHTML(w io.Writer) error {
	v := pageView{Report: r, Language: r.Language}
	if v.Language == "" {
		v.Language = "en"
	}
	for i, s := range r.Sections {
		sv := sectionView{Section: s, ID: i + 1}
		if s.Chart != nil && len(s.Chart.Bars) > 0 {
			sv.Chart = draw(s.Chart, i+1)
		}
		if s.Table != nil {
			sv.Table = &tableView{Table: s.Table}
			for _, row := range s.Table.Rows {
				sv.Table.Cells = append(sv.Table.Cells, s.Table.cells(row))
			}
		}
		v.Sections = append(v.Sections, sv)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return fmt.Errorf("report: make HTML: %w", err)
	}
	if _, err := w.Write(bytes.Map(validInHTML, b.Bytes())); err != nil {
		return fmt.Errorf("report: write HTML: %w", err)
	}
	return nil
}

// validInHTML replaces what a page in UTF-8 must not contain: invalid bytes
// (bytes.Map gives RuneError for them) and control characters.
func validInHTML(r rune) rune {
	if r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0xfffe && r&0xfffe == 0xfffe {
		return utf8.RuneError
	}
	return r
}

// The views are what the template sees: geometry is computed here, so that the
// template holds no arithmetic.
type pageView struct {
	*Report
	Language string
	Sections []sectionView
}

type sectionView struct {
	Section
	ID    int
	Chart *chartView
	Table *tableView
}

type tableView struct {
	*Table
	Cells [][]Cell
}

type chartView struct {
	*Chart
	ID            int
	Description   string
	Width, Height int
	Bars          []barView
}

type barView struct {
	Bar
	Short             string // the label, cut to fit
	LabelY, Y, Height int
	Width             float64
	Drawn             bool
	ValueX            float64
	TextY             int
}

// Geometry of a chart in its own units; CSS scales it to the page.
const (
	chartWidth = 720
	rowHeight  = 46
	barHeight  = 18
	barMax     = 520.0 // leaves room for the value behind the longest bar
)

func draw(c *Chart, id int) *chartView {
	largest := 0.0
	for _, b := range c.Bars {
		if v, ok := b.length(); ok {
			largest = max(largest, v)
		}
	}
	v := &chartView{Chart: c, ID: id, Description: c.describe(), Width: chartWidth, Height: len(c.Bars)*rowHeight + 4}
	for i, b := range c.Bars {
		y := i * rowHeight
		bv := barView{Bar: b, Short: cut(b.Label, 60), LabelY: y + 16, Y: y + 22, Height: barHeight, TextY: y + 36, ValueX: 4}
		bv.Text = cut(b.Text, 60)
		if n, ok := b.length(); ok && largest > 0 {
			// Dividing first keeps the quotient finite for the largest floats.
			bv.Width, bv.Drawn = n/largest*barMax, true
			bv.ValueX = bv.Width + 6
		}
		v.Bars = append(v.Bars, bv)
	}
	return v
}

// length returns the value of a bar that can be drawn.
func (b Bar) length() (float64, bool) {
	if b.Value == nil || math.IsNaN(*b.Value) || math.IsInf(*b.Value, 0) || *b.Value < 0 {
		return 0, false
	}
	return *b.Value, true
}

func (c *Chart) describe() string {
	if c.Description != "" {
		return c.Description
	}
	parts := make([]string, 0, min(len(c.Bars), 12))
	for _, b := range c.Bars[:min(len(c.Bars), 12)] {
		parts = append(parts, b.Label+": "+b.Text)
	}
	s := "Bar chart. " + strings.Join(parts, "; ")
	if rest := len(c.Bars) - len(parts); rest > 0 {
		s += fmt.Sprintf("; and %d more in the table below", rest)
	}
	return s
}

// cut shortens s to n characters, the last of which is then an ellipsis.
func cut(s string, n int) string {
	i := 0
	for pos := range s {
		if i == n-1 && len([]rune(s[pos:])) > 1 {
			return s[:pos] + "…"
		}
		i++
	}
	return s
}
