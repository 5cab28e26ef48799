package analytics

import "time"

// GrossFollowerGrowthRate returns follows / followers, a fraction: new
// followers over the followers at the beginning, losses left aside. False if
// followers is not above zero.
//
// Unit: fraction. Compare GrowthRate, which is net. Source: own definition
// beside keyhole.co's net rate.
func GrossFollowerGrowthRate(follows, followers int64) (float64, bool) {
	return rate(follows, followers)
}

// UnfollowRate returns unfollows / followers, a fraction: those lost over the
// followers at the beginning. False if followers is not above zero.
//
// Unit: fraction. Also called follower churn. Source: thesocialcat.com,
// "Unfollow Rate", read 2026-11-26.
func UnfollowRate(unfollows, followers int64) (float64, bool) { return rate(unfollows, followers) }

// ShareOfVoice returns mentions / allMentions, a fraction: mentions of the
// brand over those of the brand and its competitors. False if allMentions is
// not above zero.
//
// Unit: fraction. Also called SOV. Source: mention.com, "Share of Voice
// Calculator", read 2026-11-26.
func ShareOfVoice(mentions, allMentions int64) (float64, bool) { return rate(mentions, allMentions) }

// ReferralSessionsShare returns socialSessions / allSessions, a fraction: of
// all web sessions, how many came from social media. False if allSessions is
// not above zero.
//
// Unit: fraction. Also called social media referral rate. Source:
// rundemapp.com, "How to calculate Social Media Referral Rate", read
// 2026-11-26.
func ReferralSessionsShare(socialSessions, allSessions int64) (float64, bool) {
	return rate(socialSessions, allSessions)
}

// GrossFollowersPerDay returns follows / days, how many people began to follow
// on an average day, losses left aside. False if days is not above zero.
//
// Unit: followers a day. Source: adweek.com, "50 Days Of Twitter", read
// 2026-11-26.
func GrossFollowersPerDay(follows, days int64) (float64, bool) { return rate(follows, days) }

// NetFollowersPerDay returns (end - start) / days, how many followers an
// average day brought, negative for a loss. False if days is not above zero.
//
// Unit: followers a day. Source: adweek.com, "50 Days Of Twitter", read
// 2026-11-26.
func NetFollowersPerDay(start, end, days int64) (float64, bool) {
	if days <= 0 {
		return 0, false
	}
	return (float64(end) - float64(start)) / float64(days), true
}

// PostingFrequency returns how many posts an average day of the time had.
// Multiply by 7 for a week. False if the time is not above zero.
//
// Unit: posts a day. Source: own arithmetic.
func PostingFrequency(posts int64, over time.Duration) (float64, bool) {
	if over <= 0 {
		return 0, false
	}
	return float64(posts) / (over.Hours() / 24), true
}
