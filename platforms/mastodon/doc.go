// Package mastodon connects to Mastodon and to servers that speak its client
// API: GoToSocial, Akkoma, Pleroma and Pixelfed.
//
// [Driver] is the portable surface over many accounts on many servers; package
// smm's Client uses it. [Client] is the vendor client of one account, with the
// vendor's words: client.Statuses.Create, client.Notifications.List. Who has
// nothing but a token begins with [FromToken]. [Connector] connects accounts.
//
// # What it covers
//
// Statuses with media, alt text, focal points, polls, content warnings,
// visibility, language, quotes (4.5), threads, edits, deletes and the server's
// own scheduling ([PostOptions]); mentions, comments, private conversations;
// favourites, boosts, bookmarks, follows, blocks, mutes, reports, filters,
// lists; counts of statuses and accounts; profiles; timelines, search, and the
// event stream; OAuth on servers of every release.
//
// # Identifiers
//
// A channel is mastodon@host/channel/id: Space is the host, with its port, of
// the server's base URL, and ids are the server's own, verbatim. The id of a
// status on one server means nothing on another.
//
// # Connecting
//
// People name their server, so everything about it goes through a
// [safehttp.Guard]. [Connector] reads the server's OAuth metadata (4.3 and later;
// the issuer must be that server and every endpoint on it) or uses the paths
// that older releases, GoToSocial, Akkoma, Pleroma and Pixelfed share, registers
// the host's app there once, and asks for the least scopes with PKCE. The
// registration is kept in a credential store, under Refs of [KindApp].
//
// A server whose accounts have another domain in their handles than its pages
// is found by the latter only. International names are typed in punycode.
//
// Tokens of Mastodon do not end; those of others may, and are renewed and stored
// across processes. A bare access token is accepted by [Connector.ConnectToken],
// and so is an oauth2.TokenSource by [FromTokenSource] and [ClientConfig].
//
// # Guarantee
//
// A server whose nodeinfo names it "mastodon" remembers an Idempotency-Key for
// an hour, so creates are of [smm.ClassKey] with a window of 55 minutes. All
// others are [smm.ClassReadBack]: GoToSocial takes the header and ignores it,
// Pixelfed has none, and Akkoma and Pleroma are said to have one, which is not
// verified. On those no key is sent. Reading back means to list the channel's
// own statuses to the last one before the first attempt, and to compare text,
// media, poll and what is answered; two that fit, or one that cannot be ruled
// out, need a person.
//
// A post with [PostOptions.ScheduledAt] is pending until it is public. The
// server gives no link from the scheduled item to the status, so that is read
// back as well.
//
// # Limits
//
// [DocumentedLimits] hold where a server says nothing; what its instance
// document announces, in Mastodon's form or in that of its forks, stands above.
// Text counts in graphemes, links as 23, remote mentions without their host.
// Rate limits are those of [QuotaLimit]; their headers are read, and an answer
// 429 carries no Retry-After but a time.
//
// Sources: https://docs.joinmastodon.org/ for servers 4.3 to 4.6, read in August
// 2026; what is taken from elsewhere says so where it stands.
//
// # Design notes
//
// Decoding is tolerant, since every server is another program: ids may be
// numbers, counts may be missing, times and empty lists have several forms. Types
// such as [ID], [Count] and [List] take what comes, and Raw keeps the rest. An
// answer must still be what was asked for, a list or an object with an id:
// taking an error for an empty list would be worse than failing.
//
// Page cursors are the parameters of the server's Link header and not its
// address. Following the address was rejected: it would carry the token to
// wherever a header points, and servers behind proxies often do not know their
// own address.
//
// A reply begins with a mention unless it has one ([PostOptions.NoMention]). On
// this network an answer without a mention reaches nobody, which no caller of
// a portable Reply expects.
//
// The app's registration is a credential like any other, not a thing of its own
// with a store contract: it is sealed, shared and compared-and-swapped alike. A
// copy of the app's id and secret goes into each account's credential, since
// without the app that it was issued to a token can be neither renewed nor
// revoked, and a host may change its app's name at any time.
//
// A registration gets a token of its own. It keeps servers before 4.3 from
// purging the app, and asks whether the app is still known before a person is
// sent away with it: who arrives with an unknown app sees an error page and does
// not come back.
//
// A token that turns out to be of the wrong account, or of one that cannot be
// used, is not revoked: Mastodon hands out the same token again for the same
// app, account and scopes, so it may be what another connection lives on.
//
// Capabilities come from the instance document rather than from version
// numbers, as the vendor advises; api_versions decides about quotes.
package mastodon
