package smmtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// revoked takes the driver's access away at every stage of a delivery: before
// it, after every upload and every other request that prepares, and between the
// last of them and the commit. The delivery must end with the advice to connect
// again, nothing may be public and nothing more be sent, and once the account is
// connected again it is published once.
func revoked(t tester, s *suite) {
	s.needFaults(t)
	if !s.revokes {
		t.Skip("nobody can take the access away: the harness has no Revoke")
	}
	for _, f := range s.forms {
		s.sub(t, "revoked", f.Name, func(t tester) {
			s.needLead(t, f)
			s.revokedOf(t, f)
		})
	}
}

func (s *suite) revokedOf(t tester, f Form) {
	s.revokedAt(t, f, "before", func(_ *ride, take func()) { take() })
	n := s.footprint(t, f).n[sim.Prepare]
	for i := range n {
		if i >= 6 && i < n-2 {
			continue // one chunk of many is like the next
		}
		s.revokedAt(t, f, fmt.Sprintf("after-prepare%d", i+1), func(r *ride, take func()) { r.during(sim.Prepare, i, take) })
	}
	s.revokedAt(t, f, "before-commit", func(r *ride, take func()) {
		r.ready()
		take()
	})
}

// during calls do while the reply to a request of a class is on its way, which
// took effect. The first skip requests of the class pass.
func (l *lab) during(class sim.Class, skip int, do func()) {
	world := l.h.World
	hits := world.Faults.Hits()
	world.Faults.Add(sim.Fault{Class: class, Kind: sim.Slow, Delay: 2 * time.Second, Skip: skip})
	var look func()
	look = func() {
		if world.Faults.Hits() > hits {
			do()
			return
		}
		world.Clock.AfterFunc(time.Second, look) // it is not the fault that sleeps
	}
	world.Clock.AfterFunc(time.Second, look)
}

func (s *suite) revokedAt(t tester, f Form, name string, arrange func(r *ride, take func())) {
	t.Helper()
	s.sub(t, "revoked/"+f.Name, name, func(t tester) {
		r := s.lab(t).plan(f, smm.Policy{})
		var reconnect func()
		sent := 0
		arrange(r, func() {
			reconnect = r.h.Revoke(t)
			sent = r.writes()
		})
		d := r.run()
		if reconnect == nil {
			t.Fatalf("the access was never taken away, and it ended as %s: the driver's requests differ from run to run", d.Phase)
		}
		r.asksToReconnect(d)
		// One request finds out; after that there is nothing to send.
		if n := r.writes() - sent; n > 1 {
			t.Errorf("%d requests that write were sent without access, one is enough to find out%s", n, story(d))
		}
		if items := r.items(r.mark); len(items) != 0 {
			t.Errorf("public although the access was taken away before the commit:\n%s%s", list(items), story(d))
		}
		reconnect()
		if err := d.Requeue(time.Time{}, r.clock.Now()); err != nil {
			t.Fatalf("Requeue after %s: %v", d.Phase, err)
		}
		r.store(d)
		r.finish()
	})
}

// asksToReconnect checks how a delivery ends for want of access.
func (r *ride) asksToReconnect(d *smm.Delivery) {
	r.t.Helper()
	if d.Phase != smm.PhaseFailed || d.Failure == nil || !d.Failure.Reconnect {
		r.t.Fatalf("ended as %s, want failed with the advice to connect again%s", d.Phase, story(d))
	}
	err := d.Err()
	if _, ok := errors.AsType[*smm.Error](err); !ok || !smm.NeedsReconnect(err) {
		r.t.Errorf("the delivery's error is %v, want a *smm.Error that says to connect again", err)
	}
	r.checkSecrets("the delivery's error", fmt.Sprintf("%v %+v", err, d.Failure))
}
