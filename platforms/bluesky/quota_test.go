package bluesky_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
)

// ledgerQuota grants everything and remembers what it was told.
type ledgerQuota struct {
	mu     sync.Mutex
	spent  map[string]int64
	states map[string]smm.QuotaState
	deny   string
}

func (q *ledgerQuota) Reserve(_ context.Context, _ smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, c := range charges {
		if c.Key.Bucket == q.deny {
			return smm.QuotaGrant{}, &smm.RateLimitError{Scope: q.deny, After: time.Hour}
		}
	}
	for _, c := range charges {
		q.spent[c.Key.Bucket] += c.Cost
	}
	return smm.QuotaGrant{Charges: charges}, nil
}

func (q *ledgerQuota) Report(_ context.Context, _ smm.QuotaGrant, r smm.QuotaReport) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range r.States {
		q.states[s.Key.Bucket] = s
	}
}

func TestQuotaIsAskedAndTold(t *testing.T) {
	b := open(t, &blueskytest.Options{WritePointsHour: 100, Requests: 3000})
	q := &ledgerQuota{spent: make(map[string]int64), states: make(map[string]smm.QuotaState)}
	b.config.Quota = q
	ch, ctx := b.channel(t), t.Context()
	r, err := ch.Publish(ctx, &smm.Post{Text: "two points"}, nil)
	require.NoError(t, err)
	require.Equal(t, int64(2), q.spent[bluesky.BudgetWriteHour])
	require.Equal(t, int64(2), q.spent[bluesky.BudgetWriteDay])
	require.Greater(t, q.spent[bluesky.BudgetRequests], int64(2))

	hour := q.states[bluesky.BudgetWriteHour] // the tightest of the three
	require.Equal(t, int64(100), hour.Limit)
	require.Equal(t, int64(98), hour.Remaining)
	require.WithinDuration(t, epoch.Add(time.Hour), hour.Reset, 5*time.Second)
	require.Equal(t, b.account.Channel.ID, hour.Key.Account)
	requests := q.states[bluesky.BudgetRequests]
	require.Equal(t, int64(3000), requests.Limit)
	require.Empty(t, requests.Key.Account, "the server counts requests by address, not by account")

	require.NoError(t, ch.Delete(ctx, r.Post))
	require.Equal(t, int64(3), q.spent[bluesky.BudgetWriteHour])

	q.deny = bluesky.BudgetWriteDay
	commits := b.world.Ledger.Counts(bluesky.Platform).Posts
	res, err := ch.Publish(ctx, &smm.Post{Text: "no points left"}, &smm.PublishOptions{Wait: time.Second})
	require.ErrorIs(t, err, smm.ErrNotDone)
	require.Equal(t, smm.OutcomeNotSent, res.Outcome)
	require.Equal(t, commits, b.world.Ledger.Counts(bluesky.Platform).Posts)

	for bucket, want := range map[string]smm.QuotaLimit{
		bluesky.BudgetRequests:  {Limit: 3000, Window: 5 * time.Minute},
		bluesky.BudgetWriteHour: {Limit: 5000, Window: time.Hour},
		bluesky.BudgetWriteDay:  {Limit: 35000, Window: 24 * time.Hour},
	} {
		l, ok := bluesky.QuotaLimit(smm.QuotaKey{Platform: bluesky.Platform, Bucket: bucket})
		require.True(t, ok)
		require.Equal(t, smm.QuotaFixed, l.Shape)
		require.Equal(t, want.Limit, l.Limit)
		require.Equal(t, want.Window, l.Window)
		require.NotEmpty(t, l.Source)
	}
	_, ok := bluesky.QuotaLimit(smm.QuotaKey{Platform: bluesky.Platform, Bucket: "other"})
	require.False(t, ok)
}
