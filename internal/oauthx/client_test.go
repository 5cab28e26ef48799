package oauthx_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
)

func config() oauthx.ClientConfig {
	return oauthx.ClientConfig{Platform: "sim", ID: "app", Metadata: oauthx.Metadata{
		Issuer: "https://as.example", AuthorizationEndpoint: "https://as.example/authorize?tenant=a", TokenEndpoint: "https://as.example/token",
	}}
}

func TestNewClientChecksItsConfig(t *testing.T) {
	key := newKey(t)
	for name, set := range map[string]func(*oauthx.ClientConfig){
		"no platform":         func(c *oauthx.ClientConfig) { c.Platform = "" },
		"no id":               func(c *oauthx.ClientConfig) { c.ID = "" },
		"no token endpoint":   func(c *oauthx.ClientConfig) { c.Metadata.TokenEndpoint = "" },
		"http":                func(c *oauthx.ClientConfig) { c.Metadata.TokenEndpoint = "http://as.example/token" },
		"http for revocation": func(c *oauthx.ClientConfig) { c.Metadata.RevocationEndpoint = "http://as.example/revoke" },
		"basic, no secret":    func(c *oauthx.ClientConfig) { c.Method = oauthx.AuthBasic },
		"post, no secret":     func(c *oauthx.ClientConfig) { c.Method = oauthx.AuthPost },
		"no key":              func(c *oauthx.ClientConfig) { c.Method = oauthx.AuthPrivateKeyJWT },
		"unknown method":      func(c *oauthx.ClientConfig) { c.Method = "tls_client_auth" },
		"an unknown algorithm": func(c *oauthx.ClientConfig) {
			c.Key, c.Metadata.TokenEndpointAuthSigningAlgValuesSupported = key, []string{"RS256"}
		},
	} {
		cfg := config()
		set(&cfg)
		_, err := oauthx.NewClient(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	local := config()
	local.Metadata.TokenEndpoint = "http://[::1]:9/token"
	_, err := oauthx.NewClient(local)
	require.NoError(t, err)
}

func TestStartAsksForWhatItMust(t *testing.T) {
	key := newKey(t)
	c, err := oauthx.NewClient(config())
	require.NoError(t, err)
	before := time.Now()
	s, err := c.Start(t.Context(), oauthx.AuthRequest{
		Redirect: redirect, State: "a state & more", Scopes: []string{"read", "write"}, LoginHint: "alice", Key: key,
		Params: url.Values{"lang": {"de"}},
	})
	require.NoError(t, err)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	q := u.Query()
	require.Equal(t, "https://as.example/authorize", strings.Split(s.URL, "?")[0])
	require.Len(t, q.Get("code_challenge"), 43)
	require.NotContains(t, s.URL, s.Verifier.Reveal())
	delete(q, "code_challenge")
	require.Equal(t, url.Values{
		"tenant": {"a"}, "response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {redirect}, "scope": {"read write"},
		"state": {"a state & more"}, "code_challenge_method": {"S256"}, "login_hint": {"alice"}, "dpop_jkt": {key.Thumbprint()}, "lang": {"de"},
	}, q)
	require.WithinRange(t, s.Expires, before.Add(10*time.Minute), time.Now().Add(10*time.Minute))

	again, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x"})
	require.NoError(t, err)
	require.False(t, again.Verifier.Equal(s.Verifier))
	require.NotContains(t, again.URL, "scope=")
	require.NotContains(t, again.URL, "dpop_jkt=")
}

func TestStartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*oauthx.ClientConfig, *oauthx.AuthRequest)
		want error
	}{
		"no redirect": {func(_ *oauthx.ClientConfig, r *oauthx.AuthRequest) { r.Redirect = "" }, smm.ErrInvalid},
		"no state":    {func(_ *oauthx.ClientConfig, r *oauthx.AuthRequest) { r.State = "" }, smm.ErrInvalid},
		"no endpoint": {func(c *oauthx.ClientConfig, _ *oauthx.AuthRequest) { c.Metadata.AuthorizationEndpoint = "" }, smm.ErrUnsupported},
		"no S256": {func(c *oauthx.ClientConfig, _ *oauthx.AuthRequest) {
			c.Metadata.CodeChallengeMethodsSupported = []string{"plain"}
		}, smm.ErrUnsupported},
	} {
		cfg, r := config(), oauthx.AuthRequest{Redirect: redirect, State: "x"}
		c.set(&cfg, &r)
		client, err := oauthx.NewClient(cfg)
		require.NoError(t, err)
		_, err = client.Start(t.Context(), r)
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, smm.OutcomeNotSent, outcome(t, err))
	}
	c, err := oauthx.NewClient(config())
	require.NoError(t, err)
	for _, name := range []string{
		"state", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "client_id", "client_secret",
		"client_assertion", "client_assertion_type", "request", "request_uri", "scope", "login_hint", "dpop_jkt",
	} {
		_, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Params: url.Values{name: {"y"}}})
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	for _, f := range []func() error{
		func() error {
			_, err := c.Exchange(t.Context(), smm.Secret{}, redirect, smm.NewSecret("v"), nil)
			return err
		},
		func() error {
			_, err := c.Exchange(t.Context(), smm.NewSecret("c"), redirect, smm.Secret{}, nil)
			return err
		},
	} {
		require.ErrorIs(t, f(), smm.ErrInvalid)
	}
	_, err = c.Refresh(t.Context(), smm.Secret{}, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, smm.OutcomeNotSent, outcome(t, err))
}

func TestPushedRequestsLiveAsLongAsTheServerSays(t *testing.T) {
	for life, want := range map[string]time.Duration{`60`: 10 * time.Minute, `1800`: 30 * time.Minute, `864000`: time.Hour, `"x"`: 10 * time.Minute} {
		var form url.Values
		c := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			form = r.PostForm
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprintf(w, `{"request_uri":"urn:a&b","expires_in":%s}`, life)
		})
		before := time.Now()
		s, err := c.Start(t.Context(), oauthx.AuthRequest{Redirect: redirect, State: "x", Scopes: []string{"read"}})
		require.NoError(t, err)
		require.WithinRange(t, s.Expires, before.Add(want), time.Now().Add(want))
		u, err := url.Parse(s.URL)
		require.NoError(t, err)
		require.Equal(t, url.Values{"client_id": {"app"}, "request_uri": {"urn:a&b"}}, u.Query(), "nothing else passes through the browser")
		require.Equal(t, "x", form.Get("state"))
		require.Equal(t, "app", form.Get("client_id"))
	}
}

func TestClientAuthenticationOnTheWire(t *testing.T) {
	var header http.Header
	var form url.Values
	h := func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		header, form = r.Header, r.PostForm
		_, _ = fmt.Fprint(w, `{"access_token":"a","token_type":"bearer"}`)
	}
	ask := func(offered []string, set func(*oauthx.ClientConfig)) {
		t.Helper()
		c := endpoint(t, h, func(cfg *oauthx.ClientConfig) {
			cfg.ID, cfg.Secret = "a:b c", smm.NewSecret("p%:+ü")
			cfg.Metadata.TokenEndpointAuthMethodsSupported = offered
			if set != nil {
				set(cfg)
			}
		})
		_, err := c.Refresh(t.Context(), smm.NewSecret("r"), nil)
		require.NoError(t, err)
		require.Equal(t, "refresh_token", form.Get("grant_type"))
	}
	for _, offered := range [][]string{nil, {"client_secret_basic", "client_secret_post"}, {"private_key_jwt"}} {
		ask(offered, nil)
		// RFC 6749 section 2.3.1 and appendix B: form-encoded, then Basic.
		require.Equal(t, "Basic YSUzQWIrYzpwJTI1JTNBJTJCJUMzJUJD", header.Get("Authorization"))
		require.False(t, form.Has("client_secret"))
		require.False(t, form.Has("client_id"))
	}
	ask([]string{"client_secret_post"}, nil)
	require.Empty(t, header.Get("Authorization"))
	require.Equal(t, []string{"a:b c", "p%:+ü"}, []string{form.Get("client_id"), form.Get("client_secret")})
	ask(nil, func(cfg *oauthx.ClientConfig) { cfg.Secret = smm.Secret{} })
	require.Empty(t, header.Get("Authorization"))
	require.Equal(t, url.Values{"client_id": {"a:b c"}, "grant_type": {"refresh_token"}, "refresh_token": {"r"}}, form)
	ask(nil, func(cfg *oauthx.ClientConfig) { cfg.Key = newKey(t) })
	require.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", form.Get("client_assertion_type"))
	require.False(t, form.Has("client_secret"))
	require.Empty(t, header.Get("Dpop"))
}

func TestNonces(t *testing.T) {
	var n oauthx.Nonces
	a, b := newKey(t), newKey(t)
	at := func(s string) *url.URL {
		u, err := url.Parse(s)
		require.NoError(t, err)
		return u
	}
	learn := func(k *oauthx.Key, s string, values ...string) bool {
		return n.Observe(k, at(s), http.Header{"Dpop-Nonce": values})
	}
	require.Empty(t, n.Get(a, at("https://x.example/")))
	require.True(t, learn(a, "https://x.example/one", "1"))
	require.True(t, learn(a, "https://y.example/", "2"))
	require.True(t, learn(b, "https://X.example:443/", "3"))
	require.Equal(t, "1", n.Get(a, at("https://X.EXAMPLE:443/two?q")))
	require.Equal(t, "2", n.Get(a, at("https://y.example")))
	require.Equal(t, "3", n.Get(b, at("https://x.example")))
	require.Empty(t, n.Get(a, at("http://x.example")))
	require.True(t, learn(a, "https://x.example/one", "4"))
	require.Equal(t, "4", n.Get(a, at("https://x.example")))
	for _, bad := range [][]string{nil, {}, {""}, {"a", "b"}, {"a b"}, {"a\"b"}, {`a\b`}, {"a\x7f"}, {"ä"}, {strings.Repeat("x", 1025)}} {
		require.False(t, learn(a, "https://x.example", bad...))
	}
	require.Equal(t, "4", n.Get(a, at("https://x.example")), "what is none leaves the last")

	// Users name servers, so memory is bounded; and many ask at once.
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 2000 {
				learn(a, fmt.Sprintf("https://h%d-%d.example", i, j), "x")
				n.Get(a, &url.URL{Scheme: "https", Host: "x.example"})
			}
		})
	}
	wg.Wait()
	kept := 0
	for i := range 4 {
		for j := range 2000 {
			if n.Get(a, at(fmt.Sprintf("https://h%d-%d.example", i, j))) != "" {
				kept++
			}
		}
	}
	require.LessOrEqual(t, kept, 4096)
	require.Greater(t, kept, 4000)
}

func TestWantsNonce(t *testing.T) {
	header := func(nonce, challenge string) http.Header {
		return http.Header{"Dpop-Nonce": {nonce}, "Www-Authenticate": {`Bearer realm="x"`, challenge}}
	}
	require.True(t, oauthx.WantsNonce(&httpx.Response{Status: 401, Header: header("n", `DPoP error="use_dpop_nonce"`)}))
	require.False(t, oauthx.WantsNonce(&httpx.Response{Status: 400, Header: header("n", `DPoP error="use_dpop_nonce"`)}))
	require.False(t, oauthx.WantsNonce(&httpx.Response{Status: 401, Header: header("", `DPoP error="use_dpop_nonce"`)}))
	require.False(t, oauthx.WantsNonce(&httpx.Response{Status: 401, Header: header("n", `DPoP error="invalid_token"`)}))
	require.False(t, oauthx.WantsNonce(&httpx.Response{Status: 401, Header: header("n", `Bearer error="use_dpop_nonce"`)}))
}
