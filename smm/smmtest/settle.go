package smmtest

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

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
