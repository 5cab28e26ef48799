package threads

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// Platform is the name of this driver and of its Refs.
const Platform smm.Platform = "threads"

const defaultHost = meta.HostThreads

// useCase names the account's budget of calls in keys of smm.Quota.
const useCase = "threads"

// ID is a vendor's identifier, verbatim.
type ID = meta.ID

// Time is a time as the vendor writes it.
type Time = meta.Time

// ListParams choose a page of a list.
type ListParams = meta.ListParams

// Page is a page of a list. Next and Prev are empty at the ends; a page without
// items is not the end. On this host a list may go on although the vendor names
// no next page, so the last page is often an empty one.
type Page[T any] = meta.Page[T]

// ClientConfig configures NewClient. Token or TokenSource is required.
type ClientConfig struct {
	// Token is a token of a Threads user ("TH..."), or TokenSource gives one when
	// needed.
	Token       smm.Secret
	TokenSource oauth2.TokenSource

	// BaseURL stands in place of all the vendor's hosts; "" for them, of which
	// https://graph.threads.com answers like https://graph.threads.net.
	BaseURL string

	HTTPClient *http.Client // nil for a private one
	Quota      smm.Quota    // asked before each request, with keys of QuotaLimit; nil for none
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's

	// Account is the id of the user that the token belongs to. It stands in paths
	// in place of "me" and names the budgets of Quota; it may be empty.
	Account ID
}

// Client is the vendor client of one Threads user. It is safe for concurrent
// use. Methods return *smm.Error.
type Client struct {
	api     *meta.Client
	account ID

	Containers *ContainerService
	Posts      *PostService
	Replies    *ReplyService
	Insights   *InsightService
	Profiles   *ProfileService
	Search     *SearchService
	Locations  *LocationService
}

// NewClient checks cfg and returns a Client. No request is made. Errors match
// smm.ErrInvalid.
func NewClient(cfg ClientConfig) (*Client, error) {
	switch {
	case cfg.TokenSource != nil && !cfg.Token.IsZero():
		return nil, fmt.Errorf("%w: threads: both Token and TokenSource are set", smm.ErrInvalid)
	case cfg.TokenSource == nil && cfg.Token.IsZero():
		return nil, fmt.Errorf("%w: threads: neither Token nor TokenSource is set: nothing can be read without one", smm.ErrInvalid)
	case cfg.TokenSource != nil:
		return newClient(cfg, oauthTokens{cfg.TokenSource})
	}
	return newClient(cfg, fixedToken{cfg.Token})
}

func newClient(cfg ClientConfig, tokens meta.TokenSource) (*Client, error) {
	host := cfg.BaseURL
	if host == "" {
		host = defaultHost
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "smmkit"
	}
	api, err := meta.New(meta.Config{
		Platform: Platform, Host: host, Version: meta.ThreadsVersion, Tokens: tokens, HTTPClient: cfg.HTTPClient, Quota: cfg.Quota,
		Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent, Account: string(cfg.Account), UseCase: useCase,
		Rows: ownRows, LooseEnd: true,
	})
	if err != nil {
		return nil, err
	}
	c := &Client{api: api, account: cfg.Account}
	c.Containers, c.Posts, c.Replies = &ContainerService{c}, &PostService{c}, &ReplyService{c}
	c.Insights, c.Profiles, c.Search, c.Locations = &InsightService{c}, &ProfileService{c}, &SearchService{c}, &LocationService{c}
	return c, nil
}

// me is the path of the account.
func (c *Client) me() string {
	if c.account == "" {
		return "me"
	}
	return string(c.account)
}

// channel is what errors name, if the account is known.
func (c *Client) channel() smm.Ref {
	if c.account == "" {
		return smm.Ref{}
	}
	return smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(c.account)}
}

// request names a call of a node or of one of its edges.
func (c *Client) request(op string, path ...string) *meta.Request {
	return &meta.Request{Op: op, Channel: c.channel(), Path: path}
}

// created is the answer of everything that makes something.
type created struct {
	ID ID `json:"id"`
}

// made takes the id of an answer.
func (c *Client) made(op string, v created, err error) (ID, error) {
	if err == nil && v.ID == "" {
		err = c.unreadable(op, "no id")
	}
	return v.ID, err
}

// commit sends a request that creates something public, once. The outcome says
// smm.OutcomePublished only with an id.
func (c *Client) commit(ctx context.Context, r *meta.Request) (ID, smm.Outcome, error) {
	var v created
	o, err := c.api.Commit(ctx, r, &v)
	if err != nil {
		return "", o, err
	}
	if v.ID == "" {
		return "", smm.Outcome{}, c.unreadable(r.Op, "no id")
	}
	o.State, o.Evidence = smm.OutcomePublished, smm.EvidenceReply
	return v.ID, o, nil
}

func (c *Client) unreadable(op, what string) error {
	return &smm.Error{
		Op: op, Platform: Platform, Channel: c.channel(),
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

// refuse is the error of a call that was not made.
func (c *Client) refuse(op string, err error) error {
	return &smm.Error{Op: op, Platform: Platform, Channel: c.channel(), Outcome: smm.OutcomeNotSent, Err: err}
}

// fixedToken is a token that nobody renews.
type fixedToken struct{ token smm.Secret }

func (f fixedToken) Credential(context.Context) (smm.Credential, error) {
	return smm.Credential{AccessToken: f.token}, nil
}

func (f fixedToken) Refused(context.Context, smm.Credential) (bool, error) { return false, nil }

// oauthTokens asks a token source of golang.org/x/oauth2.
type oauthTokens struct{ ts oauth2.TokenSource }

func (o oauthTokens) Credential(context.Context) (smm.Credential, error) {
	t, err := o.ts.Token()
	if err != nil {
		// The error of a source may quote an answer that holds a token.
		return smm.Credential{}, fmt.Errorf("%w: the token source gave no token", smm.ErrUnauthorized)
	}
	return smm.Credential{AccessToken: smm.NewSecret(t.AccessToken), Expires: t.Expiry}, nil
}

func (o oauthTokens) Refused(context.Context, smm.Credential) (bool, error) { return false, nil }
