// Package xtext counts the text of posts as X does and finds what X links in
// them.
//
// X limits a post in weighted units, not in characters. [Length] measures
// them: the text is brought to Unicode form NFC; each address counts 23,
// whatever its length and with or without a scheme; each emoji counts 2, also
// one of many code points (joined, with a skin tone, a flag, a keycap); Latin,
// Greek, Cyrillic, Arabic and the other code points up to U+10FF, and most
// general punctuation, count 1; everything else, such as ideographs and kana,
// counts 2. The limit is 280 units; [LengthMax] takes another one, for
// accounts that may write more.
//
// [Entities] finds addresses, mentions, lists, hashtags and cashtags. Places
// are given in bytes, code points and UTF-16 code units ([Position]), because
// Go, X's API and JavaScript each count in a different one of them.
//
// All functions are pure, safe for concurrent use and take time proportional to
// the length of the text. Invalid UTF-8 never panics: each invalid byte is one
// character, of weight 2 as the replacement character that an encoder sends.
//
// # Source
//
// The weights are configuration version 3 of twitter-text
// (https://docs.x.com/fundamentals/counting-characters and
// https://github.com/twitter/twitter-text, read August 2026). The judge of the
// rest are the conformance vectors that X publishes beside it; the test of the
// vectors lists those that do not hold, with the reason.
//
// # Limits
//
// The rules are those that X published. What X does today may differ where it
// published nothing, and a server has the last word.
//
// An address needs a top level domain that is in the list of twitter-text of
// October 2021, with a scheme too. One that was opened later, such as .kids, is
// no link here and its characters are counted; if X knows it, X counts 23.
//
// Emoji are recognised by a grammar over a table of code points, not by the
// list of every published sequence, which X does not name by version.
//
// The mentions that X itself puts before a reply do not count towards its
// limit. They are not part of the text that the API takes, so nothing is
// deducted here: give the text as it will be sent. Media are attached by
// identifier and count nothing.
package xtext
