package analytics

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// ChannelKPI is one row of key figures: one channel, over the posts and the
// time that the metrics cover. Sums and rates are over the posts; only
// Followers, FollowerGrowth and the last group are of the account. The names in
// JSON are those of Definitions.
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

	Saves    Number `json:"saves"`
	Sessions Number `json:"sessions"` // that the posts' links began
	Leads    Number `json:"leads"`
	Installs Number `json:"installs"`
	Results  Number `json:"results"`
	Revenue  Amount `json:"revenue"`

	ReachRateByFollowers         Rate `json:"reach_rate_by_followers"` // of an average post, as all by followers
	Frequency                    Rate `json:"frequency"`               // of an average post
	AmplificationRateByFollowers Rate `json:"amplification_rate_by_followers"`
	ApplauseRateByFollowers      Rate `json:"applause_rate_by_followers"`
	ConversationRateByFollowers  Rate `json:"conversation_rate_by_followers"`
	ViralityRateByImpressions    Rate `json:"virality_rate_by_impressions"`
	ViralityRateByReach          Rate `json:"virality_rate_by_reach"`
	SaveRateByReach              Rate `json:"save_rate_by_reach"`
	SaveRateByImpressions        Rate `json:"save_rate_by_impressions"`

	VideoCompletionRateByViews Rate `json:"video_completion_rate_by_views"`
	ViewThroughRate25ByViews   Rate `json:"view_through_rate_25_by_views"`
	ViewThroughRate50ByViews   Rate `json:"view_through_rate_50_by_views"`
	ViewThroughRate75ByViews   Rate `json:"view_through_rate_75_by_views"`
	HookRateByImpressions      Rate `json:"hook_rate_by_impressions"`
	AverageWatchTimePerView    Span `json:"average_watch_time_per_view"`

	CVRByClicks       Rate   `json:"cvr_by_clicks"`
	CVRBySessions     Rate   `json:"cvr_by_sessions"`
	CPC               Amount `json:"cpc"`
	CPM               Amount `json:"cpm"`
	CPV               Amount `json:"cpv"`
	CostPerLead       Amount `json:"cost_per_lead"`
	CostPerResult     Amount `json:"cost_per_result"`
	CostPerEngagement Amount `json:"cost_per_engagement"`
	CostPerInstall    Amount `json:"cost_per_install"`
	ROAS              Rate   `json:"roas"`
	ROI               Rate   `json:"roi"`

	// Of the account's own metrics, not of its posts.
	NetFollowersPerDay      Rate `json:"net_followers_per_day"`
	GrossFollowerGrowthRate Rate `json:"gross_follower_growth_rate"`
	GrossFollowersPerDay    Rate `json:"gross_followers_per_day"` // over the days between the first and the last known level
	UnfollowRate            Rate `json:"unfollow_rate"`
	PostingFrequency        Rate `json:"posting_frequency"` // from the account's number of posts, see Definitions
	ProfileVisitRateByReach Rate `json:"profile_visit_rate_by_reach"`
	ShareOfVoice            Rate `json:"share_of_voice"`
	ReferralSessionsShare   Rate `json:"referral_sessions_share"`
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
		if c == nil || len(m.Breakdown) > 0 || m.AsOf.IsZero() {
			continue
		}
		switch m.Name {
		case smm.MetricFollowers:
			c.followers = append(c.followers, Point{At: m.AsOf, N: m.Value, State: m.State})
		case smm.MetricPosts:
			c.published = append(c.published, Point{At: m.AsOf, N: m.Value, State: m.State})
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
	published []Point
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
		CTR:                         c.rate(Counts.CTR),
		Spend:                       c.sum(smm.MetricSpend).Amount(),
		Conversions:                 c.sum(smm.MetricConversions).Number(),
		CPA:                         c.cost(Counts.CPA),
	}
	c.content(&row)
	c.video(&row)
	c.ads(&row)
	c.ofAccount(&row, growth)
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

// rate pools a rate that cannot fail over the posts.
func (c *channelSum) rate(of func(Counts) Ratio) Rate {
	return c.pool(func(p Counts) (Ratio, error) { return of(p), nil }).Rate()
}

// cost pools a cost that cannot fail over the posts.
func (c *channelSum) cost(of func(Counts) Cost) Amount {
	return c.costs(func(p Counts) (Cost, error) { return of(p), nil })
}

func (c *channelSum) costs(of func(Counts) (Cost, error)) Amount {
	per := int64(0)
	r := c.pool(func(p Counts) (Ratio, error) {
		cost, err := of(p)
		per = cost.Per
		return cost.Ratio(), err
	})
	return Cost{Spend: r.Num, Each: r.Den, Per: per, LeftOut: r.LeftOut}.Amount()
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
