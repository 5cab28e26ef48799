package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// ConnectorConfig configures NewConnector. ClientName is required.
type ConnectorConfig struct {
	ClientName string // what people read on the consent page, and below what is published
	Website    string // of the host's app, linked there; "" for none

	// Redirects are all addresses that browsers may come back to. They are
	// registered with every server, and Begin takes no other. Nil: Begin takes
	// any, and registers the app once for each.
	Redirects []string

	// Guard makes every request, since people name the servers. Nil is a strict
	// one: https to public addresses.
	Guard *safehttp.Guard

	// Apps keeps the registration of the app with each server, under the empty
	// tenant and Refs of KindApp: servers allow few registrations, and they belong
	// to the host and not to a customer. It may be the store of the accounts. Nil
	// keeps them in memory, for tests and scripts.
	Apps smm.CredentialStore

	// ForceLogin makes servers ask for the account even where the browser is
	// signed in, for people who have several.
	ForceLogin bool

	Clock     smm.Clock    // nil for the machine's
	Logger    *slog.Logger // nil for silence
	UserAgent string       // "" for smmkit's
}

// Connector connects accounts of Mastodon and compatible servers, wherever they
// are. It is safe for concurrent use.
//
// A credential that it makes holds, beside the token, the server and the granted
// scopes, the app that it was issued to (ExtraClientID, ExtraClientSecret): to
// renew it, where the server's tokens end, and to revoke it.
type Connector struct {
	cfg ConnectorConfig

	mu    sync.Mutex
	turns map[smm.Ref]chan struct{} // by app, held while it is registered
}

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
	_ smm.Revoker        = (*Connector)(nil)
)

// Scopes for knowing whose token it is.
const (
	scopeProfile  = "profile" // 4.3 and later
	scopeAccounts = "read:accounts"
)

// beginLimit bounds all requests that Begin makes to a host that may want to
// keep it waiting.
const beginLimit = 45 * time.Second

// NewConnector checks cfg. No request is made. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	if strings.TrimSpace(cfg.ClientName) == "" {
		return nil, fmt.Errorf("%w: mastodon: ConnectorConfig.ClientName is empty: people must see whom they trust", smm.ErrInvalid)
	}
	cfg.Redirects = slices.Clone(cfg.Redirects)
	for _, r := range cfg.Redirects {
		if err := checkRedirect(r); err != nil {
			return nil, err
		}
	}
	if cfg.Guard == nil {
		guard, err := safehttp.New(safehttp.Options{Timeout: 20 * time.Second, MaxBytes: 1 << 20})
		if err != nil {
			return nil, fmt.Errorf("%w: mastodon: %w", smm.ErrInvalid, err)
		}
		cfg.Guard = guard
	}
	if cfg.Apps == nil {
		cfg.Apps = smm.NewMemoryCredentials()
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Connector{cfg: cfg, turns: make(map[smm.Ref]chan struct{})}, nil
}

// checkRedirect admits what servers compare as text: an absolute URI, also of an
// app's own scheme, without a fragment (RFC 6749 section 3.1.2). Spaces would
// part it in two at registration.
func checkRedirect(s string) error {
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || u.Fragment != "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' }) {
		return fmt.Errorf("%w: mastodon: redirect: want an absolute address such as https://app.example/callback", smm.ErrInvalid)
	}
	return nil
}

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// Scopes implements smm.Connector. Whatever publishes needs read:statuses too:
// an attempt whose reply was lost is settled by reading. profile, or what covers
// it, is always among them, to see whose account was connected.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	out := []string{scopeProfile}
	for _, x := range caps {
		scopes := scopesOf(x)
		if scopes == nil {
			return nil, &smm.Error{
				Op: "connect.scopes", Platform: Platform, Outcome: smm.OutcomeNotSent,
				Err: fmt.Errorf("%w: no account of Mastodon can ever do %q", smm.ErrUnsupported, x),
			}
		}
		out = append(out, scopes...)
	}
	return leastScopes(out), nil
}

// pending is what Finish needs of Begin. It is sealed by whoever keeps it.
type pending struct {
	Server       string          `json:"server"`
	Metadata     oauthx.Metadata `json:"metadata"`
	App          smm.Ref         `json:"app"`
	ClientID     string          `json:"client_id"`
	ClientSecret string          `json:"client_secret"`
	Verifier     string          `json:"verifier"`
}

// Begin implements smm.Connector. r.Server is read by FindServer; with r.Account
// alone it is the account's own.
func (c *Connector) Begin(ctx context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	const op = "connect.begin"
	ctx, cancel := context.WithTimeout(ctx, beginLimit)
	defer cancel()
	base, redirects, err := c.request(r)
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	srv, err := c.discover(ctx, base)
	if err != nil {
		return smm.ConnectStart{}, err
	}
	scopes := srv.scopes(append([]string{scopeProfile}, r.Scopes...))
	ref, app, err := c.app(ctx, srv, redirects, scopes)
	if err != nil {
		return smm.ConnectStart{}, err
	}
	client, err := c.oauth(srv.meta, &app)
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	params := url.Values{}
	if c.cfg.ForceLogin {
		params.Set("force_login", "true")
	}
	if r.Language != "" {
		params.Set("lang", r.Language)
	}
	started, err := client.Start(ctx, oauthx.AuthRequest{Redirect: r.Redirect, State: r.State, Scopes: scopes, Params: params})
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	private, err := json.Marshal(pending{
		Server: base.String(), Metadata: srv.meta, App: ref, Verifier: started.Verifier.Reveal(),
		ClientID: app.Extra[ExtraClientID].Reveal(), ClientSecret: app.Extra[ExtraClientSecret].Reveal(),
	})
	if err != nil {
		return smm.ConnectStart{}, failed(op, err)
	}
	return smm.ConnectStart{
		Platform: Platform, URL: started.URL, Issuer: srv.meta.Issuer, Redirect: r.Redirect, Scopes: slices.Clone(r.Scopes),
		Account: r.Account, Expires: started.Expires, Private: smm.NewSecret(string(private)),
	}, nil
}

// request checks what a host asks for, and returns the server and the redirect
// addresses to register.
func (c *Connector) request(r smm.ConnectRequest) (*url.URL, []string, error) {
	typed := r.Server
	if a := r.Account; !a.IsZero() {
		if err := checkChannel(a); err != nil {
			return nil, nil, err
		}
		if typed == "" {
			typed = a.Space
		}
	}
	base, err := FindServer(typed)
	switch {
	case err != nil:
		return nil, nil, err
	case !r.Account.IsZero() && r.Account.Space != base.Host:
		return nil, nil, fmt.Errorf("%w: the account to connect again is on %s, not on %s", smm.ErrInvalid, r.Account.Space, base.Host)
	case r.State == "":
		return nil, nil, fmt.Errorf("%w: ConnectRequest.State is empty", smm.ErrInvalid)
	case slices.ContainsFunc(r.Scopes, func(s string) bool { return s == "" || strings.ContainsAny(s, " \t\r\n") }):
		return nil, nil, fmt.Errorf("%w: a scope is empty or holds a space", smm.ErrInvalid)
	}
	if len(c.cfg.Redirects) == 0 {
		return base, []string{r.Redirect}, checkRedirect(r.Redirect)
	}
	if !slices.Contains(c.cfg.Redirects, r.Redirect) {
		return nil, nil, fmt.Errorf("%w: the redirect address is not among ConnectorConfig.Redirects", smm.ErrInvalid)
	}
	return base, c.cfg.Redirects, nil
}

// Finish implements smm.Connector. One consent reaches one account.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	const op = "connect.finish"
	var p pending
	if s.Platform != Platform || json.Unmarshal([]byte(s.Private.Reveal()), &p) != nil || p.Server == "" {
		return nil, failed(op, fmt.Errorf("%w: the start is not one of this connector", smm.ErrInvalid))
	}
	if err := checkReply(s, r, &p); err != nil {
		return nil, err
	}
	app := smm.Credential{Extra: map[string]smm.Secret{
		ExtraClientID: smm.NewSecret(p.ClientID), ExtraClientSecret: smm.NewSecret(p.ClientSecret),
	}}
	client, err := c.oauth(p.Metadata, &app)
	if err != nil {
		return nil, failed(op, err)
	}
	token, err := client.Exchange(ctx, r.Code, s.Redirect, smm.NewSecret(p.Verifier), nil)
	if err != nil {
		if appForgotten(err) {
			c.forget(ctx, p.App, p.ClientID)
		}
		return nil, exchangeError(err)
	}
	cred := token.Credential(p.Server)
	cred.Extra = app.Extra
	if cred.Scopes == nil { // RFC 6749 section 5.1: as asked for
		cred.Scopes = (&authServer{meta: p.Metadata}).scopes(append([]string{scopeProfile}, s.Scopes...))
	}
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, err
	}
	if !s.Account.IsZero() && found.Channel.Ref != s.Account {
		return nil, failed(op, fmt.Errorf(
			"%w: %s was signed in, which is not the account to connect again: sign out at %s, or choose the other account there, and begin again",
			smm.ErrForbidden, found.Channel.Handle, s.Account.Space))
	}
	found.Missing = missingScopes(cred.Scopes, s.Scopes)
	return []smm.Connected{found}, nil
}

// checkReply compares the reply with the start. A server without metadata has
// no issuer that it promised; if one is named it must still be that server.
func checkReply(s smm.ConnectStart, r smm.ConnectReply, p *pending) error {
	if s.Issuer == "" && r.Issuer != "" && strings.TrimSuffix(r.Issuer, "/") != p.Server {
		return failed("connect.finish", fmt.Errorf("%w: the answer comes from another server than the one that was asked: begin again", smm.ErrForbidden))
	}
	return oauthx.CheckReply(s, r, p.Metadata.AuthorizationResponseIssParameterSupported)
}

// exchangeError says what is to be done about a code that bought no token.
func exchangeError(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return failed("connect.finish", err)
	}
	out := *e
	out.Op = "connect.finish"
	switch {
	case appForgotten(err):
		out.Err = fmt.Errorf("%w: the server has forgotten this app, which will be registered anew: begin again", smm.ErrUnauthorized)
		out.Message = ""
	case errors.Is(err, smm.ErrUnauthorized):
		out.Err = fmt.Errorf("%w: the code is over or was used before: begin again", smm.ErrUnauthorized)
	case e.Outcome == smm.OutcomeUnknown:
		out.Err = fmt.Errorf("%w: the server's reply was lost, and the code with it: begin again", e.Err)
	}
	return &out
}

// missingScopes are those of asked that granted does not cover.
func missingScopes(granted, asked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(s string) bool {
		return covers(granted, s) || s == scopeProfile && covers(granted, scopeAccounts)
	})
}

// ConnectToken implements smm.TokenConnector: c holds AccessToken and Server,
// and Scopes if they are known. "Development" in an account's preferences makes
// such a token.
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	const op = "connect.token"
	base, err := FindServer(cred.Server)
	if err != nil {
		return nil, failed(op, err)
	}
	if cred.AccessToken.IsZero() {
		return nil, failed(op, fmt.Errorf("%w: no access token was given", smm.ErrInvalid))
	}
	if err := c.cfg.Guard.CheckURL(base.String()); err != nil {
		return nil, failed(op, fmt.Errorf("%w: %w", smm.ErrInvalid, err))
	}
	cred.Server = base.String()
	found, err := c.probe(ctx, cred)
	if err != nil {
		return nil, err
	}
	return []smm.Connected{found}, nil
}

// Revoke implements smm.Revoker. It ends the token for all who hold it: a server
// gives an account's second consent to the same app the token that the first
// one got. A token that was not issued to a Connector's app can be ended in the
// account's preferences alone, and gives an error that matches
// smm.ErrUnsupported.
func (c *Connector) Revoke(ctx context.Context, account smm.Ref, cred smm.Credential) error {
	const op = "connect.revoke"
	if err := checkChannel(account); err != nil {
		return failed(op, err)
	}
	base, err := ParseServer(cred.Server)
	if err != nil {
		return failed(op, err)
	}
	if base.Host != account.Space {
		return failed(op, fmt.Errorf("%w: the credential is for %s, the account is on %s", smm.ErrInvalid, base.Host, account.Space))
	}
	if cred.Extra[ExtraClientID].IsZero() {
		return failed(op, fmt.Errorf("%w: the token was issued to another app: end it in the preferences of the account", smm.ErrUnsupported))
	}
	client, err := c.oauth(documentedMetadata(base.String()), &cred)
	if err != nil {
		return failed(op, err)
	}
	if err := client.Revoke(ctx, cred.AccessToken, nil); err != nil && !appForgotten(err) { // a forgotten app has no tokens
		return failed(op, err)
	}
	return nil
}

// vendor is a client of a server that goes through the guard; with a zero token
// it is anonymous.
func (c *Connector) vendor(at string, token smm.Secret) (*Client, error) {
	return NewClient(ClientConfig{
		Server: at, Token: token, HTTPClient: c.cfg.Guard.Client(), Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent,
	})
}

// oauth is the app at a server. The secret goes in the body: all servers and
// releases take it there.
func (c *Connector) oauth(meta oauthx.Metadata, app *smm.Credential) (*oauthx.Client, error) {
	return oauthx.NewClient(oauthx.ClientConfig{
		Platform: Platform, Metadata: meta, ID: app.Extra[ExtraClientID].Reveal(), Secret: app.Extra[ExtraClientSecret], Method: oauthx.AuthPost,
		HTTPClient: c.cfg.Guard.Client(), Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent,
	})
}

// failed makes err an *smm.Error of this platform, unless it is one.
func failed(op string, err error) error {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e
	}
	return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Err: err}
}
