package x_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// TestWindow: what a post gathered in a time is counted by analytics, to own posts
// alone, and an account has no history.
func TestWindow(t *testing.T) {
	g := stand(t, nil)
	own := g.publish(t, &smm.Post{Text: "own"}).Post
	require.NoError(t, g.SetMetrics(own.ID, xtest.Metrics{Impressions: 100, LinkClicks: 7}))
	theirs, err := g.VisitorPosts(t.Context(), visitorHandle, "", "theirs")
	require.NoError(t, err)
	g.world.Clock.Advance(3 * time.Hour)
	read := func(w smm.Window, names ...smm.MetricName) map[string]smm.Metric {
		got, err := g.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{own, theirs, g.account.Channel}, Names: names, Window: w})
		require.NoError(t, err)
		out := map[string]smm.Metric{}
		for _, m := range got {
			require.Equal(t, w, m.Window)
			require.False(t, m.AsOf.IsZero())
			out[map[string]string{own.ID: "own", theirs.ID: "theirs"}[m.Subject.ID]+" "+string(m.Name)] = m
		}
		return out
	}
	state := func(m smm.Metric) string { return string(m.State) + " " + strconv.FormatInt(m.Value, 10) }

	whole := read(smm.Window{From: epoch.Add(-time.Hour)})
	require.Len(t, whole, 2*10+3)
	require.Equal(t, "measured 100", state(whole["own impressions"]))
	require.Equal(t, "analytics.impressions", whole["own impressions"].Native.Name)
	require.Equal(t, "measured 7", state(whole["own clicks"]))
	require.Equal(t, "zero 0", state(whole["own likes"]))
	require.Equal(t, " 0", state(whole["theirs impressions"]), "X tells it to the author alone")
	require.Equal(t, " 0", state(whole[" followers"]))

	later := read(smm.Window{From: epoch.Add(time.Hour), To: epoch.Add(2 * time.Hour)}, smm.MetricImpressions, smm.MetricReach)
	require.Equal(t, "zero 0", state(later["own impressions"]), "nothing more came in")
	require.Equal(t, " 0", state(later["own reach"]), "nobody counts it")

	ahead := read(smm.Window{From: epoch.Add(48 * time.Hour)}, smm.MetricImpressions, smm.MetricReach)
	require.Equal(t, "not-yet 0", state(ahead["own impressions"]))
	require.Equal(t, " 0", state(ahead["own reach"]))
	require.Equal(t, " 0", state(ahead[" impressions"]))
}

// TestWindowRequests: one for a hundred posts, up to now, and none for nothing.
func TestWindowRequests(t *testing.T) {
	b := open(t).says(200, `{"data":[
		{"id":"5","timestamped_metrics":[{"timestamp":"2026-11-01T00:00:00Z","metrics":{"impressions":7,"likes":1,"reposts":4}},{"metrics":{"impressions":3,"likes":null,"reposts":0}}]},
		{"id":"6","timestamped_metrics":[],"impressions":9,"retweets":2,"quote_posts":3},
		{"id":"8","timestamped_metrics":[{"metrics":{"impressions":9223372036854775807,"likes":-1}},{"metrics":{"impressions":1}}]}]}`)
	d, ch := b.driver(t)
	subjects := []smm.Ref{ch.WithKind(smm.KindPost, "5"), ch.WithKind(smm.KindComment, "6"), ch.WithKind(smm.KindPost, "5"), ch.WithKind(smm.KindPost, "8")}
	day := smm.Window{From: epoch.Add(-24 * time.Hour), To: epoch.Add(time.Hour)}
	got, err := d.ReadMetrics(t.Context(), ch, smm.MetricRequest{
		Subjects: subjects, Window: day, Names: []smm.MetricName{smm.MetricImpressions, smm.MetricLikes, smm.MetricShares, smm.MetricQuotes},
	})
	require.NoError(t, err)
	var said []string
	for _, m := range got {
		said = append(said, strings.Join([]string{m.Subject.ID, string(m.Name), string(m.State), strconv.FormatInt(m.Value, 10)}, " "))
	}
	require.Equal(t, []string{
		"5 impressions measured 10", "5 likes  0", "5 shares measured 4", "5 quotes  0",
		"6 impressions measured 9", "6 likes  0", "6 shares measured 2", "6 quotes measured 3",
		"5 impressions measured 10", "5 likes  0", "5 shares measured 4", "5 quotes  0",
		"8 impressions  0", "8 likes  0", "8 shares  0", "8 quotes  0",
	}, said, "a count that an interval lacks, and one that does not fit, are not known")
	seen := b.requests()
	require.Len(t, seen, 1)
	require.Equal(t, "GET /2/tweets/analytics?end_time=2026-11-02T09%3A00%3A00Z&granularity=total&ids=5%2C6%2C8&start_time=2026-11-01T09%3A00%3A00Z", seen[0].line())

	for _, r := range []smm.MetricRequest{
		{Subjects: subjects, Names: []smm.MetricName{smm.MetricReach}, Window: day}, {Window: day},
		{Subjects: subjects, Window: smm.Window{From: epoch}},
	} {
		_, err = d.ReadMetrics(t.Context(), ch, r)
		require.NoError(t, err)
		require.Empty(t, b.requests(), "nothing that X could answer was asked for")
	}
	many := make([]smm.Ref, 101)
	for i := range many {
		many[i] = ch.WithKind(smm.KindPost, strconv.Itoa(1000+i))
	}
	_, err = d.ReadMetrics(t.Context(), ch, smm.MetricRequest{Subjects: many, Window: day})
	require.NoError(t, err)
	require.Len(t, b.requests(), 2)
}

// TestWindowOfTheTiers: what a contract lacks is not reported, and is not asked for
// where the tier is known; a failure is none of that.
func TestWindowOfTheTiers(t *testing.T) {
	for tier, asked := range map[x.Tier]int{x.TierSelfServe: 0, "": 1} {
		g := stand(t, &xtest.Options{Tier: xtest.SelfServe, NoQuotas: true})
		own := g.publish(t, &smm.Post{Text: "own"}).Post
		g.config.Tier = tier
		g.world.Clock.Advance(time.Hour)
		before := g.world.Faults.Requests(sim.Op{Platform: x.Platform, Name: "GET /2/tweets/analytics", Class: sim.Read})
		got, err := g.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: []smm.Ref{own}, Window: smm.Window{From: epoch.Add(-time.Hour)}})
		require.NoError(t, err)
		require.Len(t, got, 10)
		for _, m := range got {
			require.Equal(t, smm.MetricNotReported, m.State)
			require.Zero(t, m.Value)
		}
		require.Equal(t, asked, g.world.Faults.Requests(sim.Op{Platform: x.Platform, Name: "GET /2/tweets/analytics", Class: sim.Read})-before, tier)
	}
	for status, fails := range map[int]bool{400: false, 404: false, 401: true, 500: true, 429: true} {
		b := open(t).says(status, `{"title":"no","detail":"no","type":"about:blank","status":`+strconv.Itoa(status)+`}`)
		d, ch := b.driver(t)
		_, err := d.ReadMetrics(t.Context(), ch, smm.MetricRequest{Subjects: []smm.Ref{ch.WithKind(smm.KindPost, "5")}, Window: smm.Window{From: epoch.Add(-time.Hour)}})
		require.Equal(t, fails, err != nil, "%d: %v", status, err)
	}
}
