package analytics

import (
	"maps"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// Counts are the numbers of one subject, by portable name. The zero value has
// none. It is a value: With returns a changed copy.
type Counts struct {
	values map[smm.MetricName]Value
}

// Get returns the number under name. One that nobody mentioned is not
// reported, which is a statement about the platform and not a zero.
func (c Counts) Get(name smm.MetricName) Value {
	if v, ok := c.values[name]; ok {
		return v
	}
	return Value{Parts: Parts{NotReported: 1}}
}

// With returns a copy in which name has the number v.
func (c Counts) With(name smm.MetricName, v Value) Counts {
	values := maps.Clone(c.values)
	if values == nil {
		values = make(map[smm.MetricName]Value, 1)
	}
	values[name] = v
	return Counts{values}
}

// Names returns the names that were mentioned, sorted.
func (c Counts) Names() []smm.MetricName { return slices.Sorted(maps.Keys(c.values)) }

// Definition says which actions count as engagement.
type Definition []smm.MetricName

// PublicEngagement is likes + comments + shares: what nearly every platform
// shows, so that channels can be compared. Source: schedulala.com, "TikTok
// Engagement Calculator", and bettermode.com, "Engagement rate", read
// 2026-11-22.
func PublicEngagement() Definition {
	return Definition{smm.MetricLikes, smm.MetricComments, smm.MetricShares}
}

// FullEngagement adds quotes, saves and clicks to PublicEngagement. On
// platforms that keep some of them to themselves the sum is incomplete.
// Source: calculator.city, "Engagement Rate by Reach Calculator", read
// 2026-11-22.
func FullEngagement() Definition {
	return append(PublicEngagement(), smm.MetricQuotes, smm.MetricSaves, smm.MetricClicks)
}

// Engagements adds up the actions that def names; a nil def is
// PublicEngagement.
func (c Counts) Engagements(def Definition) (Value, error) {
	if def == nil {
		def = PublicEngagement()
	}
	parts := make([]Value, len(def))
	for i, name := range def {
		parts[i] = c.Get(name)
	}
	return Sum(parts...)
}

// Base is the denominator of an engagement rate.
type Base smm.MetricName

// The denominators. See the functions of the same names for the formulas.
const (
	ByReach       = Base(smm.MetricReach)
	ByImpressions = Base(smm.MetricImpressions)
	ByFollowers   = Base(smm.MetricFollowers)
	ByViews       = Base(smm.MetricViews)
)

// EngagementRate is the stateful form of EngagementRateByReach and its kin: the
// engagements that def names, over base.
func (c Counts) EngagementRate(def Definition, base Base) (Ratio, error) {
	num, err := c.Engagements(def)
	if err != nil {
		return Ratio{}, err
	}
	return Ratio{Num: num, Den: c.Get(smm.MetricName(base))}, nil
}
