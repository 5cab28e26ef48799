// Package reference is the smallest platform that passes the conformance
// suite: a server in memory and its driver. The suite's own tests run it in
// each guarantee class, and break it on purpose.
//
// The driver shows the shape of an honest one and is short enough to be read
// whole; the wire is JSON over an http.RoundTripper that calls the server's
// handler, through sim.Wire, so that every fault strikes where it would on a
// network.
package reference
