package smmtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// crashes stops the process around every record that a delivery writes, alone
// and with a commit that goes wrong, and goes on in a new one from what the
// journal holds.
func crashes(t tester, s *suite) {
	s.needFaults(t)
	table := newTable()
	t.Cleanup(func() { table.print(t, s.name+", crashes") })
	for _, f := range s.forms {
		s.sub(t, "crashes", f.Name, func(t tester) {
			s.needLead(t, f)
			s.crashesOf(t, f, table)
		})
	}
	f := s.text(t)
	s.sub(t, "crashes", "pairs", func(t tester) { s.crashPairs(t, f, table) })
}

func (s *suite) crashesOf(t tester, f Form, table *table) {
	meanwhile := s.crashFaults(t, f)
	if !s.leads(f) || testing.Short() {
		meanwhile = meanwhile[:2]
	}
	for _, v := range meanwhile {
		name := "none"
		if v.Kind != "" {
			name = faultName(v)
		}
		s.sub(t, "crashes/"+f.Name, name, func(t tester) {
			saves := s.crash(t, f, v, &journal{}, table)
			for n := range saves {
				s.crash(t, f, v, &journal{before: at(n + 1)}, table)
				s.crash(t, f, v, &journal{after: at(n + 1)}, table)
			}
		})
	}
}

func at(n ...int) map[int]bool {
	m := make(map[int]bool, len(n))
	for _, i := range n {
		m[i] = true
	}
	return m
}

// crashFaults are what may happen to the commit meanwhile; the zero Fault is
// nothing.
func (s *suite) crashFaults(t tester, f Form) []sim.Fault {
	t.Helper()
	g := s.footprint(t, f).guarantee
	return []sim.Fault{
		{},
		{Class: sim.Commit, Kind: sim.DropReply},
		{Class: sim.Commit, Kind: sim.CutBefore},
		{Class: sim.Commit, Kind: sim.ErrorAfter, Status: 503},
		{Class: sim.Commit, Kind: sim.Late, Delay: max(g.RequestLife/2, time.Millisecond)},
	}
}

// crash runs a delivery whose journal crashes, and returns the saves it made.
func (s *suite) crash(t tester, f Form, v sim.Fault, j *journal, table *table) int {
	t.Helper()
	r := s.lab(t).plan(f, smm.Policy{})
	j.last = r.j.last
	r.j = j
	if v.Kind != "" {
		r.h.World.Faults.Add(v)
	}
	d := r.run()
	items := r.judge(published)
	row := "crash"
	if v.Kind != "" {
		row += ", " + string(v.Kind)
	}
	table.add(row, f, items, d.Phase)
	if t.Failed() {
		t.Fatalf("with crashes before saves %v and after saves %v", keys(j.before), keys(j.after))
	}
	return j.saves
}

func keys(m map[int]bool) []int {
	var out []int
	for k := range m {
		out = append(out, k)
	}
	return out
}

// crashPairs crashes twice on the way of the plainest form, at every pair of
// places; with -short only where nothing else goes wrong.
func (s *suite) crashPairs(t tester, f Form, table *table) {
	meanwhile := s.crashFaults(t, f)[:3]
	if testing.Short() {
		meanwhile = meanwhile[:1]
	}
	for i, v := range meanwhile {
		s.sub(t, "crashes/pairs", fmt.Sprintf("%d-%s", i, v.Kind), func(t tester) {
			saves := s.crash(t, f, v, &journal{}, table) + 3 // a crash makes the way longer
			for a := 1; a <= saves; a++ {
				for b := a + 1; b <= saves; b++ {
					s.crash(t, f, v, &journal{before: at(a, b)}, table)
					s.crash(t, f, v, &journal{after: at(a, b)}, table)
					s.crash(t, f, v, &journal{before: at(a), after: at(b)}, table)
					s.crash(t, f, v, &journal{after: at(a), before: at(b)}, table)
				}
			}
		})
	}
}
