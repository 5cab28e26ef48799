// Package x connects to X, the former Twitter, by its API v2.
//
// [Driver] serves any number of accounts through package smm's client: [New], or
// [FromToken] for who has nothing but an access token. [Connector] connects
// accounts.
//
// [Client] is the vendor client of one account, with the vendor's words:
// client.Posts.Create, client.Messages.Send. It begins with [ClientFromToken], or comes
// from smm.As; [OAuth] gets tokens, and package oauth1 signs the older way, also
// for a driver ([ExtraTokenSecret]): with the four keys that the developer portal
// shows, nothing expires.
//
// # What it covers
//
// Posts with every field of a create, edits, deletes, lookups, timelines,
// mentions, search and counts (of seven days or all time), quotes, reposts, likes,
// bookmarks, hidden replies; files in segments and at once, alt text and
// subtitles; accounts, followers, follows, mutes; direct messages; analytics of
// posts and videos; webhooks and subscriptions to activity, with the check of an
// address and of signatures; consumption. Not lists, spaces, communities,
// articles, broadcasts, streams, encrypted chat and compliance.
//
// Through a driver, subtitles (smm.Media.Captions, WebVTT or SubRip) go with their
// video, one track for a language of two letters; messages have none. Numbers are
// levels as of now, and within a window what analytics count of own posts, where
// the contract has them.
//
// # Identifiers
//
// Ids are numbers of up to 19 digits and stay strings. An account is known by
// its id, since its name may change: ClientConfig.Account is needed for all that
// an account does.
//
// # Money and tiers
//
// Every call costs: [PriceOf] knows the price of a method, [PriceOfPost] that of
// a post, which is 13 times as high if a link is in its text. In the self-serve
// tier likes, follows, quotes and analytics are missing and replies go only to
// who asked for them ([Tier.Losses]); with ClientConfig.Tier set what is missing
// is refused before it is sent. [CostOf] and [CostOfPlan] know what a portable
// post and a plan cost, [Tariffs] has the prices as package scheduler/planner
// takes them. A driver says in its capabilities which of them the tier lacks
// (Config.Tier), since when, and which need Premium.
//
// # Guarantee
//
// Creates are of [smm.ClassReadBack]: there is no key that tells a repetition,
// and the refusal of a duplicate does not name the post that it is one of. Every
// write is one request, never repeated and never redirected. After a lost reply a
// driver lists the account's own posts since the first attempt (or the messages
// of the conversation) and compares text, with links in their long form, what is
// answered and quoted, poll, and files. One that fits is the post; two, or one
// that may be it, are a case for a person; none is absence, [RequestLife] and
// [ReadLag] after the request was given up. Each post that is read costs 5,000
// micros.
//
// The refusal of a duplicate is treated like a lost reply. If nothing is found it
// is tried again, up to smm.Policy.MaxAttempts, and the delivery fails with
// smm.ErrDuplicate: the words are those of an older post.
//
// Posts to communities and for subscribers ([PostOptions]) may be missing from the
// list that is read back: they are of [smm.ClassBlind], and a lost reply is a case
// for a person. Posts that are ads alone are left to the vendor client.
//
// # Limits
//
// [DocumentedLimits] hold for accounts without Premium; with it a driver says
// [LongText]. Text counts by weights
// ([CountText]). [QuotaLimit] has the documented budgets by method; headers of 15
// minutes are read, and those of a day. What no header tells, such as the cap of
// about 300 posts in three hours that X's pages mention, is not modelled.
//
// # Not verified
//
// Everything here was made from documentation; no request was ever sent to X. In
// particular it is not known which names of fields the wire has ([Names]: both
// are read, and the older ones are sent unless told otherwise), whether segments
// of an upload may have more than 1 MB (5 MB are taken for the bound), whether
// expanded things cost, what an app without credits is answered, whether a
// reply with a link costs what a post with one does, and whether
// replies to one's own posts are admitted in the self-serve tier.
//
// Of the driver these rest on guesses: [RequestLife] and [ReadLag]; that a posted
// file's key ends with the id of its upload (if not, a lost reply of a post with
// files is a case for a person, and an edit cannot keep the files); that a list
// from a start time on leaves no newer post out; the form of a like among the
// events; that OAuth says invalid_request of a refresh token that is over; that a
// file can be finalized twice (if not, its state is asked for); the length of
// posts of Premium accounts; and that old versions of an edited post can be read.
//
// Sources: https://docs.x.com/ and its OpenAPI document 2.167, read August 2026.
//
// # Design notes
//
// Answers may have data and errors at once. The errors are returned beside the
// data as [Problem]s; an answer with nothing but errors is an error, whatever
// its status. One with neither is never taken for an empty list unless it says
// that it has 0 results.
//
// Errors are judged by the last part of their type, by number, or by status,
// except three that have nothing but words: the refusal of a duplicate ("duplicate
// content" in its detail), and by their whole titles a credential of the wrong
// kind and an app without credits. If X rewords one, it becomes what its status
// says: a plain smm.ErrForbidden.
//
// The default fields leave out metrics that only an account's owner may see,
// since one post of somebody else's among them makes X refuse their fields, and
// leave out authors, who are charged for.
//
// What X would refuse by form (an id with a letter, 5 options of a poll) is
// refused here, since a refused request may be charged for.
//
// Signatures are compared as text and not as the bytes that base64 stands for,
// of which there are several spellings. The answer to a check of an address is
// a signature of what a stranger chose, so that nothing is signed that could be
// the body of a delivery.
//
// Own posts are not listed before a create to know the newest: X charges for
// that. The search for a lost one is bounded by time alone.
//
// Whom a reply answers is not read either, so that a reply's Ref has the kind of
// what it answers: a comment's answer is a comment, a post's a post. In a list of
// comments all of them are comments.
//
// OAuth 1.0a has a package of its own because the ads API, which takes nothing
// else, needs it without the rest.
package x
