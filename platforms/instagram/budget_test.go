package instagram_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// TestPostsOfADay are taken from Config.Quota before they leave; comments and
// messages are not. What does not fit waits for its turn.
func TestPostsOfADay(t *testing.T) {
	b := open(t, nil)
	q, err := quota.New(quota.Config{Clock: b.world.Clock, Limit: func(key smm.QuotaKey) (smm.QuotaLimit, bool) {
		l, ok := instagram.QuotaLimit(key)
		if key.Bucket == "posts" {
			l.Limit = 2
		}
		return l, ok
	}})
	require.NoError(t, err)
	b.config.Quota = q
	left := func() int64 {
		s, err := q.Left(t.Context(), smm.QuotaKey{Platform: instagram.Platform, Space: b.URL()[len("http://"):], Account: b.account.Channel.ID, Bucket: "posts"})
		require.NoError(t, err)
		require.Len(t, s, 1)
		return s[0].Remaining
	}
	b.publish(t, &smm.Post{Text: "one", Media: picture("").Media, FirstComment: "and more"})
	require.EqualValues(t, 1, left())
	b.publish(t, picture("two"))
	require.Zero(t, left())
	began := b.world.Clock.Now()
	_, err = b.channel(t).Publish(t.Context(), picture("three"), &smm.PublishOptions{Wait: 48 * time.Hour})
	require.NoError(t, err)
	require.GreaterOrEqual(t, b.world.Clock.Now().Sub(began), 23*time.Hour, "it left when the first was a day old")
	require.Equal(t, 3, b.world.Ledger.Counts(instagram.Platform).Posts)

	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	var keys []smm.QuotaKey
	for _, s := range h.Facts.Quotas {
		if s.Key.Bucket == "posts" {
			keys = append(keys, s.Key)
		}
	}
	require.Len(t, keys, 1)
	told, err := q.Left(t.Context(), keys...)
	require.NoError(t, err)
	require.Len(t, told, 1, "what the health shows is the budget that is charged")
	l, ok := instagram.QuotaLimit(keys[0])
	require.True(t, ok)
	require.Equal(t, smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: instagram.MaxPostsPerDay, Window: 24 * time.Hour, Source: l.Source}, l)
}
