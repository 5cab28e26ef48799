// Package x connects to X, the former Twitter, by its API v2.
//
// [Client] is the vendor client of one account, with the vendor's words:
// client.Posts.Create, client.Messages.Send. Who has nothing but an access token
// begins with [FromToken]; [OAuth] gets tokens, and package oauth1 signs the
// older way.
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
// is refused before it is sent.
//
// # Guarantee
//
// Creates are of [smm.ClassReadBack]: there is no key that tells a repetition,
// and the refusal of a duplicate does not name the post that it is one of. Every
// write is one request, never repeated and never redirected. Reading back means
// to list the account's own posts and to compare text, with links in their long
// form, and what is answered.
//
// # Limits
//
// [DocumentedLimits] hold for accounts without Premium. Text counts by weights
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
// OAuth 1.0a has a package of its own because the ads API, which takes nothing
// else, needs it without the rest.
package x
