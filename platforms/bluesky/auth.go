package bluesky

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// Keys of smm.Credential.Extra. With both, a session that is lost for good is
// begun anew without a person.
const (
	ExtraIdentifier  = "identifier"   // handle, DID or e-mail address
	ExtraAppPassword = "app_password" // made in the account's settings; never the account's own password
)

// Authorizer adds a credential to a request that is complete but for it. It is
// safe for concurrent use.
type Authorizer interface {
	Authorize(ctx context.Context, req *http.Request) error
}

// sessionAuth keeps the session of one account: it signs in when there is none,
// renews it when the server says that it is over, and stores every new pair of
// tokens before it uses it, so that a crash loses neither.
//
// One request at a time renews; the others wait for what it gets. Between
// processes the store's compare-and-swap decides, and its lock if it has one.
type sessionAuth struct {
	store   smm.CredentialStore
	tenant  smm.Tenant
	account smm.Ref
	client  *Client // anonymous
	clock   smm.Clock

	turn chan struct{} // held while cred is read or renewed
	cred smm.Credential
}

const (
	lockLife   = 30 * time.Second
	renewTries = 3
)

func newSessionAuth(store smm.CredentialStore, tenant smm.Tenant, account smm.Ref, anonymous *Client, cred smm.Credential) *sessionAuth {
	return &sessionAuth{
		store: store, tenant: tenant, account: account, client: anonymous, clock: anonymous.clock,
		turn: make(chan struct{}, 1), cred: cred,
	}
}

func (s *sessionAuth) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sessionAuth) unlock() { <-s.turn }

// Authorize implements Authorizer.
func (s *sessionAuth) Authorize(ctx context.Context, req *http.Request) error {
	_, err := s.authorize(ctx, req)
	return err
}

// authorize signs req in and returns the token that it used.
func (s *sessionAuth) authorize(ctx context.Context, req *http.Request) (smm.Secret, error) {
	if err := s.lock(ctx); err != nil {
		return smm.Secret{}, err
	}
	defer s.unlock()
	if s.cred.AccessToken.IsZero() || s.cred.Expired(s.clock.Now(), 0) {
		if err := s.renew(ctx, s.cred.AccessToken); err != nil {
			return smm.Secret{}, err
		}
	}
	req.Header.Set("Authorization", "Bearer "+s.cred.AccessToken.Reveal())
	return s.cred.AccessToken, nil
}

// refused reports that the server refused a token, and whether there is another
// to try.
func (s *sessionAuth) refused(ctx context.Context, token smm.Secret) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	if !s.cred.AccessToken.Equal(token) {
		return nil // renewed meanwhile
	}
	return s.renew(ctx, token)
}

// renew replaces a token that is over. It must be called with the turn held.
func (s *sessionAuth) renew(ctx context.Context, old smm.Secret) error {
	if l, ok := s.store.(smm.CredentialLocker); ok {
		unlock, err := l.LockCredential(ctx, s.tenant, s.account, lockLife)
		if err != nil {
			return err
		}
		defer unlock()
	}
	for range renewTries {
		stored, err := s.store.Load(ctx, s.tenant, s.account)
		if err != nil {
			return err
		}
		if !stored.AccessToken.IsZero() && !stored.AccessToken.Equal(old) && !stored.Expired(s.clock.Now(), 0) {
			s.cred = stored // another process was faster
			return nil
		}
		session, err := s.session(ctx, stored)
		if err != nil {
			return err
		}
		next := sessionCredential(stored, session, s.clock.Now())
		next.Version, err = s.store.Swap(ctx, s.tenant, s.account, stored.Version, next)
		if err == nil {
			s.cred = next
			return nil
		}
		if !errors.Is(err, smm.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: the stored credential of %s keeps changing", smm.ErrUnavailable, s.account)
}

// session gets new tokens: by the refresh token, or else by the app password.
func (s *sessionAuth) session(ctx context.Context, c smm.Credential) (*Session, error) {
	if !c.RefreshToken.IsZero() {
		session, err := s.client.Server.RefreshSession(ctx, c.RefreshToken)
		if err == nil || !tokenRefused(err) {
			return s.checked(session, err)
		}
	}
	id, password := c.Extra[ExtraIdentifier], c.Extra[ExtraAppPassword]
	if id.IsZero() || password.IsZero() {
		return nil, fmt.Errorf("%w: the session of %s is over and there is no app password to begin another", smm.ErrUnauthorized, s.account)
	}
	return s.checked(s.client.Server.CreateSession(ctx, id.Reveal(), password))
}

// checked refuses a session that is of no use, or of another account.
func (s *sessionAuth) checked(session *Session, err error) (*Session, error) {
	switch {
	case err != nil:
		return nil, err
	case session.DID != s.account.ID:
		return nil, fmt.Errorf("%w: the app password is for another account than %s", smm.ErrUnauthorized, s.account.ID)
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

// requestAuth is sessionAuth for one request: it remembers the token that was
// sent, so that of many requests which are refused at once only the first
// renews.
type requestAuth struct {
	session *sessionAuth
	used    smm.Secret
}

// Authorize implements httpx.Authorizer.
func (a *requestAuth) Authorize(ctx context.Context, req *http.Request) (err error) {
	a.used, err = a.session.authorize(ctx, req)
	return err
}

// Refresh implements httpx.Refresher. The names say that the token was refused,
// which the server checks before it looks at the request.
func (a *requestAuth) Refresh(ctx context.Context, resp *httpx.Response) (bool, error) {
	switch decodeError(resp).Code {
	case "ExpiredToken", "InvalidToken", "AuthMissing":
	default:
		return false, nil
	}
	if err := a.session.refused(ctx, a.used); err != nil {
		return false, err
	}
	return true, nil
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
	password := smm.NewSecret(appPassword)
	session, err := c.Server.CreateSession(ctx, identifier, password)
	if err != nil {
		return smm.Channel{}, smm.Credential{}, err
	}
	pds, err := homeServer(c.Base(), session.DIDDoc.PDS())
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
func homeServer(asked, named string) (string, error) {
	if named == "" || named == asked {
		return asked, nil
	}
	a, err1 := url.Parse(asked)
	n, err2 := url.Parse(named)
	if err1 == nil && err2 == nil && a.Host == n.Host {
		return asked, nil
	}
	if err := safehttp.CheckURL(named); err != nil {
		return "", fmt.Errorf("%w: the account's server: %w", smm.ErrForbidden, err)
	}
	return named, nil
}
