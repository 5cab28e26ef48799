package bluesky

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/keep"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// Keys of smm.Credential.Extra. An account is connected by an app password, of
// which the first two begin a lost session anew without a person, or by OAuth,
// where TokenType is "DPoP" and the others are there.
const (
	ExtraIdentifier  = "identifier"   // handle, DID or e-mail address
	ExtraAppPassword = "app_password" // made in the account's settings; never the account's own password

	ExtraDPoPKey     = "dpop_key"      // the private key that the tokens are bound to, as JWK
	ExtraIssuer      = "issuer"        // the authorization server
	ExtraClientID    = "client_id"     // the app that the tokens were issued to
	ExtraClientKeyID = "client_key_id" // the app's key that the session is held to; none for a public client
)

// Authorizer adds a credential to a request that is complete but for it. It is
// safe for concurrent use.
type Authorizer interface {
	Authorize(ctx context.Context, req *http.Request) error
}

// TokenSource is an Authorizer that sends what ts gives, for hosts that keep
// their tokens elsewhere. Tokens of AT Protocol OAuth are bound to a key and
// cannot be sent so; those of app-password sessions can.
func TokenSource(ts oauth2.TokenSource) Authorizer { return httpx.TokenSource(ts) }

// StaticToken is an Authorizer that sends one access token for as long as the
// server takes it.
func StaticToken(token smm.Secret) Authorizer { return httpx.Bearer(token) }

const dpopType = "DPoP" // smm.Credential.TokenType of OAuth

// accountAuth keeps the credential of one account usable and signs requests with
// it. The credential may change between two requests, also in its kind: whoever
// connects the account again need not tell.
type accountAuth struct {
	account smm.Ref
	keeper  *keep.Keeper
	nonces  *oauthx.Nonces
	clock   smm.Clock
	server  string // that the client speaks to
	grace   bool   // what the keeper was made for
	stale   func() // drops the client that was made for what was before

	mu  sync.Mutex
	key *oauthx.Key // the last one parsed
	raw smm.Secret
}

// sign returns the signer of one request.
func (a *accountAuth) sign(ctx context.Context) (smm.Credential, httpx.Authorizer, error) {
	cred, err := a.keeper.Credential(ctx)
	if err != nil {
		return cred, nil, a.fail(err)
	}
	if serverOf(cred) != a.server {
		a.stale()
		return cred, nil, fmt.Errorf("%w: the account moved to another server: try again", smm.ErrUnavailable)
	}
	if graceOf(cred) != a.grace {
		a.stale() // the next request gets a keeper that suits
	}
	if cred.TokenType != dpopType {
		return cred, httpx.Bearer(cred.AccessToken), nil
	}
	key, err := a.parse(cred.Extra[ExtraDPoPKey])
	if err != nil {
		return cred, nil, fmt.Errorf("%w: the stored key of the account's token cannot be read", smm.ErrUnauthorized)
	}
	return cred, &oauthx.DPoPAuth{Key: key, Token: cred.AccessToken, Nonces: a.nonces, Clock: a.clock}, nil
}

// fail keeps all that the keeper said: what renewing met is an *smm.Error of its
// own in the middle of it, and callers look for the first.
func (a *accountAuth) fail(err error) error {
	if err == nil {
		return nil
	}
	return &smm.Error{Op: "credential", Platform: Platform, Channel: a.account, Outcome: smm.OutcomeNotSent, Err: err}
}

func (a *accountAuth) parse(raw smm.Secret) (*oauthx.Key, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.key != nil && a.raw.Equal(raw) {
		return a.key, nil
	}
	key, err := oauthx.ParseKey(raw)
	if err == nil {
		a.key, a.raw = key, raw
	}
	return key, err
}

// Authorize implements Authorizer.
func (a *accountAuth) Authorize(ctx context.Context, req *http.Request) error {
	_, signer, err := a.sign(ctx)
	if err != nil {
		return err
	}
	return signer.Authorize(ctx, req)
}

// requestAuth is accountAuth for one request: it remembers what was sent, so that
// of many requests which are refused at once only the first renews.
type requestAuth struct {
	account *accountAuth
	used    smm.Credential
	signer  httpx.Authorizer
}

// Authorize implements httpx.Authorizer.
func (a *requestAuth) Authorize(ctx context.Context, req *http.Request) (err error) {
	if a.used, a.signer, err = a.account.sign(ctx); err != nil {
		return err
	}
	return a.signer.Authorize(ctx, req)
}

// Observe implements httpx.Observer: any answer may bring a nonce.
func (a *requestAuth) Observe(req *http.Request, resp *httpx.Response) {
	if o, ok := a.signer.(httpx.Observer); ok {
		o.Observe(req, resp)
	}
}

// Refresh implements httpx.Refresher. The names say that the proof or the token
// was refused, which the server checks before it looks at the request.
func (a *requestAuth) Refresh(ctx context.Context, resp *httpx.Response) (bool, error) {
	if a.used.TokenType == dpopType && oauthx.WantsNonce(resp) {
		return true, nil
	}
	switch decodeError(resp).Code {
	case "ExpiredToken", "InvalidToken", "AuthMissing", "invalid_token":
		again, err := a.account.keeper.Refused(ctx, a.used)
		return again, a.account.fail(err)
	}
	return false, nil
}

// serverOf is where the account of a credential lives.
func serverOf(c smm.Credential) string {
	if c.Server == "" {
		return DefaultServer
	}
	return strings.TrimSuffix(c.Server, "/")
}

// graceOf reports whether a refresh whose reply was lost may be asked for again:
// the reference server takes the old token of an app-password session for some
// time after it was exchanged, and ends an OAuth session that shows one twice.
func graceOf(c smm.Credential) bool { return c.TokenType != dpopType }

// renewer gets the successor of a credential.
type renewer struct {
	account   smm.Ref
	anonymous *Client
	app       *app
}

func (r *renewer) renew(ctx context.Context, c smm.Credential) (smm.Credential, error) {
	if c.TokenType == dpopType {
		return r.app.renew(ctx, r.account.ID, c)
	}
	session, err := r.session(ctx, c)
	if err != nil {
		return smm.Credential{}, err
	}
	return sessionCredential(c, session, r.anonymous.clock.Now()), nil
}

// session gets new tokens: by the refresh token, or else by the app password.
func (r *renewer) session(ctx context.Context, c smm.Credential) (*Session, error) {
	if !c.RefreshToken.IsZero() {
		session, err := r.anonymous.Server.RefreshSession(ctx, c.RefreshToken)
		if err == nil || !tokenRefused(err) {
			return r.checked(session, err)
		}
	}
	id, password := c.Extra[ExtraIdentifier], c.Extra[ExtraAppPassword]
	if id.IsZero() || password.IsZero() {
		return nil, fmt.Errorf("%w: the session of %s is over and there is no app password to begin another", smm.ErrUnauthorized, r.account)
	}
	return r.checked(r.anonymous.Server.CreateSession(ctx, id.Reveal(), password))
}

// checked refuses a session that is of no use, or of another account.
func (r *renewer) checked(session *Session, err error) (*Session, error) {
	switch {
	case err != nil:
		return nil, err
	case session.DID != r.account.ID:
		return nil, fmt.Errorf("%w: the app password is for another account than %s", smm.ErrUnauthorized, r.account.ID)
	case session.AccessJwt == "" || session.RefreshJwt == "":
		return nil, fmt.Errorf("%w: the server answered a sign-in without tokens", smm.ErrUnavailable)
	}
	return session, nil
}

// sessionCredential is old with the tokens of a session. The access token's
// life is not said, and tokens are opaque: the server's refusal ends it.
func sessionCredential(old smm.Credential, session *Session, now time.Time) smm.Credential {
	old.AccessToken, old.RefreshToken = smm.NewSecret(session.AccessJwt), smm.NewSecret(session.RefreshJwt)
	old.TokenType, old.Obtained, old.Expires, old.Refreshing = "Bearer", now, time.Time{}, time.Time{}
	return old
}

// tokenRefused reports whether an error says that a token is over, as opposed
// to anything else being wrong. The reference server answers 400, not 401.
func tokenRefused(err error) bool {
	return slices.Contains([]string{"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}, codeOf(err))
}

// app is the host's app as it speaks to authorization servers.
type app struct {
	id     string
	keys   []clientKey // that in use first
	fetch  oauthx.Fetcher
	http   *http.Client
	clock  smm.Clock
	log    *slog.Logger
	agent  string
	nonces *oauthx.Nonces
}

// client speaks for clientID, with the key of that id or as a public client.
func (a *app) client(m *oauthx.Metadata, clientID, keyID string) (*oauthx.Client, error) {
	cfg := oauthx.ClientConfig{
		Platform: Platform, Metadata: *m, ID: clientID, Method: oauthx.AuthNone,
		HTTPClient: a.http, Clock: a.clock, Logger: a.log, UserAgent: a.agent, Nonces: a.nonces,
	}
	if keyID != "" {
		i := slices.IndexFunc(a.keys, func(k clientKey) bool { return k.id == keyID })
		if i < 0 {
			return nil, fmt.Errorf("%w: the account was connected with the app's key %q, which this program does not have: "+
				"add it to ClientIdentity.Retired, or connect the account again", smm.ErrForbidden, keyID)
		}
		cfg.Method, cfg.Key, cfg.KeyID = oauthx.AuthPrivateKeyJWT, a.keys[i].key, keyID
	}
	return oauthx.NewClient(cfg)
}

// of makes the client that a credential was issued to, with the key that its
// tokens are bound to.
func (a *app) of(ctx context.Context, c smm.Credential) (*oauthx.Client, *oauthx.Key, error) {
	clientID, keyID := c.Extra[ExtraClientID].Reveal(), c.Extra[ExtraClientKeyID].Reveal()
	switch {
	case clientID == "" || c.Extra[ExtraIssuer].IsZero():
		return nil, nil, fmt.Errorf("%w: the stored credential does not say which app it is for", smm.ErrUnauthorized)
	case strings.HasPrefix(clientID, loopbackPrefix): // of whoever runs on this machine
	case a.id == "":
		return nil, nil, fmt.Errorf("%w: the account was connected by OAuth: set Config.OAuth to the app's identity, as in ConnectorConfig", smm.ErrForbidden)
	case clientID != a.id:
		return nil, nil, fmt.Errorf("%w: the account was connected by the app %s and this program is %s: its tokens can be renewed by the former alone",
			smm.ErrForbidden, smm.CleanMessage(clientID), a.id)
	}
	key, err := oauthx.ParseKey(c.Extra[ExtraDPoPKey])
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the stored key of the account's token cannot be read", smm.ErrUnauthorized)
	}
	m, err := oauthx.DiscoverAs(ctx, a.fetch, c.Extra[ExtraIssuer].Reveal(), oauthx.DiscoverRules{SameOrigin: true})
	if err != nil {
		return nil, nil, err
	}
	client, err := a.client(m, clientID, keyID)
	return client, key, err
}

// renew exchanges the refresh token, which is good once.
func (a *app) renew(ctx context.Context, did string, c smm.Credential) (smm.Credential, error) {
	notSent := func(err error) error {
		if errors.Is(err, smm.ErrUnauthorized) {
			return err
		}
		return &smm.Error{Op: "oauth.refresh", Platform: Platform, Channel: ChannelRef(did), Outcome: smm.OutcomeNotSent, Err: err}
	}
	client, key, err := a.of(ctx, c)
	if err != nil {
		return smm.Credential{}, notSent(err)
	}
	t, err := client.Refresh(ctx, c.RefreshToken, key)
	if err != nil {
		return smm.Credential{}, err
	}
	if t.Subject != did || !slices.Contains(t.Scopes, "atproto") {
		return smm.Credential{}, fmt.Errorf("%w: the server renewed the tokens of %s with those of something else", smm.ErrUnauthorized, did)
	}
	return t.Credential(c.Server), nil
}

// SignIn makes a session with an app password at a server and returns the
// account and the credential to store for it: with the server that holds the
// account, which need not be the one that was asked. server may be empty for
// DefaultServer; httpClient may be nil.
func SignIn(ctx context.Context, server, identifier, appPassword string, httpClient *http.Client) (smm.Channel, smm.Credential, error) {
	if server == "" {
		server = DefaultServer
	}
	c, err := NewClient(ClientConfig{Server: server, HTTPClient: httpClient})
	if err != nil {
		return smm.Channel{}, smm.Credential{}, err
	}
	return signIn(ctx, c, identifier, smm.NewSecret(appPassword), safehttp.CheckURL)
}

// signIn makes a session at the server of c. check decides about the server that
// the account is said to live on, if that is another.
func signIn(ctx context.Context, c *Client, identifier string, password smm.Secret, check func(string) error) (smm.Channel, smm.Credential, error) {
	session, err := c.Server.CreateSession(ctx, identifier, password)
	if err != nil {
		return smm.Channel{}, smm.Credential{}, err
	}
	pds, err := homeServer(c.Base(), session.DIDDoc.PDS(), check)
	if err != nil {
		return smm.Channel{}, smm.Credential{}, err
	}
	cred := sessionCredential(smm.Credential{
		Server: pds,
		Extra:  map[string]smm.Secret{ExtraIdentifier: smm.NewSecret(session.DID), ExtraAppPassword: password},
	}, session, c.clock.Now())
	ch := smm.Channel{Ref: ChannelRef(session.DID), Name: session.Handle, Handle: session.Handle, URL: profileURL(session.DID)}
	if err := ch.Ref.Check(); err != nil {
		return smm.Channel{}, smm.Credential{}, fmt.Errorf("%w: the server answered a sign-in without an account", smm.ErrUnavailable)
	}
	return ch, cred, nil
}

// homeServer decides where the account lives: where its DID document says,
// unless that is an address that no server on the internet has. The document is
// the account owner's, so it may name anything.
func homeServer(asked, named string, check func(string) error) (string, error) {
	if named == "" || named == asked {
		return asked, nil
	}
	a, err1 := url.Parse(asked)
	n, err2 := url.Parse(named)
	if err1 == nil && err2 == nil && a.Host == n.Host {
		return asked, nil
	}
	if err := check(named); err != nil {
		return "", fmt.Errorf("%w: the account's server: %w", smm.ErrForbidden, err)
	}
	return named, nil
}
