package facebook_test

import (
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest"
)

var epoch = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":   {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":  {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"green.png": {Data: mediatest.PNG(20, 40, color.RGBA{G: 200, A: 255})},
	"clip.mp4":  {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"tall.mp4":  {Data: mediatest.MP4(1080, 1920, 5*time.Second)},
	"long.mp4":  {Data: mediatest.MP4(1080, 1920, 95*time.Second)},
	"move.gif":  {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"huge.png":  {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 4<<20+1)...)},
}

// bench is a simulator with one Page under test and one visitor.
type bench struct {
	*facebooktest.Server

	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	visitor smm.Ref
	config  facebook.Config
}

const visitorHandle = "vera"

// noQuotas has no budgets of calls.
func noQuotas() *facebooktest.Options {
	return &facebooktest.Options{AppCalls: -1, PageCalls: -1, Chunk: 600}
}

func open(t testing.TB, opts *facebooktest.Options) *bench {
	t.Helper()
	if opts == nil {
		opts = noQuotas()
	}
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	b.Server = facebooktest.NewServer(b.world, opts)
	t.Cleanup(b.Close)
	var err error
	b.account, err = b.NewAccount("shop")
	require.NoError(t, err)
	_, err = b.store.Swap(t.Context(), "", b.account.Channel, 0, smm.Credential{AccessToken: smm.NewSecret(b.account.Login["FACEBOOK_TOKEN"])})
	require.NoError(t, err)
	b.visitor = b.Author(visitorHandle)
	return b
}

// driver is a new process.
func (b *bench) driver(t testing.TB) *facebook.Driver {
	t.Helper()
	cfg := b.config
	cfg.Credentials, cfg.Clock, cfg.Media = b.store, b.world.Clock, smm.FSMedia(assets)
	cfg.BaseURL = b.URL()
	cfg.AppSecret = smm.NewSecret(b.AppSecret())
	cfg.Webhooks = facebook.Webhooks{VerifyToken: smm.NewSecret("verify-me"), AppSecrets: []smm.Secret{smm.NewSecret(b.AppSecret())}}
	d, err := facebook.New(cfg)
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

// vendor is the vendor client of the Page under test.
func (b *bench) vendor(t testing.TB) *facebook.Client {
	t.Helper()
	c, err := facebook.NewClient(facebook.ClientConfig{
		Page: facebook.ID(b.account.Channel.ID), Token: smm.NewSecret(b.account.Login["FACEBOOK_TOKEN"]), Clock: b.world.Clock,
		BaseURL: b.URL(),
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

// posts are the items that the Page made public.
func (b *bench) items() []sim.Item {
	var out []sim.Item
	for _, i := range b.world.Ledger.Items() {
		if !i.Visitor {
			out = append(out, i)
		}
	}
	return out
}

func options(t testing.TB, p *smm.Post, o facebook.PostOptions) *smm.Post {
	t.Helper()
	require.NoError(t, o.Set(p))
	return p
}

func ptr[T any](v T) *T { return &v }

// revoke is what smmtest.Harness.Revoke wants.
func (b *bench) revoke(t testing.TB) func() {
	t.Helper()
	b.Revoke(b.account.Channel.ID, 0)
	return func() {
		old, err := b.store.Load(t.Context(), "", b.account.Channel)
		require.NoError(t, err)
		_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken(b.account.Channel.ID, facebooktest.AllScopes()...))})
		require.NoError(t, err)
	}
}

// webhook is what smmtest.Harness.Webhook wants.
func (b *bench) webhook() *smmtest.Webhook {
	page, secret := b.account.Channel.ID, smm.NewSecret(b.AppSecret())
	return &smmtest.Webhook{
		Sign: func(body []byte) http.Header { return facebook.SignWebhook(secret, body) },
		Body: func(numbers []int) []byte {
			var entries []string
			for _, n := range numbers {
				entries = append(entries, fmt.Sprintf(`{"id":%q,"time":1767322800,"changes":[{"field":"feed","value":{"item":"comment","verb":"add",`+
					`"comment_id":"1_%d","post_id":"%s_1","from":{"id":"9","name":"Vera"},"message":"number %d","created_time":%d}}]}`, page, n, page, n, 1767322800+n))
			}
			return []byte(`{"object":"page","entry":[` + strings.Join(entries, ",") + `]}`)
		},
	}
}
