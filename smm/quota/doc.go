// Package quota keeps programs under the limits of platforms, so that nobody
// meets a 429: alone, or many processes together, and many tenants fairly.
//
//	limiter, err := quota.New(quota.Config{Limit: all.QuotaLimit})
//	driver, err := mastodon.New(mastodon.Config{Credentials: store, Quota: limiter})
//
// A [Limiter] is asked before each request and told each answer, which the
// platforms' clients do. It counts as the vendor does: in fixed windows, in
// rolling ones, as a bucket, or by a percentage that is told. Where a vendor's
// documentation does not say how it counts, declare smm.QuotaRolling, which is
// safe for all. What does not fit is refused with the time at which it will;
// nobody waits inside.
//
// # Several processes
//
// With a [Store] they use one budget together. A process claims a slice, at
// most 5 % of the budget, and spends it without asking again; when it is spent,
// or half its lease is over, it tells the store what it did, gives back what it
// did not use and claims anew. What one learns from an answer, all heed. A
// process that is killed costs its slice and what it had in flight, which count
// as spent when its lease ends, since they may have been; an answer that was
// asked for after that tells the truth. [Limiter.Close] gives everything back.
//
// Clocks of processes may be [Config.Skew] off. Every instant in the store is of
// its writer's clock, and everybody else adds twice the skew before believing
// that something is over: a window, a lease, a pause. That costs 4 s of each
// window by default, so windows of a few seconds need clocks that agree better.
// The platform's clock may differ by any amount, because an answer's time counts
// and not the request's: a request leaves our window no earlier than its own.
//
// # Priorities and tenants
//
// Background work leaves the last tenth of a budget alone, polling the last
// twentieth, answers the last fiftieth; see [smm.ContextWithPriority]. In a
// budget whose key names no tenant, whoever has used more than its share leaves
// what those who used less will likely ask for. One tenant alone gets
// everything.
//
// # Design notes
//
// Headers are trusted over our own count, and our own count over hope. Within
// a fixed window the smallest remaining told is the truth; requests in flight
// are taken off it, and answers that told nothing until one tells that was asked
// for later.
//
// A queue inside the limiter was rejected: only the caller knows whether to
// wait, to give up or to do something else, and a queue that several processes
// share is a scheduler. So priorities are thresholds, and fairness is accounting.
//
// Asking the store for each request was rejected for its cost, and counting in
// the store by atomic increments because it can say neither what is in flight
// nor what a killed process did. The state is one JSON document under
// compare-and-swap, so that any database will do. Slices shrink to an equal
// share of what is left, since a slice in the wrong place is a slice lost.
//
// Estimating how the clocks of processes differ was rejected: a fixed margin is
// worth 1 % of the usual windows and cannot be wrong after a clock was set.
//
// A store that fails refuses everything. Going on alone was rejected: each of n
// processes would have to keep to an n-th, and none knows n.
//
// Buckets do not use golang.org/x/time/rate, since its state cannot be stored;
// one instant says it all.
package quota
