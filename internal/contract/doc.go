// Package contract is the contract tier of the tests: a module of its own, of
// tests only, that holds both sides of the wire against what the vendors
// publish about it.
//
//   - lexicon reads and applies the AT Protocol's schema language;
//   - entity does the same for Mastodon's documentation, which is no schema, by
//     a data file of our own;
//   - deviate makes the deliberate mistakes that prove that a check can see;
//   - wire records exchanges at the transport;
//   - bluesky and mastodon drive the clients against the simulators;
//   - rrule holds scheduler/recur against an implementation of RFC 5545 by others.
//
// Run it as part of "go test work". The official files are read from the shared
// directory (see package sharedspec) and tests are skipped, with the reason
// printed, where it is absent.
//
// # Design notes
//
// It is a nested module so that no user of the library ever compiles it, and so
// that it may take whatever tools it needs. Rejected: checking inside the
// platforms' own tests, where the checker would be one more copy in each
// platform; and generating the wire types from the schemas, since a generated
// type agrees with its schema by construction and proves nothing about what is
// sent.
package contract
