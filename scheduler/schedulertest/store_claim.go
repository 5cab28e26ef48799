package schedulertest

import (
	"sync"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var claimTests = map[string]func(*suite){
	"what is due, in order": func(s *suite) {
		s.insert(NewRecord("", "late", at(2*time.Second)), NewRecord("", "early", t0()), NewRecord("", "future", at(time.Hour)))
		s.wantNext(t0())
		s.wantIDs(s.claim(at(-time.Nanosecond), 10))
		rs := s.claim(at(2*time.Second), 10)
		s.wantIDs(rs, "early", "late")
		for _, r := range rs {
			if r.Version != 2 || r.Epoch != 1 || r.LeaseOwner != "worker" {
				s.Fatalf("version %d, epoch %d, owner %q; want 2, 1, worker", r.Version, r.Epoch, r.LeaseOwner)
			}
			s.wantLeaseEnd(r, at(32*time.Second))
			s.wantSame(s.get("", r.Delivery.ID), r)
		}
		s.wantNext(at(32 * time.Second))
	},
	"the limit": func(s *suite) {
		for n := range 5 {
			s.insert(NewRecord("", numbered(n), at(time.Duration(n))))
		}
		s.wantIDs(s.claim(at(time.Second), 2), numbered(0), numbered(1))
		s.wantIDs(s.claim(at(time.Second), 9), numbered(2), numbered(3), numbered(4))
		s.wantIDs(s.claim(at(time.Second), 9))
	},
	"wake times are not rounded down": func(s *suite) {
		s.insert(NewRecord("", "a", at(time.Nanosecond)))
		for _, r := range s.claim(t0(), 1) {
			s.Fatalf("claimed at %s, but it wakes at %s", t0(), r.Delivery.Wake)
		}
		s.wantIDs(s.claim(at(time.Microsecond), 1), "a")
	},
	"nobody else gets it until the lease ends": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		s.claimOne(t0(), "a")
		s.wantIDs(s.claim(at(30*time.Second-time.Microsecond), 10))
		r := s.claimOne(at(30*time.Second), "a")
		if r.Epoch != 2 {
			s.Fatalf("epoch %d after the second claim, want 2", r.Epoch)
		}
	},
	"what sleeps, ends or needs a person is not claimed": func(s *suite) {
		s.insert(NewRecord("", "done", t0()), NewRecord("", "human", t0()), NewRecord("", "sleeps", t0()))
		for _, r := range s.claim(t0(), 10) {
			switch r.Delivery.ID {
			case "done":
				finish(r)
			case "human":
				r.Delivery.Phase, r.Delivery.Wake, r.LeaseUntil = smm.PhaseHuman, time.Time{}, time.Time{}
			case "sleeps":
				r.Delivery.Wake, r.LeaseUntil = at(time.Minute), time.Time{}
			}
			s.save(r, t0())
		}
		s.wantNext(at(time.Minute))
		s.wantIDs(s.claim(at(59*time.Second), 10))
		s.wantIDs(s.claim(at(time.Hour), 10), "sleeps")
		human := s.get("", "human")
		human.Delivery.Phase, human.Delivery.Wake = smm.PhasePreparing, at(time.Hour)
		s.save(human, at(time.Hour))
		s.wantIDs(s.claim(at(time.Hour), 10), "human")
	},
	"a person is reminded": func(s *suite) {
		s.insert(NewRecord("", "human", t0()))
		r := s.claimOne(t0(), "human")
		r.Delivery.Phase, r.Delivery.Wake, r.LeaseUntil = smm.PhaseHuman, at(time.Hour), time.Time{}
		s.save(r, t0())
		s.wantNext(at(time.Hour))
		s.wantIDs(s.claim(at(59*time.Minute), 10))
		s.claimOne(at(time.Hour), "human")
	},
	"nothing to wake": func(s *suite) {
		s.wantNext(time.Time{})
		s.wantIDs(s.claim(t0(), 10))
	},
	"by name": func(s *suite) {
		s.insert(NewRecord("", "a", t0()), NewRecord("x", "b", t0()), NewRecord("", "c", t0()), NewRecord("", "later", at(time.Hour)))
		c := scheduler.Claim{Now: t0(), Lease: time.Second, Limit: 9, Keys: []scheduler.Key{{ID: "c"}, {Tenant: "x", ID: "b"}, {ID: "b"}, {ID: "later"}}}
		rs, err := s.store.Claim(s.Context(), c)
		s.ok(err)
		if len(rs) != 2 {
			s.Fatalf("claimed %q, want b of tenant x, and c", ids(rs))
		}
		rs, err = s.store.Claim(s.Context(), c)
		s.ok(err)
		s.wantIDs(rs)
	},
	"bad claims are refused": func(s *suite) {
		for _, c := range []scheduler.Claim{{Lease: time.Second, Limit: 1}, {Now: t0(), Limit: 1}, {Now: t0(), Lease: time.Second}, {Now: t0(), Lease: time.Second, Limit: 1, LaneLimit: -1}} {
			_, err := s.store.Claim(s.Context(), c)
			s.is(err, smm.ErrInvalid)
		}
	},
	"many callers, one lease each": func(s *suite) {
		const records, callers = 1000, 8
		batch := make([]*scheduler.Record, 0, records)
		for n := range records {
			batch = append(batch, NewRecord(smm.Tenant(rune('a'+n%3)), numbered(n), t0()))
		}
		s.insert(batch...)
		var (
			mu    sync.Mutex
			count = make(map[scheduler.Key]int)
			wg    sync.WaitGroup
		)
		for range callers {
			wg.Go(func() {
				for {
					rs, err := s.store.Claim(s.Context(), scheduler.Claim{Now: t0(), Lease: time.Minute, Limit: 7})
					if err != nil {
						s.Errorf("claim: %v", err)
					}
					if len(rs) == 0 || err != nil {
						return
					}
					mu.Lock()
					twice := false
					for _, r := range rs {
						count[r.Key()]++
						twice = twice || count[r.Key()] > 1
					}
					mu.Unlock()
					if twice {
						return // it could go on for ever
					}
				}
			})
		}
		wg.Wait()
		if len(count) != records {
			s.Errorf("%d records were claimed, want %d", len(count), records)
		}
		for k, n := range count {
			if n != 1 {
				s.Errorf("%v was given to %d callers", k, n)
			}
		}
	},
}
