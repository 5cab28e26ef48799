package instagram

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this driver and of its Refs.
const Platform smm.Platform = "instagram"

// Login says how an account was connected. It decides the host, the kind of
// token, the names of scopes and what can be done at all.
type Login string

// The logins.
const (
	// FacebookLogin: the account is linked to a Page, and the token is that of the
	// Page, or of a person or system user who may act for it.
	FacebookLogin Login = "facebook"
	// InstagramLogin needs no Page. The token begins with IG.
	InstagramLogin Login = "instagram"
)

// ID is a vendor's identifier, verbatim.
type ID = meta.ID

// Time is a time as the Graph writes it.
type Time = meta.Time

// ListParams choose a page of an edge.
type ListParams = meta.ListParams

// Page is a page of an edge.
type Page[T any] = meta.Page[T]

// TokenSource gives one account's credential.
type TokenSource = meta.TokenSource

// DefaultVersion is the version of the Graph that is asked where none is set.
const DefaultVersion = meta.DefaultVersion

// ClientConfig configures NewClient. Token or Tokens is required.
type ClientConfig struct {
	Login   Login  // "" is told from the token's prefix, and FacebookLogin where Tokens gives it
	Account ID     // of the professional account; "" for "me", which FacebookLogin does not know
	Page    ID     // of FacebookLogin: the linked Page, for messages; "" for "me", if the token is the Page's
	Version string // of the Graph, "v25.0"; "" for DefaultVersion
	BaseURL string // in place of all the vendor's hosts; "" for them

	Token  smm.Secret
	Tokens TokenSource
	// AppSecret proves with each request that the token is used by its app.
	AppSecret smm.Secret

	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Client is the vendor client of one professional account. It is safe for
// concurrent use. Methods return *smm.Error.
type Client struct {
	graph   *meta.Client
	login   Login
	account ID
	page    ID

	Media    *MediaService
	Comments *CommentService
	Mentions *MentionService
	Account  *AccountService
	Hashtags *HashtagService
	Audio    *AudioService
	Messages *MessageService
	Insights *InsightService
}

func graphOf(l Login) string {
	if l == InstagramLogin {
		return meta.HostInstagram
	}
	return meta.HostFacebook
}

// LoginOf tells the login from the prefix of a token: IG for InstagramLogin, all
// else for FacebookLogin. The prefixes are not documented, but seen in use.
func LoginOf(token smm.Secret) Login {
	if t := token.Reveal(); len(t) > 2 && t[:2] == "IG" {
		return InstagramLogin
	}
	return FacebookLogin
}

// NewClient checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Login == "" {
		cfg.Login = LoginOf(cfg.Token)
	}
	switch {
	case cfg.Login != FacebookLogin && cfg.Login != InstagramLogin:
		return nil, fmt.Errorf("%w: instagram: login %q: want %q or %q", smm.ErrInvalid, cfg.Login, FacebookLogin, InstagramLogin)
	case cfg.Token.IsZero() && cfg.Tokens == nil:
		return nil, fmt.Errorf("%w: instagram: neither Token nor Tokens is set", smm.ErrInvalid)
	case cfg.Account == "" && cfg.Login == FacebookLogin:
		return nil, fmt.Errorf("%w: instagram: Account is empty; FromToken finds it", smm.ErrInvalid)
	}
	return newClient(cfg)
}

func newClient(cfg ClientConfig) (*Client, error) {
	if cfg.UserAgent == "" {
		cfg.UserAgent = "smmkit"
	}
	g, err := meta.New(meta.Config{
		Platform: Platform, Host: cmp.Or(cfg.BaseURL, graphOf(cfg.Login)), Version: cfg.Version, Uploads: cfg.BaseURL,
		Token: cfg.Token, Tokens: cfg.Tokens, AppSecret: cfg.AppSecret, HTTPClient: cfg.HTTPClient,
		Quota: cfg.Quota, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
		Account: string(cfg.Account), UseCase: useCase, Rows: rows,
	})
	if err != nil {
		return nil, err
	}
	c := &Client{graph: g, login: cfg.Login, account: cfg.Account, page: cfg.Page}
	if c.account == "" {
		c.account = me
	}
	if c.page == "" {
		c.page = me
	}
	c.Media, c.Comments, c.Mentions, c.Account = &MediaService{c}, &CommentService{c}, &MentionService{c}, &AccountService{c}
	c.Hashtags, c.Audio, c.Messages, c.Insights = &HashtagService{c}, &AudioService{c}, &MessageService{c}, &InsightService{c}
	return c, nil
}

const me ID = "me"

// Login returns how the account was connected.
func (c *Client) Login() Login { return c.login }

// AccountID returns the id of the professional account, "me" if none was given.
func (c *Client) AccountID() ID { return c.account }

// ref is the account as errors show it.
func (c *Client) ref() smm.Ref {
	if c.account == me {
		return smm.Ref{}
	}
	return smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(c.account)}
}

// inbox is the node that has the account's messages.
func (c *Client) inbox() string {
	if c.login == FacebookLogin {
		return string(c.page)
	}
	return string(c.account)
}

// onlyFacebook refuses what Facebook's login alone has, before anything is sent.
func (c *Client) onlyFacebook(op string) error {
	if c.login == FacebookLogin {
		return nil
	}
	return &smm.Error{
		Op: op, Platform: Platform, Channel: c.ref(), Outcome: smm.OutcomeNotSent,
		Err: fmt.Errorf("%w: only with the login of %s", smm.ErrUnsupported, FacebookLogin),
	}
}

// req begins a request. Paths are segments, each escaped.
func (c *Client) req(op string, path ...string) *meta.Request {
	return &meta.Request{Op: op, Channel: c.ref(), Path: path}
}

// identified are answers that make no sense without an id.
type identified interface{ identity() ID }

func (m Media) identity() ID     { return m.ID }
func (c Comment) identity() ID   { return c.ID }
func (a Account) identity() ID   { return a.ID }
func (t Thread) identity() ID    { return t.ID }
func (m DM) identity() ID        { return m.ID }
func (c Container) identity() ID { return c.ID }
func (c Created) identity() ID   { return c.ID }

// one reads a node.
func one[T identified](ctx context.Context, c *Client, r *meta.Request) (T, error) {
	v, err := meta.Get[T](ctx, c.graph, r)
	if err == nil && v.identity() == "" {
		err = unreadable(r.Op, c.ref(), "an object without an id")
	}
	return v, err
}

func unreadable(op string, channel smm.Ref, what string) error {
	return &smm.Error{
		Op: op, Platform: Platform, Channel: channel,
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

// create sends a request that makes something of which nothing is public yet, so
// that a lost reply leaves an orphan and no doubt.
func (c *Client) create(ctx context.Context, r *meta.Request) (Created, error) {
	var v Created
	if err := c.graph.Write(ctx, r, &v); err != nil {
		return v, err
	}
	if v.ID == "" {
		return v, unreadable(r.Op, c.ref(), "nothing was made")
	}
	return v, nil
}

// commit sends a request that makes something public, once, and says what became
// of it. The id is empty unless it was made.
func (c *Client) commit(ctx context.Context, r *meta.Request) (Created, smm.Outcome, error) {
	var v Created
	o, err := c.graph.Commit(ctx, r, &v)
	switch {
	case err != nil:
		return Created{}, o, err
	case v.identityOfSent() == "":
		return Created{}, smm.Outcome{}, unreadable(r.Op, c.ref(), "nothing was made")
	}
	return v, smm.Outcome{State: smm.OutcomePublished, Evidence: smm.EvidenceReply}, nil
}
