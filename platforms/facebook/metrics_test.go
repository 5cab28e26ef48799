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

// TestAPartOfASum is not the sum: neither a day that is no number nor a part of
// the time without the metric.
func TestAPartOfASum(t *testing.T) {
	day := func(values string) string {
		return `{"data":[{"name":"page_media_view","period":"day","values":[` + values + `]}]}`
	}
	window := smm.Window{From: epoch.AddDate(0, 0, -120), To: epoch}
	for body, want := range map[string]smm.MetricState{
		day(`{"value":5},{"value":7}`):                   smm.MetricMeasured,
		day(`{"value":{"paid":1}},{"value":7}`):          smm.MetricNotReported,
		day(`{"value":9223372036854775807},{"value":1}`): smm.MetricNotReported,
		`{"data":[]}`: smm.MetricNotReported,
	} {
		d, _ := stub(t, map[string]string{"GET /10/insights": body})
		ms, err := d.ReadMetrics(t.Context(), hostilePage, smm.MetricRequest{Names: []smm.MetricName{smm.MetricImpressions}, Window: window})
		require.NoError(t, err)
		require.Equal(t, want, ms[0].State, body)
		if want == smm.MetricMeasured {
			require.Equal(t, int64(24), ms[0].Value, "two parts of 90 days at most")
		}
	}
}

// TestInsightErrorsAreToldApart: a throttle is no bad name, and is told.
func TestInsightErrorsAreToldApart(t *testing.T) {
	d, s := stub(t, map[string]string{"GET /10/insights": `400 {"error":{"code":80001,"message":"slow down"}}`})
	_, err := d.ReadMetrics(t.Context(), hostilePage, smm.MetricRequest{Window: smm.Window{From: epoch.AddDate(0, 0, -2), To: epoch}})
	require.ErrorIs(t, err, smm.ErrRateLimited)
	require.Len(t, s.asked, 1)
}

// TestOnePartOfThreeIsMissing, and with it the whole.
func TestOnePartOfThreeIsMissing(t *testing.T) {
	whole, odd := `{"data":[{"name":"page_media_view","period":"day","values":[{"value":5}]}]}`, `{"data":[{"name":"page_media_view","period":"day","values":[{"value":{}}]}]}`
	for n, want := range map[int]smm.MetricState{-1: smm.MetricMeasured, 0: smm.MetricNotReported, 1: smm.MetricNotReported, 2: smm.MetricNotReported} {
		d, s := stub(t, nil)
		s.says = map[string]string{"GET /10/insights": whole}
		asked := 0
		s.before = func() {
			s.says["GET /10/insights"] = whole
			if asked == n {
				s.says["GET /10/insights"] = odd
			}
			asked++
		}
		ms, err := d.ReadMetrics(t.Context(), hostilePage, smm.MetricRequest{
			Names: []smm.MetricName{smm.MetricImpressions}, Window: smm.Window{From: epoch.AddDate(0, 0, -200), To: epoch},
		})
		require.NoError(t, err)
		require.Equal(t, 3, asked)
		require.Equal(t, want, ms[0].State, n)
	}
}
