// Package ground is what the entries of the campaign that need no process of their
// own stand on: simulators, a network, workers that can crash at any step, and the
// judge who knows nothing but what the public saw.
//
// Everything runs in a synctest bubble, on its clock: leases, back-off and
// time-outs take no time, and every time-out is exact.
//
// # Design notes
//
// A clock that tests move was rejected: a scheduler renews its leases from a
// goroutine of its own, so somebody would have to know when all of them have come
// to rest, which is what a bubble does.
//
// The network is net.Pipe under the real net/http on both sides, so that a reply is
// cut where connections break and not where a mock says so. A RoundTripper that
// calls the handler was rejected: it cannot break in the middle.
//
// A crash is told by what reaches the outside: from that moment on nothing that the
// worker does reaches a store or a server, and another one, with a memory of its
// own, takes over. What the goroutines of the dead one still think does not matter.
package ground
