package facebook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func find(t testing.TB, ms []smm.Metric, name smm.MetricName) smm.Metric {
	t.Helper()
	for _, m := range ms {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no %s", name)
	return smm.Metric{}
}

// TestOneDeadMetric costs its own number and those of no other.
func TestOneDeadMetric(t *testing.T) {
	opts := noQuotas()
	opts.DeadMetrics = []string{"post_video_views"}
	b := open(t, opts)
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	b.Views(post.ID, 120)
	b.SetInsight(post.ID, "post_total_media_view_unique", "80")
	b.SetInsight(post.ID, "post_clicks_by_type", `{"link clicks":7,"other clicks":9}`)
	b.SetInsight(post.ID, "post_video_view_time", `"soon"`)
	before := b.world.Faults.RequestsOf(sim.Read)
	ms, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{post}})
	require.NoError(t, err)
	require.LessOrEqual(t, b.world.Faults.RequestsOf(sim.Read)-before, 8)
	require.Equal(t, int64(120), find(t, ms, smm.MetricImpressions).Value)
	require.Equal(t, int64(80), find(t, ms, smm.MetricReach).Value)
	require.Equal(t, int64(7), find(t, ms, smm.MetricClicks).Value)
	require.Equal(t, smm.MetricNotReported, find(t, ms, smm.MetricViews).State)
	require.Equal(t, smm.MetricNotReported, find(t, ms, smm.MetricWatchTime).State)
	require.Equal(t, smm.MetricZero, find(t, ms, smm.MetricLikes).State)
	require.Equal(t, "post_media_view", find(t, ms, smm.MetricImpressions).Native.Name)

	// Without a wish for insights none are asked for.
	before = b.world.Faults.RequestsOf(sim.Read)
	_, err = b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{post}, Names: []smm.MetricName{smm.MetricLikes}})
	require.NoError(t, err)
	require.Equal(t, 1, b.world.Faults.RequestsOf(sim.Read)-before)

	got, err := b.vendor(t).Insights.Of(t.Context(), facebook.ID(post.ID), facebook.InsightParams{
		Metrics: []string{"post_media_view", "post_impressions", "post_clicks", "post_engaged_users"}, Period: facebook.PeriodLifetime,
	})
	require.NoError(t, err)
	require.Equal(t, []string{"post_impressions", "post_engaged_users"}, got.Refused)
	require.Len(t, got.Metrics, 2)
	_, err = b.vendor(t).Insights.Of(t.Context(), "12345", facebook.InsightParams{Metrics: []string{"post_media_view", "post_clicks"}})
	require.ErrorIs(t, err, smm.ErrNotFound, "a node that is not there is no bad name")
}

// TestPageWindow: days are added up, people are told for one day only, and a long
// time is asked for in parts.
func TestPageWindow(t *testing.T) {
	b := open(t, nil)
	page := b.account.Channel
	b.Views(page.ID, 10)
	b.SetInsight(page.ID, "page_total_media_view_unique", "4")
	ask := func(days int) []smm.Metric {
		t.Helper()
		to := epoch.Truncate(24 * time.Hour)
		ms, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{Window: smm.Window{From: to.AddDate(0, 0, -days), To: to}})
		require.NoError(t, err)
		return ms
	}
	week := ask(7)
	require.Equal(t, int64(70), find(t, week, smm.MetricImpressions).Value)
	require.Equal(t, smm.MetricNotReported, find(t, week, smm.MetricReach).State)
	require.Equal(t, smm.MetricNotReported, find(t, week, smm.MetricFollowers).State, "as of now, and not of then")
	require.False(t, find(t, week, smm.MetricImpressions).Window.Lifetime())
	require.Equal(t, int64(4), find(t, ask(1), smm.MetricReach).Value)
	require.Equal(t, int64(2000), find(t, ask(200), smm.MetricImpressions).Value)

	b.SetInsight(page.ID, "page_media_view", `{"paid":1}`)
	require.Equal(t, smm.MetricNotReported, find(t, ask(2), smm.MetricImpressions).State, "a part of a sum is not the sum")

	ms, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{})
	require.NoError(t, err)
	require.Equal(t, smm.MetricZero, find(t, ms, smm.MetricFollowers).State)
	require.Equal(t, smm.MetricNotReported, find(t, ms, smm.MetricImpressions).State)
}

func TestReelAndCommentMetrics(t *testing.T) {
	b := open(t, nil)
	reel := b.reel(t, "a reel")
	b.SetInsight(reel.ID, "fb_reels_total_plays", "33")
	ms, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{reel}})
	require.NoError(t, err)
	require.Equal(t, int64(33), find(t, ms, smm.MetricViews).Value)

	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	c, err := b.VisitorPosts(t.Context(), visitorHandle, post.ID, "nice")
	require.NoError(t, err)
	require.NoError(t, b.VisitorLikes(t.Context(), "otto", c.ID, false))
	ms, err = b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{c}})
	require.NoError(t, err)
	require.Equal(t, int64(1), find(t, ms, smm.MetricLikes).Value)
}

// TestInsightsNeedAScope: what comes with the post is told without it.
func TestInsightsNeedAScope(t *testing.T) {
	opts := noQuotas()
	opts.Scopes = []string{"pages_manage_posts", "pages_read_engagement", "pages_show_list"}
	b := open(t, opts)
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	require.NoError(t, b.VisitorLikes(t.Context(), "otto", post.ID, false))
	ms, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{post}})
	require.NoError(t, err)
	require.Equal(t, int64(1), find(t, ms, smm.MetricLikes).Value)
	require.Equal(t, smm.MetricNotReported, find(t, ms, smm.MetricImpressions).State)
}
