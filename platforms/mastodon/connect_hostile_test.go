package mastodon_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

const (
	metadataPath = "GET /.well-known/oauth-authorization-server"
	appsPath     = "POST /api/v1/apps"
	tokenPath    = "POST /oauth/token"
	verifyPath   = "GET /api/v1/accounts/verify_credentials"
)

// fortress is a server that does as it is told, and another on this machine that
// must never hear of it.
type fortress struct {
	scripted

	url, victim string
	hits        *atomic.Int32 // of the victim
	connector   *mastodon.Connector
}

func newFortress(t testing.TB) *fortress {
	t.Helper()
	f := &fortress{scripted: scripted{}, hits: new(atomic.Int32)}
	victim := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		f.hits.Add(1)
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(victim.Close)
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	f.url, f.victim = srv.URL, victim.URL
	f.scripted[metadataPath] = f.metadata(nil)
	f.scripted[appsPath] = says(200, `{"client_id":"app-1","client_secret":"app-secret"}`)
	f.scripted[tokenPath] = says(200, `{"access_token":"token-1","token_type":"Bearer","scope":"profile"}`)
	f.scripted[verifyPath] = says(200, `{"id":"7","username":"shop","acct":"shop"}`)
	c, err := mastodon.NewConnector(mastodon.ConnectorConfig{ClientName: "x", Redirects: []string{callback}, Guard: loopback(t, f.url, f.victim)})
	require.NoError(t, err)
	f.connector = c
	return f
}

// metadata is an honest document with changes.
func (f *fortress) metadata(change func(map[string]any)) http.HandlerFunc {
	m := map[string]any{
		"issuer": f.url + "/", "authorization_endpoint": f.url + "/oauth/authorize", "token_endpoint": f.url + "/oauth/token",
		"scopes_supported": []string{"profile"},
	}
	if change != nil {
		change(m)
	}
	b, _ := json.Marshal(m)
	return says(200, string(b))
}

func (f *fortress) begin(t testing.TB) (smm.ConnectStart, error) {
	t.Helper()
	return f.connector.Begin(t.Context(), smm.ConnectRequest{Server: f.url, Redirect: callback, State: "s", Scopes: []string{"profile"}})
}

func (f *fortress) finish(t testing.TB) ([]smm.Connected, error) {
	t.Helper()
	start, err := f.begin(t)
	require.NoError(t, err)
	return f.connector.Finish(t.Context(), start, smm.ConnectReply{Code: smm.NewSecret("code-1"), State: "s"})
}

func moves(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusTemporaryRedirect) }
}

func TestHonestServerPasses(t *testing.T) {
	f := newFortress(t)
	got, err := f.finish(t)
	require.NoError(t, err)
	require.Equal(t, "shop@"+strings.TrimPrefix(f.url, "http://"), got[0].Channel.Handle)
}

// TestHostileServers: what a server says of itself never leads anywhere else,
// and every lie is a typed error.
func TestHostileServers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		path   string
		answer func(f *fortress) http.HandlerFunc
		want   error
	}{
		{"another issuer", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["issuer"] = f.victim + "/" })
		}, smm.ErrForbidden},
		{"no issuer", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { delete(m, "issuer") })
		}, smm.ErrForbidden},
		{"token endpoint elsewhere", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["token_endpoint"] = f.victim + "/oauth/token" })
		}, smm.ErrForbidden},
		{"authorization endpoint elsewhere", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["authorization_endpoint"] = "https://phishing.example/" })
		}, smm.ErrForbidden},
		{"registration elsewhere", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["app_registration_endpoint"] = f.victim + "/apps" })
		}, smm.ErrForbidden},
		{"revocation elsewhere", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["revocation_endpoint"] = f.victim + "/revoke" })
		}, smm.ErrForbidden},
		{"script as endpoint", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" })
		}, smm.ErrForbidden},
		{"no PKCE", metadataPath, func(f *fortress) http.HandlerFunc {
			return f.metadata(func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} })
		}, smm.ErrUnsupported},
		{"redirect to another origin", metadataPath, func(f *fortress) http.HandlerFunc { return moves(f.victim + "/x") }, smm.ErrForbidden},
		{"redirect to a private address", metadataPath, func(*fortress) http.HandlerFunc { return moves("http://10.0.0.1/") }, smm.ErrInvalid},
		{"redirect in circles", metadataPath, func(f *fortress) http.HandlerFunc { return moves(f.url + "/.well-known/oauth-authorization-server") }, smm.ErrUnavailable},
		{"endless document", metadataPath, func(*fortress) http.HandlerFunc { return says(200, `{"issuer":"`+strings.Repeat("x", 2<<20)+`"}`) }, smm.ErrUnavailable},
		{"deep document", metadataPath, func(*fortress) http.HandlerFunc {
			return says(200, strings.Repeat(`{"a":`, 1e5)+"1"+strings.Repeat("}", 1e5))
		}, smm.ErrUnavailable},
		{"a list", metadataPath, func(*fortress) http.HandlerFunc { return says(200, `["x"]`) }, smm.ErrUnavailable},
		{"down", metadataPath, func(*fortress) http.HandlerFunc { return says(503, `{}`) }, smm.ErrUnavailable},
		{"app without a secret", appsPath, func(*fortress) http.HandlerFunc { return says(200, `{"client_id":"x"}`) }, smm.ErrUnavailable},
		{"app as a page", appsPath, func(*fortress) http.HandlerFunc { return says(200, `<html>`) }, smm.ErrUnavailable},
		{"app refused", appsPath, func(*fortress) http.HandlerFunc { return says(422, `{"error":"Validation failed: Name"}`) }, smm.ErrRejected},
		{"app throttled", appsPath, func(*fortress) http.HandlerFunc { return says(429, `{"error":"Too many requests"}`) }, smm.ErrRateLimited},
		{"no apps", appsPath, func(*fortress) http.HandlerFunc { return says(404, `{"error":"Not Found"}`) }, smm.ErrUnsupported},
		{"app redirected", appsPath, func(f *fortress) http.HandlerFunc { return moves(f.victim + "/x") }, smm.ErrUnavailable},
		{"endless app", appsPath, func(*fortress) http.HandlerFunc { return says(200, `{"client_id":"`+strings.Repeat("x", 2<<20)+`"}`) }, smm.ErrUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFortress(t)
			f.scripted[tc.path] = tc.answer(f)
			start, err := f.begin(t)
			fails(t, err, tc.want, "")
			require.Zero(t, start)
			if tc.name != "redirect to another origin" { // whose document is fetched and not believed
				require.Zero(t, f.hits.Load())
			}
		})
	}
}

// TestHostileTokenEndpoints: an answer that is not a usable token connects
// nothing.
func TestHostileTokenEndpoints(t *testing.T) {
	for _, tc := range []struct {
		name, path, body string
		status           int
		want             error
	}{
		{"error with 200", tokenPath, `{"error":"invalid_grant"}`, 200, smm.ErrUnauthorized},
		{"nothing with 200", tokenPath, `{}`, 200, smm.ErrUnavailable},
		{"page", tokenPath, `<html>`, 200, smm.ErrUnavailable},
		{"another type", tokenPath, `{"access_token":"t","token_type":"mac"}`, 200, smm.ErrForbidden},
		{"token that is a header", tokenPath, `{"access_token":"t\r\nX: y","token_type":"Bearer"}`, 200, smm.ErrUnavailable},
		{"client refused", tokenPath, `{"error":"invalid_client"}`, 401, smm.ErrUnauthorized},
		{"scope refused", tokenPath, `{"error":"invalid_scope"}`, 400, smm.ErrForbidden},
		{"page with 404", tokenPath, `<html>`, 404, smm.ErrUnavailable},
		{"down", tokenPath, `{"error":"invalid_grant"}`, 503, smm.ErrUnavailable},
		{"account without an id", verifyPath, `{"username":"shop"}`, 200, smm.ErrUnavailable},
		{"account with a monstrous id", verifyPath, `{"id":"` + strings.Repeat("9", 300) + `"}`, 200, smm.ErrUnavailable},
		{"account as a page", verifyPath, `<html>`, 200, smm.ErrUnavailable},
		{"account behind a challenge", verifyPath, `<html>`, 403, smm.ErrUnavailable},
		{"token not taken", verifyPath, `{"error":"The access token is invalid"}`, 401, smm.ErrUnauthorized},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFortress(t)
			f.scripted[tc.path] = says(tc.status, tc.body)
			got, err := f.finish(t)
			fails(t, err, tc.want, "")
			require.Empty(t, got)
			require.NotContains(t, err.Error(), "app-secret")
			require.NotContains(t, err.Error(), "code-1")
		})
	}
}

// TestAccountOfAnotherHost: whatever a server says of an account, it is one of
// that server.
func TestAccountOfAnotherHost(t *testing.T) {
	f := newFortress(t)
	f.scripted[verifyPath] = says(200, `{"id":"1","username":"ceo","acct":"ceo@bank.example","url":"https://bank.example/@ceo","suspended":true}`)
	got, err := f.finish(t)
	require.NoError(t, err)
	host := strings.TrimPrefix(f.url, "http://")
	require.Equal(t, host, got[0].Channel.Ref.Space)
	require.Equal(t, "ceo@"+host, got[0].Channel.Handle)
	fails(t, got[0].Err, smm.ErrForbidden, "suspended")
}

// TestSlowServer: a server that keeps people waiting is given up.
func TestSlowServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	require.NoError(t, err)
	guard, err := safehttp.New(safehttp.Options{
		AllowHTTP: true, Ports: []uint16{netip.MustParseAddrPort(u.Host).Port()}, Timeout: 200 * time.Millisecond,
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
	})
	require.NoError(t, err)
	c, err := mastodon.NewConnector(mastodon.ConnectorConfig{ClientName: "x", Guard: guard})
	require.NoError(t, err)
	_, err = c.Begin(t.Context(), smm.ConnectRequest{Server: srv.URL, Redirect: callback, State: "s"})
	fails(t, err, smm.ErrUnavailable, "200 ms")
	limit, ok := errors.AsType[*safehttp.LimitError](err)
	require.True(t, ok)
	require.Equal(t, safehttp.LimitTime, limit.Limit)
}

// TestOtherSoftware: what is no server of this kind gets no registration.
func TestOtherSoftware(t *testing.T) {
	for name, answers := range map[string]scripted{
		"nothing":      {},
		"a page":       {metadataPath: says(200, "<!doctype html>"), "GET /api/v2/instance": says(200, "<!doctype html>")},
		"empty object": {"GET /api/v2/instance": says(200, `{}`)},
	} {
		f := newFortress(t)
		delete(f.scripted, metadataPath)
		for k, v := range answers {
			f.scripted[k] = v
		}
		registered := false
		f.scripted[appsPath] = func(http.ResponseWriter, *http.Request) { registered = true }
		_, err := f.begin(t)
		if name == "a page" {
			fails(t, err, smm.ErrUnavailable, "HTML")
		} else {
			fails(t, err, smm.ErrInvalid, "web page")
		}
		require.False(t, registered)
	}
}

type answers []netip.Addr

func (a answers) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return a, nil }

// TestPrivateAddresses: by default nothing but https to public addresses is
// connected to, however it is written and whatever a name resolves to.
func TestPrivateAddresses(t *testing.T) {
	var dials atomic.Int32
	o := safehttp.Options{
		Resolver: answers{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("::1")},
		DialContext: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
			dials.Add(1)
			return nil, errors.New("no network in this test")
		},
	}
	guard, err := safehttp.New(o)
	require.NoError(t, err)
	strict, err := mastodon.NewConnector(mastodon.ConnectorConfig{ClientName: "x"})
	require.NoError(t, err)
	rebound, err := mastodon.NewConnector(mastodon.ConnectorConfig{ClientName: "x", Guard: guard})
	require.NoError(t, err)
	for _, server := range []string{
		"127.0.0.1", "http://social.invalid", "https://127.0.0.1", "10.0.0.1", "[::1]", "https://[fe80::1]", "localhost", "localhost:3000", "169.254.169.254",
		"2130706433", "0x7f.1", "127.1", "social.internal", "social.example.com:22", "social.local", "alice@192.168.0.1", "интер.рф",
	} {
		for _, c := range []*mastodon.Connector{strict, rebound} {
			_, err := c.Begin(t.Context(), smm.ConnectRequest{Server: server, Redirect: callback, State: "s"})
			fails(t, err, smm.ErrInvalid, "")
		}
	}
	_, err = rebound.Begin(t.Context(), smm.ConnectRequest{Server: "social.example.com", Redirect: callback, State: "s"})
	fails(t, err, smm.ErrInvalid, "10.1.2.3")
	_, err = rebound.ConnectToken(t.Context(), smm.Credential{Server: "social.example.com", AccessToken: smm.NewSecret("canary-token")})
	typed(t, err)
	require.Zero(t, dials.Load())
}

func TestFindServer(t *testing.T) {
	for in, want := range map[string]string{
		"social.example": "https://social.example", " Social.Example/ ": "https://social.example", "@alice@social.example": "https://social.example",
		"alice@social.example": "https://social.example", "acct:alice@social.example": "https://social.example",
		"https://social.example/@alice/114?x=y#z": "https://social.example", "HTTPS://social.example:8443": "https://social.example:8443",
		"http://127.0.0.1:3000": "http://127.0.0.1:3000", "social.example/web/@bob@far.example": "https://social.example",
		"https://social.example/@bob@far.example": "https://social.example", "[2001:db8::1]": "https://[2001:db8::1]",
	} {
		u, err := mastodon.FindServer(in)
		require.NoError(t, err, in)
		require.Equal(t, want, u.String())
	}
	for _, in := range []string{
		"", " ", "@", "@alice", "alice@", "@alice@", "a@b@c", "user:pw@host", "https://user:pw@host", "https://", "ftp://x", "a b", "a\\b", "/x", "?x", "#x",
		"javascript://x", "x\x00y", strings.Repeat("x", 2000), "https://%zz", "social.example:port", "//social.example", "mailto:a@b@c",
	} {
		u, err := mastodon.FindServer(in)
		require.ErrorIs(t, err, smm.ErrInvalid, "%q gave %v", in, u)
	}
}

// FuzzFindServer: whatever is typed, what comes out is a bare origin that reads
// back as itself, and an error quotes nothing.
func FuzzFindServer(f *testing.F) {
	for _, s := range []string{
		"social.example", "@alice@social.example", "https://social.example/@alice", "acct:a@b", "[::1]:80", "https://user:pw@x", "x\ny", "a@b@c", "http://x:1/", "é.example",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		u, err := mastodon.FindServer(typed)
		if err != nil {
			require.ErrorIs(t, err, smm.ErrInvalid)
			require.Less(t, len(err.Error()), 200)
			return
		}
		require.Contains(t, []string{"https", "http"}, u.Scheme)
		require.NotEmpty(t, u.Hostname())
		require.Nil(t, u.User)
		require.Empty(t, u.Path+u.RawQuery+u.Fragment)
		again, err := mastodon.FindServer(u.String())
		require.NoError(t, err)
		require.Equal(t, u, again)
	})
}
