// Package value says what channels are worth: it divides the value of
// conversions among the channels that led to them, sets it against what they
// cost, and follows the customers whom they won.
//
//	credit, err := value.Attribute(paths, value.Position(40, 40), value.Options{})
//	returns, err := value.Returns(credit, costs)
//	worth, err := value.LifetimeValues(customers, value.LifetimeOptions{AsOf: now, Margin: 0.4})
//
// Money is exact: what a model divides sums up to what there was, to the
// millionth of the currency. Amounts in two currencies are an error unless
// [DatedRates] are given, which carry their day and source. What is not known stays
// unknown, as in package analytics.
//
// # Design notes
//
// No model is the default. They answer different questions, and a report should
// say which it used ([Attribution].Model).
//
// Weights are whole numbers and shares are cut by largest remainder, path by
// path. Multiplying by float64 shares was rejected: sums then miss the total by
// some millionths, and someone has to explain the difference.
//
// Shapley comes with two games. In [GameValue] the answer has a closed form and
// unconverted paths do not matter; [GameRate] uses them and can blame a channel.
// Sampling orders for more than [MaxChannels] channels was rejected: credit that
// changes with a seed is hard to defend in a meeting.
//
// None of this is causal: a model divides what was observed, and a channel that
// meets people who would have bought anyway gets credit all the same. Package
// experiment is for that question.
//
// A lifetime curve is not fitted to a named distribution. Periods that were not
// observed are left out unless asked for, and the assumption is then part of the
// result.
package value
