package x_test

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
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest"
)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":    {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":   {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"green.png":  {Data: mediatest.PNG(20, 40, color.RGBA{G: 200, A: 255})},
	"white.png":  {Data: mediatest.PNG(16, 16, color.White)},
	"moving.gif": {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":   {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"words.vtt":  {Data: []byte("\uFEFFWEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")},
	"words.srt":  {Data: []byte("1\n00:00:00,000 --> 00:00:01,000\nHallo\n")},
	"huge.png":   {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 5<<20+1)...)},
}

const visitorHandle = "visitor"

// ground is a simulator with one account under test and one visitor.
type ground struct {
	*xtest.Server

	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	visitor smm.Ref
	config  x.Config
}

// stand starts a simulator; without opts it is of an Enterprise app without
// limits.
func stand(t testing.TB, opts *xtest.Options) *ground {
	t.Helper()
	if opts == nil {
		opts = &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true}
	}
	opts.Length = x.CountText
	g := &ground{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	g.Server = xtest.NewServer(g.world, opts)
	t.Cleanup(g.Close)
	if g.config.Tier = x.Tier(opts.Tier); g.config.Tier == "" {
		g.config.Tier = x.TierSelfServe
	}
	var err error
	g.account, err = g.NewAccount("shop")
	require.NoError(t, err)
	g.connect(t, g.account)
	g.visitor = g.Author(visitorHandle)
	return g
}

// connect stores the tokens of an account.
func (g *ground) connect(t testing.TB, a sim.Account) {
	t.Helper()
	cred, err := g.store.Load(t.Context(), "", a.Channel)
	if err != nil {
		cred = smm.Credential{}
	}
	_, err = g.store.Swap(t.Context(), "", a.Channel, cred.Version, smm.Credential{
		AccessToken: smm.NewSecret(a.Login["X_ACCESS_TOKEN"]), RefreshToken: smm.NewSecret(a.Login["X_REFRESH_TOKEN"]),
		Obtained: epoch, Expires: epoch.Add(2 * time.Hour),
	})
	require.NoError(t, err)
}

// driver is a new process.
func (g *ground) driver(t testing.TB) *x.Driver {
	t.Helper()
	cfg := g.config
	cfg.BaseURL, cfg.Credentials, cfg.Clock = g.URL(), g.store, g.world.Clock
	if cfg.ClientID == "" {
		cfg.ClientID, cfg.ClientSecret = g.account.Login["X_CLIENT_ID"], smm.NewSecret(g.account.Login["X_CLIENT_SECRET"])
	}
	if cfg.HTTPClient == nil {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		cfg.HTTPClient = &http.Client{Transport: transport}
	}
	d, err := x.New(cfg)
	require.NoError(t, err)
	return d
}

func (g *ground) client(t testing.TB) *smm.Client {
	t.Helper()
	c, err := smm.New([]smm.Driver{g.driver(t)}, smm.WithClock(g.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
	require.NoError(t, err)
	return c
}

func (g *ground) channel(t testing.TB) *smm.ChannelClient {
	t.Helper()
	return g.client(t).Channel(g.account.Channel)
}

func (g *ground) publish(t testing.TB, p *smm.Post) smm.Result {
	t.Helper()
	r, err := g.channel(t).Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	return r
}

// revoke is what smmtest.Harness.Revoke wants.
func (g *ground) revoke(t testing.TB) func() {
	t.Helper()
	g.RevokeTokens(g.account.Handle)
	return func() {
		old, err := g.store.Load(t.Context(), "", g.account.Channel)
		require.NoError(t, err)
		_, err = g.store.Swap(t.Context(), "", g.account.Channel, old.Version, smm.Credential{
			AccessToken: smm.NewSecret(g.IssueToken(g.account.Handle, x.AllScopes()...)),
		})
		require.NoError(t, err)
	}
}

// webhook is what smmtest.Harness.Webhook wants. Drivers made from now on know the
// secret.
func (g *ground) webhook() *smmtest.Webhook {
	me := g.account.Channel.ID
	g.config.Webhooks.ConsumerSecrets = []smm.Secret{consumerSecret}
	return &smmtest.Webhook{
		Sign: func(body []byte) http.Header { return http.Header{x.SignatureHeader: {x.Sign(consumerSecret, body)}} },
		Body: func(numbers []int) []byte {
			var events []string
			for _, n := range numbers {
				events = append(events, fmt.Sprintf(`{"event_uuid":"u-%d","event_type":"dm.received","filter":{"user_id":%q},"payload":{"id":"3%d","text":"number %d",`+
					`"event_type":"MessageCreate","dm_conversation_id":"7-8","sender_id":"8","created_at":"2026-11-02T09:00:05.000Z"}}`, n, me, n, n))
			}
			return []byte(`{"data":[` + strings.Join(events, ",") + `]}`)
		},
	}
}
