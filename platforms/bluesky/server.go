package bluesky

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// ServerService has the methods of com.atproto.server and
// com.atproto.identity.
type ServerService service

// CreateSession signs in with a handle, DID or e-mail address and an app
// password. The vendor allows 30 sign-ins in 5 minutes and 300 a day for an
// account: keep the session. It is sent once.
func (s *ServerService) CreateSession(ctx context.Context, identifier string, password smm.Secret) (*Session, error) {
	r := s.c.procedure("com.atproto.server.createSession", struct {
		Identifier string `json:"identifier"`
		Password   string `json:"password"`
	}{identifier, password.Reveal()}, 0)
	r.Auth = httpx.Anonymous()
	return write[Session](ctx, s.c, r)
}

// RefreshSession exchanges a refresh token for a new pair. The old one goes on
// working for a short time on app-password sessions only.
func (s *ServerService) RefreshSession(ctx context.Context, refresh smm.Secret) (*Session, error) {
	r := s.c.procedure("com.atproto.server.refreshSession", nil, 0)
	r.Auth = httpx.Bearer(refresh)
	return write[Session](ctx, s.c, r)
}

// DeleteSession ends a session by its refresh token.
func (s *ServerService) DeleteSession(ctx context.Context, refresh smm.Secret) error {
	r := s.c.procedure("com.atproto.server.deleteSession", nil, 0)
	r.Auth = httpx.Bearer(refresh)
	_, err := s.c.http.Write(ctx, r)
	return err
}

// Describe asks what the server is and how large an upload may be.
func (s *ServerService) Describe(ctx context.Context) (*ServerInfo, error) {
	r := s.c.query("com.atproto.server.describeServer", nil)
	r.Auth = httpx.Anonymous()
	return read[ServerInfo](ctx, s.c, r)
}

// GetServiceAuth asks for a token that lets another service act for the
// account: audience is its DID, method the one that it may call. It lives until
// expires, at most one hour.
func (s *ServerService) GetServiceAuth(ctx context.Context, audience, method string, expires time.Time) (smm.Secret, error) {
	out, err := read[struct {
		Token string `json:"token"`
	}](ctx, s.c, s.c.query("com.atproto.server.getServiceAuth", url.Values{
		"aud": {audience}, "lxm": {method}, "exp": {strconv.FormatInt(expires.Unix(), 10)},
	}))
	if err != nil {
		return smm.Secret{}, err
	}
	return smm.NewSecret(out.Token), nil
}

// ResolveHandle asks the server which account a handle names. A handle that
// nobody has gives an error that matches smm.ErrNotFound.
func (s *ServerService) ResolveHandle(ctx context.Context, handle string) (did string, err error) {
	out, err := read[struct {
		DID string `json:"did"`
	}](ctx, s.c, s.c.query("com.atproto.identity.resolveHandle", url.Values{"handle": {handle}}))
	if err != nil {
		return "", err
	}
	return out.DID, nil
}
