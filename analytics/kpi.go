package analytics

// rate returns num/den, and false where that is undefined.
func rate(num, den int64) (float64, bool) {
	if den <= 0 {
		return 0, false
	}
	return float64(num) / float64(den), true
}

// EngagementRateByReach returns engagements / reach, a fraction: of the people
// who saw the post, how many acted. False if reach is not above zero.
//
// Unit: fraction. Also called ERR. Source: calculatorlib.com, "Engagement Rate
// by Reach", read 2026-11-22.
func EngagementRateByReach(engagements, reach int64) (float64, bool) {
	return rate(engagements, reach)
}

// EngagementRateByImpressions returns engagements / impressions, a fraction:
// actions for each time the post was shown. False if impressions is not above
// zero.
//
// Unit: fraction. Source: narrative.bi, "How to calculate Engagement Rate",
// read 2026-11-22.
func EngagementRateByImpressions(engagements, impressions int64) (float64, bool) {
	return rate(engagements, impressions)
}

// EngagementRateByFollowers returns engagements / followers, a fraction; for
// several posts divide the engagements of all by followers times posts. False
// if followers is not above zero. It can exceed 1.
//
// Unit: fraction. Also called ERF or simply ER. Source: help.archive.com,
// "Understanding engagement rate", read 2026-11-22.
func EngagementRateByFollowers(engagements, followers int64) (float64, bool) {
	return rate(engagements, followers)
}

// EngagementRateByViews returns engagements / views, a fraction, the usual form
// for video. What counts as a view is the platform's choice. False if views is
// not above zero.
//
// Unit: fraction. Source: schedulala.com, "TikTok Engagement Calculator", read
// 2026-11-22.
func EngagementRateByViews(engagements, views int64) (float64, bool) {
	return rate(engagements, views)
}

// CTR returns clicks / impressions, the click-through rate as a fraction. False
// if impressions is not above zero.
//
// Unit: fraction. Source: irev.com, "What is a Click-through Rate?", read
// 2026-11-22.
func CTR(clicks, impressions int64) (float64, bool) { return rate(clicks, impressions) }

// GrowthRate returns (end - start) / start, a fraction, negative for a loss.
// False if start is not above zero: growth from nothing has no rate.
//
// Unit: fraction. Source: keyhole.co, "How do I calculate follower growth
// rate?", read 2026-11-22.
func GrowthRate(start, end int64) (float64, bool) {
	if start <= 0 {
		return 0, false
	}
	return (float64(end) - float64(start)) / float64(start), true
}
