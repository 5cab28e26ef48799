package facebook

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

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
