package analytics

// ReachRateByFollowers returns reach / followers, a fraction: of the people
// who follow, how many a post reached at least once. It exceeds 1 where a post
// reaches people who do not follow. False if followers is not above zero.
//
// Unit: fraction. Also called reach rate. Source:
// costcalculator.calculator.city, "How to calculate reach rate", read
// 2026-11-26.
func ReachRateByFollowers(reach, followers int64) (float64, bool) { return rate(reach, followers) }

// Frequency returns impressions / reach: how often a person who saw it saw it
// on average; at least 1 where both count the same. False if reach is not
// above zero.
//
// Unit: times. Source: quickcalculator.co, "Ad Frequency", read 2026-11-26.
func Frequency(impressions, reach int64) (float64, bool) { return rate(impressions, reach) }

// AmplificationRateByFollowers returns shares / followers, a fraction: how
// much of the audience carried a post on; for several posts multiply the
// followers by the posts. False if followers is not above zero.
//
// Unit: fraction. Named by Avinash Kaushik for shares per post; over followers
// since, as here. Source: academy.hsmai.org, "Amplification Rate", read
// 2026-11-26.
func AmplificationRateByFollowers(shares, followers int64) (float64, bool) {
	return rate(shares, followers)
}

// ApplauseRateByFollowers returns likes / followers, a fraction: how much of
// the audience approved of a post; for several posts multiply the followers by
// the posts. False if followers is not above zero.
//
// Unit: fraction. Source: hsmaiacademy.org, "Applause Rate", read 2026-11-26.
func ApplauseRateByFollowers(likes, followers int64) (float64, bool) { return rate(likes, followers) }

// ConversationRateByFollowers returns comments / followers, a fraction: how
// much of the audience answered a post; for several posts multiply the
// followers by the posts. False if followers is not above zero.
//
// Unit: fraction. Not to be confused with the conversion rate. Source:
// thesocialcat.com, "Comment Rate", read 2026-11-26.
func ConversationRateByFollowers(comments, followers int64) (float64, bool) {
	return rate(comments, followers)
}

// ViralityRateByImpressions returns shares / impressions, a fraction: how
// often being shown led to being shared. False if impressions is not above
// zero.
//
// Unit: fraction. Source: socialk.it, "Virality rate and amplification
// explained", read 2026-11-26.
func ViralityRateByImpressions(shares, impressions int64) (float64, bool) {
	return rate(shares, impressions)
}

// ViralityRateByReach returns shares / reach, a fraction: of the people who
// saw a post, how many shared it. False if reach is not above zero.
//
// Unit: fraction. Source: calculatorultra.com, "Virality Rate Calculator",
// read 2026-11-26.
func ViralityRateByReach(shares, reach int64) (float64, bool) { return rate(shares, reach) }

// SaveRateByReach returns saves / reach, a fraction: of the people who saw a
// post, how many kept it. False if reach is not above zero.
//
// Unit: fraction. Also called saves ratio. Source: redaquest.com, "Save rate",
// read 2026-11-26.
func SaveRateByReach(saves, reach int64) (float64, bool) { return rate(saves, reach) }

// SaveRateByImpressions returns saves / impressions, a fraction: how often
// being shown led to being kept. False if impressions is not above zero.
//
// Unit: fraction. Source: redaquest.com, "Save rate", read 2026-11-26.
func SaveRateByImpressions(saves, impressions int64) (float64, bool) { return rate(saves, impressions) }

// ProfileVisitRateByReach returns profileViews / reach, a fraction: of the
// people who saw something, how many looked up who it is from: the nearest
// that a platform's own numbers come to recognition of the name. False if
// reach is not above zero.
//
// Unit: fraction. A proxy of recognition, which only a survey measures.
// Source: own definition.
func ProfileVisitRateByReach(profileViews, reach int64) (float64, bool) {
	return rate(profileViews, reach)
}

// CVRByClicks returns conversions / clicks, a fraction: of the clicks, how
// many led to a conversion. False if clicks is not above zero.
//
// Unit: fraction. Conversion rate of advertising and mail. Source:
// betterranking.co.uk, "Conversion Rate Calculator", read 2026-11-26.
func CVRByClicks(conversions, clicks int64) (float64, bool) { return rate(conversions, clicks) }

// CVRBySessions returns conversions / sessions, a fraction: of the sessions
// that it began, how many led to a conversion. False if sessions is not above
// zero.
//
// Unit: fraction. Conversion rate of web analytics. Source: piwik.pro,
// "Conversion rate", read 2026-11-26.
func CVRBySessions(conversions, sessions int64) (float64, bool) { return rate(conversions, sessions) }
