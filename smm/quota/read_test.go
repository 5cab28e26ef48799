package quota

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

func TestLeft(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{
		userKey: {Shape: smm.QuotaRolling, Limit: 10, Window: time.Hour},
		appKey:  {Shape: smm.QuotaPercent, Window: time.Hour},
	}.get})
	got, err := l.Left(t.Context(), userKey, appKey)
	require.NoError(t, err)
	require.Empty(t, got, "keys that were never met")
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 3}, smm.Charge{Key: appKey, Cost: 1})
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{{Key: appKey, Limit: -1, Remaining: -1, Percent: 40}}})
	got, err = l.Left(t.Context(), userKey, appKey)
	require.NoError(t, err)
	require.Equal(t, []smm.QuotaState{
		{Key: userKey, Limit: 10, Remaining: 7, Percent: -1, Reset: clock.now.Add(time.Hour)},
		{Key: appKey, Limit: 100, Remaining: -1, Percent: 40},
	}, got)
	l.Report(t.Context(), smm.QuotaGrant{Charges: []smm.Charge{{Key: userKey, Cost: 1}}}, smm.QuotaReport{Throttle: true, After: time.Minute})
	got, err = l.Left(t.Context(), userKey)
	require.NoError(t, err)
	require.Zero(t, got[0].Remaining, "paused")
}

func TestLeftIsSharedAndTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &countingStore{Store: NewMemoryStore(nil)}
		a := process(t, store, 0, declare(smm.QuotaRolling, 100, time.Hour))
		b := process(t, store, 0, declare(smm.QuotaRolling, 100, time.Hour))
		for range 10 {
			g, err := reserve(t, a, smm.PriorityPublish, 1)
			require.NoError(t, err)
			answer(t, a, g)
		}
		for range 3 {
			mine, err := a.Left(t.Context(), sharedKey)
			require.NoError(t, err)
			require.EqualValues(t, 90, mine[0].Remaining)
			theirs, err := b.Left(t.Context(), sharedKey)
			require.NoError(t, err)
			require.Less(t, theirs[0].Remaining, int64(91))
			require.Greater(t, theirs[0].Remaining, int64(84), "but for the slice of the other")
		}
		require.Len(t, drain(t, a, smm.PriorityPublish), 90)
	})
}

func TestWhen(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{
		userKey: {Shape: smm.QuotaRolling, Limit: 300, Window: time.Hour},
		appKey:  {Shape: smm.QuotaBucket, Limit: 100, Window: 100 * time.Minute, Burst: 10},
	}.get})
	when := func(p smm.Priority, charges ...smm.Charge) time.Duration {
		t.Helper()
		at, err := l.When(t.Context(), p, charges...)
		require.NoError(t, err)
		return at.Sub(clock.now)
	}
	require.LessOrEqual(t, when(smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 300}), time.Duration(0))
	require.Equal(t, 2*time.Hour, when(smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 700}), "the third window")
	require.LessOrEqual(t, when(smm.PriorityBackground, smm.Charge{Key: userKey, Cost: 270}), time.Duration(0))
	require.Positive(t, when(smm.PriorityBackground, smm.Charge{Key: userKey, Cost: 271}))
	require.LessOrEqual(t, when(smm.PriorityPublish, smm.Charge{Key: smm.QuotaKey{Bucket: "?"}, Cost: 1}), time.Duration(0))

	g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 200})
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true})
	require.Equal(t, time.Hour, when(smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 101}))
	require.Equal(t, time.Hour, when(smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 50}, smm.Charge{Key: userKey, Cost: 51}))
	// 10 tokens at once and 90 in 100 minutes.
	require.InDelta(t, float64(100*time.Minute), float64(when(smm.PriorityPublish, smm.Charge{Key: appKey, Cost: 100})), float64(time.Second))
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 100})
	require.NoError(t, err, "asking when took nothing")
	_, err = l.When(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestNewRefuses(t *testing.T) {
	for _, cfg := range []Config{{Skew: time.Hour}, {Lease: -1}, {Lease: 2 * time.Hour}} {
		_, err := New(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
	l := mustNew(t, Config{Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) { return smm.QuotaLimit{Limit: 1}, true }})
	_, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
	require.ErrorIs(t, err, smm.ErrInvalid, "a budget without a window")
}
