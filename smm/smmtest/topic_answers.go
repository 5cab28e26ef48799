package smmtest

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// patience bounds what a call may take of the machine's time, whatever the
// server answers. It is generous: several tests run at a time.
const patience = 20 * time.Second

// answers lets the server say nonsense with status 200 to every request of a
// delivery and to every read. Nothing may be believed without evidence, and
// after a commit the outcome is unknown until it is settled.
func answers(t tester, s *suite) {
	s.needFaults(t)
	table := newTable()
	t.Cleanup(func() { table.print(t, s.name+", spoiled answers") })
	for _, f := range s.forms {
		if s.leads(f) {
			s.sub(t, "answers", f.Name, func(t tester) { s.answersTo(t, f, table) })
		}
	}
	for _, op := range readOps() {
		s.sub(t, "answers", op.name, func(t tester) {
			for _, shape := range sim.Shapes() {
				s.sub(t, "answers/"+op.name, string(shape), func(t tester) { s.spoiledRead(t, op, shape) })
			}
		})
	}
}

func (s *suite) answersTo(t tester, f Form, table *table) {
	fp := s.footprint(t, f)
	for _, shape := range sim.Shapes() {
		spoil := sim.Fault{Kind: sim.Spoil, Shape: shape}
		s.sub(t, "answers/"+f.Name, "commit-"+string(shape), func(t tester) { s.spoiledCommit(t, f, spoil, table) })
		s.sub(t, "answers/"+f.Name, "settle-"+string(shape), func(t tester) {
			read := spoil
			read.Class, read.Times = sim.Read, 8 // beyond what a driver itself tries again
			s.settle(t, f, sim.Fault{Class: sim.Commit, Kind: sim.DropReply}, &read, table)
		})
		for _, class := range []sim.Class{sim.Prepare, sim.Read, sim.Auth} {
			for skip := range min(fp.n[class], 3) {
				v := spoil
				v.Class, v.Skip = class, skip
				s.sub(t, "answers/"+f.Name, fmt.Sprintf("%s%d-%s", class, skip+1, shape), func(t tester) {
					begun := time.Now()
					s.strike(t, f, v, table)
					inTime(t, begun)
				})
			}
		}
	}
}

func inTime(t tester, begun time.Time) {
	t.Helper()
	if took := time.Since(begun); took > patience {
		t.Errorf("it took %s of the machine's time", took)
	}
}

// spoiledCommit spoils the reply to a commit that took effect.
func (s *suite) spoiledCommit(t tester, f Form, v sim.Fault, table *table) {
	r := s.lab(t).plan(f, smm.Policy{})
	d := r.ready()
	v.Class = sim.Commit
	r.h.World.Faults.Add(v)
	begun := time.Now()
	d = r.step(d)
	inTime(t, begun)
	switch state := d.State(); {
	case state == smm.OutcomePublished && d.Outcome.Evidence != "":
		// What is left of the answer may be evidence enough; judge compares it.
	case state == smm.OutcomePending, f.Class == smm.ClassBlind && d.Phase == smm.PhaseHuman:
	case state != smm.OutcomeUnknown:
		t.Errorf("the answer to the commit was nonsense, and the outcome is %q%s", state, story(d))
	}
	r.client = nil
	d = r.run()
	table.add("commit "+string(v.Shape), f, r.judge(published), d.Phase)
}

// spoiledRead spoils every answer to the reads of a call.
func (s *suite) spoiledRead(t tester, op operation, shape sim.Shape) {
	l := s.lab(t)
	client := l.client()
	l.need(client, op.cap)
	target := op.target(l)
	if l.h.Server != nil {
		l.visitorComment() // so that there is something to list
	}
	before := requests(l.h.World, sim.Read)
	l.h.World.Faults.Add(sim.Fault{Class: sim.Read, Kind: sim.Spoil, Shape: shape, Times: -1})
	begun := time.Now()
	err := op.call(l, l.channel(client), target)
	inTime(t, begun)
	switch n := requests(l.h.World, sim.Read) - before; {
	case n == 0:
		t.Fatal("the call sent no request of class read")
	case n > 40:
		t.Errorf("%d requests for one call", n)
	}
	if err == nil {
		t.Errorf("%s: no error", shape)
		return
	}
	l.wellMade(err)
	if smm.NeedsReconnect(err) {
		t.Errorf("nonsense is no reason to connect again: %v", err)
	}
}
