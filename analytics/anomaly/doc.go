// Package anomaly finds days on which a channel's numbers leave what its own
// weeks lead to expect.
//
//	alarms, err := anomaly.Find(daily, anomaly.Options{})
//
// # Design notes
//
// A day is judged by the days before it alone, so that an alarm of today is the
// alarm that a live watch would have raised. The baseline is the median of the
// last two weeks and of each weekday on the logarithm, its spread the median
// absolute deviation: a mean and a standard deviation were rejected,
// because the first outlier hides the second.
//
// Single days need a great distance; three days in a row that lie on the same
// side add up. Seasonal decomposition by loess was rejected: it looks into the
// future, and its ends, where alarms matter, are its weakest part.
package anomaly
