// Package facebook covers Facebook Pages: posts, links, photos, videos, reels and
// stories; comments, private messages (Messenger) and recommendations; moderation;
// insights; the Page's profile; webhooks; and connecting Pages.
//
// [Client] is the vendor's own surface, [Driver] the portable one of package smm,
// [Connector] the way from a person's consent to credentials. Package facebooktest
// simulates the other side.
//
// # Guarantees
//
// No lost reply becomes a second item. What settles one depends on its form:
//
//   - Texts, links and photos are made as a draft that nobody sees, and the commit
//     publishes the draft by its id. That can be repeated, and the draft itself
//     tells what became of it: smm.ClassHandle. With Config.OneStep they are posted
//     by one request and looked for among the Page's posts: smm.ClassReadBack.
//   - Videos and reels have their id from the beginning of the upload, and the
//     commit is the request that ends it: smm.ClassHandle.
//   - Stories are looked for by the id of their photo or video; comments, answers to
//     reviews and messages by their text, author and time: smm.ClassReadBack.
//   - A file of a message is fetched by the vendor before the message is sent, from
//     an address of [Config].MediaHost; a sent one is known by its kind and time. A
//     private answer to a comment ([PostOptions].Private) is there once: whether the
//     comment can still be answered is what settles it. Both: smm.ClassReadBack.
//
// After a restored backup of the host's store, in which a draft or video of the
// lost time is not, what it became is looked for among the Page's posts and reels
// by its text.
//
// A draft or video that is not found any more proves nothing, since somebody may
// have removed it after it was public: a person is asked.
//
// # Identifiers
//
// A channel is facebook/channel/id with the id of the Page. The Ref of a
// conversation is the id of the person in it (PSID), which holds for this Page
// alone, since webhooks tell that and not the id of the thread; the thread is looked
// up by user_id. Refs of before, with the id of the thread (t_...), still work: their
// messages are told in the conversation with the person.
//
// # Limits
//
// See [DocumentedLimits], each with its source. The platform reports none of them
// live. Budgets of requests are told in percent, and reels of a day are counted: see
// [QuotaLimit].
//
// # What is not verified
//
// Of these no document or account was at hand. Each is one place in the code:
//
//   - that a post made with published=false and unpublished_content_type=DRAFT can be
//     published by is_published=true, and scheduled by scheduled_publish_time, for
//     texts, links and photos alike. If not, the vendor refuses and nothing is
//     public: set Config.OneStep;
//   - that a second finish of a video in chunks does no harm (documented for reels);
//   - how a chunk that comes twice is refused; uploads begin anew then;
//   - in which states a video is before its finish: "upload_complete" or "ready" with
//     its other phases not started;
//   - stories among /stories by media_id, and their deletion;
//   - that a comment leads to the conversation of its private answer, and cannot be
//     answered any more, as soon as it was;
//   - comments on the open_graph_story of a recommendation as its answers;
//   - that a person has one thread with the Page, which user_id finds. A thread of
//     somebody else is an error, and nothing is sent or settled by it;
//   - that blocking takes ids of comments' authors as user and those of messages'
//     senders as psid;
//   - names and values of webhooks of feed and ratings;
//   - numbers of photos, sizes, and the windows of scheduling, on which documents
//     do not agree.
//
// # What is left out
//
// Live videos are listed and not made. Albums, offers, events, cross-posting,
// branded content and everything of advertising have no methods here. Subtitles
// are not sent: the contract has an edge for them, and no document says how their
// file is to be named nor when a video takes it. There is no list of all comments,
// of all people or of what the Page's followers see.
//
// # Sources
//
// The sheets on Facebook and Messenger of 2026-11-22, which quote:
// developers.facebook.com (changelog and versions; reels publishing, updated
// 2026-07-30; rate limiting; page insights and deprecated metrics, updated
// 2026-03-02; send messages, updated 2026-05-05; private replies, updated
// 2026-06-30), facebook/facebook-business-sdk-codegen of 2026-04,
// fbsamples/reels_publishing_apis, and gitroomhq/postiz-app of 2026-08. Edges,
// parameters and fields are compared with the machine-readable contract in the
// package's tests.
//
// # Design notes
//
// Texts could be published by one request and read back, which is the common way;
// the draft was chosen because reads of a Page are minutes behind, and because two
// equal texts cannot be told apart. A draft costs a request and a node that stays
// behind if its reply is lost.
//
// Posts and reels are two lists of the vendor's. They are read side by side and
// merged by time, so that a host has one list; a cursor holds a place in each.
//
// A refused name of a metric costs the vendor's whole answer. Asking for each name
// by itself was rejected, as it costs ten requests for every post; names are asked
// for together and in halves after a refusal.
//
// Tags for messages outside the window are never added by the library: all but
// HUMAN_AGENT are dead, and that one is a promise that a person wrote.
package facebook
