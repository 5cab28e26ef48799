package httpx

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

var userKey = smm.QuotaKey{Platform: "x", Account: "u", Bucket: "user"}

func after(t *testing.T, err error) time.Duration {
	t.Helper()
	e, ok := errors.AsType[*smm.RateLimitError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, smm.ErrRateLimited)
	return e.After
}

// pace is a Quota of one request in a time, which remembers how urgent the
// requests were. The zero value grants everything.
type pace struct {
	clock smm.Clock
	every time.Duration
	next  time.Time
	asked []smm.Priority
}

func (q *pace) Reserve(_ context.Context, p smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	q.asked = append(q.asked, p)
	if q.every > 0 {
		now := q.clock.Now()
		if wait := q.next.Sub(now); wait > 0 {
			return smm.QuotaGrant{}, &smm.RateLimitError{Scope: "user", After: wait}
		}
		q.next = now.Add(q.every)
	}
	return smm.QuotaGrant{Charges: charges}, nil
}

func (q *pace) Report(context.Context, smm.QuotaGrant, smm.QuotaReport) {}

// TestPriority: by default nothing is background work, which would keep
// publishing from the last tenth of a budget. The context stands above all.
func TestPriority(t *testing.T) {
	s, _ := statusServer(t, nil, 200)
	q := &pace{}
	c := testClient(t, s.URL, func(cfg *Config) { cfg.Quota = q })
	request := func(p smm.Priority) *Request {
		r := get()
		r.Charges, r.Priority = []smm.Charge{{Key: userKey, Cost: 1}}, p
		return r
	}
	background := smm.ContextWithPriority(t.Context(), smm.PriorityBackground)
	for _, step := range []struct {
		ctx  context.Context
		own  smm.Priority
		want [3]smm.Priority // of Read, Write and Commit
	}{
		{t.Context(), 0, [3]smm.Priority{smm.PriorityModerate, smm.PriorityReply, smm.PriorityPublish}},
		{t.Context(), smm.PriorityReply, [3]smm.Priority{smm.PriorityReply, smm.PriorityReply, smm.PriorityReply}},
		{background, smm.PriorityReply, [3]smm.Priority{}},
	} {
		q.asked = nil
		_, err := c.Read(step.ctx, request(step.own))
		require.NoError(t, err)
		_, err = c.Write(step.ctx, request(step.own))
		require.NoError(t, err)
		_, _, err = c.Commit(step.ctx, request(step.own))
		require.NoError(t, err)
		require.Equal(t, step.want[:], q.asked)
	}
}
