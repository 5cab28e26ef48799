package smmtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	prompt = 3 * time.Second  // of the machine: how soon a cancelled call returns
	grace  = 15 * time.Second // of the machine: the same for a commit in flight
)

// cancels takes the caller's patience away at every stage. Nothing may be lost
// or doubled, and nobody waits for long.
func cancels(t tester, s *suite) {
	s.needFaults(t)
	for _, f := range s.forms {
		s.sub(t, "cancel", "before-"+f.Name, func(t tester) { s.cancelBefore(t, f) })
		s.sub(t, "cancel", "in-prepare-"+f.Name, func(t tester) { s.cancelInPrepare(t, f) })
		s.sub(t, "cancel", "delivery-"+f.Name, func(t tester) { s.cancelDelivery(t, f) })
		if s.leads(f) { // these wait on the machine's clock
			s.sub(t, "cancel", "in-commit-answered-"+f.Name, func(t tester) { s.cancelInCommit(t, f, true) })
			s.sub(t, "cancel", "commit-too-slow-"+f.Name, func(t tester) { s.commitTooSlow(t, f) })
		}
	}
	f := s.text(t)
	s.sub(t, "cancel", "in-commit-unanswered", func(t tester) {
		if testing.Short() {
			t.Skip("waits ten seconds of the machine's clock")
		}
		s.cancelInCommit(t, f, false)
	})
	s.sub(t, "cancel", "front", func(t tester) { s.cancelFront(t, f) })
}

// ready takes a delivery to the point where only the commit is left.
func (r *ride) ready() *smm.Delivery {
	r.t.Helper()
	d := r.load()
	for range maxSteps {
		if d.Phase == smm.PhaseReady {
			return d
		}
		if d.Phase != smm.PhasePreparing {
			break
		}
		d = r.step(d)
	}
	r.t.Fatalf("not ready: %s%s", d.Phase, story(d))
	return nil
}

// finish runs the delivery in a new process and wants exactly one item.
func (r *ride) finish() {
	r.t.Helper()
	r.client = nil
	d := r.run()
	n := r.judge(published)
	if d.Phase != smm.PhaseHuman && n != 1 {
		r.t.Errorf("%d public items in the end, want one%s", n, story(d))
	}
}

func (s *suite) cancelBefore(t tester, f Form) {
	r := s.lab(t).plan(f, smm.Policy{})
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	for _, d := range []*smm.Delivery{r.load(), r.ready()} {
		before := r.writes()
		phase := d.Phase
		if err := r.lab.client().Advance(ctx, d, r.j); !errors.Is(err, context.Canceled) {
			t.Errorf("Advance in phase %s with a cancelled context: %v", phase, err)
		}
		r.unwritten("a cancelled call", before)
	}
	if n := len(r.items(r.mark)); n != 0 {
		t.Errorf("%d items are public although every call was cancelled", n)
	}
	r.finish()
}

// hold makes the server keep the reply of the next request of a class until
// release is called; arrived is closed when the request took effect.
func (l *lab) hold(class sim.Class) (arrived <-chan struct{}, release func()) {
	in, out := make(chan struct{}), make(chan struct{})
	var once sync.Once
	release = func() { once.Do(func() { close(out) }) }
	l.t.Cleanup(release)
	world := l.h.World
	hits := world.Faults.Hits()
	world.Faults.Add(sim.Fault{Class: class, Kind: sim.Slow, Delay: 2 * time.Second})
	var pause func()
	pause = func() {
		if world.Faults.Hits() == hits { // it is not the fault that sleeps, but back-off before it
			world.Clock.AfterFunc(time.Second, pause)
			return
		}
		close(in)
		<-out
	}
	world.Clock.AfterFunc(time.Second, pause)
	return in, release
}

// advance runs one step on a goroutine of its own.
func (r *ride) advance(ctx context.Context, d *smm.Delivery) <-chan error {
	r.t.Helper()
	c, done := r.lab.client(), make(chan error, 1)
	if _, err := r.channel(c).Capabilities(r.ctx); err != nil { // sessions and such are there
		r.t.Fatalf("Capabilities: %v", err)
	}
	go func() { done <- c.Advance(ctx, d, r.j) }()
	return done
}

// within waits for a step and fails if it takes longer than limit.
func (r *ride) within(done <-chan error, limit time.Duration) error {
	r.t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		r.t.Fatalf("the call did not return within %s of being cancelled", limit)
		return nil
	}
}

func (r *ride) await(arrived <-chan struct{}, done <-chan error) {
	r.t.Helper()
	select {
	case <-arrived:
	case err := <-done:
		r.t.Fatalf("the step ended before its request was held: %v", err)
	case <-time.After(grace):
		r.t.Fatal("the request did not arrive")
	}
}

func (s *suite) cancelInPrepare(t tester, f Form) {
	r := s.lab(t).plan(f, smm.Policy{})
	// Steps until one sends a request that can be held.
	d := r.load()
	seen := requests(r.h.World, sim.Prepare)
	steps := 0
	for d.Phase == smm.PhasePreparing && requests(r.h.World, sim.Prepare) == seen {
		d = r.step(d)
		steps++
	}
	if requests(r.h.World, sim.Prepare) == seen {
		t.Skip("preparing this form sends nothing")
	}
	r = s.lab(t).plan(f, smm.Policy{})
	d = r.load()
	for range steps - 1 {
		d = r.step(d)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	arrived, release := r.hold(sim.Prepare)
	done := r.advance(ctx, d)
	r.await(arrived, done)
	cancel()
	if err := r.within(done, prompt); !errors.Is(err, context.Canceled) {
		t.Errorf("Advance cancelled in Prepare: %v", err)
	}
	release()
	r.finish()
}

func (s *suite) cancelInCommit(t tester, f Form, answered bool) {
	r := s.lab(t).plan(f, smm.Policy{})
	d := r.ready()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	arrived, release := r.hold(sim.Commit)
	done := r.advance(ctx, d)
	r.await(arrived, done)
	cancel()
	if answered {
		time.AfterFunc(50*time.Millisecond, release)
	}
	if err := r.within(done, grace); err != nil {
		t.Errorf("Advance cancelled in Commit: %v", err)
	}
	switch d = r.load(); {
	case answered && d.Phase != smm.PhasePublished && d.State() != smm.OutcomePending:
		t.Errorf("the answer came within the grace and was not used: %s%s", d.Phase, story(d))
	case !answered && d.State() != smm.OutcomeUnknown:
		t.Errorf("no answer came, and the state is %q in phase %s%s", d.State(), d.Phase, story(d))
	}
	release()
	r.finish()
}

// commitTooSlow lets the commit's own deadline pass.
func (s *suite) commitTooSlow(t tester, f Form) {
	l := s.lab(t)
	limit := 250*time.Millisecond + l.h.Lag/10 // a real server takes its time even when all is well
	r := l.plan(f, smm.Policy{CommitLimit: limit})
	d := r.ready()
	arrived, release := r.hold(sim.Commit)
	done := r.advance(r.ctx, d)
	r.await(arrived, done)
	if err := r.within(done, limit+prompt); err != nil {
		t.Errorf("Advance: %v", err)
	}
	if d = r.load(); d.State() != smm.OutcomeUnknown {
		t.Errorf("the deadline passed without an answer, and the state is %q in phase %s%s", d.State(), d.Phase, story(d))
	}
	release()
	r.finish()
}

func (s *suite) cancelDelivery(t tester, f Form) {
	r := s.lab(t).plan(f, smm.Policy{})
	d := r.ready()
	if err := d.Cancel(r.clock.Now()); err != nil {
		t.Fatalf("Cancel in phase ready: %v", err)
	}
	r.store(d)
	r.client = nil
	if d := r.run(); d.Phase != smm.PhaseCancelled || r.judge(truthOnly) != 0 {
		t.Errorf("cancelled before the commit, ended as %s", d.Phase)
	}
}

func (s *suite) cancelFront(t tester, f Form) {
	l := s.lab(t)
	p, mark := l.post(f)
	c := l.client()
	ctx, cancel := context.WithCancel(l.ctx)
	cancel()
	opts := &smm.PublishOptions{SkipValidation: true}
	rs, err := c.Publish(ctx, p, []smm.Ref{l.h.Channel}, opts)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if rs[0].Err == nil || len(l.items(mark)) != 0 {
		t.Errorf("published with a cancelled context: %v, %d items", rs[0].Err, len(l.items(mark)))
	}
	if rs = c.Resume(l.ctx, rs, opts); rs[0].Err != nil || len(l.items(mark)) != 1 {
		t.Errorf("Resume: %v, %d items", rs[0].Err, len(l.items(mark)))
	}
}
