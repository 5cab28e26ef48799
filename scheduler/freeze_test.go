package scheduler_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// gate is a scheduler.Gate.
type gate func(r *scheduler.Record) (scheduler.Hold, error)

func (g gate) Admit(_ context.Context, r *scheduler.Record) (scheduler.Hold, error) { return g(r) }

func TestAGateHoldsUntilItAdmits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := time.Now().Add(2 * time.Hour)
		w := newWorld(t, &schedulertest.Driver{}, scheduler.WithGate(gate(func(*scheduler.Record) (scheduler.Hold, error) {
			if time.Now().Before(open) {
				return scheduler.Hold{Reason: "not approved"}, nil
			}
			return scheduler.Hold{}, nil
		})))
		w.start(w.s)
		item := w.schedule("x", time.Hour, nil)[0]
		stale := w.schedule("old news", time.Hour, &scheduler.ScheduleOptions{StaleAfter: time.Minute})[0]
		time.Sleep(time.Hour + 30*time.Second)
		synctest.Wait()
		if r := w.get(item.ID); r.Held != "not approved" || w.driver.Calls("prepare") != 0 {
			t.Fatalf("held %q, %d uploads", r.Held, w.driver.Calls("prepare"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		w.wantPhase(stale.ID, smm.PhaseExpired)
		time.Sleep(time.Hour + 15*time.Minute)
		synctest.Wait()
		w.wantPublic("x")
		if r := w.get(item.ID); r.Held != "" {
			t.Errorf("still held: %q", r.Held)
		}
		held := 0
		for _, k := range w.kinds() {
			if k == scheduler.EventHeld {
				held++
			}
		}
		if held != 2 {
			t.Errorf("told %d times of two that were held", held)
		}
	})
}

// What is revoked while the intent is being saved is not sent, and leaves no
// doubt, on any platform.
func TestAnIntentIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		until := time.Now().Add(time.Hour)
		w := newWorld(t, &schedulertest.Driver{Guarantee: smm.Guarantee{Class: smm.ClassBlind}}, scheduler.WithGate(gate(func(r *scheduler.Record) (scheduler.Hold, error) {
			asked++
			if r.Delivery.Phase == smm.PhaseCommitting && time.Now().Before(until) {
				return scheduler.Hold{Reason: "revoked", Until: until}, nil
			}
			return scheduler.Hold{}, nil
		})))
		w.start(w.s)
		item := w.schedule("x", 0, nil)[0]
		time.Sleep(time.Minute)
		synctest.Wait()
		r := w.get(item.ID)
		if r.Held != "revoked" || r.Delivery.Phase != smm.PhaseReady || r.Delivery.Attempt.N != 0 || !r.LeaseUntil.IsZero() || w.driver.Calls("commit") != 0 {
			t.Fatalf("held %q, %s, attempt %d, %d commits", r.Held, r.Delivery.Phase, r.Delivery.Attempt.N, w.driver.Calls("commit"))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("x")
		if asked != 5 { // before preparing, before and after each of two intents
			t.Errorf("the gate was asked %d times, want 5", asked)
		}
	})
}

// A process that dies between the intent and taking it back leaves a doubt, which
// the next one settles; meanwhile nothing is sent, and nothing is lost.
func TestAnIntentThatWasNotTakenBack(t *testing.T) {
	for _, class := range []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &schedulertest.Driver{Guarantee: smm.Guarantee{Class: class}})
			item := w.schedule("x", 0, nil)[0]
			dead := false
			w.store = &brittle{w.store, func(op string, r *scheduler.Record) error {
				if op == "save" && dead {
					return scheduler.ErrClosed
				}
				if op == "save" && r.Delivery.Phase == smm.PhaseCommitting {
					if _, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "f"}); err != nil {
						t.Error(err)
					}
					dead = true // the intent is saved, what comes after it is not
				}
				return nil
			}}
			stop := w.start(w.another())
			time.Sleep(time.Minute)
			stop()
			if w.wantPhase(item.ID, smm.PhaseCommitting); w.driver.Calls("commit") != 0 {
				t.Fatal("sent in a freeze")
			}
			dead = false
			w.store = w.store.(*brittle).Store
			w.start(w.another())
			time.Sleep(time.Hour)
			synctest.Wait()
			w.wantPublic()
			_, err := w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{})
			w.ok(err)
			time.Sleep(time.Hour)
			synctest.Wait()
			w.wantPublic("x")
			w.wantPhase(item.ID, smm.PhasePublished)
		})
	}
}

func TestAGateThatCannotLookLetsNothingThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		fails.Store(true)
		w := newWorld(t, &schedulertest.Driver{}, scheduler.WithGate(gate(func(*scheduler.Record) (scheduler.Hold, error) {
			if fails.Load() {
				return scheduler.Hold{}, errors.New("database is away")
			}
			return scheduler.Hold{}, nil
		})))
		w.start(w.s)
		w.schedule("x", 0, nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.wantPublic()
		fails.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.wantPublic("x")
	})
}

// What a freeze holds for long is told to be overdue, once.
func TestWhatIsHeldIsOverdueToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.s)
		_, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "crisis"})
		w.ok(err)
		_, _, err = w.s.Enqueue(t.Context(), &smm.Post{Text: "hello"}, []smm.Ref{schedulertest.Channel("main")}, nil)
		w.ok(err)
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		w.wantTold("held", "overdue")
	})
}

func TestFreezeAndRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{OnCommit: func(ctx context.Context, r *smm.PublishRequest) schedulertest.Fault {
			if r.Post.Text == "slow" {
				_ = smm.SystemClock().Sleep(ctx, 10*time.Second)
			}
			return ""
		}})
		w.start(w.s)
		brand := func(b string) *scheduler.ScheduleOptions {
			return &scheduler.ScheduleOptions{Labels: smm.Labels{Brand: b}}
		}
		slow := w.schedule("slow", 0, brand("a"))[0]
		w.schedule("soon", time.Minute, brand("a"))
		w.schedule("far", 3*time.Hour, brand("a"))
		w.schedule("other brand", time.Minute, brand("b"))
		time.Sleep(time.Second)
		rep, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "f", Labels: smm.Labels{Brand: "a"}, Reason: "crisis"})
		w.ok(err)
		if len(rep.InFlight) != 1 || rep.InFlight[0].ID != slow.ID || rep.Holds != 2 {
			t.Fatalf("in flight %v, holds %d; want slow and 2", rep.InFlight, rep.Holds)
		}
		w.schedule("planned in it", time.Minute, brand("a"))
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("slow", "other brand")
		var held []string
		for r, err := range w.s.List(t.Context(), scheduler.Query{Held: true}) {
			w.ok(err)
			held = append(held, r.Delivery.Request.Post.Text+": "+r.Held)
		}
		if want := []string{"soon: frozen by f: crisis", "planned in it: frozen by f: crisis"}; !slices.Equal(held, want) {
			t.Fatalf("held %q, want %q", held, want)
		}
		dry, err := w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{DryRun: true})
		w.ok(err)
		if fs, _ := w.s.Freezes(t.Context(), ""); len(dry.Released) != 3 || len(fs) != 1 {
			t.Fatalf("dry run: %d released, %d freezes left; want 3 and 1", len(dry.Released), len(fs))
		}
		_, err = w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{})
		w.ok(err)
		synctest.Wait()
		w.wantPublic("slow", "other brand", "soon", "planned in it")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		w.wantPublic("slow", "other brand", "soon", "planned in it", "far")
		if _, err := w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{}); !errors.Is(err, scheduler.ErrNotFound) {
			t.Fatalf("released twice: %v", err)
		}
	})
}

// Of two freezes the one without an end counts, and a release says that the other
// one still holds.
func TestTwoFreezes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.start(w.s)
		for _, f := range []scheduler.Freeze{{ID: "ends", Until: time.Now().Add(48 * time.Hour)}, {ID: "stays"}} {
			_, err := w.s.Freeze(t.Context(), f)
			w.ok(err)
		}
		item := w.schedule("x", time.Minute, nil)[0]
		time.Sleep(time.Hour)
		synctest.Wait()
		if r := w.get(item.ID); r.Delivery.Wake.After(time.Now().Add(15 * time.Minute)) {
			t.Errorf("held until %s by a freeze without an end", r.Delivery.Wake)
		}
		rep, err := w.s.Release(t.Context(), "", "stays", scheduler.ReleaseOptions{})
		w.ok(err)
		if len(rep.Released) != 0 || len(rep.Held) != 1 || !strings.Contains(rep.Held[0].Reason, "ends") {
			t.Errorf("released %v, held %v", rep.Released, rep.Held)
		}
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		w.wantPublic("x")
	})
}

// What would be refused now stays held after the release, until somebody acts.
func TestReleaseValidatesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.s = w.another()
		items := make(map[string]scheduler.Item)
		for _, text := range []string{"edited", "cancelled", "released again", "fine", "twice frozen"} {
			opts := &scheduler.ScheduleOptions{}
			if text == "twice frozen" {
				opts.Labels.Campaign = "x"
			}
			items[text] = w.schedule(text, time.Minute, opts)[0]
		}
		for _, f := range []scheduler.Freeze{{ID: "f"}, {ID: "g", Labels: smm.Labels{Campaign: "x"}}} {
			_, err := w.s.Freeze(t.Context(), f)
			w.ok(err)
		}
		bad := true
		client, err := smm.New([]smm.Driver{w.driver}, smm.WithGates(smmGate(func(p *smm.Post) bool {
			return bad && p.Text != "fine" && p.Text != "corrected"
		})))
		w.ok(err)
		w.s, err = scheduler.New(client, w.store, scheduler.WithEvents(w.record))
		w.ok(err)
		w.start(w.s)
		time.Sleep(time.Hour)
		rep, err := w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{})
		w.ok(err)
		if len(rep.Released) != 1 || len(rep.Held) != 4 {
			t.Fatalf("released %v, held %v", rep.Released, rep.Held)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("fine")
		if r := w.get(items["edited"].ID); !strings.HasPrefix(r.Held, scheduler.HeldFindings) || !strings.Contains(r.Held, "brand.tone") {
			t.Fatalf("held %q", r.Held)
		}
		_, _, err = w.s.Edit(t.Context(), "", items["edited"].ID, &smm.Post{Text: "corrected"}, nil)
		w.ok(err)
		_, err = w.s.Cancel(t.Context(), "", items["cancelled"].ID)
		w.ok(err)
		bad = false
		_, err = w.s.ReleaseItem(t.Context(), "", items["released again"].ID, scheduler.ReleaseOptions{})
		w.ok(err)
		time.Sleep(time.Hour)
		synctest.Wait()
		w.wantPublic("fine", "corrected", "released again")
		_, err = w.s.Release(t.Context(), "", "g", scheduler.ReleaseOptions{})
		w.ok(err)
		synctest.Wait()
		w.wantPublic("fine", "corrected", "released again", "twice frozen")
	})
}

type smmGate func(p *smm.Post) bool

func (g smmGate) Check(_ context.Context, _ smm.Ref, p *smm.Post) (smm.Findings, error) {
	if g(p) {
		return smm.Findings{{Code: "brand.tone", Severity: smm.SeverityError, Message: "not now"}}, nil
	}
	return nil, nil
}

func TestReleaseOfWhatIsLate(t *testing.T) {
	for late, want := range map[scheduler.Late]smm.Phase{
		scheduler.LateSend: smm.PhasePublished, scheduler.LateHold: smm.PhasePreparing, scheduler.LateCancel: smm.PhaseCancelled,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, &schedulertest.Driver{})
			w.start(w.s)
			_, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "f"})
			w.ok(err)
			old, coming := w.schedule("old", time.Minute, nil)[0], w.schedule("coming", 2*time.Hour, nil)[0]
			time.Sleep(time.Hour)
			_, err = w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{Late: late})
			w.ok(err)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			w.wantPhase(old.ID, want)
			w.wantPhase(coming.ID, smm.PhasePublished)
		})
	}
}

// failing is a store that fails at the nth write, before or after doing it.
type failing struct {
	scheduler.Store

	n     int
	after bool
}

var errCrash = errors.New("crash")

func (f *failing) write(do func() error) error {
	f.n--
	if f.n == 0 && !f.after {
		return errCrash
	}
	err := do()
	if f.n == 0 && err == nil {
		return errCrash
	}
	return err
}

func (f *failing) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	return f.write(func() error { return f.Store.Save(ctx, r, now) })
}

func (f *failing) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	return f.write(func() error { return f.Store.Apply(ctx, now, rs...) })
}

func (f *failing) Unfreeze(ctx context.Context, t smm.Tenant, id string) error {
	return f.write(func() error { return f.Store.Unfreeze(ctx, t, id) })
}

// A release that ends after any of its writes loses nothing, sends nothing that
// would be refused, and can be called again.
func TestReleaseThatBreaksOff(t *testing.T) {
	for n := 1; n <= 6; n++ {
		for _, after := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, &schedulertest.Driver{})
				_, err := w.s.Freeze(t.Context(), scheduler.Freeze{ID: "f"})
				w.ok(err)
				for _, text := range []string{"good 1", "bad 1", "good 2", "bad 2"} {
					w.schedule(text, time.Minute, nil)
				}
				stop := w.start(w.s)
				time.Sleep(time.Hour)
				stop()
				client, err := smm.New([]smm.Driver{w.driver}, smm.WithGates(smmGate(func(p *smm.Post) bool { return strings.HasPrefix(p.Text, "bad") })))
				w.ok(err)
				s, err := scheduler.New(client, &failing{w.store, n, after})
				w.ok(err)
				_, broke := s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{})
				if (n <= 5) != errors.Is(broke, errCrash) {
					t.Fatalf("write %d: %v", n, broke)
				}
				w.s, err = scheduler.New(client, w.store)
				w.ok(err)
				w.start(w.s)
				time.Sleep(time.Hour)
				if fs, _ := w.s.Freezes(t.Context(), ""); len(fs) > 0 {
					w.wantPublic()
					_, err = w.s.Release(t.Context(), "", "f", scheduler.ReleaseOptions{})
					w.ok(err)
					time.Sleep(time.Minute)
				}
				synctest.Wait()
				w.wantPublic("good 1", "good 2")
				held := 0
				for range w.s.List(t.Context(), scheduler.Query{Held: true}) {
					held++
				}
				if held != 2 {
					t.Errorf("write %d: %d held, want the bad two", n, held)
				}
			})
		}
	}
}
