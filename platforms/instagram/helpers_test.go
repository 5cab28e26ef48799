package instagram_test

import (
	"context"
	"fmt"
	"image/color"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.jpg":   {Data: mediatest.JPEG(80, 60, color.RGBA{R: 200, A: 255})},
	"blue.jpg":  {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"green.png": {Data: mediatest.PNG(20, 40, color.RGBA{G: 200, A: 255})},
	"tall.jpg":  {Data: mediatest.JPEG(20, 80, color.White)},
	"clip.mp4":  {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"huge.jpg":  {Data: append(mediatest.JPEG(80, 60, color.Black), make([]byte, 8<<20+1)...)},
}

// bench is a simulator with one account under test and one visitor.
type bench struct {
	*instagramtest.Server

	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	host    mediaHost
	visitor smm.Ref
	config  instagram.Config
}

const visitorHandle = "visitor"

// open starts a simulator.
func open(t testing.TB, opts *instagramtest.Options) *bench {
	t.Helper()
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	b.host = mediaHost{base: "https://media.example/m/", clock: b.world.Clock}
	o := instagramtest.Options{}
	if opts != nil {
		o = *opts
	}
	o.Fetch = b.fetch
	b.Server = instagramtest.NewServer(b.world, &o)
	t.Cleanup(b.Close)
	var err error
	b.account, err = b.NewAccount("shop")
	require.NoError(t, err)
	b.connect(t, b.account, nil)
	b.visitor = b.Author(visitorHandle)
	b.config.MediaHost = b.host
	return b
}

// mediaHost hands out addresses at which the assets could be. Hosts use package
// mediahost.
type mediaHost struct {
	base  string
	clock smm.Clock
}

func (h mediaHost) MediaURL(_ context.Context, _ smm.Tenant, m smm.Media, ttl time.Duration) (string, time.Time, error) {
	return h.base + m.Name, h.clock.Now().Add(ttl), nil
}

// fetch is the vendor's crawler, which asks the media host.
func (b *bench) fetch(address string) ([]byte, error) {
	f, there := assets[strings.TrimPrefix(address, b.host.base)]
	if !there {
		return nil, io.ErrUnexpectedEOF
	}
	return f.Data, nil
}

// connect stores the token of an account.
func (b *bench) connect(t testing.TB, a sim.Account, scopes []string) {
	t.Helper()
	cred := smm.Credential{AccessToken: smm.NewSecret(a.Login["INSTAGRAM_TOKEN"]), Scopes: scopes}
	_, err := b.store.Swap(t.Context(), "", a.Channel, 0, cred)
	require.NoError(t, err)
}

// driver is a new process.
func (b *bench) driver(t testing.TB) *instagram.Driver {
	t.Helper()
	cfg := b.config
	cfg.Credentials, cfg.Clock, cfg.BaseURL = b.store, b.world.Clock, b.URL()
	d, err := instagram.New(cfg)
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
func (b *bench) vendor(t testing.TB) *instagram.Client {
	t.Helper()
	c, err := instagram.NewClient(instagram.ClientConfig{
		Account: instagram.ID(b.account.Channel.ID), Token: smm.NewSecret(b.account.Login["INSTAGRAM_TOKEN"]), Clock: b.world.Clock, BaseURL: b.URL(),
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

func picture(text string) *smm.Post {
	return &smm.Post{Text: text, Media: []smm.Media{{Name: "red.jpg", AltText: "red"}}}
}

func ptr[T any](v T) *T { return &v }

// revoke is what smmtest.Harness.Revoke wants.
func (b *bench) revoke(t testing.TB) func() {
	t.Helper()
	b.Revoke(b.account.Handle, 0)
	return func() {
		old, err := b.store.Load(t.Context(), "", b.account.Channel)
		require.NoError(t, err)
		_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken(b.account.Handle)), Scopes: old.Scopes})
		require.NoError(t, err)
	}
}

// webhook is what smmtest.Harness.Webhook wants. Drivers made from now on know the
// secret.
func (b *bench) webhook() *smmtest.Webhook {
	account, secret := b.account.Channel.ID, smm.NewSecret(b.AppSecret())
	b.config.Webhooks.AppSecrets = []smm.Secret{secret}
	return &smmtest.Webhook{
		Sign: func(body []byte) http.Header { return instagram.SignWebhook(secret, body) },
		Body: func(numbers []int) []byte {
			var entries []string
			for _, n := range numbers {
				entries = append(entries, fmt.Sprintf(`{"id":%q,"time":%d,"changes":[{"field":"comments","value":{"id":"17%d","text":"number %d",`+
					`"from":{"id":"9","username":"visitor"},"media":{"id":"5","media_product_type":"FEED"}}}]}`, account, 1767322800+n, n, n))
			}
			return []byte(`{"object":"instagram","entry":[` + strings.Join(entries, ",") + `]}`)
		},
	}
}
