package threads_test

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":    {Data: mediatest.PNG(640, 480, color.RGBA{R: 200, A: 255})},
	"blue.jpg":   {Data: mediatest.JPEG(800, 600, color.RGBA{B: 200, A: 255})},
	"moving.gif": {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":   {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"huge.png":   {Data: append(mediatest.PNG(8, 8, color.Black), make([]byte, 8<<20+1)...)},
}

// bench is a simulator with one account under test and one visitor, and a host of
// media between them.
type bench struct {
	*threadstest.Server

	world   *sim.World
	account sim.Account
	store   smm.CredentialStore
	visitor smm.Ref
	config  threads.Config
	media   smm.MediaHost
}

const visitorHandle = "visitor"

func open(t testing.TB, opts *threadstest.Options) *bench {
	t.Helper()
	b := &bench{world: sim.NewWorldAt(sim.NewClock(epoch, true)), store: smm.NewMemoryCredentials()}
	b.Server = threadstest.NewServer(b.world, opts)
	t.Cleanup(b.Close)
	var err error
	b.account, err = b.NewAccount("shop")
	require.NoError(t, err)
	b.connect(t, smm.Credential{AccessToken: b.token()})
	b.visitor = b.Author(visitorHandle)

	b.media = serve(t, b.world.Clock)
	b.config = threads.Config{
		MediaHost: b.media,
		Webhooks:  threads.Webhooks{VerifyToken: smm.NewSecret("verify-token"), AppSecrets: []smm.Secret{smm.NewSecret(b.AppSecret())}},
	}
	return b
}

func (b *bench) token() smm.Secret { return smm.NewSecret(b.account.Login["THREADS_TOKEN"]) }

// connect stores a credential for the account under test.
func (b *bench) connect(t testing.TB, c smm.Credential) {
	t.Helper()
	old, _ := b.store.Load(t.Context(), "", b.account.Channel)
	_, err := b.store.Swap(t.Context(), "", b.account.Channel, old.Version, c)
	require.NoError(t, err)
}

// driver is a new process.
func (b *bench) driver(t testing.TB) *threads.Driver {
	t.Helper()
	cfg := b.config
	cfg.Credentials, cfg.Clock, cfg.BaseURL = b.store, b.world.Clock, b.URL()
	if cfg.HTTPClient == nil {
		transport := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		cfg.HTTPClient = &http.Client{Transport: transport}
	}
	d, err := threads.New(cfg)
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
func (b *bench) vendor(t testing.TB) *threads.Client {
	t.Helper()
	client := b.config.HTTPClient
	if client == nil {
		client = &http.Client{Transport: &http.Transport{}}
		t.Cleanup(client.CloseIdleConnections)
	}
	c, err := threads.NewClient(threads.ClientConfig{
		BaseURL: b.URL(), Token: b.token(), Clock: b.world.Clock, HTTPClient: client, Logger: b.config.Logger,
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

// serve gives the assets addresses that work for as long as they promise. Package
// mediahost, which hosts use, is none of a platform's.
func serve(t testing.TB, clock smm.Clock) smm.MediaHost {
	t.Helper()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		until, err := strconv.ParseInt(r.URL.Query().Get("until"), 10, 64)
		if err != nil || clock.Now().Unix() >= until {
			w.WriteHeader(http.StatusGone)
			return
		}
		http.FileServerFS(assets).ServeHTTP(w, r)
	}))
	t.Cleanup(files.Close)
	return hostFunc(func(name string) (string, error) {
		return fmt.Sprintf("%s/%s?until=%d", files.URL, name, clock.Now().Add(2*time.Hour).Unix()), nil
	})
}

// hostFunc is a MediaHost.
type hostFunc func(name string) (string, error)

func (f hostFunc) MediaURL(_ context.Context, _ smm.Tenant, m smm.Media, ttl time.Duration) (string, time.Time, error) {
	address, err := f(m.Name)
	return address, epoch.Add(ttl), err
}

func noTest() context.Context { return context.Background() }

// tokens is a token source of golang.org/x/oauth2.
type tokens string

func (s tokens) Token() (*oauth2.Token, error) {
	if s == "" {
		return nil, errors.New("no token for THAAsecretword")
	}
	return &oauth2.Token{AccessToken: string(s)}, nil
}

// errStatus is the status that an error came with.
func errStatus(err error) int {
	if e, ok := errors.AsType[*smm.Error](err); ok {
		return e.Status
	}
	return 0
}

// revoke is what smmtest.Harness.Revoke wants.
func (b *bench) revoke(t testing.TB) func() {
	t.Helper()
	b.RevokeTokens(b.account.Handle)
	return func() {
		old, err := b.store.Load(t.Context(), "", b.account.Channel)
		require.NoError(t, err)
		_, err = b.store.Swap(t.Context(), "", b.account.Channel, old.Version, smm.Credential{AccessToken: smm.NewSecret(b.IssueToken(b.account.Handle, "threads_basic", "threads_content_publish", "threads_manage_replies", "threads_read_replies"))})
		require.NoError(t, err)
	}
}

// webhook is what smmtest.Harness.Webhook wants.
func (b *bench) webhook() *smmtest.Webhook {
	me, secret := b.account.Channel.ID, smm.NewSecret(b.AppSecret())
	return &smmtest.Webhook{
		Sign: func(body []byte) http.Header { return threads.SignWebhook(secret, body) },
		Body: func(numbers []int) []byte {
			var values []string
			for _, n := range numbers {
				values = append(values, fmt.Sprintf(`{"field":"replies","value":{"id":"890%d","username":"bob","text":"number %d","media_type":"TEXT_POST",`+
					`"replied_to":{"id":"5"},"root_post":{"id":"1","owner_id":%q,"username":"shop"},"timestamp":"2026-01-02T03:04:05+0000"}}`, n, n, me))
			}
			return []byte(`{"app_id":"1","topic":"moderate","target_id":"78","time":1767322800,"subscription_id":"2","has_uid_field":false,"values":[` + strings.Join(values, ",") + `]}`)
		},
	}
}
