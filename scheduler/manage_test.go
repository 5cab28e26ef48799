package scheduler_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestCancelTakesBackTheWholeEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		channels := []smm.Ref{schedulertest.Channel("a"), schedulertest.Channel("b")}
		post := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}}}
		items, _, err := w.s.Schedule(t.Context(), post, channels, time.Now().Add(time.Hour), nil)
		w.ok(err)
		other := w.schedule("other", time.Hour, nil)[0]

		after, err := w.s.Cancel(t.Context(), "", items[3].ID, channels[0])
		w.ok(err)
		for _, it := range after {
			want := smm.PhaseCancelled
			if it.Channel == channels[1] {
				want = items[2+it.Part].Phase
			}
			if it.Phase != want {
				t.Errorf("%s part %d is %s, want %s", it.Channel, it.Part, it.Phase, want)
			}
		}
		_, err = w.s.Cancel(t.Context(), "", items[0].ID)
		w.ok(err)
		_, err = w.s.Cancel(t.Context(), "", items[0].ID) // again
		w.ok(err)
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantPublic("other")
		if _, err := w.s.Cancel(t.Context(), "", other.ID); !errors.Is(err, smm.ErrConflict) {
			t.Errorf("cancel of what is public: %v", err)
		}
		if _, err := w.s.Cancel(t.Context(), "stranger", items[0].ID); !errors.Is(err, scheduler.ErrNotFound) {
			t.Errorf("cancel by another tenant: %v", err)
		}
	})
}

// A cancel that comes while the post is being prepared wins; nothing is sent.
func TestCancelDuringPreparing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			return smm.SystemClock().Sleep(ctx, 10*time.Second)
		}}
		w := newWorld(t, d)
		w.start(w.s)
		item := w.schedule("x", 0, nil)[0]
		time.Sleep(5 * time.Second)
		_, err := w.s.Cancel(t.Context(), "", item.ID)
		w.ok(err)
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic()
		w.wantPhase(item.ID, smm.PhaseCancelled)
	})
}

// A cancel that comes during the commit is refused, and the answer is kept.
func TestCancelDuringCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnCommit: func(ctx context.Context, _ *smm.PublishRequest) schedulertest.Fault {
			_ = smm.SystemClock().Sleep(ctx, 10*time.Second)
			return ""
		}}
		w := newWorld(t, d)
		w.start(w.s)
		item := w.schedule("x", 0, nil)[0]
		time.Sleep(5 * time.Second)
		if _, err := w.s.Cancel(t.Context(), "", item.ID); !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("cancel: %v, want a conflict", err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("x")
		w.wantPhase(item.ID, smm.PhasePublished)
	})
}

func TestResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lose := true
		d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassBlind, RequestLife: time.Minute}}
		d.OnCommit = func(context.Context, *smm.PublishRequest) schedulertest.Fault {
			if lose {
				return schedulertest.FaultLostReply
			}
			return ""
		}
		w := newWorld(t, d)
		again, drop := w.schedule("again", 0, nil)[0], w.schedule("drop", 0, nil)[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPhase(again.ID, smm.PhaseHuman)

		sendAgain := smm.Resolution{SendAgain: true}
		if err := w.s.Resolve(t.Context(), "", again.ID, sendAgain); !errors.Is(err, smm.ErrInvalid) {
			t.Fatalf("sent again while the first request may still arrive: %v", err)
		}
		time.Sleep(2 * time.Minute)
		lose = false
		w.ok(w.s.Resolve(t.Context(), "", again.ID, sendAgain))
		w.ok(w.s.Resolve(t.Context(), "", drop.ID, smm.Resolution{Drop: true}))
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPhase(again.ID, smm.PhasePublished)
		w.wantPhase(drop.ID, smm.PhaseFailed)
		if err := w.s.Requeue(t.Context(), "", drop.ID, time.Time{}, 0); !errors.Is(err, smm.ErrInvalid) {
			t.Fatalf("requeue of what was dropped in doubt: %v", err)
		}
	})
}

// A platform without a driver in this process is an error that the host hears
// of, and that does not spin.
func TestAStepThatCannotBeTakenRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		item := w.schedule("x", 0, nil)[0]
		client, err := smm.New(nil)
		w.ok(err)
		s, err := scheduler.New(client, w.store, scheduler.WithEvents(w.record))
		w.ok(err)
		stop := w.start(s)
		time.Sleep(5 * time.Minute)
		stop()
		n := 0
		for _, e := range w.events {
			if e.Kind == scheduler.EventError && e.Delivery.ID == item.ID && errors.Is(e.Err, smm.ErrInvalid) {
				n++
			}
		}
		if n < 5 || n > 11 || len(w.events) != n {
			t.Fatalf("%d of %d events name the error in 5 minutes, want about ten", n, len(w.events))
		}
		w.start(w.s)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.wantPublic("x")
	})
}

func TestPurgeAndTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		a, _, err := w.s.Enqueue(t.Context(), &smm.Post{Text: "a"}, main(), &scheduler.ScheduleOptions{Tenant: "a"})
		w.ok(err)
		_, _, err = w.s.Enqueue(t.Context(), &smm.Post{Text: "b"}, main(), &scheduler.ScheduleOptions{Tenant: "b"})
		w.ok(err)
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		w.wantPublic("a", "b")
		if _, err := w.s.Get(t.Context(), "b", a[0].ID); !errors.Is(err, scheduler.ErrNotFound) {
			t.Fatalf("b reads a's delivery: %v", err)
		}
		n, err := w.s.Purge(t.Context(), scheduler.Purge{Tenant: "a", Before: time.Now().Add(time.Hour)})
		w.ok(err)
		if n != 1 {
			t.Fatalf("purged %d, want 1", n)
		}
	})
}

func TestEnqueueDeliveriesTwiceIsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		client, err := smm.New([]smm.Driver{w.driver})
		w.ok(err)
		ds, _, err := client.Plan(t.Context(), &smm.Post{Text: "answer"}, []smm.Ref{schedulertest.Channel("a")}, nil)
		w.ok(err)
		stop := w.start(w.s)
		w.ok(w.s.EnqueueDeliveries(t.Context(), ds))
		time.Sleep(10 * time.Second)
		more, _, err := client.Plan(t.Context(), &smm.Post{Text: "another"}, []smm.Ref{schedulertest.Channel("a")}, nil)
		w.ok(err)
		w.ok(w.s.EnqueueDeliveries(t.Context(), append(ds, more...))) // one is known, one is not
		time.Sleep(10 * time.Second)
		stop()
		w.wantPublic("answer", "another")
	})
}

// refusing is a store that refuses every record and knows none.
type refusing struct{ scheduler.Store }

func (refusing) Insert(context.Context, ...*scheduler.Record) error { return smm.ErrConflict }

func TestEnqueueDeliveriesEndsWhereAStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := smm.New([]smm.Driver{&schedulertest.Driver{}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := scheduler.New(client, refusing{scheduler.NewMemory()})
		if err != nil {
			t.Fatal(err)
		}
		ds, _, err := client.Plan(t.Context(), &smm.Post{Text: "answer"}, []smm.Ref{schedulertest.Channel("a")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.EnqueueDeliveries(t.Context(), ds); !errors.Is(err, smm.ErrConflict) {
			t.Fatalf("%v, want the refusal", err)
		}
	})
}
