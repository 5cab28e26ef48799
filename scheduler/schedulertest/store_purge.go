package schedulertest

import (
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var purgeTests = map[string]func(*suite){
	"only what is final and old": func(s *suite) {
		for _, r := range []*scheduler.Record{
			NewRecord("", "old", t0()), NewRecord("", "new", at(time.Hour)), NewRecord("other", "old", t0()),
		} {
			s.insert(r)
			finish(r)
			s.save(r, t0())
		}
		human := NewRecord("", "human", t0())
		s.insert(human, NewRecord("", "open", t0()))
		human.Delivery.Phase, human.Delivery.Wake = smm.PhaseHuman, time.Time{}
		s.save(human, t0())

		s.purged(scheduler.Purge{Before: at(time.Hour)}, 1)
		s.wantIDs(s.list(scheduler.Query{}), "human", "open", "new")
		s.wantIDs(s.list(scheduler.Query{Tenant: "other"}), "old")
		s.purged(scheduler.Purge{Before: at(2 * time.Hour), AllTenants: true}, 2)
		s.wantIDs(s.list(scheduler.Query{AllTenants: true}), "human", "open")
		s.purged(scheduler.Purge{Before: at(2 * time.Hour), AllTenants: true}, 0)
	},
	"what others may wait for stays": func(s *suite) {
		parent, child := NewRecord("", "parent", t0()), NewRecord("", "child", t0())
		child.Delivery.Entry, child.Delivery.Parent, child.Delivery.Phase = parent.Delivery.Entry, "parent", smm.PhaseWaiting
		s.insert(parent, child)
		finish(parent)
		s.save(parent, t0())
		s.purged(scheduler.Purge{Before: at(time.Hour)}, 0)
		finish(child)
		s.save(child, t0())
		s.purged(scheduler.Purge{Before: at(time.Hour)}, 2)
	},
	"a token is forgotten with its records": func(s *suite) {
		r := withToken(NewRecord("", "a", t0()), "tok")
		s.insert(r)
		finish(r)
		s.save(r, t0())
		s.purged(scheduler.Purge{Before: at(time.Hour)}, 1)
		s.insert(withToken(NewRecord("", "a", t0()), "tok"))
	},
}

func (s *suite) purged(p scheduler.Purge, want int) {
	s.Helper()
	n, err := s.store.Purge(s.Context(), p)
	s.ok(err)
	if n != want {
		s.Fatalf("purged %d, want %d", n, want)
	}
}

var tenantTests = map[string]func(*suite){
	"nothing of another is seen": func(s *suite) {
		a, b := NewRecord("a", "same", t0()), NewRecord("b", "same", t0())
		s.insert(a, b)
		_, err := s.store.Get(s.Context(), scheduler.Key{ID: "same"})
		s.is(err, scheduler.ErrNotFound)
		finish(a)
		s.save(a, t0())
		s.wantSame(s.get("b", "same"), b)
		s.wantIDs(s.claim(t0(), 10), "same")
		if got := s.get("a", "same"); got.Epoch != 0 {
			s.Fatal("a claim of b's record changed a's")
		}
	},
	"nobody is starved": func(s *suite) {
		const crowd = 10_000
		batch := make([]*scheduler.Record, 0, crowd)
		for n := range crowd {
			batch = append(batch, NewRecord("crowd", numbered(n), at(time.Duration(n)*time.Microsecond)))
		}
		s.insert(batch...)
		want := map[string]bool{"x1": true, "x2": true, "y": true}
		s.insert(NewRecord("x", "x1", at(time.Minute)), NewRecord("x", "x2", at(time.Minute)), NewRecord("y", "y", at(time.Minute)))
		for range 4 {
			for _, r := range s.claim(at(time.Hour), 25) {
				delete(want, r.Delivery.ID)
			}
		}
		if len(want) > 0 {
			s.Fatalf("%v not claimed in 100 places, while another tenant has %d due", want, crowd)
		}
		for range 8 { // one at a time is fair as well
			s.insert(NewRecord("z", "z", at(time.Hour)))
			turns := 0
			for served := false; !served && turns < 6; turns++ {
				rs := s.claim(at(time.Hour), 1)
				served = len(rs) == 1 && rs[0].Delivery.Tenant == "z"
				if served {
					finish(rs[0])
					s.save(rs[0], at(time.Hour))
				}
			}
			if turns == 6 {
				s.Fatal("a tenant's only record was not claimed in 6 claims of one")
			}
			s.purged(scheduler.Purge{Tenant: "z", Before: at(2 * time.Hour)}, 1)
		}
	},
	"a crowd of tenants": func(s *suite) {
		const tenants = 500
		batch := make([]*scheduler.Record, 0, 2*tenants)
		for n := range tenants {
			t := smm.Tenant(numbered(n))
			batch = append(batch, NewRecord(t, "now", t0()), NewRecord(t, "soon", t0()))
		}
		s.insert(batch...)
		seen := make(map[scheduler.Key]bool)
		for range 2 * tenants / 10 {
			for _, r := range s.claim(t0(), 10) {
				seen[r.Key()] = true
			}
		}
		if len(seen) != 2*tenants {
			s.Fatalf("%d records claimed, want %d", len(seen), 2*tenants)
		}
	},
}
