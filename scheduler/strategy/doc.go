// Package strategy holds what a channel strategy says as values, and checks a
// calendar against it.
//
//	report, err := strategy.Audit(plan, strategy.FromRecords(records), from, until, now)
//	for _, f := range report.Findings { ... }
//
// A [Strategy] has goals, audiences and personas, pillars and a content mix with
// target shares, a cadence for each channel, campaigns with dates, budget and
// milestones, blackout dates and a day of review. [Audit] finds a mix that is off,
// gaps, overload, collisions, milestones without posts, posts in a blackout or
// outside their campaign's dates, budgets that do not suffice, and a review that
// is overdue. [Strategy.Report] sums up one campaign.
//
// # Design notes
//
// Findings are those of package smm, with stable codes and arguments, so that a
// host shows them beside those of validation.
//
// Days, weeks and months are those of the strategy's zone; a week begins on Monday,
// as in ISO 8601. A minimum is asked only of periods that lie wholly in the span
// that is audited: half a week may have half of its posts.
//
// A share is off when it differs from its target by more than the tolerance and
// moving one post would bring it closer. Without the second condition a calendar of
// three posts could never meet a mix of four pillars.
//
// Scores ("your plan is 87 % good") were rejected: nobody can act on them.
package strategy
