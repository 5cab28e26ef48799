package schedulertest

import (
	"context"
	"errors"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var applyTests = map[string]func(*suite){
	"inserts and saves": func(s *suite) {
		s.insert(NewRecord("", "old", t0()))
		old, fresh := s.get("", "old"), withToken(NewRecord("t", "fresh", t0()), "tok")
		old.Held, old.NotBefore, old.Delivery.Wake = "changed", at(time.Hour), at(time.Hour)
		s.ok(s.store.Apply(s.Context(), t0(), old, fresh))
		if old.Version != 2 || fresh.Version != 1 {
			s.Fatalf("versions %d and %d, want 2 and 1", old.Version, fresh.Version)
		}
		s.wantSame(s.get("", "old"), old)
		s.wantSame(s.get("t", "fresh"), fresh)
		s.wantIDs(s.claim(at(time.Minute), 10), "fresh")
		s.is(s.store.Insert(s.Context(), withToken(NewRecord("t", "other", t0()), "tok")), scheduler.ErrTokenUsed)
	},
	"nothing is nothing": func(s *suite) { s.ok(s.store.Apply(s.Context(), t0())) },
	"all or none": func(s *suite) {
		for name, spoil := range map[string]func() (*scheduler.Record, error){
			"fenced by version": func() (*scheduler.Record, error) {
				r := s.get("", "b")
				r.Version += 7
				return r, scheduler.ErrFenced
			},
			"fenced by epoch": func() (*scheduler.Record, error) {
				r := s.get("", "b")
				r.Epoch++
				return r, scheduler.ErrFenced
			},
			"missing": func() (*scheduler.Record, error) {
				r := NewRecord("", "none", t0())
				r.Version = 3
				return r, scheduler.ErrNotFound
			},
			"exists": func() (*scheduler.Record, error) { return NewRecord("", "b", t0()), smm.ErrConflict },
			"slot":   func() (*scheduler.Record, error) { return inSlot("new", "mon"), smm.ErrConflict },
			"token": func() (*scheduler.Record, error) {
				return withToken(NewRecord("", "new", t0()), "tok"), scheduler.ErrTokenUsed
			},
			"content": func() (*scheduler.Record, error) { return printed("new", t0(), time.Hour), smm.ErrDuplicate },
			"broken": func() (*scheduler.Record, error) {
				r := s.get("", "b")
				r.Delivery.Wake = time.Time{}
				return r, smm.ErrInvalid
			},
			"nil": func() (*scheduler.Record, error) { return nil, smm.ErrInvalid },
		} {
			s.Logf("spoilt by what is %s", name)
			if _, err := s.store.Get(s.Context(), scheduler.Key{ID: "a"}); errors.Is(err, scheduler.ErrNotFound) {
				s.insert(NewRecord("", "a", t0()), NewRecord("", "b", t0()), inSlot("c", "mon"), printed("d", t0(), 0), withToken(NewRecord("", "e", t0()), "tok"))
			}
			a := s.get("", "a")
			a.Held = "changed"
			bad, want := spoil()
			s.is(s.store.Apply(s.Context(), t0(), a, NewRecord("", "fine", t0()), bad, NewRecord("", "fine2", t0())), want)
			s.wantIDs(s.list(scheduler.Query{}), "a", "b", "c", "d", "e")
			if got := s.get("", "a"); got.Held != "" || got.Version != 1 || a.Version != 1 {
				s.Fatalf("spoilt by %s, and %q was written, version %d, and %d in hand", name, got.Held, got.Version, a.Version)
			}
		}
	},
	"an intent needs a lease": func(s *suite) {
		s.insert(NewRecord("", "a", t0()), NewRecord("", "b", t0()))
		rs := s.claim(t0(), 10)
		intend(rs[0], t0())
		rs[1].Held = "changed"
		s.is(s.store.Apply(s.Context(), at(30*time.Second), rs[1], rs[0]), scheduler.ErrFenced)
		if got := s.get("", "b"); got.Held != "" {
			s.Fatal("written although the intent of another was refused")
		}
		s.ok(s.store.Apply(s.Context(), at(29*time.Second), rs[1], rs[0]))
		finish(rs[0])
		s.ok(s.store.Apply(s.Context(), at(time.Minute), rs[0])) // an answer
	},
	"a lease is kept or ended": func(s *suite) {
		s.insert(NewRecord("", "a", t0()), NewRecord("", "b", t0()))
		rs := s.claim(t0(), 10)
		s.ok(s.store.Renew(s.Context(), lease(rs[0], at(time.Minute))))
		rs[1].LeaseUntil = time.Time{}
		s.ok(s.store.Apply(s.Context(), t0(), rs...))
		s.wantLeaseEnd(s.get("", "a"), at(time.Minute))
		s.wantIDs(s.claim(t0(), 10), "b")
	},
	"places are changed": func(s *suite) {
		s.insert(both("a", "mon", t0(), time.Hour), both("b", "tue", at(time.Minute), time.Hour), inSlot("c", "wed"))
		a, b, c := s.get("", "a"), s.get("", "b"), s.get("", "c")
		a.Slot, b.Slot, a.Fingerprint, b.Fingerprint = b.Slot, a.Slot, b.Fingerprint, a.Fingerprint
		s.ok(s.store.Apply(s.Context(), t0(), a, b))
		s.slotTaken(s.store.Insert(s.Context(), inSlot("x", "tue")), "tue", "a")
		a.Slot, b.Slot, c.Slot = "mon", "wed", "tue"
		s.ok(s.store.Apply(s.Context(), t0(), c, b, a))
		end(c, smm.PhaseCancelled)
		s.ok(s.store.Apply(s.Context(), t0(), c, inSlot("new", "tue"))) // it gives up what the other takes
		s.wantSame(s.get("", "b"), b)
	},
	"not within one call": func(s *suite) {
		s.insert(inSlot("a", "mon"), inSlot("b", "tue"))
		a, b := s.get("", "a"), s.get("", "b")
		a.Slot, b.Slot = "wed", "wed"
		err := s.store.Apply(s.Context(), t0(), a, b)
		if _, ok := errors.AsType[*scheduler.SlotError](err); !ok {
			s.Fatalf("two records of one call moved into one slot: %v", err)
		}
		s.is(s.store.Apply(s.Context(), t0(), printed("x", t0(), time.Hour), printed("y", t0(), time.Hour)), smm.ErrDuplicate)
		a.Slot = "mon"
		s.is(s.store.Apply(s.Context(), t0(), a, a.Clone()), smm.ErrConflict)
		s.wantIDs(s.list(scheduler.Query{}), "a", "b")
		if got := s.get("", "a"); got.Version != 1 {
			s.Fatalf("version %d after writes that were refused", got.Version)
		}
	},
	"a context that has ended": func(s *suite) {
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		s.is(s.store.Apply(ctx, t0(), NewRecord("", "a", t0())), context.Canceled)
		s.wantIDs(s.list(scheduler.Query{}))
	},
}
