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
// Numbers that cover different times are not added. Lifetime values of
// different ages replace each other, days add up, and a mixture is an error.
package analytics
