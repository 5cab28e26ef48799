// Package blueskytest is a simulator of the AT Protocol network as a Bluesky
// client sees it: one HTTP server on loopback that plays the personal data
// server (PDS), the app view, the chat service, the video service and the PLC
// directory. Hosts test their own products against it; the driver's tests do.
//
//	world := sim.NewWorld()
//	server := blueskytest.NewServer(world, nil)
//	defer server.Close()
//	account, err := server.NewAccount("shop.example.com")
//
// It speaks the wire format of the official lexicons and the behaviour measured
// on @atproto/pds 0.4.217 in November 2026:
//
//   - sessions from app passwords, 120 minutes and 90 days; an expired token is
//     400 ExpiredToken and a bad one 400 InvalidToken, never 401;
//   - OAuth as the reference server has it: metadata of both kinds, pushed requests,
//     consent without a person ("&login_as=HANDLE"), DPoP with nonces on every
//     call, tokens of one hour, refresh tokens that work once and end the session
//     when they come twice, scopes of both kinds (403 ScopeMissingError), client
//     documents and clients on this machine;
//   - repositories of records with chosen keys: putRecord with equal bytes is a
//     no-op, swapRecord null on a key that holds something else is 400
//     InvalidSwap, a create on a taken key is 500, deleting twice is 200;
//   - records of the known collections are validated, and blobs must have been
//     uploaded by the same account;
//   - write points by the hour and the day and requests per five minutes, with
//     RateLimit headers and no Retry-After;
//   - feeds, threads, search, notifications, likes, reposts, follows, blocks,
//     mutes, threadgates and postgates, direct messages, reports, video jobs.
//
// Time is the world's clock, faults are the world's script, and everything that
// the public or a recipient could see is written to the world's ledger.
//
// [NewProxy] strikes with the same faults, in the same words, before a real
// server.
//
// # Design notes
//
// The wire types are the simulator's own, so that a typo in the client's types
// cannot hide in both. The repository holds JSON, not a Merkle tree: content
// identifiers are real in form (CIDv1, SHA-256) but computed over canonical
// JSON instead of DAG-CBOR, which no client can tell without fetching blocks.
//
// Lists page by the key of their last item and give a cursor with every page
// that has items, as the reference implementation does: a client that stops at
// a short page, rather than at a missing cursor, is caught.
//
// The authorization server is package oauthtest, which shares no code with the
// client. What scopes mean is read by the client's package scope, in which a
// mistake would not show here.
//
// Left out: the firehose and Jetstream, lists and feed generators, group
// chats, drafts.
package blueskytest
