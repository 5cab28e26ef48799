package bluesky_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// fixedKey is a key that anybody may know.
const fixedKey = `{"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`

func get(t testing.TB, h http.Handler, address string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestClientMetadataDocument(t *testing.T) {
	old, err := bluesky.NewClientKey()
	require.NoError(t, err)
	c, err := bluesky.NewConnector(bluesky.ConnectorConfig{
		Client: bluesky.ClientIdentity{
			ID: appID, Key: smm.NewSecret(fixedKey), KeyID: "now", Retired: []bluesky.ClientKey{{Key: old, KeyID: "before"}},
		},
		Info: bluesky.ClientInfo{
			Name: "The App", URI: "https://app.example.com/", LogoURI: "https://cdn.example.org/logo.png",
			TermsURI: "https://app.example.com/terms", PolicyURI: "https://app.example.com/privacy",
		},
		Redirects:    []string{appRedirect},
		Capabilities: []smm.Capability{smm.CapPost, smm.CapMessage},
	})
	require.NoError(t, err)
	w := get(t, c.Handler(), appID)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "public, max-age=600", w.Header().Get("Cache-Control"))
	var doc map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	keys, _ := doc["jwks"].(map[string]any)["keys"].([]any)
	require.Len(t, keys, 2)
	require.Equal(t, map[string]any{
		"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		"kid": "now", "alg": "ES256", "use": "sig",
	}, keys[0])
	delete(doc, "jwks")
	require.Equal(t, map[string]any{
		"client_id": appID, "application_type": "web", "client_name": "The App", "client_uri": "https://app.example.com/",
		"logo_uri": "https://cdn.example.org/logo.png", "tos_uri": "https://app.example.com/terms", "policy_uri": "https://app.example.com/privacy",
		"redirect_uris": []any{appRedirect}, "scope": "atproto transition:chat.bsky transition:generic",
		"grant_types": []any{"authorization_code", "refresh_token"}, "response_types": []any{"code"},
		"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256", "dpop_bound_access_tokens": true,
	}, doc)
	for _, secret := range []string{"jpsQnnGQmL", old.Reveal(), `"d"`} {
		require.NotContains(t, w.Body.String(), secret)
	}
	again := get(t, c.Handler(), appID, "If-None-Match", w.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.Code)
	post := httptest.NewRecorder()
	c.Handler().ServeHTTP(post, httptest.NewRequest(http.MethodPost, appID, nil))
	require.Equal(t, http.StatusMethodNotAllowed, post.Code)
	require.Equal(t, appID, c.ClientMetadata().ClientID)
}

func TestPublicClientAndSeparateKeys(t *testing.T) {
	c, err := bluesky.NewConnector(bluesky.ConnectorConfig{Client: bluesky.ClientIdentity{ID: appID}, Redirects: []string{appRedirect}})
	require.NoError(t, err)
	doc := get(t, c.Handler(), appID).Body.String()
	require.Contains(t, doc, `"token_endpoint_auth_method": "none"`)
	require.NotContains(t, doc, "jwks")
	require.NotContains(t, doc, "signing_alg")

	c, err = bluesky.NewConnector(bluesky.ConnectorConfig{
		Client: bluesky.ClientIdentity{ID: appID, Key: smm.NewSecret(fixedKey)}, Redirects: []string{appRedirect},
		Info: bluesky.ClientInfo{JWKSURI: "https://app.example.com/bluesky/keys.json"},
	})
	require.NoError(t, err)
	doc = get(t, c.Handler(), appID).Body.String()
	require.Contains(t, doc, `"jwks_uri": "https://app.example.com/bluesky/keys.json"`)
	require.NotContains(t, doc, `"jwks":`)
	keys := get(t, c.Handler(), "https://app.example.com/bluesky/keys.json").Body.String()
	require.Contains(t, keys, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")
	require.NotContains(t, keys, "jpsQnnGQmL")

	c, err = bluesky.NewConnector(bluesky.ConnectorConfig{})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, get(t, c.Handler(), appID).Code)
}

func TestConnectorConfigIsChecked(t *testing.T) {
	key := smm.NewSecret(fixedKey)
	right := func() bluesky.ConnectorConfig {
		return bluesky.ConnectorConfig{Client: bluesky.ClientIdentity{ID: appID, Key: key}, Redirects: []string{appRedirect}}
	}
	_, err := bluesky.NewConnector(right())
	require.NoError(t, err)
	for name, change := range map[string]func(*bluesky.ConnectorConfig){
		"id http":           func(c *bluesky.ConnectorConfig) { c.Client.ID = "http://app.example.com/x.json" },
		"id without path":   func(c *bluesky.ConnectorConfig) { c.Client.ID = "https://app.example.com/" },
		"id on an address":  func(c *bluesky.ConnectorConfig) { c.Client.ID = "https://93.184.216.34/x.json" },
		"id with a port":    func(c *bluesky.ConnectorConfig) { c.Client.ID = "https://app.example.com:443/x.json" },
		"id with a query":   func(c *bluesky.ConnectorConfig) { c.Client.ID = appID + "?x" },
		"id localhost":      func(c *bluesky.ConnectorConfig) { c.Client.ID = "https://localhost/x.json" },
		"no id":             func(c *bluesky.ConnectorConfig) { c.Client.ID = "" },
		"no redirect":       func(c *bluesky.ConnectorConfig) { c.Redirects = nil },
		"redirect http":     func(c *bluesky.ConnectorConfig) { c.Redirects = []string{"http://app.example.com/cb"} },
		"redirect fragment": func(c *bluesky.ConnectorConfig) { c.Redirects = []string{appRedirect + "#x"} },
		"key":               func(c *bluesky.ConnectorConfig) { c.Client.Key = smm.NewSecret("no key") },
		"retired key": func(c *bluesky.ConnectorConfig) {
			c.Client.Retired = []bluesky.ClientKey{{Key: smm.NewSecret("no key")}}
		},
		"retired key alone": func(c *bluesky.ConnectorConfig) {
			c.Client.Key, c.Client.Retired = smm.Secret{}, []bluesky.ClientKey{{Key: key}}
		},
		"key id alone":       func(c *bluesky.ConnectorConfig) { c.Client.Key, c.Client.KeyID = smm.Secret{}, "x" },
		"two of one name":    func(c *bluesky.ConnectorConfig) { c.Client.Retired = []bluesky.ClientKey{{Key: key}} },
		"logo":               func(c *bluesky.ConnectorConfig) { c.Info.LogoURI = "http://app.example.com/logo.png" },
		"page of another":    func(c *bluesky.ConnectorConfig) { c.Info.URI = "https://example.com" },
		"page beside the id": func(c *bluesky.ConnectorConfig) { c.Info.URI = "https://app.example.com/blue" },
		"no such capability": func(c *bluesky.ConnectorConfig) { c.Capabilities = []smm.Capability{smm.CapPoll} },
		"guard of one's own": func(c *bluesky.ConnectorConfig) { c.Guard = noNetwork{} },
	} {
		cfg := right()
		change(&cfg)
		_, err := bluesky.NewConnector(cfg)
		require.Error(t, err, name)
		if name == "no such capability" {
			require.ErrorIs(t, err, smm.ErrUnsupported, name)
		} else {
			require.ErrorIs(t, err, smm.ErrInvalid, name)
		}
		require.NotContains(t, err.Error(), "no key\"", name)
	}
	_, err = bluesky.New(bluesky.Config{Credentials: smm.NewMemoryCredentials(), OAuth: bluesky.ClientIdentity{ID: appID, Key: smm.NewSecret("no key")}})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// noNetwork is a guard that connects to nothing and remembers what was asked.
type noNetwork struct{ asked *[]string }

func (g noNetwork) Fetch(_ context.Context, rawURL string) (*safehttp.Response, error) {
	if g.asked != nil {
		*g.asked = append(*g.asked, rawURL)
	}
	return &safehttp.Response{Status: http.StatusNotFound, FinalURL: rawURL}, nil
}
func (g noNetwork) Client() *http.Client  { return &http.Client{Transport: g} }
func (g noNetwork) CheckURL(string) error { return nil }
func (g noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	*g.asked = append(*g.asked, r.URL.String())
	return nil, http.ErrHandlerTimeout
}

// Resolve takes what it is asked for and knows nobody.
func (g noNetwork) Resolve(_ context.Context, who string) (identity.Identity, error) {
	*g.asked = append(*g.asked, "who "+who)
	return identity.Identity{}, smm.ErrNotFound
}

// FuzzTyped: whatever a person types is an error that can be shown, and leads to
// no other host than the one that stands in it.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{
		"shop.example.com", "@a.b", "did:plc:x", "did:web:a.example%3A8080", "https://pds.example.com", "https://bsky.app/profile/a.example.com/post/3k",
		"a@b.example.com", "", "  ", "pds.example.com:443", "\u202aa.b\u202c", "https://u:p@h/", "http://[::1]:80", "at://did:plc:x/app.bsky.feed.post/3", "https://a\\@b.example.com",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var asked []string
		g := noNetwork{&asked}
		c, err := bluesky.NewConnector(bluesky.ConnectorConfig{Guard: g, Resolver: g, DefaultServer: "https://entry.example.com"})
		require.NoError(t, err)
		_, err = c.Begin(t.Context(), smm.ConnectRequest{Scopes: []string{"atproto"}, Server: s, Redirect: localRedirect, State: "s"})
		require.Error(t, err)
		require.True(t, utf8.ValidString(err.Error()), "%q", err)
		require.Less(t, len(err.Error()), 2000)
		low := strings.ToLower(s)
		for _, a := range asked {
			if who, ok := strings.CutPrefix(a, "who "); ok {
				require.True(t, identity.IsDID(who) || identity.IsHandle(who), who)
				continue
			}
			u, err := url.Parse(a)
			require.NoError(t, err)
			require.Contains(t, []string{resourcePath, serverPath}, u.Path)
			if u.Host != "entry.example.com" {
				require.Contains(t, low, u.Hostname())
			}
		}
	})
}

// FuzzPrivate: what a store gives back for a start is refused unless Begin wrote
// it, and nothing is asked for the sake of something else.
func FuzzPrivate(f *testing.F) {
	for _, s := range badPrivates(`{"schema":1,"client":"http://localhost?x","issuer":"https://as.example.com","did":"did:plc:a","pds":"https://pds.example.com","verifier":"v","key":` + mustQuote(fixedKey) + `}`) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var asked []string
		g := noNetwork{&asked}
		c, err := bluesky.NewConnector(bluesky.ConnectorConfig{Guard: g, Resolver: g})
		require.NoError(t, err)
		_, err = c.Finish(t.Context(), smm.ConnectStart{Platform: bluesky.Platform, Issuer: "https://as.example.com", Redirect: localRedirect, Private: smm.NewSecret(s)},
			smm.ConnectReply{Code: smm.NewSecret("code"), State: "s", Issuer: "https://as.example.com"})
		require.Error(t, err)
		for _, a := range asked {
			require.Equal(t, "https://as.example.com"+serverPath, a)
		}
	})
}

func mustQuote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
