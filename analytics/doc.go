// Package analytics turns the numbers of social platforms into the key figures
// of the field, without turning what is unknown into a zero.
//
// Scripts with plain numbers use the functions:
//
//	rate, ok := analytics.EngagementRateByReach(200, 2500) // 0.08, true
//	cost, ok := analytics.CPA(spend, 200)
//
// Everything that comes from a platform goes through [Value], which remembers
// whether its parts were measured, estimated, or are missing and why:
//
//	kpis, err := analytics.Summarize(metrics) // one row for each channel
//
// [Definitions] lists every figure with unit, formula and source, so that a
// report prints what it computed. [Rates] brings money of several currencies
// into one before it is added up. [WilsonInterval] and [Bootstrap] say how far
// chance alone may have moved a rate.
//
// Rates are fractions, not percentages: 0.05 is 5 %.
//
// # Design notes
//
// The denominator is part of the name ([EngagementRateByReach]). A function
// called EngagementRate would hide the choice that explains most of the
// difference between two reports.
//
// A rate over several posts is the sum of the numerators over the sum of the
// denominators, taken over the posts for which both are known ([Pool]). The
// mean of the posts' rates was rejected: it gives a post that ten people saw
// the weight of one that a million saw. Posts left out are counted.
//
// A missing part makes a sum incomplete instead of undefined, because most
// platforms report some numbers only. The number is then a lower bound and
// says so; a caller who cannot use a lower bound looks at the state.
//
// The platform's own "engagements" total is never used for a rate: each
// platform sums up something else. [Definition] says what is summed.
//
// A difference, unlike a sum, is undefined with one side missing: revenue that
// is not known yet must not read as the loss of all that was spent.
//
// Where the field uses one name for two formulas, as it does with virality and
// conversion rate, both are here under names of their own. Amplification,
// applause and conversation rate are over followers, not the older count for
// each post, which compares nothing but accounts of one size.
//
// The worth of one currency in another is the host's to say: rates come with
// date and source, and no rate is put together from two others, which would have
// neither.
//
// The bootstrap draws whole posts, since people who see one post share its
// luck; taking each impression for independent held the true rate in 63 of 100
// trials where 95 were promised.
//
// Numbers that cover different times are not added. Lifetime values of
// different ages replace each other, days add up, and a mixture is an error.
package analytics
