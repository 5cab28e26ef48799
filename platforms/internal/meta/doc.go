// Package meta is what the platforms of one vendor share: Facebook Pages,
// Instagram in both logins, Threads, Messenger and WhatsApp all speak to the
// Graph.
//
// [Client] sends requests for one account: [Client.Read], [Client.Write],
// [Client.Commit], [List] and [Client.Batch]. It judges answers by a [Table] of
// codes, reads budgets from headers, and uploads files ([Client.Send]). [App] is
// the host's app at a login: it sends a person away, redeems, lengthens, renews
// and inspects tokens. [Hooks], [DecodeEvents] and [ParseSignedRequest] are the
// host's side of what the vendor sends by itself. Package metatest simulates the
// other side.
//
// # Tokens
//
// The access token goes into the Authorization header and nowhere else; a request
// that has it among its parameters is refused. With an app secret each request
// has an appsecret_proof. Addresses in answers are never followed: of the next
// page only the cursor is used, and files go to the configured hosts alone.
// Words of the vendor that repeat a piece of a secret are dropped. Two methods of
// the logins are documented with a secret in the address, and have it there:
// debug_token (input_token) and the exchange of a short token at Instagram and
// Threads (client_secret, while the token itself goes into the header).
//
// # Errors
//
// Codes decide, in the order of [Table.Rows], and never words. An error in an
// answer with status 200 is one. See [Table.Outcome] for what becomes of a commit;
// in short, a 5xx is unknown whatever its code, and so are the codes that lie:
// 4/2207051 of media_publish, 1/1357046 of a message, duplicates, and everything
// that the vendor calls transient or does not know itself. The id for support
// cases is fbtrace_id.
//
// # Budgets
//
// [Usages] has the rules of the headers. A client with a Quota charges each call
// to the app's budget, which all tenants share, and to the account's budget for
// its use case, and reports the shares that answers tell.
//
// # Sources
//
// Facts are those of the sheets on Facebook, Instagram, Threads and Messenger of
// 2026-11-22, which quote: developers.facebook.com (Graph changelog and versions,
// rate limiting, reels publishing of 2026-07-30, Instagram error codes of
// 2026-06-02, Instagram webhooks of 2026-09, Threads overview of 2025-12-22 and
// webhooks of 2026-06-30), facebook/facebook-business-sdk-codegen of 2026-04,
// fbsamples/threads_api of 2026-01-02, fbsamples/reels_publishing_apis, and
// gitroomhq/postiz-app of 2026-08. Each [Row] has its own.
//
// Not verified, for want of a document or an account: that the code and the short
// token of Facebook may be redeemed by POST, as golang.org/x/oauth2 does (the
// sheets show GET); that Instagram and Threads take the token of an exchange or
// a renewal in the header; the proof in the address of a
// POST, and that uploads need none; the names in
// X-Ad-Account-Usage; upload sessions ([Client.StartSession]); the limit of a
// batch; the form of a signed request; rows whose source says so; whether a
// deletion of what is gone answers success; usage headers on graph.threads.net.
//
// # Design notes
//
// Reading many nodes by GET /?ids= was left out: the vendor removes it from every
// version on 2026-10-27. ETags, pretty, debug and date_format go with it.
//
// The table stands beside that of package httpx and not in it, because a code
// has parts here, ranges and a type, and because an answer with status 200 may be
// an error. httpx still decides what may be retried and what a broken connection
// means.
//
// A budget that is spent is told to the quota as full and not as a throttle: the
// vendor throttles with status 400, which httpx does not take for one.
//
// The credential is asked for anew by each request, and the request remembers
// what it sent, so that the token that is blamed is the one that was refused.
// A shared authorizer that remembers the last token was rejected: it needs a
// guess about requests that are on their way.
//
// The key of an event leaves out when it was sent. With it, a repetition would
// be news; without, two changes of equal content are one. The latter costs a
// look at the state, the former an answer sent twice.
//
// Signatures are compared as text and not decoded, so that no second spelling of
// a signature is good: base64 ignores line ends and spare bits, hex has two
// cases.
package meta
