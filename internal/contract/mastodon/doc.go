// Package mastodon holds both sides of Mastodon's wire against the vendor's
// documentation, field by field and version by version, as entities.json and
// methods.json write it down: what the client sends and reads, and what the
// simulator answers. It has tests only.
//
// The vendor publishes no machine-readable contract, so this proves less than
// its sibling for Bluesky: that both sides agree with what was read, not that
// what was read is right. Fields whose first version no page names are marked
// "unverified". OAuth is left out; its documents have standards of their own.
//
// Compatible servers are left out too: their documentation is another.
package mastodon
