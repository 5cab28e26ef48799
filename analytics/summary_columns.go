package analytics

import "github.com/smmkit/smmkit/smm"

// content fills in how posts were seen and answered.
func (c *channelSum) content(row *ChannelKPI) {
	row.Saves = c.sum(smm.MetricSaves).Number()
	row.ReachRateByFollowers = c.rate(Counts.ReachRateByFollowers)
	row.Frequency = c.rate(Counts.Frequency)
	row.AmplificationRateByFollowers = c.rate(Counts.AmplificationRateByFollowers)
	row.ApplauseRateByFollowers = c.rate(Counts.ApplauseRateByFollowers)
	row.ConversationRateByFollowers = c.rate(Counts.ConversationRateByFollowers)
	row.ViralityRateByImpressions = c.rate(Counts.ViralityRateByImpressions)
	row.ViralityRateByReach = c.rate(Counts.ViralityRateByReach)
	row.SaveRateByReach = c.rate(Counts.SaveRateByReach)
	row.SaveRateByImpressions = c.rate(Counts.SaveRateByImpressions)
}

// video fills in how the videos among the posts were watched.
func (c *channelSum) video(row *ChannelKPI) {
	through := func(q Quartile) Rate {
		return c.rate(func(p Counts) Ratio { return p.ViewThroughRateByViews(q) })
	}
	row.VideoCompletionRateByViews = c.rate(Counts.VideoCompletionRateByViews)
	row.ViewThroughRate25ByViews = through(FirstQuartile)
	row.ViewThroughRate50ByViews = through(Midpoint)
	row.ViewThroughRate75ByViews = through(ThirdQuartile)
	row.HookRateByImpressions = c.rate(Counts.HookRateByImpressions)
	row.AverageWatchTimePerView = c.pool(func(p Counts) (Ratio, error) { return p.AverageWatchTimePerView(), nil }).Span()
}

// ads fills in what links and spend brought.
func (c *channelSum) ads(row *ChannelKPI) {
	row.Sessions = c.sum(smm.MetricSessions).Number()
	row.Leads = c.sum(smm.MetricLeads).Number()
	row.Installs = c.sum(smm.MetricInstalls).Number()
	row.Results = c.sum(smm.MetricResults).Number()
	row.Revenue = c.sum(smm.MetricRevenue).Amount()
	row.CVRByClicks = c.rate(Counts.CVRByClicks)
	row.CVRBySessions = c.rate(Counts.CVRBySessions)
	row.CPC = c.cost(Counts.CPC)
	row.CPM = c.cost(Counts.CPM)
	row.CPV = c.cost(Counts.CPV)
	row.CostPerLead = c.cost(Counts.CostPerLead)
	row.CostPerResult = c.cost(Counts.CostPerResult)
	row.CostPerEngagement = c.costs(func(p Counts) (Cost, error) { return p.CostPerEngagement(nil) })
	row.CostPerInstall = c.cost(Counts.CostPerInstall)
	row.ROAS = c.rate(Counts.ROAS)
	row.ROI = c.pool(Counts.ROI).Rate()
}

// ofAccount fills in what is measured of the account and not of its posts.
func (c *channelSum) ofAccount(row *ChannelKPI, growth Growth) {
	first := Value{Parts: Parts{NotReported: 1}}
	if growth.known > 0 {
		first = ValueOf(smm.Metric{State: growth.First.State, Value: growth.First.N, Unit: smm.UnitCount})
	}
	atFirst := c.account.With(smm.MetricFollowers, first)
	row.GrossFollowerGrowthRate = atFirst.GrossFollowerGrowthRate().Rate()
	row.UnfollowRate = atFirst.UnfollowRate().Rate()
	row.NetFollowersPerDay = growth.perDay()
	days := Value{Parts: Parts{NotReported: 1}}
	if growth.Days > 0 {
		days = Count(int64(growth.Days))
	}
	row.GrossFollowersPerDay = Ratio{Num: c.account.Get(smm.MetricFollows), Den: days}.Rate()
	published, err := FollowerGrowth(c.published)
	c.errs = append(c.errs, err)
	row.PostingFrequency = published.perDay()
	row.ProfileVisitRateByReach = c.account.ProfileVisitRateByReach().Rate()
	row.ShareOfVoice = c.account.ShareOfVoice().Rate()
	account := c.account
	if _, ok := account.Get(smm.MetricSessions).Int64(); !ok {
		account = account.With(smm.MetricSessions, c.sum(smm.MetricSessions))
	}
	row.ReferralSessionsShare = account.ReferralSessionsShare().Rate()
}
