package scheduler_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// published returns the texts in the order in which they became public.
func (w *world) published() []string {
	var out []string
	for _, i := range w.driver.Ledger.Items() {
		out = append(out, i.Text)
	}
	return out
}

func TestPostsOfAChannelKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{}
		var busy, most, n atomic.Int32
		d.OnCommit = func(ctx context.Context, _ *smm.PublishRequest) schedulertest.Fault {
			most.Store(max(most.Load(), busy.Add(1)))
			defer busy.Add(-1)
			_ = smm.SystemClock().Sleep(ctx, 100*time.Millisecond)
			if n.Add(1)%5 == 0 {
				return schedulertest.FaultNotSent
			}
			return ""
		}
		w := newWorld(t, d)
		for range 3 {
			w.start(w.another(scheduler.WithOrder(), scheduler.WithPoll(50*time.Millisecond)))
		}
		for i := range 30 {
			w.schedule(fmt.Sprintf("%02d", i), time.Duration(i)*time.Millisecond, nil)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got := w.published()
		for i, text := range got {
			if text != fmt.Sprintf("%02d", i) {
				t.Fatalf("out of order: %q", got)
			}
		}
		if len(got) != 30 || most.Load() != 1 {
			t.Fatalf("%d public, %d at a time", len(got), most.Load())
		}
	})
}

// The next of a lane is taken at once, and waiting for it costs no more than a
// look at the store each tenth of a second.
func TestALaneNeitherRestsNorSpins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{OnCommit: func(ctx context.Context, _ *smm.PublishRequest) schedulertest.Fault {
			_ = smm.SystemClock().Sleep(ctx, 10*time.Second+13*time.Millisecond) // no multiple of the rests
			return ""
		}}
		w := newWorld(t, d)
		counting := &countingStore{Store: w.store}
		w.store = counting
		w.s = w.another(scheduler.WithOrder())
		begun := time.Now()
		w.schedule("a", 0, nil)
		w.schedule("b", time.Millisecond, nil)
		w.ok(w.s.RunUntilIdle(t.Context(), time.Minute))
		if took := time.Since(begun); took > 20*time.Second+50*time.Millisecond {
			t.Errorf("two posts of 10s took %s", took)
		}
		if n := counting.claims.Load(); n > 250 {
			t.Errorf("%d claims in 20s", n)
		}
		w.wantPublic("a", "b")
	})
}

type countingStore struct {
	scheduler.Store

	claims atomic.Int32
}

func (c *countingStore) Claim(ctx context.Context, cl scheduler.Claim) ([]*scheduler.Record, error) {
	c.claims.Add(1)
	return c.Store.Claim(ctx, cl)
}

// A head that cannot go out holds up its channel until it expires or gives up,
// and no other channel; RunUntilIdle does not wait for it.
func TestAStuckHeadHoldsUpItsChannel(t *testing.T) {
	for name, opts := range map[string]*scheduler.ScheduleOptions{
		"stale":   {StaleAfter: 2 * time.Hour},
		"give up": {Policy: smm.Policy{GiveUp: 2 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &schedulertest.Driver{OnCommit: func(_ context.Context, r *smm.PublishRequest) schedulertest.Fault {
					if r.Post.Text == "stuck" {
						return schedulertest.FaultNotSent
					}
					return ""
				}}
				w := newWorld(t, d)
				s := w.another(scheduler.WithOrder())
				w.schedule("stuck", 0, opts)
				thread := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}}
				_, _, err := w.s.Schedule(t.Context(), thread, main(), time.Now().Add(time.Second), nil)
				w.ok(err)
				_, _, err = w.s.Enqueue(t.Context(), &smm.Post{Text: "elsewhere"}, []smm.Ref{schedulertest.Channel("other")}, nil)
				w.ok(err)
				w.ok(s.RunUntilIdle(t.Context(), 0))
				w.wantPublic("elsewhere")
				w.start(s)
				time.Sleep(time.Hour)
				synctest.Wait()
				w.wantPublic("elsewhere")
				time.Sleep(90 * time.Minute)
				synctest.Wait()
				w.wantPublic("elsewhere", "one", "two", "three")
			})
		})
	}
}

func TestAppConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &schedulertest.Driver{}
		var busy, most atomic.Int32
		d.OnCommit = func(ctx context.Context, r *smm.PublishRequest) schedulertest.Fault {
			if r.Channel.Space == "" {
				most.Store(max(most.Load(), busy.Add(1)))
				defer busy.Add(-1)
				_ = smm.SystemClock().Sleep(ctx, time.Second)
			}
			return ""
		}
		w := newWorld(t, d)
		w.s = w.another(scheduler.WithAppConcurrency(3), scheduler.WithConcurrency(5), scheduler.WithLease(5*time.Second))
		for i := range 60 {
			w.schedule(fmt.Sprintf("slow %d", i), 0, nil)
		}
		fast := schedulertest.Channel("fast")
		fast.Space = "elsewhere"
		_, _, err := w.s.Schedule(t.Context(), &smm.Post{Text: "fast"}, []smm.Ref{fast}, time.Now().Add(500*time.Millisecond), nil)
		w.ok(err)
		begun := time.Now()
		w.start(w.s)
		time.Sleep(time.Second)
		if got := w.published(); len(got) == 0 || got[0] != "fast" {
			t.Errorf("the other app waited: %q", got)
		}
		time.Sleep(21 * time.Second) // 60 of a second, three at a time: 20 s
		synctest.Wait()
		if c := d.Ledger.Counts(""); c.Posts != 61 || c.Duplicates != 0 || most.Load() != 3 {
			t.Fatalf("after %s: %d public, %d duplicates, %d at a time; want 61, 0, 3", time.Since(begun), c.Posts, c.Duplicates, most.Load())
		}
	})
}

// A budget of 20 in a window of an hour: 60 posts that are due take three
// windows, in order, and the platform never has to refuse one.
func TestPostsBeyondTheQuotaWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window, budget = time.Hour, 20
		begun := time.Now()
		d := &schedulertest.Driver{}
		w := newWorld(t, d)
		left := make(map[int]int)
		limiter := func(ctx context.Context, call smm.Call, next func(context.Context) error) error {
			if call.Op != "publish.commit" {
				return next(ctx)
			}
			if p, ok := smm.PriorityFrom(ctx); !ok || p != smm.PriorityPublish {
				t.Errorf("a post asks with priority %d", p)
			}
			n := int(time.Since(begun) / window)
			if left[n] == budget {
				return &smm.RateLimitError{After: time.Until(begun.Add(time.Duration(n+1) * window))}
			}
			left[n]++
			return next(ctx)
		}
		client, err := smm.New([]smm.Driver{d}, smm.WithInterceptors(limiter))
		w.ok(err)
		s, err := scheduler.New(client, w.store, scheduler.WithOrder())
		w.ok(err)
		for i := range 60 {
			w.schedule(fmt.Sprintf("%02d", i), time.Duration(i)*time.Microsecond, nil)
		}
		w.start(s)
		time.Sleep(2*window + time.Minute)
		synctest.Wait()
		items := d.Ledger.Items()
		if len(items) != 60 || d.Calls("commit") != 60 {
			t.Fatalf("%d public after three windows, with %d requests", len(items), d.Calls("commit"))
		}
		for i, it := range items {
			if want := begun.Add(time.Duration(i/budget) * window); it.Text != fmt.Sprintf("%02d", i) || it.At.Before(want) || it.At.After(want.Add(10*time.Second)) {
				t.Fatalf("place %d has %q at %s, want the post of that number after %s", i, it.Text, it.At, want)
			}
		}
		for r, err := range w.s.List(t.Context(), scheduler.Query{}) {
			w.ok(err)
			if r.Delivery.Attempt.N != 1 {
				t.Errorf("%s used %d attempts", r.Delivery.Request.Post.Text, r.Delivery.Attempt.N)
			}
		}
	})
}
