// Package textx counts, cuts and takes apart the text of posts.
//
// Every platform limits text in its own unit: graphemes (Bluesky, Mastodon),
// UTF-16 code units (Telegram, Discord), bytes (Bluesky's second limit) or a
// weighted length (X). The package has one function per unit, all of type
// [Counter], and cutting functions ([Truncate], [Split]) that accept any of
// them. [Extract] finds URLs, mentions, hashtags and cashtags after the rules
// of a platform; offsets are always bytes into the given string.
//
// All functions are pure, safe for concurrent use and total: invalid UTF-8
// gives a defined result, never a panic.
//
// # Design notes
//
// Scanners are written by hand. The reference implementation of X's rules is
// a set of regular expressions with lookaround, which package regexp cannot
// express; a literal translation would also inherit their quadratic run time.
// The official conformance vectors of twitter-text are the judge of the
// translation (see the conformance test).
//
// [Graphemes] wraps uax29 rather than replacing it: only runs of characters
// that can neither join nor be joined are counted here, everything else goes
// to uax29, and a fuzz test holds the two equal.
//
// Emoji for the weighted count come from a table of code points and a grammar
// of sequences, not from the list of every published sequence: the list would
// age with each Unicode release, and X does not publish which one it uses.
package textx
