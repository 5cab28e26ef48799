package meta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

// Flavour is one of the vendor's three logins. Each has its own app id and
// secret, hosts and kind of token.
type Flavour int

// The flavours.
const (
	FacebookLogin  Flavour = iota // Pages, Messenger, and Instagram by way of a Page
	InstagramLogin                // Instagram without a Page
	ThreadsLogin
)

// endpoints are the addresses of a login. exchange makes a long token of a short
// one, and refresh a longer one of that; empty is none.
type endpoints struct {
	dialog, token, exchange, refresh, debug string
}

// endpointsOf returns the addresses of a login at base, or the vendor's own where
// base is empty. Sources: Facebook login, the business login of Instagram, the
// Threads API and its collection of requests, read 2026-11-22.
func endpointsOf(f Flavour, base, version string) endpoints {
	dialogs, redeem, graph := base, base, base
	if base == "" {
		switch f {
		case FacebookLogin:
			dialogs, redeem, graph = "https://www.facebook.com", HostFacebook, HostFacebook
		case InstagramLogin:
			dialogs, redeem, graph = "https://www.instagram.com", "https://api.instagram.com", HostInstagram
		case ThreadsLogin:
			dialogs, redeem, graph = "https://www.threads.net", HostThreads, HostThreads
		}
	}
	if f == FacebookLogin {
		graph += "/" + version
		return endpoints{
			dialog: dialogs + "/" + version + "/dialog/oauth", token: graph + "/oauth/access_token",
			exchange: graph + "/oauth/access_token", debug: graph + "/debug_token",
		}
	}
	e := endpoints{
		dialog: dialogs + "/oauth/authorize", token: redeem + "/oauth/access_token",
		exchange: graph + "/access_token", refresh: graph + "/refresh_access_token",
	}
	if f == ThreadsLogin {
		e.debug = graph + "/debug_token"
	}
	return e
}

// AppConfig configures NewApp. Platform, ID and Secret are required.
type AppConfig struct {
	Platform smm.Platform
	Flavour  Flavour
	ID       string
	Secret   smm.Secret
	Version  string // of Facebook's login; "" for DefaultVersion
	ConfigID string // of Facebook Login for Business, which stands in place of scopes (unverified)

	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client
	Clock      smm.Clock
	Logger     *slog.Logger
	UserAgent  string
}

// App is a host's app at one of the logins. It is safe for concurrent use, holds
// no account, and shows no secret however it is printed.
type App struct {
	cfg   AppConfig
	at    endpoints
	http  *httpx.Client
	table *Table
}

// NewApp checks cfg. Errors match smm.ErrInvalid.
func NewApp(cfg AppConfig) (*App, error) {
	if cfg.ID == "" || cfg.Secret.IsZero() {
		return nil, fmt.Errorf("%w: meta: an app needs its id and its secret", smm.ErrInvalid)
	}
	return NewRenewer(cfg)
}

// NewRenewer returns an app for Renew alone, which needs neither ID nor Secret.
// Errors match smm.ErrInvalid.
func NewRenewer(cfg AppConfig) (*App, error) {
	if cfg.Version == "" {
		cfg.Version = DefaultVersion
	}
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	switch {
	case cfg.Platform == "":
		return nil, fmt.Errorf("%w: meta: an app needs a platform", smm.ErrInvalid)
	case !validVersion(cfg.Version):
		return nil, fmt.Errorf("%w: meta: version: want one such as %s", smm.ErrInvalid, DefaultVersion)
	}
	at := endpointsOf(cfg.Flavour, strings.TrimRight(cfg.BaseURL, "/"), cfg.Version)
	if cfg.AuthorizeURL != "" {
		at.dialog = cfg.AuthorizeURL
	}
	table, err := NewTable(cfg.Platform, loginRows...)
	if err != nil {
		return nil, err
	}
	client, err := httpx.New(httpx.Config{
		Platform: cfg.Platform, HTTPClient: cfg.HTTPClient, Errors: answered(cfg.Platform), Clock: cfg.Clock,
		Logger: cfg.Logger, UserAgent: cfg.UserAgent, RequestIDHeaders: traceHeaders, MaxBody: 1 << 20,
	})
	if err != nil {
		return nil, err
	}
	return &App{cfg: cfg, at: at, http: client, table: table}, nil
}

// loginRows stand before the shared ones: at a login a wrong code is 100 with a
// subcode, and to begin again is the cure. The subcodes are not verified.
var loginRows = []Row{
	{Code: 100, Subcode: 36007, Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused, Source: srcMemory},         // the code was not made for this app
	{Code: 100, Subcode: 36008, Err: smm.ErrRejected, Verdict: httpx.VerdictRefused, Source: srcMemory},             // another redirect address than at the start
	{Code: 100, Subcode: 36009, Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused, Source: srcMemory},         // the code was used
	{Code: 400, Type: "OAuthException", Err: smm.ErrUnauthorized, Verdict: httpx.VerdictRefused, Source: srcMemory}, // all that api.instagram.com says
	{Code: 101, Err: smm.ErrForbidden, Verdict: httpx.VerdictRefused, Source: srcMemory},                            // the app's id or secret is wrong
}

// String implements fmt.Stringer.
func (a *App) String() string { return "meta.App(" + a.cfg.ID + ")" }

// Format implements fmt.Formatter: fmt asks nothing of fields that are not
// exported.
func (a *App) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.String())) }

// AppToken is the token of the app itself, as the vendor allows to write it:
// "id|secret", at Threads "TH|id|secret" (the latter is not verified).
func (a *App) AppToken() smm.Secret {
	t := a.cfg.ID + "|" + a.cfg.Secret.Reveal()
	if a.cfg.Flavour == ThreadsLogin {
		t = "TH|" + t
	}
	return smm.NewSecret(t)
}

const startLife = 10 * time.Minute

// Start says where to send a browser. The vendor has no PKCE; the state binds the
// answer to the start. Errors match smm.ErrInvalid.
func (a *App) Start(r smm.ConnectRequest) (smm.ConnectStart, error) {
	redirect, err := url.Parse(r.Redirect)
	switch {
	case err != nil || !redirect.IsAbs() || redirect.Fragment != "":
		return smm.ConnectStart{}, a.refuse("connect.begin", fmt.Errorf("%w: redirect: want an absolute address such as https://app.example/callback", smm.ErrInvalid))
	case r.State == "":
		return smm.ConnectStart{}, a.refuse("connect.begin", fmt.Errorf("%w: ConnectRequest.State is empty", smm.ErrInvalid))
	}
	for _, s := range r.Scopes {
		if s == "" || strings.ContainsAny(s, ", \t\r\n") {
			return smm.ConnectStart{}, a.refuse("connect.begin", fmt.Errorf("%w: a scope is empty or holds a comma or a space", smm.ErrInvalid))
		}
	}
	q := url.Values{"client_id": {a.cfg.ID}, "redirect_uri": {r.Redirect}, "state": {r.State}, "response_type": {"code"}}
	switch {
	case a.cfg.ConfigID != "" && a.cfg.Flavour == FacebookLogin:
		q.Set("config_id", a.cfg.ConfigID)
	case len(r.Scopes) > 0:
		q.Set("scope", strings.Join(r.Scopes, ","))
	}
	return smm.ConnectStart{
		Platform: a.cfg.Platform, URL: a.at.dialog + "?" + q.Encode(), Redirect: r.Redirect,
		Scopes: r.Scopes, Account: r.Account, Expires: a.cfg.Clock.Now().Add(startLife),
	}, nil
}

// Finish checks what the browser brought back and redeems it for the longest
// token that there is.
func (a *App) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) (*Token, error) {
	if s.Platform != a.cfg.Platform {
		return nil, a.refuse("connect.finish", fmt.Errorf("%w: the start is not one of this app", smm.ErrInvalid))
	}
	if err := oauthx.CheckReply(s, r, false); err != nil {
		return nil, err
	}
	short, err := a.Redeem(ctx, r.Code, s.Redirect)
	if err != nil {
		return nil, spent(err)
	}
	long, err := a.Lengthen(ctx, short.Access)
	if err != nil {
		return nil, spent(err)
	}
	if long.UserID == "" {
		long.UserID = short.UserID
	}
	if long.Scopes == nil {
		long.Scopes = short.Scopes
	}
	return long, nil
}

// spent says what to do about a code that bought no token.
func spent(err error) error {
	e, ok := errors.AsType[*smm.Error](err)
	if !ok {
		return err
	}
	out := *e
	out.Op, out.Err = "connect.finish", fmt.Errorf("%w: the code is spent: begin again", e.Err)
	return &out
}

// Redeem exchanges a code for a short token, which lives an hour or two. A code is
// good once. Instagram and Threads append "#_" to it, which is no part of it.
func (a *App) Redeem(ctx context.Context, code smm.Secret, redirect string) (*Token, error) {
	plain := strings.TrimSuffix(code.Reveal(), "#_")
	if plain == "" {
		return nil, a.refuse(opRedeem, fmt.Errorf("%w: no code", smm.ErrInvalid))
	}
	form := url.Values{"client_id": {a.cfg.ID}, "client_secret": {a.cfg.Secret.Reveal()}, "redirect_uri": {redirect}, "code": {plain}}
	if a.cfg.Flavour != FacebookLogin {
		form.Set("grant_type", "authorization_code")
	}
	return a.token(ctx, &tokenCall{op: opRedeem, url: a.at.token, form: form, secrets: []string{plain}})
}

// Lengthen exchanges a short token for one of about 60 days.
func (a *App) Lengthen(ctx context.Context, short smm.Secret) (*Token, error) {
	call := &tokenCall{op: opLengthen, url: a.at.exchange, secrets: []string{short.Reveal()}, repeats: true}
	switch a.cfg.Flavour {
	case FacebookLogin:
		call.form = url.Values{
			"grant_type": {"fb_exchange_token"}, "client_id": {a.cfg.ID}, "client_secret": {a.cfg.Secret.Reveal()}, "fb_exchange_token": {short.Reveal()},
		}
	case InstagramLogin:
		call.query, call.token = url.Values{"grant_type": {"ig_exchange_token"}, "client_secret": {a.cfg.Secret.Reveal()}}, short
	case ThreadsLogin:
		call.query, call.token = url.Values{"grant_type": {"th_exchange_token"}, "client_secret": {a.cfg.Secret.Reveal()}}, short
	}
	return a.token(ctx, call)
}

// minAge is how old a long token of Instagram or Threads must be before it can be
// renewed.
const minAge = 24 * time.Hour

// Renew has the form of keep.Config.Renew: it gives an unexpired long token of
// Instagram or Threads another 60 days. Facebook has nothing of the kind, and
// tokens of Pages do not end: the error matches smm.ErrUnsupported.
//
// The old token stays good, so that asking again after a lost reply does no harm
// (unverified).
func (a *App) Renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	var grant string
	switch a.cfg.Flavour {
	case InstagramLogin:
		grant = "ig_refresh_token"
	case ThreadsLogin:
		grant = "th_refresh_token"
	case FacebookLogin:
		return smm.Credential{}, a.refuse(opRenew, fmt.Errorf("%w: a token of Facebook cannot be renewed: connect the account again", smm.ErrUnsupported))
	}
	now := a.cfg.Clock.Now()
	switch age := now.Sub(c.Obtained); {
	case c.AccessToken.IsZero(), c.Expired(now, 0):
		return smm.Credential{}, a.refuse(opRenew, fmt.Errorf("%w: the token is over, and one that is over cannot be renewed", smm.ErrUnauthorized))
	case !c.Obtained.IsZero() && age < minAge:
		return smm.Credential{}, a.refuse(opRenew, &smm.RateLimitError{Scope: "token age", After: minAge - age, Reset: c.Obtained.Add(minAge)})
	}
	t, err := a.token(ctx, &tokenCall{
		op: opRenew, url: a.at.refresh, query: url.Values{"grant_type": {grant}}, token: c.AccessToken, secrets: []string{c.AccessToken.Reveal()},
	})
	if err != nil {
		return smm.Credential{}, err
	}
	if t.Scopes == nil {
		t.Scopes = c.Scopes
	}
	return c.Renewed(t.Credential()), nil
}

func (a *App) refuse(op string, err error) error {
	return &smm.Error{Op: op, Platform: a.cfg.Platform, Outcome: smm.OutcomeNotSent, Err: err}
}
