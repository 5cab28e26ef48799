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
	return httpx.Decode[SearchResults](resp)
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
