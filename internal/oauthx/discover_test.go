package oauthx_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/oauthx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
)

// fetcher answers from a table of documents.
type fetcher map[string]string

func (f fetcher) Fetch(_ context.Context, rawURL string) (*safehttp.Response, error) {
	body, ok := f[rawURL]
	if !ok {
		return &safehttp.Response{Status: 404, FinalURL: rawURL}, nil
	}
	return &safehttp.Response{Status: 200, Body: []byte(body), FinalURL: rawURL}, nil
}

// document is metadata of issuer, with members added or replaced.
func document(issuer string, more ...string) string {
	return `{"issuer":"` + issuer + `","authorization_endpoint":"https://as.example/authorize","token_endpoint":"https://as.example/token"` +
		strings.Join(append([]string{""}, more...), ",") + `}`
}

const wellKnown = "https://as.example/.well-known/oauth-authorization-server"

func TestDiscover(t *testing.T) {
	for issuer, at := range map[string]string{
		"https://as.example":        wellKnown,
		"https://as.example/":       wellKnown,
		"https://as.example/a/b":    wellKnown + "/a/b",
		"https://as.example/a/":     wellKnown + "/a",
		"https://as.example/a%2Fb":  wellKnown + "/a%2Fb",
		"https://as.example:8443/a": "https://as.example:8443/.well-known/oauth-authorization-server/a",
	} {
		m, err := oauthx.Discover(t.Context(), fetcher{at: document(issuer)}, issuer)
		require.NoError(t, err, issuer)
		require.Equal(t, issuer, m.Issuer)
	}
	doc := document("https://as.example",
		`"scopes_supported":["read"],"code_challenge_methods_supported":["S256"],"require_pushed_authorization_requests":true`,
		`"pushed_authorization_request_endpoint":"https://as.example/par","app_registration_endpoint":"https://as.example/api/v1/apps","vendor":1`)
	m, err := oauthx.Discover(t.Context(), fetcher{wellKnown: doc}, "https://as.example")
	require.NoError(t, err)
	require.True(t, m.RequirePushedAuthorizationRequests)
	require.Equal(t, []string{"read"}, m.ScopesSupported)
	require.Equal(t, "https://as.example/api/v1/apps", m.AppRegistrationEndpoint)
	require.Contains(t, string(m.Raw), `"vendor":1`)

	// Another identifier only where the caller names it.
	slashed := fetcher{wellKnown: document("https://as.example/")}
	_, err = oauthx.Discover(t.Context(), slashed, "https://as.example")
	require.ErrorIs(t, err, smm.ErrForbidden)
	m, err = oauthx.DiscoverAs(t.Context(), slashed, "https://as.example", oauthx.DiscoverRules{Issuers: []string{"https://as.example", "https://as.example/"}})
	require.NoError(t, err)
	require.Equal(t, "https://as.example/", m.Issuer)
}

func TestDiscoverRefusesLies(t *testing.T) {
	for name, doc := range map[string]string{
		"another issuer":        document("https://evil.example"),
		"no issuer":             `{"token_endpoint":"https://as.example/token"}`,
		"no token endpoint":     `{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a"}`,
		"no authorization":      `{"issuer":"https://as.example","token_endpoint":"https://as.example/a"}`,
		"endpoint over http":    document("https://as.example", `"revocation_endpoint":"http://as.example/r"`),
		"loopback over http":    document("https://as.example", `"token_endpoint":"http://127.0.0.1/token"`),
		"endpoint relative":     document("https://as.example", `"token_endpoint":"/token"`),
		"endpoint with a user":  document("https://as.example", `"token_endpoint":"https://canary@as.example/token"`),
		"endpoint, fragment":    document("https://as.example", `"token_endpoint":"https://as.example/token#canary"`),
		"endpoint a script":     document("https://as.example", `"authorization_endpoint":"javascript:canary"`),
		"endpoint without host": document("https://as.example", `"authorization_endpoint":"https:canary"`),
		"endpoint endless":      document("https://as.example", `"jwks_uri":"https://as.example/`+strings.Repeat("x", 3000)+`"`),
		"pushed to nowhere":     document("https://as.example", `"require_pushed_authorization_requests":true`),
	} {
		_, err := oauthx.Discover(t.Context(), fetcher{wellKnown: doc}, "https://as.example")
		require.ErrorIs(t, err, smm.ErrForbidden, name)
		require.NotContains(t, err.Error(), "evil", name)
		require.NotContains(t, err.Error(), "canary", name)
	}
	elsewhere := fetcher{wellKnown: document("https://as.example", `"token_endpoint":"https://other.example/token"`)}
	_, err := oauthx.Discover(t.Context(), elsewhere, "https://as.example")
	require.NoError(t, err)
	_, err = oauthx.DiscoverAs(t.Context(), elsewhere, "https://as.example", oauthx.DiscoverRules{SameOrigin: true})
	require.ErrorIs(t, err, smm.ErrForbidden)

	for name, doc := range map[string]string{
		"HTML": "<!doctype html>canary", "an array": `["canary"]`, "nothing": "", "cut": `{"issuer":"canary`, "a wrong type": `{"issuer":["canary"]}`,
	} {
		_, err := oauthx.Discover(t.Context(), fetcher{wellKnown: doc}, "https://as.example")
		require.ErrorIs(t, err, smm.ErrUnavailable, name)
		require.NotContains(t, err.Error(), "canary", name)
	}
	for _, issuer := range []string{
		"", "as.example", "http://as.example", "https://as.example?x=1", "https://as.example?", "https://as.example#f", "https://as.example#",
		"https://u:p@as.example", "ftp://as.example", "https://", "https:as.example", "https://as.example/" + strings.Repeat("x", 3000),
	} {
		_, err := oauthx.Discover(t.Context(), fetcher{}, issuer)
		require.ErrorIs(t, err, smm.ErrInvalid, issuer)
	}
	_, err = oauthx.Discover(t.Context(), fetcher{}, "https://as.example")
	require.ErrorIs(t, err, smm.ErrNotFound)
}

func TestDiscoverResource(t *testing.T) {
	const at = "https://pds.example/.well-known/oauth-protected-resource"
	m, err := oauthx.DiscoverResource(t.Context(), fetcher{at: `{"resource":"https://pds.example","authorization_servers":["https://as.example"]}`}, "https://pds.example")
	require.NoError(t, err)
	require.Equal(t, []string{"https://as.example"}, m.AuthorizationServers)
	for name, doc := range map[string]string{
		"another resource": `{"resource":"https://pds.example/","authorization_servers":["https://as.example"]}`,
		"none":             `{"authorization_servers":["https://as.example"]}`,
		"a server on http": `{"resource":"https://pds.example","authorization_servers":["http://as.example"]}`,
		"a server's query": `{"resource":"https://pds.example","authorization_servers":["https://as.example?x"]}`,
	} {
		_, err := oauthx.DiscoverResource(t.Context(), fetcher{at: doc}, "https://pds.example")
		require.ErrorIs(t, err, smm.ErrForbidden, name)
	}
}

func TestDiscoverOfHostileServers(t *testing.T) {
	status := 500
	var s *httptest.Server
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, document(s.URL+"/away")) // it lies about who it is
	}))
	defer elsewhere.Close()
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/.well-known/oauth-authorization-server"); path {
		case "/huge":
			_, _ = io.WriteString(w, document(s.URL+"/huge", `"x":"`+strings.Repeat("x", 2<<20)+`"`))
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/slow":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/away":
			http.Redirect(w, r, elsewhere.URL+"/.well-known/oauth-authorization-server", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusPermanentRedirect)
		case "/status":
			w.WriteHeader(status)
		default:
			_, _ = fmt.Fprintf(w, `{"issuer":"%s/moved","authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t"}`, s.URL)
		}
	}))
	defer s.Close()
	g := guard(t, func(o *safehttp.Options) { o.Timeout = 300 * time.Millisecond }, s, elsewhere)
	for path, want := range map[string]error{
		"/huge": smm.ErrUnavailable, "/endless": smm.ErrUnavailable, "/slow": smm.ErrUnavailable, "/loop": smm.ErrUnavailable,
		"/away": smm.ErrForbidden, "/inside": smm.ErrInvalid, "/status": smm.ErrUnavailable,
	} {
		_, err := oauthx.Discover(t.Context(), g, s.URL+path)
		require.ErrorIs(t, err, want, path)
	}
	for _, status = range []int{404, 410} {
		_, err := oauthx.Discover(t.Context(), g, s.URL+"/status")
		require.ErrorIs(t, err, smm.ErrNotFound)
	}
	// A move inside one origin is the origin's own business.
	m, err := oauthx.Discover(t.Context(), g, s.URL+"/moved")
	require.NoError(t, err)
	require.Equal(t, s.URL+"/t", m.TokenEndpoint)

	// Nobody there, an address that is not for strangers, a caller who gave up.
	s.Close()
	_, err = oauthx.Discover(t.Context(), g, s.URL)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	_, err = oauthx.Discover(t.Context(), g, "https://169.254.169.254")
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorIs(t, err, safehttp.ErrBlocked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = oauthx.Discover(ctx, g, s.URL)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, smm.ErrUnavailable)
}
