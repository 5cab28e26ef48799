package bluesky_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// rogue is a server of somebody who means harm.
type rogue struct {
	*httptest.Server
	auth   *oauthtest.Server // answers what handlers do not
	tokens atomic.Int64      // requests that carried a credential

	mu       sync.Mutex
	handlers map[string]http.HandlerFunc // by path
}

func newRogue(t testing.TB, subject string) *rogue {
	t.Helper()
	r := &rogue{handlers: make(map[string]http.HandlerFunc)}
	var err error
	r.auth, err = oauthtest.New(oauthtest.Options{
		Now: func() time.Time { return epoch }, Loopback: true, Documents: func(string) ([]byte, error) { return nil, http.ErrAbortHandler },
		Accounts: func(string) (string, bool) { return subject, true },
		Scopes:   []string{"atproto", "transition:generic", "transition:chat.bsky"}, TokenLife: time.Hour, Refresh: true,
		Push: oauthtest.Required, DPoP: oauthtest.Required, NonceLife: time.Minute, SendSubject: true,
	})
	require.NoError(t, err)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "" {
			r.tokens.Add(1)
		}
		r.mu.Lock()
		h := r.handlers[req.URL.Path]
		r.mu.Unlock()
		if h != nil {
			h(w, req)
			return
		}
		r.auth.ServeHTTP(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

// document answers path with JSON.
func (r *rogue) document(path string, v any) {
	r.answer(path, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(v) })
}

// answer sets who answers path; nil for the authorization server.
func (r *rogue) answer(path string, h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handlers[path] = h
}

const (
	resourcePath = "/.well-known/oauth-protected-resource"
	serverPath   = "/.well-known/oauth-authorization-server"
)

// locals admits servers on loopback.
func locals(t testing.TB, o safehttp.Options, servers ...string) *safehttp.Guard {
	t.Helper()
	o.AllowHTTP, o.AllowPrefixes = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for _, s := range servers {
		u, err := url.Parse(s)
		require.NoError(t, err)
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		require.NoError(t, err)
		o.Ports = append(o.Ports, uint16(n))
	}
	g, err := safehttp.New(o)
	require.NoError(t, err)
	return g
}

// people is a resolver with a list.
type people map[string]identity.Identity

func (p people) Resolve(_ context.Context, who string) (identity.Identity, error) {
	if id, ok := p[who]; ok {
		return id, nil
	}
	return identity.Identity{}, fmt.Errorf("%w: nobody is %s", smm.ErrNotFound, who)
}

func request(t testing.TB, c *bluesky.Connector, server string) smm.ConnectRequest {
	t.Helper()
	scopes, err := c.Scopes(smm.CapPost)
	require.NoError(t, err)
	return smm.ConnectRequest{Scopes: scopes, Server: server, Redirect: localRedirect, State: "state-0123456789"}
}

func TestMixUp(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	reply := consent(t, start, "shop.example.com")
	for _, iss := range []string{"", "https://evil.example.com", b.URL() + "/"} {
		forged := reply
		forged.Issuer = iss
		_, err := c.Finish(t.Context(), start, forged)
		require.ErrorIs(t, err, smm.ErrForbidden, iss)
	}
	forged := start
	forged.Issuer = "https://evil.example.com"
	answer := reply
	answer.Issuer = forged.Issuer
	_, err := c.Finish(t.Context(), forged, answer)
	require.ErrorIs(t, err, smm.ErrInvalid, "the start was put together from two")
	require.Zero(t, b.OAuthCounts().Exchanges)
	require.NoError(t, finish(t, c, start, reply).Err, "none of it spent the code")
}

func TestCodeIsGoodOnce(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	reply := consent(t, start, "shop.example.com")
	require.NoError(t, finish(t, c, start, reply).Err)
	_, err := c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), reply.Code.Reveal())

	start = begin(t, c, "shop.example.com", localRedirect)
	reply = consent(t, start, "shop.example.com")
	b.world.Clock.Advance(time.Hour)
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// TestServerNamesAnothersAccount: a server that somebody typed signs the person
// in as an account that lives elsewhere.
func TestServerNamesAnothersAccount(t *testing.T) {
	b := open(t, nil)
	evil := newRogue(t, b.account.Channel.ID)
	c := b.connector(t, bluesky.ConnectorConfig{Guard: locals(t, safehttp.Options{}, b.URL(), evil.URL)})
	start := begin(t, c, evil.URL, localRedirect)
	require.Equal(t, evil.URL, start.Issuer)
	_, err := c.Finish(t.Context(), start, consent(t, start, "anybody"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, b.account.Channel.ID)
	require.Equal(t, 1, evil.auth.Counters().Exchanges)
	require.Zero(t, b.OAuthCounts().Exchanges)
}

// TestServerHandsOverToAnother: a server says that sign-ins are the business of a
// good one. What the good one grants is for accounts of its own and is never
// shown to the other.
func TestServerHandsOverToAnother(t *testing.T) {
	b := open(t, nil)
	const attacker = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
	evil := newRogue(t, attacker)
	evil.document(resourcePath, map[string]any{"resource": evil.URL, "authorization_servers": []string{b.URL()}})
	resolver, err := b.Resolver()
	require.NoError(t, err)
	victim, err := resolver.Resolve(t.Context(), b.account.Channel.ID)
	require.NoError(t, err)
	c := b.connector(t, bluesky.ConnectorConfig{
		Guard: locals(t, safehttp.Options{}, b.URL(), evil.URL),
		Resolver: people{
			"attacker.example.com": {DID: attacker, Handle: "attacker.example.com", PDS: evil.URL},
			victim.DID:             victim,
		},
	})
	start := begin(t, c, "attacker.example.com", localRedirect)
	require.Equal(t, b.URL(), start.Issuer)
	_, err = c.Finish(t.Context(), start, consent(t, start, "shop.example.com"))
	require.ErrorIs(t, err, smm.ErrForbidden)

	start = begin(t, c, evil.URL, localRedirect)
	got := finish(t, c, start, consent(t, start, "shop.example.com"))
	require.NoError(t, got.Err)
	require.Equal(t, b.URL(), got.Credential.Server)
	require.Zero(t, evil.tokens.Load(), "a token was shown to the server that was typed")
}

// TestUselessTokenIsRevoked: what was granted for the wrong account does not live
// on.
func TestUselessTokenIsRevoked(t *testing.T) {
	b := open(t, nil)
	_, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	_, err = c.Finish(t.Context(), start, consent(t, start, "other.example.com"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, 1, b.oauth("oauth.revoke"))
}

// lies are metadata documents that must be refused, made from right ones.
func lies(evil *rogue) map[string]func(resource, server map[string]any) {
	set := func(name string, v any) func(_, server map[string]any) {
		return func(_, server map[string]any) { server[name] = v }
	}
	return map[string]func(resource, server map[string]any){
		"another issuer":            set("issuer", "https://good.example.com"),
		"issuer with a slash":       set("issuer", evil.URL+"/"),
		"no pushed requests":        set("require_pushed_authorization_requests", false),
		"no endpoint for them":      func(_, s map[string]any) { delete(s, "pushed_authorization_request_endpoint") },
		"push elsewhere":            set("pushed_authorization_request_endpoint", "http://127.0.0.1:1/par"),
		"token elsewhere":           set("token_endpoint", "https://good.example.com/token"),
		"authorize elsewhere":       set("authorization_endpoint", "https://good.example.com/authorize"),
		"revoke elsewhere":          set("revocation_endpoint", "https://good.example.com/revoke"),
		"endpoint of another kind":  set("token_endpoint", "file:///etc/passwd"),
		"no iss":                    set("authorization_response_iss_parameter_supported", false),
		"no client documents":       set("client_id_metadata_document_supported", false),
		"no DPoP":                   func(_, s map[string]any) { delete(s, "dpop_signing_alg_values_supported") },
		"DPoP with something else":  set("dpop_signing_alg_values_supported", []string{"HS256"}),
		"plain PKCE":                set("code_challenge_methods_supported", []string{"plain"}),
		"no refresh":                set("grant_types_supported", []string{"authorization_code"}),
		"no code":                   set("response_types_supported", []string{"token"}),
		"secrets alone":             set("token_endpoint_auth_methods_supported", []string{"client_secret_basic"}),
		"no scope atproto":          set("scopes_supported", []string{"openid"}),
		"members of other types":    set("scopes_supported", 17),
		"another resource":          func(r, _ map[string]any) { r["resource"] = "https://good.example.com" },
		"no authorization server":   func(r, _ map[string]any) { r["authorization_servers"] = []string{} },
		"two authorization servers": func(r, _ map[string]any) { r["authorization_servers"] = []string{evil.URL, evil.URL} },
		"a server without https":    func(r, _ map[string]any) { r["authorization_servers"] = []string{"http://good.example.com"} },
		"a private server":          func(r, _ map[string]any) { r["authorization_servers"] = []string{"https://10.0.0.1"} },
	}
}

func TestMetadataThatLies(t *testing.T) {
	b := open(t, nil)
	const did = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
	evil := newRogue(t, did)
	c := b.connector(t, bluesky.ConnectorConfig{
		Guard:    locals(t, safehttp.Options{}, evil.URL),
		Resolver: people{"a.example.com": {DID: did, Handle: "a.example.com", PDS: evil.URL}},
	})
	get := func(path string) map[string]any {
		resp, err := evil.Client().Get(evil.URL + path)
		require.NoError(t, err)
		var m map[string]any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&m))
		require.NoError(t, resp.Body.Close())
		return m
	}
	resource, server := get(resourcePath), get(serverPath)
	_, err := c.Begin(t.Context(), request(t, c, "a.example.com"))
	require.NoError(t, err, "the right documents")
	for name, lie := range lies(evil) {
		t.Run(name, func(t *testing.T) {
			r, s := maps.Clone(resource), maps.Clone(server)
			lie(r, s)
			evil.document(resourcePath, r)
			evil.document(serverPath, s)
			_, err := c.Begin(t.Context(), request(t, c, "a.example.com"))
			var e *smm.Error
			require.ErrorAs(t, err, &e)
			require.NotErrorIs(t, err, smm.ErrUnauthorized)
			require.Less(t, len(err.Error()), 500)
			evil.document(resourcePath, resource)
		})
	}
}

func TestDocumentsThatAreNone(t *testing.T) {
	b := open(t, nil)
	evil, other := newRogue(t, "x"), newRogue(t, "y")
	g := locals(t, safehttp.Options{MaxBytes: 1 << 20, Timeout: 300 * time.Millisecond}, evil.URL, other.URL)
	c := b.connector(t, bluesky.ConnectorConfig{Guard: g, Resolver: people{"a.example.com": {DID: "did:plc:a", Handle: "a.example.com", PDS: evil.URL}}})
	gone := make(chan struct{})
	defer close(gone)
	write := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }
	}
	for name, x := range map[string]struct {
		h   http.HandlerFunc
		err error
	}{
		"nothing":  {write(404, ""), smm.ErrInvalid}, // it has no OAuth
		"broken":   {write(500, ""), smm.ErrUnavailable},
		"HTML":     {write(200, "<!doctype html>"), smm.ErrUnavailable},
		"cut off":  {write(200, `{"resource":`), smm.ErrUnavailable},
		"an array": {write(200, `[]`), smm.ErrUnavailable},
		"huge":     {write(200, `{"resource":"`+strings.Repeat("x", 2<<20)+`"}`), smm.ErrUnavailable},
		"slow":     {func(_ http.ResponseWriter, r *http.Request) { <-anyOf(gone, r.Context().Done()) }, smm.ErrUnavailable},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
		}, smm.ErrForbidden},
		"inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, smm.ErrInvalid},
		"a circle": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, smm.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			evil.answer(resourcePath, x.h)
			evil.answer(serverPath, x.h)
			_, err := c.Begin(t.Context(), request(t, c, "a.example.com"))
			require.ErrorIs(t, err, x.err)
			require.Less(t, len(err.Error()), 500)
			evil.answer(resourcePath, nil)
			_, err = c.Begin(t.Context(), request(t, c, evil.URL))
			require.Error(t, err)
		})
	}
}

func anyOf(a, b <-chan struct{}) <-chan struct{} {
	out := make(chan struct{})
	go func() {
		defer close(out)
		select {
		case <-a:
		case <-b:
		}
	}()
	return out
}

func TestRequestsThatAreRefusedAtOnce(t *testing.T) {
	b, c := openApp(t, bluesky.ConnectorConfig{Capabilities: []smm.Capability{smm.CapPost}})
	good := request(t, c, "shop.example.com")
	good.Redirect = appRedirect
	before := b.oauth("oauth.par")
	for name, change := range map[string]func(*smm.ConnectRequest){
		"no atproto":       func(r *smm.ConnectRequest) { r.Scopes = []string{"transition:generic"} },
		"scope not listed": func(r *smm.ConnectRequest) { r.Scopes = append(r.Scopes, "transition:chat.bsky") },
		"redirect":         func(r *smm.ConnectRequest) { r.Redirect += "/" },
		"no state":         func(r *smm.ConnectRequest) { r.State = "" },
		"another platform": func(r *smm.ConnectRequest) {
			r.Account = smm.Ref{Platform: "mastodon", Kind: smm.KindChannel, ID: "1"}
		},
	} {
		r := good
		r.Scopes = append([]string(nil), good.Scopes...)
		change(&r)
		_, err := c.Begin(t.Context(), r)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	require.Equal(t, before, b.oauth("oauth.par"))
	_, err := b.connector(t, bluesky.ConnectorConfig{}).Begin(t.Context(), good)
	require.ErrorIs(t, err, smm.ErrInvalid, "an address on the web without a document")
	_, err = c.Scopes(smm.CapPoll)
	require.ErrorIs(t, err, smm.ErrUnsupported)
}

func TestAppWithoutItsDocument(t *testing.T) {
	b := open(t, &blueskytest.Options{})
	c := b.connector(t, bluesky.ConnectorConfig{Client: bluesky.ClientIdentity{ID: appID}, Redirects: []string{appRedirect}})
	r := request(t, c, "shop.example.com")
	r.Redirect = appRedirect
	_, err := c.Begin(t.Context(), r)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "invalid_client")
}

func badPrivates(good string) []string {
	return []string{
		"", "null", "{}", "[]", "17", "{", good + "x", good + good, strings.Replace(good, `"schema":1`, `"schema":2`, 1),
		strings.Replace(good, `"schema":1`, `"schema":1,"more":true`, 1), strings.Replace(good, `"did":"did:plc:`, `"did":"plc:`, 1),
		strings.Replace(good, `"verifier"`, `"verifierx"`, 1), strings.Replace(good, `"pds":`, `"handle":"x","pdsx":`, 1),
		strings.Replace(good, "P-256", "P-384", 1),
	}
}

func TestStartThatWasTamperedWith(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	reply := consent(t, start, "shop.example.com")
	good := start.Private.Reveal()
	for _, bad := range badPrivates(good) {
		start.Private = smm.NewSecret(bad)
		_, err := c.Finish(t.Context(), start, reply)
		require.ErrorIs(t, err, smm.ErrInvalid, bad)
		require.Less(t, len(err.Error()), 200)
	}
	require.Zero(t, b.OAuthCounts().Exchanges)
	start.Private = smm.NewSecret(good)
	require.NoError(t, finish(t, c, start, reply).Err)
}

// TestStartOfAnotherAccount: the account to connect again is held to, also where
// the start that comes back says another than the one that was begun for.
func TestStartOfAnotherAccount(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, b.URL(), localRedirect)
	start.Account = other.Channel
	_, err = c.Finish(t.Context(), start, consent(t, start, "shop.example.com"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, 1, b.oauth("oauth.revoke"))
}

// TestRenewedForAnotherAccount: a server that renews the tokens of one account
// with those of another is not believed, and nothing of it is stored.
func TestRenewedForAnotherAccount(t *testing.T) {
	b := openOAuth(t, nil)
	evil := newRogue(t, "")
	cred := b.stored(t)
	jwk := struct{ X, Y string }{}
	require.NoError(t, json.Unmarshal([]byte(cred.Extra[bluesky.ExtraDPoPKey].Reveal()), &jwk))
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + jwk.X + `","y":"` + jwk.Y + `"}`))
	_, refresh := evil.auth.Issue(cred.Extra[bluesky.ExtraClientID].Reveal(), "did:plc:zzzzzzzzzzzzzzzzzzzzzzzz", cred.Scopes, base64.RawURLEncoding.EncodeToString(sum[:]))
	cred.RefreshToken, cred.Expires = smm.NewSecret(refresh), epoch.Add(-time.Minute)
	cred.Extra[bluesky.ExtraIssuer] = smm.NewSecret(evil.URL)
	_, err := b.store.Swap(t.Context(), "", b.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	err = timeline(t, b, b.driver(t))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.ErrorContains(t, err, "something else")
	require.Equal(t, 1, evil.auth.Counters().Refreshes)
	require.True(t, b.stored(t).AccessToken.Equal(cred.AccessToken))
}
