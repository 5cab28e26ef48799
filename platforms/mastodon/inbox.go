package mastodon

import (
	"context"
	"net/http"
	"net/url"

	"github.com/smmkit/smmkit/internal/httpx"
)

// NotificationService reads what happened to the account.
// https://docs.joinmastodon.org/methods/notifications/ (read August 2026).
type NotificationService struct{ c *Client }

const notificationsPath = "api/v1/notifications"

// NotificationFilter narrows List. Servers that do not know a field ignore it.
type NotificationFilter struct {
	Types        []string
	ExcludeTypes []string
	AccountID    ID
}

// List lists notifications, newest first, at most 80 a page.
func (s *NotificationService) List(ctx context.Context, f NotificationFilter, p ListParams) (Page[Notification], error) {
	q := url.Values{}
	for _, t := range f.Types {
		q.Add("types[]", t)
	}
	for _, t := range f.ExcludeTypes {
		q.Add("exclude_types[]", t)
	}
	if f.AccountID != "" {
		q.Set("account_id", string(f.AccountID))
	}
	return page[Notification](ctx, s.c, "notifications.list", notificationsPath, q, p)
}

// Get reads one notification.
func (s *NotificationService) Get(ctx context.Context, id ID) (Notification, error) {
	return one[Notification](s.c.get(ctx, "notifications.get", httpx.Path(notificationsPath, string(id)), nil))
}

// UnreadCount counts the unread ones, up to 100 by default (4.3 and later).
func (s *NotificationService) UnreadCount(ctx context.Context) (Count, error) {
	resp, err := s.c.get(ctx, "notifications.unread-count", notificationsPath+"/unread_count", nil)
	if err != nil {
		return Count{}, err
	}
	var v struct {
		Count Count `json:"count"`
	}
	err = resp.JSON(&v)
	return v.Count, err
}

// Dismiss removes one notification; one that is gone counts as removed.
func (s *NotificationService) Dismiss(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "notifications.dismiss", http.MethodPost, httpx.Path(notificationsPath, string(id), "dismiss"), httpx.Body{})
	return gone(err)
}

// Clear removes all notifications.
func (s *NotificationService) Clear(ctx context.Context) error {
	_, err := s.c.write(ctx, "notifications.clear", http.MethodPost, notificationsPath+"/clear", httpx.Body{})
	return err
}

// ConversationService reads threads of direct statuses.
// https://docs.joinmastodon.org/methods/conversations/ (read August 2026).
type ConversationService struct{ c *Client }

const conversationsPath = "api/v1/conversations"

// List lists conversations, the most recently active first. The server pages
// by ids that are not shown, so only Page.Next leads on.
func (s *ConversationService) List(ctx context.Context, p ListParams) (Page[Conversation], error) {
	return page[Conversation](ctx, s.c, "conversations.list", conversationsPath, nil, p)
}

// MarkRead marks a conversation as read.
func (s *ConversationService) MarkRead(ctx context.Context, id ID) (Conversation, error) {
	return one[Conversation](s.c.write(ctx, "conversations.read", http.MethodPost, httpx.Path(conversationsPath, string(id), "read"), httpx.Body{}))
}

// Delete removes a conversation from the account's own view; one that is gone
// counts as removed.
func (s *ConversationService) Delete(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "conversations.delete", http.MethodDelete, httpx.Path(conversationsPath, string(id)), httpx.Body{})
	return gone(err)
}
