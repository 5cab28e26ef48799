package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		at := time.Now().Add(time.Hour)
		post := &smm.Post{Text: "hello", FirstComment: "first"}
		two := []smm.Ref{schedulertest.Channel("a"), schedulertest.Channel("b")}
		call := func(p *smm.Post, channels []smm.Ref, at time.Time, o scheduler.ScheduleOptions) ([]scheduler.Item, error) {
			o.Token = "row 7"
			items, _, err := w.s.Schedule(t.Context(), p, channels, at, &o)
			return items, err
		}
		first, err := call(post, two, at, scheduler.ScheduleOptions{})
		w.ok(err)
		again, err := call(post, two, at, scheduler.ScheduleOptions{})
		w.ok(err)
		if len(first) != 4 || !slices.Equal(first, again) {
			t.Fatalf("first %v, again %v", first, again)
		}
		for name, other := range map[string]func() ([]scheduler.Item, error){
			"text": func() ([]scheduler.Item, error) {
				return call(&smm.Post{Text: "other"}, two, at, scheduler.ScheduleOptions{})
			},
			"channels": func() ([]scheduler.Item, error) { return call(post, two[:1], at, scheduler.ScheduleOptions{}) },
			"time":     func() ([]scheduler.Item, error) { return call(post, two, at.Add(1), scheduler.ScheduleOptions{}) },
			"stale":    func() ([]scheduler.Item, error) { return call(post, two, at, scheduler.ScheduleOptions{StaleAfter: 1}) },
			"labels": func() ([]scheduler.Item, error) {
				return call(post, two, at, scheduler.ScheduleOptions{Labels: smm.Labels{Topic: "x"}})
			},
		} {
			items, err := other()
			te, ok := errors.AsType[*scheduler.TokenError](err)
			if name == "time" { // stores keep microseconds
				if err != nil || len(items) != 4 {
					t.Errorf("a nanosecond later: %v, %v", items, err)
				}
				continue
			}
			if !ok || te.Token != "row 7" || !errors.Is(err, smm.ErrConflict) || items != nil {
				t.Errorf("%s: %v, %v; want a *TokenError", name, items, err)
			}
		}
		other, err := call(post, two, at, scheduler.ScheduleOptions{Tenant: "another"})
		w.ok(err)
		if other[0].ID == first[0].ID {
			t.Error("two tenants share a delivery")
		}
		time.Sleep(2 * time.Hour) // long past: the same call still gives the same answer
		_, err = call(post, two, at, scheduler.ScheduleOptions{})
		w.ok(err)
	})
}

func TestTokenOfManyCallersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		at := time.Now().Add(time.Hour)
		var wg sync.WaitGroup
		results := make([][]scheduler.Item, 16)
		for i := range results {
			wg.Go(func() {
				var err error
				results[i], _, err = w.another().Schedule(t.Context(), &smm.Post{Text: "x"}, main(), at, &scheduler.ScheduleOptions{Token: "t"})
				if err != nil {
					t.Errorf("schedule: %v", err)
				}
			})
		}
		wg.Wait()
		for _, items := range results {
			if !slices.Equal(items, results[0]) {
				t.Fatalf("%v and %v", items, results[0])
			}
		}
		n := 0
		for range w.s.List(t.Context(), scheduler.Query{}) {
			n++
		}
		if n != 1 {
			t.Fatalf("%d deliveries, want 1", n)
		}
	})
}

func TestBadInputIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		now, post := time.Now(), &smm.Post{Text: "x"}
		long := &smm.Post{Text: strings.Repeat("x", 501)}
		huge := &smm.Post{Text: "x", ContentWarning: strings.Repeat("x", scheduler.MaxPostSize)}
		for name, call := range map[string]func() error{
			"zero time": func() error { _, _, err := w.s.Schedule(t.Context(), post, main(), time.Time{}, nil); return err },
			"past": func() error {
				_, _, err := w.s.Schedule(t.Context(), post, main(), now.Add(-time.Hour), nil)
				return err
			},
			"far future": func() error {
				_, _, err := w.s.Schedule(t.Context(), post, main(), now.AddDate(9000, 0, 0), nil)
				return err
			},
			"no post":       func() error { _, _, err := w.s.Enqueue(t.Context(), nil, main(), nil); return err },
			"no channels":   func() error { _, _, err := w.s.Enqueue(t.Context(), post, nil, nil); return err },
			"channel twice": func() error { _, _, err := w.s.Enqueue(t.Context(), post, append(main(), main()...), nil); return err },
			"too long":      func() error { _, _, err := w.s.Enqueue(t.Context(), long, main(), nil); return err },
			"too large":     func() error { _, _, err := w.s.Enqueue(t.Context(), huge, main(), nil); return err },
			"no target":     func() error { _, _, err := w.s.Reply(t.Context(), main()[0], smm.Ref{}, post, nil); return err },
			"stale policy": func() error {
				_, _, err := w.s.Enqueue(t.Context(), post, main(), &scheduler.ScheduleOptions{Policy: smm.Policy{StaleAfter: now}})
				return err
			},
			"negative stale": func() error {
				_, _, err := w.s.Enqueue(t.Context(), post, main(), &scheduler.ScheduleOptions{StaleAfter: -1})
				return err
			},
		} {
			if err := call(); !errors.Is(err, smm.ErrInvalid) {
				t.Errorf("%s: %v, want smm.ErrInvalid", name, err)
			}
		}
		for range w.s.List(t.Context(), scheduler.Query{}) {
			t.Error("something was stored")
		}
		_, _, err := w.s.Schedule(t.Context(), post, main(), now.Add(-time.Hour), &scheduler.ScheduleOptions{AllowPast: true})
		w.ok(err)
	})
}

func TestAChannelThatCannotTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		channels := append(main(), smm.Ref{Platform: "unknown", Kind: smm.KindChannel, ID: "x"})
		if _, _, err := w.s.Enqueue(t.Context(), &smm.Post{Text: "x"}, channels, nil); err == nil {
			t.Fatal("planned on a platform without a driver")
		}
		w.ok(w.s.RunUntilIdle(t.Context(), time.Hour))
		w.wantPublic()
	})
}

func TestStaleExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		item := w.schedule("good morning", time.Hour, &scheduler.ScheduleOptions{StaleAfter: time.Hour})[0]
		fresh := w.schedule("still good", time.Hour, &scheduler.ScheduleOptions{StaleAfter: 12 * time.Hour})[0]
		time.Sleep(11 * time.Hour) // nothing ran
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		w.wantPhase(item.ID, smm.PhaseExpired)
		w.wantPhase(fresh.ID, smm.PhasePublished)
		if !slices.Contains(w.kinds(), scheduler.EventExpired) {
			t.Fatalf("events %v", w.kinds())
		}
		w.ok(w.s.Requeue(t.Context(), "", item.ID, time.Time{}, 0))
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		w.wantPhase(item.ID, smm.PhasePublished)
	})
}

func TestRepliesAndMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		for kind, want := range map[smm.Kind]smm.CreateKind{
			smm.KindComment: smm.CreateReply, smm.KindConversation: smm.CreateMessage,
		} {
			to := smm.Ref{Platform: schedulertest.Platform, Kind: kind, ID: "to"}
			items, _, err := w.s.Reply(t.Context(), main()[0], to, &smm.Post{Text: string(kind)}, nil)
			w.ok(err)
			if got := w.get(items[0].ID).Delivery.Request.Kind; got != want {
				t.Errorf("an answer to a %s is a %s, want %s", kind, got, want)
			}
		}
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		if c := w.driver.Ledger.Counts(""); c.Replies != 1 || c.Messages != 1 {
			t.Fatalf("%+v, want one reply and one message", c)
		}
	})
}

func TestRunUntilIdleStopsAtTheHorizon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &schedulertest.Driver{})
		w.schedule("near", time.Minute, nil)
		w.schedule("far", time.Hour, nil)
		begun := time.Now()
		w.ok(w.s.RunUntilIdle(t.Context(), 2*time.Minute))
		w.wantPublic("near")
		if took := time.Since(begun); took > 2*time.Minute {
			t.Fatalf("took %s", took)
		}
	})
}

func TestOptions(t *testing.T) {
	client, err := smm.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	store := scheduler.NewMemory()
	for name, opt := range map[string]scheduler.Option{
		"lease":       scheduler.WithLease(time.Millisecond),
		"long lease":  scheduler.WithLease(2 * time.Hour),
		"poll":        scheduler.WithPoll(-1),
		"concurrency": scheduler.WithConcurrency(-1),
		"clock":       scheduler.WithClock(nil),
		"drain":       scheduler.WithDrain(0),
		"past":        scheduler.WithMaxPast(-1),
	} {
		if _, err := scheduler.New(client, store, opt); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := scheduler.New(nil, store); !errors.Is(err, smm.ErrInvalid) {
		t.Error("no client:", err)
	}
	if _, err := scheduler.New(client, nil); !errors.Is(err, smm.ErrInvalid) {
		t.Error("no store:", err)
	}
}
