package mastodon

import (
	"context"
	"net/http"

	"github.com/smmkit/smmkit/internal/httpx"
)

// FilterService manages filters of version 2, which hide statuses with certain
// words from the account's own view.
// https://docs.joinmastodon.org/methods/filters/ (read August 2026).
type FilterService struct{ c *Client }

const filtersPath = "api/v2/filters"

// FilterParams are the fields of a filter.
type FilterParams struct {
	Title     string          `json:"title,omitempty"`
	Context   []string        `json:"context,omitempty"`       // home, notifications, public, thread, account
	Action    string          `json:"filter_action,omitempty"` // warn, hide, blur
	ExpiresIn int             `json:"expires_in,omitempty"`    // seconds; 0 for ever
	Keywords  []KeywordParams `json:"keywords_attributes,omitempty"`
}

// KeywordParams is a word or phrase of a filter. With an ID an existing one is
// changed or, with Destroy, removed.
type KeywordParams struct {
	ID        ID     `json:"id,omitempty"`
	Keyword   string `json:"keyword,omitempty"`
	WholeWord bool   `json:"whole_word"`
	Destroy   bool   `json:"_destroy,omitempty"`
}

// All returns all filters.
func (s *FilterService) All(ctx context.Context) ([]Filter, error) {
	return many[Filter](s.c.get(ctx, "filters.all", filtersPath, nil))
}

// Get reads a filter.
func (s *FilterService) Get(ctx context.Context, id ID) (Filter, error) {
	return one[Filter](s.c.get(ctx, "filters.get", httpx.Path(filtersPath, string(id)), nil))
}

// Create makes a filter.
func (s *FilterService) Create(ctx context.Context, p FilterParams) (Filter, error) {
	return one[Filter](s.c.write(ctx, "filters.create", http.MethodPost, filtersPath, httpx.JSON(p)))
}

// Update changes a filter; what is left out stays.
func (s *FilterService) Update(ctx context.Context, id ID, p FilterParams) (Filter, error) {
	return one[Filter](s.c.write(ctx, "filters.update", http.MethodPut, httpx.Path(filtersPath, string(id)), httpx.JSON(p)))
}

// Delete removes a filter; one that is gone counts as removed.
func (s *FilterService) Delete(ctx context.Context, id ID) error {
	_, err := s.c.write(ctx, "filters.delete", http.MethodDelete, httpx.Path(filtersPath, string(id)), httpx.Body{})
	return gone(err)
}

// ReportService reports to the server's moderators.
// https://docs.joinmastodon.org/methods/reports/ (read August 2026).
type ReportService struct{ c *Client }

// ReportParams are the fields of a report.
type ReportParams struct {
	AccountID ID     `json:"account_id"`
	StatusIDs []ID   `json:"status_ids,omitempty"`
	Comment   string `json:"comment,omitempty"`  // at most 1,000 characters
	Forward   bool   `json:"forward,omitempty"`  // also to the account's own server
	Category  string `json:"category,omitempty"` // spam, legal, violation, other
	RuleIDs   []ID   `json:"rule_ids,omitempty"` // for violation
}

// Create makes a report. Doing it twice makes two.
func (s *ReportService) Create(ctx context.Context, p ReportParams) (ReportReceipt, error) {
	return one[ReportReceipt](s.c.write(ctx, "reports.create", http.MethodPost, "api/v1/reports", httpx.JSON(p)))
}

const domainBlocksPath = "api/v1/domain_blocks"

type domain struct {
	Domain string `json:"domain"`
}

// BlockDomain hides everything of a server from the account.
func (s *AccountService) BlockDomain(ctx context.Context, host string) error {
	_, err := s.c.write(ctx, "accounts.block-domain", http.MethodPost, domainBlocksPath, httpx.JSON(domain{host}))
	return err
}

// UnblockDomain shows it again.
func (s *AccountService) UnblockDomain(ctx context.Context, host string) error {
	_, err := s.c.write(ctx, "accounts.unblock-domain", http.MethodDelete, domainBlocksPath, httpx.JSON(domain{host}))
	return gone(err)
}
