// Package threads connects to Threads.
//
// [Driver] is the portable surface over many accounts; package smm's Client uses
// it. [Client] is the vendor client of one account, with the vendor's words:
// client.Containers.Create, client.Replies.Conversation. Who has nothing but a
// token begins with [FromToken]. [Connector] connects accounts.
//
// # What it covers
//
// Posts of text with a link card, images, videos and carousels of both with alt
// texts, polls, quotes, chains of posts and first comments, answers; topics, who
// may answer, approval of answers, places, countries, long texts, GIFs, spoilers
// and posts that vanish ([PostOptions]); own posts, comments at every depth,
// mentions, search by keyword, topic and author, profiles; hiding, approval,
// reposts, deletion; numbers of posts and of the account, and who follows it;
// webhooks; logins with long tokens that are renewed.
//
// The vendor has no private messages, no editing, no likes, follows, blocks or
// mutes, no scheduling, and lets nobody delete what others wrote: answers are
// hidden. Those capabilities are never granted.
//
// # Identifiers
//
// A channel is threads/channel/id, without a space: ids are global. The vendor
// tells the ids of other people nowhere, so an author's Ref has the user name for
// its id; people can change theirs.
//
// # Media
//
// The vendor fetches images and videos itself, so [Config].MediaHost must give
// addresses that work on the internet for about two hours. Without it images and
// videos are not granted; an address that only works at home is a warning.
//
// # Guarantee
//
// All creates are of [smm.ClassHandle]. A container is made and its processing
// awaited before anything is public; publishing it is one request; and afterwards
// the container says whether it was published, so that a lost reply is settled by
// reading and a repetition does no harm. A container lives 24 hours; one that grew
// old unpublished is made anew. The one call that makes and publishes a text at
// once (auto_publish_text) leaves no handle: the driver never uses it.
//
// Which post a container became the vendor does not say. After a lost reply that
// is looked for among the own posts or answers by text, media, and what is answered
// or quoted, since just before the container was made. If nothing fits, or two
// posts do, the delivery is published without a Ref rather than with another's.
//
// After a backup was restored the container of the lost time is unknown; then only
// the post itself settles, and its absence proves nothing.
//
// A repost has no handle. [Driver.SetReposted] looks for it before it asks, so that
// calling again after a lost reply does no harm; two calls at once may share twice.
//
// # Limits
//
// [DocumentedLimits] hold; the vendor tells none of them live. What is left of a
// day's budgets (250 posts, 1,000 answers, 100 deletions, searches) is read before
// a container is made, before a deletion and for the capabilities. It rolls, and
// the vendor does not say when there is more, so it is looked at again after a
// quarter of an hour. What this program takes of posts, answers and deletions is
// also taken from Config.Quota, which knows when it comes back.
//
// # Numbers
//
// What the vendor reports as 0 is zero, and what it leaves out is not reported: so
// are the numbers of a post for a window, of reposts, of answers to answers, and of
// the time before 2024-04-13. Reposts are [smm.MetricShares]; what the vendor calls
// shares is [MetricSends].
//
// # Sources
//
// fbsamples/threads_api (collection of requests and samples of 2026-01-02),
// developers.facebook.com/documentation/threads (overview updated 2025-12-22,
// reference of 2025-10-17, webhooks updated 2026-06-30), tirthpatell/threads-go
// v1.8.0 and gitroomhq/postiz-app of 2026-08, all read 2026-11-22. No call was made
// to the vendor; platforms/EVIDENCE.md says what each operation rests on. The
// vendor's generated types have nothing of this API, which a test watches.
//
// # Not verified
//
// How emoji count; the numbers of media; the size of the budgets of deletions,
// searches and places; what a spent budget answers to a publish; what a second
// publish of a container answers; that polls last a day; the forms of clicks and
// demographics, and how far back one request of numbers may reach; which scopes an
// answer takes (four are asked for); whose id target_id of a webhook is, and the
// topics of mentions, publications and deletions; that usage headers come from this
// host; whether text is ready at once (its state is read all the same). Each is a
// constant, a row of a table or one function, and a wrong guess costs a refusal, a
// number that is not reported or a delay, and never a second post.
//
// # Design notes
//
// The code 10 ("no permission") of a publish is a doubt and no refusal: it was seen
// with a container that was published. Taking it at its word would be a delivery
// that failed while the post is live, and is then written again by hand; doubting
// it costs some reads.
//
// Containers are looked at before they are published, also those of text. The
// documented pause of 30 seconds was rejected: it is too long for text and too
// short for a video.
//
// A container that failed for a reason that may pass (the vendor could not fetch,
// or does not know) is made anew, twice. Everything else ends the delivery at once,
// since the file will be the same.
//
// The budgets of the day are counted twice: other programs spend them as well, so
// the vendor is asked what is left, and it does not say when that comes back, so
// our own share is charged to Config.Quota. What the vendor tells is not fed into
// that count, which would hold a whole day's posts for spent just now.
//
// Members of answers are read leniently, each by itself, since one odd member of
// one post would otherwise cost the whole list; what an answer is about, its id or
// its list, must be there.
//
// Mentions are read as they come, and answers without a mention are not among
// them: no edge lists the answers under all posts. Listing every post's answers to
// fill the gap was rejected, as it would cost a call for each post and still show
// none below the newest. Webhooks tell of them.
package threads
