package oauthtest_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
)

func basic(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

func TestClientSecrets(t *testing.T) {
	w := newWorld(t, oauthtest.Options{DefaultScope: "read"})
	own := form("grant_type", "client_credentials")
	require.Equal(t, 200, w.post("/oauth/token", own, basic("secret", "s%3A%25")).Status)
	a := w.post("/oauth/token", form("grant_type", "client_credentials", "client_id", "secret", "client_secret", "s:%"))
	require.Equal(t, "read", a.JSON["scope"])

	bad := w.post("/oauth/token", own, basic("secret", "s%3A%"))
	bad.refused(t, 400, "invalid_request") // not form-encoded
	bad = w.post("/oauth/token", own, basic("secret", "guess"))
	bad.refused(t, 401, "invalid_client")
	require.Contains(t, bad.Header.Get("WWW-Authenticate"), "Basic")
	w.post("/oauth/token", own, with("Authorization", "Bearer x")).refused(t, 400, "invalid_request")
	w.post("/oauth/token", own).refused(t, 401, "invalid_client")
	for name, c := range map[string]struct {
		v    url.Values
		code string
	}{
		"no secret":         {form("client_id", "secret"), "invalid_client"},
		"a secret too many": {form("client_id", "public", "client_secret", "x"), "invalid_client"},
		"unknown":           {form("client_id", "nobody"), "invalid_client"},
		"a public client":   {form("client_id", "public"), "unauthorized_client"},
		"not its scope":     {form("client_id", "secret", "client_secret", "s:%", "scope", "write"), "invalid_scope"},
	} {
		c.v.Set("grant_type", "client_credentials")
		require.Equal(t, c.code, w.post("/oauth/token", c.v).JSON["error"], name)
	}
	two := form("grant_type", "client_credentials", "client_secret", "s:%")
	w.post("/oauth/token", two, basic("secret", "s%3A%25")).refused(t, 400, "invalid_request")
	other := form("grant_type", "client_credentials", "client_id", "public")
	w.post("/oauth/token", other, basic("secret", "s%3A%25")).refused(t, 400, "invalid_request")
}

func TestLoopbackClients(t *testing.T) {
	w := newWorld(t, oauthtest.Options{Loopback: true, Scopes: []string{"atproto", "x"}})
	id := "http://localhost?" + url.Values{"redirect_uri": {"http://127.0.0.1/cb"}, "scope": {"atproto x"}}.Encode()
	require.NotEmpty(t, w.open(request("client_id", id, "redirect_uri", "http://127.0.0.1:4567/cb", "scope", "x")).Get("code"))
	require.NotEmpty(t, w.open(request("client_id", "http://localhost", "redirect_uri", "http://[::1]:4567/", "scope", "atproto")).Get("code"))
	require.Equal(t, "invalid_scope", w.open(request("client_id", "http://localhost", "redirect_uri", "http://127.0.0.1/", "scope", "x")).Get("error"))
	for _, bad := range [][2]string{
		{id, "http://127.0.0.1:4567/other"}, {id, "http://127.0.0.2/cb"}, {id, "http://localhost:1/cb"}, {id, "https://127.0.0.1/cb"},
		{id, "http://127.0.0.1:4567/cb?x"}, {"http://localhost?redirect_uri=https%3A%2F%2Fevil.example", "https://evil.example"},
		{"http://localhost/path", "http://127.0.0.1/"}, {"https://localhost", "http://127.0.0.1/"}, {"http://localhost:80", "http://127.0.0.1/"},
	} {
		a := w.get("/oauth/authorize?" + request("client_id", bad[0], "redirect_uri", bad[1], "scope", "atproto").Encode())
		require.Equal(t, 400, a.Status, bad)
	}
	off := newWorld(t, oauthtest.Options{})
	require.Equal(t, 400, off.get("/oauth/authorize?"+request("client_id", id, "redirect_uri", "http://127.0.0.1/cb").Encode()).Status)
}

func TestClientDocuments(t *testing.T) {
	const id = "https://host.example/client.json"
	k := newKey(t)
	good := func() map[string]any {
		return map[string]any{
			"client_id": id, "redirect_uris": []string{redirect}, "scope": "read", "token_endpoint_auth_method": "private_key_jwt",
			"jwks": map[string]any{"keys": []any{k.jwk}}, "grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
		}
	}
	var doc []byte
	var docErr error
	w := newWorld(t, oauthtest.Options{Documents: func(string) ([]byte, error) { return doc, docErr }})
	open := func(id string) int {
		return w.get("/oauth/authorize?" + request("client_id", id, "scope", "read", "login_as", "alice").Encode()).Status
	}
	write := func(d map[string]any) {
		var err error
		doc, err = json.Marshal(d)
		require.NoError(t, err)
	}
	write(good())
	require.Equal(t, http.StatusFound, open(id))
	require.Equal(t, http.StatusBadRequest, open("http://host.example/client.json"))
	require.Equal(t, http.StatusBadRequest, open("https://host.example"))
	require.Equal(t, http.StatusBadRequest, open("https://host.example/client.json?2"), "the document bears another id")
	for name, change := range map[string]func(map[string]any){
		"another id":   func(d map[string]any) { d["client_id"] = id + "x" },
		"no redirects": func(d map[string]any) { delete(d, "redirect_uris") },
		"a secret":     func(d map[string]any) { d["client_secret"] = "x" },
		"a method":     func(d map[string]any) { d["token_endpoint_auth_method"] = "client_secret_basic" },
		"no method":    func(d map[string]any) { delete(d, "token_endpoint_auth_method") },
		"no keys":      func(d map[string]any) { delete(d, "jwks") },
		"no grant":     func(d map[string]any) { d["grant_types"] = []string{"implicit"} },
		"no response":  func(d map[string]any) { d["response_types"] = []string{"token"} },
	} {
		d := good()
		change(d)
		write(d)
		require.Equal(t, http.StatusBadRequest, open(id), name)
	}
	doc = []byte("<html>")
	require.Equal(t, http.StatusBadRequest, open(id))
	docErr = errors.New("gone")
	require.Equal(t, http.StatusBadRequest, open(id))
}

func TestClientAssertions(t *testing.T) {
	k, stranger := newKey(t), newKey(t)
	k.jwk["kid"] = "one"
	raw, err := json.Marshal(k.jwk)
	require.NoError(t, err)
	w := newWorld(t, oauthtest.Options{DefaultScope: "read", Clients: func(id string) (oauthtest.Client, bool) {
		return oauthtest.Client{Keys: []json.RawMessage{json.RawMessage(`{}`), raw}}, id == "app"
	}})
	ask := func(assertion string) answer {
		return w.post("/oauth/token", form("grant_type", "client_credentials", "client_id", "app",
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion))
	}
	assertion := func(signer *key, header, claims map[string]any) string {
		h := map[string]any{"alg": "ES256", "typ": "JWT", "kid": "one"}
		c := map[string]any{"iss": "app", "sub": "app", "aud": base, "jti": rand.Text(), "iat": w.now.Unix(), "exp": w.now.Unix() + 60}
		for n, v := range header {
			h[n] = v
		}
		for n, v := range claims {
			c[n] = v
		}
		return signer.sign(t, h, c)
	}
	good := assertion(k, nil, nil)
	require.Equal(t, 200, ask(good).Status)
	ask(good).refused(t, 401, "invalid_client") // replayed
	require.Equal(t, 1, w.s.Counters().ProofReplays)
	for name, a := range map[string]string{
		"a stranger's key": assertion(stranger, nil, nil),
		"another kid":      assertion(k, map[string]any{"kid": "two"}, nil),
		"no algorithm":     assertion(k, map[string]any{"alg": "none"}, nil),
		"another issuer":   assertion(k, nil, map[string]any{"iss": "x"}),
		"another subject":  assertion(k, nil, map[string]any{"sub": "x"}),
		"another audience": assertion(k, nil, map[string]any{"aud": base + "/"}),
		"over":             assertion(k, nil, map[string]any{"exp": w.now.Unix()}),
		"for a year":       assertion(k, nil, map[string]any{"exp": w.now.Unix() + 3e7}),
		"of tomorrow":      assertion(k, nil, map[string]any{"iat": w.now.Unix() + 90, "exp": w.now.Unix() + 100}),
		"without an id":    assertion(k, nil, map[string]any{"jti": ""}),
		"no assertion":     "",
		"not a JWT":        "a.b",
	} {
		got := ask(a)
		require.Equal(t, "invalid_client", got.JSON["error"], name)
	}
	w.post("/oauth/token", form("grant_type", "client_credentials", "client_id", "app")).refused(t, 401, "invalid_client")
	w.now = w.now.Add(time.Minute)
	ask(good).refused(t, 401, "invalid_client")
}
