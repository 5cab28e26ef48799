package mastodon

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
)

// AccountService reads accounts, changes the own profile and the relations to
// others. https://docs.joinmastodon.org/methods/accounts/ (read August 2026).
type AccountService struct{ c *Client }

const accountsPath = "api/v1/accounts"

// Verify reads the own account: whom the token belongs to.
func (s *AccountService) Verify(ctx context.Context) (Account, error) {
	return one[Account](s.c.get(ctx, "accounts.verify", accountsPath+"/verify_credentials", nil))
}

// Get reads an account.
func (s *AccountService) Get(ctx context.Context, id ID) (Account, error) {
	return one[Account](s.c.get(ctx, "accounts.get", httpx.Path(accountsPath, string(id)), nil))
}

// Lookup finds an account by its handle, "user" or "user@host", among those
// that the server knows.
func (s *AccountService) Lookup(ctx context.Context, acct string) (Account, error) {
	return one[Account](s.c.get(ctx, "accounts.lookup", accountsPath+"/lookup", url.Values{"acct": {acct}}))
}

// StatusFilter narrows Statuses.
type StatusFilter struct {
	ExcludeReplies bool
	ExcludeReblogs bool
	OnlyMedia      bool
	Pinned         bool
	Tagged         string // a hashtag without "#"
}

func (f StatusFilter) query() url.Values {
	q := url.Values{}
	for name, on := range map[string]bool{
		"exclude_replies": f.ExcludeReplies, "exclude_reblogs": f.ExcludeReblogs, "only_media": f.OnlyMedia, "pinned": f.Pinned,
	} {
		if on {
			q.Set(name, "true")
		}
	}
	if f.Tagged != "" {
		q.Set("tagged", f.Tagged)
	}
	return q
}

// Statuses lists the statuses of an account, newest first, at most 40 a page.
func (s *AccountService) Statuses(ctx context.Context, id ID, f StatusFilter, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "accounts.statuses", httpx.Path(accountsPath, string(id), "statuses"), f.query(), p)
}

// Followers lists who follows an account; servers may hide some.
func (s *AccountService) Followers(ctx context.Context, id ID, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "accounts.followers", httpx.Path(accountsPath, string(id), "followers"), nil, p)
}

// Following lists whom an account follows.
func (s *AccountService) Following(ctx context.Context, id ID, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "accounts.following", httpx.Path(accountsPath, string(id), "following"), nil, p)
}

// Relationships reads how the own account stands to others.
func (s *AccountService) Relationships(ctx context.Context, ids ...ID) ([]Relationship, error) {
	q := url.Values{}
	for _, id := range ids {
		q.Add("id[]", string(id))
	}
	return many[Relationship](s.c.get(ctx, "accounts.relationships", accountsPath+"/relationships", q))
}

func (s *AccountService) act(ctx context.Context, id ID, action string, body any) (Relationship, error) {
	b := httpx.Body{}
	if body != nil {
		b = httpx.JSON(body)
	}
	return one[Relationship](s.c.write(ctx, "accounts."+action, http.MethodPost, httpx.Path(accountsPath, string(id), action), b))
}

// Follow follows an account, or asks to where it is locked.
func (s *AccountService) Follow(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "follow", nil)
}

// Unfollow stops following, or takes the request back.
func (s *AccountService) Unfollow(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "unfollow", nil)
}

// Block blocks an account, which also ends following in both directions.
func (s *AccountService) Block(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "block", nil)
}

// Unblock lifts the block.
func (s *AccountService) Unblock(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "unblock", nil)
}

// MuteOptions say what a mute covers. The zero value hides statuses only, for
// ever.
type MuteOptions struct {
	Notifications bool
	Duration      time.Duration // whole seconds; 0 for ever
}

// Mute hides an account's statuses.
func (s *AccountService) Mute(ctx context.Context, id ID, o MuteOptions) (Relationship, error) {
	return s.act(ctx, id, "mute", struct {
		Notifications bool  `json:"notifications"`
		Duration      int64 `json:"duration,omitempty"`
	}{o.Notifications, int64(o.Duration / time.Second)})
}

// Unmute shows them again.
func (s *AccountService) Unmute(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "unmute", nil)
}

// RemoveFromFollowers makes an account stop following the own one.
func (s *AccountService) RemoveFromFollowers(ctx context.Context, id ID) (Relationship, error) {
	return s.act(ctx, id, "remove_from_followers", nil)
}

// Note keeps a private note about an account.
func (s *AccountService) Note(ctx context.Context, id ID, comment string) (Relationship, error) {
	return s.act(ctx, id, "note", struct {
		Comment string `json:"comment"`
	}{comment})
}

// Blocks lists the blocked accounts.
func (s *AccountService) Blocks(ctx context.Context, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "accounts.blocks", "api/v1/blocks", nil, p)
}

// Mutes lists the muted accounts.
func (s *AccountService) Mutes(ctx context.Context, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "accounts.mutes", "api/v1/mutes", nil, p)
}

// Favourites lists the statuses that the own account liked.
func (s *AccountService) Favourites(ctx context.Context, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "accounts.favourites", "api/v1/favourites", nil, p)
}

// Bookmarks lists the bookmarked statuses.
func (s *AccountService) Bookmarks(ctx context.Context, p ListParams) (Page[Status], error) {
	return page[Status](ctx, s.c, "accounts.bookmarks", "api/v1/bookmarks", nil, p)
}

// FollowRequests lists who asks to follow a locked account.
func (s *AccountService) FollowRequests(ctx context.Context, p ListParams) (Page[Account], error) {
	return page[Account](ctx, s.c, "accounts.follow-requests", "api/v1/follow_requests", nil, p)
}

// AnswerFollowRequest accepts or rejects one.
func (s *AccountService) AnswerFollowRequest(ctx context.Context, id ID, accept bool) (Relationship, error) {
	answer := "reject"
	if accept {
		answer = "authorize"
	}
	path := httpx.Path("api/v1/follow_requests", string(id), answer)
	return one[Relationship](s.c.write(ctx, "accounts.answer-follow-request", http.MethodPost, path, httpx.Body{}))
}

// ProfileUpdate changes the own profile; nil fields stay as they are.
type ProfileUpdate struct {
	DisplayName *string
	Note        *string
	Fields      *[]Field // Name and Value; replaces all
	Locked      *bool
	Bot         *bool
	Avatar      *Picture
	Header      *Picture
}

// Picture is an image to upload.
type Picture struct {
	Reader io.Reader
	Size   int64 // bytes
	Type   string
}

// profileFields is how many labelled fields servers take by default; those that
// are not set are sent empty, since a server keeps what it is not told of.
const profileFields = 4

// Update changes the own profile.
func (s *AccountService) Update(ctx context.Context, u ProfileUpdate) (Account, error) {
	var parts []httpx.Part
	text := func(name string, v *string) {
		if v != nil {
			parts = append(parts, httpx.Part{Name: name, Value: *v})
		}
	}
	flag := func(name string, v *bool) {
		if v != nil {
			parts = append(parts, httpx.Part{Name: name, Value: strconv.FormatBool(*v)})
		}
	}
	text("display_name", u.DisplayName)
	text("note", u.Note)
	flag("locked", u.Locked)
	flag("bot", u.Bot)
	if u.Fields != nil {
		fields := *u.Fields
		for i := range max(len(fields), profileFields) {
			var f Field
			if i < len(fields) {
				f = fields[i]
			}
			key := "fields_attributes[" + strconv.Itoa(i) + "]"
			parts = append(parts, httpx.Part{Name: key + "[name]", Value: string(f.Name)}, httpx.Part{Name: key + "[value]", Value: string(f.Value)})
		}
	}
	for name, p := range map[string]*Picture{"avatar": u.Avatar, "header": u.Header} {
		if p != nil {
			parts = append(parts, httpx.Part{Name: name, FileName: name, ContentType: p.Type, Reader: p.Reader, Size: p.Size})
		}
	}
	return one[Account](s.c.write(ctx, "accounts.update", http.MethodPatch, accountsPath+"/update_credentials", httpx.Multipart(parts...)))
}

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
