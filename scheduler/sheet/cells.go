package sheet

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/civil"
)

func sortErrors(errs Errors) {
	slices.SortStableFunc(errs, func(a, b CellError) int { return cmp.Compare(a.Line, b.Line) })
}

// row reads a record. Its day and zone are looked at when all are read.
func (t *table) row(rec record) Row {
	r := Row{Line: rec.line}
	cells := make(map[string]string) // of the columns that need the whole row
	for i, raw := range rec.cells {
		cell := unguard(raw)
		if strings.TrimSpace(cell) == "" {
			continue
		}
		if i >= len(t.header) {
			t.fail(rec.line, "", cell, "cells", "the row has %d cells, and the header %d: is a comma or a quote missing?", len(rec.cells), len(t.header))
			break
		}
		switch c := t.header[i]; {
		case c == nil:
			r.Other = append(r.Other, Cell{t.names[i], cell})
		case c.set == nil:
			cells[c.name] = cell
		case c.name == colText || c.name == "thread" || c.name == "first comment":
			c.set(&r, cell)
		default:
			c.set(&r, strings.TrimSpace(cell))
		}
	}
	t.media(&r, cells[colMedia], cells[colAlt])
	t.when(&r, strings.TrimSpace(cells[colDay]), strings.TrimSpace(cells[colTime]), strings.TrimSpace(cells[colWhen]))
	t.content(&r)
	return r
}

// content checks what the row says, apart from its time.
func (t *table) content(r *Row) {
	state, ok := r.State(t.o.Statuses)
	if !ok {
		t.fail(r.Line, "status", r.Status, "status", "unknown: want idea, draft, review, approved, scheduled, published, failed or cancelled, or tell Options.Statuses")
	}
	if slices.Contains(r.Thread, "") {
		t.fail(r.Line, "thread", "", "thread", "a part is empty: there is a line --- too many")
	}
	if state == StateSchedule && ok && r.Text == "" && len(r.Media) == 0 {
		t.fail(r.Line, colText, "", "text", "a post needs a text or media")
	}
}

func (t *table) media(r *Row, names, alts string) {
	for _, n := range splitList(names) {
		r.Media = append(r.Media, Media{Name: n})
	}
	list := splitBars(alts)
	if len(list) > len(r.Media) {
		t.fail(r.Line, colAlt, alts, "alt", "%d descriptions for %d media: write one for each, in order, divided by |", len(list), len(r.Media))
		return
	}
	for i, alt := range list {
		r.Media[i].Alt = alt
	}
}

// splitBars takes a cell apart at its bars, and keeps empty elements.
func splitBars(cell string) []string {
	if strings.TrimSpace(cell) == "" {
		return nil
	}
	out := []string{""}
	for i := 0; i < len(cell); i++ {
		last := &out[len(out)-1]
		switch c := cell[i]; {
		case c == '\\' && i+1 < len(cell) && (cell[i+1] == '|' || cell[i+1] == '\\'):
			i++
			*last += cell[i : i+1]
		case c == '|':
			out = append(out, "")
		default:
			*last += cell[i : i+1]
		}
	}
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// when reads day and time, from two columns or one.
func (t *table) when(r *Row, day, clock, both string) {
	dayColumn, timeColumn := colDay, colTime
	if both != "" {
		if day != "" || clock != "" {
			t.fail(r.Line, colWhen, both, "when", "the row has a day or a time as well: leave one of them out")
			return
		}
		if t.instant(r, both) {
			return
		}
		dayColumn, timeColumn = colWhen, colWhen
		day, clock = splitWhen(both)
	}
	if day == "" {
		if clock != "" {
			t.fail(r.Line, colDay, "", "day", "a time without a day")
		} else if s, _ := r.State(t.o.Statuses); s == StateSchedule {
			t.fail(r.Line, colDay, "", "day", "no day to publish on: write one such as 2026-12-31, or give the row the status draft")
		}
		return
	}
	parts, ok := parseDay(day)
	if !ok {
		t.fail(r.Line, dayColumn, day, "day", "no date: write one such as 2026-12-31")
	} else {
		t.dates = append(t.dates, dayCell{len(t.sheet.Rows), day, parts})
	}
	switch tm, ok := parseTime(clock); {
	case ok:
		r.Time = tm
	case clock != "":
		t.fail(r.Line, timeColumn, clock, "time", "no time of day: write one such as 09:30")
	case t.o.Time != nil:
		r.Time = *t.o.Time
	default:
		t.fail(r.Line, timeColumn, "", "time", "no time of day: write one such as 09:30, or give Options.Time")
	}
}

// instant reads a time with an offset, as Trello and programs write it.
func (t *table) instant(r *Row, s string) bool {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return false
	}
	zone, err := civil.LoadZone(cmp.Or(r.Zone, t.o.Zone))
	if err != nil {
		t.fail(r.Line, "zone", cmp.Or(r.Zone, t.o.Zone), "zone", "%v", err)
		return true
	}
	dt := civil.In(at, zone)
	r.Zone, r.Time = zone.Name(), dt.Time
	t.dates = append(t.dates, dayCell{len(t.sheet.Rows), s, dateParts{date: dt.Date}})
	return true
}

// splitWhen divides a day from the time behind it.
func splitWhen(s string) (day, clock string) {
	if d, c, ok := strings.Cut(s, "T"); ok && len(d) == len(time.DateOnly) {
		return d, c
	}
	f := strings.Fields(s)
	for n := min(2, len(f)-1); n > 0; n-- { // "9:00 PM" has two
		at := len(f) - n
		if _, ok := parseTime(strings.Join(f[at:], " ")); ok {
			return strings.TrimSuffix(strings.Join(f[:at], " "), ","), strings.Join(f[at:], " ")
		}
	}
	return s, ""
}

// days decides the order of dates with slashes, and gives the rows their days.
func (t *table) days() {
	order, shown := t.o.DateOrder, make(map[DateOrder]int)
	for _, d := range t.dates {
		if o := d.parts.only(); o != "" && shown[o] == 0 {
			shown[o] = t.sheet.Rows[d.row].Line
		}
	}
	if order == "" && len(shown) == 1 {
		order = slices.Collect(maps.Keys(shown))[0]
	}
	for _, d := range t.dates {
		row := &t.sheet.Rows[d.row]
		day, ok := d.parts.read(cmp.Or(order, DayFirst))
		switch {
		case d.parts.slashes && d.parts.a != d.parts.b && order == "" && len(shown) == 2:
			t.fail(row.Line, colDay, d.cell, "day.ambiguous", "lines %d and %d of the file have the day in different places: write 2026-12-31", shown[DayFirst], shown[MonthFirst])
		case d.parts.slashes && d.parts.a != d.parts.b && order == "":
			t.fail(row.Line, colDay, d.cell, "day.ambiguous", "is the day first, or the month? Write 2026-12-31, or give Options.DateOrder")
		case !ok && d.parts.slashes:
			t.fail(row.Line, colDay, d.cell, "day", "no date in the order of the others, with the %s: write 2026-12-31", strings.Replace(string(order), "-", " ", 1))
		case day.Check() != nil:
			t.fail(row.Line, colDay, d.cell, "day", "there is no such day in the years 1 to 9999")
		default:
			row.Day = day
			if d.parts.slashes {
				t.sheet.DateOrder = order
			}
		}
	}
}

// zones gives every row with a day its zone, and notes what clocks do then.
func (t *table) zones() {
	known := make(map[string]civil.Zone)
	for i := range t.sheet.Rows {
		r := &t.sheet.Rows[i]
		if r.Zone == "" && r.Day.IsZero() {
			continue
		}
		r.Zone = cmp.Or(r.Zone, t.o.Zone)
		zone, ok := known[r.Zone]
		if !ok {
			var err error
			if zone, err = civil.LoadZone(r.Zone); err != nil {
				t.fail(r.Line, "zone", r.Zone, "zone", "%v", err)
				continue
			}
			known[r.Zone] = zone
		}
		if r.Day.IsZero() {
			continue
		}
		if at, kind := civil.Resolve(r.Day.At(r.Time), zone); kind != civil.Exact {
			t.sheet.Notes = append(t.sheet.Notes, CellError{
				Line: r.Line, Column: colTime, Value: r.Day.At(r.Time).String(), Code: "time." + kind.String(),
				Message: "clocks are set then; it is taken as " + civil.Format(at, zone),
			})
		}
	}
}
