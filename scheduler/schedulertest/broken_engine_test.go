package schedulertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
)

// brokenEngine is a Loop with one bug.
type brokenEngine struct {
	*scheduler.Loop

	handler func(h scheduler.Handler) scheduler.Handler // nil: as it is
	run     func(ctx context.Context, h scheduler.Handler) error
}

func (b *brokenEngine) Run(ctx context.Context, h scheduler.Handler) error {
	if b.handler != nil {
		h = b.handler(h)
	}
	if b.run != nil {
		return b.run(ctx, h)
	}
	return b.Loop.Run(ctx, h)
}

// shiftedStore lets a loop claim what is not due yet, or hides what is.
type shiftedStore struct {
	scheduler.Store

	early time.Duration
	claim func(rs []*scheduler.Record) []*scheduler.Record
}

func (s *shiftedStore) NextWake(ctx context.Context) (time.Time, bool, error) {
	at, ok, err := s.Store.NextWake(ctx)
	return at.Add(-s.early), ok, err
}

func (s *shiftedStore) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	c.Now = c.Now.Add(s.early)
	rs, err := s.Store.Claim(ctx, c)
	if s.claim != nil {
		rs = s.claim(rs)
	}
	return rs, err
}

func loopOn(t testing.TB, s scheduler.Store, lanes int) *scheduler.Loop {
	t.Helper()
	l, err := scheduler.NewLoop(s, scheduler.LoopOptions{Lease: time.Second, Poll: 20 * time.Millisecond, LaneLimit: lanes})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestBrokenEngines shows for each bug the test that catches it.
func TestBrokenEngines(t *testing.T) {
	for _, bug := range []struct {
		name, test string
		engine     func(t testing.TB, s scheduler.Store) scheduler.Engine
	}{
		{"early", "wakes at the time given", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return loopOn(t, &shiftedStore{Store: s, early: time.Minute}, 1)
		}},
		{"only what it is woken for", "finds what nobody woke it for", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return &brokenEngine{Loop: loopOn(t, s, 1), run: func(ctx context.Context, _ scheduler.Handler) error { <-ctx.Done(); return nil }}
		}},
		{"each record once", "comes again when the handler says", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return loopOn(t, &shiftedStore{Store: s, claim: onlyEpoch(1)}, 1)
		}},
		{"ends at an error", "an error loses nothing", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			b := &brokenEngine{Loop: loopOn(t, s, 1)}
			b.run = func(ctx context.Context, h scheduler.Handler) error {
				ctx, cancel := context.WithCancelCause(ctx)
				_ = b.Loop.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
					at, err := h(ctx, r)
					if err != nil {
						cancel(err)
					}
					return at, err
				})
				return context.Cause(ctx)
			}
			return b
		}},
		{"walks away", "the end lets handlers return", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			b := &brokenEngine{Loop: loopOn(t, s, 1)}
			b.run = func(ctx context.Context, h scheduler.Handler) error {
				go func() { _ = b.Loop.Run(ctx, h) }()
				<-ctx.Done()
				return nil
			}
			return b
		}},
		{"does not tell the handler", "the end lets handlers return", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return &brokenEngine{Loop: loopOn(t, s, 1), handler: func(h scheduler.Handler) scheduler.Handler {
				return func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
					return h(context.WithoutCancel(ctx), r)
				}
			}}
		}},
		{"two handlers", "one handler at a time, and each record", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return &brokenEngine{Loop: loopOn(t, s, 1), handler: func(h scheduler.Handler) scheduler.Handler {
				return func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
					var wg sync.WaitGroup
					c := r.Clone()
					wg.Go(func() { _, _ = h(ctx, c) })
					at, err := h(ctx, r)
					wg.Wait()
					return at, err
				}
			}}
		}},
		{"drops some", "one handler at a time, and each record", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return loopOn(t, &shiftedStore{Store: s, claim: func(rs []*scheduler.Record) []*scheduler.Record { return rs[:len(rs)-len(rs)/2] }}, 1)
		}},
		{"no lanes", "a lane goes in order", func(t testing.TB, s scheduler.Store) scheduler.Engine { return loopOn(t, s, 0) }},
		{"nothing is taken over", "what a dead process held is taken over", func(t testing.TB, s scheduler.Store) scheduler.Engine {
			return loopOn(t, &shiftedStore{Store: s, claim: onlyEpoch(1)}, 1)
		}},
	} {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			test := engineTests[bug.test]
			if test == nil {
				t.Fatalf("there is no test %q", bug.test)
			}
			lines := watch(t, func(tb testing.TB) {
				store := scheduler.NewMemory()
				e := newEngineSuite(tb, store, EngineOptions{Patience: 500 * time.Millisecond})
				if bug.name == "nothing is taken over" || bug.name == "ends at an error" {
					e.patience = 3 * time.Second // longer than the lease
				}
				e.engine = func() scheduler.Engine { return bug.engine(tb, store) }
				defer e.stopAll()
				test(e)
			})
			if len(lines) == 0 {
				t.Errorf("%q does not catch it", bug.test)
			}
		})
	}
}

func onlyEpoch(n int64) func([]*scheduler.Record) []*scheduler.Record {
	return func(rs []*scheduler.Record) []*scheduler.Record {
		var out []*scheduler.Record
		for _, r := range rs {
			if r.Epoch == n {
				out = append(out, r)
			}
		}
		return out
	}
}
