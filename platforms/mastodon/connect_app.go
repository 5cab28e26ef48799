package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// AppService registers apps and looks at one's own.
// https://docs.joinmastodon.org/methods/apps/ (read August 2026).
type AppService struct{ c *Client }

const appsPath = "api/v1/apps"

// AppParams are the fields of an app. Website may be empty.
type AppParams struct {
	Name      string
	Website   string
	Redirects []string
	Scopes    []string // all that it will ever ask for
}

// App is an app as its server knows it. ID and Secret prove it at the OAuth
// endpoints; only Create tells them.
type App struct {
	Name      Text       `json:"name"`
	Website   Text       `json:"website"`
	Scopes    List[Text] `json:"scopes"`        // 4.3 and later
	Redirects List[Text] `json:"redirect_uris"` // 4.3 and later
	ID        Text       `json:"client_id"`
	Secret    smm.Secret `json:"client_secret"`
}

// Create registers an app. Doing it twice makes two. It needs no token.
func (s *AppService) Create(ctx context.Context, p AppParams) (App, error) {
	return s.create(ctx, appsPath, p)
}

// create registers at the address that the server's metadata names.
func (s *AppService) create(ctx context.Context, at string, p AppParams) (App, error) {
	form := url.Values{
		"client_name": {p.Name}, "scopes": {strings.Join(p.Scopes, " ")},
		"redirect_uris": {strings.Join(p.Redirects, "\n")}, // a list is understood from 4.3 on alone
	}
	if p.Website != "" {
		form.Set("website", p.Website)
	}
	var app App
	resp, err := s.c.http.Write(ctx, &httpx.Request{
		Op: "apps.create", Method: http.MethodPost, URL: at, Body: httpx.Form(form), Auth: httpx.Anonymous(), Charges: s.c.charges(ctx, budgetReads),
	})
	if err != nil {
		return app, err
	}
	if err := resp.JSON(&app); err != nil {
		return App{}, err
	}
	if app.ID == "" || app.Secret.IsZero() || len(app.ID) > maxAppWord || len(app.Secret.Reveal()) > maxAppWord {
		return App{}, resp.Unreadable("an app without a usable id or secret")
	}
	return app, nil
}

// maxAppWord is many times what any software gives out; an id ends up in an
// address, and both in stores.
const maxAppWord = 1024

// Verify reads the app that the token belongs to. A token of the app itself is
// enough.
func (s *AppService) Verify(ctx context.Context) (App, error) {
	resp, err := s.c.get(ctx, "apps.verify", appsPath+"/verify_credentials", nil)
	if err != nil {
		return App{}, err
	}
	return httpx.Decode[App](resp)
}

// UserInfo is the own account in the words of OpenID Connect.
type UserInfo struct {
	Issuer   Text `json:"iss"`
	Subject  Text `json:"sub"` // the account's ActivityPub id
	Name     Text `json:"name"`
	Username Text `json:"preferred_username"`
	Profile  Text `json:"profile"`
	Picture  Text `json:"picture"`
}

// UserInfo reads whom the token belongs to (4.4 and later); the scope profile
// is enough.
func (s *AccountService) UserInfo(ctx context.Context) (UserInfo, error) {
	resp, err := s.c.get(ctx, "oauth.userinfo", "oauth/userinfo", nil)
	if err != nil {
		return UserInfo{}, err
	}
	return httpx.Decode[UserInfo](resp)
}

// KindApp is the kind of the Refs under which a Connector keeps the
// registrations of the host's app: mastodon@host/app/digest.
const KindApp smm.Kind = "app"

// Keys of smm.Credential.Extra: the app that a token was issued to. They are
// needed to renew and to revoke it.
const (
	ExtraClientID     = "client_id"
	ExtraClientSecret = "client_secret"
)

// registrationLock is how long another process may take to register.
const registrationLock = 30 * time.Second

// appRef names a registration. All that the server was told is in it, so that
// a host that changes its name or its addresses is registered anew.
func (c *Connector) appRef(host string, redirects, scopes []string) smm.Ref {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", c.cfg.ClientName, c.cfg.Website, redirects, scopes))
	return smm.Ref{Platform: Platform, Space: host, Kind: KindApp, ID: base64.RawURLEncoding.EncodeToString(sum[:16])}
}

// app returns the registration of the host's app at a server: the one that is
// kept, or a new one if there is none or the server has forgotten it. Of several
// processes that register at once all use the one that was kept first.
func (c *Connector) app(ctx context.Context, srv *authServer, redirects, scopes []string) (smm.Ref, smm.Credential, error) {
	ref := c.appRef(srv.base.Host, redirects, scopes)
	unlock, err := c.turn(ctx, ref)
	if err != nil {
		return ref, smm.Credential{}, err
	}
	defer unlock()
	kept, err := c.cfg.Apps.Load(ctx, "", ref)
	switch {
	case err == nil:
		alive, err := c.alive(ctx, srv, ref, &kept)
		if alive || err != nil {
			return ref, kept, err
		}
	case !errors.Is(err, smm.ErrNotFound):
		return ref, smm.Credential{}, failed("connect.app", fmt.Errorf("load the app's registration: %w", err))
	}
	fresh, err := c.register(ctx, srv, redirects, scopes)
	if err != nil {
		return ref, smm.Credential{}, err
	}
	_, err = c.cfg.Apps.Swap(ctx, "", ref, kept.Version, fresh)
	if errors.Is(err, smm.ErrConflict) {
		fresh, err = c.cfg.Apps.Load(ctx, "", ref)
	}
	if err != nil {
		return ref, smm.Credential{}, failed("connect.app", fmt.Errorf("store the app's registration: %w", err))
	}
	return ref, fresh, nil
}

// register makes the app known to the server. A reply that is lost leaves an app
// there that nobody uses.
func (c *Connector) register(ctx context.Context, srv *authServer, redirects, scopes []string) (smm.Credential, error) {
	v, err := c.vendor(srv.base.String(), smm.Secret{})
	if err != nil {
		return smm.Credential{}, err
	}
	app, err := v.Apps.create(ctx, srv.meta.AppRegistrationEndpoint, AppParams{Name: c.cfg.ClientName, Website: c.cfg.Website, Redirects: redirects, Scopes: scopes})
	if missing(err) {
		return smm.Credential{}, &smm.Error{
			Op: "connect.app", Platform: Platform, Outcome: smm.OutcomeRefused,
			Err: fmt.Errorf("%w: the server takes no apps: its software has no client API like Mastodon's", smm.ErrUnsupported),
		}
	}
	if err != nil {
		return smm.Credential{}, failed("connect.app", err)
	}
	cred := smm.Credential{
		Server: srv.base.String(), Scopes: scopes, Obtained: c.cfg.Clock.Now(),
		Extra: map[string]smm.Secret{ExtraClientID: smm.NewSecret(string(app.ID)), ExtraClientSecret: app.Secret},
	}
	// A token of the app's own keeps servers before 4.3 from purging the app, and
	// tells later whether the app is still known. It can be had later as well.
	if token, err := c.appToken(ctx, srv, &cred); err == nil {
		cred.AccessToken = token
	}
	return cred, nil
}

func (c *Connector) appToken(ctx context.Context, srv *authServer, app *smm.Credential) (smm.Secret, error) {
	client, err := c.oauth(srv.meta, app)
	if err != nil {
		return smm.Secret{}, err
	}
	t, err := client.Credentials(ctx)
	if err != nil {
		return smm.Secret{}, err
	}
	return t.Access, nil
}

// alive asks whether the server still knows the app: a person who is sent there
// with one that it forgot sees an error page and never comes back. What cannot
// be found out is taken for alive.
func (c *Connector) alive(ctx context.Context, srv *authServer, ref smm.Ref, app *smm.Credential) (bool, error) {
	if !app.AccessToken.IsZero() {
		v, err := c.vendor(srv.base.String(), app.AccessToken)
		if err != nil {
			return false, err
		}
		if _, err = v.Apps.Verify(ctx); !errors.Is(err, smm.ErrUnauthorized) {
			return true, ctx.Err()
		}
	}
	token, err := c.appToken(ctx, srv, app)
	switch {
	case appForgotten(err):
		return false, nil
	case err == nil:
		app.AccessToken = token
		if v, err := c.cfg.Apps.Swap(ctx, "", ref, app.Version, *app); err == nil {
			app.Version = v // if not, somebody else did the same
		}
	}
	return true, ctx.Err()
}

// appForgotten reports whether a token endpoint refused the app itself. By RFC
// 6749 section 5.2 its 401 means nothing else, and not every software adds the
// code. Where the server does know the app, being wrong costs a registration.
func appForgotten(err error) bool {
	e, ok := errors.AsType[*smm.Error](err)
	return ok && (e.Code == codeClient || e.Code == "" && e.Status == http.StatusUnauthorized)
}

const codeClient = "invalid_client"

// forget drops a registration that the server does not know any more, unless
// another has taken its place.
func (c *Connector) forget(ctx context.Context, ref smm.Ref, clientID string) {
	kept, err := c.cfg.Apps.Load(ctx, "", ref)
	if err == nil && kept.Extra[ExtraClientID].Reveal() == clientID {
		err = c.cfg.Apps.Delete(ctx, "", ref)
	}
	if err != nil && !errors.Is(err, smm.ErrNotFound) {
		c.cfg.Logger.WarnContext(ctx, "mastodon: a forgotten app stays in the store", "app", ref.String(), "error", err.Error())
	}
}

// turn lets one registration of an app be under way at a time: servers count
// them by address, and few are allowed.
func (c *Connector) turn(ctx context.Context, ref smm.Ref) (func(), error) {
	c.mu.Lock()
	t := c.turns[ref]
	if t == nil {
		if len(c.turns) >= maxTurns {
			clear(c.turns) // the store decides where two meet all the same
		}
		t = make(chan struct{}, 1)
		c.turns[ref] = t
	}
	c.mu.Unlock()
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil, failed("connect.app", ctx.Err())
	}
	leave := func() { <-t }
	locker, ok := c.cfg.Apps.(smm.CredentialLocker)
	if !ok {
		return leave, nil
	}
	unlock, err := locker.LockCredential(ctx, "", ref, registrationLock)
	if err != nil {
		leave()
		return nil, failed("connect.app", fmt.Errorf("lock the app's registration: %w", err))
	}
	return func() { unlock(); leave() }, nil
}

const maxTurns = 4096
