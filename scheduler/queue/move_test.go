package queue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/smm"
)

// filled is a world with n posts in a queue of weekdays at nine, from Tuesday, 3
// March 2026.
func filled(t *testing.T, n int, opts ...scheduler.Option) (*world, *Queue, []string) {
	t.Helper()
	w := newWorld(t, "2026-03-03T00:00Z", opts...)
	q := berlin(t, "MO 09:00", "TU 09:00", "WE 09:00", "TH 09:00", "FR 09:00")
	var ids []string
	for range n {
		ids = append(ids, w.add(q).ID)
	}
	return w, q, ids
}

func TestReshuffle(t *testing.T) {
	w, q, ids := filled(t, 8)
	before := w.plan(q)
	moves, err := w.m.Reshuffle(t.Context(), q, &MoveOptions{Seed: 3, Pinned: []string{ids[0], ids[7]}})
	w.ok(err)
	after := w.plan(q)
	f := strings.Fields(after)
	if len(moves) < 2 || f[0] != "1@03T08:00" || f[7] != "8@12T08:00" || after == before {
		t.Fatalf("moves %v, plan %s", moves, after)
	}
	slots := make(map[string]bool)
	for r, err := range w.store.List(t.Context(), scheduler.Query{}) {
		w.ok(err)
		if r.Slot != q.prefix(main())+r.NotBefore.Format(time.RFC3339) || slots[r.Slot] {
			t.Errorf("%s at %s has slot %s", r.Delivery.ID, r.NotBefore, r.Slot)
		}
		slots[r.Slot] = true
	}
	// The same seed gives the same order.
	v, q2, ids2 := filled(t, 8)
	_, err = v.m.Reshuffle(t.Context(), q2, &MoveOptions{Seed: 3, Pinned: []string{ids2[0], ids2[7]}})
	v.ok(err)
	v.wantPlan(q2, after)
	_, err = v.m.Reshuffle(t.Context(), q2, &MoveOptions{Seed: 4, Pinned: []string{ids2[0], ids2[7]}})
	v.ok(err)
	if v.plan(q2) == after {
		t.Error("another seed gave the same order")
	}
}

// What is due, leased or begun does not move.
func TestReshuffleLeavesWhatBegan(t *testing.T) {
	w, q, ids := filled(t, 6)
	r, err := w.store.Get(t.Context(), scheduler.Key{ID: ids[2]})
	w.ok(err)
	r.Delivery.Prepared.State = []byte(`{}`)
	w.ok(w.store.Save(t.Context(), r, w.clock.Now()))
	w.clock.Advance(32 * time.Hour) // Wednesday, 09:00 in Berlin: the first two are due
	rs, err := w.store.Claim(t.Context(), scheduler.Claim{Now: w.clock.Now(), Lease: 200 * time.Hour, Limit: 1})
	w.ok(err)
	if len(rs) != 1 || rs[0].Delivery.ID != ids[0] {
		t.Fatalf("claimed %v", rs)
	}
	for seed := range uint64(20) {
		moves, err := w.m.Reshuffle(t.Context(), q, &MoveOptions{Seed: seed})
		w.ok(err)
		for _, mv := range moves {
			if slices.Contains(ids[:3], mv.ID) {
				t.Fatalf("seed %d: %s moved", seed, mv.ID)
			}
		}
	}
	if moves, err := w.m.Remove(t.Context(), q, ids[1], &MoveOptions{CloseUp: true}); err != nil || len(moves) != 0 {
		t.Errorf("a slot whose time is over was taken: %v %v", moves, err)
	}
	for _, id := range []string{ids[0], ids[2]} { // nor does it leave the queue
		_, err := w.m.Remove(t.Context(), q, id, nil)
		var begun *BegunError
		if !errors.As(err, &begun) || begun.ID != id || !errors.Is(err, smm.ErrConflict) {
			t.Errorf("remove: %v", err)
		}
	}
}

// failing refuses its nth Apply, or lets somebody else be faster.
type failing struct {
	scheduler.Store
	before func() error
}

func (f *failing) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.Store.Apply(ctx, now, rs...)
}

func TestChangesAreWhole(t *testing.T) {
	w, q, ids := filled(t, 5)
	before := w.plan(q)
	broken := errors.New("the disk is full")
	m, err := New(w.s, &failing{w.store, func() error { return broken }}, WithClock(w.clock))
	w.ok(err)
	_, err = m.Reshuffle(t.Context(), q, &MoveOptions{Seed: 3})
	wantErr(t, "reshuffle", err, broken)
	_, err = m.Remove(t.Context(), q, ids[1], &MoveOptions{CloseUp: true})
	wantErr(t, "remove", err, broken)
	w.wantPlan(q, before)
	// Somebody takes a record in between: the change is made anew, without it.
	once := true
	m, err = New(w.s, &failing{w.store, func() error {
		if once {
			once = false
			_, err := w.s.Reschedule(t.Context(), "", ids[2], at("2026-06-01T00:00Z"), &scheduler.RescheduleOptions{NoSlot: true})
			return err
		}
		return nil
	}}, WithClock(w.clock))
	w.ok(err)
	_, err = m.Remove(t.Context(), q, ids[1], &MoveOptions{CloseUp: true})
	w.ok(err)
	w.wantPlan(q, "1@03T08:00 4@04T08:00 5@06T08:00 3@01T00:00")
	// And it ends if that never stops.
	m, err = New(w.s, &failing{w.store, func() error { return scheduler.ErrFenced }}, WithClock(w.clock))
	w.ok(err)
	_, err = m.Reshuffle(t.Context(), q, &MoveOptions{Seed: 3})
	wantErr(t, "always late", err, smm.ErrConflict)
}

func TestRemove(t *testing.T) {
	w, q, ids := filled(t, 5)
	_, err := w.m.Remove(t.Context(), q, ids[1], nil)
	w.ok(err)
	w.wantPlan(q, "1@03T08:00 3@05T08:00 4@06T08:00 5@09T08:00")
	w.add(q) // into the hole
	w.wantPlan(q, "1@03T08:00 6@04T08:00 3@05T08:00 4@06T08:00 5@09T08:00")
	moves, err := w.m.Remove(t.Context(), q, ids[0], &MoveOptions{CloseUp: true, Pinned: []string{ids[3]}})
	w.ok(err)
	w.wantPlan(q, "6@03T08:00 3@04T08:00 5@05T08:00 4@06T08:00")
	if len(moves) != 3 {
		t.Errorf("%v", moves)
	}
	_, err = w.m.Remove(t.Context(), q, "nobody", nil)
	wantErr(t, "nobody", err, smm.ErrNotFound)
	_, err = w.m.Remove(t.Context(), q, ids[0], nil) // cancelled already
	wantErr(t, "twice", err, smm.ErrConflict)
	items, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "outside"}, q.Channels, at("2026-04-01T00:00Z"), nil)
	w.ok(err)
	_, err = w.m.Remove(t.Context(), q, items[0].ID, nil)
	wantErr(t, "not in the queue", err, smm.ErrConflict)
}

// The parts of a post move and go with it.
func TestPartsGoAlong(t *testing.T) {
	w, q, ids := filled(t, 1)
	items, _, err := w.m.Add(t.Context(), q, &smm.Post{Text: "post 2", Thread: []smm.Post{{Text: "part"}}, FirstComment: "comment"},
		&AddOptions{Schedule: scheduler.ScheduleOptions{StaleAfter: time.Hour}})
	w.ok(err)
	_, err = w.m.Remove(t.Context(), q, ids[0], &MoveOptions{CloseUp: true})
	w.ok(err)
	n := 0
	for _, it := range items {
		r, err := w.s.Get(t.Context(), "", it.ID)
		w.ok(err)
		want := at("2026-03-03T08:00Z")
		if !r.NotBefore.Equal(want) || !r.Delivery.Policy.StaleAfter.Equal(want.Add(time.Hour)) || (r.Slot != "") != (r.Delivery.Parent == "") {
			t.Errorf("part at %s, stale after %s, slot %q", r.NotBefore, r.Delivery.Policy.StaleAfter, r.Slot)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d parts", n)
	}
	_, err = w.m.Remove(t.Context(), q, items[0].ID, nil)
	w.ok(err)
	for _, it := range items {
		if r, err := w.s.Get(t.Context(), "", it.ID); err != nil || r.Delivery.Phase != smm.PhaseCancelled {
			t.Errorf("%v %v", r, err)
		}
	}
}

// The host gives a queue another zone: what is planned stays where it is, is not
// doubled, and moves when it is told to.
func TestZoneChanged(t *testing.T) {
	w, q, _ := filled(t, 3)
	q.Zone = zone(t, "America/New_York")
	w.wantPlan(q, "1@03T08:00 2@04T08:00 3@05T08:00")
	w.add(q)
	w.wantPlan(q, "1@03T08:00 4@03T14:00 2@04T08:00 3@05T08:00")
	moves, err := w.m.Realign(t.Context(), q, nil)
	w.ok(err)
	w.wantPlan(q, "1@03T14:00 4@04T14:00 2@05T14:00 3@06T14:00")
	if len(moves) != 4 {
		t.Errorf("%v", moves)
	}
	for r, err := range w.store.List(t.Context(), scheduler.Query{}) {
		w.ok(err)
		if r.Zone != "America/New_York" {
			t.Errorf("zone %q", r.Zone)
		}
	}
	if moves, err := w.m.Realign(t.Context(), q, nil); err != nil || len(moves) != 0 {
		t.Errorf("a second time: %v %v", moves, err)
	}
	q.Blackouts = []Blackout{{From: civil.Date{Year: 2026, Month: 3, Day: 4}, Until: civil.Date{Year: 2026, Month: 3, Day: 8}}}
	_, err = w.m.Realign(t.Context(), q, nil)
	w.ok(err)
	w.wantPlan(q, "1@03T14:00 4@09T13:00 2@10T13:00 3@11T13:00")
	q.Horizon = 48 * time.Hour
	_, err = w.m.Realign(t.Context(), q, nil)
	var full *FullError
	if !errors.As(err, &full) {
		t.Errorf("too few slots: %v", err)
	}
	w.wantPlan(q, "1@03T14:00 4@09T13:00 2@10T13:00 3@11T13:00")
}

// A paused queue takes nothing and sends nothing, and goes on in the slots that
// come then.
func TestPause(t *testing.T) {
	var q *Queue
	fails := false
	gate := PauseGate(func(_ context.Context, tenant smm.Tenant, name string) (bool, error) {
		if fails {
			return true, errors.New("no answer")
		}
		return tenant == q.Tenant && name == q.Name && q.Paused, nil
	})
	w, queue, ids := filled(t, 3, scheduler.WithGate(gate))
	q = queue
	q.Paused = true
	items, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "outside"}, q.Channels, at("2026-03-03T09:00Z"), nil)
	w.ok(err)
	w.clock.Advance(40 * time.Hour) // until Wednesday, 16:00
	w.ok(w.s.RunUntilIdle(t.Context(), time.Second))
	if n := w.driver.Ledger.Counts("").Posts; n != 1 {
		t.Fatalf("%d posts went out, want the one outside the queue", n)
	}
	r, err := w.s.Get(t.Context(), "", ids[0])
	w.ok(err)
	if r.Held == "" || !strings.Contains(r.Held, "tips is paused") {
		t.Errorf("held: %q", r.Held)
	}
	if r, err := w.s.Get(t.Context(), "", items[0].ID); err != nil || r.Delivery.Phase != smm.PhasePublished {
		t.Errorf("%v %v", r, err)
	}
	q.Paused = false
	_, err = w.m.Realign(t.Context(), q, nil)
	w.ok(err)
	w.wantPlan(q, "1@05T08:00 2@06T08:00 3@09T08:00")
	fails = true
	h, err := gate.Admit(t.Context(), r)
	if err == nil || h.Reason != "" {
		t.Errorf("a host that does not know: %v %v", h, err)
	}
	fails = false
	w.clock.Advance(7 * 24 * time.Hour)
	w.ok(w.s.RunUntilIdle(t.Context(), time.Second))
	if n := w.driver.Ledger.Counts("").Posts; n != 4 {
		t.Errorf("%d posts went out", n)
	}
}
