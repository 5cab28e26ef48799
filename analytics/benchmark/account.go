package benchmark

import (
	"fmt"
	"math"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Post is one published post, of our own or of a competitor, with what is known
// of it in public.
type Post struct {
	At   time.Time
	Type string // content type: "image", "video", "carousel"; the same words for all accounts
	// Counts are its numbers. Followers may be among them; else they are those
	// of the account at that time.
	Counts analytics.Counts
}

// Account is a channel with its posts.
type Account struct {
	Channel   smm.Ref
	Name      string // for people
	Posts     []Post
	Followers []analytics.Point
	// Since is how far back Posts reach, where a listing was cut off; zero is
	// Options.From.
	Since time.Time
}

// Options say how to compare. From and To have no default.
type Options struct {
	From, To time.Time      // the time compared, [From, To), at least a week; what lies outside is left out
	Zone     *time.Location // of weekdays and hours; nil is UTC
	Level    float64        // confidence of the intervals, above 0 and below 1; 0 is 0.95
	// MinPosts is how many posts of an account a rate, a mix or a histogram
	// needs, at least 2; 0 is 10. MinPeers is how many competitors a percentile
	// needs, at least 1; 0 is 3.
	MinPosts, MinPeers int
	// Engagement says which actions count; nil is analytics.PublicEngagement,
	// which is what can be seen of competitors.
	Engagement analytics.Definition
	// Seed of the resampling: the same seed and input give the same intervals.
	Seed uint64
	// Resamples behind each interval, 100 to 100,000; 0 is 1,000.
	Resamples int
}

func (o Options) withDefaults() (Options, error) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.MinPosts == 0 {
		o.MinPosts = 10
	}
	if o.MinPeers == 0 {
		o.MinPeers = 3
	}
	if o.Resamples == 0 {
		o.Resamples = 1000
	}
	switch {
	case o.From.IsZero() || o.To.Sub(o.From) < week:
		return o, fmt.Errorf("%w: from %v to %v: want at least a week to compare", smm.ErrInvalid, o.From, o.To)
	case !(o.Level > 0 && o.Level < 1):
		return o, fmt.Errorf("%w: a level of %v: want a fraction above 0 and below 1", smm.ErrInvalid, o.Level)
	case o.MinPosts < 2 || o.MinPeers < 1:
		return o, fmt.Errorf("%w: at least %d posts and %d competitors: want 2 and 1 or more", smm.ErrInvalid, o.MinPosts, o.MinPeers)
	case o.Resamples < 100 || o.Resamples > 100_000:
		return o, fmt.Errorf("%w: %d resamples: want 100 to 100,000", smm.ErrInvalid, o.Resamples)
	}
	return o, nil
}

const week = 7 * 24 * time.Hour

// Interval bounds a number with the confidence of Options.Level.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Estimate is a number with what it rests on. Value is null where State is
// StateUndefined; Reason then says why.
type Estimate struct {
	Value    *float64        `json:"value"`
	Interval *Interval       `json:"interval,omitempty"` // null where the number is counted and not estimated, or undefined
	N        int             `json:"n"`                  // posts behind it; of growth, days
	State    analytics.State `json:"state"`
	Reason   string          `json:"reason,omitempty"`
}

// Float64 returns the number, and false if it is undefined.
func (e Estimate) Float64() (float64, bool) {
	if e.Value == nil {
		return 0, false
	}
	return *e.Value, true
}

func undefined(n int, format string, args ...any) Estimate {
	return Estimate{N: n, State: analytics.StateUndefined, Reason: fmt.Sprintf(format, args...)}
}

// view is an account within the time compared.
type view struct {
	Account
	from   time.Time // of the posts
	posts  []Post
	ratios []analytics.Ratio // engagements over followers of the posts where both are known
	state  analytics.State   // of the weakest of them
}

func newView(a Account, o Options) (*view, error) {
	v := &view{Account: a, from: o.From, state: analytics.StateComplete}
	if a.Since.After(v.from) {
		v.from = a.Since
	}
	for i, p := range a.Posts {
		if p.At.IsZero() {
			return nil, fmt.Errorf("%w: post %d of %s has no time: set At", smm.ErrInvalid, i, a.Name)
		}
		if p.At.Before(v.from) || !p.At.Before(o.To) {
			continue
		}
		v.posts = append(v.posts, p)
		engagements, err := p.Counts.Engagements(o.Engagement)
		if err != nil {
			return nil, fmt.Errorf("post %d of %s: %w", i, a.Name, err)
		}
		r := analytics.Ratio{Num: engagements, Den: v.followersAt(p)}
		if _, ok := r.Float64(); ok {
			v.ratios = append(v.ratios, r)
			v.state = weaker(v.state, r.State())
		}
	}
	if len(v.ratios) < len(v.posts) {
		v.state = weaker(v.state, analytics.StateIncomplete)
	}
	return v, nil
}

func weaker(a, b analytics.State) analytics.State {
	rank := map[analytics.State]int{analytics.StateUndefined: 0, analytics.StateIncomplete: 1, analytics.StateEstimated: 2, analytics.StateComplete: 3}
	if rank[b] < rank[a] {
		return b
	}
	return a
}

// followersAt returns the level of the account when the post came out: the last
// known one before, or the first known one after.
func (v *view) followersAt(p Post) analytics.Value {
	if own := p.Counts.Get(smm.MetricFollowers); own.Parts.Known() > 0 {
		return own
	}
	var best *analytics.Point
	for i := range v.Followers {
		f := &v.Followers[i]
		if !f.State.Known() {
			continue
		}
		before := !f.At.After(p.At)
		switch {
		case best == nil,
			before && (best.At.After(p.At) || f.At.After(best.At)),
			!before && best.At.After(p.At) && f.At.Before(best.At):
			best = f
		}
	}
	if best == nil {
		return analytics.Value{Parts: analytics.Parts{NotReported: 1}}
	}
	return analytics.ValueOf(smm.Metric{Name: smm.MetricFollowers, Value: best.N, State: best.State, Unit: smm.UnitCount})
}

// days is how long the posts were watched.
func (v *view) days(o Options) float64 { return math.Max(0, o.To.Sub(v.from).Hours()/24) }
