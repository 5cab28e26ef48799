package facebook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

// TestBudgetOfReels: they are taken from Config.Quota before they leave, and no other posts.
func TestBudgetOfReels(t *testing.T) {
	b := open(t, nil)
	q, err := quota.New(quota.Config{Clock: b.world.Clock, Limit: func(key smm.QuotaKey) (smm.QuotaLimit, bool) {
		l, ok := facebook.QuotaLimit(key)
		if key.Bucket == "reels" {
			l.Limit = 1
		}
		return l, ok
	}})
	require.NoError(t, err)
	b.config.Quota = q
	reel := func(text string) *smm.Post {
		return options(t, &smm.Post{Text: text, Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel})
	}
	b.publish(t, reel("one"))
	b.publish(t, &smm.Post{Text: "no reel", Media: []smm.Media{{Name: "clip.mp4"}}})
	h, err := b.channel(t).Health(t.Context())
	require.NoError(t, err)
	shown := false
	for _, s := range h.Facts.Quotas {
		if s.Key.Bucket == "reels" {
			shown = true
			require.Equal(t, b.account.Channel.ID, s.Key.Account)
			require.Zero(t, s.Remaining)
		}
	}
	require.True(t, shown)
	began := b.world.Clock.Now()
	_, err = b.channel(t).Publish(t.Context(), reel("two"), &smm.PublishOptions{Wait: 48 * time.Hour})
	require.NoError(t, err)
	require.GreaterOrEqual(t, b.world.Clock.Now().Sub(began), 23*time.Hour, "it left when the first was a day old")
	require.Len(t, b.items(), 3)
	l, ok := facebook.QuotaLimit(smm.QuotaKey{Platform: facebook.Platform, Bucket: "reels"})
	require.True(t, ok)
	require.Equal(t, smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: facebook.MaxReelsPerDay, Window: 24 * time.Hour, Source: l.Source}, l)
}
