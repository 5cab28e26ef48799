package x

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this platform in Refs.
const Platform smm.Platform = "x"

// DefaultBaseURL is where the API is.
const DefaultBaseURL = "https://api.x.com"

// Authorizer adds a credential to a request that is complete but for it. It is
// called once for each time that the request is sent and is safe for concurrent
// use. *oauth1.Signer is one.
type Authorizer interface {
	Authorize(ctx context.Context, req *http.Request) error
}

// ClientConfig configures NewClient. The zero value is an anonymous client,
// which X answers nothing but refusals.
type ClientConfig struct {
	BaseURL string // in place of all the vendor's hosts; "" for DefaultBaseURL

	// The account's credential: one of an access token of OAuth 2, a source of
	// them, or an Authorizer such as a signer of OAuth 1.0a.
	Token       smm.Secret
	TokenSource oauth2.TokenSource
	Auth        Authorizer

	// AppToken is the bearer token of the app itself. Webhooks, usage and the
	// changing of activity subscriptions take no other. Without a credential of
	// an account it also reads what is public.
	AppToken smm.Secret

	// Account is the id of the account that the credential belongs to: X has it
	// in the address of what an account does. It also names the budgets of Quota.
	Account ID
	// App is an id of the app, which names the budgets that all its accounts share.
	App string

	// Tier is what the app's owner pays for. With "" nothing is refused here and X
	// decides.
	Tier Tier

	// Names is which spelling is asked for. Both are read.
	Names Names

	HTTPClient *http.Client // gives the transport and the time limit; nil for a private one
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Client is the vendor client of one account. It is safe for concurrent use. Its
// methods return *smm.Error, or, for arguments that X would refuse by their form
// and that are therefore not sent, an error that matches smm.ErrInvalid.
type Client struct {
	http    *httpx.Client
	auth    httpx.Authorizer
	appAuth httpx.Authorizer
	asApp   bool // there is no credential of an account
	account ID
	app     string
	tier    Tier
	names   Names
	quota   bool
	clock   smm.Clock

	Posts     *PostService
	Media     *MediaService
	Users     *UserService
	Messages  *MessageService
	Analytics *AnalyticsService
	Webhooks  *WebhookService
	Activity  *ActivityService
	Usage     *UsageService
}

// NewClient checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	c := &Client{
		account: cfg.Account, app: cfg.App, tier: cfg.Tier, names: cfg.Names, quota: cfg.Quota != nil, clock: cfg.Clock,
	}
	if err := c.credentials(&cfg); err != nil {
		return nil, err
	}
	switch cfg.Tier {
	case "", TierSelfServe, TierEnterprise:
	default:
		return nil, fmt.Errorf("%w: x: tier %q: want %s or %s", smm.ErrInvalid, cfg.Tier, TierSelfServe, TierEnterprise)
	}
	if cfg.Account != "" && !isID(cfg.Account) {
		return nil, fmt.Errorf("%w: x: the account is named by its id, which is a number", smm.ErrInvalid)
	}
	if c.clock == nil {
		c.clock = smm.SystemClock()
	}
	base := strings.TrimRight(cfg.BaseURL, "/")
	if base == "" {
		base = DefaultBaseURL
	}
	agent := cfg.UserAgent
	if agent == "" {
		agent = "smmkit"
	}
	var err error
	c.http, err = httpx.New(httpx.Config{
		Platform: Platform, BaseURL: base, HTTPClient: cfg.HTTPClient, Auth: c.auth, Errors: errorTable,
		Quota: cfg.Quota, QuotaStates: quotaStates, Clock: c.clock, Logger: cfg.Logger, UserAgent: agent,
		RequestIDHeaders: []string{"X-Transaction-Id"}, MaxBody: 8 << 20, // a page of 100 posts with everything is about 1 MB
	})
	if err != nil {
		return nil, err
	}
	c.Posts, c.Media, c.Users, c.Messages = &PostService{c}, &MediaService{c}, &UserService{c}, &MessageService{c}
	c.Analytics, c.Webhooks, c.Activity, c.Usage = &AnalyticsService{c}, &WebhookService{c}, &ActivityService{c}, &UsageService{c}
	return c, nil
}

// credentials chooses what authorizes requests.
func (c *Client) credentials(cfg *ClientConfig) error {
	given := 0
	c.auth = httpx.Anonymous()
	if !cfg.Token.IsZero() {
		c.auth, given = httpx.Bearer(cfg.Token), given+1
	}
	if cfg.TokenSource != nil {
		c.auth, given = httpx.TokenSource(cfg.TokenSource), given+1
	}
	if cfg.Auth != nil {
		c.auth, given = cfg.Auth, given+1
	}
	if given > 1 {
		return fmt.Errorf("%w: x: more than one of Token, TokenSource and Auth is set", smm.ErrInvalid)
	}
	c.appAuth = c.auth
	if !cfg.AppToken.IsZero() {
		c.appAuth = httpx.Bearer(cfg.AppToken)
		if given == 0 {
			c.auth, c.asApp = c.appAuth, true
		}
	}
	return nil
}

// ClientFromToken makes a client for somebody who has an access token of an account
// and nothing else, and asks whose it is (one request, of the price of a user).
// cfg may be nil; its credentials and Account are not used.
func ClientFromToken(ctx context.Context, token string, cfg *ClientConfig) (*Client, User, error) {
	var v ClientConfig
	if cfg != nil {
		v = *cfg
	}
	v.Token, v.TokenSource, v.Auth, v.Account = smm.NewSecret(token), nil, nil, ""
	c, err := NewClient(v)
	if err != nil {
		return nil, User{}, err
	}
	me, err := c.Users.Me(ctx, nil)
	if err != nil {
		return nil, User{}, err
	}
	if !isID(me.Item.ID) {
		return nil, User{}, &smm.Error{Op: "users.me", Platform: Platform, Err: fmt.Errorf("%w: unreadable answer: an account without a usable id", smm.ErrUnavailable)}
	}
	c.account = me.Item.ID
	return c, me.Item, nil
}

// Account returns the id of the account that the client acts for, "" if it is
// not known.
func (c *Client) Account() ID { return c.account }

// Permalink is the address of a post for people.
func Permalink(username string, post ID) string {
	return "https://x.com/" + url.PathEscape(username) + "/status/" + url.PathEscape(string(post))
}

// Result is one thing with what its answer adds.
type Result[T any] struct {
	Item     T
	Includes Includes
	Problems []Problem // what is missing from Item and Includes, and why
}

// Page is a page of a list, of which Next leads to the one after it and Prev
// before it; empty means that there is none. Problems say which items are
// missing and why.
type Page[T any] struct {
	Items    []T
	Next     string
	Prev     string
	NewestID ID
	OldestID ID
	Total    Count // of all pages, where the answer tells
	Includes Includes
	Problems []Problem
}

// me checks that the client knows its account.
func (c *Client) me() (string, error) {
	if c.account == "" {
		return "", invalid("ClientConfig.Account is empty: X has the acting account's id in the address of this method")
	}
	return string(c.account), nil
}

// allowed refuses what the tier does not have before it is sent.
func (c *Client) allowed(op string) error {
	if loss, lost := c.tier.lost(op); lost {
		return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Code: codeTier, Err: fmt.Errorf("%w: %s", smm.ErrForbidden, loss)}
	}
	return nil
}

// get sends a read with the account's credential.
func (c *Client) get(ctx context.Context, op, path string, q url.Values) (*httpx.Response, error) {
	if err := c.allowed(op); err != nil {
		return nil, err
	}
	return c.http.Read(ctx, &httpx.Request{Op: op, URL: path, Query: q, Auth: c.auth, Charges: c.charges(ctx, op, c.asApp)})
}

// getAsApp sends a read with the app's credential.
func (c *Client) getAsApp(ctx context.Context, op, path string, q url.Values) (*httpx.Response, error) {
	return c.http.Read(ctx, &httpx.Request{Op: op, URL: path, Query: q, Auth: c.appAuth, Charges: c.charges(ctx, op, true)})
}

// commit sends a write once, whatever becomes of it.
func (c *Client) commit(ctx context.Context, op, method, path string, body httpx.Body) (*httpx.Response, error) {
	if err := c.allowed(op); err != nil {
		return nil, err
	}
	resp, _, err := c.http.Commit(ctx, &httpx.Request{
		Op: op, Method: method, URL: path, Body: body, Auth: c.auth, Charges: c.charges(ctx, op, c.asApp), Priority: smm.PriorityReply,
	})
	return resp, err
}

// commitAsApp is commit with the app's credential.
func (c *Client) commitAsApp(ctx context.Context, op, method, path string, q url.Values, body httpx.Body) (*httpx.Response, error) {
	resp, _, err := c.http.Commit(ctx, &httpx.Request{
		Op: op, Method: method, URL: path, Query: q, Body: body, Auth: c.appAuth, Charges: c.charges(ctx, op, true), Priority: smm.PriorityReply,
	})
	return resp, err
}

// envelope is the form of every answer.
type envelope struct {
	Data     json.RawMessage `json:"data"`
	Includes Includes        `json:"includes"`
	Errors   problems        `json:"errors"`
	Meta     struct {
		Count    *int   `json:"result_count"`
		Next     string `json:"next_token"`
		Prev     string `json:"previous_token"`
		NewestID ID     `json:"newest_id"`
		OldestID ID     `json:"oldest_id"`
		Total    Count  `json:"total_post_count"`
		OldTotal Count  `json:"total_tweet_count"`
	} `json:"meta"`
}

// problems are the errors of an answer. What is no list of problems is one
// problem without a name: it must neither fail an answer that has data nor pass
// for none.
type problems []Problem

// UnmarshalJSON implements json.Unmarshaler.
func (p *problems) UnmarshalJSON(b []byte) error {
	var list []Problem
	if json.Unmarshal(b, &list) != nil {
		list = []Problem{{Title: "unreadable"}}
	}
	*p = list
	return nil
}

func (e *envelope) empty() bool { return len(e.Data) == 0 || string(e.Data) == "null" }

// open reads the envelope of an answer. One with problems and nothing else is an
// error, whatever its status.
func open(op string, resp *httpx.Response, err error) (envelope, error) {
	var e envelope
	if err != nil {
		return e, err
	}
	if err := resp.JSON(&e); err != nil {
		return e, err
	}
	if e.empty() && len(e.Errors) > 0 {
		return e, problemError(op, resp, &e.Errors[0])
	}
	return e, nil
}

// one decodes an answer with one thing in it, which is recognised by id.
func one[T any](op string, id func(*T) ID, resp *httpx.Response, err error) (Result[T], error) {
	e, err := open(op, resp, err)
	if err != nil {
		return Result[T]{}, err
	}
	out := Result[T]{Includes: e.Includes, Problems: e.Errors}
	if e.empty() {
		return Result[T]{}, unreadable(op, resp, "an answer without data")
	}
	if err := json.Unmarshal(e.Data, &out.Item); err != nil {
		return Result[T]{}, unreadable(op, resp, "data of another type")
	}
	if id(&out.Item) == "" {
		return Result[T]{}, unreadable(op, resp, "a thing without its id")
	}
	return out, nil
}

// page decodes an answer with a list in it. What is no list must not read as an
// empty one: only an answer that counts 0 results may leave the list out.
func page[T any](op string, resp *httpx.Response, err error) (Page[T], error) {
	e, err := open(op, resp, err)
	if err != nil {
		return Page[T]{}, err
	}
	out := Page[T]{
		Next: e.Meta.Next, Prev: e.Meta.Prev, NewestID: e.Meta.NewestID, OldestID: e.Meta.OldestID,
		Total: e.Meta.Total, Includes: e.Includes, Problems: e.Errors,
	}
	if !out.Total.Known {
		out.Total = e.Meta.OldTotal
	}
	if e.empty() {
		if e.Meta.Count == nil || *e.Meta.Count != 0 {
			return Page[T]{}, unreadable(op, resp, "an answer without its list")
		}
		return out, nil
	}
	if err := json.Unmarshal(e.Data, &out.Items); err != nil {
		return Page[T]{}, unreadable(op, resp, "a list of another type")
	}
	return out, nil
}

// done checks that an answer says of a deed what was wanted: {"liked":true}.
func done(op, field string, want bool, resp *httpx.Response, err error) error {
	e, err := open(op, resp, err)
	if err != nil {
		return err
	}
	var data map[string]json.RawMessage
	if json.Unmarshal(e.Data, &data) != nil {
		return unreadable(op, resp, "data of another type")
	}
	switch string(data[field]) {
	case strconv.FormatBool(want):
		return nil
	case strconv.FormatBool(!want):
		return &smm.Error{Op: op, Platform: Platform, Status: resp.Status, RequestID: resp.RequestID, Err: fmt.Errorf("%w: X answered that it was not done", smm.ErrRejected)}
	}
	return unreadable(op, resp, "an answer that does not say whether it was done")
}

func unreadable(op string, resp *httpx.Response, what string) error {
	return &smm.Error{
		Op: op, Platform: Platform, Status: resp.Status, RequestID: resp.RequestID,
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

func idOfPost(p *Post) ID                    { return p.ID }
func idOfUser(u *User) ID                    { return u.ID }
func idOfEvent(e *DMEvent) ID                { return e.ID }
func idOfMedia(m *Media) ID                  { return m.Key }
func idOfUpload(m *UploadedMedia) ID         { return m.ID }
func idOfSent(s *SentMessage) ID             { return s.EventID }
func idOfWebhook(w *Webhook) ID              { return w.ID }
func idOfUsage(u *Usage) ID                  { return u.ProjectID }
func idOfReplay(r *ReplayJob) ID             { return r.ID }
func idOfSubscription(s *subscriptionBox) ID { return s.Subscription.ID }
