package xtest_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

const (
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// program is an app that people can consent to.
type program struct {
	*wire

	app xtest.App
}

func (w *wire) program(confidential bool) *program {
	return &program{w, w.NewApp(xtest.AppConfig{Confidential: confidential})}
}

// consent asks for a code; changes are name, value pairs.
func (p *program) consent(changes ...string) (answer, url.Values) {
	p.t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {p.app.ID}, "redirect_uri": {xtest.DefaultRedirect}, "scope": {"tweet.read users.read offline.access"},
		"state": {"s"}, "login_as": {"alice"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	a := p.do("GET", "/i/oauth2/authorize?"+q.Encode(), nil, "Authorization: ")
	to, err := url.Parse(a.header.Get("Location"))
	require.NoError(p.t, err)
	return a, to.Query()
}

func (p *program) code(changes ...string) string {
	p.t.Helper()
	a, back := p.consent(changes...)
	a.want(http.StatusFound)
	require.NotEmpty(p.t, back.Get("code"))
	return back.Get("code")
}

// basic is what a confidential client authenticates with; nothing for a public
// one.
func (p *program) basic() string {
	if p.app.Secret == "" {
		return "Authorization: "
	}
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.app.ID+":"+p.app.Secret))
}

func (p *program) ask(path string, form url.Values) answer {
	p.t.Helper()
	if p.app.Secret == "" {
		form.Set("client_id", p.app.ID)
	}
	return p.form(path, form, p.basic())
}

func (p *program) redeem(code string, changes ...string) answer {
	p.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {xtest.DefaultRedirect}, "code_verifier": {verifier}}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return p.ask("/2/oauth2/token", form)
}

func (p *program) renew(refresh string) answer {
	p.t.Helper()
	return p.ask("/2/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}})
}

func (p *program) alive(token string) bool {
	p.t.Helper()
	return p.with(token).get("/2/users/me").status == http.StatusOK
}

func TestSignIn(t *testing.T) {
	for _, confidential := range []bool{true, false} {
		p := open(t, nil).program(confidential)
		a, back := p.consent()
		a.want(http.StatusFound)
		require.Equal(t, "s", back.Get("state"))
		a = p.redeem(back.Get("code")).want(200)
		require.Equal(t, "bearer", a.str("token_type"))
		require.Equal(t, 7200.0, a.get("expires_in"))
		require.Equal(t, "tweet.read users.read offline.access", a.str("scope"))
		token, refresh := a.str("access_token"), a.str("refresh_token")
		require.True(t, p.alive(token))
		p.with(token).post("x").refused(403, "Forbidden")

		p.advance(2*time.Hour - time.Second)
		require.True(t, p.alive(token))
		p.advance(time.Second)
		a = p.with(token).get("/2/users/me")
		require.JSONEq(t, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, a.want(401).body)
		a = p.renew(refresh).want(200)
		require.True(t, p.alive(a.str("access_token")))
		require.NotEqual(t, refresh, a.str("refresh_token"))
		require.Equal(t, 1, p.Refreshes())
	}
}

func TestRefreshTokensServeOnce(t *testing.T) {
	p := open(t, nil).program(true)
	first := p.redeem(p.code()).want(200)
	second := p.renew(first.str("refresh_token")).want(200)
	third := p.renew(second.str("refresh_token")).want(200)
	require.True(t, p.alive(third.str("access_token")))
	require.JSONEq(t, `{"error":"invalid_request","error_description":"Value passed for the token was invalid."}`, p.renew(first.str("refresh_token")).want(400).body)
	require.False(t, p.alive(third.str("access_token")), "a copied token ends all that came of the same consent")
	p.renew(third.str("refresh_token")).want(400)

	other := p.redeem(p.code("scope", "users.read tweet.read")).want(200)
	require.Empty(t, other.str("refresh_token"), "only with offline.access")
	q := open(t, &xtest.Options{InvalidGrant: true}).program(true)
	require.Equal(t, "invalid_grant", q.renew("nonsense").want(400).str("error"))
}

func TestCodes(t *testing.T) {
	p := open(t, nil).program(true)
	code := p.code()
	p.advance(30 * time.Second)
	p.redeem(code).want(200)
	code = p.code()
	p.advance(30*time.Second + time.Millisecond)
	p.redeem(code).want(400)

	code = p.code()
	a := p.redeem(code).want(200)
	p.redeem(code).want(400)
	require.False(t, p.alive(a.str("access_token")), "a code that came twice was stolen")
	p.redeem(p.code(), "code_verifier", "wrong").want(400)
	p.redeem(p.code(), "redirect_uri", xtest.DefaultRedirect+"/").want(400)
	p.redeem(p.code(), "grant_type", "password").want(400)
	p.redeem(p.code(), "grant_type", "").want(400)
	p.redeem(p.code("code_challenge_method", "plain", "code_challenge", verifier)).want(200)
	other := p.wire.program(true)
	other.redeem(p.code()).want(400)
}

func TestConsent(t *testing.T) {
	p := open(t, nil).program(true)
	for name, change := range map[string][]string{
		"client":    {"client_id", "nobody"},
		"redirect":  {"redirect_uri", xtest.DefaultRedirect + "?x"},
		"type":      {"response_type", "token"},
		"scope":     {"scope", "everything"},
		"no scope":  {"scope", ""},
		"state":     {"state", strings.Repeat("x", 501)},
		"no proof":  {"code_challenge", ""},
		"no method": {"code_challenge_method", "S512"},
	} {
		a, _ := p.consent(change...)
		require.Equal(t, 400, a.status, name)
	}
	a, back := p.consent("login_as", "!deny")
	a.want(http.StatusFound)
	require.Equal(t, "access_denied", back.Get("error"))
	a, _ = p.consent("login_as", "nobody")
	a.want(404)
	p.code("state", strings.Repeat("x", 500))
	p.code("login_as", "")
	a, _ = open(t, nil).program(true).consent("login_as", "")
	a.want(http.StatusFound)

	address := p.URL() + "/i/oauth2/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {p.app.ID}, "redirect_uri": {xtest.DefaultRedirect}, "scope": {"users.read"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
	to, err := p.Consent(address, "alice")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to, xtest.DefaultRedirect+"?code="), to)
	_, err = p.Consent(p.URL()+"/i/oauth2/authorize?client_id=x", "alice")
	require.ErrorContains(t, err, "client_id")
}

func TestClientsAuthenticate(t *testing.T) {
	w := open(t, nil)
	p, public := w.program(true), w.program(false)
	form := func(code string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {xtest.DefaultRedirect}, "code_verifier": {verifier}, "client_id": {p.app.ID}, "client_secret": {p.app.Secret}}
	}
	require.Equal(t, "unauthorized_client", w.form("/2/oauth2/token", form(p.code())).want(401).str("error"), "a confidential client says so by Basic alone")
	wrong := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.app.ID+":wrong"))
	w.form("/2/oauth2/token", form(p.code()), wrong).want(401)
	named := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(public.app.ID+":"))
	w.form("/2/oauth2/token", form(public.code()), named).want(401)
	public.redeem(public.code()).want(200)
}

func TestRevoking(t *testing.T) {
	p := open(t, nil).program(true)
	a := p.redeem(p.code()).want(200)
	require.JSONEq(t, `{"revoked":true}`, p.ask("/2/oauth2/revoke", url.Values{"token": {a.str("access_token")}}).want(200).body)
	require.False(t, p.alive(a.str("access_token")))
	a = p.redeem(p.code()).want(200)
	p.ask("/2/oauth2/revoke", url.Values{"token": {a.str("refresh_token")}}).want(200)
	p.renew(a.str("refresh_token")).want(400)
	p.ask("/2/oauth2/revoke", url.Values{"token": {"nonsense"}}).want(400)
	p.RevokeTokens("alice")
	require.False(t, p.alive(p.token))
	b := p.as("bob")
	p.EndAccess(b.token)
	require.False(t, p.alive(b.token))
	q := program{b, p.App()}
	q.renew(b.login["X_REFRESH_TOKEN"]).want(200)
}

func TestScopes(t *testing.T) {
	w := open(t, nil)
	id := w.posted("x")
	for _, tc := range []struct{ lacks, method, path string }{
		{"tweet.write", "POST", "/2/tweets"},
		{"tweet.write", "DELETE", "/2/tweets/" + id},
		{"tweet.read", "GET", "/2/tweets/" + id},
		{"users.read", "GET", "/2/users/me"},
		{"tweet.moderate.write", "PUT", "/2/tweets/" + id + "/hidden"},
		{"like.write", "POST", "/2/users/" + w.me + "/likes"},
		{"like.read", "GET", "/2/tweets/" + id + "/liking_users"},
		{"follows.read", "GET", "/2/users/" + w.me + "/followers"},
		{"follows.write", "POST", "/2/users/" + w.me + "/following"},
		{"mute.write", "POST", "/2/users/" + w.me + "/muting"},
		{"mute.read", "GET", "/2/users/" + w.me + "/muting"},
		{"bookmark.write", "POST", "/2/users/" + w.me + "/bookmarks"},
		{"dm.read", "GET", "/2/dm_events"},
		{"dm.write", "POST", "/2/dm_conversations/with/" + id + "/messages"},
		{"media.write", "POST", "/2/media/upload/initialize"},
	} {
		var rest []string
		for _, s := range []string{
			"tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "follows.read", "follows.write", "mute.read", "mute.write",
			"like.read", "like.write", "bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write",
		} {
			if s != tc.lacks {
				rest = append(rest, s)
			}
		}
		a := w.with(w.IssueToken("alice", rest...)).do(tc.method, tc.path, nil)
		require.JSONEq(t, `{"title":"Forbidden","detail":"Forbidden","type":"about:blank","status":403}`, a.want(403).body, tc.lacks+" "+tc.path)
	}
}

func TestAppsAlone(t *testing.T) {
	w := open(t, nil)
	id := w.posted("public")
	app := w.bearer()
	require.Equal(t, "public", app.get("/2/tweets/"+id).want(200).str("data.text"))
	require.Equal(t, []string{id}, app.get("/2/tweets/search/recent", "query", "public").want(200).ids())
	a := app.post("x")
	a.refused(403, "Supported authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]")
	require.Equal(t, "Unsupported Authentication", a.str("title"))
	app.get("/2/users/me").want(403)
	w.get("/2/usage/tweets").want(403)
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(w.login["X_CONSUMER_KEY"]+":"+w.login["X_CONSUMER_SECRET"]))
	a = w.form("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, basic).want(200)
	require.Equal(t, "bearer", a.str("token_type"))
	require.Equal(t, w.App().Bearer, a.str("access_token"))
	w.form("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}, basic+"x").want(403)
	w.do("GET", "/2/users/me", nil, "Authorization: ").want(401)
	w.do("GET", "/2/users/me", nil, "Authorization: Bearer nonsense").want(401)
	w.LegacyErrors(true)
	require.JSONEq(t, `{"errors":[{"code":89,"message":"Invalid or expired token."}]}`, w.with("nonsense").get("/2/users/me").want(401).body)
}

// sign1 signs a request by RFC 5849, written down once more.
func (w *wire) sign1(method, path string, query url.Values, nonce string, at time.Time) string {
	oauth := url.Values{
		"oauth_consumer_key": {w.login["X_CONSUMER_KEY"]}, "oauth_token": {w.login["X_OAUTH1_TOKEN"]}, "oauth_signature_method": {"HMAC-SHA1"},
		"oauth_timestamp": {fmt.Sprint(at.Unix())}, "oauth_nonce": {nonce}, "oauth_version": {"1.0"},
	}
	esc := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	type pair struct{ k, v string }
	var all []pair
	for _, set := range []url.Values{oauth, query} {
		for k, vs := range set {
			for _, v := range vs {
				all = append(all, pair{esc(k), esc(v)})
			}
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].k < all[j].k || all[i].k == all[j].k && all[i].v < all[j].v
	})
	var parts []string
	for _, p := range all {
		parts = append(parts, p.k+"="+p.v)
	}
	base := method + "&" + esc(w.URL()+path) + "&" + esc(strings.Join(parts, "&"))
	mac := hmac.New(sha1.New, []byte(esc(w.login["X_CONSUMER_SECRET"])+"&"+esc(w.login["X_OAUTH1_SECRET"])))
	mac.Write([]byte(base))
	oauth.Set("oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	var head []string
	for k := range oauth {
		head = append(head, k+`="`+esc(oauth.Get(k))+`"`)
	}
	return "Authorization: OAuth " + strings.Join(head, ", ")
}

func TestOAuth1(t *testing.T) {
	w := open(t, nil)
	now := w.world.Clock.Now()
	a := w.do("POST", "/2/tweets", m{"text": "signed"}, w.sign1("POST", "/2/tweets", nil, "n1", now)).want(201)
	q := url.Values{"ids": {a.str("data.id")}, "tweet.fields": {"created_at,text"}, "user.fields": {"name"}, "expansions": {"author_id"}}
	path := "/2/tweets?" + q.Encode()
	require.Equal(t, "signed", w.do("GET", path, nil, w.sign1("GET", "/2/tweets", q, "n2", now)).want(200).str("data.0.text"))
	w.do("GET", path, nil, w.sign1("GET", "/2/tweets", q, "n2", now)).want(401) // a nonce serves once
	w.do("GET", path, nil, w.sign1("GET", "/2/tweets", url.Values{"ids": q["ids"]}, "n3", now)).want(401)
	w.do("GET", path, nil, w.sign1("POST", "/2/tweets", q, "n4", now)).want(401)
	w.do("GET", "/2/users/me", nil, w.sign1("GET", "/2/users/me", nil, "n5", now.Add(-6*time.Minute))).want(401)
	w.do("GET", "/2/users/me", nil, w.sign1("GET", "/2/users/me", nil, "n6", now.Add(-5*time.Minute))).want(200)
	w.with(w.login["X_OAUTH1_TOKEN"]).get("/2/users/me").want(401) // is no bearer token
	w.do("POST", "/2/users/"+w.me+"/bookmarks", m{"tweet_id": a.str("data.id")}, w.sign1("POST", "/2/users/"+w.me+"/bookmarks", nil, "n7", now)).refused(403, "OAuth 1.0a User Context is forbidden")
	f := url.Values{"text": {"form"}}
	w.form("/2/tweets", f, w.sign1("POST", "/2/tweets", f, "n8", now)).refused(400, "must be valid JSON") // a form is signed too
	w.form("/2/tweets", f, w.sign1("POST", "/2/tweets", nil, "n9", now)).want(401)
	w.RevokeTokens("alice")
	w.do("GET", "/2/users/me", nil, w.sign1("GET", "/2/users/me", nil, "n10", now)).want(401)
}

func TestChallengeIsThatOfTheStandard(t *testing.T) {
	sum := sha256.Sum256([]byte(verifier))
	require.Equal(t, challenge, base64.RawURLEncoding.EncodeToString(sum[:]))
}
