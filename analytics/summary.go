package analytics

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Number is a Value in durable form. Value is null where State is
// StateUndefined; Reason then says why.
type Number struct {
	Value  *int64 `json:"value"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// Rate is a Ratio in durable form, as a fraction. Value is null where State is
// StateUndefined; Reason then says why.
type Rate struct {
	Value  *float64 `json:"value"`
	State  State    `json:"state"`
	Reason string   `json:"reason,omitempty"`
}

// Amount is a Value or Cost of money in durable form. Micros is null where
// State is StateUndefined; Reason then says why.
type Amount struct {
	Micros   *int64 `json:"micros"`
	Currency string `json:"currency,omitempty"`
	State    State  `json:"state"`
	Reason   string `json:"reason,omitempty"`
}

// Number returns v in durable form.
func (v Value) Number() Number {
	out := Number{State: v.State(), Reason: v.Reason()}
	if n, ok := v.Int64(); ok {
		out.Value = &n
	}
	return out
}

// Amount returns v, a sum of money, in durable form.
func (v Value) Amount() Amount {
	n := v.Number()
	return Amount{Micros: n.Value, Currency: v.Currency, State: n.State, Reason: n.Reason}
}

// Rate returns r in durable form.
func (r Ratio) Rate() Rate {
	out := Rate{State: r.State(), Reason: r.Reason()}
	if f, ok := r.Float64(); ok {
		out.Value = &f
	}
	return out
}

// Amount returns c in durable form.
func (c Cost) Amount() Amount {
	out := Amount{State: c.State(), Reason: c.Reason()}
	if m, ok := c.Money(); ok {
		out.Micros, out.Currency = &m.Micros, m.Currency
	}
	return out
}

// ChannelKPI is one row of key figures: one channel, over the posts and the
// time that the metrics cover. Sums and rates are over the posts; only
// Followers and FollowerGrowth are of the account.
type ChannelKPI struct {
	Channel smm.Ref `json:"channel"`
	Posts   int     `json:"posts"` // posts that were measured

	Followers      Number `json:"followers"` // the latest level
	FollowerGrowth Rate   `json:"follower_growth"`

	Impressions Number `json:"impressions"`
	Reach       Number `json:"reach"` // added up over posts: who saw two posts counts twice
	Views       Number `json:"views"`
	Likes       Number `json:"likes"`
	Comments    Number `json:"comments"`
	Shares      Number `json:"shares"`
	Clicks      Number `json:"clicks"`
	Engagements Number `json:"engagements"` // PublicEngagement

	EngagementRateByReach       Rate `json:"engagement_rate_by_reach"`
	EngagementRateByImpressions Rate `json:"engagement_rate_by_impressions"`
	EngagementRateByFollowers   Rate `json:"engagement_rate_by_followers"` // of an average post
	EngagementRateByViews       Rate `json:"engagement_rate_by_views"`
	CTR                         Rate `json:"ctr"`

	Spend       Amount `json:"spend"`
	Conversions Number `json:"conversions"`
	CPA         Amount `json:"cpa"`
}

// Summarize computes the key figures of every channel that the metrics are
// about, ordered by channel. Metrics of posts and of the channel itself are
// kept apart, since an account's reach contains that of its posts; those of
// anything else are left aside. Errors are those of Collect and Value.Add.
func Summarize(metrics []smm.Metric) ([]ChannelKPI, error) {
	subjects, err := Collect(metrics)
	if err != nil {
		return nil, err
	}
	channels := make(map[smm.Ref]*channelSum)
	for _, s := range subjects {
		c, ok := channels[s.Channel]
		if !ok {
			c = &channelSum{ref: s.Channel}
			channels[s.Channel] = c
		}
		switch s.Ref.Kind {
		case smm.KindPost:
			c.posts = append(c.posts, s.Counts)
		case smm.KindChannel:
			c.account = s.Counts
		}
	}
	for _, m := range metrics {
		c := channels[m.Subject]
		if m.Name == smm.MetricFollowers && c != nil && len(m.Breakdown) == 0 && !m.AsOf.IsZero() {
			c.followers = append(c.followers, Point{At: m.AsOf, N: m.Value, State: m.State})
		}
	}
	var (
		out  []ChannelKPI
		errs []error
	)
	for _, c := range channels {
		row, err := c.kpi()
		if err != nil {
			errs = append(errs, fmt.Errorf("channel %s: %w", c.ref, err))
		}
		out = append(out, row)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	slices.SortFunc(out, func(a, b ChannelKPI) int {
		return cmp.Compare(strings.ToLower(a.Channel.String()), strings.ToLower(b.Channel.String()))
	})
	return out, nil
}

// channelSum gathers what one row is computed from.
type channelSum struct {
	ref       smm.Ref
	account   Counts
	posts     []Counts
	followers []Point
	errs      []error
}

func (c *channelSum) kpi() (ChannelKPI, error) {
	followers := c.account.Get(smm.MetricFollowers)
	growth, err := FollowerGrowth(c.followers)
	c.errs = append(c.errs, err)
	for i, p := range c.posts {
		c.posts[i] = p.With(smm.MetricFollowers, followers)
	}
	engagements := c.total(func(p Counts) (Value, error) { return p.Engagements(nil) })
	row := ChannelKPI{
		Channel: c.ref, Posts: len(c.posts),
		Followers: followers.Number(), FollowerGrowth: growth.durable(),
		Impressions: c.sum(smm.MetricImpressions).Number(), Reach: c.sum(smm.MetricReach).Number(),
		Views: c.sum(smm.MetricViews).Number(), Likes: c.sum(smm.MetricLikes).Number(),
		Comments: c.sum(smm.MetricComments).Number(), Shares: c.sum(smm.MetricShares).Number(),
		Clicks: c.sum(smm.MetricClicks).Number(), Engagements: engagements.Number(),
		EngagementRateByReach:       c.engagement(ByReach),
		EngagementRateByImpressions: c.engagement(ByImpressions),
		EngagementRateByFollowers:   c.engagement(ByFollowers),
		EngagementRateByViews:       c.engagement(ByViews),
		CTR:                         c.pool(func(p Counts) (Ratio, error) { return p.CTR(), nil }).Rate(),
		Spend:                       c.sum(smm.MetricSpend).Amount(),
		Conversions:                 c.sum(smm.MetricConversions).Number(),
		CPA:                         c.cost().Amount(),
	}
	return row, errors.Join(c.errs...)
}

func (c *channelSum) sum(name smm.MetricName) Value {
	return c.total(func(p Counts) (Value, error) { return p.Get(name), nil })
}

func (c *channelSum) total(of func(Counts) (Value, error)) Value {
	var sum Value
	for _, p := range c.posts {
		v, err := of(p)
		if err == nil {
			sum, err = sum.Add(v)
		}
		if err != nil {
			c.errs = append(c.errs, err)
			return Value{}
		}
	}
	return sum
}

func (c *channelSum) engagement(base Base) Rate {
	return c.pool(func(p Counts) (Ratio, error) { return p.EngagementRate(nil, base) }).Rate()
}

func (c *channelSum) cost() Cost {
	r := c.pool(func(p Counts) (Ratio, error) {
		cost := p.CPA()
		return Ratio{Num: cost.Spend, Den: cost.Each}, nil
	})
	return Cost{Spend: r.Num, Each: r.Den, LeftOut: r.LeftOut}
}

func (c *channelSum) pool(of func(Counts) (Ratio, error)) Ratio {
	ratios := make([]Ratio, 0, len(c.posts))
	for _, p := range c.posts {
		r, err := of(p)
		if err != nil {
			c.errs = append(c.errs, err)
			return Ratio{}
		}
		ratios = append(ratios, r)
	}
	pooled, err := Pool(ratios...)
	c.errs = append(c.errs, err)
	return pooled
}

func (g Growth) durable() Rate {
	out := Rate{State: g.State(), Reason: g.Reason()}
	if f, ok := g.Rate(); ok {
		out.Value = &f
	}
	return out
}
