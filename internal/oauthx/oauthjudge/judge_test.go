package oauthjudge_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

func newKey(t *testing.T) *oauthx.Key {
	t.Helper()
	k, err := oauthx.NewKey()
	require.NoError(t, err)
	return k
}

// over demands a definite refusal of a grant.
func over(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, "invalid_grant", oauthx.Code(err))
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok)
	require.Equal(t, smm.OutcomeRefused, e.Outcome)
}

func TestJudge(t *testing.T) {
	j := start(t)
	for _, c := range []struct {
		name string
		run  func(*testing.T, *judge)
	}{
		{"metadata", judgeMetadata},
		{"code with PKCE", judgeCode},
		{"PKCE", judgePKCE},
		{"denial", judgeDenial},
		{"rotation and replay", judgeRotation},
		{"revocation", judgeRevocation},
		{"pushed requests", judgePushed},
		{"bound tokens", judgeBound},
		{"nonces", judgeNonces},
		{"private_key_jwt", judgeAssertions},
		{"secrets", judgeSecrets},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, j) })
	}
}

func judgeMetadata(t *testing.T, j *judge) {
	require.True(t, j.meta.AuthorizationResponseIssParameterSupported)
	require.Equal(t, []string{"S256"}, j.meta.CodeChallengeMethodsSupported)
	require.Contains(t, j.meta.DPoPSigningAlgValuesSupported, "ES256")
	require.NotEmpty(t, j.meta.PushedAuthorizationRequestEndpoint)
	_, err := oauthx.Discover(t.Context(), guard(t, j.meta.Issuer), j.meta.Issuer+"/")
	require.ErrorIs(t, err, smm.ErrForbidden, "a slash makes another issuer")
	_, err = oauthx.Discover(t.Context(), guard(t, j.meta.Issuer), j.meta.Issuer+"/nowhere")
	require.ErrorIs(t, err, smm.ErrNotFound)
}

func judgeCode(t *testing.T, j *judge) {
	for _, id := range []string{"public", "basic: one", "post"} {
		c := j.client(t, id)
		before := time.Now()
		tok := j.connect(t, c, nil)
		require.Equal(t, "Bearer", tok.Type)
		require.Equal(t, []string{"openid", "email"}, tok.Scopes)
		require.WithinRange(t, tok.Expires, before.Add(600*time.Second), time.Now().Add(600*time.Second))
		require.False(t, tok.Refresh.IsZero())
		who, err := j.whoami(t, httpx.Bearer(tok.Access))
		require.NoError(t, err)
		require.Equal(t, "alice", who)
		_, err = j.whoami(t, httpx.Bearer(smm.NewSecret("guess")))
		require.ErrorIs(t, err, smm.ErrUnauthorized)
	}
}

func judgePKCE(t *testing.T, j *judge) {
	c := j.client(t, "public")
	code, _ := j.consent(t, c, nil)
	_, wrong := j.consent(t, c, nil)
	_, err := c.Exchange(t.Context(), code, redirect, wrong, nil)
	over(t, err)
	code, verifier := j.consent(t, c, nil)
	_, err = j.client(t, "other").Exchange(t.Context(), code, redirect, verifier, nil)
	over(t, err) // another app's code
	code, verifier = j.consent(t, c, nil)
	_, err = c.Exchange(t.Context(), code, redirect+"/", verifier, nil)
	over(t, err) // another address
	_, err = c.Exchange(t.Context(), smm.NewSecret("nobody's"), redirect, verifier, nil)
	over(t, err)

	// A code is good once, and its return takes the tokens along.
	code, verifier = j.consent(t, c, nil)
	tok, err := c.Exchange(t.Context(), code, redirect, verifier, nil)
	require.NoError(t, err)
	_, err = c.Exchange(t.Context(), code, redirect, verifier, nil)
	over(t, err)
	_, err = j.whoami(t, httpx.Bearer(tok.Access))
	require.ErrorIs(t, err, smm.ErrUnauthorized)

	// The server really demands PKCE: without the challenge it sends an error back.
	s, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}})
	require.NoError(t, err)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	q := u.Query()
	q.Del("code_challenge")
	q.Del("code_challenge_method")
	u.RawQuery = q.Encode()
	require.Equal(t, "invalid_request", newBrowser(t).answer(u.String(), false).Error)
}

func judgeDenial(t *testing.T, j *judge) {
	c := j.client(t, "public")
	s, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}})
	require.NoError(t, err)
	r := newBrowser(t).answer(s.URL, true)
	start := smm.ConnectStart{URL: s.URL, Issuer: j.meta.Issuer}
	require.Equal(t, j.meta.Issuer, r.Issuer, "errors name their issuer too")
	err = oauthx.CheckReply(start, r, true)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, "access_denied", oauthx.Code(err))
	start.Issuer = "https://another.example"
	require.ErrorIs(t, oauthx.CheckReply(start, r, true), smm.ErrForbidden)
}

func judgeRotation(t *testing.T, j *judge) {
	c := j.client(t, "public")
	first := j.connect(t, c, nil)
	second, err := c.Refresh(t.Context(), first.Refresh, nil)
	require.NoError(t, err)
	require.False(t, second.Refresh.Equal(first.Refresh))
	third, err := c.Refresh(t.Context(), second.Refresh, nil, "openid")
	require.NoError(t, err)
	require.Equal(t, []string{"openid"}, third.Scopes)
	_, err = c.Refresh(t.Context(), third.Refresh, nil, "openid", "profile")
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, "invalid_scope", oauthx.Code(err))
	_, err = j.whoami(t, httpx.Bearer(third.Access))
	require.NoError(t, err)

	_, err = c.Refresh(t.Context(), second.Refresh, nil) // replayed
	over(t, err)
	_, err = c.Refresh(t.Context(), third.Refresh, nil)
	over(t, err) // the whole grant is gone
	_, err = j.whoami(t, httpx.Bearer(third.Access))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

func judgeRevocation(t *testing.T, j *judge) {
	for _, id := range []string{"public", "basic: one", "post"} {
		c := j.client(t, id)
		tok := j.connect(t, c, nil)
		require.NoError(t, c.Revoke(t.Context(), tok.Refresh, nil))
		_, err := c.Refresh(t.Context(), tok.Refresh, nil)
		over(t, err)
		_, err = j.whoami(t, httpx.Bearer(tok.Access))
		require.ErrorIs(t, err, smm.ErrUnauthorized)
		require.NoError(t, c.Revoke(t.Context(), tok.Refresh, nil), "over already")
		require.NoError(t, c.Revoke(t.Context(), smm.NewSecret("nobody's"), nil))
	}
}

func judgePushed(t *testing.T, j *judge) {
	// The server demands it of this client.
	plain := j.client(t, "bound", func(cfg *oauthx.ClientConfig) { cfg.Metadata.PushedAuthorizationRequestEndpoint = "" })
	s, err := plain.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}})
	require.NoError(t, err)
	r := newBrowser(t).answer(s.URL, false)
	require.Equal(t, "invalid_request", r.Error)

	c := j.client(t, "bound")
	s, err = c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}, Key: newKey(t)})
	require.NoError(t, err)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	require.Len(t, u.Query(), 2, "client_id and request_uri")
	require.NotEmpty(t, newBrowser(t).answer(s.URL, false).Code)

	_, err = c.Start(t.Context(), oauthx.AuthRequest{Redirect: "https://evil.example/", State: "x", Scopes: []string{"openid"}, Key: newKey(t)})
	require.ErrorIs(t, err, smm.ErrRejected)
	_, err = c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}, Key: newKey(t), Params: url.Values{"prompt": {"none consent"}}})
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "invalid_request", oauthx.Code(err))
}

func judgeBound(t *testing.T, j *judge) {
	c := j.client(t, "bound")
	key, thief := newKey(t), newKey(t)
	code, verifier := j.consent(t, c, key)
	_, err := c.Exchange(t.Context(), code, redirect, verifier, thief)
	over(t, err) // dpop_jkt was in the request
	tok := j.connect(t, c, key)
	require.Equal(t, "DPoP", tok.Type)
	who, err := j.whoami(t, &oauthx.DPoPAuth{Key: key, Token: tok.Access, Nonces: j.nonces})
	require.NoError(t, err)
	require.Equal(t, "alice", who)
	_, err = j.whoami(t, &oauthx.DPoPAuth{Key: thief, Token: tok.Access, Nonces: j.nonces})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	_, err = j.whoami(t, httpx.Bearer(tok.Access))
	require.ErrorIs(t, err, smm.ErrUnauthorized)

	_, err = c.Refresh(t.Context(), tok.Refresh, thief)
	over(t, err)
	_, err = c.Refresh(t.Context(), tok.Refresh, nil)
	require.Error(t, err)
	next, err := c.Refresh(t.Context(), tok.Refresh, key)
	require.NoError(t, err)
	_, err = c.Refresh(t.Context(), tok.Refresh, key) // replayed
	over(t, err)
	_, err = j.whoami(t, &oauthx.DPoPAuth{Key: key, Token: next.Access, Nonces: j.nonces})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// counting counts requests and how many of them the server wanted a nonce for.
type counting struct{ requests, wanted int }

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && resp.StatusCode >= 400 && resp.Header.Get("Dpop-Nonce") != "" {
		c.wanted++
	}
	return resp, err
}

func judgeNonces(t *testing.T, j *judge) {
	wire := new(counting)
	forgetful := func(cfg *oauthx.ClientConfig) {
		cfg.Nonces, cfg.HTTPClient = new(oauthx.Nonces), &http.Client{Transport: wire}
	}
	key := newKey(t)
	c := j.client(t, "bound", forgetful)
	code, verifier := j.consent(t, c, key)
	require.Equal(t, counting{requests: 2, wanted: 1}, *wire, "the pushed request was repeated with the nonce")
	tok, err := c.Exchange(t.Context(), code, redirect, verifier, key)
	require.NoError(t, err)
	require.Equal(t, counting{requests: 3, wanted: 1}, *wire, "the nonce was remembered")
	// Without memory the refresh token is sent twice and used once.
	_, err = j.client(t, "bound", forgetful).Refresh(t.Context(), tok.Refresh, key)
	require.NoError(t, err)
	require.Equal(t, counting{requests: 5, wanted: 2}, *wire)

	tok = j.connect(t, c, key)
	h, err := httpx.New(httpx.Config{Platform: "oidc", HTTPClient: &http.Client{Transport: wire}})
	require.NoError(t, err)
	*wire = counting{}
	auth := &oauthx.DPoPAuth{Key: key, Token: tok.Access, Nonces: new(oauthx.Nonces)}
	for range 2 {
		_, fate, err := h.Commit(t.Context(), &httpx.Request{Op: "userinfo", Method: http.MethodPost, URL: j.meta.UserinfoEndpoint, Auth: auth})
		require.NoError(t, err)
		require.Equal(t, httpx.FateAnswered, fate)
	}
	require.Equal(t, counting{requests: 3, wanted: 1}, *wire)
}

func judgeAssertions(t *testing.T, j *judge) {
	c := j.client(t, "signing")
	key := newKey(t)
	tok := j.connect(t, c, key)
	require.Equal(t, "DPoP", tok.Type)
	// The nonce is forgotten: the assertion of the second try is another one, since
	// the server takes each once.
	forgetful := j.client(t, "signing", func(cfg *oauthx.ClientConfig) { cfg.Nonces = new(oauthx.Nonces) })
	next, err := forgetful.Refresh(t.Context(), tok.Refresh, key)
	require.NoError(t, err)
	require.NoError(t, c.Revoke(t.Context(), next.Refresh, nil))
	_, err = c.Refresh(t.Context(), next.Refresh, key)
	over(t, err)

	for name, set := range map[string]func(*oauthx.ClientConfig){
		"another key":    func(cfg *oauthx.ClientConfig) { cfg.Key = newKey(t) },
		"another server": func(cfg *oauthx.ClientConfig) { cfg.Metadata.Issuer = "https://another.example" },
		"no assertion":   func(cfg *oauthx.ClientConfig) { cfg.Method = oauthx.AuthNone },
	} {
		_, err := j.client(t, "signing", set).Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"openid"}, Key: key})
		require.ErrorIs(t, err, smm.ErrForbidden, name)
		require.Equal(t, "invalid_client", oauthx.Code(err), name)
	}
}

func judgeSecrets(t *testing.T, j *judge) {
	tok, err := j.client(t, "basic: one").Credentials(t.Context())
	require.NoError(t, err)
	require.False(t, tok.Access.IsZero())
	for _, id := range []string{"basic: one", "post"} {
		wrong := j.client(t, id, func(cfg *oauthx.ClientConfig) { cfg.Secret = smm.NewSecret("guess") })
		_, err := wrong.Refresh(t.Context(), smm.NewSecret("x"), nil)
		require.ErrorIs(t, err, smm.ErrForbidden, id)
		require.Equal(t, "invalid_client", oauthx.Code(err), id)
	}
	// RFC 6749 section 5.2 has unauthorized_client for this; this server says that
	// the request is wrong, which is no better for the caller.
	_, err = j.client(t, "public").Credentials(t.Context())
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "invalid_request", oauthx.Code(err))
}
