// Package besttimes finds the hours of the week at which a channel's own posts
// did best, and says when its history shows no difference.
//
//	found, err := besttimes.Find(channel, posts, besttimes.Options{})
//	if !found.Differs { ... } // no hour is better than chance explains
//	slots := found.Slots(monday, 3) // smm.Slot, best first
//
// # Design notes
//
// Cells of the week hold few posts, and the best of 168 noisy means is nearly
// always noise. Means are therefore shrunk towards the mean of all posts, by as
// much as their own noise demands (empirical Bayes), and a permutation test asks
// first whether the history shows
// any difference at all. Tables of best hours "of the industry" were rejected:
// they are other people's audiences.
//
// The effect is taken on the logarithm of 1 + the number, since engagement is a
// matter of factors, and one post that went round the world must not make its
// hour the best.
package besttimes
