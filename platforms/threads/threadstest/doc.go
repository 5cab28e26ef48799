// Package threadstest is a Threads server in memory, for tests of programs that
// talk to Threads.
//
// [NewServer] listens on the loopback interface and answers real HTTP requests in
// the vendor's wire format: containers that are processed for a while, expire
// after a day and tell their state; media that the server fetches from the
// addresses it is given; posts, replies, reposts, quotes, polls, topics;
// conversations, hiding and approval; mentions, search and profiles; insights; the
// budgets of a day; logins with tokens of an hour and of 60 days; and signed
// webhooks in the vendor's own form.
//
//	world := sim.NewWorld()
//	server := threadstest.NewServer(world, nil)
//	defer server.Close()
//	account, err := server.NewAccount("alice")
//	token := account.Login["THREADS_TOKEN"]
//
// The server keeps time by the world's clock, takes faults from its script, and
// reports everything that became visible to its ledger. Reposts are counted by
// the post that they share and are not in the ledger. It is safe for concurrent
// use. The name of an operation in the fault script is its method, kind of node
// and edge: "POST user/threads_publish", "GET container".
//
// Traps that clients must not fall into are there on purpose: lists that go on
// without an address of the next page and end in an empty one, a container that is
// not found right after it was made ([Options.Unseen]), a publish that took effect
// and answers an error ([Server.LieOnPublish]), and one code for what does not
// exist yet, any more and ever.
//
// # Design notes
//
// Answers are built from names written down here once more, not from the client's
// types: a misspelt field in the client cannot hide behind the same misspelling in
// the server. For the same reason a field or parameter that the vendor does not
// have is refused; the vendor ignores the latter. Without fields an answer holds
// the id alone.
//
// What is modelled is what the documentation and the vendor's samples say
// (2025-10 to 2026-06, read 2026-11-22). The words and statuses of errors are from
// memory where neither shows them, and so is that a budget is checked when a
// container is published and not when it is made.
package threadstest
