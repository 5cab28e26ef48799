package smmtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/smmkit/smmkit/smm"
)

// table sums up what the public saw, by fault and form.
type table struct {
	mu    sync.Mutex
	rows  []string
	forms []string
	cells map[[2]string]*cell
}

// cell sums up the runs of one fault on one form.
type cell struct{ runs, one, none, human, double int }

func newTable() *table { return &table{cells: map[[2]string]*cell{}} }

func (t *table) add(row string, f Form, items int, end smm.Phase) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.forms, f.Name) {
		t.forms = append(t.forms, f.Name)
	}
	key := [2]string{row, f.Name}
	if t.cells[key] == nil {
		t.cells[key] = &cell{}
	}
	c := t.cells[key]
	c.runs++
	switch {
	case items > 1:
		c.double++
	case items == 1:
		c.one++
	default:
		c.none++
	}
	if end == smm.PhaseHuman {
		c.human++
	}
}

// print logs the table: in each cell how many runs ended with one public item,
// and, if there are any, with none, with a person asked and with several.
func (t *table) print(to interface{ Log(...any) }, platform string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	slices.Sort(t.rows)
	slices.Sort(t.forms)
	var b strings.Builder
	total := cell{}
	fmt.Fprintf(&b, "%s: runs that ended with one public item (-n: with none, ?n: a person was asked, !n: SEVERAL)\n%-22s", platform, "")
	for _, f := range t.forms {
		fmt.Fprintf(&b, "%12s", f)
	}
	for _, row := range t.rows {
		fmt.Fprintf(&b, "\n%-22s", row)
		for _, f := range t.forms {
			c := t.cells[[2]string{row, f}]
			if c == nil {
				c = &cell{}
			}
			fmt.Fprintf(&b, "%12s", c)
			total.runs, total.one, total.none = total.runs+c.runs, total.one+c.one, total.none+c.none
			total.human, total.double = total.human+c.human, total.double+c.double
		}
	}
	fmt.Fprintf(&b, "\ntotal: %d runs, %d with one item, %d with none, %d with several; a person was asked %d times",
		total.runs, total.one, total.none, total.double, total.human)
	to.Log(b.String())
}

// String gives the short form of a cell.
func (c *cell) String() string {
	if c.runs == 0 {
		return "."
	}
	s := fmt.Sprint(c.one)
	for _, x := range []struct {
		sign string
		n    int
	}{{"-", c.none}, {"?", c.human}, {"!", c.double}} {
		if x.n > 0 {
			s += fmt.Sprintf(" %s%d", x.sign, x.n)
		}
	}
	return s
}
