package bluesky_test

import (
	"image/color"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":      {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":     {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"green.png":    {Data: mediatest.PNG(20, 40, color.RGBA{G: 200, A: 255})},
	"white.png":    {Data: mediatest.PNG(16, 16, color.White)},
	"moving.gif":   {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":     {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"captions.vtt": {Data: []byte("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")},
	"captions.srt": {Data: []byte("1\n00:00:00,000 --> 00:00:01,000\nHello\n")},
	"large.png":    {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 1_000_001)...)}, // for an image, not for a card
	"huge.png":     {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 2_000_001)...)},
}

// bench is a simulator with one account under test and one visitor.
type bench struct {
	*blueskytest.Server
	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	visitor smm.Ref
	config  bluesky.Config
}

const visitorHandle = "visitor.example.org"

func open(t testing.TB, opts *blueskytest.Options) *bench {
	t.Helper()
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	b.Server = blueskytest.NewServer(b.world, opts)
	t.Cleanup(b.Close)
	var err error
	b.account, err = b.NewAccount("shop.example.com")
	require.NoError(t, err)
	b.connect(t, b.account)
	hello, err := b.VisitorPosts(t.Context(), visitorHandle, "", "a visitor's own post")
	require.NoError(t, err)
	b.visitor = smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: repoOf(hello.ID)}
	return b
}

// connect stores the app password of an account; the session comes by itself.
func (b *bench) connect(t testing.TB, a sim.Account) {
	t.Helper()
	_, err := b.store.Swap(t.Context(), "", a.Channel, 0, appPassword(b.URL(), a))
	require.NoError(t, err)
}

func appPassword(server string, a sim.Account) smm.Credential {
	return smm.Credential{
		Server: server,
		Extra: map[string]smm.Secret{
			bluesky.ExtraIdentifier:  smm.NewSecret(a.Login["BLUESKY_IDENTIFIER"]),
			bluesky.ExtraAppPassword: smm.NewSecret(a.Login["BLUESKY_APP_PASSWORD"]),
		},
	}
}

// driver is a new process.
func (b *bench) driver(t testing.TB) *bluesky.Driver {
	t.Helper()
	cfg := b.config
	cfg.Credentials, cfg.Clock, cfg.Media = b.store, b.world.Clock, smm.FSMedia(assets)
	if cfg.HTTPClient == nil {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		cfg.HTTPClient = &http.Client{Transport: transport}
	}
	d, err := bluesky.New(cfg)
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

func (b *bench) publish(t testing.TB, p *smm.Post) smm.Result {
	t.Helper()
	r, err := b.channel(t).Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	return r
}

// repoOf returns the DID in an at-uri.
func repoOf(uri string) string {
	for i := len("at://"); i < len(uri); i++ {
		if uri[i] == '/' {
			return uri[len("at://"):i]
		}
	}
	return ""
}

func ptr[T any](v T) *T { return &v }

// oauth counts requests to the authorization server.
func (b *bench) oauth(name string) int {
	return b.world.Faults.Requests(sim.Op{Platform: bluesky.Platform, Name: name, Class: sim.Auth})
}

// revoke is what smmtest.Harness.Revoke wants.
func (b *bench) revoke(t testing.TB) func() {
	t.Helper()
	b.Revoke(b.account.Handle, true)
	return func() {
		a, err := b.NewAccount(b.account.Handle)
		require.NoError(t, err)
		old, err := b.store.Load(t.Context(), "", a.Channel)
		require.NoError(t, err)
		_, err = b.store.Swap(t.Context(), "", a.Channel, old.Version, appPassword(b.URL(), a))
		require.NoError(t, err)
	}
}
