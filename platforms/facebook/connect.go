package facebook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// ConnectorConfig configures NewConnector. AppID and AppSecret are required.
type ConnectorConfig struct {
	AppID     string
	AppSecret smm.Secret
	// ConfigID is of a configuration of Facebook Login for Business, which stands
	// in place of scopes (unverified).
	ConfigID string
	// Businesses also finds Pages by way of the businesses that a person works
	// for, some of which /me/accounts leaves out. It needs ScopeBusiness.
	Businesses bool
	// EndConsent lets Revoke end the whole consent behind a Page's token, which has
	// no end of its own: every other Page of the same person is over then too.
	EndConsent bool

	Version      string // of the Graph; "" for DefaultVersion
	BaseURL      string // in place of all the vendor's hosts; "" for them
	AuthorizeURL string // the page of consent; "" for that of BaseURL

	HTTPClient *http.Client // nil for a private one
	Clock      smm.Clock    // nil for the machine's
	Logger     *slog.Logger // nil for silence
	UserAgent  string       // "" for smmkit's
}

// Connector connects Pages. One consent of a person reaches all Pages that they
// chose in it, each with a token of its own, which does not end by itself: it ends
// when the person changes the password, loses the role on the Page or removes the
// app. There is nothing to renew; the credential holds when the vendor stops to
// answer about the person unless they come back (some 90 days). It is safe for
// concurrent use.
type Connector struct {
	cfg ConnectorConfig
	app *meta.App
}

var (
	_ smm.Connector      = (*Connector)(nil)
	_ smm.TokenConnector = (*Connector)(nil)
	_ smm.Revoker        = (*Connector)(nil)
)

// NewConnector checks cfg. No request is made. Errors match smm.ErrInvalid.
func NewConnector(cfg ConnectorConfig) (*Connector, error) {
	if cfg.Clock == nil {
		cfg.Clock = smm.SystemClock()
	}
	if cfg.Version == "" {
		cfg.Version = DefaultVersion
	}
	app, err := meta.NewApp(meta.AppConfig{
		Platform: Platform, Flavour: meta.FacebookLogin, ID: cfg.AppID, Secret: cfg.AppSecret, Version: cfg.Version, ConfigID: cfg.ConfigID,
		BaseURL: cfg.BaseURL, AuthorizeURL: cfg.AuthorizeURL, HTTPClient: cfg.HTTPClient, Clock: cfg.Clock, Logger: cfg.Logger, UserAgent: cfg.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: cfg, app: app}, nil
}

// Platform implements smm.Connector.
func (c *Connector) Platform() smm.Platform { return Platform }

// Scopes implements smm.Connector. To see Pages at all ScopeShowList is always
// among them. Whatever publishes needs ScopeReadEngagement too: an attempt whose
// reply was lost is settled by reading.
func (c *Connector) Scopes(caps ...smm.Capability) ([]string, error) {
	out := []string{ScopeShowList}
	for _, x := range caps {
		scopes := scopesOf(x)
		if scopes == nil {
			return nil, failed("connect.scopes", fmt.Errorf("%w: no Page can ever do %q", smm.ErrUnsupported, x))
		}
		out = append(out, scopes...)
	}
	if c.cfg.Businesses {
		out = append(out, ScopeBusiness)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Begin implements smm.Connector.
func (c *Connector) Begin(_ context.Context, r smm.ConnectRequest) (smm.ConnectStart, error) {
	if !r.Account.IsZero() {
		if err := checkChannel(r.Account); err != nil {
			return smm.ConnectStart{}, failed("connect.begin", err)
		}
	}
	return c.app.Start(r)
}

// Finish implements smm.Connector. It gives every Page that the consent reaches,
// for the person to choose from; with the start's Account that one alone.
func (c *Connector) Finish(ctx context.Context, s smm.ConnectStart, r smm.ConnectReply) ([]smm.Connected, error) {
	const op = "connect.finish"
	token, err := c.app.Finish(ctx, s, r)
	if err != nil {
		return nil, finishError(err)
	}
	found, err := c.pages(ctx, token.Credential(), s.Scopes)
	if err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0:
		return nil, failed(op, fmt.Errorf("%w: the consent reaches no Page: begin again and choose at least one that you work on", smm.ErrForbidden))
	case s.Account.IsZero():
		return found, nil
	}
	found = slices.DeleteFunc(found, func(f smm.Connected) bool { return f.Channel.Ref != s.Account })
	if len(found) == 0 {
		return nil, failed(op, fmt.Errorf(
			"%w: the consent does not reach the Page to connect again: begin again, sign in as somebody who works on it, and choose it", smm.ErrForbidden))
	}
	return found, nil
}

// finishError says what is to be done about a code that bought no token.
func finishError(err error) error {
	e, ok := err.(*smm.Error) //nolint:errorlint // the login gives no other
	if !ok {
		return failed("connect.finish", err)
	}
	out := *e
	if smm.NeedsReconnect(err) {
		out.Op, out.Err = "connect.finish", fmt.Errorf("%w: the code is over or was used before: begin again", smm.ErrUnauthorized)
	}
	return &out
}

// graph is a client of the person whose token it is.
func (c *Connector) graph(token smm.Secret) (*meta.Client, error) {
	return meta.New(meta.Config{
		Platform: Platform, Host: c.cfg.BaseURL, Version: c.cfg.Version, Token: token, AppSecret: c.cfg.AppSecret,
		HTTPClient: c.cfg.HTTPClient, Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent, Rows: rows,
	})
}

const (
	// maxAccounts bounds what one consent may reach.
	maxAccounts     = 2000
	maxAccountPages = 100
	accountsPage    = 100
)

// pages looks at every Page that a person's token reaches.
func (c *Connector) pages(ctx context.Context, user smm.Credential, asked []string) ([]smm.Connected, error) {
	g, err := c.graph(user.AccessToken)
	if err != nil {
		return nil, failed("connect.probe", err)
	}
	granted, err := grantedScopes(ctx, g)
	if err != nil {
		return nil, err
	}
	seen, err := c.accounts(ctx, g, granted)
	if err != nil {
		return nil, err
	}
	who, ends := c.person(ctx, user.AccessToken)
	var out []smm.Connected
	for i := range seen {
		out = append(out, c.connected(&seen[i], user, granted, asked, who, ends))
	}
	return out, nil
}

// person is who a token belongs to, and what an inspection adds to credentials.
// Without an answer the Pages can be used all the same.
func (c *Connector) person(ctx context.Context, token smm.Secret) (id string, extra smm.Credential) {
	in, err := c.app.Inspect(ctx, token)
	if err != nil {
		return "", smm.Credential{}
	}
	return in.UserID, in.Credential(token, in.IssuedAt)
}

// connected makes the credential of a Page.
func (c *Connector) connected(a *meta.Account, user smm.Credential, granted, asked []string, who string, inspected smm.Credential) smm.Connected {
	page := Page{ID: a.ID, Name: a.Name, Username: a.Username}
	out := smm.Connected{
		Channel: channelOf(&page), Missing: lackingOf(granted, asked),
		Credential: smm.Credential{
			AccessToken: a.Token, TokenType: user.TokenType, Obtained: user.Obtained, Scopes: granted, Extra: map[string]smm.Secret{},
		},
	}
	if len(a.Tasks) > 0 {
		out.Credential.Extra[ExtraTasks] = smm.NewSecret(strings.Join(a.Tasks, ","))
	}
	if who != "" {
		out.Credential.Extra[ExtraUser] = smm.NewSecret(who)
	}
	if v, ok := inspected.Extra[meta.ExtraDataAccess]; ok {
		out.Credential.Extra[meta.ExtraDataAccess] = v
	}
	switch {
	case !validID(string(a.ID)):
		out.Err = failed("connect.probe", fmt.Errorf("%w: unreadable answer: a Page without a usable id", smm.ErrUnavailable))
	case a.Token.IsZero():
		out.Err = failed("connect.probe", fmt.Errorf("%w: the vendor gives no token for this Page: ask an admin of it for a role", smm.ErrForbidden))
	}
	return out
}

// lackingOf are those of asked that are not among granted.
func lackingOf(granted, asked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return slices.Contains(granted, s) })
}

func grantedScopes(ctx context.Context, g *meta.Client) ([]string, error) {
	all, err := g.Permissions(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, p := range all {
		if p.Status == "granted" {
			out = append(out, p.Name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// accounts lists the Pages of a person, each once.
func (c *Connector) accounts(ctx context.Context, g *meta.Client, granted []string) ([]meta.Account, error) {
	var out []meta.Account
	have := map[meta.ID]bool{}
	add := func(l List[meta.Account]) {
		for _, a := range l.Items {
			if !have[a.ID] && len(out) < maxAccounts {
				have[a.ID] = true
				out = append(out, a)
			}
		}
	}
	if err := all(ctx, g.Accounts, add); err != nil {
		return nil, err
	}
	if !c.cfg.Businesses || !slices.Contains(granted, ScopeBusiness) {
		return out, nil
	}
	var businesses []Identity
	list := edge[Identity](g, &meta.Request{Op: "me.businesses", Path: []string{"me", "businesses"}, Fields: []string{"id"}})
	if err := all(ctx, list, func(l List[Identity]) { businesses = append(businesses, l.Items...) }); err != nil {
		return nil, err
	}
	for _, b := range businesses {
		for _, pages := range []string{"owned_pages", "client_pages"} {
			r := &meta.Request{
				Op: "business.pages", Path: []string{string(b.ID), pages},
				Fields: []string{"id", "name", "username", "access_token", "tasks", "instagram_business_account"},
			}
			if err := all(ctx, edge[meta.Account](g, r), add); err != nil && !unknownPerson(err) {
				return nil, err
			}
		}
	}
	return out, nil
}

func edge[T any](g *meta.Client, r *meta.Request) func(context.Context, ListParams) (List[T], error) {
	return func(ctx context.Context, p ListParams) (List[T], error) { return meta.List[T](ctx, g, r, p) }
}

// all reads a list to its end.
func all[T any](ctx context.Context, list func(context.Context, ListParams) (List[T], error), take func(List[T])) error {
	p := ListParams{Limit: accountsPage}
	seen := map[string]bool{}
	for range maxAccountPages {
		l, err := list(ctx, p)
		if err != nil {
			return err
		}
		take(l)
		if l.Next == "" || seen[l.Next] {
			return nil
		}
		seen[l.Next] = true
		p = ListParams{Limit: accountsPage, Cursor: l.Next}
	}
	return nil
}

// ConnectToken implements smm.TokenConnector: c holds in AccessToken the token of a
// Page or of a person, of whom all Pages are found then. It must be one of this
// app.
func (c *Connector) ConnectToken(ctx context.Context, cred smm.Credential) ([]smm.Connected, error) {
	const op = "connect.token"
	if cred.AccessToken.IsZero() {
		return nil, failed(op, fmt.Errorf("%w: no access token was given", smm.ErrInvalid))
	}
	in, err := c.app.Inspect(ctx, cred.AccessToken)
	if err != nil {
		return nil, err
	}
	switch {
	case !in.Valid:
		return nil, failed(op, fmt.Errorf("%w: the vendor does not accept the token", smm.ErrUnauthorized))
	case in.AppID != "" && in.AppID != c.cfg.AppID:
		return nil, failed(op, fmt.Errorf("%w: the token belongs to another app", smm.ErrForbidden))
	case in.Type != "PAGE":
		return c.pages(ctx, in.Credential(cred.AccessToken, in.IssuedAt), nil)
	}
	v, err := NewClient(ClientConfig{
		Page: "me", Token: cred.AccessToken, AppSecret: c.cfg.AppSecret, Version: c.cfg.Version, BaseURL: c.cfg.BaseURL,
		HTTPClient: c.cfg.HTTPClient, Clock: c.cfg.Clock, Logger: c.cfg.Logger, UserAgent: c.cfg.UserAgent,
	})
	if err != nil {
		return nil, failed(op, err)
	}
	page, err := v.Pages.Get(ctx)
	if err != nil {
		return nil, err
	}
	return []smm.Connected{{Channel: channelOf(&page), Credential: in.Credential(cred.AccessToken, in.IssuedAt)}}, nil
}

// Revoke implements smm.Revoker: it removes the app from the person whose token cred
// has. The token of a Page cannot be ended by itself: without
// ConnectorConfig.EndConsent the error matches smm.ErrUnsupported, and the person
// removes the app in their settings.
func (c *Connector) Revoke(ctx context.Context, channel smm.Ref, cred smm.Credential) error {
	if err := checkChannel(channel); err != nil {
		return failed("connect.revoke", err)
	}
	return c.app.EndConsent(ctx, cred.AccessToken, cred.Extra[ExtraUser].Reveal(), c.cfg.EndConsent, c.graph)
}

// failed makes err an *smm.Error of this platform, unless it is one.
func failed(op string, err error) error {
	if e, ok := err.(*smm.Error); ok { //nolint:errorlint // one that is wrapped needs its wrapping
		return e
	}
	return &smm.Error{Op: op, Platform: Platform, Outcome: smm.OutcomeNotSent, Err: err}
}
