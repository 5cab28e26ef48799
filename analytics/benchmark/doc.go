// Package benchmark compares a channel with its competitors and with the norms
// of the field.
//
//	c, err := benchmark.Compare(us, competitors, benchmark.Options{From: from, To: to})
//	gap, ok := c.EngagementRateByFollowers.Gap.Float64()
//
//	norms := benchmark.FindNorms(benchmark.Norms(), benchmark.NormQuery{
//		Metric: benchmark.NormEngagementRateByFollowers, Platform: "instagram",
//	})
//	position, distance := norms[0].Against(rate)
//
// [Compare] needs nothing but what everybody can see: posts with their likes,
// comments and shares, and followers. Every number stands with the posts behind it and an
// interval, and is undefined where they are too few.
//
// # Design notes
//
// Competitors count the same, however much they post: the middle is the median of
// accounts, and mixes and histograms are means of shares. Pooling all posts was
// rejected, since one newsroom among the competitors would then be the market.
//
// The rate of one account is the sum of engagements over the sum of followers,
// each post with the followers of its day, as everywhere in analytics.
//
// Hours are compared around the clock by how far posts would have to move. Adding
// up the differences of the bins was rejected: it finds 9 and 10 o'clock as
// different as noon and midnight. Both distances come with what chance alone
// does, because thirty posts over 24 hours never look like another thirty.
//
// Norms are data with a date, a source and a grade of evidence on every row,
// and not constants: published figures for one platform and year differ by a
// factor of ten between sources, which count engagement in their own ways among their
// own customers. Most figures here were read second-hand, and say so. A sector
// without a figure that could be read has none.
package benchmark
