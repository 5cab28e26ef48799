// Package sim holds what all simulators share: a clock that tests move, a
// script of faults, and a ledger that counts what the public would see.
//
// A simulator (mastodontest, blueskytest ...) is an HTTP server that speaks a
// platform's wire format and holds state. It lives in a [World], which it may
// share with simulators of other platforms:
//
//	world := sim.NewWorld()
//	server := mastodontest.NewServer(world, nil)
//	defer server.Close()
//	world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
//	... publish through the real client ...
//	world.Ledger.Counts() // what the public saw
//
// # Duplicate and lost
//
// A duplicate is a second public item with the same account, parent, text and
// media as another that came from the same delivery or plan entry. The ledger
// sees the wire only and so counts every pair that is equal in these four;
// tests give each delivery a text of its own. An item counts from the moment
// it was public, also if it was removed later: somebody saw it.
//
// An item is lost if it was approved and due and no matching public item
// exists once the run has settled. [Ledger.Lost] tells, given what was due.
//
// # Design notes
//
// Faults are applied outside the vendor's handler ([Wire.Handler]), where the
// network would apply them, so that no simulator can forget one and all mean
// the same by it. The alternative, a hook in each handler, was rejected: it
// cannot cut a reply in the middle.
package sim
