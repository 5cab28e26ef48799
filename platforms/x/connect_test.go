package x_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const callback = xtest.DefaultRedirect

// connector is one for an app of the simulator.
func (g *ground) connector(t testing.TB, app xtest.App) *x.Connector {
	t.Helper()
	c, err := x.NewConnector(x.ConnectorConfig{
		ClientID: app.ID, ClientSecret: smm.NewSecret(app.Secret), BaseURL: g.URL(), Clock: g.world.Clock,
	})
	require.NoError(t, err)
	return c
}

// consented begins and plays the person who consents.
func (g *ground) consented(t testing.TB, c *x.Connector, r smm.ConnectRequest, handle string) (smm.ConnectStart, smm.ConnectReply) {
	t.Helper()
	r.Redirect, r.State = callback, "used-once"
	start, err := c.Begin(t.Context(), r)
	require.NoError(t, err)
	back, err := g.Consent(start.URL, handle)
	require.NoError(t, err)
	u, err := url.Parse(back)
	require.NoError(t, err)
	reply, err := smm.ParseConnectReply(u.Query())
	require.NoError(t, err)
	return start, reply
}

func TestConnect(t *testing.T) {
	for _, confidential := range []bool{true, false} {
		g := stand(t, nil)
		app := g.NewApp(xtest.AppConfig{Tier: xtest.Enterprise, Confidential: confidential, Redirects: []string{callback}})
		c := g.connector(t, app)
		scopes, err := c.Scopes(smm.CapPost, smm.CapImage, smm.CapMessage)
		require.NoError(t, err)
		require.Equal(t, []string{"dm.read", "dm.write", "media.write", "offline.access", "tweet.read", "tweet.write", "users.read"}, scopes)
		start, reply := g.consented(t, c, smm.ConnectRequest{Scopes: scopes}, "shop")
		for _, part := range []string{"code_challenge_method=S256", "state=used-once", "offline.access"} {
			require.Contains(t, start.URL, part)
		}
		found, err := c.Finish(t.Context(), start, reply)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, g.account.Channel, found[0].Channel.Ref)
		require.Empty(t, found[0].Missing)
		require.ElementsMatch(t, scopes, found[0].Credential.Scopes)
		require.False(t, found[0].Credential.RefreshToken.IsZero())

		stored, err := g.store.Load(t.Context(), "", g.account.Channel)
		require.NoError(t, err)
		_, err = g.store.Swap(t.Context(), "", g.account.Channel, stored.Version, found[0].Credential)
		require.NoError(t, err)
		g.config.ClientID, g.config.ClientSecret = app.ID, smm.NewSecret(app.Secret)
		require.Equal(t, smm.OutcomePublished, g.publish(t, &smm.Post{Text: "connected"}).Outcome)
		g.world.Clock.Advance(3 * time.Hour) // the access token is over
		require.Equal(t, smm.OutcomePublished, g.publish(t, &smm.Post{Text: "renewed"}).Outcome)
		require.Equal(t, 1, g.Refreshes())
		next, err := g.store.Load(t.Context(), "", g.account.Channel)
		require.NoError(t, err)
		require.False(t, next.RefreshToken.Equal(found[0].Credential.RefreshToken), "rotated")

		require.NoError(t, c.Revoke(t.Context(), g.account.Channel, next))
		require.NoError(t, c.Revoke(t.Context(), g.account.Channel, next), "what is over is no error")
		_, err = g.channel(t).Publish(t.Context(), &smm.Post{Text: "revoked"}, nil)
		require.ErrorIs(t, err, smm.ErrUnauthorized)
	}
}

// TestConnectRefuses what is not an answer to the start, or not of the account.
func TestConnectRefuses(t *testing.T) {
	g := stand(t, nil)
	_, err := g.NewAccount("other")
	require.NoError(t, err)
	c := g.connector(t, g.App())
	for name, r := range map[string]smm.ConnectRequest{
		"no state": {Redirect: callback}, "no redirect": {State: "a"}, "a fragment": {State: "a", Redirect: callback + "#a"},
		"a scope with a space": {State: "a", Redirect: callback, Scopes: []string{"a b"}}, "another platform": {State: "a", Redirect: callback, Account: smm.Ref{Platform: "y", Kind: smm.KindChannel, ID: "1"}},
		"a long state": {State: strings.Repeat("a", 501), Redirect: callback},
	} {
		_, err := c.Begin(t.Context(), r)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	_, err = c.Scopes(smm.CapBlock)
	require.ErrorIs(t, err, smm.ErrUnsupported)
	_, err = x.NewConnector(x.ConnectorConfig{})
	require.ErrorIs(t, err, smm.ErrInvalid)

	start, reply := g.consented(t, c, smm.ConnectRequest{Account: g.account.Channel}, "other")
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrForbidden, "another account was signed in")
	require.Contains(t, err.Error(), "@other")

	start, _ = g.consented(t, c, smm.ConnectRequest{}, "shop")
	_, err = c.Finish(t.Context(), start, smm.ConnectReply{State: "used-once", Error: "access_denied"})
	require.ErrorIs(t, err, smm.ErrForbidden)
	_, err = c.Finish(t.Context(), smm.ConnectStart{Platform: x.Platform, Private: smm.NewSecret("{}")}, reply)
	require.ErrorIs(t, err, smm.ErrInvalid)

	start, reply = g.consented(t, c, smm.ConnectRequest{}, "shop")
	g.world.Clock.Advance(x.CodeLife + time.Second)
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized, "a code lives for 30 seconds")

	start, reply = g.consented(t, c, smm.ConnectRequest{}, "shop")
	_, err = c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	_, err = c.Finish(t.Context(), start, reply)
	require.ErrorIs(t, err, smm.ErrUnauthorized, "a code is good once")

	_, err = c.ConnectToken(t.Context(), smm.Credential{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret("nonsense")})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	found, err := c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(g.account.Login["X_ACCESS_TOKEN"])})
	require.NoError(t, err)
	require.Equal(t, "shop", found[0].Channel.Handle)
	g.Suspend("shop", true)
	_, err = c.ConnectToken(t.Context(), smm.Credential{AccessToken: smm.NewSecret(g.account.Login["X_ACCESS_TOKEN"])})
	require.ErrorIs(t, err, smm.ErrForbidden)
}

// TestRefreshTokenServesOnce: processes that renew at the same moment must not end
// the session, which a refresh token that comes twice does.
func TestRefreshTokenServesOnce(t *testing.T) {
	g := stand(t, nil)
	drivers := []*x.Driver{g.driver(t), g.driver(t), g.driver(t)}
	g.world.Clock.Advance(3 * time.Hour)
	var wg sync.WaitGroup
	errs := make([]error, 9)
	for i := range errs {
		wg.Go(func() { _, errs[i] = drivers[i%3].Capabilities(context.Background(), g.account.Channel) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, g.Refreshes())
}

// TestEndedSession: a refusal to renew asks for a person.
func TestEndedSession(t *testing.T) {
	for _, standard := range []bool{false, true} {
		g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, InvalidGrant: standard})
		g.RevokeTokens("shop")
		g.world.Clock.Advance(3 * time.Hour)
		_, err := g.channel(t).Publish(t.Context(), &smm.Post{Text: "a"}, nil)
		require.True(t, smm.NeedsReconnect(err), "%v", err)
		h, err := g.channel(t).Health(t.Context())
		require.NoError(t, err)
		require.Equal(t, smm.ConnectionReconnect, h.State)
	}
}

// TestWithoutClientID nothing is renewed.
func TestWithoutClientID(t *testing.T) {
	g := stand(t, nil)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	d, err := x.New(x.Config{Credentials: g.store, BaseURL: g.URL(), Clock: g.world.Clock, HTTPClient: &http.Client{Transport: transport}})
	require.NoError(t, err)
	g.world.Clock.Advance(3 * time.Hour)
	_, err = d.Capabilities(t.Context(), g.account.Channel)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Zero(t, g.Refreshes())
}

// TestOAuth1 publishes with the four keys that the developer portal shows.
func TestOAuth1(t *testing.T) {
	g := stand(t, nil)
	login := g.account.Login
	cred, err := g.store.Load(t.Context(), "", g.account.Channel)
	require.NoError(t, err)
	_, err = g.store.Swap(t.Context(), "", g.account.Channel, cred.Version, smm.Credential{
		AccessToken: smm.NewSecret(login["X_OAUTH1_TOKEN"]), Extra: map[string]smm.Secret{x.ExtraTokenSecret: smm.NewSecret(login["X_OAUTH1_SECRET"])},
	})
	require.NoError(t, err)
	g.config.ConsumerKey, g.config.ConsumerSecret = login["X_CONSUMER_KEY"], smm.NewSecret(login["X_CONSUMER_SECRET"])
	g.world.Clock.Advance(1000 * time.Hour)
	r := g.publish(t, &smm.Post{Text: "signed", Media: []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}})
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	h, err := g.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.True(t, h.Capabilities.Has(smm.CapPost, smm.CapMessage))

	g.config.ConsumerSecret = smm.NewSecret("another")
	_, err = g.channel(t).Capabilities(t.Context())
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.NotContains(t, err.Error(), login["X_OAUTH1_TOKEN"])
}

// TestFromToken is the shortest way.
func TestFromToken(t *testing.T) {
	g := stand(t, nil)
	d, ch, err := x.FromToken(t.Context(), g.account.Login["X_ACCESS_TOKEN"], &x.Config{BaseURL: g.URL(), Clock: g.world.Clock})
	require.NoError(t, err)
	require.Equal(t, g.account.Channel, ch.Ref)
	require.Equal(t, "shop", ch.Handle)
	c, err := smm.New([]smm.Driver{d}, smm.WithClock(g.world.Clock))
	require.NoError(t, err)
	r, err := c.Channel(ch.Ref).Publish(t.Context(), &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	_, _, err = x.FromToken(t.Context(), "nonsense", &x.Config{BaseURL: g.URL(), Clock: g.world.Clock})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
}

// TestSecrets: whatever fails, no token, secret or code is in an address, a log
// line or an error.
func TestSecrets(t *testing.T) {
	g := stand(t, nil)
	var log bytes.Buffer
	var mu sync.Mutex
	var seen []string
	logger := slog.New(slog.NewJSONHandler(&lockedWriter{mu: &mu, to: &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	spy := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		seen = append(seen, r.URL.String())
		mu.Unlock()
		return transport.RoundTrip(r)
	})}
	g.config.Logger, g.config.HTTPClient = logger, spy
	g.config.Webhooks.ConsumerSecrets = []smm.Secret{smm.NewSecret(g.account.Login["X_CONSUMER_SECRET"])}
	app := g.App()
	c, err := x.NewConnector(x.ConnectorConfig{
		ClientID: app.ID, ClientSecret: smm.NewSecret(app.Secret), BaseURL: g.URL(), Clock: g.world.Clock, Logger: logger, HTTPClient: spy,
	})
	require.NoError(t, err)
	secrets := []string{app.Secret}
	for _, name := range []string{"X_ACCESS_TOKEN", "X_REFRESH_TOKEN", "X_CLIENT_SECRET", "X_CONSUMER_SECRET", "X_OAUTH1_SECRET"} {
		secrets = append(secrets, g.account.Login[name])
	}
	var texts []string
	note := func(err error) {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	start, reply := g.consented(t, c, smm.ConnectRequest{}, "shop")
	secrets = append(secrets, reply.Code.Reveal(), start.Private.Reveal())
	for _, kind := range sim.FaultKinds() {
		g.world.Faults.Add(sim.Fault{Kind: kind, Status: 500, Delay: time.Millisecond, Times: 3})
		_, err := c.Finish(t.Context(), start, reply)
		note(err)
		note(c.Revoke(t.Context(), g.account.Channel, smm.Credential{AccessToken: smm.NewSecret("another-secret-token")}))
		_, err = g.channel(t).Capabilities(t.Context())
		note(err)
		_, err = g.channel(t).Publish(t.Context(), &smm.Post{Text: "a " + string(kind)}, &smm.PublishOptions{Wait: time.Minute})
		note(err)
		g.world.Clock.Advance(3 * time.Hour)
	}
	d := g.driver(t)
	note(d.VerifyWebhook(http.Header{x.SignatureHeader: {"sha256=?"}}, []byte("{}"), epoch))
	cred, err := g.store.Load(t.Context(), "", g.account.Channel)
	require.NoError(t, err)
	secrets = append(secrets, cred.AccessToken.Reveal(), cred.RefreshToken.Reveal(), "another-secret-token")
	require.NotEmpty(t, texts)
	require.NotEmpty(t, seen)
	mu.Lock()
	defer mu.Unlock()
	all := strings.Join(append(append(texts, seen...), log.String()), "\n")
	require.Greater(t, log.Len(), 1000)
	for _, s := range secrets {
		require.GreaterOrEqual(t, len(s), 8)
		require.NotContains(t, all, s)
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
