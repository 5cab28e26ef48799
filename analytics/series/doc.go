// Package series holds metrics by column, and adds them up by channel, day,
// campaign, content type or label, without losing what was not known.
//
//	t, err := series.New([]series.Column{{Name: smm.MetricReach}, {Name: smm.MetricLikes}}, nil)
//	err = t.Append(&series.Row{Channel: channel, At: at, Values: []series.Cell{series.Counted(1200), {State: smm.MetricNotYet}}})
//	result, err := t.Query(series.Query{By: []series.By{series.ByChannel, series.ByDay}})
//
// Every sum is an [analytics.Value], which counts the parts that were missing
// and why; every rate is a ratio of sums over the rows in which both sides are
// known.
//
// # Design notes
//
// Rows come from the host's store or from platforms ([RowsOf]), live in memory,
// and are not changed. A database was rejected: it would be a dependency, and
// ten million rows are summed in a tenth of a second.
//
// A table has one zone, which says where days begin. Zones by channel were
// rejected, because a total by day would then add up different days.
//
// The key of a row is the sum of small lookup tables, one for each key column,
// into which groups and filters are compiled together; so a filter costs no
// branch. Where the product of the keys is too large for an array with one cell
// for each, keys are numbered by a map.
//
// States take a byte beside each number. Plain counts, nine in ten, are added
// up without looking at it: a row has a bit for each column that is not plain.
//
// Levels (followers) and rates are refused as columns, because their sum means
// nothing. Reach can be added up, and then counts people as often as they were
// reached.
package series
