package threads

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/smmkit/smmkit/platforms/internal/meta"
)

// ReplyService reads and moderates replies.
type ReplyService struct{ c *Client }

// Under lists the direct replies to a post, the oldest first unless newest is
// set (threads_read_replies).
func (s *ReplyService) Under(ctx context.Context, post ID, newest bool, p ListParams, fields ...string) (Page[Post], error) {
	return s.list(ctx, "thread.replies", post, newest, p, fields)
}

// Conversation lists the replies to a post at every depth in one list, the
// oldest first unless newest is set (threads_read_replies).
func (s *ReplyService) Conversation(ctx context.Context, post ID, newest bool, p ListParams, fields ...string) (Page[Post], error) {
	return s.list(ctx, "thread.conversation", post, newest, p, fields)
}

func (s *ReplyService) list(ctx context.Context, op string, post ID, newest bool, p ListParams, fields []string) (Page[Post], error) {
	edge := "replies"
	if op == "thread.conversation" {
		edge = "conversation"
	}
	r := s.c.request(op, string(post), edge)
	r.Params = url.Values{"reverse": {strconv.FormatBool(newest)}}
	return s.c.posts(ctx, r, p, fields)
}

// Mine lists the account's own replies, the newest first.
func (s *ReplyService) Mine(ctx context.Context, p ListParams, fields ...string) (Page[Post], error) {
	return s.c.posts(ctx, s.c.request("me.replies", s.c.me(), "replies"), p, fields)
}

// ApprovalStatus selects replies that wait.
type ApprovalStatus string

// The states of a reply that waits.
const (
	ApprovalPending ApprovalStatus = "pending"
	ApprovalIgnored ApprovalStatus = "ignored"
)

// Pending lists replies to a post with reply approvals that are not public.
func (s *ReplyService) Pending(ctx context.Context, post ID, status ApprovalStatus, p ListParams, fields ...string) (Page[Post], error) {
	r := s.c.request("thread.pending_replies", string(post), "pending_replies")
	if status != "" {
		r.Params = url.Values{"approval_status": {string(status)}}
	}
	return s.c.posts(ctx, r, p, fields)
}

// SetHidden hides a reply to an own post, or shows it again
// (threads_manage_replies). What answers it follows.
func (s *ReplyService) SetHidden(ctx context.Context, reply ID, hidden bool) error {
	return s.c.api.Do(ctx, s.manage("reply.manage", reply, "manage_reply", "hide", hidden))
}

// SetApproved publishes a reply that waits, or ignores it.
func (s *ReplyService) SetApproved(ctx context.Context, reply ID, approved bool) error {
	return s.c.api.Do(ctx, s.manage("reply.manage_pending", reply, "manage_pending_reply", "approve", approved))
}

func (s *ReplyService) manage(op string, reply ID, edge, name string, on bool) *meta.Request {
	r := s.c.request(op, string(reply), edge)
	r.Method, r.Params = http.MethodPost, url.Values{name: {strconv.FormatBool(on)}}
	return r
}
