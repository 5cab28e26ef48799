// Package httpx is how platform drivers talk to platforms. A Client has three
// ways out that are never mixed:
//
//   - Read may be repeated and is: bounded retries with full jitter, a retry
//     budget for each host, waits that the platform asks for.
//   - Write may be repeated by the caller: sent once, no redirects.
//   - Commit creates something: one request on the wire, never replayed, and a
//     Fate that says whether it can have reached the platform.
package httpx
