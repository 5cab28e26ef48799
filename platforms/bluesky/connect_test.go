package bluesky_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
)

const (
	localRedirect = "http://127.0.0.1:8400/callback"
	appID         = "https://app.example.com/bluesky/client-metadata.json"
	appRedirect   = "https://app.example.com/connect/callback"
)

// connector is one for accounts of the simulator.
func (b *bench) connector(t testing.TB, cfg bluesky.ConnectorConfig) *bluesky.Connector {
	t.Helper()
	if cfg.Guard == nil {
		g, err := b.Guard()
		require.NoError(t, err)
		cfg.Guard = g
	}
	if cfg.Resolver == nil {
		r, err := b.Resolver()
		require.NoError(t, err)
		cfg.Resolver = r
	}
	if cfg.DefaultServer == "" {
		cfg.DefaultServer = b.URL()
	}
	cfg.Clock = b.world.Clock
	c, err := bluesky.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

// openApp is a simulator that gets the document of an app with a web address from
// the app's own handler.
func openApp(t testing.TB, cfg bluesky.ConnectorConfig) (*bench, *bluesky.Connector) {
	t.Helper()
	var c *bluesky.Connector
	b := open(t, &blueskytest.Options{Documents: func(address string) ([]byte, error) {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return nil, errors.New(w.Body.String())
		}
		return w.Body.Bytes(), nil
	}})
	cfg.Client.ID, cfg.Redirects = appID, []string{appRedirect}
	c = b.connector(t, cfg)
	return b, c
}

func begin(t testing.TB, c *bluesky.Connector, server, redirect string, caps ...smm.Capability) smm.ConnectStart {
	t.Helper()
	if caps == nil {
		caps = []smm.Capability{smm.CapPost, smm.CapTimeline}
	}
	scopes, err := c.Scopes(caps...)
	require.NoError(t, err)
	start, err := c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Server: server, Redirect: redirect, State: "state-0123456789"})
	require.NoError(t, err)
	return start
}

// consent is the person's browser: it signs in as login, or denies, and comes
// back.
func consent(t testing.TB, start smm.ConnectStart, login string, more ...string) smm.ConnectReply {
	t.Helper()
	h := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := h.Get(start.URL + "&login_as=" + url.QueryEscape(login) + strings.Join(more, ""))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusFound, resp.StatusCode)
	back, err := resp.Location()
	require.NoError(t, err)
	require.Equal(t, start.Redirect, strings.Split(back.String(), "?")[0])
	reply, err := smm.ParseConnectReply(back.Query())
	require.NoError(t, err)
	require.Equal(t, "state-0123456789", reply.State)
	return reply
}

// finish connects and returns the one account that came of it.
func finish(t testing.TB, c *bluesky.Connector, start smm.ConnectStart, reply smm.ConnectReply) smm.Connected {
	t.Helper()
	got, err := c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	require.Len(t, got, 1)
	return got[0]
}

// keep stores what was connected, as package connect does.
func (b *bench) keep(t testing.TB, got smm.Connected) {
	t.Helper()
	require.NoError(t, got.Err)
	old, err := b.store.Load(t.Context(), "", got.Channel.Ref)
	if !errors.Is(err, smm.ErrNotFound) {
		require.NoError(t, err)
	}
	_, err = b.store.Swap(t.Context(), "", got.Channel.Ref, old.Version, old.Renewed(got.Credential))
	require.NoError(t, err)
}

func TestConnect(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	for _, typed := range []string{
		"shop.example.com", "@Shop.Example.com", "at://shop.example.com", " shop.example.com\u202c ", b.account.Channel.ID,
		"https://bsky.app/profile/shop.example.com", b.URL(), b.URL() + "/", "", "someone@example.com",
	} {
		t.Run(typed, func(t *testing.T) {
			start := begin(t, c, typed, localRedirect)
			require.Equal(t, b.URL(), start.Issuer)
			require.Equal(t, bluesky.Platform, start.Platform)
			require.True(t, start.Expires.After(epoch))
			require.NotContains(t, start.URL, "state-0123456789", "the request is pushed")
			got := finish(t, c, start, consent(t, start, "shop.example.com"))
			require.NoError(t, got.Err)
			require.Empty(t, got.Missing)
			require.Equal(t, smm.Channel{
				Ref: b.account.Channel, Name: "shop.example.com", Handle: "shop.example.com", URL: "https://bsky.app/profile/" + b.account.Channel.ID,
			}, got.Channel)
			require.Equal(t, "DPoP", got.Credential.TokenType)
			require.Equal(t, b.URL(), got.Credential.Server)
			require.Equal(t, []string{"atproto", "transition:generic"}, got.Credential.Scopes)
			require.Equal(t, epoch.Add(time.Hour), got.Credential.Expires)
			b.keep(t, got)
			r := b.publish(t, &smm.Post{Text: "connected by " + typed})
			require.Equal(t, smm.OutcomePublished, r.Outcome)
		})
	}
	require.Zero(t, b.auth("createSession"), "the app password was used")
}

func TestConnectWithADocument(t *testing.T) {
	key, err := bluesky.NewClientKey()
	require.NoError(t, err)
	for name, client := range map[string]bluesky.ClientIdentity{
		"public client":       {},
		"confidential client": {Key: key},
		"named key":           {Key: key, KeyID: "2026-11"},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := openApp(t, bluesky.ConnectorConfig{Client: client, Info: bluesky.ClientInfo{Name: "The App", URI: "https://app.example.com"}})
			start := begin(t, c, "shop.example.com", appRedirect)
			b.keep(t, finish(t, c, start, consent(t, start, "shop.example.com")))
			client.ID = appID
			b.config.OAuth = client
			d := b.driver(t)
			require.NoError(t, timeline(t, b, d))
			b.world.Clock.Advance(2 * time.Hour)
			require.NoError(t, timeline(t, b, d))
			require.Equal(t, 1, b.OAuthCounts().Refreshes)
			require.Zero(t, b.OAuthCounts().ProofReplays)
		})
	}
}

// TestAnotherAppsTokens: a driver that is not the app which connected the account
// says so, and does not call the account disconnected.
func TestAnotherAppsTokens(t *testing.T) {
	key, err := bluesky.NewClientKey()
	require.NoError(t, err)
	b, c := openApp(t, bluesky.ConnectorConfig{Client: bluesky.ClientIdentity{Key: key}})
	start := begin(t, c, "shop.example.com", appRedirect)
	b.keep(t, finish(t, c, start, consent(t, start, "shop.example.com")))
	b.world.Clock.Advance(2 * time.Hour)
	other, err := bluesky.NewClientKey()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		client bluesky.ClientIdentity
		says   string
	}{
		"none":        {bluesky.ClientIdentity{}, "Config.OAuth"},
		"another id":  {bluesky.ClientIdentity{ID: "https://other.example.com/app.json", Key: key}, appID},
		"no key":      {bluesky.ClientIdentity{ID: appID}, "Retired"},
		"another key": {bluesky.ClientIdentity{ID: appID, Key: other}, "Retired"},
	} {
		t.Run(name, func(t *testing.T) {
			b.config.OAuth = c.client
			err := timeline(t, b, b.driver(t))
			require.ErrorIs(t, err, smm.ErrForbidden)
			require.False(t, smm.NeedsReconnect(err))
			require.ErrorContains(t, err, c.says)
		})
	}
	require.Zero(t, b.OAuthCounts().Refreshes)
	b.config.OAuth = bluesky.ClientIdentity{ID: appID, Key: other, Retired: []bluesky.ClientKey{{Key: key}}}
	require.NoError(t, timeline(t, b, b.driver(t)), "a retired key goes on for the sessions that began with it")
}

func TestConsentDenied(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	_, err := c.Finish(t.Context(), start, consent(t, start, "!deny"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "access_denied")
}

func TestLessIsGranted(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect, smm.CapPost, smm.CapMessage)
	got := finish(t, c, start, consent(t, start, "shop.example.com", "&grant_only=atproto+transition:generic"))
	require.NoError(t, got.Err)
	require.Equal(t, []string{"transition:chat.bsky"}, got.Missing)

	start = begin(t, c, "shop.example.com", localRedirect)
	_, err := c.Finish(t.Context(), start, consent(t, start, "shop.example.com", "&grant_only=transition:generic"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "atproto")
}

func TestAnotherAccountSignsIn(t *testing.T) {
	b := open(t, nil)
	_, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	_, err = c.Finish(t.Context(), start, consent(t, start, "other.example.com"))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "begin again")

	// Connecting one account again is for that account, also where a server is named.
	scopes, err := c.Scopes(smm.CapPost)
	require.NoError(t, err)
	for _, typed := range []string{"", b.URL(), "shop.example.com"} {
		r := smm.ConnectRequest{Scopes: scopes, Server: typed, Redirect: localRedirect, State: "state-0123456789", Account: b.account.Channel}
		start, err = c.Begin(t.Context(), r)
		require.NoError(t, err)
		_, err = c.Finish(t.Context(), start, consent(t, start, "other.example.com"))
		require.ErrorIs(t, err, smm.ErrForbidden)
		start, err = c.Begin(t.Context(), r)
		require.NoError(t, err)
		require.NoError(t, finish(t, c, start, consent(t, start, "shop.example.com")).Err)
	}
	_, err = c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Server: "other.example.com", Redirect: localRedirect, State: "s", Account: b.account.Channel})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestInactiveAccounts(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	b.Deactivate("shop.example.com", false)
	start := begin(t, c, "shop.example.com", localRedirect)
	got := finish(t, c, start, consent(t, start, "shop.example.com"))
	require.ErrorIs(t, got.Err, smm.ErrForbidden)
	require.ErrorContains(t, got.Err, "activate")
	b.Deactivate("shop.example.com", true)
	b.TakeDown("shop.example.com")
	start = begin(t, c, "shop.example.com", localRedirect)
	got = finish(t, c, start, consent(t, start, "shop.example.com"))
	require.ErrorIs(t, got.Err, smm.ErrForbidden)
}

func TestConnectAgainChangesTheKind(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d)) // by app password
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	b.keep(t, finish(t, c, start, consent(t, start, "shop.example.com")))
	b.world.Clock.Advance(2 * time.Minute) // the stored credential is looked at again
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(2 * time.Hour)
	require.NoError(t, timeline(t, b, d))
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
	require.Equal(t, 1, b.auth("createSession"))

	got, err := c.ConnectToken(t.Context(), smm.Credential{Extra: map[string]smm.Secret{
		bluesky.ExtraIdentifier:  smm.NewSecret("@shop.example.com"),
		bluesky.ExtraAppPassword: smm.NewSecret(b.account.Login["BLUESKY_APP_PASSWORD"]),
	}})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, b.account.Channel, got[0].Channel.Ref)
	b.keep(t, got[0])
	b.world.Clock.Advance(2 * time.Minute)
	require.NoError(t, timeline(t, b, d))
	b.world.Clock.Advance(3 * time.Hour)
	require.NoError(t, timeline(t, b, d))
	require.Equal(t, 1, b.OAuthCounts().Refreshes)
	require.Equal(t, 1, b.auth("refreshSession"))
}

func TestConnectToken(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	password := func(who, server, password string) smm.Credential {
		return smm.Credential{Server: server, Extra: map[string]smm.Secret{
			bluesky.ExtraIdentifier: smm.NewSecret(who), bluesky.ExtraAppPassword: smm.NewSecret(password),
		}}
	}
	right := b.account.Login["BLUESKY_APP_PASSWORD"]
	for _, cred := range []smm.Credential{
		password("shop.example.com", "", right), password(b.account.Channel.ID, "", right), password("shop.example.com", b.URL(), right),
	} {
		got, err := c.ConnectToken(t.Context(), cred)
		require.NoError(t, err)
		require.Equal(t, b.account.Channel, got[0].Channel.Ref)
		require.Equal(t, b.URL(), got[0].Credential.Server)
	}
	_, err := c.ConnectToken(t.Context(), password("shop.example.com", "", "wrong-password"))
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), "wrong-password")
	for _, cred := range []smm.Credential{{}, password("", "", right), password("nobody.example.com", "", right), password("not a name", "", right)} {
		_, err = c.ConnectToken(t.Context(), cred)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
	_, err = c.ConnectToken(t.Context(), password("shop.example.com", "https://127.0.0.1:1", right))
	require.Error(t, err)
	require.NotContains(t, err.Error(), right)

	// A token of a running session, of either kind.
	_, cred, err := bluesky.SignIn(t.Context(), b.URL(), "shop.example.com", right, nil)
	require.NoError(t, err)
	oauth, err := b.OAuthCredential("shop.example.com")
	require.NoError(t, err)
	for _, cred := range []smm.Credential{cred, oauth} {
		got, err := c.ConnectToken(t.Context(), cred)
		require.NoError(t, err)
		require.Equal(t, b.account.Channel, got[0].Channel.Ref)
		require.Equal(t, cred, got[0].Credential)
		cred.AccessToken = smm.NewSecret("something-else")
		_, err = c.ConnectToken(t.Context(), cred)
		require.ErrorIs(t, err, smm.ErrUnauthorized)
	}
	oauth.Server = ""
	_, err = c.ConnectToken(t.Context(), oauth)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestRevoke(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, bluesky.ConnectorConfig{})
	start := begin(t, c, "shop.example.com", localRedirect)
	got := finish(t, c, start, consent(t, start, "shop.example.com"))
	b.keep(t, got)
	d := b.driver(t)
	require.NoError(t, timeline(t, b, d))
	require.NoError(t, c.Revoke(t.Context(), got.Channel.Ref, got.Credential))
	require.NoError(t, c.Revoke(t.Context(), got.Channel.Ref, got.Credential), "over already is no error")
	err := timeline(t, b, d)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.True(t, smm.NeedsReconnect(err))

	_, cred, err := bluesky.SignIn(t.Context(), b.URL(), "shop.example.com", b.account.Login["BLUESKY_APP_PASSWORD"], nil)
	require.NoError(t, err)
	require.NoError(t, c.Revoke(t.Context(), got.Channel.Ref, cred))
	require.NoError(t, c.Revoke(t.Context(), got.Channel.Ref, cred))
	_, err = c.ConnectToken(t.Context(), cred)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}
