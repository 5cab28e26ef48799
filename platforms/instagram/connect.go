package instagram

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/account"
	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ConnectorConfig configures NewConnector. AppID and AppSecret are required.
type ConnectorConfig struct {
	// Login is the one that the host's app has: an app may use only one of the two.
	Login Login
	// AppID and AppSecret are the Meta app's for FacebookLogin, and those of its
	// Instagram part, which differ, for InstagramLogin.
	AppID     string
	AppSecret smm.Secret
	// ConfigID is that of Facebook Login for Business; scopes are then chosen there.
	ConfigID string
	// EndConsent lets Revoke end the whole consent behind a Page's token, with
	// FacebookLogin: every other account that came of it is over then too.
	EndConsent bool

	Version      string // of the Graph, "v25.0"; "" for DefaultVersion
	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client // nil for a private one
	Clock      smm.Clock
	Logger     *slog.Logger
	UserAgent  string
}

// Connector connects professional accounts. One consent with FacebookLogin reaches
// every Page that the person chose and the account linked to each; one with
// InstagramLogin a single account. It is safe for concurrent use.
type Connector struct {
	login Login
	app   *meta.App
	find  finder
	ends  bool // the consent behind tokens of Pages
}

// NewConnector checks cfg. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	flavour := meta.FacebookLogin
	switch cfg.Login {
	case FacebookLogin:
	case InstagramLogin:
		flavour = meta.InstagramLogin
	default:
		return nil, fmt.Errorf("%w: instagram: ConnectorConfig.Login: want %q or %q", smm.ErrInvalid, FacebookLogin, InstagramLogin)
	}
	app, err := meta.NewApp(meta.AppConfig{
		Platform: Platform, Flavour: flavour, ID: cfg.AppID, Secret: cfg.AppSecret, Version: cfg.Version, ConfigID: cfg.ConfigID,
		BaseURL: cfg.BaseURL, AuthorizeURL: cfg.AuthorizeURL, HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	c := &Connector{login: cfg.Login, app: app, ends: cfg.EndConsent, find: finder{
		base: cfg.BaseURL, version: cfg.Version, client: cfg.HTTPClient, clock: cfg.Clock, logger: cfg.Logger, agent: cfg.UserAgent,
	}}
	if cfg.Login == FacebookLogin {
		c.find.secret = cfg.AppSecret
	}
	return c, nil
}

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// Scopes implements smm.Connector.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	out := []string{igBasic}
	if c.login == FacebookLogin {
		out = []string{fbBasic, fbPages, fbPageRead}
	}
	for _, x := range caps {
		i := slices.IndexFunc(needs, func(n need) bool { return n.capability == x })
		var scopes []string
		if i >= 0 {
			if scopes = needs[i].facebook; c.login == InstagramLogin {
				scopes = needs[i].instagram
			}
		}
		if scopes == nil {
			return nil, failed("connect.scopes", smm.Ref{}, fmt.Errorf("%w: no account of Instagram can ever do %q by the login of %s", smm.ErrUnsupported, x, c.login))
		}
		out = append(out, scopes...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Begin implements smm.Connector.
func (c *Connector) Begin(_ context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	if !r.Account.IsZero() {
		if err := checkChannel(r.Account); err != nil {
			return smm.ConnectStart{}, failed("connect.begin", r.Account, err)
		}
	}
	return c.app.Start(r)
}

// Finish implements smm.Connector.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	token, err := c.app.Finish(ctx, s, r)
	if err != nil {
		return nil, connectError(err)
	}
	cred := token.Credential()
	cred.Extra = map[string]smm.Secret{ExtraLogin: smm.NewSecret(string(c.login))}
	if c.login == FacebookLogin {
		cred = c.inspected(ctx, cred)
	}
	found, err := c.find.find(ctx, cred)
	if err != nil {
		return nil, connectError(err)
	}
	for i := range found {
		found[i].Missing = account.LackingScopes(found[i].Credential.Scopes, s.Scopes)
	}
	if s.Account.IsZero() {
		return found, nil
	}
	for _, f := range found {
		if f.Channel.Ref == s.Account {
			return []smm.Connected{f}, nil
		}
	}
	return nil, failed("connect.finish", s.Account, fmt.Errorf(
		"%w: another account was chosen than the one to connect again: begin again and choose that one", smm.ErrForbidden))
}

// inspected adds what a token of FacebookLogin is good for. Without an answer the
// account works all the same.
func (c *Connector) inspected(ctx context.Context, cred smm.Credential) smm.Credential {
	i, err := c.app.Inspect(ctx, cred.AccessToken)
	if err != nil || !i.Valid {
		return cred
	}
	out := i.Credential(cred.AccessToken, cred.Obtained)
	if out.Extra == nil {
		out.Extra = make(map[string]smm.Secret)
	}
	out.Extra[ExtraLogin] = cred.Extra[ExtraLogin]
	return out
}

// connectError names what failed.
func connectError(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return failed("connect.finish", smm.Ref{}, err)
	}
	out := *e
	out.Op = "connect.finish"
	return &out
}

// ConnectToken implements smm.TokenConnector: cred holds AccessToken, and ExtraLogin
// unless the token's prefix tells.
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	if cred.AccessToken.IsZero() {
		return nil, failed("connect.token", smm.Ref{}, fmt.Errorf("%w: no access token was given", smm.ErrInvalid))
	}
	return c.find.find(ctx, cred)
}

// Revoke implements smm.Revoker. With FacebookLogin it removes the app from the
// person whose token cred has; that of a Page cannot be ended by itself: see
// ConnectorConfig.EndConsent. InstagramLogin has no way to end a token. Where there
// is none the error matches smm.ErrUnsupported, and the person removes the app in
// their settings.
func (c *Connector) Revoke(ctx context.Context, channel smm.Ref, cred smm.Credential) error {
	const op = "connect.revoke"
	if err := checkChannel(channel); err != nil {
		return failed(op, channel, err)
	}
	if loginOf(&cred) == InstagramLogin || c.login == InstagramLogin {
		return failed(op, channel, fmt.Errorf(
			"%w: the login of Instagram has no way to end a token: the person removes the app in their settings, or it ends after 60 days", smm.ErrUnsupported))
	}
	return c.app.EndConsent(ctx, cred.AccessToken, "", c.ends, func(token smm.Secret) (*meta.Client, error) {
		v, err := c.find.vendor(FacebookLogin, me, token)
		if err != nil {
			return nil, err
		}
		return v.graph, nil
	})
}

// finder finds the accounts that a token reaches.
type finder struct {
	base    string
	version string
	client  *http.Client
	clock   smm.Clock
	logger  *slog.Logger
	agent   string
	secret  smm.Secret
}

func (f *finder) vendor(l Login, id ID, token smm.Secret) (*Client, error) {
	cfg := ClientConfig{
		Login: l, Account: id, Version: f.version, BaseURL: f.base, Token: token,
		HTTPClient: f.client, Clock: f.clock, Logger: f.logger, UserAgent: f.agent,
	}
	if l == FacebookLogin {
		cfg.AppSecret = f.secret
	}
	return newClient(cfg)
}

func (f *finder) find(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	const op = "connect.find"
	l := loginOf(&cred)
	c, err := f.vendor(l, me, cred.AccessToken)
	if err != nil {
		return nil, failed(op, smm.Ref{}, err)
	}
	if l == InstagramLogin {
		self, err := c.Account.Get(ctx)
		if err != nil {
			return nil, err
		}
		return []smm.Connected{f.found(&self, cred)}, nil
	}
	if own, ok := f.ofPage(ctx, c, cred); ok {
		return own, nil
	}
	pages, err := c.graph.AllAccounts(ctx)
	if err != nil {
		return nil, err
	}
	var out []smm.Connected
	for i := range pages {
		if pages[i].Instagram != "" {
			out = append(out, f.linked(ctx, &pages[i], cred))
		}
	}
	if len(out) == 0 {
		return nil, failed(op, smm.Ref{}, fmt.Errorf("%w: no Page was chosen that has a professional account of Instagram linked to it", smm.ErrForbidden))
	}
	return out, nil
}

// ofPage serves a token that is a Page's own, which has no list of accounts.
func (f *finder) ofPage(ctx context.Context, c *Client, cred smm.Credential) ([]smm.Connected, bool) {
	var page struct {
		ID        ID    `json:"id"`
		Instagram *Node `json:"instagram_business_account"`
	}
	r := c.req("connect.page", string(me))
	r.Fields = []string{"id", "instagram_business_account"}
	// A person has no such field, which is an error.
	if c.graph.Read(ctx, r, &page) != nil || page.Instagram == nil || page.Instagram.ID == "" {
		return nil, false
	}
	return []smm.Connected{f.linked(ctx, &meta.Account{ID: page.ID, Token: cred.AccessToken, Instagram: page.Instagram.ID}, cred)}, true
}

// linked is the account of a Page. Its credential has the Page's token, which does
// not end.
func (f *finder) linked(ctx context.Context, a *meta.Account, cred smm.Credential) smm.Connected {
	own := cred
	own.Extra = map[string]smm.Secret{ExtraLogin: smm.NewSecret(string(FacebookLogin)), ExtraPage: smm.NewSecret(string(a.ID))}
	if end, ok := cred.Extra[meta.ExtraDataAccess]; ok {
		own.Extra[meta.ExtraDataAccess] = end
	}
	if !a.Token.IsZero() && !a.Token.Equal(cred.AccessToken) {
		own.AccessToken, own.Expires = a.Token, time.Time{}
	}
	ref := smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(a.Instagram)}
	c, err := f.vendor(FacebookLogin, a.Instagram, own.AccessToken)
	if err != nil {
		return smm.Connected{Channel: smm.Channel{Ref: ref, Name: a.Name}, Err: failed("connect.find", ref, err)}
	}
	self, err := c.Account.Get(ctx)
	if err != nil {
		return smm.Connected{Channel: smm.Channel{Ref: ref, Name: a.Name}, Credential: own, Err: err}
	}
	self.ID = a.Instagram
	return f.found(&self, own)
}

func (f *finder) found(self *Account, cred smm.Credential) smm.Connected {
	if cred.Extra[ExtraLogin].IsZero() {
		extra := map[string]smm.Secret{ExtraLogin: smm.NewSecret(string(loginOf(&cred)))}
		maps.Copy(extra, cred.Extra)
		cred.Extra = extra
	}
	ref := smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: string(self.ID)}
	out := smm.Connected{Channel: channelOf(ref, self), Credential: cred}
	if len(self.ID) > maxID {
		out.Err = unreadable("connect.find", smm.Ref{}, "an account without a usable id")
	}
	return out
}

// maxID is far longer than any vendor's identifier.
const maxID = 256

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
	_ smm.Revoker        = (*Connector)(nil)
)
