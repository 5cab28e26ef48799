package smmtest

import (
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// mapping checks that errors answer what the caller can do next.
func mapping(t tester, s *suite) {
	for _, op := range readOps() {
		s.sub(t, "errors", op.name, func(t tester) {
			s.needFaults(t)
			for _, c := range readFaults() {
				s.sub(t, "errors/"+op.name, c.name, func(t tester) { s.readError(t, op, c) })
			}
		})
	}
	s.sub(t, "errors", "gone", func(t tester) { s.gone(t) })
	for _, f := range s.forms {
		s.sub(t, "errors", "throttled-"+f.Name, func(t tester) { s.throttled(t, f) })
	}
}

// readFault is what happens to the reads of a call, and which errors are right.
type readFault struct {
	name  string
	fault sim.Fault
	fine  bool // the call may succeed
	want  error
}

func readFaults() []readFault {
	out := []readFault{
		{"throttle", sim.Fault{Kind: sim.Throttle, Times: -1}, false, smm.ErrRateLimited},
		{"throttle-once", sim.Fault{Kind: sim.Throttle}, true, smm.ErrRateLimited},
		{"expire", sim.Fault{Kind: sim.Expire, Times: -1}, false, smm.ErrUnauthorized},
		{"expire-once", sim.Fault{Kind: sim.Expire}, true, smm.ErrUnauthorized},
	}
	for _, f := range []sim.Fault{
		{Kind: sim.CutBefore}, {Kind: sim.DropReply}, {Kind: sim.CutReply}, {Kind: sim.CutReply, Bytes: 10}, {Kind: sim.Garbage},
		{Kind: sim.ErrorBefore, Status: 500}, {Kind: sim.ErrorBefore, Status: 502}, {Kind: sim.ErrorBefore, Status: 503},
		{Kind: sim.ErrorAfter, Status: 504},
	} {
		out = append(out, readFault{faultName(f) + "-once", f, true, smm.ErrUnavailable})
		f.Times = -1
		out = append(out, readFault{faultName(f), f, false, smm.ErrUnavailable})
	}
	return out
}

func (s *suite) readError(t tester, op operation, c readFault) {
	l := s.lab(t)
	client := l.client()
	l.need(client, op.cap)
	target := op.target(l)
	before := requests(l.h.World, sim.Read)
	hits := l.h.World.Faults.Hits()
	c.fault.Class = sim.Read
	l.h.World.Faults.Add(c.fault)
	err := op.call(l, l.channel(client), target)
	if l.h.World.Faults.Hits() == hits {
		t.Fatal("the call sent no request of class read")
	}
	if n := requests(l.h.World, sim.Read) - before; n > 40 {
		t.Errorf("%d requests for one call", n)
	}
	if err == nil {
		if !c.fine {
			t.Errorf("%s: no error", c.name)
		}
		return
	}
	l.wellMade(err)
	if !errors.Is(err, c.want) {
		t.Errorf("%s: %v, want one that matches %q", c.name, err, c.want)
	}
	if after, ok := smm.RetryAfter(err); errors.Is(c.want, smm.ErrRateLimited) && (!ok || after <= 0) {
		t.Errorf("%s: RetryAfter is %s, %t", c.name, after, ok)
	}
	if smm.NeedsReconnect(err) != errors.Is(c.want, smm.ErrUnauthorized) {
		t.Errorf("%s: NeedsReconnect is %t", c.name, smm.NeedsReconnect(err))
	}
}

// wellMade checks what every error of a driver must be.
func (l *lab) wellMade(err error) {
	l.t.Helper()
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		l.t.Errorf("not a *smm.Error: %v", err)
		return
	}
	if e.Platform != l.h.Channel.Platform || e.Op == "" {
		l.t.Errorf("an error needs platform and operation: %+v", e)
	}
	matches := 0
	for _, s := range []error{
		smm.ErrUnsupported, smm.ErrNotFound, smm.ErrUnauthorized, smm.ErrForbidden, smm.ErrRateLimited,
		smm.ErrRejected, smm.ErrDuplicate, smm.ErrInvalid, smm.ErrUnavailable, smm.ErrConflict,
	} {
		if errors.Is(err, s) {
			matches++
		}
	}
	if matches != 1 {
		l.t.Errorf("matches %d sentinels, want exactly one: %v", matches, err)
	}
	l.checkSecrets("an error", fmt.Sprintf("%v %+v", err, e))
}

// gone reads what was deleted, and what never was.
func (s *suite) gone(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapListPosts)
	l.need(c, smm.CapDelete)
	post := ownPost(l)
	ch := l.channel(c)
	if err := ch.Delete(l.ctx, post); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if err := l.eventually(func() error {
		_, err := ch.Post(l.ctx, post)
		if !errors.Is(err, smm.ErrNotFound) {
			return fmt.Errorf("reading a deleted post: %v, want ErrNotFound", err) //nolint:errorlint // it is the verdict
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if l.h.World == nil {
		return
	}
	l.h.World.Faults.Add(sim.Fault{Class: sim.Read, Kind: sim.ErrorBefore, Status: 404, Times: -1})
	// A bare 404 means on some platforms that there is no such method.
	if _, err := ch.Post(l.ctx, post); !errors.Is(err, smm.ErrNotFound) && !errors.Is(err, smm.ErrUnsupported) {
		t.Errorf("status 404: %v, want ErrNotFound", err)
	}
}

// throttled refuses a commit for lack of quota: it waits and is delivered once.
func (s *suite) throttled(t tester, f Form) {
	s.needFaults(t)
	r := s.lab(t).plan(f, smm.Policy{})
	d := r.ready()
	r.h.World.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Throttle})
	now := r.clock.Now()
	d = r.step(d)
	if d.State() != smm.OutcomeNotSent || d.Failure == nil || d.Attempt.Doubt {
		t.Errorf("a commit refused for lack of quota is %q in phase %s%s", d.State(), d.Phase, story(d))
	}
	if !d.Wake.After(now) {
		t.Errorf("the next try is at %s, it is %s", d.Wake, now)
	}
	r.finish()
}
