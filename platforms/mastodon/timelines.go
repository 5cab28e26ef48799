package mastodon

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/smmkit/smmkit/internal/httpx"
)

// TimelineService reads timelines and searches.
// https://docs.joinmastodon.org/methods/timelines/ (read August 2026).
type TimelineService struct{ c *Client }

// Home lists what the account sees of those it follows.
func (s *TimelineService) Home(ctx context.Context, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "timelines.home", "api/v1/timelines/home", nil, p)
}

// Public lists public statuses that the server knows; local those of its own
// accounts only.
func (s *TimelineService) Public(ctx context.Context, local bool, p ListParams) (Page[Status], error) {
	q := url.Values{}
	if local {
		q.Set("local", "true")
	}
	return page[Status](ctx, s.c, "timelines.public", "api/v1/timelines/public", q, p)
}

// Tag lists public statuses with a hashtag, given without "#".
func (s *TimelineService) Tag(ctx context.Context, tag string, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "timelines.tag", httpx.Path("api/v1/timelines/tag", tag), nil, p)
}

// List lists the statuses of the members of a list.
func (s *TimelineService) List(ctx context.Context, id ID, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "timelines.list", httpx.Path("api/v1/timelines/list", string(id)), nil, p)
}

// SearchParams is a search.
type SearchParams struct {
	Query     string
	Type      string // accounts, statuses, hashtags; "" for all
	AccountID ID     // statuses of this account only
	Resolve   bool   // ask other servers for what looks like an address
	Limit     int    // at most 40
	Offset    int
}

// Search searches. Statuses are searched as full text only where the server
// runs a search engine; elsewhere nothing is found.
func (s *TimelineService) Search(ctx context.Context, p SearchParams) (SearchResults, error) {
	q := url.Values{"q": {p.Query}}
	if p.Type != "" {
		q.Set("type", p.Type)
	}
	if p.AccountID != "" {
		q.Set("account_id", string(p.AccountID))
	}
	if p.Resolve {
		q.Set("resolve", "true")
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	if p.Offset > 0 {
		q.Set("offset", strconv.Itoa(p.Offset))
	}
	resp, err := s.c.get(ctx, "search", "api/v2/search", q)
	if err != nil {
		return SearchResults{}, err
	}
	var found struct {
		Accounts *List[Account] `json:"accounts"`
		Statuses *List[Status]  `json:"statuses"`
		Hashtags *List[Tag]     `json:"hashtags"`
	}
	if err := resp.JSON(&found); err != nil {
		return SearchResults{}, err
	}
	if found.Accounts == nil && found.Statuses == nil && found.Hashtags == nil {
		return SearchResults{}, resp.Unreadable("results without a list")
	}
	out := SearchResults{Accounts: deref(found.Accounts), Statuses: deref(found.Statuses), Hashtags: deref(found.Hashtags)}
	if !allIdentified(out.Accounts) || !allIdentified(out.Statuses) {
		return SearchResults{}, resp.Unreadable("results with an object without an id")
	}
	return out, nil
}

func deref[T any](p *List[T]) List[T] {
	if p == nil {
		return nil
	}
	return *p
}

// ListService manages lists of accounts.
// https://docs.joinmastodon.org/methods/lists/ (read August 2026).
type ListService struct{ c *Client }

const listsPath = "api/v1/lists"

// ListSettings are the properties of a list.
type ListSettings struct {
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy,omitempty"` // followed, list, none
	Exclusive     bool   `json:"exclusive,omitempty"`      // keep members out of the home timeline
}

// All returns all lists.
func (s *ListService) All(ctx context.Context) ([]UserList, error) {
	return many[UserList](s.c.get(ctx, "lists.all", listsPath, nil))
}

// Create makes a list.
func (s *ListService) Create(ctx context.Context, p ListSettings) (UserList, error) {
	return one[UserList](s.c.write(ctx, "lists.create", http.MethodPost, listsPath, httpx.JSON(p)))
}

// Update changes a list.
func (s *ListService) Update(ctx context.Context, id ID, p ListSettings) (UserList, error) {
	return one[UserList](s.c.write(ctx, "lists.update", http.MethodPut, httpx.Path(listsPath, string(id)), httpx.JSON(p)))
}

// Delete removes a list; one that is gone counts as removed.
func (s *ListService) Delete(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "lists.delete", http.MethodDelete, httpx.Path(listsPath, string(id)), httpx.Body{})
	return gone(err)
}

// Accounts lists the members.
func (s *ListService) Accounts(ctx context.Context, id ID, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "lists.accounts", httpx.Path(listsPath, string(id), "accounts"), nil, p)
}

type accountIDs struct {
	AccountIDs []ID `json:"account_ids"`
}

// Add adds followed accounts to a list.
func (s *ListService) Add(ctx context.Context, id ID, accounts ...ID) error {
	_, err := s.c.write(ctx, "lists.add", http.MethodPost, httpx.Path(listsPath, string(id), "accounts"), httpx.JSON(accountIDs{accounts}))
	return err
}

// Remove takes accounts from a list.
func (s *ListService) Remove(ctx context.Context, id ID, accounts ...ID) error {
	_, err := s.c.write(ctx, "lists.remove", http.MethodDelete, httpx.Path(listsPath, string(id), "accounts"), httpx.JSON(accountIDs{accounts}))
	return err
}

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
