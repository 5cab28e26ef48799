// Package xtest is X (Twitter) in memory, for tests of programs that talk to its
// API v2.
//
// [NewServer] listens on the loopback interface and answers real HTTP requests
// in the vendor's wire format.
//
//	world := sim.NewWorld()
//	server := xtest.NewServer(world, nil)
//	defer server.Close()
//	account, err := server.NewAccount("shop")
//	token := account.Login["X_ACCESS_TOKEN"]
//
// It models:
//
//   - posts with replies, quotes, polls, media, edits under new ids, addresses
//     that become t.co links, conversations, and the refusals of the self-serve
//     tier: answers that nobody asked for, quotes, likes, follows, a second
//     cashtag ([Options.Tier]); the duplicate check that names no post;
//   - lookups, timelines, mentions, recent search and counts with fields,
//     expansions, errors within answers that went well, and pages; both names of
//     renamed fields ([Options.Spelling]);
//   - reposts, likes, follows, mutes, bookmarks, hidden answers, direct
//     messages, groups, and metrics that only the author sees, for 30 days;
//   - uploads in parts and in one, their processing, alternative texts and
//     subtitles; a file serves once, for its owners, for a day;
//   - OAuth 2.0 with PKCE, codes of 30 seconds, access tokens of two hours, and
//     refresh tokens that serve once and end the session when they come twice;
//     OAuth 1.0a with HMAC-SHA1; tokens of an app alone; scopes;
//   - rate limits by user and app in windows that begin with their first request,
//     and what every call costs ([Server.Spent]), down to credits that run out;
//   - webhooks that prove themselves, subscriptions, signed events, replay, and
//     events that come twice or in another order ([Server.Deliver]).
//
// The server keeps time by the world's clock, takes faults from its script, and
// reports everything that became visible to its ledger; [Server.Public] tells
// what the public sees now. It is safe for concurrent use.
//
// # What is not verified
//
// The vendor documents neither of these, and they are guesses: the exact words of
// refusals other than the duplicate's, and the status of most; the types of 429
// and 402; whether an answer in one's own thread needs a summons (here it does
// not, see [Options.NoOwnThreads]) and whether whoever is answered counts as
// much as the conversation's author (here both do); how long the duplicate check
// remembers and what it compares (12 hours; text, parent and quoted post of posts
// without media); that a reply's text begins with the names of those whom it
// answers ([Options.BareReplies]); how X escapes texts ([Options.EscapeText]) and
// where it cuts long ones; that a refresh token seen twice ends the session, and
// that X says invalid_request then; which twelve reads of own data are cheaper
// (here lists and lookups of the developer's account), and that includes are
// charged; the length of processing; how often webhooks are checked, and whether
// failed events come again. An edit may be made for 30 minutes, as one page has
// it, and not for an hour, as another has.
//
// # Limits
//
// Streams, lists, Spaces, articles, community notes, encrypted chat, trends,
// compliance and the Ads API are not there: they answer 404. Analytics have no
// history. There is no three-legged flow of OAuth 1.0a; tokens come from
// [Server.NewAccount]. Search knows the operators that a social media manager
// needs, and language detection finds English only. Texts are counted in code
// points unless [Options.Length] counts as X does.
//
// # Design notes
//
// Answers are built from names written down here once more, not from a client's
// types: a misspelt field in the client cannot hide behind the same misspelling
// in the server. The tests judge every answer that they see by the vendor's
// OpenAPI document.
//
// Everything is under one mutex, which is free while webhooks are called. An edit
// changes its item in the ledger and adds none, because the public sees one post.
package xtest
