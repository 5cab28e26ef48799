package schedulertest

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

var freezeTests = map[string]func(*suite){
	"set and removed": func(s *suite) {
		s.wantFreezes("")
		s.freeze(scheduler.Freeze{ID: "b", At: at(time.Second)}, scheduler.Freeze{ID: "c", At: t0()}, scheduler.Freeze{ID: "a", At: at(time.Second)})
		s.wantFreezes("", "c", "a", "b")
		s.ok(s.store.Unfreeze(s.Context(), "", "a"))
		s.wantFreezes("", "c", "b")
		s.is(s.store.Unfreeze(s.Context(), "", "a"), scheduler.ErrNotFound)
		s.is(s.store.Unfreeze(s.Context(), "x", "b"), scheduler.ErrNotFound)
		s.wantFreezes("", "c", "b")
	},
	"every field comes back": func(s *suite) {
		want := fullFreeze()
		s.freeze(want)
		s.wantFreeze("t", want)
	},
	"one takes the place of another": func(s *suite) {
		s.freeze(fullFreeze())
		want := scheduler.Freeze{ID: "full", Tenant: "t", At: at(time.Minute), Reason: "new"}
		s.freeze(want)
		s.wantFreeze("t", want)
	},
	"of others": func(s *suite) {
		s.freeze(scheduler.Freeze{ID: "f", Tenant: "a", At: t0(), Reason: "a's"}, scheduler.Freeze{ID: "f", Tenant: "b", At: t0(), Reason: "b's"})
		s.wantFreezes("c")
		s.wantFreezes("")
		s.wantFreeze("a", scheduler.Freeze{ID: "f", Tenant: "a", At: t0(), Reason: "a's"})
		s.ok(s.store.Unfreeze(s.Context(), "a", "f"))
		s.wantFreezes("a")
		s.wantFreezes("b", "f")
	},
	"for everybody": func(s *suite) {
		all := scheduler.Freeze{ID: "all", Tenant: "ops", AllTenants: true, At: at(time.Hour)}
		s.freeze(scheduler.Freeze{ID: "own", Tenant: "a", At: at(2 * time.Hour)}, all)
		s.wantFreezes("a", "all", "own")
		s.wantFreezes("b", "all")
		s.wantFreezes("ops", "all")
		s.is(s.store.Unfreeze(s.Context(), "a", "all"), scheduler.ErrNotFound) // it is the ops'
		s.ok(s.store.Unfreeze(s.Context(), "ops", "all"))
		s.wantFreezes("a", "own")
		s.wantFreezes("b")
	},
	"what is wrong is refused": func(s *suite) {
		for _, f := range []scheduler.Freeze{{At: t0()}, {ID: "x"}, {ID: "x", At: t0(), Until: t0()}} {
			s.is(s.store.SetFreeze(s.Context(), f), smm.ErrInvalid)
		}
		s.wantFreezes("")
	},
	"a record is not touched": func(s *suite) {
		r := NewRecord("", "a", t0())
		s.insert(r)
		s.freeze(scheduler.Freeze{ID: "f", At: t0()})
		s.wantSame(s.get("", "a"), r)
		s.claimOne(t0(), "a") // who claims looks at the freezes
	},
	"a freeze is the caller's own": func(s *suite) {
		f := fullFreeze()
		s.freeze(f)
		f.Labels.Tags[0] = "changed"
		got, err := s.store.Freezes(s.Context(), "t")
		s.ok(err)
		got[0].Labels.Tags[0] = "changed"
		s.wantFreeze("t", fullFreeze())
	},
	"a context that has ended": func(s *suite) {
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		s.is(s.store.SetFreeze(ctx, fullFreeze()), context.Canceled)
		s.is(s.store.Unfreeze(ctx, "t", "full"), context.Canceled)
		_, err := s.store.Freezes(ctx, "t")
		s.is(err, context.Canceled)
		s.wantFreezes("t")
	},
}

func fullFreeze() scheduler.Freeze {
	return scheduler.Freeze{
		ID: "full", Tenant: "t", AllTenants: true, Platform: "fake", Channel: channel("x/y@z"),
		Labels: smm.Labels{
			Topic: "to'pic", Campaign: "c\"", ContentType: "ct", Pillar: "p", Brand: "\u00e4", Objective: "o", Assignee: "as", Tags: []string{"x", "y"},
		},
		Reason: "\u201ccrisis\u201d\n", By: "ann", At: at(time.Microsecond), Until: at(time.Hour),
	}
}

func (s *suite) freeze(fs ...scheduler.Freeze) {
	s.Helper()
	for _, f := range fs {
		s.ok(s.store.SetFreeze(s.Context(), f))
	}
}

// wantFreezes expects the freezes of a tenant, by ID and in order.
func (s *suite) wantFreezes(t smm.Tenant, want ...string) {
	s.Helper()
	got, err := s.store.Freezes(s.Context(), t)
	s.ok(err)
	if len(got) != len(want) {
		s.Fatalf("freezes %+v, want %q", got, want)
	}
	for i, f := range got {
		if f.ID != want[i] {
			s.Fatalf("freeze %d is %q, want %q", i, f.ID, want[i])
		}
	}
}

// wantFreeze expects one freeze, with all its fields.
func (s *suite) wantFreeze(t smm.Tenant, want scheduler.Freeze) {
	s.Helper()
	s.wantFreezes(t, want.ID)
	fs, err := s.store.Freezes(s.Context(), t)
	s.ok(err)
	got := fs[0]
	got.At, got.Until = got.At.UTC(), got.Until.UTC()
	g, err := json.Marshal(got)
	s.ok(err)
	w, err := json.Marshal(want)
	s.ok(err)
	if !bytes.Equal(g, w) {
		s.Fatalf("freeze came back changed\n got %s\nwant %s", g, w)
	}
}
