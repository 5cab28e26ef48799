package oauthx_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const (
	redirect = "https://host.example/callback"
	appID    = "app: one" // a space and a colon, which Basic must encode
	secret   = "s3cret:with%and+plus"
)

// world is a server with a resource, a client of it, and a browser.
type world struct {
	t      *testing.T
	clock  *sim.Clock
	auth   *oauthtest.Server
	server *httptest.Server
	meta   *oauthx.Metadata
	nonces *oauthx.Nonces
	hits   []string // paths, in order
}

func newWorld(t *testing.T, set func(*oauthtest.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: sim.NewClock(time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), true), nonces: new(oauthx.Nonces)}
	o := oauthtest.Options{
		Now:      w.clock.Now,
		Accounts: func(login string) (string, bool) { return "did:sim:" + login, login != "nobody" },
		Clients: func(id string) (oauthtest.Client, bool) {
			switch id {
			case appID:
				return oauthtest.Client{Secret: secret, Redirects: []string{redirect}}, true
			case "public", "other":
				return oauthtest.Client{Redirects: []string{redirect}}, true
			}
			return oauthtest.Client{}, false
		},
		Scopes: []string{"read", "write", "follow"}, TokenLife: time.Hour, Refresh: true, RefreshLife: 90 * 24 * time.Hour,
	}
	if set != nil {
		set(&o)
	}
	var err error
	w.auth, err = oauthtest.New(o)
	require.NoError(t, err)
	w.server = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.server.Close)
	w.meta, err = oauthx.Discover(t.Context(), guard(t), w.server.URL)
	require.NoError(t, err)
	w.hits = nil
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.hits = append(w.hits, r.URL.Path)
	if w.auth.Handles(r.URL.Path) {
		w.auth.ServeHTTP(rw, r)
		return
	}
	if nonce := w.auth.Nonce(); nonce != "" {
		rw.Header().Set("DPoP-Nonce", nonce)
	}
	a, err := w.auth.Introspect(r)
	if e, ok := errors.AsType[*oauthtest.Refusal](err); ok {
		rw.Header().Set("WWW-Authenticate", e.Challenge)
		rw.WriteHeader(e.Status)
		return
	}
	_ = json.NewEncoder(rw).Encode(a)
}

func (w *world) client(id string, set func(*oauthx.ClientConfig)) *oauthx.Client {
	w.t.Helper()
	cfg := oauthx.ClientConfig{Platform: "sim", Metadata: *w.meta, ID: id, Clock: w.clock, Nonces: w.nonces, HTTPClient: w.server.Client()}
	if id == appID {
		cfg.Secret = smm.NewSecret(secret)
	}
	if set != nil {
		set(&cfg)
	}
	c, err := oauthx.NewClient(cfg)
	require.NoError(w.t, err)
	return c
}

// browse opens a consent page as a person does and returns what comes back to
// the host.
func (w *world) browse(address, login string, more ...string) smm.ConnectReply {
	w.t.Helper()
	q := append([]string{"login_as=" + url.QueryEscape(login)}, more...)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(address + "&" + strings.Join(q, "&"))
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	require.Equal(w.t, http.StatusFound, resp.StatusCode)
	back, err := resp.Location()
	require.NoError(w.t, err)
	require.True(w.t, strings.HasPrefix(back.String(), redirect+"?"))
	r, err := smm.ParseConnectReply(back.Query())
	require.NoError(w.t, err)
	return r
}

// connect runs a flow to its end.
func (w *world) connect(c *oauthx.Client, key *oauthx.Key) *oauthx.Token {
	w.t.Helper()
	code, verifier := w.consent(c, key)
	tok, err := c.Exchange(w.t.Context(), code, redirect, verifier, key)
	require.NoError(w.t, err)
	return tok
}

func (w *world) consent(c *oauthx.Client, key *oauthx.Key) (code, verifier smm.Secret) {
	w.t.Helper()
	s, err := c.Start(w.t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "state-0123456789", Scopes: []string{"read", "write"}, Key: key})
	require.NoError(w.t, err)
	r := w.browse(s.URL, "alice")
	require.NoError(w.t, oauthx.CheckReply(smm.ConnectStart{URL: s.URL, Issuer: w.meta.Issuer}, r, true))
	return r.Code, s.Verifier
}

// whoami asks the resource with a token.
func (w *world) whoami(auth httpx.Authorizer) (oauthtest.Access, error) {
	w.t.Helper()
	c, err := httpx.New(httpx.Config{Platform: "sim", BaseURL: w.server.URL, Auth: auth, Clock: w.clock})
	require.NoError(w.t, err)
	resp, err := c.Read(w.t.Context(), &httpx.Request{Op: "whoami", URL: "/whoami?full=yes"})
	if err != nil {
		return oauthtest.Access{}, err
	}
	return httpx.Decode[oauthtest.Access](resp)
}

func newKey(t *testing.T) *oauthx.Key {
	t.Helper()
	k, err := oauthx.NewKey()
	require.NoError(t, err)
	return k
}

func TestFlowWithBearerTokens(t *testing.T) {
	for _, method := range []oauthx.AuthMethod{"", oauthx.AuthBasic, oauthx.AuthPost, oauthx.AuthNone} {
		t.Run(string(method), func(t *testing.T) {
			w := newWorld(t, nil)
			id := appID
			if method == oauthx.AuthNone {
				id = "public"
			}
			c := w.client(id, func(cfg *oauthx.ClientConfig) { cfg.Method = method })
			tok := w.connect(c, nil)
			require.Equal(t, "Bearer", tok.Type)
			require.Equal(t, []string{"read", "write"}, tok.Scopes)
			require.Equal(t, w.clock.Now(), tok.Obtained)
			require.Equal(t, w.clock.Now().Add(time.Hour), tok.Expires)
			a, err := w.whoami(httpx.Bearer(tok.Access))
			require.NoError(t, err)
			require.Equal(t, "did:sim:alice", a.Subject)
			require.Equal(t, id, a.Client)

			next, err := c.Refresh(t.Context(), tok.Refresh, nil)
			require.NoError(t, err)
			require.False(t, next.Refresh.Equal(tok.Refresh))
			narrow, err := c.Refresh(t.Context(), next.Refresh, nil, "read")
			require.NoError(t, err)
			require.Equal(t, []string{"read"}, narrow.Scopes)

			require.NoError(t, c.Revoke(t.Context(), narrow.Refresh, nil))
			require.NoError(t, c.Revoke(t.Context(), narrow.Refresh, nil), "over already is no error")
			_, err = w.whoami(httpx.Bearer(narrow.Access))
			require.ErrorIs(t, err, smm.ErrUnauthorized)
			_, err = c.Refresh(t.Context(), narrow.Refresh, nil)
			require.ErrorIs(t, err, smm.ErrUnauthorized)
			require.Zero(t, w.auth.Counters().FamiliesRevoked)
		})
	}
}

func TestFlowWithBoundTokens(t *testing.T) {
	w := newWorld(t, func(o *oauthtest.Options) {
		o.Push, o.DPoP, o.NonceLife, o.SendSubject = oauthtest.Required, oauthtest.Required, 3*time.Minute, true
	})
	key := newKey(t)
	c := w.client("public", nil)
	tok := w.connect(c, key)
	// The nonce was asked for once, at the first request, and then remembered.
	require.Equal(t, []string{"/oauth/par", "/oauth/par", "/oauth/authorize", "/oauth/token"}, w.hits)
	require.Equal(t, "DPoP", tok.Type)
	require.Equal(t, "did:sim:alice", tok.Subject)

	auth := &oauthx.DPoPAuth{Key: key, Token: tok.Access, Nonces: w.nonces, Clock: w.clock}
	a, err := w.whoami(auth)
	require.NoError(t, err)
	require.True(t, a.Bound)
	require.Equal(t, 1, w.auth.Counters().NonceRequests)

	// A nonce from a successful answer is used at once; without it, one more try.
	w.clock.Advance(3 * time.Minute)
	_, err = w.whoami(auth)
	require.NoError(t, err)
	w.clock.Advance(3 * time.Minute)
	_, err = w.whoami(auth)
	require.NoError(t, err)
	require.Equal(t, 1, w.auth.Counters().NonceRequests, "learnt from successful answers")
	w.clock.Advance(10 * time.Minute)
	_, err = w.whoami(auth)
	require.NoError(t, err)
	require.Equal(t, 2, w.auth.Counters().NonceRequests)

	w.clock.Advance(10 * time.Minute)
	next, err := c.Refresh(t.Context(), tok.Refresh, key)
	require.NoError(t, err)
	require.Equal(t, 3, w.auth.Counters().NonceRequests)
	require.Equal(t, 1, w.auth.Counters().Refreshes)

	// Another key has no use for either token, and the old token as bearer neither.
	thief := newKey(t)
	_, err = w.whoami(&oauthx.DPoPAuth{Key: thief, Token: next.Access, Nonces: w.nonces, Clock: w.clock})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, err = w.whoami(httpx.Bearer(next.Access))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, err = c.Refresh(t.Context(), next.Refresh, thief)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, "invalid_grant", oauthx.Code(err))
	_, err = c.Refresh(t.Context(), next.Refresh, nil)
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "invalid_dpop_proof", oauthx.Code(err))
	_, err = c.Refresh(t.Context(), next.Refresh, key)
	require.NoError(t, err, "the refusals used nothing up")
	require.NoError(t, c.Revoke(t.Context(), next.Access, key))
}

func TestStolenCodeIsWorthlessWithoutItsKeyAndVerifier(t *testing.T) {
	w := newWorld(t, func(o *oauthtest.Options) { o.DPoP = oauthtest.Optional })
	key := newKey(t)
	c := w.client("public", nil)
	code, verifier := w.consent(c, key)
	refused := func(c *oauthx.Client, code smm.Secret, redirect string, verifier smm.Secret, key *oauthx.Key) {
		t.Helper()
		_, err := c.Exchange(t.Context(), code, redirect, verifier, key)
		require.ErrorIs(t, err, smm.ErrUnauthorized)
		require.Equal(t, "invalid_grant", oauthx.Code(err))
		e, ok := errors.AsType[*smm.Error](err)
		require.True(t, ok)
		require.Equal(t, smm.OutcomeRefused, e.Outcome)
	}
	other, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x"})
	require.NoError(t, err)
	refused(c, code, redirect, other.Verifier, key)
	refused(c, code, redirect, verifier, newKey(t))
	refused(c, code, redirect+"/", verifier, key)
	refused(w.client("other", nil), code, redirect, verifier, key)
	refused(c, smm.NewSecret("code-of-nobody"), redirect, verifier, key)

	tok, err := c.Exchange(t.Context(), code, redirect, verifier, key)
	require.NoError(t, err)
	refused(c, code, redirect, verifier, key) // replayed: what it bought is revoked as well
	_, err = w.whoami(&oauthx.DPoPAuth{Key: key, Token: tok.Access})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, 1, w.auth.Counters().CodeReplays)

	code, verifier = w.consent(c, key)
	w.clock.Advance(time.Minute)
	refused(c, code, redirect, verifier, key) // expired
}

func TestReplayedRefreshTokenEndsTheGrant(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(appID, nil)
	tok := w.connect(c, nil)
	next, err := c.Refresh(t.Context(), tok.Refresh, nil)
	require.NoError(t, err)
	_, err = c.Refresh(t.Context(), tok.Refresh, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, err = c.Refresh(t.Context(), next.Refresh, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, oauthtest.Counters{Exchanges: 1, Refreshes: 1, Replays: 1, FamiliesRevoked: 1}, w.auth.Counters())
}

func TestClientAssertions(t *testing.T) {
	key, wrong := newKey(t), newKey(t)
	const id = "https://host.example/client.json"
	w := newWorld(t, func(o *oauthtest.Options) {
		o.DPoP, o.Push, o.NonceLife = oauthtest.Required, oauthtest.Required, time.Minute
		o.Documents = func(address string) ([]byte, error) {
			var jwk map[string]string
			require.NoError(t, json.Unmarshal(key.PublicJWK(), &jwk))
			jwk["kid"] = "one"
			return json.Marshal(map[string]any{
				"client_id": address, "redirect_uris": []string{redirect}, "scope": "read write", "dpop_bound_access_tokens": true,
				"token_endpoint_auth_method": "private_key_jwt", "jwks": map[string]any{"keys": []any{jwk}},
			})
		}
	})
	c := w.client(id, func(cfg *oauthx.ClientConfig) { cfg.Key, cfg.KeyID = key, "one" })
	dpop := newKey(t)
	tok := w.connect(c, dpop)
	w.clock.Advance(10 * time.Minute)
	// The nonce is over, so everything is signed a second time: a server takes an
	// assertion once.
	_, err := c.Refresh(t.Context(), tok.Refresh, dpop)
	require.NoError(t, err)
	require.Zero(t, w.auth.Counters().ProofReplays)

	for name, set := range map[string]func(*oauthx.ClientConfig){
		"another key":     func(cfg *oauthx.ClientConfig) { cfg.Key = wrong },
		"another kid":     func(cfg *oauthx.ClientConfig) { cfg.Key, cfg.KeyID = key, "two" },
		"another server":  func(cfg *oauthx.ClientConfig) { cfg.Key, cfg.Metadata.Issuer = key, "https://evil.example" },
		"no assertion":    func(cfg *oauthx.ClientConfig) { cfg.Method = oauthx.AuthNone },
		"a secret of its": func(cfg *oauthx.ClientConfig) { cfg.Secret = smm.NewSecret("guess") },
	} {
		_, err := w.client(id, set).Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Key: dpop})
		require.ErrorIs(t, err, smm.ErrForbidden, name)
		require.Equal(t, "invalid_client", oauthx.Code(err), name)
	}
}

func TestCredentialsOfTheApp(t *testing.T) {
	w := newWorld(t, nil)
	tok, err := w.client(appID, nil).Credentials(t.Context(), "read")
	require.NoError(t, err)
	a, err := w.whoami(httpx.Bearer(tok.Access))
	require.NoError(t, err)
	require.Equal(t, "", a.Subject)
	require.Equal(t, []string{"read"}, a.Scopes)
	_, err = w.client("public", nil).Credentials(t.Context(), "read")
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = w.client(appID, func(cfg *oauthx.ClientConfig) { cfg.Secret = smm.NewSecret("no") }).Credentials(t.Context())
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, "invalid_client", oauthx.Code(err))
}

func TestDeniedAndPartialConsent(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client("public", nil)
	start := func() (oauthx.Started, smm.ConnectStart) {
		s, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "state", Scopes: []string{"read", "write"}})
		require.NoError(t, err)
		return s, smm.ConnectStart{URL: s.URL, Issuer: w.meta.Issuer, Platform: "sim"}
	}
	s, cs := start()
	err := oauthx.CheckReply(cs, w.browse(s.URL, "!deny"), true)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, "access_denied", oauthx.Code(err))

	s, cs = start()
	r := w.browse(s.URL, "alice", "grant_only=read")
	require.NoError(t, oauthx.CheckReply(cs, r, true))
	tok, err := c.Exchange(t.Context(), r.Code, redirect, s.Verifier, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"read"}, tok.Scopes)
	require.Equal(t, []string{"write"}, tok.Credential("").MissingScopes("read", "write"))

	s, err = c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "state", Scopes: []string{"admin"}})
	require.NoError(t, err)
	require.Equal(t, "invalid_scope", w.browse(s.URL, "alice").Error)
}
