// Package httpx is how platform drivers talk to platforms. A Client has three
// ways out that are never mixed:
//
//   - Read may be repeated and is: bounded retries with full jitter, a retry
//     budget for each host, and the waits that the platform asks for.
//   - Write may be repeated by its caller: sent once, no redirects.
//   - Commit creates something: one request on the wire, never replayed, and a
//     Fate that says whether it can have reached the platform.
//
// All three authorize, ask the quota and tell it the answer, bound what they
// read, and return *smm.Error built from the platform's ErrorTable. A quota is
// any smm.Quota; package smm/quota has the library's own.
//
// # Design notes
//
// Commit does not use http.Client, which follows redirects, but the transport
// itself, and takes from it every reason to replay: see unreplayable.
//
// "Not sent" is concluded from the absence of a connection alone, and from an
// HTTP/2 server that says it did not process the stream. Concluding it from
// "no header written yet" was rejected: that hook runs on another goroutine and
// may come after RoundTrip returned. So a stale idle connection makes a commit
// unknown even if no byte left, which is rare and safe; idle connections are
// short-lived for this reason.
//
// go-retryablehttp owns the loop of Read and nothing else. Its default policy
// resends POSTs, its back-off obeys any Retry-After, its logger prints URLs and
// it closes all idle connections after a failure; each is replaced here.
//
// Error text of unknown types is dropped, not scrubbed: there is no pattern for
// a vendor's secrets. For the same reason headers are shown by allow-list and
// logs carry Request.Op instead of a path.
//
// Read alone waits for a quota, and not for long: what does not fit is returned
// with a time, because only the caller knows whether to wait, to give up or to
// do something else.
package httpx
