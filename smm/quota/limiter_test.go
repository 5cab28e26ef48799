package quota

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// fakeClock moves when it is told to or slept on.
type fakeClock struct {
	now   time.Time
	slept []time.Duration
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.slept = append(c.slept, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

var (
	userKey = smm.QuotaKey{Platform: "x", Account: "u", Bucket: "user"}
	appKey  = smm.QuotaKey{Platform: "x", Bucket: "app"}
)

type limits map[smm.QuotaKey]smm.QuotaLimit

func (l limits) get(k smm.QuotaKey) (smm.QuotaLimit, bool) {
	v, ok := l[k]
	return v, ok
}

func mustNew(t testing.TB, cfg Config) *Limiter {
	t.Helper()
	l, err := New(cfg)
	require.NoError(t, err)
	return l
}

func after(t *testing.T, err error) time.Duration {
	t.Helper()
	e, ok := errors.AsType[*smm.RateLimitError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, smm.ErrRateLimited)
	return e.After
}

func TestLimiterTakesAllOrNothing(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{
		userKey: {Shape: smm.QuotaRolling, Limit: 10, Window: time.Minute},
		appKey:  {Shape: smm.QuotaFixed, Limit: 1, Window: time.Hour},
	}.get})
	both := []smm.Charge{{Key: userKey, Cost: 1}, {Key: appKey, Cost: 1}}
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, both...)
	require.NoError(t, err)
	for range 20 { // refused by the app's budget, so the user's must not shrink
		_, err = l.Reserve(t.Context(), smm.PriorityPublish, both...)
		require.Equal(t, inFlightWait, after(t, err))
	}
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true, At: clock.now})
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, both...)
	require.Equal(t, time.Hour, after(t, err))
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 9})
	require.NoError(t, err)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
	require.Error(t, err)
}

func TestLimiterCountsTheSameKeyTwice(t *testing.T) {
	l := mustNew(t, Config{Clock: newFakeClock(), Limit: limits{userKey: {Limit: 3, Window: time.Minute}}.get})
	_, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 2}, smm.Charge{Key: userKey, Cost: 2})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 0})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestLimiterGivesBackWhatWasNotSent(t *testing.T) {
	for _, shape := range []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed, smm.QuotaBucket} {
		clock := newFakeClock()
		l := mustNew(t, Config{Clock: clock, Limit: limits{
			userKey: {Shape: shape, Limit: 2, Window: time.Hour, Burst: 2},
		}.get})
		charge := smm.Charge{Key: userKey, Cost: 2}
		for range 5 {
			g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
			require.NoError(t, err, shape)
			_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
			require.Error(t, err, shape)
			l.Report(t.Context(), g, smm.QuotaReport{At: clock.now})
		}
	}
}

func TestLimiterKeepsSharesForTheUrgent(t *testing.T) {
	for _, shape := range []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed} {
		l := mustNew(t, Config{Clock: newFakeClock(), Limit: limits{
			userKey: {Shape: shape, Limit: 100, Window: time.Hour},
		}.get})
		count := func(p smm.Priority) (n int) {
			for {
				if _, err := l.Reserve(t.Context(), p, smm.Charge{Key: userKey, Cost: 1}); err != nil {
					return n
				}
				n++
			}
		}
		require.Equal(t, 90, count(smm.PriorityBackground))
		require.Equal(t, 5, count(smm.PriorityModerate))
		require.Equal(t, 3, count(smm.PriorityReply))
		require.Equal(t, 2, count(smm.PriorityPublish))
	}
}

func TestLimiterPausesTheKeyAfterA429(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{
		userKey: {Shape: smm.QuotaRolling, Limit: 100, Window: time.Minute},
		appKey:  {Shape: smm.QuotaRolling, Limit: 100, Window: time.Minute},
	}.get})
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1}, smm.Charge{Key: appKey, Cost: 1})
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{
		Sent: true, At: clock.now, Throttle: true, After: 30 * time.Second,
		States: []smm.QuotaState{{Key: userKey, Limit: 100, Remaining: 0, Percent: -1}},
	})
	require.EqualValues(t, 1, l.Throttled())
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
	wait := after(t, err)
	require.GreaterOrEqual(t, wait, 30*time.Second)
	require.LessOrEqual(t, wait, 33*time.Second)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: appKey, Cost: 1})
	require.NoError(t, err, "the headers blamed the other key")

	// The model is a tenth smaller until its window is over.
	clock.now = clock.now.Add(59 * time.Second)
	left := l.budgets[userKey].model.left(clock.now).Remaining
	require.LessOrEqual(t, left, int64(90))
	clock.now = clock.now.Add(2 * time.Second)
	left = l.budgets[userKey].model.left(clock.now).Remaining
	require.EqualValues(t, 100, left)
}

func TestLimiterBacksOffWhenA429NamesNoTime(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock})
	charge := smm.Charge{Key: userKey, Cost: 1}
	var last time.Duration
	for range 4 {
		g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
		require.NoError(t, err)
		l.Report(t.Context(), g, smm.QuotaReport{Sent: true, Throttle: true})
		_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
		wait := after(t, err)
		require.Greater(t, wait, last)
		last = wait
		clock.now = clock.now.Add(wait)
	}
}

func TestLimiterLearnsAnUndeclaredBudget(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock})
	charge := smm.Charge{Key: userKey, Cost: 1}
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true, At: clock.now, States: []smm.QuotaState{
		{Key: userKey, Limit: 3, Remaining: 1, Percent: -1, Reset: clock.now.Add(time.Minute)},
	}})
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.NoError(t, err)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.Error(t, err)
}

func TestLimiterPercent(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Shape: smm.QuotaPercent, Limit: 100, Window: time.Hour}}.get})
	charge := smm.Charge{Key: userKey, Cost: 1}
	tell := func(share float64) {
		g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
		require.NoError(t, err)
		l.Report(t.Context(), g, smm.QuotaReport{Sent: true, At: clock.now, States: []smm.QuotaState{
			{Key: userKey, Limit: -1, Remaining: -1, Percent: share},
		}})
	}
	tell(89)
	_, err := l.Reserve(t.Context(), smm.PriorityBackground, charge)
	require.Error(t, err)
	tell(100)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.Equal(t, 5*time.Minute, after(t, err))
	clock.now = clock.now.Add(5 * time.Minute)
	tell(40) // the one that may look
	_, err = l.Reserve(t.Context(), smm.PriorityBackground, charge)
	require.NoError(t, err)
}

func TestLimiterForgetsIdleKeys(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
		return smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: 10, Window: time.Minute}, true
	}})
	for i := range 10_000 {
		key := smm.QuotaKey{Account: string(rune(i + 0x4e00))}
		g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
		require.NoError(t, err)
		l.Report(t.Context(), g, smm.QuotaReport{Sent: true})
		clock.now = clock.now.Add(time.Second)
	}
	require.LessOrEqual(t, len(l.budgets), 1100)
}

func TestLimiterIgnoresAnswersOfAnOldWindow(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Shape: smm.QuotaFixed, Limit: 10, Window: time.Minute}}.get})
	charge := smm.Charge{Key: userKey, Cost: 1}
	var g [3]smm.QuotaGrant
	for i := range g {
		var err error
		g[i], err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
		require.NoError(t, err)
	}
	tell := func(i int, remaining int64, reset time.Time) {
		l.Report(t.Context(), g[i], smm.QuotaReport{Sent: true, At: clock.now, States: []smm.QuotaState{
			{Key: userKey, Limit: 10, Remaining: remaining, Percent: -1, Reset: reset},
		}})
	}
	soon := clock.now.Add(2 * time.Second)
	tell(0, 1, soon)
	tell(1, 8, soon.Add(time.Minute)) // the platform is in the next window already
	tell(2, 0, soon)                  // and this answer was slow
	left := l.budgets[userKey].model.left(clock.now)
	require.EqualValues(t, 8, left.Remaining)
	require.Equal(t, soon.Add(time.Minute), left.Reset)
}

func TestLimiterShrinksOnceForOneBurstOf429(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Limit: 100, Window: time.Hour}}.get})
	var g []smm.QuotaGrant
	for range 5 {
		one, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
		require.NoError(t, err)
		g = append(g, one)
	}
	for i, one := range g {
		// In between one goes well, which must not confuse the back-off.
		l.Report(t.Context(), one, smm.QuotaReport{Sent: true, Throttle: i != 2})
	}
	require.EqualValues(t, 4, l.Throttled())
	left := l.budgets[userKey].model.left(clock.now).Remaining
	require.EqualValues(t, 100-5-10, left)
}

func TestLimiterPercentStartsAnewAtTheReset(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Shape: smm.QuotaPercent, Window: time.Hour}}.get})
	charge := smm.Charge{Key: userKey, Cost: 1}
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{
		{Key: userKey, Limit: -1, Remaining: -1, Percent: 100, Reset: clock.now.Add(time.Minute)},
	}})
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.Equal(t, time.Minute, after(t, err))
	clock.now = clock.now.Add(time.Minute)
	_, err = l.Reserve(t.Context(), smm.PriorityBackground, charge)
	require.NoError(t, err)
}

func TestLimiterSurvivesSmallerLimitsInHeaders(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: limits{userKey: {Limit: 100, Window: time.Hour}}.get})
	charge := smm.Charge{Key: userKey, Cost: 5}
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{Sent: true, States: []smm.QuotaState{{Key: userKey, Limit: 3, Remaining: 3, Percent: -1}}})
	clock.now = clock.now.Add(time.Hour)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, charge)
	require.Equal(t, time.Hour, after(t, err), "not invalid: the platform may be mistaken")
}

// TestSweepSparesWhatIsAskedFor: the sweep that a new key sets off must not
// take away an idle budget which the same request is charged to.
func TestSweepSparesWhatIsAskedFor(t *testing.T) {
	clock := newFakeClock()
	l := mustNew(t, Config{Clock: clock, Limit: declare(smm.QuotaRolling, 2, time.Minute)})
	for i := range 1024 {
		_, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: smm.QuotaKey{Account: string(rune(i + 0x4e00))}, Cost: 1})
		require.NoError(t, err)
	}
	idle := smm.Charge{Key: smm.QuotaKey{Account: "idle"}, Cost: 1}
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, idle)
	require.NoError(t, err)
	l.Report(t.Context(), g, smm.QuotaReport{})
	l.sweepAt = len(l.budgets)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, idle, smm.Charge{Key: smm.QuotaKey{Account: "new"}, Cost: 1})
	require.NoError(t, err)
	_, err = l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: idle.Key, Cost: 2})
	require.Error(t, err, "one is in flight")
}
