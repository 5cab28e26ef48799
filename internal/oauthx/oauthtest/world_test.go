package oauthtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
)

const (
	base     = "https://as.example"
	redirect = "https://host.example/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	digest   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// world is a server and a client that may do everything wrong.
type world struct {
	t   *testing.T
	s   *oauthtest.Server
	now time.Time
}

func newWorld(t *testing.T, o oauthtest.Options) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time { return w.now }
	o.Base = func(*http.Request) string { return base }
	if o.Clients == nil {
		o.Clients = func(id string) (oauthtest.Client, bool) {
			switch id {
			case "public", "other":
				return oauthtest.Client{Redirects: []string{redirect}}, true
			case "secret":
				return oauthtest.Client{Secret: "s:%", Redirects: []string{redirect}, Scopes: []string{"read"}}, true
			}
			return oauthtest.Client{}, false
		}
	}
	if o.Scopes == nil {
		o.Scopes = []string{"read", "write"}
	}
	var err error
	w.s, err = oauthtest.New(o)
	require.NoError(t, err)
	return w
}

type answer struct {
	Status int
	Header http.Header
	Body   string
	JSON   map[string]any
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.s.ServeHTTP(rec, r)
	body, err := io.ReadAll(rec.Body)
	require.NoError(w.t, err)
	a := answer{Status: rec.Code, Header: rec.Header(), Body: string(body)}
	_ = json.Unmarshal(body, &a.JSON) // a page stays text
	return a
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func (w *world) post(path string, v url.Values, set ...func(*http.Request)) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, base+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, f := range set {
		f(r)
	}
	return w.do(r)
}

func (w *world) get(path string) answer {
	w.t.Helper()
	return w.do(httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, base+path, nil))
}

// request is a good authorization request.
func request(pairs ...string) url.Values {
	v := form("client_id", "public", "redirect_uri", redirect, "response_type", "code", "scope", "read write",
		"state", "s1", "code_challenge", digest, "code_challenge_method", "S256")
	for i := 0; i < len(pairs); i += 2 {
		if v.Del(pairs[i]); pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

// open opens the consent page as alice and returns what comes back.
func (w *world) open(v url.Values) url.Values {
	w.t.Helper()
	if !v.Has("login_as") {
		v.Set("login_as", "alice")
	}
	a := w.get("/oauth/authorize?" + v.Encode())
	require.Equal(w.t, http.StatusFound, a.Status, a.Body)
	u, err := url.Parse(a.Header.Get("Location"))
	require.NoError(w.t, err)
	return u.Query()
}

// tokens runs a whole flow of the public client.
func (w *world) tokens(set ...func(*http.Request)) (access, refresh string) {
	w.t.Helper()
	code := w.open(request()).Get("code")
	require.NotEmpty(w.t, code)
	a := w.post("/oauth/token", redemption(code), set...)
	require.Equal(w.t, http.StatusOK, a.Status, a.Body)
	access, _ = a.JSON["access_token"].(string)
	refresh, _ = a.JSON["refresh_token"].(string)
	return access, refresh
}

func redemption(code string, pairs ...string) url.Values {
	v := form("grant_type", "authorization_code", "client_id", "public", "code", code, "redirect_uri", redirect, "code_verifier", verifier)
	for i := 0; i < len(pairs); i += 2 {
		if v.Del(pairs[i]); pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}

func renewal(refresh string, pairs ...string) url.Values {
	v := form("grant_type", "refresh_token", "client_id", "public", "refresh_token", refresh)
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func (a answer) refused(t *testing.T, status int, code string) {
	t.Helper()
	require.Equal(t, status, a.Status, a.Body)
	require.Equal(t, code, a.JSON["error"], a.Body)
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
}

// key signs whatever it is told to.
type key struct {
	priv *ecdsa.PrivateKey
	jwk  map[string]any
}

func newKey(t *testing.T) *key {
	t.Helper()
	priv, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := priv.PublicKey.Bytes()
	require.NoError(t, err)
	return &key{priv, map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}}
}

func (k *key) sign(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	h, err := json.Marshal(header)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	input := b64(h) + "." + b64(c)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.priv, sum[:])
	require.NoError(t, err)
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return input + "." + b64(sig)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// proof is a good proof for a POST to the token endpoint; changes replace
// members of header or claims, nil removes.
func (w *world) proof(k *key, header, claims map[string]any) string {
	w.t.Helper()
	h := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": k.jwk}
	c := map[string]any{"jti": rand.Text(), "htm": "POST", "htu": base + "/oauth/token", "iat": w.now.Unix()}
	if nonce := w.s.Nonce(); nonce != "" {
		c["nonce"] = nonce
	}
	for from, into := range map[*map[string]any]map[string]any{&header: h, &claims: c} {
		for name, v := range *from {
			if into[name] = v; v == nil {
				delete(into, name)
			}
		}
	}
	return k.sign(w.t, h, c)
}

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}
