package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestAdd(t *testing.T) {
	w := newWorld(t, "2026-03-02T08:00Z") // Monday, 09:00 in Berlin: that slot is over
	q := berlin(t, "MO 09:00", "TH 09:00")
	first := w.add(q)
	w.add(q)
	w.wantPlan(q, "1@05T08:00 2@09T08:00")
	r, err := w.s.Get(t.Context(), "", first.ID)
	w.ok(err)
	if r.Slot != "queue/tips/"+main().String()+"/2026-03-05T08:00:00Z" || r.Zone != "Europe/Berlin" {
		t.Errorf("slot %q, zone %q", r.Slot, r.Zone)
	}
	// What is cancelled gives its slot up.
	_, err = w.s.Cancel(t.Context(), "", first.ID)
	w.ok(err)
	w.add(q)
	w.wantPlan(q, "3@05T08:00 2@09T08:00")
	items, _, err := w.m.Add(t.Context(), q, &smm.Post{Text: "post 4"}, &AddOptions{After: at("2026-03-12T08:00Z")})
	w.ok(err)
	if !items[0].At.Equal(at("2026-03-16T08:00Z")) {
		t.Errorf("after: %s", items[0].At)
	}
	// A record that was moved by hand keeps its slot, wherever it stands.
	_, err = w.s.Reschedule(t.Context(), "", items[0].ID, at("2026-05-01T00:00Z"), nil)
	w.ok(err)
	items, _, err = w.m.Add(t.Context(), q, &smm.Post{Text: "post 5"}, &AddOptions{After: at("2026-03-12T08:00Z")})
	w.ok(err)
	if !items[0].At.Equal(at("2026-03-19T08:00Z")) {
		t.Errorf("beside one that was moved: %s", items[0].At)
	}
}

func TestAddRefuses(t *testing.T) {
	w := newWorld(t, "2026-03-02T00:00Z")
	post := &smm.Post{Text: "x"}
	for name, f := range map[string]func(q *Queue, o *AddOptions) error{
		"a slot":         func(q *Queue, o *AddOptions) error { o.Schedule.Slot = "x"; return smm.ErrInvalid },
		"a zone":         func(q *Queue, o *AddOptions) error { o.Schedule.Zone = "UTC"; return smm.ErrInvalid },
		"another tenant": func(q *Queue, o *AddOptions) error { o.Schedule.Tenant = "x"; return smm.ErrInvalid },
		"another channel": func(q *Queue, o *AddOptions) error {
			o.Channels = []smm.Ref{schedulertest.Channel("x")}
			return smm.ErrInvalid
		},
		"a channel twice":    func(q *Queue, o *AddOptions) error { o.Channels = []smm.Ref{main(), main()}; return smm.ErrInvalid },
		"a bad queue":        func(q *Queue, o *AddOptions) error { q.Name = ""; return smm.ErrInvalid },
		"a paused queue":     func(q *Queue, o *AddOptions) error { q.Paused = true; return ErrPaused },
		"behind the end":     func(q *Queue, o *AddOptions) error { o.After = at("2029-01-01T00:00Z"); return smm.ErrConflict },
		"a horizon too near": func(q *Queue, o *AddOptions) error { q.Horizon = time.Hour; return smm.ErrConflict },
	} {
		q, o := berlin(t, "MO 09:00"), &AddOptions{}
		want := f(q, o)
		_, _, err := w.m.Add(t.Context(), q, post, o)
		wantErr(t, name, err, want)
	}
	q := berlin(t, "MO 09:00")
	q.Channels = append(q.Channels, schedulertest.Channel("other"))
	_, findings, err := w.m.Add(t.Context(), q, &smm.Post{}, nil) // an empty post
	var fe *smm.FindingsError
	if !errors.As(err, &fe) || len(findings) == 0 {
		t.Errorf("an empty post: %v %v", findings, err)
	}
	w.wantPlan(q, "")
	var full *FullError
	q.Horizon = time.Hour
	if _, err := w.m.Next(t.Context(), q); !errors.As(err, &full) || full.Channel != main() {
		t.Errorf("next of a full queue: %v", err)
	}
	if _, err := New(nil, w.store); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("no planner: %v", err)
	}
}

func TestAddOnSeveralChannels(t *testing.T) {
	w := newWorld(t, "2026-03-02T00:00Z")
	q := berlin(t, "MO 09:00", "TH 09:00")
	w.add(q) // on the main channel only
	other := schedulertest.Channel("other")
	q.Channels = append(q.Channels, other)
	opts := &AddOptions{Schedule: scheduler.ScheduleOptions{Token: "row 7"}}
	post := &smm.Post{Text: "both", FirstComment: "more"}
	items, _, err := w.m.Add(t.Context(), q, post, opts)
	w.ok(err)
	if len(items) != 4 || !items[0].At.Equal(at("2026-03-05T08:00Z")) || items[2].Channel != other || !items[2].At.Equal(at("2026-03-02T08:00Z")) {
		t.Errorf("%+v", items)
	}
	again, _, err := w.m.Add(t.Context(), q, post, opts)
	w.ok(err)
	if len(again) != 4 || again[0].ID != items[0].ID && again[1].ID != items[0].ID {
		t.Errorf("a second time: %+v", again)
	}
	next, err := w.m.Next(t.Context(), q)
	w.ok(err)
	if starts(next) != "09T08:00 05T08:00" {
		t.Error(starts(next))
	}
}

// A post that is planned without the queue keeps slots near it free.
func TestMinGapToOthers(t *testing.T) {
	w := newWorld(t, "2026-03-02T00:00Z")
	q := berlin(t, "MO 09:00", "TH 09:00")
	q.MinGap = time.Hour
	items, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "by hand"}, q.Channels, at("2026-03-02T08:59Z"), nil)
	w.ok(err)
	places, err := w.m.Preview(t.Context(), q, 2)
	w.ok(err)
	if len(places) != 2 || places[0].ID != items[0].ID || !places[0].Near || places[1].ID != "" {
		t.Errorf("%+v", places)
	}
	in := w.add(q)
	if !in.At.Equal(at("2026-03-05T08:00Z")) {
		t.Errorf("added at %s", in.At)
	}
	places, err = w.m.Preview(t.Context(), q, 3)
	w.ok(err)
	if len(places) != 3 || places[1].ID != in.ID || places[1].Near || places[2].ID != "" || starts([]Slot{places[2].Slot}) != "09T08:00" {
		t.Errorf("%+v", places)
	}
	// It does not block what is farther away, nor another tenant's.
	_, err = w.s.Reschedule(t.Context(), "", items[0].ID, at("2026-03-02T09:00Z"), nil)
	w.ok(err)
	if next, err := w.m.Next(t.Context(), q); err != nil || starts(next) != "02T08:00" {
		t.Errorf("%v %v", next, err)
	}
	_, err = w.s.Reschedule(t.Context(), "", items[0].ID, at("2026-03-02T08:30Z"), nil)
	w.ok(err)
	q.Tenant = "b"
	if next, err := w.m.Next(t.Context(), q); err != nil || starts(next) != "02T08:00" {
		t.Errorf("%v %v", next, err)
	}
}

// Two processes that look at the same moment: the one that is slower gets the
// next slot, and not the same.
func TestAddRaces(t *testing.T) {
	w := newWorld(t, "2026-03-02T00:00Z")
	q := berlin(t, "MO 09:00", "TU 09:00", "WE 09:00", "TH 09:00", "FR 09:00")
	q.Channels = append(q.Channels, schedulertest.Channel("other"))
	const workers, each = 8, 5
	var wg sync.WaitGroup
	errs := make(chan error, workers*each)
	for n := range workers {
		m, err := New(w.s, w.store, WithClock(w.clock))
		w.ok(err)
		wg.Go(func() {
			for i := range each {
				_, _, err := m.Add(t.Context(), q, &smm.Post{Text: fmt.Sprintf("post %d of %d", i, n)}, nil)
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		w.ok(err)
	}
	for _, ch := range q.Channels {
		want := q.Slots(ch, at("2026-03-02T00:00Z"), at("2027-01-01T00:00Z"))[:workers*each]
		n := 0
		for r, err := range w.store.List(t.Context(), scheduler.Query{Channel: ch}) {
			w.ok(err)
			if n >= len(want) || r.Slot != want[n].Name || !r.NotBefore.Equal(want[n].At) {
				t.Fatalf("%s, %d: %q at %s", ch, n, r.Slot, r.NotBefore)
			}
			n++
		}
		if n != len(want) {
			t.Errorf("%s: %d records, want %d", ch, n, len(want))
		}
	}
}

// rival takes the slot that a manager is about to take, every time.
type rival struct {
	*scheduler.Scheduler
	before func(entries []scheduler.Entry)
}

func (r *rival) ScheduleAll(ctx context.Context, entries []scheduler.Entry) ([][]scheduler.Item, []smm.Findings, error) {
	r.before(entries)
	return r.Scheduler.ScheduleAll(ctx, entries)
}

func TestAddLosesSlots(t *testing.T) {
	w := newWorld(t, "2026-03-02T00:00Z")
	q := berlin(t, "MO 09:00", "TH 09:00")
	left := 3
	m, err := New(&rival{w.s, func(es []scheduler.Entry) {
		if left--; left >= 0 {
			w.add(q)
		}
	}}, w.store, WithClock(w.clock))
	w.ok(err)
	items, _, err := m.Add(t.Context(), q, &smm.Post{Text: "slow"}, nil)
	w.ok(err)
	if len(items) != 1 || !items[0].At.Equal(at("2026-03-12T08:00Z")) {
		t.Errorf("%+v", items)
	}
	w.wantPlan(q, "1@02T08:00 2@05T08:00 3@09T08:00 slow@12T08:00")
	// Where others always win, it ends.
	m, err = New(&rival{w.s, func([]scheduler.Entry) { w.add(q) }}, w.store, WithClock(w.clock))
	w.ok(err)
	_, _, err = m.Add(t.Context(), q, &smm.Post{Text: "never"}, nil)
	wantErr(t, "always late", err, smm.ErrConflict)
}
