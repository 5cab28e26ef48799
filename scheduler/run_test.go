package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestPublishesAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.s)
		at := time.Now().Add(time.Hour)
		item := w.schedule("hello", time.Hour, nil)[0]
		time.Sleep(time.Hour - time.Nanosecond)
		synctest.Wait()
		w.wantPublic()
		time.Sleep(time.Second)
		synctest.Wait()
		w.wantPublic("hello")
		w.wantPhase(item.ID, smm.PhasePublished)
		if late := w.driver.Ledger.Items()[0].At.Sub(at); late < 0 || late > time.Millisecond {
			t.Fatalf("published %s after its time", late)
		}
		r := w.get(item.ID)
		if !r.LeaseUntil.IsZero() || !r.Delivery.Request.Created.Equal(at.Truncate(time.Millisecond)) {
			t.Fatalf("lease until %s, created %s; want none, and the planned time", r.LeaseUntil, r.Delivery.Request.Created)
		}
		log, err := w.s.Why(t.Context(), "", item.ID)
		w.ok(err)
		if last := log[len(log)-1]; last.Phase != smm.PhasePublished {
			t.Fatalf("the log ends with %+v", last)
		}
	})
}

func TestInsertWakesTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{}, scheduler.WithPoll(time.Minute))
		w.start(w.s)
		synctest.Wait()
		time.Sleep(time.Second) // it sleeps for a minute now
		w.schedule("at once", 0, nil)
		synctest.Wait()
		w.wantPublic("at once")
		w.schedule("soon", 10*time.Second, nil)
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		w.wantPublic("at once", "soon")
	})
}

func TestPollFindsWhatOtherProcessesInsert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.another(scheduler.WithPoll(3 * time.Second)))
		time.Sleep(time.Second)
		w.schedule("from elsewhere", 0, nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		w.wantPublic("from elsewhere")
	})
}

func TestThreadAndFirstComment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		post := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "comment", Labels: smm.Labels{Campaign: "spring"}}
		items, _, err := w.s.Schedule(t.Context(), post, main(), time.Now().Add(time.Minute), nil)
		w.ok(err)
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Minute))
		w.wantPublic("one", "two", "three", "comment")
		parent := make(map[string]string)
		id := make(map[string]string)
		for _, i := range w.driver.Ledger.Items() {
			parent[i.Text], id[i.Text] = i.Parent, i.ID
		}
		if parent["one"] != "" || parent["two"] != id["one"] || parent["three"] != id["two"] || parent["comment"] != id["one"] {
			t.Fatalf("parents %v of %v", parent, id)
		}
		for _, it := range items {
			if got := w.get(it.ID).Delivery.Request.Post.Labels.Campaign; got != "spring" {
				t.Errorf("part %d carries the campaign %q", it.Part, got)
			}
		}
	})
}

func TestPartsOfWhatFailedFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		w := newWorld(t, &schedulertest.Driver{OnCommit: func(context.Context, *smm.PublishRequest) schedulertest.Fault {
			if refuse {
				return schedulertest.FaultRefused
			}
			return ""
		}})
		post := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}}
		items, _, err := w.s.Enqueue(t.Context(), post, main(), nil)
		w.ok(err)
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPublic()
		for _, it := range items {
			w.wantPhase(it.ID, smm.PhaseFailed)
		}
		refuse = false
		w.ok(w.s.Requeue(t.Context(), "", items[0].ID, time.Now().Add(time.Hour), 0))
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Hour))
		w.wantPublic("one", "two", "three")
	})
}

func TestLostReplies(t *testing.T) {
	for _, tc := range []struct {
		class smm.Class
		want  smm.Phase
	}{
		{smm.ClassKey, smm.PhasePublished},
		{smm.ClassHandle, smm.PhasePublished},
		{smm.ClassReadBack, smm.PhasePublished},
		{smm.ClassBlind, smm.PhaseHuman},
	} {
		t.Run(string(tc.class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: tc.class, RequestLife: 10 * time.Second, ReadLag: 5 * time.Second}}
				d.OnCommit = func(context.Context, *smm.PublishRequest) schedulertest.Fault { return schedulertest.FaultLostReply }
				w := newWorld(t, d)
				item := w.schedule("once", 0, nil)[0]
				w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
				w.wantPublic("once")
				w.wantPhase(item.ID, tc.want)
				if tc.want != smm.PhaseHuman {
					return
				}
				if !slices.Contains(w.kinds(), scheduler.EventHuman) {
					t.Fatalf("events %v, want needs-human", w.kinds())
				}
				live := smm.Ref{Platform: schedulertest.Platform, Kind: smm.KindPost, ID: "seen"}
				w.ok(w.s.Resolve(t.Context(), "", item.ID, smm.Resolution{Live: live}))
				w.wantPhase(item.ID, smm.PhasePublished)
			})
		})
	}
}

func TestRetriesWhatWasNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		w := newWorld(t, &schedulertest.Driver{OnCommit: func(context.Context, *smm.PublishRequest) schedulertest.Fault {
			if n.Add(1) < 3 {
				return schedulertest.FaultNotSent
			}
			return ""
		}})
		w.start(w.s)
		w.schedule("third time", 0, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.wantPublic("third time")
		want := []scheduler.EventKind{scheduler.EventRetry, scheduler.EventRetry, scheduler.EventPublished}
		if got := w.kinds(); !slices.Equal(got, want) {
			t.Fatalf("events %v, want %v", got, want)
		}
	})
}

// An upload outlasts the lease many times, and nobody else takes it up.
func TestLongStepsKeepTheirLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			return smm.SystemClock().Sleep(ctx, 90*time.Second)
		}}
		w := newWorld(t, d, scheduler.WithLease(5*time.Second))
		w.start(w.s)
		w.start(w.another(scheduler.WithLease(5 * time.Second)))
		item := w.schedule("video", 0, nil)[0]
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.wantPublic("video")
		if n, epoch := d.Calls("prepare"), w.get(item.ID).Epoch; n != 1 || epoch != 1 {
			t.Fatalf("prepared %d times in %d claims, want once", n, epoch)
		}
	})
}

func TestWhatAProcessHeldWhenItDied(t *testing.T) {
	for _, mid := range []string{"claimed", "intent saved"} {
		t.Run(mid, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, &schedulertest.Driver{})
				item := w.schedule("left behind", 0, nil)[0]
				rs, err := w.store.Claim(t.Context(), scheduler.Claim{Now: time.Now(), Lease: 30 * time.Second, Owner: "dead", Limit: 1})
				w.ok(err)
				if mid == "intent saved" {
					d := &rs[0].Delivery
					now := time.Now()
					d.Phase, d.Wake = smm.PhaseCommitting, now.Add(20*time.Second)
					d.Prepared = smm.Prepared{Ready: true, Guarantee: smm.Guarantee{Class: smm.ClassKey}}
					d.Attempt = smm.Attempt{N: 1, First: now, Intent: now, Deadline: now.Add(20 * time.Second)}
					w.ok(w.store.Save(t.Context(), rs[0], now))
				}
				w.start(w.s)
				time.Sleep(29 * time.Second)
				synctest.Wait()
				w.wantPublic()
				time.Sleep(5 * time.Second) // the lease's second, and a first back-off
				synctest.Wait()
				w.wantPublic("left behind")
				w.wantPhase(item.ID, smm.PhasePublished)
			})
		})
	}
}

func TestStopFinishesTheStepInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnCommit: func(ctx context.Context, _ *smm.PublishRequest) schedulertest.Fault {
			_ = smm.SystemClock().Sleep(ctx, 10*time.Second)
			return ""
		}}
		w := newWorld(t, d)
		stop := w.start(w.s)
		item := w.schedule("in flight", 0, nil)[0]
		time.Sleep(time.Second)
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 10*time.Second {
			t.Fatalf("stopping took %s", took)
		}
		w.wantPublic("in flight")
		w.wantPhase(item.ID, smm.PhasePublished)
		if n := d.Calls("commit"); n != 1 {
			t.Fatalf("%d commits, want 1", n)
		}
	})
}

// A step of preparing that is in flight counts, and is not done again.
func TestStopKeepsWhatWasPrepared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			return smm.SystemClock().Sleep(ctx, 10*time.Second)
		}}
		w := newWorld(t, d)
		stop := w.start(w.s)
		item := w.schedule("x", 0, nil)[0]
		time.Sleep(time.Second)
		stop()
		w.wantPublic()
		w.wantPhase(item.ID, smm.PhaseReady)
		w.ok(w.another().RunUntilIdle(t.Context(), time.Minute))
		w.wantPublic("x")
		if n := d.Calls("prepare"); n != 1 {
			t.Fatalf("prepared %d times, want once", n)
		}
	})
}

func TestStopGivesBackWhatIsNotDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			return smm.SystemClock().Sleep(ctx, 100*time.Second)
		}}
		w := newWorld(t, d, scheduler.WithDrain(2*time.Second))
		stop := w.start(w.s)
		item := w.schedule("long", 0, nil)[0]
		time.Sleep(time.Second)
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 3*time.Second {
			t.Fatalf("stopping took %s", took)
		}
		if due, ok := w.get(item.ID).Due(); !ok || due.After(time.Now()) {
			t.Fatalf("due at %s, want now: others could go on with it", due)
		}
	})
}

func TestManyWorkersPublishEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassReadBack}}
		d.OnCommit = func(ctx context.Context, r *smm.PublishRequest) schedulertest.Fault {
			_ = smm.SystemClock().Sleep(ctx, time.Duration(len(r.ID)+int(r.ID[0]))*time.Millisecond)
			return ""
		}
		w := newWorld(t, d)
		for range 4 {
			w.start(w.another(scheduler.WithConcurrency(5), scheduler.WithPoll(50*time.Millisecond)))
		}
		for i := range n {
			w.schedule(fmt.Sprint("post ", i), time.Duration(i%7)*time.Second, nil)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if c := d.Ledger.Counts(""); c.Posts != n || c.Duplicates != 0 || d.Calls("commit") != n {
			t.Fatalf("%d public, %d duplicates, %d commits; want %d, 0, %d", c.Posts, c.Duplicates, d.Calls("commit"), n, n)
		}
	})
}

// brittle is a store whose writes fail while broken says so.
type brittle struct {
	scheduler.Store

	broken func(op string, r *scheduler.Record) error
}

func (b *brittle) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := b.broken("save", r); err != nil {
		return err
	}
	return b.Store.Save(ctx, r, now)
}

func (b *brittle) Renew(ctx context.Context, l scheduler.Lease) error {
	if err := b.broken("renew", nil); err != nil {
		return err
	}
	return b.Store.Renew(ctx, l)
}

func TestAnAnswerIsSavedOnceTheStoreIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassBlind}}
		w := newWorld(t, d)
		until := time.Now().Add(8 * time.Second)
		w.store = &brittle{w.store, func(op string, r *scheduler.Record) error {
			if op == "save" && r.Delivery.Phase == smm.PhasePublished && time.Now().Before(until) {
				return errors.New("disk full")
			}
			return nil
		}}
		w.s = w.another()
		item := w.schedule("kept", 0, nil)[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPhase(item.ID, smm.PhasePublished) // and no person was asked
	})
}

func TestALostLeaseStopsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Bool
		d := &schedulertest.Driver{OnPrepare: func(ctx context.Context, _ *smm.PublishRequest) error {
			err := smm.SystemClock().Sleep(ctx, time.Minute)
			stopped.Store(err != nil)
			return err
		}}
		w := newWorld(t, d)
		begun := time.Now()
		w.store = &brittle{w.store, func(op string, _ *scheduler.Record) error {
			if op == "renew" {
				return errors.New("database is locked")
			}
			return nil
		}}
		w.s = w.another(scheduler.WithLease(10 * time.Second))
		stop := w.start(w.s)
		w.schedule("x", 0, nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !stopped.Load() {
			t.Fatalf("still at work %s after a lease of 10s that could not be renewed", time.Since(begun))
		}
		stop()
		w.wantPublic()
	})
}

func TestCommitDeadlineLiesWithinTheLease(t *testing.T) {
	for _, tc := range []struct{ lease, limit time.Duration }{
		{time.Second, 0}, {time.Second, 500 * time.Millisecond}, {5 * time.Second, 0}, {30 * time.Second, 0}, {2 * time.Minute, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &schedulertest.Driver{})
			d := &schedulertest.Driver{}
			w.driver = d
			d.OnCommit = func(ctx context.Context, r *smm.PublishRequest) schedulertest.Fault {
				rec, err := w.store.Get(ctx, scheduler.Key{ID: r.ID})
				if err != nil || !rec.Delivery.Attempt.Deadline.Before(rec.LeaseUntil) {
					t.Errorf("lease %s: commit deadline %s, lease until %s (%v)", tc.lease, rec.Delivery.Attempt.Deadline, rec.LeaseUntil, err)
				}
				if end, ok := ctx.Deadline(); !ok || end.After(rec.LeaseUntil) {
					t.Errorf("lease %s: the commit may go on until %s", tc.lease, end)
				}
				return ""
			}
			w.s = w.another(scheduler.WithLease(tc.lease))
			w.schedule("x", 0, &scheduler.ScheduleOptions{Policy: smm.Policy{CommitLimit: tc.limit}})
			w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
			w.wantPublic("x")
		})
	}
}

// An intent that was long in saving is not acted upon, and leaves no doubt.
func TestASlowIntentIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassBlind}}
		w := newWorld(t, d)
		slow := 5 // more often than a step is begun again at once
		w.store = &brittle{w.store, func(op string, r *scheduler.Record) error {
			if op == "save" && r.Delivery.Phase == smm.PhaseCommitting && slow > 0 {
				slow--
				time.Sleep(5 * time.Second)
			}
			return nil
		}}
		d.OnCommit = func(context.Context, *smm.PublishRequest) schedulertest.Fault {
			if slow > 0 {
				t.Error("sent after an intent that took 5s to save")
			}
			return ""
		}
		w.s = w.another()
		item := w.schedule("x", 0, nil)[0]
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPublic("x")
		w.wantPhase(item.ID, smm.PhasePublished)
		if got := w.get(item.ID).Delivery.Attempt.N; got != 1 {
			t.Fatalf("attempt %d, want 1: nothing was sent before", got)
		}
	})
}
