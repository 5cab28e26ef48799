package smm

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Driver is what a platform must have. The other interfaces of this file and
// Publisher are what it may have; the front finds them by type assertion, and
// hosts never call them. A driver announces in Capabilities what a given
// channel may do with them now.
//
// Rules for every method of every driver interface:
//   - It is safe for concurrent use, honours ctx, and acts for the tenant of
//     TenantFrom(ctx) only.
//   - It never sleeps to wait for a quota; it returns a *RateLimitError.
//   - Errors are *Error values that wrap one of this package's sentinels.
//     Input the platform can never take matches ErrInvalid, and nothing was sent.
//   - Reads may be retried inside; writes are sent at most once per call.
//   - Setters (SetLiked, SetHidden ...) are idempotent: being there already is
//     success, and removing what is gone is success.
type Driver interface {
	Platform() Platform
	// Capabilities says what channel may do now, and its limits. It may ask the
	// platform and is cached by the front.
	Capabilities(ctx context.Context, channel Ref) (Capabilities, error)
}

// ChannelLister lists the channels that the tenant's credentials reach.
type ChannelLister interface {
	ListChannels(ctx context.Context, r PageRequest) (Page[Channel], error)
}

// Editor changes the text, media or settings of a published item in place.
type Editor interface {
	EditPost(ctx context.Context, channel, post Ref, p *Post) error
}

// Deleter removes an item: an own post or comment, or somebody's comment under
// an own post. What is gone already counts as deleted.
type Deleter interface {
	DeleteItem(ctx context.Context, channel, item Ref) error
}

// PostLister lists the channel's own posts, newest first.
type PostLister interface {
	ListPosts(ctx context.Context, channel Ref, r PageRequest) (Page[PublishedPost], error)
	GetPost(ctx context.Context, channel, post Ref) (PublishedPost, error)
}

// TimelineReader lists what the channel sees of those it follows.
type TimelineReader interface {
	ListTimeline(ctx context.Context, channel Ref, r PageRequest) (Page[PublishedPost], error)
}

// CommentLister lists everything said under a post, at any depth; the order is
// the platform's.
type CommentLister interface {
	ListComments(ctx context.Context, channel, post Ref, r PageRequest) (Page[Message], error)
}

// MessageLister lists private conversations, most recently active first, and
// their messages, newest first.
type MessageLister interface {
	ListConversations(ctx context.Context, channel Ref, r PageRequest) (Page[Conversation], error)
	ListMessages(ctx context.Context, channel, conversation Ref, r PageRequest) (Page[Message], error)
}

// MentionLister lists public items of others that name or answer the channel.
type MentionLister interface {
	ListMentions(ctx context.Context, channel Ref, r PageRequest) (Page[Message], error)
}

// ReviewLister lists reviews, newest first.
type ReviewLister interface {
	ListReviews(ctx context.Context, channel Ref, r PageRequest) (Page[Review], error)
}

// Hider hides a comment under an own post from the public, or shows it again.
type Hider interface {
	SetHidden(ctx context.Context, channel, comment Ref, hidden bool) error
}

// Liker likes an item, or takes the like back.
type Liker interface {
	SetLiked(ctx context.Context, channel, item Ref, liked bool) error
}

// Reposter shares an item unchanged to the channel's followers, or takes that
// back.
type Reposter interface {
	SetReposted(ctx context.Context, channel, item Ref, reposted bool) error
}

// Follower follows an account, or stops.
type Follower interface {
	SetFollowing(ctx context.Context, channel, author Ref, following bool) error
}

// Blocker keeps an account from interacting with the channel (block or ban),
// or lets it again.
type Blocker interface {
	SetBlocked(ctx context.Context, channel, author Ref, blocked bool) error
}

// Muter hides an account's items from the channel's own view only.
type Muter interface {
	SetMuted(ctx context.Context, channel, author Ref, muted bool) error
}

// Reporter reports an item or account to the platform's moderators. Reporting
// twice makes two reports; the caller keeps count.
type Reporter interface {
	ReportItem(ctx context.Context, channel, item Ref, r Report) error
}

// Report is a complaint to the platform.
type Report struct {
	Reason  ReportReason
	Comment string // for the platform's moderators; never public
	Forward bool   // to the author's home server, in federated networks
}

// ReportReason is a portable reason; drivers map it to the nearest of theirs.
type ReportReason string

// The reasons for a report.
const (
	ReasonSpam    ReportReason = "spam"
	ReasonAbuse   ReportReason = "abuse"
	ReasonIllegal ReportReason = "illegal"
	ReasonSexual  ReportReason = "sexual"
	ReasonRules   ReportReason = "rules"
	ReasonMislead ReportReason = "misleading"
	ReasonOther   ReportReason = "other"
)

// MetricReader reads numbers about posts or the channel itself. For every
// subject and wanted name it returns at least one Metric: what the platform
// does not give comes back as MetricNotReported, so that a missing number is a
// statement and not a gap.
type MetricReader interface {
	ReadMetrics(ctx context.Context, channel Ref, r MetricRequest) ([]Metric, error)
}

// MetricRequest asks for metrics.
type MetricRequest struct {
	Subjects []Ref        // posts, or the channel itself; empty: the channel
	Names    []MetricName // empty: all that the platform has
	Window   Window       // zero: lifetime
}

// AudienceReader reads who follows or saw the channel, as metrics with
// breakdowns.
type AudienceReader interface {
	ReadAudience(ctx context.Context, channel Ref, w Window) ([]Metric, error)
}

// ProfileReader reads how an account presents itself; who is the channel or
// any author.
type ProfileReader interface {
	ReadProfile(ctx context.Context, channel, who Ref) (Profile, error)
}

// ProfileEditor changes the channel's own profile.
type ProfileEditor interface {
	EditProfile(ctx context.Context, channel Ref, e ProfileEdit) error
}

// ProfileEdit changes a profile; nil fields stay as they are.
type ProfileEdit struct {
	Name   *string
	Bio    *string
	Links  *[]ProfileLink
	Avatar *Media
	Banner *Media
}

// Searcher finds public posts.
type Searcher interface {
	SearchPosts(ctx context.Context, channel Ref, q SearchQuery, r PageRequest) (Page[PublishedPost], error)
}

// SearchQuery is a search. Fields that the platform cannot honour make it
// answer ErrUnsupported rather than find something else.
type SearchQuery struct {
	Text     string // in the platform's own query syntax
	Hashtag  string // without "#"
	Author   Ref
	Language string // BCP 47
}

// TextCounter counts the text of a post by the platform's own rule.
type TextCounter interface {
	// CountText counts what of p the platform counts (text, and on some the
	// content warning). It does not ask the platform.
	CountText(p *Post) TextCount
}

// TextCount is a counted text.
type TextCount struct {
	Used  int      // in Unit
	Unit  TextUnit //
	Bytes int      // UTF-8 bytes
}

// PostValidator finds what only this platform knows to be wrong with a post.
// The front checks everything that Limits can express itself. It must not
// write anything, and asks the platform only where that is cheap.
type PostValidator interface {
	ValidatePost(ctx context.Context, channel Ref, p *Post, c Capabilities) (Findings, error)
}

// AdsProvider opens the advertising side of a channel. target is a non-nil
// pointer to an interface of package smm/ads, as for errors.As, and the method
// reports whether the channel's advertising account has it. It keeps the
// advertising model out of this package: ad objects are created through
// Publisher like everything else, with CreateAd and the platform's options.
type AdsProvider interface {
	AdsAs(ctx context.Context, channel Ref, target any) bool
}

// Viewer opens the vendor's own client for a channel: target is a non-nil
// pointer, as for errors.As, and the method reports whether it set it. Hosts
// use As.
type Viewer interface {
	ViewAs(ctx context.Context, channel Ref, target any) bool
}

// WebhookReceiver is a driver's side of inbound webhooks. The caller
// (smm/inbox) bounds and reads the body before anything else, and stores the
// events before it answers 200.
type WebhookReceiver interface {
	// Handshake answers the vendor's subscription check and reports whether r
	// was one. It must not read r's body.
	Handshake(w http.ResponseWriter, r *http.Request) (handled bool)
	// VerifyWebhook checks the signature over the raw body against every active
	// secret in constant time, and the freshness where time is signed. Anything
	// but a valid signature gives an error that matches ErrForbidden.
	VerifyWebhook(header http.Header, body []byte, now time.Time) error
	// DecodeWebhook yields the events of a verified body. One bad entry of a
	// batch yields an error and does not end the sequence.
	DecodeWebhook(header http.Header, body []byte) iter.Seq2[Event, error]
}

// EventStreamer gives events over a connection that the driver keeps open. The
// sequence ends with an error when the connection is lost or ctx ends; there
// is no replay, so the caller lists what it may have missed and connects again.
type EventStreamer interface {
	StreamEvents(ctx context.Context, channel Ref) iter.Seq2[Event, error]
}
