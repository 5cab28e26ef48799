package benchmark

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
)

// Mix compares what kinds of content are posted.
type Mix struct {
	State  analytics.State `json:"state"` // StateUndefined with a Reason, and then without rows
	Reason string          `json:"reason,omitempty"`
	Rows   []MixRow        `json:"rows,omitempty"` // by type
	// Distance is the share of our posts that would have to be of another type
	// to have the competitors' mix, a fraction.
	Distance float64 `json:"distance"`
	Posts    int     `json:"posts"` // ours
	Peers    int     `json:"peers"` // competitors with enough posts
}

// MixRow is one content type.
type MixRow struct {
	Type  string   `json:"type"`
	Own   Estimate `json:"own"`   // share of our posts, a fraction
	Peers float64  `json:"peers"` // mean of the competitors' shares, each counting the same
	Gap   Estimate `json:"gap"`   // ours less theirs
}

func enough(views []*view, o Options) (own *view, peers []*view, why string) {
	own = views[0]
	for _, v := range views[1:] {
		if len(v.posts) >= o.MinPosts {
			peers = append(peers, v)
		}
	}
	switch {
	case len(own.posts) < o.MinPosts:
		return own, peers, undefined(0, "not enough posts: %d of ours, and %d are needed", len(own.posts), o.MinPosts).Reason
	case len(peers) == 0:
		return own, peers, undefined(0, "not enough posts: no competitor has the %d that are needed", o.MinPosts).Reason
	}
	return own, peers, ""
}

func newMix(views []*view, o Options, r *rand.Rand) Mix {
	own, peers, why := enough(views, o)
	m := Mix{State: analytics.StateComplete, Posts: len(own.posts), Peers: len(peers)}
	if why != "" {
		m.State, m.Reason = analytics.StateUndefined, why
		return m
	}
	var types []string
	for _, v := range append([]*view{own}, peers...) {
		for _, p := range v.posts {
			if !slices.Contains(types, p.Type) {
				types = append(types, p.Type)
			}
		}
	}
	slices.Sort(types)
	share := func(v *view, kind string) float64 {
		n := 0.0
		for _, p := range v.posts {
			if p.Type == kind {
				n++
			}
		}
		return n / float64(len(v.posts))
	}
	for _, kind := range types {
		ours, theirs := share(own, kind), make([]float64, len(peers))
		row := MixRow{Type: kind}
		for i, v := range peers {
			theirs[i] = share(v, kind)
			row.Peers += theirs[i] / float64(len(peers))
		}
		n := len(own.posts)
		row.Own = Estimate{Value: &ours, N: n, State: analytics.StateComplete}
		if low, high, ok := stat.Score(ours*float64(n), float64(n), o.Level); ok {
			row.Own.Interval = &Interval{low, high}
		}
		gap := ours - row.Peers
		row.Gap = Estimate{Value: &gap, N: n, State: analytics.StateComplete}
		row.Gap.Interval = shareGap(ours, theirs, n, peers, o, r)
		m.Distance += math.Abs(gap) / 2
		m.Rows = append(m.Rows, row)
	}
	return m
}

// shareGap bounds the gap of shares by resampling the posts of every account.
// Shares are drawn from Wilson's centre, so that none of ten is not taken for
// never.
func shareGap(ours float64, theirs []float64, n int, peers []*view, o Options, r *rand.Rand) *Interval {
	z := stat.NormalUpper((1 - o.Level) / 2)
	draw := func(r *rand.Rand, share float64, n int) float64 {
		size := float64(n)
		p := (share*size + z*z/2) / (size + z*z)
		k := 0
		for range n {
			if r.Float64() < p {
				k++
			}
		}
		return float64(k)/size - p + share
	}
	return bootstrap(r, o.Resamples, o.Level, func(r *rand.Rand) (float64, bool) {
		sum := 0.0
		for i, v := range peers {
			sum += draw(r, theirs[i], len(v.posts))
		}
		return draw(r, ours, n) - sum/float64(len(peers)), true
	})
}

// Times compares when posts come out, in the zone of the options.
type Times struct {
	State  analytics.State `json:"state"` // StateUndefined with a Reason
	Reason string          `json:"reason,omitempty"`

	// Shares of the posts by weekday (Sunday is 0) and hour, fractions; of the
	// competitors the mean, each counting the same.
	OwnWeekdays  [7]float64  `json:"own_weekdays"`
	PeerWeekdays [7]float64  `json:"peer_weekdays"`
	OwnHours     [24]float64 `json:"own_hours"`
	PeerHours    [24]float64 `json:"peer_hours"`

	// WeekdayDistance is the share of our posts that would have to move to
	// another day, a fraction. HourDistance is by how many hours each would have
	// to move on average, around the clock, at most 12.
	WeekdayDistance Distance `json:"weekday_distance"`
	HourDistance    Distance `json:"hour_distance"`

	Posts int `json:"posts"` // ours
	Peers int `json:"peers"` // competitors with enough posts
}

// Distance is how far two histograms lie apart.
type Distance struct {
	Value float64 `json:"value"`
	// ByChance is the mean distance if our posts were theirs, shuffled. Few
	// posts lie far apart by chance alone.
	ByChance float64 `json:"by_chance"`
	// P is the probability of a distance this large by chance, from the
	// shuffles.
	P float64 `json:"p"`
}

func newTimes(views []*view, o Options, r *rand.Rand) Times {
	own, peers, why := enough(views, o)
	t := Times{State: analytics.StateComplete, Posts: len(own.posts), Peers: len(peers)}
	if why != "" {
		t.State, t.Reason = analytics.StateUndefined, why
		return t
	}
	// All posts in one row, account after account, so that they can be shuffled.
	var days, hours, sizes []int
	for _, v := range append([]*view{own}, peers...) {
		sizes = append(sizes, len(v.posts))
		for _, p := range v.posts {
			l := p.At.In(o.Zone)
			days, hours = append(days, int(l.Weekday())), append(hours, l.Hour())
		}
	}
	var ours, theirs []float64
	ours, theirs = histograms(days, sizes, 7)
	copy(t.OwnWeekdays[:], ours)
	copy(t.PeerWeekdays[:], theirs)
	t.WeekdayDistance = distance(days, sizes, 7, totalVariation, o, r)
	ours, theirs = histograms(hours, sizes, 24)
	copy(t.OwnHours[:], ours)
	copy(t.PeerHours[:], theirs)
	t.HourDistance = distance(hours, sizes, 24, circularDistance, o, r)
	return t
}

// histograms returns that of the first account and the mean of the others.
func histograms(values, sizes []int, bins int) (own, peers []float64) {
	own, peers = make([]float64, bins), make([]float64, bins)
	at := 0
	for i, n := range sizes {
		for _, v := range values[at : at+n] {
			if i == 0 {
				own[v] += 1 / float64(n)
			} else {
				peers[v] += 1 / float64(n) / float64(len(sizes)-1)
			}
		}
		at += n
	}
	return own, peers
}

// distance measures, and shuffles the posts among the accounts to learn what
// chance does.
// Source: P. Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses";
// the observed value counts as one of the shuffles, so that P is never 0.
func distance(values, sizes []int, bins int, between func(p, q []float64) float64, o Options, r *rand.Rand) Distance {
	measure := func(values []int) float64 {
		own, peers := histograms(values, sizes, bins)
		return between(own, peers)
	}
	d := Distance{Value: measure(values)}
	shuffled, as := slices.Clone(values), 1.0
	for range o.Resamples {
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		v := measure(shuffled)
		d.ByChance += v / float64(o.Resamples)
		if v >= d.Value-1e-12 {
			as++
		}
	}
	d.P = as / float64(o.Resamples+1)
	return d
}
