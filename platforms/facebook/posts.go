package facebook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// PostService writes and reads posts.
// https://developers.facebook.com/docs/graph-api/reference/page/feed/
type PostService struct{ c *Client }

// postFields are what Post has of a node.
var postFields = []string{
	"id", "message", "story", "created_time", "updated_time", "permalink_url", "status_type", "from{id,name}", "full_picture", "is_published", "is_hidden",
	"scheduled_publish_time", "parent_id", "attachments{media_type,type,title,description,url,media,target,subattachments}", "shares",
	"reactions.summary(total_count).limit(0)", "comments.summary(total_count).limit(0)", "can_reply_privately",
}

// UnpublishedType says what an unpublished post is kept as.
type UnpublishedType string

// What an unpublished post is kept as: without one it is an ad's.
const (
	UnpublishedDraft     UnpublishedType = "DRAFT"
	UnpublishedScheduled UnpublishedType = "SCHEDULED"
	UnpublishedAd        UnpublishedType = "ADS_POST"
)

// PostParams are a new post.
type PostParams struct {
	Message         string          `json:"message,omitempty"`
	Link            string          `json:"link,omitempty"`
	Media           []ID            `json:"media,omitempty"`            // unpublished photos
	Published       *bool           `json:"published,omitempty"`        // nil: at once
	UnpublishedType UnpublishedType `json:"unpublished_type,omitempty"` // with Published false
	Scheduled       time.Time       `json:"scheduled,omitzero"`         // with Published false
	Place           ID              `json:"place,omitempty"`            // a Page with a location
	Tags            []ID            `json:"tags,omitempty"`             // of people; needs Place
	Children        []LinkCard      `json:"children,omitempty"`         // of a carousel of links
	NoEndCard       bool            `json:"no_end_card,omitempty"`      // of the carousel
	FixedOrder      bool            `json:"fixed_order,omitempty"`      // of the carousel
	Background      string          `json:"background,omitempty"`       // text_format_preset_id: short texts without media
	Backdated       time.Time       `json:"backdated,omitzero"`
	// Targeting limits who may see it, FeedTargeting whom it is shown to first.
	Targeting     json.RawMessage `json:"targeting,omitempty"`
	FeedTargeting json.RawMessage `json:"feed_targeting,omitempty"`
	CallToAction  json.RawMessage `json:"call_to_action,omitempty"`
}

// LinkCard is a card of a carousel of links.
type LinkCard struct {
	Link        string `json:"link"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Picture     string `json:"picture,omitempty"` // an address
}

type wireMedia struct {
	ID ID `json:"media_fbid"`
}

func (p *PostParams) form() form {
	f := form{}.text("message", p.Message).text("link", p.Link).flag("published", p.Published).
		text("unpublished_content_type", string(p.UnpublishedType)).time("scheduled_publish_time", p.Scheduled).
		id("place", p.Place).text("text_format_preset_id", p.Background).
		time("backdated_time", p.Backdated).raw("targeting", p.Targeting).raw("feed_targeting", p.FeedTargeting).raw("call_to_action", p.CallToAction)
	if len(p.Media) > 0 {
		media := make([]wireMedia, len(p.Media))
		for i, id := range p.Media {
			media[i].ID = id
		}
		f.text("attached_media", encode(media))
	}
	if len(p.Tags) > 0 {
		f.ids("tags", p.Tags)
	}
	if len(p.Children) > 0 {
		f.text("child_attachments", encode(p.Children))
		no := false
		if p.NoEndCard {
			f.flag("multi_share_end_card", &no)
		}
		if p.FixedOrder {
			f.flag("multi_share_optimized", &no)
		}
	}
	return f
}

// Create makes a post, at once public unless p says otherwise. The outcome says
// what is known where an error comes back; with OutcomeUnknown it must not be
// repeated before a look at the Page.
func (s *PostService) Create(ctx context.Context, p PostParams) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "page.feed", Path: []string{string(s.c.page), "feed"}, Params: p.form().values(), Priority: smm.PriorityPublish,
	})
}

// createHidden is Create for a post that nobody sees, and so may be repeated.
func (s *PostService) createHidden(ctx context.Context, p PostParams) (Created, error) {
	return node[Created](ctx, &meta.Request{
		Op: "page.feed-unpublished", Path: []string{string(s.c.page), "feed"}, Params: p.form().values(), Priority: smm.PriorityPublish,
	}, s.c.graph.Write)
}

// Get reads a post.
func (s *PostService) Get(ctx context.Context, post ID) (Post, error) {
	return node[Post](ctx, &meta.Request{Op: "post.get", Path: []string{string(post)}, Fields: postFields}, s.c.graph.Read)
}

// State reads whether a post is public or shall be.
func (s *PostService) State(ctx context.Context, post ID) (Post, error) {
	return node[Post](ctx, &meta.Request{
		Op: "post.state", Path: []string{string(post)}, Fields: []string{"id", "is_published", "scheduled_publish_time", "permalink_url"},
	}, s.c.graph.Read)
}

// PostUpdate changes a post; what is nil or zero stays as it is. Only posts that
// the same app made can be changed.
type PostUpdate struct {
	Message   *string
	Pinned    *bool
	Hidden    *bool // from the timeline
	Published *bool // true publishes a draft or scheduled post now
	Scheduled time.Time
}

func (u *PostUpdate) form() form {
	f := form{}.flag("is_pinned", u.Pinned).flag("is_hidden", u.Hidden).flag("is_published", u.Published).time("scheduled_publish_time", u.Scheduled)
	if u.Message != nil {
		f["message"] = []string{*u.Message}
	}
	return f
}

// Update changes a post. Repeating it is harmless.
func (s *PostService) Update(ctx context.Context, post ID, u PostUpdate) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "post.update", Path: []string{string(post)}, Params: u.form().values(), Priority: smm.PriorityPublish})
}

// publish makes an unpublished post public, or has the vendor do so later.
func (s *PostService) publish(ctx context.Context, post ID, at time.Time) (smm.Outcome, error) {
	yes := true
	u := PostUpdate{Published: &yes}
	if !at.IsZero() {
		u = PostUpdate{Scheduled: at}
	}
	r := &meta.Request{Op: "post.publish", Path: []string{string(post)}, Params: u.form().values(), Priority: smm.PriorityPublish}
	return s.c.success(ctx, r)
}

// success sends a request that publishes, and reads whether it says so.
func (c *Client) success(ctx context.Context, r *meta.Request) (smm.Outcome, error) {
	var ok struct {
		Success *bool `json:"success"`
	}
	o, err := c.graph.Commit(ctx, r, &ok)
	switch {
	case err != nil:
		return o, err
	case ok.Success == nil || !*ok.Success:
		return smm.Outcome{}, unreadable(r, "it does not say that it succeeded")
	}
	return smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}, nil
}

// Delete removes a post, also a scheduled one. The vendor refuses it to many
// apps.
func (s *PostService) Delete(ctx context.Context, post ID) error {
	return s.c.graph.Delete(ctx, "post.delete", string(post))
}

// Edge is a list of posts of a Page.
type Edge string

// The lists of posts. Reels are in none of them.
const (
	EdgeFeed      Edge = "feed" // the Page's own and those of visitors
	EdgePosts     Edge = "posts"
	EdgePublished Edge = "published_posts"
	EdgeVisitors  Edge = "visitor_posts"
	EdgeTagged    Edge = "tagged" // public posts that mention the Page
	EdgeScheduled Edge = "scheduled_posts"
	EdgeAds       Edge = "ads_posts"
)

// MaxPage is the largest page of posts that the vendor gives. Of feeds it ranks
// and gives some 600 posts a year.
const MaxPage = 100

// List lists posts, newest first; of scheduled ones the order is the vendor's.
func (s *PostService) List(ctx context.Context, edge Edge, p ListParams) (List[Post], error) {
	return meta.List[Post](ctx, s.c.graph, &meta.Request{Op: "page.posts", Path: []string{string(s.c.page), string(edge)}, Fields: postFields}, p)
}

// Reactions lists the reactions to a post, of one kind or, with "", of all.
func (s *PostService) Reactions(ctx context.Context, post ID, kind string, p ListParams) (List[Reaction], error) {
	return meta.List[Reaction](ctx, s.c.graph, &meta.Request{
		Op: "post.reactions", Path: []string{string(post), "reactions"}, Params: form{}.text("type", kind).values(), Fields: []string{"id", "name", "type"},
	}, p)
}

// Like likes a post or comment as the Page.
func (s *PostService) Like(ctx context.Context, item ID) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "likes.create", Path: []string{string(item), "likes"}})
}

// Unlike takes the like back.
func (s *PostService) Unlike(ctx context.Context, item ID) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "likes.delete", Method: http.MethodDelete, Path: []string{string(item), "likes"}})
}

// CommentService writes, reads and moderates comments.
// https://developers.facebook.com/docs/graph-api/reference/comment/
type CommentService struct{ c *Client }

var commentFields = []string{
	"id", "message", "created_time", "from{id,name}", "parent{id}", "object{id}", "permalink_url", "is_hidden", "is_private", "can_hide", "can_remove", "can_comment",
	"can_reply_privately", "can_like", "like_count", "comment_count", "user_likes", "attachment",
}

// CommentFilter says which comments to list, and how.
type CommentFilter struct {
	Replies bool // also replies to comments, at any depth, in one list
	Newest  bool // newest first
	Since   time.Time
}

// List lists the comments on a post, photo or video, or the replies to a comment.
func (s *CommentService) List(ctx context.Context, on ID, f CommentFilter, p ListParams) (List[Comment], error) {
	q := form{}.text("filter", "toplevel").text("order", "chronological")
	if f.Replies {
		q.text("filter", "stream")
	}
	if f.Newest {
		q.text("order", "reverse_chronological")
	}
	q.time("since", f.Since)
	return meta.List[Comment](ctx, s.c.graph, &meta.Request{
		Op: "comments.list", Path: []string{string(on), "comments"}, Params: q.values(), Fields: commentFields,
	}, p)
}

// CommentParams are a new comment: a text, one attachment, or both.
type CommentParams struct {
	Message       string
	AttachmentURL string // of a picture that anybody may read
	AttachmentID  ID     // of an unpublished photo
	ShareURL      string // of a GIF
}

// Create comments on a post, photo or video, or answers a comment, as the Page.
func (s *CommentService) Create(ctx context.Context, on ID, p CommentParams) (Created, smm.Outcome, error) {
	return s.c.created(ctx, &meta.Request{
		Op: "comments.create", Path: []string{string(on), "comments"}, Priority: smm.PriorityReply,
		Params: form{}.text("message", p.Message).text("attachment_url", p.AttachmentURL).id("attachment_id", p.AttachmentID).
			text("attachment_share_url", p.ShareURL).values(),
	})
}

// Get reads a comment.
func (s *CommentService) Get(ctx context.Context, comment ID) (Comment, error) {
	return node[Comment](ctx, &meta.Request{Op: "comment.get", Path: []string{string(comment)}, Fields: commentFields}, s.c.graph.Read)
}

// PrivateReply says whether a comment can be answered by a message.
type PrivateReply struct {
	ID           ID        `json:"id"`
	Can          bool      `json:"can_reply_privately"` // nobody did yet, and the time is not over
	Conversation *Identity `json:"private_reply_conversation"`
}

func (p PrivateReply) identified() bool { return p.ID != "" }

// PrivateReply reads whether a comment was answered by a message, and in which
// conversation. That it is there once it was answered is not verified.
func (s *CommentService) PrivateReply(ctx context.Context, comment ID) (PrivateReply, error) {
	return node[PrivateReply](ctx, &meta.Request{
		Op: "comment.private-reply", Path: []string{string(comment)}, Fields: []string{"id", "can_reply_privately", "private_reply_conversation{id}"},
	}, s.c.graph.Read)
}

// Edit changes the text of one of the Page's own comments.
func (s *CommentService) Edit(ctx context.Context, comment ID, message string) error {
	return s.c.graph.Do(ctx, &meta.Request{Op: "comment.edit", Path: []string{string(comment)}, Params: map[string][]string{"message": {message}}})
}

// SetHidden hides a comment from all but its author and their friends, or shows
// it again.
func (s *CommentService) SetHidden(ctx context.Context, comment ID, hidden bool) error {
	return s.c.graph.Do(ctx, &meta.Request{
		Op: "comment.hide", Path: []string{string(comment)}, Params: form{}.flag("is_hidden", &hidden).values(), Priority: smm.PriorityModerate,
	})
}

// Delete removes a comment on one of the Page's posts.
func (s *CommentService) Delete(ctx context.Context, comment ID) error {
	return s.c.graph.Delete(ctx, "comment.delete", string(comment))
}

// PrivateReplyWindow is how long after it a comment or a visitor's post may be
// answered by a private message, and once only (2026-04-16).
const PrivateReplyWindow = 7 * 24 * time.Hour

// ReplyPrivately answers a comment by a message. It can be done once.
func (s *CommentService) ReplyPrivately(ctx context.Context, comment ID, text string) (Sent, smm.Outcome, error) {
	if comment == "" {
		return Sent{}, smm.Outcome{State: smm.OutcomeNotSent}, refuse("messages.private-reply", fmt.Errorf("%w: facebook: no comment", smm.ErrInvalid))
	}
	return s.c.Messages.Send(ctx, SendParams{To: Recipient{CommentID: comment}, Text: text})
}
