package analytics

import "github.com/smmkit/smmkit/smm"

// The methods of this file are the stateful forms of the functions of the same
// names, where unit, formula and source stand. They never fail: what is not
// known makes them undefined, and Reason says why.

func (c Counts) over(num, den smm.MetricName) Ratio {
	return Ratio{Num: c.Get(num), Den: c.Get(den)}
}

func (c Counts) costPer(each smm.MetricName) Cost {
	return Cost{Spend: c.Get(smm.MetricSpend), Each: c.Get(each)}
}

// CTR is clicks over impressions.
func (c Counts) CTR() Ratio { return c.over(smm.MetricClicks, smm.MetricImpressions) }

// ReachRateByFollowers is reach over followers.
func (c Counts) ReachRateByFollowers() Ratio { return c.over(smm.MetricReach, smm.MetricFollowers) }

// Frequency is impressions over reach.
func (c Counts) Frequency() Ratio { return c.over(smm.MetricImpressions, smm.MetricReach) }

// AmplificationRateByFollowers is shares over followers.
func (c Counts) AmplificationRateByFollowers() Ratio {
	return c.over(smm.MetricShares, smm.MetricFollowers)
}

// ApplauseRateByFollowers is likes over followers.
func (c Counts) ApplauseRateByFollowers() Ratio { return c.over(smm.MetricLikes, smm.MetricFollowers) }

// ConversationRateByFollowers is comments over followers.
func (c Counts) ConversationRateByFollowers() Ratio {
	return c.over(smm.MetricComments, smm.MetricFollowers)
}

// ViralityRateByImpressions is shares over impressions.
func (c Counts) ViralityRateByImpressions() Ratio {
	return c.over(smm.MetricShares, smm.MetricImpressions)
}

// ViralityRateByReach is shares over reach.
func (c Counts) ViralityRateByReach() Ratio { return c.over(smm.MetricShares, smm.MetricReach) }

// SaveRateByReach is saves over reach.
func (c Counts) SaveRateByReach() Ratio { return c.over(smm.MetricSaves, smm.MetricReach) }

// SaveRateByImpressions is saves over impressions.
func (c Counts) SaveRateByImpressions() Ratio { return c.over(smm.MetricSaves, smm.MetricImpressions) }

// ProfileVisitRateByReach is profile views over reach.
func (c Counts) ProfileVisitRateByReach() Ratio {
	return c.over(smm.MetricProfileViews, smm.MetricReach)
}

// CVRByClicks is conversions over clicks.
func (c Counts) CVRByClicks() Ratio { return c.over(smm.MetricConversions, smm.MetricClicks) }

// CVRBySessions is conversions over sessions.
func (c Counts) CVRBySessions() Ratio { return c.over(smm.MetricConversions, smm.MetricSessions) }

// VideoCompletionRateByViews is completions over views.
func (c Counts) VideoCompletionRateByViews() Ratio {
	return c.over(smm.MetricCompletions, smm.MetricViews)
}

// HookRateByImpressions is hook views over impressions.
func (c Counts) HookRateByImpressions() Ratio {
	return c.over(smm.MetricHookViews, smm.MetricImpressions)
}

// GrossFollowerGrowthRate is follows over followers. In these Counts, followers
// is the level at the beginning.
func (c Counts) GrossFollowerGrowthRate() Ratio {
	return c.over(smm.MetricFollows, smm.MetricFollowers)
}

// UnfollowRate is unfollows over followers. In these Counts, followers
// is the level at the beginning.
func (c Counts) UnfollowRate() Ratio { return c.over(smm.MetricUnfollows, smm.MetricFollowers) }

// ShareOfVoice is mentions over market mentions.
func (c Counts) ShareOfVoice() Ratio { return c.over(smm.MetricMentions, smm.MetricMarketMentions) }

// ReferralSessionsShare is sessions over site sessions.
func (c Counts) ReferralSessionsShare() Ratio {
	return c.over(smm.MetricSessions, smm.MetricSiteSessions)
}

// CPA is spend over conversions.
func (c Counts) CPA() Cost { return c.costPer(smm.MetricConversions) }

// CPC is spend over clicks.
func (c Counts) CPC() Cost { return c.costPer(smm.MetricClicks) }

// CPV is spend over views.
func (c Counts) CPV() Cost { return c.costPer(smm.MetricViews) }

// CostPerLead is spend over leads.
func (c Counts) CostPerLead() Cost { return c.costPer(smm.MetricLeads) }

// CostPerResult is spend over results.
func (c Counts) CostPerResult() Cost { return c.costPer(smm.MetricResults) }

// CostPerInstall is spend over installs.
func (c Counts) CostPerInstall() Cost { return c.costPer(smm.MetricInstalls) }

// CPM is spend over impressions, for a thousand of them.
func (c Counts) CPM() Cost {
	cost := c.costPer(smm.MetricImpressions)
	cost.Per = mille
	return cost
}

// CostPerEngagement is spend over the engagements that def names; a nil def is
// PublicEngagement. Errors are those of Counts.Engagements.
func (c Counts) CostPerEngagement(def Definition) (Cost, error) {
	each, err := c.Engagements(def)
	if err != nil {
		return Cost{}, err
	}
	return Cost{Spend: c.Get(smm.MetricSpend), Each: each}, nil
}

// AverageWatchTimePerView is watch time over views; Ratio.Duration has it as
// time.
func (c Counts) AverageWatchTimePerView() Ratio { return c.over(smm.MetricWatchTime, smm.MetricViews) }

// Quartile is a point of a video that a play may reach.
type Quartile smm.MetricName

// The quartiles.
const (
	FirstQuartile = Quartile(smm.MetricViews25)
	Midpoint      = Quartile(smm.MetricViews50)
	ThirdQuartile = Quartile(smm.MetricViews75)
	Complete      = Quartile(smm.MetricCompletions)
)

// ViewThroughRateByViews is the plays that reached q over views.
func (c Counts) ViewThroughRateByViews(q Quartile) Ratio {
	return c.over(smm.MetricName(q), smm.MetricViews)
}

// ROAS is revenue over spend. Two currencies make it undefined; convert the
// metrics first, with [Rates.Metrics].
func (c Counts) ROAS() Ratio { return c.over(smm.MetricRevenue, smm.MetricSpend) }

// ROI is revenue less spend, over spend: the return on what was spent on
// advertising. Where more than that was spent, put the whole cost under
// MetricSpend. It is undefined unless both are known. Two currencies are an
// error that matches smm.ErrInvalid; convert first, with [Rates.Metrics].
func (c Counts) ROI() (Ratio, error) {
	gain, err := c.Get(smm.MetricRevenue).Sub(c.Get(smm.MetricSpend))
	if err != nil {
		return Ratio{}, err
	}
	return Ratio{Num: gain, Den: c.Get(smm.MetricSpend)}, nil
}
