package smmtest

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// faults strikes every request that a delivery makes with every fault.
func faults(t tester, s *suite) {
	s.needFaults(t)
	table := newTable()
	t.Cleanup(func() { table.print(t, s.name) })
	for _, f := range s.forms {
		s.sub(t, "faults", f.Name, func(t tester) {
			s.needLead(t, f)
			s.faultsOf(t, f, table)
		})
	}
}

// footprint is what a delivery asks of the server when nothing goes wrong.
type footprint struct {
	n         map[sim.Class]int
	guarantee smm.Guarantee
}

func (s *suite) footprint(t tester, f Form) footprint {
	t.Helper()
	r := s.lab(t).plan(f, smm.Policy{})
	w, fp := r.h.World, footprint{n: map[sim.Class]int{}}
	for _, c := range allClasses {
		fp.n[c] = -requests(w, c)
	}
	r.hook = func(d *smm.Delivery) { fp.guarantee = d.Prepared.Guarantee }
	if d := r.run(); d.Phase != smm.PhasePublished {
		t.Fatalf("ended as %s without a fault%s", d.Phase, story(d))
	}
	for _, c := range allClasses {
		fp.n[c] += requests(w, c)
	}
	if fp.n[sim.Commit] != 1 {
		t.Fatalf("%d requests of class commit, want exactly one", fp.n[sim.Commit])
	}
	return fp
}

func (s *suite) faultsOf(t tester, f Form, table *table) {
	fp := s.footprint(t, f)
	deep := 6
	if !s.leads(f) {
		deep = 3
	}
	for _, class := range []sim.Class{sim.Commit, sim.Prepare, sim.Read, sim.Auth} {
		for skip := range min(fp.n[class], deep) {
			for _, v := range variants(class, skip, fp.guarantee) {
				v.Class, v.Skip = class, skip
				name := fmt.Sprintf("%s%d-%s", class, skip+1, faultName(v))
				s.sub(t, "faults/"+f.Name, name, func(t tester) { s.strike(t, f, v, table) })
			}
		}
	}
	for _, v := range storms(fp.guarantee) {
		name := fmt.Sprintf("commit-%s-x%d", faultName(v), v.Times)
		s.sub(t, "faults/"+f.Name, name, func(t tester) { s.strike(t, f, v, table) })
	}
	s.settles(t, f, fp, table)
}

// strike runs a delivery whose way one fault crosses.
func (s *suite) strike(t tester, f Form, v sim.Fault, table *table) {
	l := s.lab(t)
	r := l.plan(f, smm.Policy{})
	hits := l.h.World.Faults.Hits()
	l.h.World.Faults.Add(v)
	d := r.run()
	if l.h.World.Faults.Hits() == hits {
		t.Fatal("the fault never struck: the driver's requests differ from run to run")
	}
	want := published
	if v.Kind == sim.Expire {
		want = reconnects
	}
	table.add(string(v.Class)+" "+string(v.Kind), f, r.judge(want), d.Phase)
}

// variants lists the faults of every kind for a request of a class. Requests
// other than the commit and the first get the coarser choice.
func variants(class sim.Class, skip int, g smm.Guarantee) []sim.Fault {
	statuses, cuts := []int{500, 503}, []int{0, 20}
	lates := []time.Duration{g.RequestLife / 2}
	if class == sim.Commit {
		statuses, cuts = []int{500, 502, 503, 504}, []int{0, 1, 20, 80}
		lates = append(lates, g.RequestLife)
		if d := beyond(g); d > 0 {
			lates = append(lates, d)
		}
	}
	if skip > 0 {
		statuses, cuts = statuses[:1], cuts[:1]
	}
	var out []sim.Fault
	for _, kind := range sim.FaultKinds() {
		switch kind {
		case sim.ErrorBefore, sim.ErrorAfter:
			for _, status := range statuses {
				out = append(out, sim.Fault{Kind: kind, Status: status})
			}
		case sim.CutReply:
			for _, n := range cuts {
				out = append(out, sim.Fault{Kind: kind, Bytes: n})
			}
		case sim.Late:
			for _, d := range lates {
				out = append(out, sim.Fault{Kind: kind, Delay: max(d, time.Millisecond)})
			}
		case sim.Slow:
			out = append(out, sim.Fault{Kind: kind, Delay: 3 * time.Second})
		default:
			out = append(out, sim.Fault{Kind: kind})
		}
	}
	return out
}

// beyond is a delay that no request should have and that still cannot double
// where the platform itself recognises the repeat; zero where it could.
func beyond(g smm.Guarantee) time.Duration {
	d := g.RequestLife + 5*time.Minute
	switch {
	case g.Class == smm.ClassHandle, g.Class == smm.ClassKey && (g.KeyWindow == 0 || d < g.KeyWindow/2):
		return d
	}
	return 0
}

// storms are faults that strike one commit after the other.
func storms(g smm.Guarantee) []sim.Fault {
	return []sim.Fault{
		{Class: sim.Commit, Kind: sim.CutBefore, Times: 3},
		{Class: sim.Commit, Kind: sim.DropReply, Times: 3},
		{Class: sim.Commit, Kind: sim.ErrorAfter, Status: 503, Times: 3},
		{Class: sim.Commit, Kind: sim.Late, Delay: max(g.RequestLife/2, time.Millisecond), Times: 3},
		{Class: sim.Commit, Kind: sim.Garbage, Times: 2},
		{Class: sim.Commit, Kind: sim.Throttle, Times: 4},
	}
}

func faultName(f sim.Fault) string {
	name := string(f.Kind)
	switch f.Kind {
	case sim.CutReply:
		name += fmt.Sprintf("-%d", f.Bytes)
	case sim.ErrorBefore, sim.ErrorAfter:
		name += fmt.Sprintf("-%d", f.Status)
	case sim.Late:
		name += "-" + f.Delay.String()
	}
	return name
}

// settles leaves a delivery one commit only, so that a lost reply has to be
// settled by reading, and strikes the reads as well.
func (s *suite) settles(t tester, f Form, fp footprint, table *table) {
	life := max(fp.guarantee.RequestLife/2, time.Millisecond)
	commits := []sim.Fault{
		{Class: sim.Commit, Kind: sim.DropReply},
		{Class: sim.Commit, Kind: sim.CutBefore},
		{Class: sim.Commit, Kind: sim.CutReply, Bytes: 5},
		{Class: sim.Commit, Kind: sim.ErrorAfter, Status: 503},
		{Class: sim.Commit, Kind: sim.ErrorBefore, Status: 500},
		{Class: sim.Commit, Kind: sim.Garbage},
		{Class: sim.Commit, Kind: sim.Late, Delay: life},
	}
	for _, v := range commits {
		s.sub(t, "faults/"+f.Name, "settle-"+faultName(v), func(t tester) { s.settle(t, f, v, nil, table) })
	}
	if !s.leads(f) {
		return
	}
	for _, v := range []sim.Fault{commits[0], commits[1]} {
		for _, read := range variants(sim.Read, 0, fp.guarantee) {
			read.Class, read.Times = sim.Read, 1+len(f.Name)%2
			name := fmt.Sprintf("settle-%s-read-%s", faultName(v), faultName(read))
			s.sub(t, "faults/"+f.Name, name, func(t tester) { s.settle(t, f, v, &read, table) })
		}
	}
}

func (s *suite) settle(t tester, f Form, commit sim.Fault, read *sim.Fault, table *table) {
	l := s.lab(t)
	r := l.plan(f, smm.Policy{MaxAttempts: 1})
	l.h.World.Faults.Add(commit)
	armed, reads := false, 0
	r.hook = func(d *smm.Delivery) {
		if d.Phase != smm.PhaseSettling || armed {
			return
		}
		armed, reads = true, l.writes()
		if read != nil {
			l.h.World.Faults.Add(*read)
		}
	}
	d := r.run()
	if armed {
		if n := l.writes() - reads; n != 0 {
			t.Errorf("settling sent %d requests that write: it must only read", n)
		}
	}
	n := r.judge(truthOnly)
	if commit.Kind == sim.DropReply && f.Class != smm.ClassBlind && d.Phase != smm.PhasePublished && d.Phase != smm.PhaseHuman {
		t.Errorf("the item is public and was not found: %s%s", d.Phase, story(d))
	}
	table.add("settle "+string(commit.Kind), f, n, d.Phase)
}
