// Package instagram drives professional accounts of Instagram, Business and
// Creator, through both of the vendor's logins.
//
// [Driver] is the portable surface over many accounts; package smm's Client uses
// it. [Client] is the vendor client of one account: client.Media.Publish,
// client.Comments.Reply. Who has nothing but a token begins with [FromToken].
// [Connector] connects accounts. Package instagramtest simulates the other side.
//
// # The two logins
//
// With [FacebookLogin] an account is linked to a Page and speaks to
// graph.facebook.com with the token of that Page, which does not end. With
// [InstagramLogin] it needs none, speaks to graph.instagram.com, and has a token
// of 60 days that the driver renews. An app has one of the two. Methods that only
// one login has match [smm.ErrUnsupported] with the other; capabilities that only
// one has are of state account-type with the other, and name the cure: deleting
// posts, likes, the posts in which the channel is tagged, and hashtags are
// Facebook's alone, and so are polls, comment prompts, sounds of the library and
// marks of paid partnerships ([PostOptions]).
//
// # What it covers
//
// Pictures, carousels, reels and stories with alt texts, tags of accounts, second
// authors, places, covers, trials, and first comments; comments, answers, hiding,
// deleting; answers to mentions; private messages with their window, private
// answers to comments, reactions, blocking, ice breakers; insights of media,
// account and audience; profile, discovery of other professional accounts,
// hashtags, the library of sounds, invitations to share a post; webhooks; consent
// by both logins.
//
// Instagram has no posts without a picture or film, no links, polls beside media
// apart from its own, quotes, threads or edits of captions, no follower lists, and
// no scheduling on its side. Catalogues and advertising are not covered.
//
// # Files
//
// The vendor fetches pictures, covers and, with InstagramLogin, films from an
// address that anybody may read: [Config.MediaHost] gives it (package mediahost).
// With FacebookLogin films are sent, and go on where they broke off.
//
// # Guarantee
//
// A post is made as a container, polled until it is processed, and then published
// by one request. The container tells whether it is public, also after the reply
// was lost, so posts are of [smm.ClassHandle]. It does not tell which post it
// became; that is looked for among the newest by caption, kind and time. Where
// two fit, the delivery ends as published without a Ref rather than with a guess.
//
// The vendor has answered publications with an error that were public: 4/2207051
// and -1/2207001 are known to lie, and no other answer is believed before the
// container was looked at, save a dead token and a throttle. A container that
// published is not published again (believed, since a container has one media;
// the vendor's answer to a second request is not documented).
//
// Comments and messages have no handle and no key: they are of
// [smm.ClassReadBack], found by author, words and time beside what stood there
// before. Answers to mentions on posts of others cannot be listed and are of
// [smm.ClassBlind].
//
// # Identifiers
//
// A channel is instagram/channel/id with the id of the professional account that
// paths take: user_id of InstagramLogin's /me, whose id is the app's own. People
// have ids that hold for one account only. The Ref of a conversation is the id of
// the person in it, since webhooks tell that and not the id of the thread. Who
// tagged the channel is told by name alone, which is then the id of the author.
//
// # Limits
//
// [DocumentedLimits]. How many posts are left of a rolling 24 hours is read from
// the platform before a post is prepared and with the capabilities, since
// documents say 50 and 100; what is published here is also taken from Config.Quota,
// by the larger number ([QuotaLimit]). Hashtags: documents say 30, the app allows 5; above 5
// there is a warning, and [Config.MaxHashtags] sets the limit.
//
// # Not verified
//
// No account was at hand; sources are the sheets on Instagram and Messenger of
// 2026-11-22 and the vendor's code generator of 2026-04. Not verified: the path of
// likes; the fields of invitations and of alt texts within carousels; /me in place
// of the id with InstagramLogin; user_id as a filter of its conversations; marks of
// paid partnerships; the limits of stories and of films in carousels; the unit in
// which texts count; that renewing leaves the old token good; which answer a second
// publication of a container gets; the order of answers to a comment. Each is in
// one place and wrong at the cost of one refused request, except the second to
// last, which the settling does not rely on.
//
// # Design notes
//
// A package for each login was rejected: methods, wire types, guarantees and errors
// are the same, and what differs is a capability.
//
// Looking at the container in Commit, right after a refusal, was rejected: a commit
// is one request. The outcome pending leads to Settle all the same, and there the
// absence of doubt says that the answer was no.
//
// A cursor for the newest post before the first attempt was rejected: a container
// cannot become a post that is older than itself.
package instagram
