package mastodon_test

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/sim"
)

const callback = "https://app.example/connected/mastodon"

// loopback admits servers on this machine.
func loopback(t testing.TB, servers ...string) *safehttp.Guard {
	t.Helper()
	o := safehttp.Options{AllowHTTP: true, Ports: []uint16{80, 443}, AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: 5 * time.Second, MaxBytes: 1 << 20}
	for _, s := range servers {
		u, err := url.Parse(s)
		require.NoError(t, err)
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		require.NoError(t, err)
		o.Ports = append(o.Ports, uint16(port))
	}
	g, err := safehttp.New(o)
	require.NoError(t, err)
	return g
}

// connector is a new process of the host's.
func (b *bench) connector(t testing.TB, change func(*mastodon.ConnectorConfig), others ...string) *mastodon.Connector {
	t.Helper()
	cfg := mastodon.ConnectorConfig{
		ClientName: "smmkit tests", Website: "https://app.example/", Redirects: []string{callback}, Guard: loopback(t, append(others, b.URL())...),
		Apps: b.store, Clock: b.world.Clock,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := mastodon.NewConnector(cfg)
	require.NoError(t, err)
	return c
}

// visit is the person's browser: it opens the page, signs in as whoever is
// named, and comes back with what the server sent it with.
func visit(t testing.TB, start smm.ConnectStart, as string) smm.ConnectReply {
	t.Helper()
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	q := u.Query()
	q.Set("login_as", as)
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusFound, resp.StatusCode)
	to, err := resp.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(to.String(), callback+"?"))
	reply, err := smm.ParseConnectReply(to.Query())
	require.NoError(t, err)
	return reply
}

func begin(t testing.TB, c *mastodon.Connector, r smm.ConnectRequest) smm.ConnectStart {
	t.Helper()
	r.Redirect = callback
	if r.State == "" {
		r.State = "state-" + strconv.FormatInt(stateCount.add(), 10)
	}
	start, err := c.Begin(t.Context(), r)
	require.NoError(t, err)
	return start
}

type counter struct {
	mu sync.Mutex
	n  int64
}

func (c *counter) add() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

var stateCount counter

func scopesFor(t testing.TB, c *mastodon.Connector, caps ...smm.Capability) []string {
	t.Helper()
	scopes, err := c.Scopes(caps...)
	require.NoError(t, err)
	return scopes
}

// connectAs goes the whole way.
func (b *bench) connectAs(t testing.TB, c *mastodon.Connector, as string, caps ...smm.Capability) smm.Connected {
	t.Helper()
	start := begin(t, c, smm.ConnectRequest{Server: b.URL(), Scopes: scopesFor(t, c, caps...)})
	got, err := c.Finish(t.Context(), start, visit(t, start, as))
	require.NoError(t, err)
	require.Len(t, got, 1)
	return got[0]
}

// keepAccount stores what Finish returned, as a host does.
func (b *bench) keepAccount(t testing.TB, got smm.Connected) {
	t.Helper()
	require.NoError(t, got.Err)
	old, err := b.store.Load(t.Context(), "", got.Channel.Ref)
	if !errors.Is(err, smm.ErrNotFound) {
		require.NoError(t, err)
	}
	_, err = b.store.Swap(t.Context(), "", got.Channel.Ref, old.Version, old.Renewed(got.Credential))
	require.NoError(t, err)
}

func fails(t testing.TB, err, sentinel error, contains string) *smm.Error {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	require.ErrorContains(t, err, contains)
	return typed(t, err)
}

func typed(t testing.TB, err error) *smm.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, "%T", err)
	require.Equal(t, mastodon.Platform, e.Platform)
	return e
}

// TestConnect goes the whole way on every kind of server, and publishes with
// what it got.
func TestConnect(t *testing.T) {
	granular := []string{"profile", "read:notifications", "read:statuses", "write:media", "write:statuses"}
	old := []string{"read:accounts", "read:notifications", "read:statuses", "write:media", "write:statuses"}
	for _, tc := range []struct {
		name string
		opts mastodontest.Options
		want []string
	}{
		{"mastodon 4.5", mastodontest.Options{}, granular},
		{"mastodon 4.2", mastodontest.Options{Version: "4.2.10"}, old},
		{"mastodon 3.5", mastodontest.Options{Version: "3.5.19", InstanceV1Only: true, NoNodeInfo: true}, old},
		{"gotosocial", mastodontest.Options{Software: mastodontest.GoToSocial}, old},
		{"akkoma", mastodontest.Options{Software: mastodontest.Akkoma}, old},
		{"pleroma with refresh tokens", mastodontest.Options{Software: mastodontest.Pleroma, RefreshTokens: true}, old},
		{"pixelfed", mastodontest.Options{Software: mastodontest.Pixelfed, RefreshTokens: true}, []string{"read", "write"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.opts.Quotas = mastodontest.NoQuotas()
			b := open(t, &tc.opts)
			c := b.connector(t, nil)
			_, err := b.NewAccount("second")
			require.NoError(t, err)
			got := b.connectAs(t, c, "second", smm.CapImage, smm.CapListMentions)
			require.NoError(t, got.Err)
			require.Empty(t, got.Missing)
			require.Equal(t, b.Host(), got.Channel.Ref.Space)
			require.Equal(t, "second@"+b.Host(), got.Channel.Handle)
			require.Equal(t, "person", got.Channel.AccountType)
			require.Equal(t, tc.want, got.Credential.Scopes)
			require.Equal(t, b.URL(), got.Credential.Server)
			require.WithinDuration(t, epoch, got.Credential.Obtained, time.Minute)
			require.Equal(t, tc.opts.RefreshTokens, !got.Credential.RefreshToken.IsZero())
			require.Equal(t, tc.opts.RefreshTokens, !got.Credential.Expires.IsZero())

			b.keepAccount(t, got)
			b.account.Channel = got.Channel.Ref
			caps, err := b.channel(t).Capabilities(t.Context())
			require.NoError(t, err)
			require.True(t, caps.Has(smm.CapImage, smm.CapListMentions))
			require.Equal(t, tc.name == "pixelfed", caps.Has(smm.CapLike), "only what was asked for, if the server can tell it apart")
			b.publish(t, &smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png", AltText: "red"}}})
			page, err := b.driver(t).ListChannels(t.Context(), smm.PageRequest{})
			require.NoError(t, err)
			require.Len(t, page.Items, 2, "the app's registration is no channel")
		})
	}
}

// TestStart looks at what the browser is sent with.
func TestStart(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, func(c *mastodon.ConnectorConfig) { c.ForceLogin = true })
	start := begin(t, c, smm.ConnectRequest{Server: b.URL() + "/@shop", Language: "de", Scopes: []string{"read:statuses", "read"}, State: "s-1"})
	require.Equal(t, mastodon.Platform, start.Platform)
	require.Equal(t, b.URL()+"/", start.Issuer)
	require.Equal(t, callback, start.Redirect)
	require.Equal(t, []string{"read:statuses", "read"}, start.Scopes)
	require.Equal(t, epoch.Add(10*time.Minute), start.Expires)
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	require.Equal(t, b.URL()+"/oauth/authorize", strings.TrimSuffix(start.URL, "?"+u.RawQuery))
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "redirect_uri": callback, "state": "s-1", "scope": "read", "code_challenge_method": "S256",
		"force_login": "true", "lang": "de",
	} {
		require.Equal(t, want, q.Get(name), name)
	}
	require.Len(t, q.Get("code_challenge"), 43)
	require.NotContains(t, start.URL, "secret")

	second := begin(t, b.connector(t, nil), smm.ConnectRequest{Server: b.URL(), State: "s-1", Scopes: []string{"read"}})
	v, err := url.Parse(second.URL)
	require.NoError(t, err)
	require.NotEqual(t, q.Get("code_challenge"), v.Query().Get("code_challenge"))
	require.Equal(t, q.Get("client_id"), v.Query().Get("client_id"))
	require.False(t, v.Query().Has("force_login"))
}

func TestScopesOfCapabilities(t *testing.T) {
	c, err := mastodon.NewConnector(mastodon.ConnectorConfig{ClientName: "x"})
	require.NoError(t, err)
	for _, tc := range []struct {
		caps []smm.Capability
		want []string
	}{
		{nil, []string{"profile"}},
		{[]smm.Capability{smm.CapPost}, []string{"profile", "read:statuses", "write:statuses"}},
		{[]smm.Capability{smm.CapImage}, []string{"profile", "read:statuses", "write:media", "write:statuses"}},
		{[]smm.Capability{smm.CapStream, smm.CapLike}, []string{"profile", "read:notifications", "read:statuses", "write:favourites"}},
		{[]smm.Capability{smm.CapAcctMetrics}, []string{"read:accounts"}},
	} {
		got, err := c.Scopes(tc.caps...)
		require.NoError(t, err)
		require.Equal(t, tc.want, got)
	}
	_, err = c.Scopes(smm.CapPost, smm.CapHide)
	fails(t, err, smm.ErrUnsupported, string(smm.CapHide))
}

// TestTwoServers: one connector, two servers, and nothing of one is good at
// the other.
func TestTwoServers(t *testing.T) {
	a, b := open(t, nil), open(t, nil)
	b.world = a.world
	c := a.connector(t, nil, b.URL())
	atA := begin(t, c, smm.ConnectRequest{Server: a.URL(), State: "sa", Scopes: []string{"profile"}})
	atB := begin(t, c, smm.ConnectRequest{Server: b.URL(), State: "sb", Scopes: []string{"profile"}})
	replyA, replyB := visit(t, atA, "shop"), visit(t, atB, "shop")

	_, err := c.Finish(t.Context(), atA, replyB)
	fails(t, err, smm.ErrForbidden, "begin again")
	mixed := replyB
	mixed.State = "sa" // as a server does that forwards another's answer
	_, err = c.Finish(t.Context(), atA, mixed)
	fails(t, err, smm.ErrUnauthorized, "begin again")
	mixed.Issuer = b.URL() + "/"
	_, err = c.Finish(t.Context(), atA, mixed)
	fails(t, err, smm.ErrForbidden, "another server")

	for _, tc := range []struct {
		start smm.ConnectStart
		reply smm.ConnectReply
		host  string
	}{{atA, replyA, a.Host()}, {atB, replyB, b.Host()}} {
		got, err := c.Finish(t.Context(), tc.start, tc.reply)
		require.NoError(t, err, "what was tried with the code elsewhere did not spend it")
		require.Equal(t, tc.host, got[0].Channel.Ref.Space)
	}
	require.Equal(t, 1, a.Apps())
	require.Equal(t, 1, b.Apps())
}

// TestBadReplies: wrong, foreign, replayed and expired answers are typed errors
// that say what to do.
func TestBadReplies(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	request := smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile"}}

	start := begin(t, c, request)
	denied := visit(t, start, "!deny")
	_, err := c.Finish(t.Context(), start, denied)
	require.Equal(t, "access_denied", fails(t, err, smm.ErrForbidden, "denied").Code)

	reply := visit(t, start, "shop")
	wrong := reply
	wrong.State = "another"
	_, err = c.Finish(t.Context(), start, wrong)
	fails(t, err, smm.ErrForbidden, "another attempt")
	wrong = reply
	wrong.Issuer = "https://evil.example/"
	_, err = c.Finish(t.Context(), start, wrong)
	fails(t, err, smm.ErrForbidden, "another server")
	wrong = reply
	wrong.Code = smm.NewSecret("never-was")
	_, err = c.Finish(t.Context(), start, wrong)
	fails(t, err, smm.ErrUnauthorized, "begin again")
	other := begin(t, c, request) // the same app, another verifier
	_, err = c.Finish(t.Context(), other, smm.ConnectReply{Code: reply.Code})
	fails(t, err, smm.ErrUnauthorized, "begin again")
	stranger := start
	stranger.Private = smm.NewSecret(`{}`)
	_, err = c.Finish(t.Context(), stranger, reply)
	fails(t, err, smm.ErrInvalid, "not one of this connector")

	_, err = c.Finish(t.Context(), start, reply)
	require.NoError(t, err)
	_, err = c.Finish(t.Context(), start, reply)
	fails(t, err, smm.ErrUnauthorized, "used before")

	start = begin(t, c, request)
	reply = visit(t, start, "shop")
	b.world.Clock.Advance(10 * time.Minute)
	require.False(t, b.world.Clock.Now().Before(start.Expires))
	_, err = c.Finish(t.Context(), start, reply)
	fails(t, err, smm.ErrUnauthorized, "the code is over")
}

// TestBadRequests: what is wrong is said before anything is sent.
func TestBadRequests(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	good := smm.ConnectRequest{Server: b.URL(), Redirect: callback, State: "s", Scopes: []string{"profile"}}
	for name, change := range map[string]func(*smm.ConnectRequest){
		"redirect":       func(r *smm.ConnectRequest) { r.Redirect += "/" },
		"server":         func(r *smm.ConnectRequest) { r.Server = "not a server" },
		"state":          func(r *smm.ConnectRequest) { r.State = "" },
		"scope":          func(r *smm.ConnectRequest) { r.Scopes = []string{"read write"} },
		"account":        func(r *smm.ConnectRequest) { r.Account = smm.Ref{Platform: "bluesky", Kind: smm.KindChannel, ID: "1"} },
		"account's host": func(r *smm.ConnectRequest) { r.Account = b.account.Channel; r.Account.Space = "elsewhere.example" },
	} {
		r := good
		change(&r)
		_, err := c.Begin(t.Context(), r)
		fails(t, err, smm.ErrInvalid, "")
		require.Zero(t, b.world.Faults.RequestsOf(sim.Read)+b.world.Faults.RequestsOf(sim.Auth), name)
	}
	for _, cfg := range []mastodon.ConnectorConfig{{}, {ClientName: " "}, {ClientName: "x", Redirects: []string{"/cb"}}, {ClientName: "x", Redirects: []string{"https://x/ y"}}} {
		_, err := mastodon.NewConnector(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}

// TestConnectAgain: another account than the one that was to be connected
// again is refused, and harms neither.
func TestConnectAgain(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	_, err := b.NewAccount("other")
	require.NoError(t, err)
	first := b.connectAs(t, c, "shop", smm.CapPost)
	b.keepAccount(t, first)
	stranger := b.connectAs(t, c, "other", smm.CapPost)
	b.keepAccount(t, stranger)

	again := smm.ConnectRequest{Server: b.URL(), Account: first.Channel.Ref, Scopes: scopesFor(t, c, smm.CapPost)}
	start := begin(t, c, again)
	_, err = c.Finish(t.Context(), start, visit(t, start, "other"))
	fails(t, err, smm.ErrForbidden, "other@"+b.Host())
	b.publish(t, &smm.Post{Text: "still here"})
	_, err = b.client(t).Channel(stranger.Channel.Ref).Publish(t.Context(), &smm.Post{Text: "me too"}, nil)
	require.NoError(t, err, "the token of the account that was signed in by mistake is the one it was connected by")

	b.RevokeTokens("shop")
	start = begin(t, c, again)
	got, err := c.Finish(t.Context(), start, visit(t, start, "shop"))
	require.NoError(t, err)
	b.keepAccount(t, got[0])
	b.publish(t, &smm.Post{Text: "back again"})
}

// TestGrantedLess: a server that grants less than was asked for is believed.
func TestGrantedLess(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	start := begin(t, c, smm.ConnectRequest{Server: b.URL(), Scopes: []string{"profile", "read:statuses", "write:statuses", "read:future"}})
	require.Equal(t, []string{"profile", "read:statuses", "write:statuses", "read:future"}, start.Scopes)
	u, err := url.Parse(start.URL)
	require.NoError(t, err)
	require.Equal(t, "profile read:statuses write:statuses", u.Query().Get("scope"))
	q := u.Query()
	q.Set("scope", "profile read:statuses")
	u.RawQuery = q.Encode()
	start.URL = u.String()
	got, err := c.Finish(t.Context(), start, visit(t, start, "shop"))
	require.NoError(t, err)
	require.Equal(t, []string{"write:statuses", "read:future"}, got[0].Missing)
	require.Equal(t, []string{"profile", "read:statuses"}, slices.Sorted(slices.Values(got[0].Credential.Scopes)))
}

// TestAccountsThatCannotBeUsed are told apart from those that can.
func TestAccountsThatCannotBeUsed(t *testing.T) {
	b := open(t, nil)
	c := b.connector(t, nil)
	b.Limit("shop")
	got := b.connectAs(t, c, "shop")
	require.NoError(t, got.Err, "who is limited can still post")
	require.Equal(t, "person, limited", got.Channel.AccountType)

	b.Move("shop", "shop@new.example")
	got = b.connectAs(t, c, "shop")
	fails(t, got.Err, smm.ErrForbidden, "moved to shop@new.example")

	b.Disable("shop")
	start := begin(t, c, smm.ConnectRequest{Server: b.URL()})
	_, err := c.Finish(t.Context(), start, visit(t, start, "shop"))
	fails(t, err, smm.ErrForbidden, "Your login is currently disabled")
}
