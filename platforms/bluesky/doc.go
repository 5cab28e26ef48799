// Package bluesky connects Bluesky, and every server of the AT Protocol that
// carries its records, to smmkit.
//
// [Driver] is the portable surface over many accounts, [Client] the vendor's own
// API for one. All a script needs:
//
//	driver, channel, err := bluesky.FromAppPassword(ctx, "", "shop.example.com", appPassword)
//	client, err := smm.New([]smm.Driver{driver})
//	result, err := client.Channel(channel.Ref).Publish(ctx, &smm.Post{Text: "Hello"}, nil)
//
// An app password is made in the account's settings under "App passwords"; tick
// the access to direct messages if they are wanted. Products that others connect
// their accounts to use OAuth.
//
// # What it covers
//
// Posts with links, mentions, hashtags, link cards, images with alternative
// text, video with captions, quotes, threads, replies, self labels, reply and
// quote rules ([PostOptions]); deleting; likes, reposts, follows, blocks, mutes;
// timeline, comments, mentions, search; hiding replies; direct messages; reports;
// counts of posts and accounts; reading and editing the profile; notifications
// as events, by polling. The network has no polls, no editing of posts, no
// followers-only posts, and tells no impressions or clicks.
//
// Channels are named by DID: bluesky/channel/did:plc:... . Posts and comments
// are named by their at-uri, messages by conversation and message id.
//
// # What happens when a reply is lost
//
// A post's record key is derived from the delivery and its bytes are fixed when
// it is prepared, so the commit (com.atproto.repo.putRecord) may be repeated for
// ever: equal bytes under the same key change nothing. The guarantee is
// smm.ClassKey without a window. A post with reply or quote rules is created
// together with its gates in one commit (applyWrites); a repeat fails as a whole
// on the taken key, with a plain 500, and the key tells by reading: smm.ClassHandle.
// Direct messages have no key and are looked for in the conversation:
// smm.ClassReadBack.
//
// # Connecting accounts
//
// [NewConnector] connects accounts by OAuth in the AT Protocol's profile. A person
// types a handle, a DID, a server or nothing; the account's server says who signs
// people in there; and that server's page asks for consent. A host needs one thing
// of its own: an https address at which [Connector.Handler] serves the app's client
// metadata document. On a developer's machine, with a redirect address on
// 127.0.0.1, it needs nothing. With a key ([NewClientKey]) sessions live for two
// years instead of two weeks. The driver gets the same identity, as Config.OAuth,
// to renew tokens.
//
// What is verified: the account's server names exactly one authorization server,
// and that bears the name it was asked under, keeps its endpoints on its own
// origin, and follows the profile (pushed requests, iss, PKCE S256, DPoP); the
// answer names its issuer; the tokens are for the account that was named, or for
// one whose own server hands sign-ins over to that very issuer; and the account's
// server takes the token. Tokens that fail are revoked. Every address goes through
// package safehttp.
//
// An app password does as well, by [SignIn], [FromAppPassword] or
// [Connector.ConnectToken], and is all that a script needs. Tokens that a host
// keeps itself come in through [TokenSource] and [StaticToken].
//
// # Sessions
//
// The driver renews before the end and when the server says that a token is over
// (400 ExpiredToken or InvalidToken for app passwords, 401 invalid_token for
// OAuth), and stores every new pair through CredentialStore.Swap before it uses
// it. A refresh token of OAuth is good once: of many processes over one store one
// asks, and a request whose answer was lost is not repeated while the answer could
// still come (package keep). A credential that was stored anew is found without
// being told.
//
// OAuth requests carry a proof with a nonce that changes every few minutes. A
// server that wants another one does nothing and says so, and the request is sent
// again; that includes a commit.
//
// # Limits
//
// 300 graphemes and 3,000 bytes of text, 4 images of 2,000,000 bytes, one MP4
// of 300,000,000 bytes or what the account's server takes, 3 languages; 5,000
// write points an hour and 35,000 a day for an account, where a post costs 2.
//
// Sources, read in August 2026: the lexicons in bluesky-social/atproto,
// atproto.com/specs, docs.bsky.app. Behaviour measured on @atproto/pds 0.4.217
// in November 2026.
//
// Not verified on a server of the public network: granular scopes there, the
// lives of confidential clients' sessions, direct messages and the video service
// under OAuth.
//
// # Design notes
//
// putRecord was chosen over createRecord, whose repeat answers 500 and needs a
// read to learn that all is well. It needs the right to create and to update;
// an OAuth session with the right to create alone would use the path of gated
// posts. It is sent without swapRecord: the key has 41 bits of the delivery's
// own, and a server that checks the swap before it compares the bytes would
// turn every harmless repeat into an error.
//
// Gates are written with the post and not before it. The reference app view
// marks a post as gated when the gate's record arrives, which is lost if the
// post is not there yet; and no moment exists in which the post is open.
//
// Likes and follows have keys derived from what they are about, so that asking
// twice before the app view has caught up cannot leave a second record behind
// that nobody finds again.
//
// getProfiles and getPosts are asked for single things too: their answer says
// what exists, where getProfile says InvalidRequest for that and for much else.
//
// Transitional scopes are asked for unless ConnectorConfig.Granular says otherwise.
// Choosing by what the server lists was rejected: the reference server lists the
// transitional ones and takes both, so that its list does not tell.
//
// The authorization server's metadata is read again to finish and to renew, and
// not kept in the stored credential: endpoints may move, and what is read is
// checked each time. Discovery by OpenID Connect and clients that are registered
// by hand were left out: the profile has neither.
//
// The firehose and Jetstream are left out: they carry everybody's records.
package bluesky
