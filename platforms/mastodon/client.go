package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this driver and of its Refs.
const Platform smm.Platform = "mastodon"

// ClientConfig configures NewClient. Server is required.
type ClientConfig struct {
	// Server is the base URL of the account's own server:
	// "https://social.example". A path is kept.
	Server string

	// Token is the access token, or TokenSource gives one when needed. Without
	// either the client is anonymous and reads what is public.
	Token       smm.Secret
	TokenSource oauth2.TokenSource

	// HTTPClient gives the transport and the time limit; nil means a private
	// one. Where users name their server, pass a client of package safehttp.
	HTTPClient *http.Client
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's

	// Account is the id of the account that the token belongs to. It names the
	// budgets of Quota, and may be empty.
	Account ID
}

// Client is the vendor client of one account on one server. It is safe for
// concurrent use. Methods return *smm.Error.
type Client struct {
	http    *httpx.Client
	rt      http.RoundTripper // for streams, which httpx reads to their end
	auth    httpx.Authorizer
	server  *url.URL
	account ID
	quota   bool
	agent   string
	clock   smm.Clock

	Statuses      *StatusService
	Polls         *PollService
	Scheduled     *ScheduledService
	Media         *MediaService
	Accounts      *AccountService
	Apps          *AppService
	Notifications *NotificationService
	Conversations *ConversationService
	Timelines     *TimelineService
	Lists         *ListService
	Filters       *FilterService
	Reports       *ReportService
	Instance      *InstanceService
	Streaming     *StreamingService
}

// NewClient checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	auth := httpx.Anonymous()
	switch {
	case cfg.TokenSource != nil && !cfg.Token.IsZero():
		return nil, fmt.Errorf("%w: mastodon: both Token and TokenSource are set", smm.ErrInvalid)
	case cfg.TokenSource != nil:
		auth = httpx.TokenSource(cfg.TokenSource)
	case !cfg.Token.IsZero():
		auth = httpx.Bearer(cfg.Token)
	}
	return newClient(cfg, auth)
}

func newClient(cfg ClientConfig, auth httpx.Authorizer) (*Client, error) {
	server, err := ParseServer(cfg.Server)
	if err != nil {
		return nil, err
	}
	c := &Client{auth: auth, server: server, account: cfg.Account, quota: cfg.Quota != nil, agent: cfg.UserAgent, clock: cfg.Clock}
	if c.agent == "" {
		c.agent = "smmkit"
	}
	if c.clock == nil {
		c.clock = smm.SystemClock()
	}
	c.rt = http.DefaultTransport
	if cfg.HTTPClient != nil && cfg.HTTPClient.Transport != nil {
		c.rt = cfg.HTTPClient.Transport
	}
	c.http, err = httpx.New(httpx.Config{
		Platform: Platform, BaseURL: server.String(), HTTPClient: cfg.HTTPClient, Auth: auth, Errors: errorTable,
		Quota: cfg.Quota, QuotaStates: quotaStates, Clock: c.clock, Logger: cfg.Logger, UserAgent: c.agent,
	})
	if err != nil {
		return nil, err
	}
	c.Statuses, c.Polls, c.Scheduled, c.Media = &StatusService{c}, &PollService{c}, &ScheduledService{c}, &MediaService{c}
	c.Accounts, c.Notifications, c.Conversations = &AccountService{c}, &NotificationService{c}, &ConversationService{c}
	c.Timelines, c.Lists, c.Filters, c.Reports = &TimelineService{c}, &ListService{c}, &FilterService{c}, &ReportService{c}
	c.Instance, c.Streaming, c.Apps = &InstanceService{c}, &StreamingService{c}, &AppService{c}
	return c, nil
}

// ParseServer checks the base URL of a server and brings it to the form in
// which it is compared: scheme and host in lower case, no trailing slash. A
// bare host means https. Errors match smm.ErrInvalid.
func ParseServer(s string) (*url.URL, error) {
	if s != "" && !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%w: mastodon: server: want a URL such as https://social.example", smm.ErrInvalid)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// Server returns the base URL.
func (c *Client) Server() string { return c.server.String() }

// ListParams select a page of a list. The zero value is the first page of the
// server's default size.
type ListParams struct {
	Limit   int
	MaxID   ID     // older than this
	SinceID ID     // newer than this, the newest first
	MinID   ID     // newer than this, the page next to it
	Cursor  string // Page.Next or Page.Prev of an earlier answer; stands above the ids
}

// Page is a page of a list. Next leads to older, Prev to newer items; empty
// means that there are none. They hold the parameters of the server's own Link
// header, since some lists page by ids that are not shown.
type Page[T any] struct {
	Items []T
	Next  string
	Prev  string
}

const maxCursor = 2048

// query merges the page into q.
func (p ListParams) query(q url.Values) (url.Values, error) {
	if q == nil {
		q = url.Values{}
	}
	if p.Cursor != "" {
		from, err := url.ParseQuery(p.Cursor)
		if err != nil || len(p.Cursor) > maxCursor {
			return nil, fmt.Errorf("%w: mastodon: cursor is not one of Page.Next or Page.Prev", smm.ErrInvalid)
		}
		maps.Copy(q, from)
		return q, nil
	}
	if p.Limit > 0 {
		q.Set("limit", strconv.Itoa(p.Limit))
	}
	for name, id := range map[string]ID{"max_id": p.MaxID, "since_id": p.SinceID, "min_id": p.MinID} {
		if id != "" {
			q.Set(name, string(id))
		}
	}
	return q, nil
}

// get sends a read and returns the answer.
func (c *Client) get(ctx context.Context, op, path string, q url.Values) (*httpx.Response, error) {
	return c.http.Read(ctx, &httpx.Request{Op: op, URL: path, Query: q, Charges: c.charges(ctx, budgetReads)})
}

// write sends a request that may be repeated by the caller.
func (c *Client) write(ctx context.Context, op, method, path string, body httpx.Body) (*httpx.Response, error) {
	return c.http.Write(ctx, &httpx.Request{Op: op, Method: method, URL: path, Body: body, Charges: c.charges(ctx, budgetOf(op))})
}

// one decodes an answer that is an object with an id.
func one[T interface{ identified() bool }](resp *httpx.Response, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	if err := resp.JSON(&v); err != nil {
		return v, err
	}
	if !v.identified() {
		return v, resp.Unreadable("an object without an id")
	}
	return v, nil
}

func (s Status) identified() bool          { return s.ID != "" }
func (s StatusSource) identified() bool    { return s.ID != "" }
func (a Account) identified() bool         { return a.ID != "" }
func (r Relationship) identified() bool    { return r.ID != "" }
func (n Notification) identified() bool    { return n.ID != "" }
func (c Conversation) identified() bool    { return c.ID != "" }
func (a Attachment) identified() bool      { return a.ID != "" }
func (p Poll) identified() bool            { return p.ID != "" }
func (s ScheduledStatus) identified() bool { return s.ID != "" }
func (l UserList) identified() bool        { return l.ID != "" }
func (f Filter) identified() bool          { return f.ID != "" }
func (r ReportReceipt) identified() bool   { return r.ID != "" }

// many decodes an answer that is a list. Unlike lists inside an object it must
// be one: an error object read as an empty list would be a lie.
func many[T any](resp *httpx.Response, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	raw, err := httpx.Decode[[]json.RawMessage](resp)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, resp.Unreadable("null instead of a list")
	}
	out := make([]T, 0, len(raw))
	for _, r := range raw {
		var v T
		if err := lenient(r, &v); err != nil {
			return nil, resp.Unreadable("a list with a broken element")
		}
		out = append(out, v)
	}
	if !allIdentified(out) {
		return nil, resp.Unreadable("a list with an object without an id")
	}
	return out, nil
}

// allIdentified reports whether the elements of a list are what they should be,
// as far as they have ids.
func allIdentified[T any](list []T) bool {
	for _, v := range list {
		if v, has := any(v).(interface{ identified() bool }); has && !v.identified() {
			return false
		}
	}
	return true
}

// page reads one page of a list.
func page[T any](ctx context.Context, c *Client, op, path string, q url.Values, p ListParams) (Page[T], error) {
	q, err := p.query(q)
	if err != nil {
		return Page[T]{}, err
	}
	resp, err := c.get(ctx, op, path, q)
	items, err := many[T](resp, err)
	if err != nil {
		return Page[T]{}, err
	}
	next, prev := links(resp.Header["Link"])
	return Page[T]{Items: items, Next: next, Prev: prev}, nil
}

// links reads the parameters of the next and previous page from Link headers
// (RFC 8288). Scheme, host and path are not taken from there: the same list is
// asked again, so a header can lead the token nowhere else, and a server that
// does not know its own address does no harm.
func links(headers []string) (next, prev string) {
	for part := range linkValues(strings.Join(headers, ",")) {
		target, params, _ := strings.Cut(part, ">")
		u, err := url.Parse(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(target), "<")))
		if err != nil || u.RawQuery == "" || len(u.RawQuery) > maxCursor {
			continue
		}
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil {
			continue
		}
		q.Del("access_token") // some servers repeat every parameter
		switch relation(params) {
		case "next":
			next = q.Encode()
		case "prev", "previous":
			prev = q.Encode()
		}
	}
	return next, prev
}

// linkValues splits at commas outside <>, since URLs may hold commas.
func linkValues(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		start, inside := 0, false
		for i, c := range []byte(s) {
			switch {
			case c == '<':
				inside = true
			case c == '>':
				inside = false
			case c == ',' && !inside:
				if !yield(s[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(s[start:])
	}
}

func relation(params string) string {
	for p := range strings.SplitSeq(params, ";") {
		name, value, found := strings.Cut(strings.TrimSpace(p), "=")
		if found && strings.EqualFold(strings.TrimSpace(name), "rel") {
			return strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return ""
}
