// Package lexicon validates JSON against lexicons, the schema language of the
// AT Protocol (https://atproto.com/specs/lexicon, read August 2026).
//
// [Parse] reads the official documents into a [Catalog]; [Catalog.Request] and
// [Catalog.Answer] judge one exchange, [Catalog.Value] one value. Every problem
// is reported, not only the first.
//
// The language is open on purpose: unknown properties, members of open unions
// and unlisted values are legal, so that servers can grow. For what we send and
// what our simulator answers that tolerance would hide every misspelling, so
// [Catalog.Exact] returns a catalog that refuses it.
//
// # Design notes
//
// Rejected: an existing validator (the Go one drags in a large tree and is
// lenient by default), and translating lexicons to JSON Schema, which has no
// word for graphemes, blobs, references across documents or the data model
// without floats.
//
// A document that uses a word of the language which this package does not know
// is refused when it is read: a constraint that is silently skipped would look
// like one that holds.
package lexicon
