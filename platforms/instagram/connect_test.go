package instagram_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const redirect = "https://app.example/callback"

func (b *bench) connector(t testing.TB, l instagram.Login) *instagram.Connector {
	t.Helper()
	c, err := instagram.NewConnector(instagram.ConnectorConfig{
		Login: l, AppID: b.AppID(), AppSecret: smm.NewSecret(b.AppSecret()), BaseURL: b.URL(), Clock: b.world.Clock,
	})
	require.NoError(t, err)
	return c
}

// consent plays the browser.
func consent(t testing.TB, start smm.ConnectStart, as, decline string) smm.ConnectReply {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(start.URL + "&login_as=" + url.QueryEscape(as) + "&decline=" + decline)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, http.StatusFound, resp.StatusCode)
	to, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to.String(), redirect))
	reply, err := smm.ParseConnectReply(to.Query())
	require.NoError(t, err)
	return reply
}

func (b *bench) begin(t testing.TB, c *instagram.Connector, account smm.Ref, caps ...smm.Capability) smm.ConnectStart {
	t.Helper()
	scopes, err := c.Scopes(caps...)
	require.NoError(t, err)
	start, err := c.Begin(t.Context(), smm.ConnectRequest{Scopes: scopes, Redirect: redirect, State: "once", Account: account})
	require.NoError(t, err)
	return start
}

func TestConnectByInstagram(t *testing.T) {
	for _, wrapped := range []bool{false, true} {
		b := open(t, &instagramtest.Options{Login: instagramtest.Instagram, WrapToken: wrapped, Scopes: nil})
		ctx, c := t.Context(), b.connector(t, instagram.InstagramLogin)
		person, err := b.Person("shop")
		require.NoError(t, err)
		start := b.begin(t, c, smm.Ref{}, smm.CapPost, smm.CapReply)
		found, err := c.Finish(ctx, start, consent(t, start, person, "instagram_business_manage_comments"))
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.NoError(t, found[0].Err)
		require.Equal(t, b.account.Channel, found[0].Channel.Ref, "the id that paths take, and not the app's own")
		require.Equal(t, "business", found[0].Channel.AccountType)
		require.Equal(t, []string{"instagram_business_manage_comments"}, found[0].Missing)
		cred := found[0].Credential
		require.WithinDuration(t, b.world.Clock.Now().Add(60*24*time.Hour), cred.Expires, time.Minute)
		require.Equal(t, "instagram", cred.Extra[instagram.ExtraLogin].Reveal())
		require.True(t, strings.HasPrefix(cred.AccessToken.Reveal(), "IG"))
	}
}

func TestConnectByFacebook(t *testing.T) {
	b := open(t, nil)
	ctx, c := t.Context(), b.connector(t, instagram.FacebookLogin)
	person, err := b.Person("shop", "another")
	require.NoError(t, err)
	start := b.begin(t, c, smm.Ref{}, smm.CapPost, smm.CapReply, smm.CapMessage)
	found, err := c.Finish(ctx, start, consent(t, start, person, "instagram_manage_messages"))
	require.NoError(t, err)
	require.Len(t, found, 2)
	for _, f := range found {
		require.NoError(t, f.Err)
		require.Equal(t, []string{"instagram_manage_messages"}, f.Missing)
		require.True(t, f.Credential.Expires.IsZero(), "the token of a Page does not end")
		require.Equal(t, b.Page(f.Channel.Handle), f.Credential.Extra[instagram.ExtraPage].Reveal())
		require.NotEmpty(t, f.Credential.Scopes)
	}
	start = b.begin(t, c, b.account.Channel)
	found, err = c.Finish(ctx, start, consent(t, start, person, ""))
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, b.account.Channel, found[0].Channel.Ref)

	// What was connected can be used.
	old, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	cred := found[0].Credential
	cred.Scopes = nil
	_, err = b.store.Swap(ctx, "", b.account.Channel, old.Version, cred)
	require.NoError(t, err)
	_, err = b.driver(t).ReadFacts(ctx, b.account.Channel)
	require.NoError(t, err)

	stranger, err := b.Person("third")
	require.NoError(t, err)
	start = b.begin(t, c, b.account.Channel)
	_, err = c.Finish(ctx, start, consent(t, start, stranger, ""))
	require.ErrorIs(t, err, smm.ErrForbidden)
	nobody, err := b.Person()
	require.NoError(t, err)
	start = b.begin(t, c, smm.Ref{})
	_, err = c.Finish(ctx, start, consent(t, start, nobody, ""))
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "Page")
}

func TestConsentsThatFail(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, c := t.Context(), b.connector(t, instagram.Login(o.Login))
		person, err := b.Person("shop")
		require.NoError(t, err)
		start := b.begin(t, c, smm.Ref{})
		_, err = c.Finish(ctx, start, consent(t, start, "!deny", ""))
		require.ErrorIs(t, err, smm.ErrForbidden)
		reply := consent(t, start, person, "")
		forged := reply
		forged.State = "another"
		_, err = c.Finish(ctx, start, forged)
		require.ErrorIs(t, err, smm.ErrForbidden)
		_, err = c.Finish(ctx, start, reply)
		require.NoError(t, err)
		_, err = c.Finish(ctx, start, reply)
		require.ErrorIs(t, err, smm.ErrUnauthorized, "a code is good once")
		require.NotContains(t, err.Error(), reply.Code.Reveal())
		b.world.Faults.Add(sim.Fault{Class: sim.Auth, Kind: sim.ErrorBefore, Status: 503, Times: 9})
		_, err = c.Finish(ctx, start, consent2(t, b, start, person))
		require.ErrorIs(t, err, smm.ErrUnavailable)
		_, err = c.Scopes(smm.CapEdit)
		require.ErrorIs(t, err, smm.ErrUnsupported)
		_, err = c.Begin(ctx, smm.ConnectRequest{Redirect: redirect, State: "x", Account: smm.Ref{Platform: "x"}})
		require.ErrorIs(t, err, smm.ErrInvalid)
	})
}

// consent2 consents before the faults strike.
func consent2(t testing.TB, b *bench, start smm.ConnectStart, person string) smm.ConnectReply {
	t.Helper()
	faults := b.world.Faults.Active()
	b.world.Faults.Remove(0)
	reply := consent(t, start, person, "")
	for _, f := range faults {
		b.world.Faults.Add(f)
	}
	return reply
}

func TestTokensThatSomebodyHas(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx := t.Context()
		cfg := &instagram.Config{BaseURL: b.URL(), Clock: b.world.Clock, MediaHost: b.host}
		d, ch, err := instagram.FromToken(ctx, b.account.Login["INSTAGRAM_TOKEN"], cfg)
		require.NoError(t, err)
		require.Equal(t, b.account.Channel, ch.Ref)
		client, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
		require.NoError(t, err)
		_, err = client.Channel(ch.Ref).Publish(ctx, picture("by a token"), &smm.PublishOptions{Wait: time.Hour})
		require.NoError(t, err)
		var vendor *instagram.Client
		require.True(t, d.ViewAs(ctx, ch.Ref, &vendor))
		require.Equal(t, instagram.ID(ch.Ref.ID), vendor.AccountID())

		_, _, err = instagram.FromToken(ctx, "IGAAnonsense", cfg)
		require.ErrorIs(t, err, smm.ErrUnauthorized)
		require.NotContains(t, err.Error(), "IGAAnonsense")
		c := b.connector(t, instagram.Login(o.Login))
		found, err := c.ConnectToken(ctx, smm.Credential{AccessToken: smm.NewSecret(b.account.Login["INSTAGRAM_TOKEN"])})
		require.NoError(t, err)
		require.Len(t, found, 1)
		_, err = c.ConnectToken(ctx, smm.Credential{})
		require.ErrorIs(t, err, smm.ErrInvalid)
	})
}

// A long token is renewed before it ends, and nobody has to come back.
func TestTokensAreRenewed(t *testing.T) {
	b := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	ctx := t.Context()
	old, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	first := old.AccessToken
	old.Obtained, old.Expires = b.world.Clock.Now(), b.world.Clock.Now().Add(60*24*time.Hour)
	_, err = b.store.Swap(ctx, "", b.account.Channel, old.Version, old)
	require.NoError(t, err)
	for range 5 {
		b.world.Clock.Advance(49 * 24 * time.Hour)
		_, err := b.driver(t).ReadFacts(ctx, b.account.Channel)
		require.NoError(t, err)
	}
	now, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	require.False(t, first.Equal(now.AccessToken))
	facts, err := b.driver(t).ReadFacts(ctx, b.account.Channel)
	require.NoError(t, err)
	require.True(t, facts.Token.Renews)
	b.world.Clock.Advance(61 * 24 * time.Hour)
	_, err = b.driver(t).ReadFacts(ctx, b.account.Channel)
	require.ErrorIs(t, err, smm.ErrUnauthorized, "what is over cannot be renewed")
}

// A renewal goes where requests go.
func TestRenewalsStayAtHome(t *testing.T) {
	b := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	ctx := t.Context()
	old, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	old.Obtained, old.Expires = b.world.Clock.Now(), b.world.Clock.Now().Add(60*24*time.Hour)
	_, err = b.store.Swap(ctx, "", b.account.Channel, old.Version, old)
	require.NoError(t, err)
	b.world.Clock.Advance(49 * 24 * time.Hour)
	home := strings.TrimPrefix(b.URL(), "http://")
	d, err := instagram.New(instagram.Config{
		Credentials: b.store, Clock: b.world.Clock, BaseURL: b.URL(),
		HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			require.Equal(t, home, r.URL.Host)
			return http.DefaultTransport.RoundTrip(r)
		})},
	})
	require.NoError(t, err)
	_, err = d.ReadFacts(ctx, b.account.Channel)
	require.NoError(t, err)
	now, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	require.False(t, old.AccessToken.Equal(now.AccessToken))
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestConnectorConfig(t *testing.T) {
	for name, cfg := range map[string]instagram.ConnectorConfig{
		"login": {AppID: "1", AppSecret: smm.NewSecret("s")}, "id": {Login: instagram.FacebookLogin, AppSecret: smm.NewSecret("s")},
		"secret": {Login: instagram.InstagramLogin, AppID: "1"},
	} {
		_, err := instagram.NewConnector(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	c, err := instagram.NewConnector(instagram.ConnectorConfig{Login: instagram.InstagramLogin, AppID: "1", AppSecret: smm.NewSecret("s")})
	require.NoError(t, err)
	start, err := c.Begin(t.Context(), smm.ConnectRequest{Scopes: []string{"instagram_business_basic"}, Redirect: redirect, State: "x"})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(start.URL, "https://www.instagram.com/oauth/authorize?"), start.URL)
	require.Equal(t, instagram.Platform, c.Platform())
}
