package smmtest

import (
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// channels proves that what happens on one channel changes nothing for another.
func channels(t tester, s *suite) {
	s.needCount(t)
	s.sub(t, "channels", "bad-beside-good", func(t tester) { s.badBesideGood(t) })
	s.sub(t, "channels", "resume-the-failed-alone", func(t tester) { s.resumeAlone(t) })
	s.sub(t, "channels", "at-once", func(t tester) { s.atOnce(t) })
}

// badBesideGood publishes to a channel that the credentials do not reach.
func (s *suite) badBesideGood(t tester) {
	l := s.lab(t)
	p, mark := l.post(s.text(t))
	bad := l.h.Channel.WithKind(smm.KindChannel, "no-such-channel")
	c := l.client()
	rs, err := c.Publish(l.ctx, p, []smm.Ref{bad, l.h.Channel}, nil)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if rs[0].Err == nil || rs[0].Channel != bad {
		t.Errorf("the bad channel gives no error: %+v", rs[0])
	}
	if rs[1].Err != nil {
		t.Errorf("the good channel fails beside a bad one: %v", rs[1].Err)
	}
	for range 2 {
		rs = c.Resume(l.ctx, rs, nil)
	}
	if rs[0].Err == nil || rs[1].Err != nil {
		t.Errorf("after Resume: %v, %v", rs[0].Err, rs[1].Err)
	}
	if n := len(l.items(mark)); n != 1 {
		t.Errorf("%d public items, want one", n)
	}
}

// resumeAlone publishes twice, once while the platform is out of order, and
// takes up what failed.
func (s *suite) resumeAlone(t tester) {
	s.needFaults(t)
	l := s.lab(t)
	f, c := s.text(t), l.client()
	good, goodMark := l.post(f)
	done, err := c.Publish(l.ctx, good, []smm.Ref{l.h.Channel}, nil)
	if err != nil || done[0].Err != nil {
		t.Fatalf("Publish: %v, %v", err, done[0].Err)
	}
	l.h.World.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Throttle, Times: 100}) // not for ever: some would spin
	p, mark := l.post(f)
	open, err := c.Publish(l.ctx, p, []smm.Ref{l.h.Channel}, &smm.PublishOptions{Wait: 10 * time.Second})
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if open[0].Err == nil || open[0].Outcome != smm.OutcomeNotSent {
		t.Errorf("refused for lack of quota 100 times, 10 s long: outcome %q, error %v", open[0].Outcome, open[0].Err)
	}
	l.h.World.Faults.Remove(0)
	rs := c.Resume(l.ctx, append(done, open...), &smm.PublishOptions{Wait: 6 * time.Hour})
	for i, r := range rs {
		if r.Err != nil {
			t.Errorf("after Resume, result %d: %v", i, r.Err)
		}
	}
	if a, b := len(l.items(goodMark)), len(l.items(mark)); a != 1 || b != 1 {
		t.Errorf("%d and %d public items, want one of each", a, b)
	}
}

// atOnce publishes from many goroutines through one driver.
func (s *suite) atOnce(t tester) {
	l := s.lab(t)
	f, c := s.text(t), l.client()
	const n = 8
	var wg sync.WaitGroup
	errs, marks := make([]error, n), make([]string, n)
	for i := range n {
		var p *smm.Post
		p, marks[i] = l.post(f)
		wg.Go(func() {
			_, errs[i] = l.channel(c).Publish(l.ctx, p, &smm.PublishOptions{Token: fmt.Sprint(i), Wait: 6 * time.Hour})
		})
	}
	wg.Wait()
	for i := range n {
		if got := len(l.items(marks[i])); errs[i] != nil || got != 1 {
			t.Errorf("post %d of %d at once: %d items, %v", i+1, n, got, errs[i])
		}
	}
}
