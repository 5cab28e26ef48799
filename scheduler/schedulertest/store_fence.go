package schedulertest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var fenceTests = map[string]func(*suite){
	"a lost lease": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		first := s.claimOne(t0(), "a")
		second := s.claimOne(at(time.Minute), "a")
		finish(first)
		s.is(s.store.Save(s.Context(), first, at(time.Minute)), scheduler.ErrFenced)
		s.is(s.store.Save(s.Context(), first, at(time.Minute)), smm.ErrConflict)
		s.wantSame(s.get("", "a"), second)
		s.save(second, at(time.Minute))
	},
	"the epoch alone": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.claimOne(t0(), "a")
		r.Epoch--
		s.is(s.store.Save(s.Context(), r, t0()), scheduler.ErrFenced)
		r.Epoch += 2
		s.is(s.store.Save(s.Context(), r, t0()), scheduler.ErrFenced)
	},
	"the version alone": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		a, b := s.get("", "a"), s.get("", "a")
		s.save(a, t0())
		if a.Version != 2 {
			s.Fatalf("version %d after a save, want 2", a.Version)
		}
		s.is(s.store.Save(s.Context(), b, t0()), scheduler.ErrFenced)
		if b.Version != 1 {
			s.Fatalf("a save that failed changed the version to %d", b.Version)
		}
		s.save(a, t0())
	},
	"a host's change fences off the worker": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		worker := s.claimOne(t0(), "a")
		host := s.get("", "a")
		host.Delivery.Phase, host.Delivery.Wake = smm.PhaseCancelled, time.Time{}
		s.save(host, at(time.Second))
		intend(worker, at(time.Second))
		s.is(s.store.Save(s.Context(), worker, at(time.Second)), scheduler.ErrFenced)
	},
	"an intent needs a lease, an answer does not": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.claimOne(t0(), "a")
		intend(r, at(29*time.Second))
		s.is(s.store.Save(s.Context(), r, at(30*time.Second)), scheduler.ErrFenced)
		s.save(r, at(29*time.Second))
		finish(r)
		s.save(r, at(31*time.Second))
		if got := s.get("", "a"); got.Delivery.Phase != smm.PhasePublished {
			s.Fatalf("phase %s, want published", got.Delivery.Phase)
		}
	},
	"a save keeps the lease or ends it": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.claimOne(t0(), "a")
		s.ok(s.store.Renew(s.Context(), lease(r, at(time.Minute))))
		s.save(r, t0()) // with the old end in hand
		s.wantLeaseEnd(s.get("", "a"), at(time.Minute))
		s.wantNext(at(time.Minute))
		s.wantIDs(s.claim(at(59*time.Second), 1))
		r.LeaseUntil = time.Time{}
		s.save(r, t0())
		s.wantLeaseEnd(s.get("", "a"), time.Time{})
		s.claimOne(at(time.Second), "a")
	},
	"a save cannot take a lease": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.get("", "a")
		r.LeaseUntil = at(time.Hour)
		s.save(r, t0())
		s.claimOne(t0(), "a")
	},
	"renew": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.claimOne(t0(), "a")
		s.ok(s.store.Renew(s.Context(), lease(r, at(time.Minute))))
		s.wantIDs(s.claim(at(59*time.Second), 10))
		s.wantNext(at(time.Minute))
		s.save(r, t0()) // a renewal does not spoil it
		other := s.claimOne(at(time.Minute), "a")
		s.is(s.store.Renew(s.Context(), lease(r, at(time.Hour))), scheduler.ErrFenced)
		s.ok(s.store.Renew(s.Context(), lease(other, at(2*time.Minute)))) // given away
		s.claimOne(at(2*time.Minute), "a")
	},
	"renew of what is not leased": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		s.is(s.store.Renew(s.Context(), lease(s.get("", "a"), at(time.Hour))), scheduler.ErrFenced)
		r := s.claimOne(t0(), "a")
		r.LeaseUntil = time.Time{}
		s.save(r, t0())
		s.is(s.store.Renew(s.Context(), lease(r, at(time.Hour))), scheduler.ErrFenced)
	},
	"renew leaves what ended alone": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		r := s.claimOne(t0(), "a")
		finish(r)
		r.LeaseUntil = at(30 * time.Second)
		s.save(r, t0())
		_ = s.store.Renew(s.Context(), lease(r, at(time.Minute))) // either answer is right
		s.wantNext(time.Time{})
	},
	"of many savers one wins": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		var (
			wg   sync.WaitGroup
			wins atomic.Int32
		)
		copies := make([]*scheduler.Record, 8)
		for i := range copies {
			copies[i] = s.get("", "a")
		}
		for _, r := range copies {
			wg.Go(func() {
				switch err := s.store.Save(s.Context(), r, t0()); {
				case err == nil:
					wins.Add(1)
				case !errors.Is(err, scheduler.ErrFenced):
					s.Errorf("save: %v", err)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			s.Errorf("%d saves of the same version succeeded", wins.Load())
		}
	},
}

func lease(r *scheduler.Record, until time.Time) scheduler.Lease {
	return scheduler.Lease{Key: r.Key(), Epoch: r.Epoch, Until: until}
}

// intend makes the delivery one whose commit is about to leave.
func intend(r *scheduler.Record, now time.Time) {
	d := &r.Delivery
	d.Phase = smm.PhaseCommitting
	d.Prepared = smm.Prepared{Ready: true, Guarantee: smm.Guarantee{Class: smm.ClassKey}}
	d.Attempt = smm.Attempt{N: 1, First: now, Intent: now, Deadline: now.Add(5 * time.Second)}
	d.Wake = d.Attempt.Deadline
}
