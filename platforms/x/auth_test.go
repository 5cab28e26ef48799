package x_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

var hello = x.MessageParams{Text: "Hi"}

const aToken = `{"token_type":"bearer","expires_in":7200,"access_token":"at","scope":"tweet.read users.read offline.access","refresh_token":"rt2"}`

func oauth(b *bench, secret string) *x.OAuth {
	b.t.Helper()
	o, err := x.NewOAuth(x.OAuthConfig{ClientID: "client", ClientSecret: smm.NewSecret(secret), BaseURL: b.URL, HTTPClient: b.client, Clock: b.clock})
	require.NoError(b.t, err)
	return o
}

// TestOAuthStart: what the browser is sent away with.
func TestOAuthStart(t *testing.T) {
	b := open(t)
	s, err := oauth(b, "").Start(t.Context(), "https://h.example/back", "st", x.PublishScopes())
	require.NoError(t, err)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	require.Equal(t, b.URL+"/i/oauth2/authorize", u.Scheme+"://"+u.Host+u.Path)
	q := u.Query()
	require.Equal(t, []string{"code", "client", "https://h.example/back", "st", "S256"},
		[]string{q.Get("response_type"), q.Get("client_id"), q.Get("redirect_uri"), q.Get("state"), q.Get("code_challenge_method")})
	require.Equal(t, "media.write offline.access tweet.read tweet.write users.read", q.Get("scope"))
	require.NotEmpty(t, q.Get("code_challenge"))
	require.NotContains(t, s.URL, s.Verifier.Reveal())
	require.Empty(t, b.requests())
	_, err = oauth(b, "").Start(t.Context(), "https://h.example/back", string(make([]byte, 501)), nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestAuthorizeURL: the page of consent is X's, that of another base, or a given one.
func TestAuthorizeURL(t *testing.T) {
	for want, cfg := range map[string]x.OAuthConfig{
		"https://x.com/i/oauth2/authorize?": {}, "https://gate.example/i/oauth2/authorize?": {BaseURL: "https://gate.example/"},
		"https://page.example/?": {BaseURL: "https://gate.example", AuthorizeURL: "https://page.example/"},
	} {
		cfg.ClientID = "client"
		o, err := x.NewOAuth(cfg)
		require.NoError(t, err)
		s, err := o.Start(t.Context(), "https://h.example/back", "st", nil)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.URL, want), s.URL)
	}
}

// TestOAuthTokens: a confidential app proves itself by HTTP Basic and a public
// one names itself in the body; refresh tokens rotate.
func TestOAuthTokens(t *testing.T) {
	for _, secret := range []string{"", "app-secret-that-nobody-may-see"} {
		b := open(t).says(200, aToken)
		o := oauth(b, secret)
		form := func(path string) url.Values {
			t.Helper()
			r := b.requests()
			require.Len(t, r, 1)
			require.Equal(t, "POST "+path, r[0].line())
			require.Equal(t, "application/x-www-form-urlencoded", r[0].Header.Get("Content-Type"))
			v, err := url.ParseQuery(string(r[0].body))
			require.NoError(t, err)
			if secret == "" {
				require.Empty(t, r[0].Header.Get("Authorization"))
				require.Equal(t, "client", v.Get("client_id"))
			} else {
				require.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte("client:"+secret)), r[0].Header.Get("Authorization"))
				require.False(t, v.Has("client_id"))
				require.NotContains(t, string(r[0].body), secret)
			}
			return v
		}
		cred, err := o.Exchange(t.Context(), smm.NewSecret("code"), "https://h.example/back", smm.NewSecret("verifier-verifier-verifier-verifier-verifier"))
		require.NoError(t, err)
		v := form("/2/oauth2/token")
		require.Equal(t, []string{"authorization_code", "code", "https://h.example/back", "verifier-verifier-verifier-verifier-verifier"},
			[]string{v.Get("grant_type"), v.Get("code"), v.Get("redirect_uri"), v.Get("code_verifier")})
		require.Equal(t, "at", cred.AccessToken.Reveal())
		require.Equal(t, "rt2", cred.RefreshToken.Reveal())
		require.WithinDuration(t, epoch.Add(2*time.Hour), cred.Expires, time.Minute)
		require.Contains(t, cred.Scopes, x.ScopeOffline)

		cred, err = o.Refresh(t.Context(), smm.NewSecret("rt1"))
		require.NoError(t, err)
		v = form("/2/oauth2/token")
		require.Equal(t, []string{"refresh_token", "rt1"}, []string{v.Get("grant_type"), v.Get("refresh_token")})
		require.Equal(t, "rt2", cred.RefreshToken.Reveal(), "the old one is over")

		b.says(200, `{"revoked":true}`)
		require.NoError(t, o.Revoke(t.Context(), smm.NewSecret("at")))
		require.Equal(t, "at", form("/2/oauth2/revoke").Get("token"))

		b.says(400, `{"error":"invalid_request","error_description":"Value passed for the token was invalid."}`)
		_, err = o.Refresh(t.Context(), smm.NewSecret("rt1"))
		asError(t, err)
		b.requests()
		b.says(503, ``)
		_, err = o.Refresh(t.Context(), smm.NewSecret("rt1"))
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.Equal(t, smm.OutcomeUnknown, asError(t, err).Outcome, "it may be over")
		require.Len(t, b.requests(), 1, "a refresh token is never sent twice")
	}
	_, err := x.NewOAuth(x.OAuthConfig{})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestScopes are computed from what is called.
func TestScopes(t *testing.T) {
	got, err := x.Scopes("posts.like", "messages.send", "users.mute")
	require.NoError(t, err)
	require.Equal(t, []string{"dm.write", "like.write", "mute.write", "offline.access", "tweet.read", "users.read"}, got)
	_, err = x.Scopes("posts.paint")
	require.ErrorIs(t, err, smm.ErrInvalid)
	all, err := x.Scopes(x.Operations()...)
	require.NoError(t, err)
	for _, s := range all {
		require.True(t, slices.Contains(x.AllScopes(), s), s)
	}
	require.Len(t, x.AllScopes(), 25)
}

// TestCredentialsAreHeaders: nothing secret is in an address, and a refused
// token is not in an error.
func TestCredentialsAreHeaders(t *testing.T) {
	b := open(t)
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		says(401, `{"title":"`+r.Header.Get("Authorization")+`"}`)(w, r)
	}
	_, err := b.vendor().Users.Me(t.Context(), nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// renewed is a credential that is renewed once, as the keeper of a driver does.
type renewed struct{ token string }

func (r *renewed) Authorize(_ context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+r.token)
	return nil
}

func (r *renewed) Refresh(_ context.Context, resp *httpx.Response) (bool, error) {
	again := resp.Status == http.StatusUnauthorized && r.token == "old"
	r.token = "new"
	return again, nil
}

// TestRenewal: a refused token is proof that nothing was done, so that a create
// and a segment of a file go out again with its successor, and only then.
func TestRenewal(t *testing.T) {
	b := open(t)
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer new" {
			says(200, `{"data":{"id":"5"}}`)(w, r)
			return
		}
		says(401, `{"title":"Unauthorized","type":"about:blank","status":401}`)(w, r)
	}
	client := func(token string) *x.Client {
		return b.vendor(func(c *x.ClientConfig) { c.Token, c.Auth = smm.Secret{}, &renewed{token} })
	}
	_, err := client("old").Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
	require.NoError(t, err)
	sent := b.requests()
	require.Len(t, sent, 2)
	require.Equal(t, sent[0].body, sent[1].body)
	require.NoError(t, client("old").Media.Append(t.Context(), "88", 0, strings.NewReader("mp4"), 3))
	sent = b.requests()
	require.Len(t, sent, 2)
	require.Contains(t, string(sent[1].body), "mp4", "the segment is rewound")
	_, err = client("older").Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Len(t, b.requests(), 1)
}
