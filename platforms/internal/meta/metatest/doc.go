// Package metatest is the base of the simulators of one vendor's products: an HTTP
// server that has the manners of the Graph and none of its content.
//
// A [Server] routes by version, node and edge; knows tokens with scopes, life and
// revocation, and proofs by the app's secret; answers errors in the vendor's shape;
// counts calls by its world's clock and tells the use in headers; pages with
// cursors; runs batches over the same routes; takes resumable uploads; has the
// pages and token endpoints of the logins; and delivers signed webhooks. A product
// adds nodes ([Server.AddNode]) and routes ([Server.Handle]):
//
//	server := metatest.NewServer(world, &metatest.Options{Platform: "facebook"})
//	server.Handle(metatest.Route{
//		Method: "POST", Kind: "page", Edge: "feed", Class: sim.Commit, Scopes: []string{"pages_manage_posts"},
//		Handler: func(c *metatest.Call) metatest.Reply { ... },
//	})
//
// The name of a route in the fault script is its method, kind and edge: "POST
// page/feed", "GET page", "POST /" for a batch.
//
// Handlers run one at a time, with the server's lock held: they use the methods of
// [Call] and none of Server.
//
// Traps that clients must not fall into are there on purpose: the address of the
// next page holds the access token, a malformed token is quoted in the error,
// bodies of webhooks escape what JSON need not, ids are strings here and numbers
// there, and a code comes back with "#_" behind it.
//
// # Design notes
//
// Nothing of package meta is used here. Two sides that share their code agree on
// its mistakes.
//
// Sources are those of package meta, read 2026-11-22. The words of errors, the
// number of those without a sheet (104, 2500, 101), the HTTP status of each, and
// the forms of upload sessions and signed requests are from memory.
package metatest
