package quota

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// TestStranger has another program use half of the budget, of which only the
// headers tell.
func TestStranger(t *testing.T) {
	for _, s := range []scene{
		{"fixed", smm.QuotaFixed, true, tellEpoch}, {"rolling", smm.QuotaRolling, false, tellNoReset},
	} {
		for n := range 3 {
			t.Run(fmt.Sprintf("%s/%d sharing", s.name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { strange(t, s, n) })
			})
		}
	}
}

func strange(t *testing.T, s scene, n int) {
	const windows = 6
	p := &platformSim{shape: s.shape, limit: 300, window: 5 * time.Minute, aligned: s.aligned, tell: s.tell}
	ctx, cancel := context.WithCancel(t.Context())
	var stranger, ours sync.WaitGroup
	stranger.Go(func() {
		for ctx.Err() == nil {
			p.hit()
			time.Sleep(2 * time.Second)
		}
	})
	store := NewMemoryStore(nil)
	var procs []*Limiter
	for range max(n, 1) {
		l := process(t, nil, 0, declare(s.shape, 300, 5*time.Minute))
		if n > 0 {
			l = process(t, store, 0, declare(s.shape, 300, 5*time.Minute))
		}
		procs = append(procs, l)
		ours.Go(func() { saturate(t, l, p, sharedKey, 4, windows*p.window) })
	}
	ours.Wait()
	cancel()
	stranger.Wait()
	throttled := int64(0)
	for _, l := range procs {
		throttled += l.Throttled()
	}
	// What the stranger does within a round trip cannot be known, and with a
	// store what he does while a slice is used up.
	require.LessOrEqual(t, throttled, int64(windows*(2+3*n)))
	require.GreaterOrEqual(t, float64(p.served)/(300*windows), 0.9)
	t.Logf("%d x 429, %.1f %% used", throttled, float64(p.served)/(3*windows))
}

// TestBucketAlone: pacing under an exact window.
func TestBucketAlone(t *testing.T) {
	for _, workers := range []int{1, 4, 16} {
		synctest.Test(t, func(t *testing.T) {
			p := &platformSim{shape: smm.QuotaFixed, limit: 300, window: 5 * time.Minute}
			l := process(t, nil, 0, declare(smm.QuotaBucket, 300, 5*time.Minute))
			saturate(t, l, p, sharedKey, workers, 20*p.window)
			require.Zero(t, p.refused)
			require.GreaterOrEqual(t, float64(p.served)/(300*20), 0.95)
		})
	}
}

// TestSilentAnswers count until an answer tells that was asked for after them.
func TestSilentAnswers(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Shape: smm.QuotaFixed, Limit: 10, Window: time.Hour}}.get})
	grant := func() smm.QuotaGrant {
		clock.now = clock.now.Add(time.Second)
		g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
		require.NoError(t, err)
		return g
	}
	tell := func(g smm.QuotaGrant, remaining int64) {
		l.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{
			{Key: userKey, Limit: 10, Remaining: remaining, Percent: -1, Reset: clock.now.Add(30 * time.Minute)},
		}})
	}
	left := func() int64 { return l.budgets[userKey].model.left(clock.now).Remaining }
	tell(grant(), 9)
	early := grant()
	answer(t, l, grant())
	require.EqualValues(t, 7, left(), "one is in flight and one told nothing")
	tell(early, 8)
	require.EqualValues(t, 7, left(), "which the early one cannot include")
	tell(grant(), 6)
	require.EqualValues(t, 6, left(), "and the late one does")
}

// TestLeaseEnds: a process that cannot reach the store stops with its lease,
// because others will count its slice as spent.
func TestLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		way := &mortal{Store: NewMemoryStore(nil)}
		l := process(t, way, 0, declare(smm.QuotaRolling, 1000, time.Hour))
		for range 40 { // until its slice is more than one
			g, err := reserve(t, l, smm.PriorityPublish, 1)
			require.NoError(t, err)
			answer(t, l, g)
		}
		way.dead.Store(true)
		_, err := reserve(t, l, smm.PriorityPublish, 1)
		require.NoError(t, err, "of the slice at hand")
		time.Sleep(31 * time.Second)
		_, err = reserve(t, l, smm.PriorityPublish, 1)
		require.ErrorIs(t, err, smm.ErrUnavailable)
	})
}
