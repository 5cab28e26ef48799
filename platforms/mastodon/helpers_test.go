package mastodon_test

import (
	"context"
	"image/color"
	"net"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":    {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":   {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"green.png":  {Data: mediatest.PNG(20, 40, color.RGBA{G: 200, A: 255})},
	"white.png":  {Data: mediatest.PNG(16, 16, color.White)},
	"moving.gif": {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":   {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"huge.png":   {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 16<<20+1)...)},
}

// bench is a simulator with one account under test and one visitor.
type bench struct {
	*mastodontest.Server

	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	visitor smm.Ref
	config  mastodon.Config
}

const visitorHandle = "visitor@elsewhere.example"

// open starts a simulator; without opts there are no rate limits.
func open(t testing.TB, opts *mastodontest.Options) *bench {
	t.Helper()
	if opts == nil {
		opts = &mastodontest.Options{Quotas: mastodontest.NoQuotas()}
	}
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	b.Server = mastodontest.NewServer(b.world, opts)
	t.Cleanup(b.Close)
	var err error
	b.account, err = b.NewAccount("shop")
	require.NoError(t, err)
	b.connect(t, b.account)
	b.visitor = b.Author(visitorHandle)
	return b
}

// connect stores the token of an account.
func (b *bench) connect(t testing.TB, a sim.Account) {
	t.Helper()
	_, err := b.store.Swap(t.Context(), "", a.Channel, 0, smm.Credential{Server: b.URL(), AccessToken: smm.NewSecret(a.Login["MASTODON_TOKEN"])})
	require.NoError(t, err)
}

// driver is a new process.
func (b *bench) driver(t testing.TB) *mastodon.Driver {
	t.Helper()
	cfg := b.config
	cfg.Credentials, cfg.Clock, cfg.Media = b.store, b.world.Clock, smm.FSMedia(assets)
	if cfg.HTTPClient == nil {
		transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, b.Addr())
		}}
		t.Cleanup(transport.CloseIdleConnections)
		cfg.HTTPClient = &http.Client{Transport: transport}
	}
	d, err := mastodon.New(cfg)
	require.NoError(t, err)
	return d
}

func (b *bench) client(t testing.TB) *smm.Client {
	t.Helper()
	c, err := smm.New([]smm.Driver{b.driver(t)}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
	require.NoError(t, err)
	return c
}

func (b *bench) channel(t testing.TB) *smm.ChannelClient {
	t.Helper()
	return b.client(t).Channel(b.account.Channel)
}

// vendor is the vendor client of the account under test.
func (b *bench) vendor(t testing.TB) *mastodon.Client {
	t.Helper()
	c, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: b.URL(), Token: smm.NewSecret(b.account.Login["MASTODON_TOKEN"]), Clock: b.world.Clock,
	})
	require.NoError(t, err)
	return c
}

func (b *bench) publish(t testing.TB, p *smm.Post) smm.Result {
	t.Helper()
	r, err := b.channel(t).Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	return r
}

func ptr[T any](v T) *T { return &v }

// revoke is what smmtest.Harness.Revoke wants.
func (b *bench) revoke(t testing.TB) func() {
	t.Helper()
	b.RevokeTokens(b.account.Handle)
	return func() {
		old, err := b.store.Load(t.Context(), "", b.account.Channel)
		require.NoError(t, err)
		_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, smm.Credential{Server: old.Server, AccessToken: smm.NewSecret(b.IssueToken(b.account.Handle, "read", "write", "follow", "push"))})
		require.NoError(t, err)
	}
}
