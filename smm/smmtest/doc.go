// Package smmtest is the conformance suite that every driver passes. It is
// importable, so that drivers made elsewhere can prove the same.
//
// A platform's tests build a [Harness] and call [Run]:
//
//	func TestConformance(t *testing.T) {
//		smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
//			world := sim.NewWorldAt(sim.NewClock(start, true))
//			server := mastodontest.NewServer(world, nil)
//			t.Cleanup(server.Close)
//			...
//			return &smmtest.Harness{World: world, Server: server, ...}
//		})
//	}
//
// Each topic is a subtest ("findings", "faults" ...), and each case below it
// one more, so that a failing case can be run alone. Every case opens a harness
// of its own, and all time is that of the world's clock.
//
// What the suite believes is the ledger of the world and its count of requests,
// or what a real server itself lists (Harness.Items), and never what the driver
// says of itself: a delivery that ends as published must
// have exactly one item there, one that ends as failed or expired none, and
// only forms whose guarantee is read-back or blind may ask a person.
//
// # Design notes
//
// The checks run against a small interface and not against *testing.T, so that
// the suite can be run on drivers with known bugs and its verdict be read: the
// package's own tests do so and name the topic that must catch each bug. The
// alternative, running the test binary again and reading its output, is slower
// and cannot tell a failure from a crash.
//
// The clock moves by itself (sim.NewClock with auto set): whoever sleeps on it
// moves it, and what falls due on the way happens on the sleeper's goroutine.
// A whole day of back-off takes no time, and a test can hold a reply back by
// blocking what falls due while a Slow fault sleeps. A clock that has to be
// pushed from outside was rejected: nobody can tell when to push without
// looking at the machine's clock.
//
// A real server runs through the same suite and not through one of its own:
// faults belong to the network between, which a proxy can play before any
// server, and what the public saw can be read back. Only time differs. Waiting of
// the client is skipped there too (sim.SkippingClock); what the server needs the
// machine's time for is asked again until Harness.Lag is over.
package smmtest
