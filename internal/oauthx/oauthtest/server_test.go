package oauthtest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/smm"
)

func TestDocuments(t *testing.T) {
	w := newWorld(t, oauthtest.Options{
		Push: oauthtest.Required, DPoP: oauthtest.Required, Refresh: true,
		Issuer: func(base string) string { return base + "/" },
		Extra: func(base string) map[string]json.RawMessage {
			return map[string]json.RawMessage{"app_registration_endpoint": json.RawMessage(`"` + base + `/api/v1/apps"`)}
		},
	})
	m := w.get("/.well-known/oauth-authorization-server").JSON
	require.Equal(t, base+"/", m["issuer"])
	require.Equal(t, base+"/oauth/token", m["token_endpoint"])
	require.Equal(t, base+"/oauth/par", m["pushed_authorization_request_endpoint"])
	require.Equal(t, true, m["require_pushed_authorization_requests"])
	require.Equal(t, base+"/api/v1/apps", m["app_registration_endpoint"])
	require.Equal(t, []any{"ES256"}, m["dpop_signing_alg_values_supported"])
	require.Contains(t, m["grant_types_supported"], "refresh_token")
	r := w.get("/.well-known/oauth-protected-resource").JSON
	require.Equal(t, []any{base + "/"}, r["authorization_servers"])
	require.Equal(t, http.StatusNotFound, w.get("/elsewhere").Status)
	require.Equal(t, http.StatusMethodNotAllowed, w.get("/oauth/token").Status)
	require.Equal(t, http.StatusMethodNotAllowed, w.post("/oauth/authorize", nil).Status)

	plain := newWorld(t, oauthtest.Options{Paths: oauthtest.Paths{Token: "/x/token"}})
	require.False(t, plain.s.Handles("/oauth/par"))
	require.True(t, plain.s.Handles("/x/token"))
	require.Equal(t, "/x/token", plain.s.Paths().Token)
	require.NotContains(t, plain.get("/.well-known/oauth-authorization-server").JSON, "pushed_authorization_request_endpoint")
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []oauthtest.Options{{TokenLife: -1}, {NonceLife: -1}, {KeepRefresh: true, Grace: 1}} {
		_, err := oauthtest.New(o)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}

func TestAuthorizeNeverRedirectsToStrangers(t *testing.T) {
	w := newWorld(t, oauthtest.Options{})
	for name, v := range map[string]url.Values{
		"an unknown app":         request("client_id", "nobody"),
		"no app":                 request("client_id", ""),
		"another address":        request("redirect_uri", "https://evil.example/"),
		"an address that begins": request("redirect_uri", redirect+"/more"),
		"no address":             request("redirect_uri", ""),
		"a pushed request of no": form("client_id", "public", "request_uri", "urn:x"),
	} {
		v.Set("login_as", "alice")
		a := w.get("/oauth/authorize?" + v.Encode())
		require.Equal(t, http.StatusBadRequest, a.Status, name)
		require.Empty(t, a.Header.Get("Location"), name)
	}
}

func TestAuthorize(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Accounts: func(login string) (string, bool) { return "id-" + login, login == "alice" }})
	for name, c := range map[string]struct {
		v    url.Values
		code string
	}{
		"denied":            {request("login_as", "!deny"), "access_denied"},
		"no PKCE":           {request("code_challenge", ""), "invalid_request"},
		"plain":             {request("code_challenge_method", "plain"), "invalid_request"},
		"a short challenge": {request("code_challenge", "x"), "invalid_request"},
		"a token":           {request("response_type", "token"), "unsupported_response_type"},
		"a strange scope":   {request("scope", "admin"), "invalid_scope"},
		"not the app's":     {request("client_id", "secret", "scope", "write"), "invalid_scope"},
	} {
		q := w.open(c.v)
		require.Equal(t, c.code, q.Get("error"), name)
		require.Equal(t, "s1", q.Get("state"), name)
		require.Equal(t, base, q.Get("iss"), name)
		require.Empty(t, q.Get("code"), name)
	}
	twice := request()
	twice.Add("scope", "read")
	require.Equal(t, "invalid_request", w.open(twice).Get("error"))
	require.Equal(t, http.StatusBadRequest, w.get("/oauth/authorize?"+request("login_as", "bob").Encode()).Status)

	page := w.get("/oauth/authorize?" + request("state", `"><script>`).Encode())
	require.Equal(t, http.StatusOK, page.Status)
	require.Contains(t, page.Body, `name="login_as"`)
	require.NotContains(t, page.Body, "<script>")

	// RFC 6749 section 3.1.2: a query of the redirect address stays.
	o := newWorld(t, oauthtest.Options{OmitIss: true, Clients: func(string) (oauthtest.Client, bool) {
		return oauthtest.Client{Redirects: []string{redirect + "?a=b"}}, true
	}})
	q := o.open(request("redirect_uri", redirect+"?a=b"))
	require.Equal(t, "b", q.Get("a"))
	require.NotEmpty(t, q.Get("code"))
	require.False(t, q.Has("iss"))
}

func TestCodes(t *testing.T) {
	w := newWorld(t, oauthtest.Options{TokenLife: time.Hour, SendCreated: true, SendSubject: true})
	code := func() string { return w.open(request()).Get("code") }
	k := code()
	for name, v := range map[string]url.Values{
		"unknown":        redemption("code-x"),
		"another app's":  redemption(k, "client_id", "other"),
		"elsewhere":      redemption(k, "redirect_uri", redirect+"/"),
		"no verifier":    redemption(k, "code_verifier", ""),
		"wrong verifier": redemption(k, "code_verifier", strings.Repeat("x", 43)),
		"short verifier": redemption(k, "code_verifier", "x"),
	} {
		a := w.post("/oauth/token", v)
		require.Equal(t, "invalid_grant", a.JSON["error"], name)
	}
	good := w.post("/oauth/token", redemption(k))
	require.Equal(t, http.StatusOK, good.Status)
	require.Equal(t, "no-store", good.Header.Get("Cache-Control"))
	access, _ := good.JSON["access_token"].(string)
	delete(good.JSON, "access_token")
	require.Equal(t, map[string]any{
		"token_type": "Bearer", "expires_in": 3600.0, "scope": "read write", "sub": "alice", "created_at": float64(w.now.Unix()),
	}, good.JSON)
	require.NoError(t, w.introspect("GET", "Bearer "+access))
	w.post("/oauth/token", redemption(k)).refused(t, 400, "invalid_grant")
	require.Error(t, w.introspect("GET", "Bearer "+access), "a code that came twice takes its tokens along")
	require.Equal(t, oauthtest.Counters{Exchanges: 1, CodeReplays: 1, FamiliesRevoked: 1}, w.s.Counters())

	late := code()
	w.now = w.now.Add(time.Minute)
	w.post("/oauth/token", redemption(late)).refused(t, 400, "invalid_grant")

	// A verifier for a request without a challenge means that somebody took the
	// challenge off (RFC 9700 section 4.8.2).
	lax := newWorld(t, oauthtest.Options{PKCEOptional: true})
	k = lax.open(request("code_challenge", "", "code_challenge_method", "")).Get("code")
	lax.post("/oauth/token", redemption(k)).refused(t, 400, "invalid_grant")
	require.Equal(t, 200, lax.post("/oauth/token", redemption(k, "code_verifier", "")).Status)
}

// introspect asks a resource.
func (w *world) introspect(method, credential string, proofs ...string) error {
	r := httptest.NewRequestWithContext(w.t.Context(), method, base+"/resource?q=1", nil)
	r.Header.Set("Authorization", credential)
	for _, p := range proofs {
		r.Header.Add("DPoP", p)
	}
	_, err := w.s.Introspect(r)
	return err
}

func TestRotation(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Refresh: true, RefreshLife: 24 * time.Hour, TokenLife: time.Hour})
	_, first := w.tokens()
	renew := func(refresh string, pairs ...string) answer {
		return w.post("/oauth/token", renewal(refresh, pairs...))
	}
	renew("rt-x").refused(t, 400, "invalid_grant")
	renew(first, "client_id", "other").refused(t, 400, "invalid_grant")
	renew(first, "scope", "read admin").refused(t, 400, "invalid_scope")
	a := renew(first, "scope", "read")
	require.Equal(t, "read", a.JSON["scope"])
	second, _ := a.JSON["refresh_token"].(string)
	w.now = w.now.Add(24*time.Hour - 1)
	third, _ := renew(second).JSON["refresh_token"].(string)
	require.NotEmpty(t, third, "each has a life of its own")
	w.now = w.now.Add(24 * time.Hour)
	renew(third).refused(t, 400, "invalid_grant") // over, which is no misuse
	require.Zero(t, w.s.Counters().FamiliesRevoked)

	_, first = w.tokens()
	second, _ = renew(first).JSON["refresh_token"].(string)
	renew(first).refused(t, 400, "invalid_grant")
	renew(second).refused(t, 400, "invalid_grant")
	renew(first).refused(t, 400, "invalid_grant")
	require.Equal(t, 1, w.s.Counters().Replays)
	require.Equal(t, 1, w.s.Counters().FamiliesRevoked)

	keep := newWorld(t, oauthtest.Options{Refresh: true, KeepRefresh: true})
	_, first = keep.tokens()
	for range 3 {
		require.Equal(t, first, keep.post("/oauth/token", renewal(first)).JSON["refresh_token"])
	}
}

func TestGrace(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Refresh: true, Grace: 10 * time.Second, TokenLife: time.Hour})
	renew := func(refresh string) answer { return w.post("/oauth/token", renewal(refresh)) }
	_, first := w.tokens()
	a := renew(first)
	w.now = w.now.Add(10 * time.Second)
	b := renew(first)
	require.Equal(t, a.JSON["refresh_token"], b.JSON["refresh_token"], "the same successor")
	require.Equal(t, a.JSON["access_token"], b.JSON["access_token"])
	require.Equal(t, 3590.0, b.JSON["expires_in"])
	require.Zero(t, w.s.Counters().Replays)
	w.now = w.now.Add(1)
	renew(first).refused(t, 400, "invalid_grant")
	require.Equal(t, 1, w.s.Counters().FamiliesRevoked)

	// Once the successor was used, nobody lost it.
	_, first = w.tokens()
	second, _ := renew(first).JSON["refresh_token"].(string)
	require.Equal(t, 200, renew(second).Status)
	renew(first).refused(t, 400, "invalid_grant")
	require.Equal(t, 2, w.s.Counters().FamiliesRevoked)
}

func TestOneOfManyRefreshesWins(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Refresh: true})
	_, refresh := w.tokens()
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+"/oauth/token", strings.NewReader(renewal(refresh).Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			w.s.ServeHTTP(rec, r)
			if rec.Code == http.StatusOK {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(1), won.Load())
	require.Equal(t, 1, w.s.Counters().FamiliesRevoked)
	require.Equal(t, 1, w.s.Counters().Replays, "after the first the family is over anyway")
}

func TestRevocation(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Refresh: true})
	for i := range 2 {
		access, refresh := w.tokens()
		token := []string{access, refresh}[i]
		w.post("/oauth/revoke", form("client_id", "other", "token", token)).refused(t, 400, "unauthorized_client")
		require.NoError(t, w.introspect("GET", "Bearer "+access))
		require.Equal(t, 200, w.post("/oauth/revoke", form("client_id", "public", "token", token)).Status)
		require.Error(t, w.introspect("GET", "Bearer "+access))
		w.post("/oauth/token", renewal(refresh)).refused(t, 400, "invalid_grant")
		require.Equal(t, 200, w.post("/oauth/revoke", form("client_id", "public", "token", token)).Status)
	}
	require.Equal(t, 200, w.post("/oauth/revoke", form("client_id", "public", "token", "unknown")).Status)
	w.post("/oauth/revoke", form("client_id", "public")).refused(t, 400, "invalid_request")
	require.Zero(t, w.s.Counters().FamiliesRevoked, "what was asked for is no misuse")
}

func TestWhatSimulatorsMayDo(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Refresh: true, TokenLife: time.Hour})
	access, refresh := w.s.Issue("public", "bob", []string{"read"}, "")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+"/resource", nil)
	r.Header.Set("Authorization", "Bearer "+access)
	a, err := w.s.Introspect(r)
	require.NoError(t, err)
	require.Equal(t, oauthtest.Access{Subject: "bob", Client: "public", Scopes: []string{"read"}, Expires: w.now.Add(time.Hour)}, a)

	w.s.ExpireAccess("alice")
	require.NoError(t, w.introspect("GET", "bearer "+access))
	w.s.ExpireAccess("bob")
	err = w.introspect("GET", "Bearer "+access)
	e, ok := errors.AsType[*oauthtest.Refusal](err)
	require.True(t, ok)
	require.Equal(t, 401, e.Status)
	require.Contains(t, e.Challenge, `Bearer error="invalid_token"`)
	refresh, _ = w.post("/oauth/token", renewal(refresh)).JSON["refresh_token"].(string)
	require.NotEmpty(t, refresh)
	w.s.RevokeSubject("bob")
	w.post("/oauth/token", renewal(refresh)).refused(t, 400, "invalid_grant")
	for _, credential := range []string{"", "Bearer", "Bearer ", "Basic eDp5", "Bearer at-x"} {
		require.Error(t, w.introspect("GET", credential), credential)
	}
	w.now = w.now.Add(time.Hour)
	access, _ = w.s.Issue("public", "bob", nil, "")
	w.now = w.now.Add(time.Hour)
	require.Error(t, w.introspect("GET", "Bearer "+access), "over by itself")
}

func TestFormsAreRead(t *testing.T) {
	w := newWorld(t, oauthtest.Options{})
	twice := redemption("x")
	twice.Add("code", "y")
	w.post("/oauth/token", twice).refused(t, 400, "invalid_request")
	w.post("/oauth/token", redemption("x"), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }).refused(t, 400, "invalid_request")
	w.post("/oauth/token", form("x", strings.Repeat("x", 300<<10))).refused(t, 400, "invalid_request")
	w.post("/oauth/token", form("client_id", "public", "grant_type", "password")).refused(t, 400, "unsupported_grant_type")
}
