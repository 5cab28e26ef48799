package quota

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

var sharedKey = smm.QuotaKey{Platform: "x", Bucket: "shared"}

func reserve(t *testing.T, l *Limiter, p smm.Priority, cost int64) (smm.QuotaGrant, error) {
	t.Helper()
	return l.Reserve(t.Context(), p, smm.Charge{Key: sharedKey, Cost: cost})
}

// drain takes all that work of a priority may have, without an answer.
func drain(t *testing.T, l *Limiter, p smm.Priority) (grants []smm.QuotaGrant) {
	t.Helper()
	for {
		g, err := reserve(t, l, p, 1)
		if err != nil {
			after(t, err)
			return grants
		}
		grants = append(grants, g)
	}
}

func answer(t *testing.T, l *Limiter, grants ...smm.QuotaGrant) {
	t.Helper()
	for _, g := range grants {
		l.Report(t.Context(), g, smm.QuotaReport{Sent: true})
	}
}

// TestBackgroundLeavesTheLastTenth, also where several processes share.
func TestBackgroundLeavesTheLastTenth(t *testing.T) {
	for _, shape := range []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed} {
		synctest.Test(t, func(t *testing.T) {
			store := NewMemoryStore(nil)
			var procs []*Limiter
			for _, skew := range skewsOf("mixed", 4) {
				procs = append(procs, process(t, store, skew, declare(shape, 100, time.Hour)))
			}
			count := func(p smm.Priority) (n int) {
				for range 3 { // what one process did not use another may, once it came back
					for _, l := range procs {
						n += len(drain(t, l, p))
					}
					time.Sleep(40 * time.Second)
				}
				return n
			}
			require.Equal(t, 90, count(smm.PriorityBackground), shape)
			require.Equal(t, 5, count(smm.PriorityModerate), shape)
			require.Equal(t, 3, count(smm.PriorityReply), shape)
			require.Equal(t, 2, count(smm.PriorityPublish), shape)
		})
	}
}

// TestNoAskingForEachRequest: a busy process asks the store some 30 times in a
// budget, an idle one gives back what it holds.
func TestNoAskingForEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: NewMemoryStore(nil)}
		busy := process(t, store, 0, declare(smm.QuotaFixed, 10_000, time.Hour))
		quiet := process(t, store, 0, declare(smm.QuotaFixed, 10_000, time.Hour))
		n := 0
		for range 500 { // its slices grow
			g, err := reserve(t, quiet, smm.PriorityPublish, 1)
			require.NoError(t, err)
			answer(t, quiet, g)
			n++
		}
		before := store.n.Load()
		grants := drain(t, busy, smm.PriorityPublish)
		n += len(grants)
		require.Greater(t, n, 9_400)
		require.Less(t, store.n.Load()-before, int64(120), "to claim %d units", len(grants))
		time.Sleep(31 * time.Second) // a lease
		more := drain(t, busy, smm.PriorityPublish)
		require.Equal(t, 10_000, n+len(more), "the idle process gave back its slice")
	})
}

// TestDeadProcess: what a killed process held counts as spent, for it may have
// been; with the window, it is over.
func TestDeadProcess(t *testing.T) {
	for _, s := range []scene{
		{"fixed", smm.QuotaFixed, false, tellEpoch}, {"fixed, silent", smm.QuotaFixed, false, nil}, {"rolling", smm.QuotaRolling, false, nil},
	} {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &platformSim{shape: s.shape, limit: 300, window: 5 * time.Minute, tell: s.tell}
				way := &mortal{Store: NewMemoryStore(nil)}
				dying := process(t, way, -2*time.Second, declare(s.shape, 300, 5*time.Minute))
				heir := process(t, way.Store, 2*time.Second, declare(s.shape, 300, 5*time.Minute))
				w := worker{l: dying, p: p, key: sharedKey, clock: dying.clock}
				for i := range 100 {
					g, err := reserve(t, dying, smm.PriorityPublish, 1)
					require.NoError(t, err)
					if i < 95 {
						w.request(t.Context(), g)
					} else { // it cannot tell of these any more
						p.hit()
					}
				}
				left := int64(0)
				dying.mu.Lock()
				left = dying.budgets[sharedKey].share.have
				dying.mu.Unlock()
				require.LessOrEqual(t, left, int64(15), "a slice")
				way.dead.Store(true)
				saturate(t, heir, p, sharedKey, 4, 4*time.Minute)
				require.Zero(t, p.refused)
				require.GreaterOrEqual(t, p.served, 300-15-5, "it costs its slice and what was in flight")
				saturate(t, heir, p, sharedKey, 4, 7*time.Minute) // until it is over on the slowest clock
				p.served = 0
				saturate(t, heir, p, sharedKey, 4, 5*time.Minute)
				require.Zero(t, p.refused)
				require.GreaterOrEqual(t, p.served, 300*95/100, "and not for long")
			})
		})
	}
}

// TestDeadProcessIsForgottenByHeaders: an answer to what was sent after the
// lease ended tells how much of the slice was really spent.
func TestDeadProcessIsForgottenByHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platformSim{shape: smm.QuotaFixed, limit: 300, window: 5 * time.Minute, tell: tellISO}
		way := &mortal{Store: NewMemoryStore(nil)}
		dying := process(t, way, 0, declare(smm.QuotaFixed, 300, 5*time.Minute))
		heir := process(t, way.Store, 0, declare(smm.QuotaFixed, 300, 5*time.Minute))
		w := worker{l: dying, p: p, key: sharedKey, clock: dying.clock}
		for range 50 {
			g, err := reserve(t, dying, smm.PriorityPublish, 1)
			require.NoError(t, err)
			w.request(t.Context(), g)
		}
		way.dead.Store(true)
		time.Sleep(time.Minute)
		saturate(t, heir, p, sharedKey, 2, 2*time.Minute)
		require.Zero(t, p.refused)
		require.Equal(t, 300, p.served, "nothing was lost with it")
	})
}

// TestPauseIsShared: all stop at the 429 of one.
func TestPauseIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		a := process(t, store, 2*time.Second, declare(smm.QuotaRolling, 100, time.Hour))
		b := process(t, store, -2*time.Second, declare(smm.QuotaRolling, 100, time.Hour))
		g, err := reserve(t, a, smm.PriorityPublish, 1)
		require.NoError(t, err)
		a.Report(t.Context(), g, smm.QuotaReport{Sent: true, Throttle: true, After: 10 * time.Minute})
		for _, l := range []*Limiter{a, b} {
			_, err = reserve(t, l, smm.PriorityPublish, 1)
			require.GreaterOrEqual(t, after(t, err), 10*time.Minute)
		}
		require.EqualValues(t, 1, a.Throttled())
		require.Zero(t, b.Throttled())
		time.Sleep(12 * time.Minute)
		require.Len(t, drain(t, b, smm.PriorityPublish), 89, "one was spent and a tenth is held back")
	})
}

// TestRestart: a process that begins anew goes on from what the store knows.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		first := process(t, store, 0, declare(smm.QuotaRolling, 100, time.Hour))
		for range 40 {
			g, err := reserve(t, first, smm.PriorityPublish, 1)
			require.NoError(t, err)
			answer(t, first, g)
		}
		require.NoError(t, first.Close(t.Context()))
		_, err := reserve(t, first, smm.PriorityPublish, 1)
		require.ErrorIs(t, err, smm.ErrInvalid)
		second := process(t, store, 0, declare(smm.QuotaRolling, 100, time.Hour))
		require.Len(t, drain(t, second, smm.PriorityPublish), 60)
	})
}

// TestStoreFails: no store, no grant, and nothing is lost or counted twice.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lose := false
		way := &mortal{Store: NewMemoryStore(nil), loses: func() bool { return lose }}
		l := process(t, way, 0, declare(smm.QuotaRolling, 100, time.Hour))
		way.dead.Store(true)
		_, err := reserve(t, l, smm.PriorityPublish, 1)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.ErrorIs(t, err, errDead)
		_, err = l.Left(t.Context(), sharedKey)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		way.dead.Store(false)
		g, err := reserve(t, l, smm.PriorityPublish, 1)
		require.NoError(t, err)

		lose = true
		answer(t, l, g)
		for range 5 { // each write is made, and each answer lost
			_, err = reserve(t, l, smm.PriorityPublish, 50)
			require.ErrorIs(t, err, smm.ErrUnavailable)
		}
		lose = false
		require.Len(t, drain(t, l, smm.PriorityPublish), 99)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		other := process(t, way, 0, declare(smm.QuotaRolling, 100, time.Hour))
		_, err = other.Reserve(ctx, smm.PriorityPublish, smm.Charge{Key: sharedKey, Cost: 1})
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestConflicts: many callers of many processes at one instant.
func TestConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		var (
			wg sync.WaitGroup
			mu sync.Mutex
			n  int
		)
		for range 8 {
			l := process(t, store, 0, declare(smm.QuotaRolling, 200, time.Hour))
			for range 8 {
				wg.Go(func() {
					for range 100 {
						_, err := reserve(t, l, smm.PriorityPublish, 1)
						if err == nil {
							mu.Lock()
							n++
							mu.Unlock()
							continue
						}
						limited, ok := errors.AsType[*smm.RateLimitError](err)
						if !ok {
							t.Error(err)
							return
						}
						time.Sleep(min(limited.After, time.Second))
					}
				})
			}
		}
		wg.Wait()
		require.Equal(t, 200, n)
	})
}

// TestUndeclaredBudgetsAreShared once a header told what they are.
func TestUndeclaredBudgetsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		none := func(smm.QuotaKey) (smm.QuotaLimit, bool) { return smm.QuotaLimit{}, false }
		a, b := process(t, store, 0, none), process(t, store, 0, none)
		g, err := reserve(t, a, smm.PriorityPublish, 1)
		require.NoError(t, err)
		a.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{
			{Key: sharedKey, Limit: 60, Remaining: 40, Percent: -1, Reset: time.Now().Add(time.Hour)},
		}})
		time.Sleep(30 * time.Second)
		require.Len(t, drain(t, b, smm.PriorityPublish), 40)
		require.Empty(t, drain(t, a, smm.PriorityPublish))
	})
}

// TestPercentIsShared: what one process learns of the share in use, all heed.
func TestPercentIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		a := process(t, store, 0, declare(smm.QuotaPercent, 100, time.Hour))
		b := process(t, store, 0, declare(smm.QuotaPercent, 100, time.Hour))
		g, err := reserve(t, a, smm.PriorityPublish, 1)
		require.NoError(t, err)
		a.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{{Key: sharedKey, Limit: -1, Remaining: -1, Percent: 99}}})
		time.Sleep(20 * time.Second)
		_, err = reserve(t, b, smm.PriorityPublish, 1)
		require.Greater(t, after(t, err), 4*time.Minute)
	})
}

// TestBucketIsShared: an exact window over processes that pace.
func TestBucketIsShared(t *testing.T) {
	for _, n := range []int{1, 2, 4} {
		synctest.Test(t, func(t *testing.T) {
			p := &platformSim{shape: smm.QuotaRolling, limit: 300, window: 5 * time.Minute}
			store := NewMemoryStore(nil)
			var wg sync.WaitGroup
			for _, skew := range skewsOf("mixed", n) {
				l := process(t, store, skew, declare(smm.QuotaBucket, 300, 5*time.Minute))
				wg.Go(func() { saturate(t, l, p, sharedKey, 4, 50*time.Minute) })
			}
			wg.Wait()
			require.Zero(t, p.refused)
			require.GreaterOrEqual(t, float64(p.served)/3000, 0.90)
		})
	}
}

// TestResetIsShared: a process that has sent nothing yet knows from another
// what is left and when the window ends.
func TestResetIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		a := process(t, store, -2*time.Second, declare(smm.QuotaFixed, 100, time.Hour))
		b := process(t, store, 2*time.Second, declare(smm.QuotaFixed, 100, time.Hour))
		g, err := reserve(t, a, smm.PriorityPublish, 1)
		require.NoError(t, err)
		began := time.Now()
		a.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{
			{Key: sharedKey, Limit: 100, Remaining: 40, Percent: -1, Reset: a.clock.Now().Add(10 * time.Minute)},
		}})
		time.Sleep(30 * time.Second)
		require.Len(t, drain(t, b, smm.PriorityPublish), 40)
		_, err = reserve(t, b, smm.PriorityPublish, 1)
		wait := after(t, err)
		time.Sleep(time.Until(began.Add(10*time.Minute - time.Second)))
		require.Empty(t, drain(t, b, smm.PriorityPublish))
		time.Sleep(6 * time.Second) // the reset, and what two clocks may differ by
		require.Greater(t, wait, time.Second)
		require.Len(t, drain(t, b, smm.PriorityPublish), 60, "a new window, less what is in flight")
	})
}

// TestLongRequest: what is in flight for many leases stays counted, and is
// counted once.
func TestLongRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		a := process(t, store, 0, declare(smm.QuotaRolling, 20, time.Hour))
		b := process(t, store, 0, declare(smm.QuotaRolling, 20, time.Hour))
		upload, err := reserve(t, a, smm.PriorityPublish, 5)
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		require.Len(t, drain(t, b, smm.PriorityPublish), 15)
		answer(t, a, upload)
		time.Sleep(59 * time.Minute)
		require.Empty(t, drain(t, a, smm.PriorityPublish), "it counts from its answer")
		time.Sleep(2 * time.Minute)
		require.Len(t, drain(t, a, smm.PriorityPublish), 5)
	})
}

// TestUnsentIsGivenBack to all.
func TestUnsentIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore(nil)
		a := process(t, store, 0, declare(smm.QuotaRolling, 10, time.Hour))
		b := process(t, store, 0, declare(smm.QuotaRolling, 10, time.Hour))
		g, err := reserve(t, a, smm.PriorityPublish, 10)
		require.NoError(t, err)
		require.Empty(t, drain(t, b, smm.PriorityPublish))
		a.Report(t.Context(), g, smm.QuotaReport{})
		time.Sleep(time.Minute)
		require.Len(t, drain(t, b, smm.PriorityPublish), 10)
	})
}

// TestForgetsIdleShares: a limiter does not grow with every account it met.
func TestForgetsIdleShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := process(t, NewMemoryStore(nil), 0, declare(smm.QuotaRolling, 10, time.Minute))
		for i := range 5000 {
			key := smm.QuotaKey{Account: string(rune(i + 0x4e00))}
			g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
			require.NoError(t, err)
			answer(t, l, g)
			time.Sleep(time.Second)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		require.Less(t, len(l.budgets), 1100)
	})
}
