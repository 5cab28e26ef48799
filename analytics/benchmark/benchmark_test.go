package benchmark

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

var (
	monday = time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	month  = Options{From: monday, To: monday.AddDate(0, 0, 28), Seed: 1}
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, within)
	}
}

func value(t *testing.T, what string, e Estimate) float64 {
	t.Helper()
	v, ok := e.Float64()
	if !ok {
		t.Fatalf("%s is undefined: %s", what, e.Reason)
	}
	return v
}

func must(t *testing.T, own Account, peers []Account, o Options) Comparison {
	t.Helper()
	c, err := Compare(own, peers, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func count(name smm.MetricName, n int64) smm.Metric {
	return smm.Metric{Name: name, Value: n, State: smm.Counted(n), Unit: smm.UnitCount}
}

// post has likes alone, and zero comments and shares.
func post(at time.Time, kind string, likes int64) Post {
	var c analytics.Counts
	for _, m := range []smm.Metric{count(smm.MetricLikes, likes), count(smm.MetricComments, 0), count(smm.MetricShares, 0)} {
		c = c.With(m.Name, analytics.ValueOf(m))
	}
	return Post{At: at, Type: kind, Counts: c}
}

func level(at time.Time, n int64) analytics.Point {
	return analytics.Point{At: at, N: n, State: smm.MetricMeasured}
}

// account posts every so many hours, with the likes in turn.
func account(name string, every time.Duration, followers int64, kind string, likes ...int64) Account {
	a := Account{Name: name, Channel: smm.Ref{Platform: "mastodon", Space: "example.org", Kind: smm.KindChannel, ID: name}}
	for at, i := monday.Add(9*time.Hour), 0; at.Before(monday.AddDate(0, 0, 28)); at, i = at.Add(every), i+1 {
		a.Posts = append(a.Posts, post(at, kind, likes[i%len(likes)]))
	}
	a.Followers = []analytics.Point{level(monday, followers), level(monday.AddDate(0, 0, 27), followers+followers/10)}
	return a
}

const day = 24 * time.Hour

func field() (own Account, peers []Account) {
	own = account("us", day, 1000, "image", 20, 40)
	peers = []Account{
		account("a", 2*day, 2000, "image", 20),         // 1 %
		account("b", day, 500, "video", 10),            // 2 %
		account("c", 12*time.Hour, 100, "video", 5, 3), // 4 %
		account("d", 4*day, 1000, "image", 100),        // 7 posts: not enough
	}
	return own, peers
}

func TestCompareByHand(t *testing.T) {
	own, peers := field()
	for i := range append([]Account{own}, peers...) {
		// One level for all posts, so that rates are round.
		a := &own
		if i > 0 {
			a = &peers[i-1]
		}
		a.Followers[1].N = a.Followers[0].N
	}
	c := must(t, own, peers, month)

	e := c.EngagementRateByFollowers
	near(t, "our rate", value(t, "own", e.Own), 0.03, 1e-12)
	near(t, "rate of c", value(t, "c", e.Peers[2].Estimate), 0.04, 1e-12)
	near(t, "median of 1, 2, 4 %", value(t, "median", e.Median), 0.02, 1e-12)
	near(t, "gap", value(t, "gap", e.Gap), 0.01, 1e-12)
	near(t, "percentile: 2 of 3 below", value(t, "percentile", e.Percentile), 2.0/3, 1e-12)
	if e.Own.N != 28 || e.Median.N != 3 || e.Percentile.N != 3 || e.Own.State != analytics.StateComplete {
		t.Errorf("%+v", e)
	}
	if d := e.Peers[3].Estimate; d.State != analytics.StateUndefined || !strings.Contains(d.Reason, "not enough posts: 7 with engagements and followers, and 10 are needed") {
		t.Errorf("d: %+v", d)
	}
	near(t, "percentile, low: 2 of 3", e.Percentile.Interval.Low, 0.20766, 1e-5)
	near(t, "percentile, high", e.Percentile.Interval.High, 0.93851, 1e-5)

	f := c.PostsPerWeek
	near(t, "ours", value(t, "own", f.Own), 7, 1e-12)
	near(t, "median of 3.5, 7, 14, 1.75", value(t, "median", f.Median), 5.25, 1e-12)
	near(t, "percentile: below a, d; equal b; above c", value(t, "percentile", f.Percentile), 2.5/4, 1e-12)

	near(t, "image", value(t, "image", c.Mix.Rows[0].Own), 1, 0)
	near(t, "peers' images", c.Mix.Rows[0].Peers, 1.0/3, 1e-12)
	near(t, "mix distance", c.Mix.Distance, 2.0/3, 1e-12)
	if c.Mix.Peers != 3 || c.Mix.Rows[1].Type != "video" || c.Mix.Rows[1].Gap.Interval.High > -0.4 {
		t.Errorf("%+v", c.Mix)
	}
	// Ours are at 9; of c half are at 21; a and b at 9.
	near(t, "hours", c.Times.HourDistance.Value, 12.0/6, 1e-12)
	near(t, "peers at 21", c.Times.PeerHours[21], 1.0/6, 1e-12)
	near(t, "ours at 9", c.Times.OwnHours[9], 1, 1e-12)
	near(t, "no growth", value(t, "growth", c.FollowerGrowthPer30Days.Own), 0, 0)
	if c.FollowerGrowthPer30Days.Gap.Interval != nil {
		t.Error("growth is counted and has no interval")
	}
}

func TestGrowth(t *testing.T) {
	own, peers := field()
	own.Followers = []analytics.Point{level(monday.AddDate(0, -1, 0), 1), level(monday, 1000), level(monday.AddDate(0, 0, 15), 1100), level(monday.AddDate(0, 1, 0), 5)}
	g := must(t, own, peers, month).FollowerGrowthPer30Days
	near(t, "10 % in 15 days, within the time alone", value(t, "growth", g.Own), 0.21, 1e-9)
	if g.Own.N != 15 {
		t.Errorf("%d days", g.Own.N)
	}
	own.Followers = own.Followers[:2]
	if g := must(t, own, peers, month).FollowerGrowthPer30Days; g.Own.State != analytics.StateUndefined || !strings.Contains(g.Gap.Reason, "only one day is known") {
		t.Errorf("%+v", g.Own)
	}
	own.Followers = []analytics.Point{level(monday, 1000), level(monday.AddDate(0, 0, 5), 1100)}
	if g := must(t, own, peers, month).FollowerGrowthPer30Days; !strings.Contains(g.Own.Reason, "14 are needed") {
		t.Errorf("%+v", g.Own)
	}
}

// Posts are measured by the followers of their day, and by their own where they
// have them.
func TestFollowersOfTheDay(t *testing.T) {
	v := &view{Account: Account{Followers: []analytics.Point{
		level(monday.AddDate(0, 0, 20), 300), level(monday, 100), level(monday.AddDate(0, 0, 10), 200),
		{At: monday.AddDate(0, 0, 11), N: 999, State: smm.MetricNotReported},
	}}}
	for days, want := range map[int]int64{-3: 100, 0: 100, 9: 100, 10: 200, 12: 200, 25: 300} {
		if got := v.followersAt(post(monday.AddDate(0, 0, days), "", 1)); got.Total != want {
			t.Errorf("day %d: %d, want %d", days, got.Total, want)
		}
	}
	own := post(monday, "", 1)
	own.Counts = own.Counts.With(smm.MetricFollowers, analytics.Count(77))
	if got := v.followersAt(own); got.Total != 77 {
		t.Errorf("own: %d", got.Total)
	}
	if got := (&view{}).followersAt(post(monday, "", 1)); got.State() != analytics.StateUndefined {
		t.Errorf("nobody knows: %+v", got)
	}
}

func TestNotEnoughPosts(t *testing.T) {
	own, peers := field()
	own.Posts = own.Posts[:9]
	c := must(t, own, peers, month)
	for what, got := range map[string]struct {
		state  analytics.State
		reason string
	}{
		"engagement": {c.EngagementRateByFollowers.Own.State, c.EngagementRateByFollowers.Own.Reason},
		"gap":        {c.EngagementRateByFollowers.Gap.State, c.EngagementRateByFollowers.Gap.Reason},
		"percentile": {c.EngagementRateByFollowers.Percentile.State, c.EngagementRateByFollowers.Percentile.Reason},
		"mix":        {c.Mix.State, c.Mix.Reason},
		"times":      {c.Times.State, c.Times.Reason},
	} {
		if got.state != analytics.StateUndefined || !strings.Contains(got.reason, "not enough posts: 9") {
			t.Errorf("%s: %s %q", what, got.state, got.reason)
		}
	}
	near(t, "nine posts are a frequency", value(t, "frequency", c.PostsPerWeek.Own), 2.25, 1e-12)

	own, peers = field()
	c = must(t, own, peers[3:], month)
	if c.Mix.State != analytics.StateUndefined || c.EngagementRateByFollowers.Median.State != analytics.StateUndefined || !strings.Contains(c.EngagementRateByFollowers.Gap.Reason, "no competitor has a number: d not enough posts") {
		t.Errorf("%+v", c.EngagementRateByFollowers.Gap)
	}
	c = must(t, own, peers[:2], month)
	if e := c.EngagementRateByFollowers; e.Gap.State == analytics.StateUndefined || !strings.Contains(e.Percentile.Reason, "2 competitors with a number, and 3 are needed") {
		t.Errorf("%+v", e)
	}
}

// What is not known is left out and said, never counted as zero.
func TestUnknownIsNotZero(t *testing.T) {
	own, peers := field()
	for i := range 6 {
		own.Posts[i].Counts = analytics.Counts{}.With(smm.MetricLikes, analytics.Value{Unit: smm.UnitCount, Parts: analytics.Parts{Withdrawn: 1}})
	}
	own.Followers = own.Followers[:1]
	c := must(t, own, peers, month)
	near(t, "rate of the other 22", value(t, "own", c.EngagementRateByFollowers.Own), 0.03, 1e-12)
	if e := c.EngagementRateByFollowers.Own; e.N != 22 || e.State != analytics.StateIncomplete || e.Reason == "" {
		t.Errorf("%+v", e)
	}
	if c.EngagementRateByFollowers.Gap.State != analytics.StateIncomplete {
		t.Errorf("the gap forgets it: %+v", c.EngagementRateByFollowers.Gap)
	}
	if !slices.Contains(c.Notes, "us: 6 of 28 posts lack engagements or followers and are left out of the rate") {
		t.Errorf("%q", c.Notes)
	}
}

func TestSinceShortensTheTime(t *testing.T) {
	own, peers := field()
	own.Since = monday.AddDate(0, 0, 14)
	c := must(t, own, peers, month)
	near(t, "still daily", value(t, "frequency", c.PostsPerWeek.Own), 7, 1e-12)
	if c.PostsPerWeek.Own.N != 14 || !strings.Contains(c.Notes[0], "since 2026-09-21 only") {
		t.Errorf("%+v %q", c.PostsPerWeek.Own, c.Notes)
	}
	own.Since = monday.AddDate(0, 0, 25)
	if e := must(t, own, peers, month).PostsPerWeek.Own; e.State != analytics.StateUndefined || !strings.Contains(e.Reason, "3.0 days") {
		t.Errorf("%+v", e)
	}
}

func TestCompareRefuses(t *testing.T) {
	own, peers := field()
	with := func(f func(*Options)) Options { o := month; f(&o); return o }
	timeless := own
	timeless.Posts = []Post{{}}
	mixed := own
	mixed.Posts = slices.Clone(own.Posts)
	mixed.Posts[0].Counts = mixed.Posts[0].Counts.With(smm.MetricComments, analytics.Value{Total: 1, Unit: smm.UnitMillis, Parts: analytics.Parts{Measured: 1}})
	negative := own
	negative.Followers = []analytics.Point{level(monday, -5)}
	for name, c := range map[string]struct {
		own   Account
		peers []Account
		o     Options
		want  string
	}{
		"no time":      {own, peers, Options{}, "at least a week"},
		"a day":        {own, peers, with(func(o *Options) { o.To = o.From.Add(day) }), "at least a week"},
		"level":        {own, peers, with(func(o *Options) { o.Level = 95 }), "a fraction"},
		"posts":        {own, peers, with(func(o *Options) { o.MinPosts = 1 }), "2 and 1 or more"},
		"resamples":    {own, peers, with(func(o *Options) { o.Resamples = 5 }), "100 to 100,000"},
		"nobody":       {own, nil, month, "no competitors"},
		"ourselves":    {own, append(slices.Clone(peers), own), month, "appears twice"},
		"timeless":     {timeless, peers, month, "set At"},
		"other units":  {mixed, peers, month, "cannot add"},
		"minus people": {negative, peers, month, "not negative"},
	} {
		if _, err := Compare(c.own, c.peers, c.o); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSameSeedSameNumbers(t *testing.T) {
	own, peers := field()
	a, b := must(t, own, peers, month), must(t, own, peers, month)
	if !reflect.DeepEqual(a, b) {
		t.Error("differs without a reason")
	}
	other := month
	other.Seed = 2
	if c := must(t, own, peers, other); reflect.DeepEqual(a, c) {
		t.Error("the seed changes nothing")
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back Comparison
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(a, back) {
		t.Errorf("does not survive JSON: %v", err)
	}
}

// random makes up an account with a true rate, mix and hour.
func random(r *rand.Rand, name string, posts int, rate, videos float64, hour int) Account {
	a := Account{Name: name, Followers: []analytics.Point{level(monday, 10_000)}}
	for range posts {
		at := monday.AddDate(0, 0, r.IntN(28)).Add(time.Duration(((hour+r.IntN(7)-3)+24)%24) * time.Hour)
		kind := "image"
		if r.Float64() < videos {
			kind = "video"
		}
		// Log-normal with a standard deviation of 0.6, and of mean 1.
		likes := 10_000 * rate * math.Exp(0.6*r.NormFloat64()-0.18)
		a.Posts = append(a.Posts, post(at, kind, int64(math.Round(likes))))
	}
	return a
}

// TestIntervalsHold measures how often the intervals hold the truth.
func TestIntervalsHold(t *testing.T) {
	runs, slack := 150, 0.0
	if testing.Short() {
		runs, slack = 30, 0.08
		t.Log("-short: fewer accounts and wider bounds")
	}
	o := month
	o.Resamples = 300
	var rate, gap, share, freq, mixGap int
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 5))
		o.Seed = uint64(run)
		own := random(r, "us", 40, 0.03, 0.4, 12)
		own.Posts = own.Posts[:int(30+10*r.Float64())]
		var peers []Account
		for i := range 5 { // the median of these rates is 0.02
			peers = append(peers, random(r, fmt.Sprint(i), 60, 0.01+0.005*float64(i), 0.3, 12))
		}
		c := must(t, own, peers, o)
		in := func(iv *Interval, truth float64) int {
			if iv != nil && iv.Low <= truth && truth <= iv.High {
				return 1
			}
			return 0
		}
		rate += in(c.EngagementRateByFollowers.Own.Interval, 0.03)
		gap += in(c.EngagementRateByFollowers.Gap.Interval, 0.01)
		share += in(c.Mix.Rows[1].Own.Interval, 0.4)
		mixGap += in(c.Mix.Rows[1].Gap.Interval, 0.1)
		// Posting at random about 5 times a week.
		n := int(poisson(r, 20))
		f, _ := frequency(&view{posts: make([]Post, n), from: o.From}, Options{From: o.From, To: o.To, Level: 0.95}, nil)
		freq += in(f.Interval, 5)
	}
	for _, c := range []struct {
		what      string
		held      int
		low, high float64
	}{{"engagement rate", rate, 0.88, 0.99}, {"its gap", gap, 0.88, 0.995}, {"share of a type", share, 0.91, 0.99}, {"its gap", mixGap, 0.91, 0.995}, {"frequency", freq, 0.91, 0.99}} {
		got := float64(c.held) / float64(runs)
		t.Logf("95 %% intervals of %-16s hold the truth in %.3f of %d", c.what, got, runs)
		if got < c.low-slack || got > c.high+slack {
			t.Errorf("%s: %.3f", c.what, got)
		}
	}
}

// Competitors with few and uneven posts make the gap uncertain, however many
// posts we have.
func TestGapKnowsThePeers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	own := random(r, "us", 400, 0.03, 0, 12)
	c := must(t, own, []Account{random(r, "a", 12, 0.02, 0, 12), random(r, "b", 11, 0.02, 0, 12), random(r, "c", 13, 0.02, 0, 12)}, month)
	width := func(e Estimate) float64 { return e.Interval.High - e.Interval.Low }
	if e := c.EngagementRateByFollowers; width(e.Gap) < 1.5*width(e.Own) {
		t.Errorf("gap %+v, ours %+v", e.Gap.Interval, e.Own.Interval)
	}
}

// Histograms of accounts alike must not seem far apart, and those of accounts
// that differ must.
func TestTimesByChance(t *testing.T) {
	runs, allowed := 200, 20 // 5 % are expected, and half of that is chance
	if testing.Short() {
		runs, allowed = 40, 6
		t.Log("-short: fewer accounts and wider bounds")
	}
	o := month
	o.Resamples = 200
	alike, apart := 0, 0
	for run := range runs {
		r := rand.New(rand.NewPCG(uint64(run), 6))
		views := func(hour int) []*view {
			var out []*view
			for _, a := range []Account{random(r, "us", 25, 0.03, 0, hour), random(r, "a", 40, 0.03, 0, 12), random(r, "b", 120, 0.03, 0, 12)} {
				out = append(out, &view{Account: a, posts: a.Posts})
			}
			return out
		}
		o.MinPosts, o.Zone = 10, time.UTC
		same := newTimes(views(12), o, r)
		if same.HourDistance.P <= 0.05 {
			alike++
		}
		other := newTimes(views(15), o, r)
		if other.HourDistance.P <= 0.05 {
			apart++
		}
		if run == 0 {
			near(t, "three hours later", other.HourDistance.Value, 3, 0.8)
			near(t, "by chance", same.HourDistance.ByChance, same.HourDistance.Value, 0.6)
		}
	}
	t.Logf("found apart at 5 %%: %.3f of accounts alike, %.3f of those that post three hours later", float64(alike)/float64(runs), float64(apart)/float64(runs))
	if alike > allowed || apart < runs*95/100 {
		t.Errorf("%d and %d of %d", alike, apart, runs)
	}
}
