package analytics

import "github.com/smmkit/smmkit/smm"

const ofPublicEngagement = "engagements are likes + comments + shares unless another Definition is given"

// kpiTable holds the definitions. Definitions gives out copies.
var kpiTable = []KPI{
	// How content was seen and answered.
	{
		Name: "engagement_rate_by_reach", Title: "Engagement rate by reach", Unit: UnitFraction, Formula: "engagements / reach",
		Sums: PublicEngagement(), Denominator: Definition{smm.MetricReach},
		Note:   ofPublicEngagement,
		Source: `calculatorlib.com, "Engagement Rate by Reach", read 2026-11-22`,
	},
	{
		Name: "engagement_rate_by_impressions", Title: "Engagement rate by impressions", Unit: UnitFraction, Formula: "engagements / impressions",
		Sums: PublicEngagement(), Denominator: Definition{smm.MetricImpressions},
		Note:   ofPublicEngagement,
		Source: `narrative.bi, "How to calculate Engagement Rate", read 2026-11-22`,
	},
	{
		Name: "engagement_rate_by_followers", Title: "Engagement rate by followers", Unit: UnitFraction, Formula: "engagements / followers",
		Sums: PublicEngagement(), Denominator: Definition{smm.MetricFollowers},
		Note:   ofPublicEngagement,
		Source: `help.archive.com, "Understanding engagement rate", read 2026-11-22`,
	},
	{
		Name: "engagement_rate_by_views", Title: "Engagement rate by views", Unit: UnitFraction, Formula: "engagements / views",
		Sums: PublicEngagement(), Denominator: Definition{smm.MetricViews},
		Note:   ofPublicEngagement,
		Source: `schedulala.com, "TikTok Engagement Calculator", read 2026-11-22`,
	},
	{
		Name: "ctr", Title: "Click-through rate (CTR)", Unit: UnitFraction, Formula: "clicks / impressions",
		Sums: Definition{smm.MetricClicks}, Denominator: Definition{smm.MetricImpressions},
		Source: `irev.com, "What is a Click-through Rate?", read 2026-11-22`,
	},
	{
		Name: "reach_rate_by_followers", Title: "Reach rate by followers", Unit: UnitFraction, Formula: "reach / followers",
		Sums: Definition{smm.MetricReach}, Denominator: Definition{smm.MetricFollowers},
		Source: `costcalculator.calculator.city, "How to calculate reach rate", read 2026-11-26`,
	},
	{
		Name: "frequency", Title: "Frequency", Unit: UnitTimes, Formula: "impressions / reach",
		Sums: Definition{smm.MetricImpressions}, Denominator: Definition{smm.MetricReach},
		Source: `quickcalculator.co, "Ad Frequency", read 2026-11-26`,
	},
	{
		Name: "amplification_rate_by_followers", Title: "Amplification rate by followers", Unit: UnitFraction, Formula: "shares / followers",
		Sums: Definition{smm.MetricShares}, Denominator: Definition{smm.MetricFollowers},
		Source: `academy.hsmai.org, "Amplification Rate", read 2026-11-26`,
	},
	{
		Name: "applause_rate_by_followers", Title: "Applause rate by followers", Unit: UnitFraction, Formula: "likes / followers",
		Sums: Definition{smm.MetricLikes}, Denominator: Definition{smm.MetricFollowers},
		Source: `hsmaiacademy.org, "Applause Rate", read 2026-11-26`,
	},
	{
		Name: "conversation_rate_by_followers", Title: "Conversation rate by followers", Unit: UnitFraction, Formula: "comments / followers",
		Sums: Definition{smm.MetricComments}, Denominator: Definition{smm.MetricFollowers},
		Source: `thesocialcat.com, "Comment Rate", read 2026-11-26`,
	},
	{
		Name: "virality_rate_by_impressions", Title: "Virality rate by impressions", Unit: UnitFraction, Formula: "shares / impressions",
		Sums: Definition{smm.MetricShares}, Denominator: Definition{smm.MetricImpressions},
		Source: `socialk.it, "Virality rate and amplification explained", read 2026-11-26`,
	},
	{
		Name: "virality_rate_by_reach", Title: "Virality rate by reach", Unit: UnitFraction, Formula: "shares / reach",
		Sums: Definition{smm.MetricShares}, Denominator: Definition{smm.MetricReach},
		Source: `calculatorultra.com, "Virality Rate Calculator", read 2026-11-26`,
	},
	{
		Name: "save_rate_by_reach", Title: "Save rate by reach", Unit: UnitFraction, Formula: "saves / reach",
		Sums: Definition{smm.MetricSaves}, Denominator: Definition{smm.MetricReach},
		Source: `redaquest.com, "Save rate", read 2026-11-26`,
	},
	{
		Name: "save_rate_by_impressions", Title: "Save rate by impressions", Unit: UnitFraction, Formula: "saves / impressions",
		Sums: Definition{smm.MetricSaves}, Denominator: Definition{smm.MetricImpressions},
		Source: `redaquest.com, "Save rate", read 2026-11-26`,
	},
	{
		Name: "profile_visit_rate_by_reach", Title: "Profile visit rate by reach", Unit: UnitFraction, Formula: "profile views / reach",
		Sums: Definition{smm.MetricProfileViews}, Denominator: Definition{smm.MetricReach},
		Note:   "a proxy of recognition",
		Source: "own definition",
	},

	// How video was watched.
	{
		Name: "video_completion_rate_by_views", Title: "Video completion rate by views", Unit: UnitFraction, Formula: "completions / views",
		Sums: Definition{smm.MetricCompletions}, Denominator: Definition{smm.MetricViews},
		Source: `rundemapp.com, "How to calculate Video Completion Rate", read 2026-11-26`,
	},
	{
		Name: "view_through_rate_25_by_views", Title: "View-through rate at 25 % by views", Unit: UnitFraction, Formula: "plays that reached 25 % / views",
		Sums: Definition{smm.MetricViews25}, Denominator: Definition{smm.MetricViews},
		Source: `help.kr.ooyala.com, "View Through Rate" (the quartile events), read 2026-11-26`,
	},
	{
		Name: "view_through_rate_50_by_views", Title: "View-through rate at 50 % by views", Unit: UnitFraction, Formula: "plays that reached 50 % / views",
		Sums: Definition{smm.MetricViews50}, Denominator: Definition{smm.MetricViews},
		Source: `help.kr.ooyala.com, "View Through Rate" (the quartile events), read 2026-11-26`,
	},
	{
		Name: "view_through_rate_75_by_views", Title: "View-through rate at 75 % by views", Unit: UnitFraction, Formula: "plays that reached 75 % / views",
		Sums: Definition{smm.MetricViews75}, Denominator: Definition{smm.MetricViews},
		Source: `help.kr.ooyala.com, "View Through Rate" (the quartile events), read 2026-11-26`,
	},
	{
		Name: "hook_rate_by_impressions", Title: "Hook rate by impressions", Unit: UnitFraction, Formula: "hook views / impressions",
		Sums: Definition{smm.MetricHookViews}, Denominator: Definition{smm.MetricImpressions},
		Note:   "the platform says after how many seconds",
		Source: `calclet.com, "3-second hook rate", read 2026-11-26`,
	},
	{
		Name: "average_watch_time_per_view", Title: "Average watch time per view", Unit: UnitDuration, Formula: "watch time / views",
		Sums: Definition{smm.MetricWatchTime}, Denominator: Definition{smm.MetricViews},
		Source: `bevyl.ai, "Average watch time", read 2026-11-26`,
	},

	// What advertising and links brought, and what that cost.
	{
		Name: "cvr_by_clicks", Title: "Conversion rate by clicks (CVR)", Unit: UnitFraction, Formula: "conversions / clicks",
		Sums: Definition{smm.MetricConversions}, Denominator: Definition{smm.MetricClicks},
		Source: `betterranking.co.uk, "Conversion Rate Calculator", read 2026-11-26`,
	},
	{
		Name: "cvr_by_sessions", Title: "Conversion rate by sessions (CVR)", Unit: UnitFraction, Formula: "conversions / sessions",
		Sums: Definition{smm.MetricConversions}, Denominator: Definition{smm.MetricSessions},
		Source: `piwik.pro, "Conversion rate", read 2026-11-26`,
	},
	{
		Name: "cpc", Title: "Cost per click (CPC)", Unit: UnitMoney, Formula: "spend / clicks",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricClicks},
		Source: `programmatic101.net, "How to calculate CPC", read 2026-11-26`,
	},
	{
		Name: "cpm", Title: "Cost per 1,000 impressions (CPM)", Unit: UnitMoney, Formula: "1000 * spend / impressions",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricImpressions}, Per: mille,
		Source: `adwisely.com, "CPM Equation", read 2026-11-26`,
	},
	{
		Name: "cpv", Title: "Cost per view (CPV)", Unit: UnitMoney, Formula: "spend / views",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricViews},
		Source: `cunits.io, "Cost Per View (CPV) Calculator", read 2026-11-26`,
	},
	{
		Name: "cpa", Title: "Cost per acquisition (CPA)", Unit: UnitMoney, Formula: "spend / conversions",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricConversions},
		Source: `calculatorlib.com, "Cost Per Acquisition (CPA)", read 2026-11-22`,
	},
	{
		Name: "cost_per_lead", Title: "Cost per lead (CPL)", Unit: UnitMoney, Formula: "spend / leads",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricLeads},
		Source: `markinblog.com, "Cost per Lead (CPL)", read 2026-11-26`,
	},
	{
		Name: "cost_per_result", Title: "Cost per result", Unit: UnitMoney, Formula: "spend / results",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricResults},
		Note:   "comparable between campaigns of one objective only",
		Source: `geniegoals.co.uk, "Cost per Result", read 2026-11-26`,
	},
	{
		Name: "cost_per_engagement", Title: "Cost per engagement (CPE)", Unit: UnitMoney, Formula: "spend / engagements",
		Sums: Definition{smm.MetricSpend}, Denominator: PublicEngagement(),
		Note:   ofPublicEngagement,
		Source: `calculator.academy, "Cost Per Engagement (CPE) Calculator", read 2026-11-26`,
	},
	{
		Name: "cost_per_install", Title: "Cost per install (CPI)", Unit: UnitMoney, Formula: "spend / installs",
		Sums: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricInstalls},
		Source: `calculatorlib.com, "Cost Per Install (CPI)", read 2026-11-26`,
	},
	{
		Name: "roas", Title: "Return on advertising spend (ROAS)", Unit: UnitTimes, Formula: "revenue / spend",
		Sums: Definition{smm.MetricRevenue}, Denominator: Definition{smm.MetricSpend},
		Source: `verticalrail.com, "Calculate ROAS", read 2026-11-26`,
	},
	{
		Name: "roi", Title: "Return on investment (ROI)", Unit: UnitFraction, Formula: "(revenue - spend) / spend",
		Sums: Definition{smm.MetricRevenue}, Less: Definition{smm.MetricSpend}, Denominator: Definition{smm.MetricSpend},
		Source: `calculatorlib.com, "Marketing ROI", read 2026-11-26`,
	},

	// The account over time, and its place among others.
	{
		Name: "follower_growth", Title: "Follower growth, net", Unit: UnitFraction, Formula: "(last followers - first followers) / first followers",
		Source: `keyhole.co, "How do I calculate follower growth rate?", read 2026-11-22`,
	},
	{
		Name: "net_followers_per_day", Title: "Net new followers per day", Unit: UnitPerDay, Formula: "(last followers - first followers) / days",
		Source: `adweek.com, "50 Days Of Twitter", read 2026-11-26`,
	},
	{
		Name: "gross_follower_growth_rate", Title: "Follower growth, gross", Unit: UnitFraction, Formula: "follows / followers at the beginning",
		Sums: Definition{smm.MetricFollows}, Denominator: Definition{smm.MetricFollowers},
		Source: "own definition beside keyhole.co's net rate",
	},
	{
		Name: "gross_followers_per_day", Title: "Gross new followers per day", Unit: UnitPerDay, Formula: "follows / days",
		Source: `adweek.com, "50 Days Of Twitter", read 2026-11-26`,
	},
	{
		Name: "unfollow_rate", Title: "Unfollow rate", Unit: UnitFraction, Formula: "unfollows / followers at the beginning",
		Sums: Definition{smm.MetricUnfollows}, Denominator: Definition{smm.MetricFollowers},
		Source: `thesocialcat.com, "Unfollow Rate", read 2026-11-26`,
	},
	{
		Name: "posting_frequency", Title: "Posting frequency", Unit: UnitPerDay, Formula: "(last posts - first posts) / days",
		Note:   "from the account's own number of posts: a deleted post counts against it",
		Source: "own arithmetic",
	},
	{
		Name: "share_of_voice", Title: "Share of voice (SOV)", Unit: UnitFraction, Formula: "mentions / (mentions + competitors' mentions)",
		Sums: Definition{smm.MetricMentions}, Denominator: Definition{smm.MetricMarketMentions},
		Source: `mention.com, "Share of Voice Calculator", read 2026-11-26`,
	},
	{
		Name: "referral_sessions_share", Title: "Referral sessions share", Unit: UnitFraction, Formula: "sessions from social media / all sessions of the site",
		Sums: Definition{smm.MetricSessions}, Denominator: Definition{smm.MetricSiteSessions},
		Source: `rundemapp.com, "How to calculate Social Media Referral Rate", read 2026-11-26`,
	},
}
