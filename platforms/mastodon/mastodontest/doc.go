// Package mastodontest is a Mastodon server in memory, for tests of programs
// that talk to Mastodon or to a server like it.
//
// [NewServer] listens on the loopback interface and answers real HTTP requests
// in the vendor's wire format: statuses with their HTML, polls, media that take
// time to process, scheduled posts that go live as the clock passes, the
// Idempotency-Key that is remembered for exactly one hour, notifications,
// conversations, streaming, rate limits with their headers, scoped tokens, and
// refusals in the vendor's words. OAuth is that of the vendor's library, with
// codes that serve once, PKCE, apps that are purged and, where the software may
// have them, refresh tokens. [Options.Software] makes it answer like
// GoToSocial, Akkoma, Pleroma or Pixelfed instead.
//
//	world := sim.NewWorld()
//	server := mastodontest.NewServer(world, nil)
//	defer server.Close()
//	account, err := server.NewAccount("alice")
//	token := account.Login["MASTODON_TOKEN"]
//
// The server keeps time by the world's clock, takes faults from its script, and
// reports everything that became visible to its ledger. It is safe for
// concurrent use.
//
// # Design notes
//
// Answers are built from names written down here once more, not from the
// client's types: a misspelt field in the client cannot hide behind the same
// misspelling in the server.
//
// Everything is under one mutex. A simulator that is fast but wrong under load
// would accuse the client of its own races.
//
// What is modelled is what the documentation says (August 2026) and, for limits
// and messages, what servers answer. Federation is not modelled: a remote
// account is a local record with a host.
package mastodontest
