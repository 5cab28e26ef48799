package schedulertest

import (
	"context"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var insertTests = map[string]func(*suite){
	"every field comes back": func(s *suite) {
		want := fullRecord("full")
		s.insert(want)
		if want.Version != 1 {
			s.Fatalf("version %d after insert, want 1", want.Version)
		}
		s.wantSame(s.get("tenant", "full"), want)
		s.wantSame(s.list(scheduler.Query{Tenant: "tenant"})[0], want)
		want.Delivery.Log = append(want.Delivery.Log, smm.LogLine{At: at(time.Hour), Note: "more"})
		want.Delivery.Failure = nil
		want.NotBefore, want.Zone, want.Held = at(time.Hour), "Asia/Tokyo", ""
		want.Slot, want.Fingerprint, want.Apart = "", []byte("another print 16"), 0
		s.save(want, t0())
		s.wantSame(s.get("tenant", "full"), want)
	},
	"what never changes": func(s *suite) {
		r := withToken(NewRecord("", "a", t0()), "tok")
		r.Lane, r.Draft = "lane", "draft"
		s.insert(r)
		want := *r
		r.Lane, r.Draft, r.Token, r.PayloadHash = "other", "other", "other", []byte("other")
		s.save(r, t0())
		want.Version = 2
		s.wantSame(s.get("", "a"), &want)
	},
	"a record is the caller's own": func(s *suite) {
		r := NewRecord("", "a", t0())
		r.Delivery.Log = append(make([]smm.LogLine, 0, 8), smm.LogLine{Note: "first"})
		s.insert(r)
		r.Delivery.Log[0].Note = "changed"
		got := s.get("", "a")
		_ = append(got.Delivery.Log, smm.LogLine{Note: "changed"})
		got.Delivery.Phase = smm.PhaseFailed
		if again := s.get("", "a"); again.Delivery.Log[0].Note != "first" || again.Delivery.Phase != smm.PhasePreparing {
			s.Fatalf("a change to a copy reached the store: %+v", again.Delivery)
		}
	},
	"all or nothing": func(s *suite) {
		s.insert(NewRecord("", "taken", t0()))
		err := s.store.Insert(s.Context(), NewRecord("", "new", t0()), NewRecord("", "taken", t0()), NewRecord("", "other", t0()))
		s.is(err, smm.ErrConflict)
		s.wantIDs(s.list(scheduler.Query{}), "taken")
		s.is(s.store.Insert(s.Context(), NewRecord("", "twice", t0()), NewRecord("", "twice", t0())), smm.ErrConflict)
		s.wantIDs(s.list(scheduler.Query{}), "taken")
	},
	"nothing is nothing": func(s *suite) { s.insert() },
	"what is wrong is refused": func(s *suite) {
		for name, spoil := range map[string]func(*scheduler.Record){
			"invariant":   func(r *scheduler.Record) { r.Delivery.Wake = time.Time{} },
			"newer":       func(r *scheduler.Record) { r.Delivery.Schema++ },
			"epoch":       func(r *scheduler.Record) { r.Epoch = 1 },
			"lease":       func(r *scheduler.Record) { r.LeaseUntil = t0() },
			"no plan":     func(r *scheduler.Record) { r.NotBefore = time.Time{} },
			"token alone": func(r *scheduler.Record) { r.Token = "t" },
			"apart alone": func(r *scheduler.Record) { r.Apart = time.Second },
			"never apart": func(r *scheduler.Record) { r.Apart, r.Fingerprint = -1, []byte("the fingerprint.") },
		} {
			r := NewRecord("", "bad", t0())
			spoil(r)
			if err := s.store.Insert(s.Context(), NewRecord("", "good", t0()), r); err == nil {
				s.Fatalf("%s: inserted", name)
			}
		}
		s.wantIDs(s.list(scheduler.Query{}))
		r := NewRecord("", "a", t0())
		s.insert(r)
		r.Delivery.Wake = time.Time{}
		s.is(s.store.Save(s.Context(), r, t0()), smm.ErrInvalid)
	},
	"a token belongs to one call": func(s *suite) {
		a, b := withToken(NewRecord("", "a", t0()), "tok"), withToken(NewRecord("", "b", t0()), "tok")
		s.insert(a, b)
		s.is(s.store.Insert(s.Context(), NewRecord("", "x", t0()), withToken(NewRecord("", "c", t0()), "tok")), scheduler.ErrTokenUsed)
		s.insert(withToken(NewRecord("other", "c", t0()), "tok"), withToken(NewRecord("", "d", t0()), "tok2"))
		s.wantIDs(s.list(scheduler.Query{Token: "tok"}), "a", "b")
		s.wantSame(s.get("", "a"), a)
		s.wantIDs(s.list(scheduler.Query{}), "a", "b", "d")
	},
	"large and odd": func(s *suite) {
		r := NewRecord("\u00fc'--;", "a'b\"c\\d/e%_\u4e16", t0())
		r.Delivery.Request.Post.Text = strings.Repeat("\U0001F642 \u05d0\"\\\n", 60_000)
		s.insert(r)
		s.wantSame(s.get(r.Delivery.Tenant, r.Delivery.ID), r)
		s.wantIDs(s.list(scheduler.Query{Tenant: r.Delivery.Tenant, Entry: r.Delivery.Entry}), r.Delivery.ID)
	},
	"a context that has ended": func(s *suite) {
		s.insert(NewRecord("", "a", t0()))
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		s.is(s.store.Insert(ctx, NewRecord("", "b", t0())), context.Canceled)
		_, err := s.store.Get(ctx, scheduler.Key{ID: "a"})
		s.is(err, context.Canceled)
		_, err = s.store.Claim(ctx, scheduler.Claim{Now: t0(), Lease: time.Second, Limit: 1})
		s.is(err, context.Canceled)
		_, _, err = s.store.NextWake(ctx)
		s.is(err, context.Canceled)
		for _, err := range s.store.List(ctx, scheduler.Query{}) {
			s.is(err, context.Canceled)
		}
		_, err = s.store.Purge(ctx, scheduler.Purge{Before: at(time.Hour)})
		s.is(err, context.Canceled)
		s.wantIDs(s.list(scheduler.Query{}), "a")
		if r := s.get("", "a"); r.Epoch != 0 {
			s.Fatal("claimed although the context had ended")
		}
	},
	"no such record": func(s *suite) {
		_, err := s.store.Get(s.Context(), scheduler.Key{ID: "none"})
		s.is(err, scheduler.ErrNotFound)
		s.is(s.store.Save(s.Context(), NewRecord("", "none", t0()), t0()), scheduler.ErrNotFound)
		s.is(s.store.Renew(s.Context(), scheduler.Lease{Key: scheduler.Key{ID: "none"}, Until: t0()}), scheduler.ErrFenced)
	},
}

// reopenTests check that what was written is there for a later process.
var reopenTests = map[string]func(*suite){
	"everything is there": func(s *suite) {
		full := fullRecord("full")
		s.insert(full, NewRecord("", "claimed", t0()), NewRecord("", "done", at(time.Minute)))
		claimed := s.claimOne(t0(), "claimed")
		done := s.get("", "done")
		finish(done)
		s.save(done, t0())
		s.ok(s.store.Renew(s.Context(), scheduler.Lease{Key: claimed.Key(), Epoch: claimed.Epoch, Until: at(time.Hour)}))

		s.freeze(fullFreeze(), scheduler.Freeze{ID: "gone", Tenant: "t", At: t0()})
		s.ok(s.store.Unfreeze(s.Context(), "t", "gone"))
		placed := both("placed", "mon", t0(), time.Hour)
		s.ok(s.store.Apply(s.Context(), t0(), placed))

		s.store = s.reopen(s.store)
		s.wantFreeze("t", fullFreeze())
		s.slotTaken(s.store.Insert(s.Context(), inSlot("x", "mon")), "mon", "placed")
		again := both("x", "mon", t0(), 0)
		again.Slot = ""
		s.repeats(s.store.Insert(s.Context(), again), "placed", t0())
		s.wantSame(s.get("tenant", "full"), full)
		s.wantSame(s.get("", "done"), done)
		s.wantLeaseEnd(s.get("", "claimed"), at(time.Hour))
		claimed.Delivery.Log = append(claimed.Delivery.Log, smm.LogLine{Note: "goes on"})
		s.save(claimed, t0())
		s.is(s.store.Insert(s.Context(), withToken(NewRecord("tenant", "again", t0()), "token")), scheduler.ErrTokenUsed)
	},
}

func withToken(r *scheduler.Record, token string) *scheduler.Record {
	r.Token, r.PayloadHash = token, []byte("a hash")
	return r
}
