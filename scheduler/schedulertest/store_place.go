package schedulertest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var placeTests = map[string]func(*suite){
	"a slot is taken once": func(s *suite) {
		s.insert(inSlot("a", "mon"))
		s.slotTaken(s.store.Insert(s.Context(), NewRecord("", "fine", t0()), inSlot("b", "mon")), "mon", "a")
		s.wantIDs(s.list(scheduler.Query{}), "a")
		s.insert(inSlot("b", "MON"), inSlot("c", "mon "), inSlot("d", ""), inSlot("e", ""))
		other := inSlot("a", "mon")
		other.Delivery.Tenant, other.Delivery.Request.Tenant = "x", "x"
		s.insert(other)
	},
	"a slot within one call": func(s *suite) {
		err := s.store.Insert(s.Context(), inSlot("a", "mon"), inSlot("b", "mon"))
		if _, ok := errors.AsType[*scheduler.SlotError](err); !ok {
			s.Fatalf("two records of one call in one slot: %v", err)
		}
		s.wantIDs(s.list(scheduler.Query{}))
	},
	"a slot by a save": func(s *suite) {
		s.insert(inSlot("a", "mon"), inSlot("b", "tue"))
		b := s.get("", "b")
		b.Slot = "mon"
		s.slotTaken(s.store.Save(s.Context(), b, t0()), "mon", "a")
		s.slotTaken(s.store.Apply(s.Context(), t0(), b), "mon", "a")
		if got := s.get("", "b"); got.Slot != "tue" || got.Version != 1 || b.Version != 1 {
			s.Fatalf("a save that was refused left slot %q, version %d, and %d in hand", got.Slot, got.Version, b.Version)
		}
		b.Slot = "wed"
		s.save(b, t0())
		s.insert(inSlot("c", "tue")) // given up by the move
		s.slotTaken(s.store.Insert(s.Context(), inSlot("d", "wed")), "wed", "b")
	},
	"who ends without a post gives it up": func(s *suite) {
		for _, p := range []smm.Phase{smm.PhaseFailed, smm.PhaseCancelled, smm.PhaseExpired} {
			slot := string(p)
			s.insert(both("a-"+slot, slot, t0(), time.Hour))
			r := s.get("", "a-"+slot)
			end(r, p)
			s.save(r, t0())
			s.insert(both("b-"+slot, slot, t0(), time.Hour))
			r.Delivery.Phase, r.Delivery.Wake = smm.PhasePreparing, t0() // begun again
			s.slotTaken(s.store.Save(s.Context(), r, t0()), slot, "b-"+slot)
			r.Slot = ""
			s.repeats(s.store.Save(s.Context(), r, t0()), "b-"+slot, t0())
		}
	},
	"who publishes or is in doubt keeps it": func(s *suite) {
		s.insert(both("a", "a", t0(), time.Hour), both("b", "b", t0(), time.Hour))
		a, b := s.get("", "a"), s.get("", "b")
		finish(a)
		s.save(a, t0())
		b.Delivery.Phase, b.Delivery.Wake = smm.PhaseHuman, time.Time{}
		s.save(b, t0())
		for _, r := range []*scheduler.Record{a, b} {
			id := r.Delivery.ID
			s.slotTaken(s.store.Insert(s.Context(), inSlot("x", id)), id, id)
			again := both("x", id, at(time.Minute), time.Hour)
			again.Slot = ""
			s.repeats(s.store.Insert(s.Context(), again), id, t0())
		}
	},
	"the same content keeps its distance": func(s *suite) {
		s.insert(printed("a", t0(), time.Hour))
		hour := time.Hour
		s.repeats(s.store.Insert(s.Context(), printed("b", at(hour-time.Microsecond), hour)), "a", t0())
		s.repeats(s.store.Insert(s.Context(), printed("b", at(time.Microsecond-hour), hour)), "a", t0())
		s.repeats(s.store.Insert(s.Context(), printed("b", at(time.Minute), 0)), "a", t0()) // the larger of the two
		s.repeats(s.store.Insert(s.Context(), printed("b", at(3*hour), 4*hour)), "a", t0())
		s.insert(printed("after", at(hour), hour), printed("before", at(-hour), hour))
		other := printed("other", t0(), hour)
		other.Fingerprint[15]++
		s.insert(other)
		tenant := printed("a", t0(), hour)
		tenant.Delivery.Tenant, tenant.Delivery.Request.Tenant = "x", "x"
		s.insert(tenant, NewRecord("", "none", t0()), NewRecord("", "none either", t0()))
		s.wantIDs(s.list(scheduler.Query{Fingerprint: printed("", t0(), 0).Fingerprint}), "before", "a", "after")
	},
	"content without a distance may repeat": func(s *suite) {
		s.insert(printed("a", t0(), 0), printed("b", t0(), 0))
		s.insert(printed("c", t0(), 0))
		s.wantIDs(s.list(scheduler.Query{}), "a", "b", "c")
	},
	"content within one call": func(s *suite) {
		err := s.store.Insert(s.Context(), printed("a", t0(), time.Hour), printed("b", at(time.Minute), time.Hour))
		s.is(err, smm.ErrDuplicate)
		s.wantIDs(s.list(scheduler.Query{}))
		s.insert(printed("a", t0(), time.Hour), printed("b", at(time.Hour), time.Hour))
	},
	"content by a save": func(s *suite) {
		s.insert(printed("a", t0(), time.Hour), printed("b", at(2*time.Hour), time.Hour), NewRecord("", "c", t0()))
		for _, change := range []func(r *scheduler.Record){
			func(r *scheduler.Record) { r.NotBefore = at(time.Minute) },
			func(r *scheduler.Record) { r.Apart = 3 * time.Hour },
		} {
			r := s.get("", "b")
			change(r)
			s.repeats(s.store.Save(s.Context(), r, t0()), "a", t0())
			s.repeats(s.store.Apply(s.Context(), t0(), r), "a", t0())
		}
		c := s.get("", "c")
		c.Fingerprint = printed("", t0(), 0).Fingerprint
		s.repeats(s.store.Save(s.Context(), c, t0()), "a", t0())
		if got := s.get("", "b"); got.Version != 1 || !got.NotBefore.Equal(at(2*time.Hour)) {
			s.Fatalf("a save that was refused left version %d, planned for %s", got.Version, got.NotBefore)
		}
	},
	"an answer is never refused": func(s *suite) {
		s.insert(printed("a", t0(), time.Hour), inSlot("b", "mon"), both("c", "tue", t0(), time.Hour))
		for _, id := range []string{"a", "b", "c"} {
			c := scheduler.Claim{Now: t0(), Lease: time.Minute, Limit: 1, Keys: []scheduler.Key{{ID: id}}}
			rs, err := s.store.Claim(s.Context(), c)
			s.ok(err)
			s.wantIDs(rs, id)
			intend(rs[0], t0())
			s.save(rs[0], t0())
			finish(rs[0])
			rs[0].Held = "changed"
			s.save(rs[0], t0())
		}
	},
	"of many callers one gets the place": func(s *suite) {
		var (
			wg   sync.WaitGroup
			wins [2]atomic.Int32
		)
		for n := range 16 {
			wg.Go(func() {
				r := inSlot(numbered(n), "mon")
				if n%2 == 1 {
					r = printed(numbered(n), at(time.Duration(n)*time.Second), time.Hour)
				}
				err := s.store.Insert(s.Context(), r)
				_, slot := errors.AsType[*scheduler.SlotError](err)
				_, repeat := errors.AsType[*scheduler.RepeatError](err)
				switch {
				case err == nil:
					wins[n%2].Add(1)
				case slot != (n%2 == 0) || repeat != (n%2 == 1):
					s.Errorf("insert: %v", err)
				}
			})
		}
		wg.Wait()
		if a, b := wins[0].Load(), wins[1].Load(); a != 1 || b != 1 {
			s.Errorf("%d callers got the slot and %d published the same, want one each", a, b)
		}
	},
}

func inSlot(id, slot string) *scheduler.Record {
	r := NewRecord("", id, t0())
	r.Slot = slot
	return r
}

// printed returns a record whose content is that of all others made here.
func printed(id string, planned time.Time, apart time.Duration) *scheduler.Record {
	r := NewRecord("", id, planned)
	r.Fingerprint, r.Apart = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0}, apart
	return r
}

// both returns a record with a slot, and a fingerprint made of its name.
func both(id, slot string, planned time.Time, apart time.Duration) *scheduler.Record {
	r := inSlot(id, slot)
	r.NotBefore, r.Apart, r.Fingerprint = planned, apart, fmt.Appendf(nil, "%-16.16s", slot)
	return r
}

func (s *suite) slotTaken(err error, slot, by string) {
	s.Helper()
	e, ok := errors.AsType[*scheduler.SlotError](err)
	if !ok || e.Slot != slot || e.By != (scheduler.Key{ID: by}) || !errors.Is(err, smm.ErrConflict) {
		s.Fatalf("error %v, want that slot %q is taken by %s", err, slot, by)
	}
}

func (s *suite) repeats(err error, of string, planned time.Time) {
	s.Helper()
	e, ok := errors.AsType[*scheduler.RepeatError](err)
	if !ok || e.Of != (scheduler.Key{ID: of}) || !e.At.Equal(planned) || !errors.Is(err, smm.ErrDuplicate) {
		s.Fatalf("error %v, want that it repeats %s", err, of)
	}
}
