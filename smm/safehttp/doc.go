// Package safehttp fetches addresses that users supply: link cards, media by
// URL, outgoing webhooks, OAuth hosts that a stranger named. Such an address
// may point into the host's own network (server-side request forgery), change
// its meaning between check and use (DNS rebinding), redirect somewhere else,
// or answer with something endless. A [Guard] refuses the first three and
// bounds the last.
//
//	g, err := safehttp.New(safehttp.Options{})
//	page, err := g.Fetch(ctx, userURL)
//
// What is enforced on every hop:
//
//   - The URL is https (http only by choice), on port 80 or 443, without
//     userinfo; its host is a plain ASCII DNS name with a dot, or a public
//     address in its canonical spelling. Decimal, octal, hexadecimal and
//     shortened IPv4 forms, zone ids, trailing dots, percent escapes and
//     non-ASCII digits are refused before anything is looked up.
//   - The address is checked after DNS, on the parsed address, and it is that
//     very address that is connected to. The check runs again in the socket's
//     control hook, directly before connect.
//   - Everything in the IANA special-purpose registries is refused, as are
//     multicast, site-local, translation prefixes and cloud metadata addresses;
//     IPv6 is limited to 2000::/3.
//   - At most three redirects, never from https to http; across origins only
//     harmless headers are kept and a request body is never sent on.
//   - Response headers, compressed bytes, expanded bytes, their ratio, the
//     total time and the rate are bounded.
//
// Errors are [*BlockedError] (the address may not be used; matches
// [ErrBlocked]) and [*LimitError] (the answer was too big, too slow or
// redirected too often). Neither carries a path, a query or userinfo, because
// webhook addresses keep their secret there.
//
// # Design notes
//
// Names are resolved here and connected to by number, rather than handed to
// net.Dialer: there is one resolution, so there is nothing to rebind, and a
// host that connects through its own egress (Options.DialContext) is under
// the same check. The control hook alone would be enough for the standard
// dialer; it is kept as the last word.
//
// A name that answers with public and private addresses is used through its
// public ones, not refused: DNS64 networks answer like that for honest names.
//
// Keep-alive and HTTP/2 are off: every request dials, and so is checked, and a
// stranger's server holds no idle connection of ours. The transport is private
// to the Guard and takes no proxy from the environment, for a proxy would do the
// connecting unchecked.
//
// Content-Encoding is handled here instead of by net/http, whose transparent
// gzip has no bound. Only gzip is asked for and only a single gzip layer is
// accepted.
//
// There is no clock option: time-dependent behaviour uses package time alone
// and is tested in testing/synctest bubbles.
//
// Cross-origin headers are an allow-list, not a list of sensitive names: a
// host's own X-Webhook-Signature is as secret as Authorization, and no list of
// names knows it.
package safehttp
