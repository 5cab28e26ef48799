// Package brand checks posts against the guide of a brand: its vocabulary, its
// tone, its hashtags, and what makes a post accessible.
//
//	guide, err := brand.Load(file)
//	client, err := smm.New(drivers, smm.WithGates(guide))
//
// A [Guide] is a smm.Gate: what it finds stands among the other findings of
// smm.Client.Validate, with the exact span, and with a fix where there is one.
// [Guide.Fix] applies what is safe.
//
// # Design notes
//
// The guide is data, written by people who do not program: a file whose every
// mistake is listed with its place. Rules as code were rejected; a host that
// needs one writes a smm.Gate of its own.
//
// A fix is a replacement of one span and carries what it expects to find there.
// It is never applied to a text that has changed since.
//
// Names are corrected without asking, as there is one right spelling. Words are
// replaced without asking only where the guide says so for that word: what is
// synonymous in one sentence is wrong in the next.
//
// Addresses, mentions and hashtags are no prose: the vocabulary passes over
// them, so that no fix breaks a link.
package brand
