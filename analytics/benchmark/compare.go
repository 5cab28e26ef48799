package benchmark

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// PeerValue is the number of one competitor.
type PeerValue struct {
	Channel  smm.Ref  `json:"channel,omitzero"`
	Name     string   `json:"name"`
	Estimate Estimate `json:"estimate"`
}

// Measure is one key figure of ours beside that of the competitors.
type Measure struct {
	Own   Estimate    `json:"own"`
	Peers []PeerValue `json:"peers"`
	// Median is that of the competitors whose number is defined; N is how many.
	Median Estimate `json:"median"`
	// Gap is our number less the median. Where its interval holds zero, the
	// numbers do not tell who is ahead.
	Gap Estimate `json:"gap"`
	// Percentile is the share of competitors below us, equal ones counting
	// half, as a fraction; N is how many there are. Its interval is Wilson's, for these
	// competitors as a sample of all.
	Percentile Estimate `json:"percentile"`
}

// Comparison is the answer of Compare.
type Comparison struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Level float64   `json:"level"` // confidence of all intervals
	Peers int       `json:"peers"`

	// PostsPerWeek is the posting frequency.
	PostsPerWeek Measure `json:"posts_per_week"`
	// EngagementRateByFollowers is engagements over followers times posts, a
	// fraction.
	EngagementRateByFollowers Measure `json:"engagement_rate_by_followers"`
	// FollowerGrowthPer30Days is a fraction, compounded.
	FollowerGrowthPer30Days Measure `json:"follower_growth_per_30_days"`
	Mix                     Mix     `json:"mix"`
	Times                   Times   `json:"times"`
	// Notes are what a reader must know, in words.
	Notes []string `json:"notes,omitempty"`
}

// Compare sets our own account beside its competitors, over one time for all:
// how often they post, what kinds of content, when, how their followers
// engage, and how those grow. A number that rests on too few posts is undefined and
// says so, and a competitor without one is left out of the median.
//
// Intervals: of frequency as if posts came at random (Byar); of shares Wilson's;
// of rates and gaps by resampling posts within accounts, with Options.Seed.
// Errors match smm.ErrInvalid: options out of range, a post without a time, an account
// that appears twice, numbers that cannot be added. The same input gives the
// same output. Safe for concurrent use.
func Compare(own Account, peers []Account, o Options) (Comparison, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Comparison{}, err
	}
	if len(peers) == 0 {
		return Comparison{}, fmt.Errorf("%w: no competitors: give at least one account to compare with", smm.ErrInvalid)
	}
	views := make([]*view, 0, len(peers)+1)
	seen := make(map[smm.Ref]bool)
	for _, a := range append([]Account{own}, peers...) {
		if !a.Channel.IsZero() && seen[a.Channel] {
			return Comparison{}, fmt.Errorf("%w: %s appears twice: compare it with others", smm.ErrInvalid, a.Channel)
		}
		seen[a.Channel] = true
		v, err := newView(a, o)
		if err != nil {
			return Comparison{}, err
		}
		views = append(views, v)
	}
	c := Comparison{From: o.From, To: o.To, Level: o.Level, Peers: len(peers)}
	// Each figure has a stream of its own, so that one never changes another.
	stream := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, n)) } //nolint:gosec // resampling has no secrets
	c.PostsPerWeek = measure(views, o, stream(1), frequency)
	c.EngagementRateByFollowers = measure(views, o, stream(2), engagement)
	if c.FollowerGrowthPer30Days, err = growthMeasure(views, o, stream(3)); err != nil {
		return Comparison{}, err
	}
	c.Mix = newMix(views, o, stream(4))
	c.Times = newTimes(views, o, stream(5))
	c.Notes = notes(views, o)
	return c, nil
}

func notes(views []*view, o Options) []string {
	var out []string
	for _, v := range views {
		if v.from.After(o.From) {
			out = append(out, fmt.Sprintf("%s: posts are known since %s only", v.Name, v.from.UTC().Format(time.DateOnly)))
		}
		if lacks := len(v.posts) - len(v.ratios); lacks > 0 {
			out = append(out, fmt.Sprintf("%s: %d of %d posts lack engagements or followers and are left out of the rate", v.Name, lacks, len(v.posts)))
		}
	}
	return out
}

// figure computes one number of one account, and how to draw it again from
// resampled posts; draw is nil where it is counted.
type figure func(v *view, o Options, r *rand.Rand) (e Estimate, draw func(*rand.Rand) (float64, bool))

func measure(views []*view, o Options, r *rand.Rand, f figure) Measure {
	var (
		m      Measure
		draws  []func(*rand.Rand) (float64, bool)
		ownOne func(*rand.Rand) (float64, bool)
		values []float64
	)
	for i, v := range views {
		e, draw := f(v, o, r)
		if i == 0 {
			m.Own, ownOne = e, draw
			continue
		}
		m.Peers = append(m.Peers, PeerValue{Channel: v.Channel, Name: v.Name, Estimate: e})
		if x, ok := e.Float64(); ok {
			values = append(values, x)
			draws = append(draws, draw)
		}
	}
	if len(values) == 0 {
		m.Median = undefined(0, "no competitor has a number: %s", firstReason(m.Peers))
		m.Gap, m.Percentile = m.Median, m.Median
		return m
	}
	mid := stat.Median(slices.Clone(values))
	m.Median = Estimate{Value: &mid, N: len(values), State: analytics.StateComplete}
	for _, p := range m.Peers {
		if p.Estimate.State != analytics.StateUndefined {
			m.Median.State = weaker(m.Median.State, p.Estimate.State)
		}
	}
	own, ok := m.Own.Float64()
	if !ok {
		m.Gap = undefined(len(values), "ours: %s", m.Own.Reason)
		m.Percentile = m.Gap
		return m
	}
	gap := own - mid
	m.Gap = Estimate{Value: &gap, N: len(values), State: weaker(m.Own.State, m.Median.State)}
	if ownOne != nil {
		m.Gap.Interval = bootstrap(r, o.Resamples, o.Level, func(r *rand.Rand) (float64, bool) {
			again := make([]float64, 0, len(draws))
			for _, draw := range draws {
				if v, ok := draw(r); ok {
					again = append(again, v)
				}
			}
			v, ok := ownOne(r)
			if !ok || len(again) == 0 {
				return 0, false
			}
			return v - stat.Median(again), true
		})
	}
	m.Percentile = percentile(own, values, o)
	return m
}

func firstReason(peers []PeerValue) string {
	for _, p := range peers {
		if p.Estimate.Reason != "" {
			return strings.TrimSpace(p.Name + " " + p.Estimate.Reason)
		}
	}
	return "there is none"
}

func percentile(own float64, peers []float64, o Options) Estimate {
	n := len(peers)
	if n < o.MinPeers {
		return undefined(n, "%d competitors with a number, and %d are needed", n, o.MinPeers)
	}
	below := 0.0
	for _, v := range peers {
		switch {
		case v < own:
			below++
		case v == own:
			below += 0.5
		}
	}
	p := below / float64(n)
	e := Estimate{Value: &p, N: n, State: analytics.StateComplete}
	if low, high, ok := stat.Score(below, float64(n), o.Level); ok {
		e.Interval = &Interval{low, high}
	}
	return e
}

// frequency is posts a week.
func frequency(v *view, o Options, _ *rand.Rand) (Estimate, func(*rand.Rand) (float64, bool)) {
	n, days := len(v.posts), v.days(o)
	if days < 7 {
		return undefined(n, "posts are known for %.1f days, and 7 are needed", days), nil
	}
	weeks := days / 7
	value := float64(n) / weeks
	low, high := countBounds(n, o.Level)
	e := Estimate{Value: &value, Interval: &Interval{low / weeks, high / weeks}, N: n, State: analytics.StateComplete}
	return e, func(r *rand.Rand) (float64, bool) { return poisson(r, float64(n)) / weeks, true }
}

// poisson draws a count; a large one is normal enough.
func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 500 {
		return max(0, mean+r.NormFloat64()*math.Sqrt(mean))
	}
	n := 0.0
	for t := r.ExpFloat64(); t < mean; t += r.ExpFloat64() {
		n++
	}
	return n
}

// engagement is the engagement rate by followers.
func engagement(v *view, o Options, r *rand.Rand) (Estimate, func(*rand.Rand) (float64, bool)) {
	n := len(v.ratios)
	if n < o.MinPosts {
		return undefined(n, "not enough posts: %d with engagements and followers, and %d are needed", n, o.MinPosts), nil
	}
	num, den := make([]float64, n), make([]float64, n)
	sumNum, sumDen := 0.0, 0.0
	for i, ratio := range v.ratios {
		num[i], den[i] = float64(ratio.Num.Total), float64(ratio.Den.Total)
		sumNum, sumDen = sumNum+num[i], sumDen+den[i]
	}
	value := sumNum / sumDen // every denominator is above zero
	e := Estimate{Value: &value, N: n, State: v.state}
	if v.state == analytics.StateIncomplete {
		e.Reason = "some posts or actions are not known"
	}
	draw := func(r *rand.Rand) (float64, bool) {
		a, b := 0.0, 0.0
		for range n {
			i := r.IntN(n)
			a, b = a+num[i], b+den[i]
		}
		return a / b, true
	}
	e.Interval = bootstrap(r, o.Resamples, o.Level, draw)
	return e, draw
}

// growthMeasure is about follower growth, which is counted and has no interval.
func growthMeasure(views []*view, o Options, r *rand.Rand) (Measure, error) {
	growths := make(map[*view]analytics.Growth, len(views))
	for _, v := range views {
		var within []analytics.Point
		for _, p := range v.Followers {
			if p.At.IsZero() || (!p.At.Before(o.From) && p.At.Before(o.To)) {
				within = append(within, p)
			}
		}
		g, err := analytics.FollowerGrowth(within)
		if err != nil {
			return Measure{}, fmt.Errorf("followers of %s: %w", v.Name, err)
		}
		growths[v] = g
	}
	return measure(views, o, r, func(v *view, _ Options, _ *rand.Rand) (Estimate, func(*rand.Rand) (float64, bool)) {
		g := growths[v]
		if g.State() == analytics.StateUndefined {
			return undefined(g.Days, "%s", g.Reason()), nil
		}
		if g.Days < 14 {
			return undefined(g.Days, "followers are known over %d days, and 14 are needed", g.Days), nil
		}
		rate, _ := g.RatePer(30)
		return Estimate{Value: &rate, N: g.Days, State: g.State(), Reason: g.Reason()}, nil
	}), nil
}
