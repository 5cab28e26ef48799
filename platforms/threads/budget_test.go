package threads_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// TestBudgetsOfADay: posts, replies and deletions are taken from Config.Quota before
// they leave, each from its own, and what does not fit waits for its turn.
func TestBudgetsOfADay(t *testing.T) {
	b := open(t, nil)
	q, err := quota.New(quota.Config{Clock: b.world.Clock, Limit: func(key smm.QuotaKey) (smm.QuotaLimit, bool) {
		l, ok := threads.QuotaLimit(key)
		if key.Bucket == "posts" {
			l.Limit = 2
		}
		return l, ok
	}})
	require.NoError(t, err)
	b.config.Quota = q
	left := func(bucket string) int64 {
		key := smm.QuotaKey{Platform: threads.Platform, Space: b.URL()[len("http://"):], Account: b.account.Channel.ID, Bucket: bucket}
		s, err := q.Left(t.Context(), key)
		require.NoError(t, err)
		if len(s) == 0 {
			l, _ := threads.QuotaLimit(key)
			return l.Limit
		}
		return s[0].Remaining
	}
	first := b.publish(t, &smm.Post{Text: "one", FirstComment: "and more"})
	require.EqualValues(t, 1, left("posts"))
	require.EqualValues(t, 999, left("replies"))
	b.publish(t, &smm.Post{Text: "two"})
	require.Zero(t, left("posts"))
	require.NoError(t, b.channel(t).Delete(t.Context(), first.Post))
	require.EqualValues(t, 99, left("deletes"))

	began := b.world.Clock.Now()
	_, err = b.channel(t).Publish(t.Context(), &smm.Post{Text: "three"}, &smm.PublishOptions{Wait: 48 * time.Hour})
	require.NoError(t, err)
	require.GreaterOrEqual(t, b.world.Clock.Now().Sub(began), 23*time.Hour, "it left when the first was a day old")
	require.Less(t, b.world.Clock.Now().Sub(began), 25*time.Hour)
	require.Equal(t, 3, b.world.Ledger.Counts(threads.Platform).Posts)

	for bucket, n := range map[string]int64{"posts": 250, "replies": 1000, "deletes": 100} {
		l, ok := threads.QuotaLimit(smm.QuotaKey{Platform: threads.Platform, Bucket: bucket})
		require.True(t, ok)
		require.Equal(t, smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: n, Window: 24 * time.Hour, Source: l.Source}, l)
		require.NotEmpty(t, l.Source)
	}
}
