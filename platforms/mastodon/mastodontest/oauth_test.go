package mastodontest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
)

const (
	callback  = "https://app.example/cb"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// program is an app that was registered.
type program struct {
	*wire

	id, secret string
}

func register(w *wire, scopes string) *program {
	w.t.Helper()
	a := w.do("POST", "/api/v1/apps", url.Values{"client_name": {"x"}, "redirect_uris": {callback}, "scopes": {scopes}}, "Authorization: ")
	require.Equal(w.t, http.StatusOK, a.status, a.body)
	return &program{w, a.field(w.t, "client_id"), a.field(w.t, "client_secret")}
}

// consent asks for a code; changes are name, value pairs.
func (p *program) consent(changes ...string) (answer, url.Values) {
	p.t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {p.id}, "redirect_uri": {callback}, "scope": {"read"}, "state": {"s"}, "login_as": {"alice"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	a := p.do("GET", "/oauth/authorize?"+q.Encode(), nil, "Authorization: ")
	to, err := url.Parse(a.header.Get("Location"))
	require.NoError(p.t, err)
	require.True(p.t, a.status != http.StatusFound || strings.HasPrefix(to.String(), callback+"?"))
	return a, to.Query()
}

func (p *program) redeem(code string, changes ...string) answer {
	p.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {p.id}, "client_secret": {p.secret},
		"redirect_uri": {callback}, "code_verifier": {verifier},
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return p.do("POST", "/oauth/token", form, "Authorization: ")
}

func (p *program) code() string {
	p.t.Helper()
	_, back := p.consent()
	require.NotEmpty(p.t, back.Get("code"))
	return back.Get("code")
}

func (p *program) as(token string) int {
	p.t.Helper()
	return p.do("GET", "/api/v1/accounts/verify_credentials", nil, "Authorization: Bearer "+token).status
}

func TestSignIn(t *testing.T) {
	p := register(open(t, nil), "read write")
	a, back := p.consent()
	require.Equal(t, http.StatusFound, a.status)
	require.Equal(t, "s", back.Get("state"))
	require.False(t, back.Has("iss"), "Mastodon does not say who answers")
	a = p.redeem(back.Get("code"))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "Bearer", a.field(t, "token_type"))
	require.Equal(t, "read", a.field(t, "scope"))
	require.NotContains(t, a.body, "expires_in")
	require.NotContains(t, a.body, "refresh_token")
	p.token = a.field(t, "access_token")
	require.Equal(t, http.StatusOK, p.as(p.token))
	require.Equal(t, http.StatusForbidden, p.post("x").status)

	again := p.redeem(p.code())
	require.Equal(t, p.token, again.field(t, "access_token"), "the token that is there is handed out again")
	_, back = p.consent("scope", "read write")
	require.NotEqual(t, p.token, p.redeem(back.Get("code")).field(t, "access_token"), "other scopes, another token")
}

func TestCodesServeOnce(t *testing.T) {
	w := open(t, nil)
	p, other := register(w, "read"), register(w, "read")
	grant := func(a answer) {
		t.Helper()
		require.Equal(t, http.StatusBadRequest, a.status)
		require.Equal(t, "invalid_grant", a.field(t, "error"), a.body)
		require.Contains(t, a.body, "authorization grant is invalid, expired, revoked")
	}
	code := p.code()
	grant(p.redeem("never-was"))
	grant(other.redeem(code))
	grant(p.redeem(code, "redirect_uri", "https://evil.example/"))
	grant(p.redeem(code, "code_verifier", strings.Repeat("x", 43)))
	require.Equal(t, "invalid_request", p.redeem(code, "code_verifier", "").field(t, "error"))
	for _, wrong := range []answer{p.redeem(code, "client_secret", "no"), p.redeem(code, "client_id", "no")} {
		require.Equal(t, http.StatusUnauthorized, wrong.status)
		require.Equal(t, "invalid_client", wrong.field(t, "error"))
	}
	require.Equal(t, "unsupported_grant_type", p.redeem(code, "grant_type", "password").field(t, "error"))
	require.Equal(t, http.StatusOK, p.redeem(code).status, "refused tries do not spend it")
	grant(p.redeem(code))

	code = p.code()
	w.world.Clock.Advance(10 * time.Minute)
	grant(p.redeem(code))
}

func TestConsentIsRefused(t *testing.T) {
	p := register(open(t, nil), "read write:statuses")
	a, back := p.consent("login_as", "!deny")
	require.Equal(t, http.StatusFound, a.status)
	require.Equal(t, "access_denied", back.Get("error"))
	require.Equal(t, "s", back.Get("state"))
	require.False(t, back.Has("code"))
	for _, tc := range []struct{ name, value, code string }{
		{"scope", "read write", "invalid_scope"}, {"scope", "nonsense", "invalid_scope"}, {"redirect_uri", callback + "/", "invalid_redirect_uri"},
		{"client_id", "x", "invalid_client"}, {"response_type", "token", "unsupported_response_type"},
		{"code_challenge_method", "plain", "invalid_code_challenge_method"},
	} {
		a, _ := p.consent(tc.name, tc.value)
		require.Empty(t, a.header.Get("Location"), tc.value)
		require.Equal(t, tc.code, a.field(t, "error"))
	}
	a = p.do("POST", "/api/v1/apps", url.Values{"client_name": {"x"}, "redirect_uris": {callback}, "scopes": {"read fly"}})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
}

func TestRevocation(t *testing.T) {
	w := open(t, nil)
	p, other := register(w, "read"), register(w, "read")
	token := p.redeem(p.code()).field(t, "access_token")
	revoke := func(p *program, token string) answer {
		return p.do("POST", "/oauth/revoke", url.Values{"client_id": {p.id}, "client_secret": {p.secret}, "token": {token}}, "Authorization: ")
	}
	require.Equal(t, http.StatusForbidden, revoke(other, token).status)
	require.Equal(t, http.StatusOK, p.as(token))
	for range 2 {
		require.Equal(t, "{}\n", revoke(p, token).body)
	}
	require.Equal(t, "{}\n", revoke(p, "never-was").body)
	a := p.do("GET", "/api/v1/accounts/verify_credentials", nil, "Authorization: Bearer "+token)
	require.Equal(t, http.StatusUnauthorized, a.status)
	require.Equal(t, "The access token was revoked", a.field(t, "error"))
	require.NotEqual(t, token, p.redeem(p.code()).field(t, "access_token"))
}

func TestRefreshTokensServeOnce(t *testing.T) {
	w := open(t, &mastodontest.Options{Software: mastodontest.Akkoma, RefreshTokens: true, TokenLife: time.Hour})
	p := register(w, "read")
	first := p.redeem(p.code())
	require.Equal(t, "3600", first.field(t, "expires_in"))
	refresh := func(token string) answer {
		return p.redeem("", "grant_type", "refresh_token", "refresh_token", token)
	}
	second := refresh(first.field(t, "refresh_token"))
	require.Equal(t, http.StatusOK, second.status, second.body)
	require.Equal(t, http.StatusUnauthorized, p.as(first.field(t, "access_token")), "the old pair is over")
	require.Equal(t, "invalid_grant", refresh(first.field(t, "refresh_token")).field(t, "error"))
	require.Equal(t, http.StatusOK, p.as(second.field(t, "access_token")))
	w.world.Clock.Advance(time.Hour)
	require.Equal(t, http.StatusUnauthorized, p.as(second.field(t, "access_token")))
	require.Equal(t, http.StatusOK, refresh(second.field(t, "refresh_token")).status)
	require.Equal(t, 2, w.Refreshes())
}

func TestAppsAreForgotten(t *testing.T) {
	w := open(t, &mastodontest.Options{Version: "4.2.10"})
	unused, kept, used := register(w, "read"), register(w, "read"), register(w, "read")
	token := kept.redeem("", "grant_type", "client_credentials").field(t, "access_token")
	mine := used.redeem(used.code()).field(t, "access_token")
	app := func() answer {
		return w.do("GET", "/api/v1/apps/verify_credentials", nil, "Authorization: Bearer "+token)
	}
	require.Equal(t, "x", app().field(t, "name"))
	require.Equal(t, http.StatusUnauthorized, w.do("GET", "/api/v1/apps/verify_credentials", nil, "Authorization: ").status)
	w.PurgeApps()
	require.Equal(t, 2, w.Apps())
	a, _ := unused.consent()
	require.Equal(t, "invalid_client", a.field(t, "error"))
	require.Equal(t, http.StatusOK, app().status)
	w.ForgetApps()
	require.Equal(t, http.StatusUnauthorized, app().status)
	require.Equal(t, http.StatusUnauthorized, w.as(mine))
}

func (w *wire) as(token string) int { return (&program{wire: w}).as(token) }

// TestReleases: what a server has depends on its release and its software.
func TestReleases(t *testing.T) {
	for _, tc := range []struct {
		software          mastodontest.Software
		version           string
		metadata, profile bool
		userinfo          int
	}{
		{mastodontest.Mastodon, "4.5.2", true, true, 200}, {mastodontest.Mastodon, "4.3.0", true, true, 404},
		{mastodontest.Mastodon, "4.2.10", false, false, 404}, {mastodontest.Mastodon, "3.5.19", false, false, 404},
		{mastodontest.GoToSocial, "", false, false, 404}, {mastodontest.Akkoma, "", false, false, 404}, {mastodontest.Pixelfed, "", false, false, 404},
	} {
		w := open(t, &mastodontest.Options{Software: tc.software, Version: tc.version})
		a := w.do("GET", "/.well-known/oauth-authorization-server", nil)
		require.Equal(t, tc.metadata, a.status == http.StatusOK, tc)
		if tc.metadata {
			require.Equal(t, w.URL()+"/", a.field(t, "issuer"))
			require.Equal(t, tc.userinfo == 200, strings.Contains(a.body, "userinfo_endpoint"))
		}
		a = w.do("POST", "/api/v1/apps", url.Values{"client_name": {"x"}, "redirect_uris": {callback}, "scopes": {"profile"}})
		require.Equal(t, tc.profile, a.status == http.StatusOK, tc)
		require.Equal(t, tc.userinfo, w.do("GET", "/oauth/userinfo", nil).status, tc)
	}
}

// TestAccountsThatAreNotWhole: what the own account says of itself.
func TestAccountsThatAreNotWhole(t *testing.T) {
	w := open(t, nil)
	me := func() answer { return w.do("GET", "/api/v1/accounts/verify_credentials", nil) }
	require.NotContains(t, me().body, "limited")
	w.Limit("alice")
	require.Equal(t, "true", me().field(t, "limited"))
	w.Move("alice", "alice@new.example")
	require.Contains(t, me().body, `"acct":"alice@new.example"`)
	w.Disable("alice")
	require.Equal(t, http.StatusForbidden, me().status)
}
