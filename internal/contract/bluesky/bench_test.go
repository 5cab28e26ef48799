package bluesky_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image/color"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/lexicon"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/internal/sharedspec"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// official reads the vendor's documents, in their strict reading.
func official(t testing.TB) *lexicon.Catalog {
	t.Helper()
	c, err := lexicon.Parse(sharedspec.Read(t, "specs/atproto-lexicons.json.gz"))
	require.NoError(t, err)
	return c.Exact()
}

// judge holds exchanges against the lexicons.
type judge struct {
	catalog *lexicon.Catalog
	// excuses are where the vendor's own service departs from the lexicons. One that
	// no exchange needs fails the run: it would hide a mistake.
	excuses map[string]string

	mu       sync.Mutex
	wrong    []string
	excepted map[string]bool
	methods  map[string]int // successful exchanges by NSID
	errors   map[string]bool
}

func newJudge(t testing.TB, c *lexicon.Catalog) *judge {
	t.Helper()
	return &judge{
		catalog: c, excuses: evidence.Excuses(t, "bluesky", "lexicons"),
		excepted: make(map[string]bool), methods: make(map[string]int), errors: make(map[string]bool),
	}
}

// both judges what was sent and what came back.
func (j *judge) both(e wire.Exchange) {
	if r, ok := request(e); ok {
		j.note(j.catalog.Request(r))
		j.answer(e)
	}
}

// answer judges what came back, where the request is wrong on purpose.
func (j *judge) answer(e wire.Exchange) {
	r, ok := request(e)
	if !ok {
		return
	}
	j.note(j.catalog.Answer(r.NSID, lexicon.Answer{Status: e.Status, ContentType: e.Header.Get("Content-Type"), Body: e.Got}))
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.OK() {
		j.methods[r.NSID]++
		return
	}
	var v struct{ Error string }
	_ = json.Unmarshal(e.Got, &v)
	j.errors[v.Error] = true
}

func (j *judge) note(found []lexicon.Problem) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range found {
		if s := p.String(); j.excuses[s] != "" {
			j.excepted[s] = true
		} else if !slices.Contains(j.wrong, s) {
			j.wrong = append(j.wrong, s)
		}
	}
}

// request reads an XRPC request; false for other paths, and for the reference
// server's own question about its health, which is in no lexicon.
func request(e wire.Exchange) (lexicon.Request, bool) {
	nsid, ok := strings.CutPrefix(e.Request.URL.Path, "/xrpc/")
	ok = ok && nsid != "_health"
	return lexicon.Request{
		NSID: nsid, Verb: e.Request.Method, Query: e.Request.URL.Query(),
		ContentType: e.Request.Header.Get("Content-Type"), Body: e.Sent,
	}, ok
}

// assets are the media that tests name.
var assets = fstest.MapFS{
	"red.png":      {Data: mediatest.PNG(64, 48, color.RGBA{R: 200, A: 255})},
	"blue.jpg":     {Data: mediatest.JPEG(80, 60, color.RGBA{B: 200, A: 255})},
	"clip.mp4":     {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"captions.vtt": {Data: []byte("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")},
}

const visitor = "visitor.example.org"

// bench is a simulator whose every exchange is judged.
type bench struct {
	*blueskytest.Server
	t        testing.TB
	world    *sim.World
	judge    *judge
	recorder *wire.Recorder
	ops      *wire.Ops
	account  sim.Account
	rival    sim.Account // another account, whose requests are made by hand
	visitor  smm.Ref
	store    smm.CredentialStore
	driver   *bluesky.Driver
	channel  *smm.ChannelClient
	vendor   *bluesky.Client
}

func open(t testing.TB) *bench {
	t.Helper()
	return openWith(t, official(t))
}

func openWith(t testing.TB, catalog *lexicon.Catalog) *bench {
	t.Helper()
	start := time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)
	b := &bench{t: t, world: sim.NewWorldAt(sim.NewClock(start, true)), judge: newJudge(t, catalog), ops: &wire.Ops{}}
	b.Server = blueskytest.NewServer(b.world, nil)
	t.Cleanup(b.Close)
	b.recorder = &wire.Recorder{Next: &http.Transport{}, Judge: b.judge.both}
	t.Cleanup(b.recorder.CloseIdleConnections)
	var err error
	b.account, err = b.NewAccount("shop.example.com")
	require.NoError(t, err)
	b.rival, err = b.NewAccount("rival.example.com")
	require.NoError(t, err)
	hello, err := b.VisitorPosts(t.Context(), visitor, "", "a visitor's own post")
	require.NoError(t, err)
	b.visitor = smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: repoOf(hello.ID)}
	b.connect()
	return b
}

// connect makes the driver and its clients.
func (b *bench) connect() {
	b.store = smm.NewMemoryCredentials()
	_, err := b.store.Swap(b.t.Context(), "", b.account.Channel, 0, smm.Credential{
		Server: b.URL(),
		Extra: map[string]smm.Secret{
			bluesky.ExtraIdentifier:  smm.NewSecret(b.account.Login["BLUESKY_IDENTIFIER"]),
			bluesky.ExtraAppPassword: smm.NewSecret(b.account.Login["BLUESKY_APP_PASSWORD"]),
		},
	})
	require.NoError(b.t, err)
	b.driver, err = bluesky.New(bluesky.Config{
		Credentials: b.store, Clock: b.world.Clock, Media: smm.FSMedia(assets), VideoService: b.URL(),
		HTTPClient: &http.Client{Transport: b.recorder}, Logger: slog.New(b.ops),
	})
	require.NoError(b.t, err)
	c, err := smm.New([]smm.Driver{b.driver}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
	require.NoError(b.t, err)
	b.channel = c.Channel(b.account.Channel)
	var ok bool
	b.vendor, ok = smm.As[*bluesky.Client](b.t.Context(), b.channel)
	require.True(b.t, ok)
}

// session signs an account in by hand.
func (b *bench) session(a sim.Account) *hand {
	var out struct{ AccessJwt, RefreshJwt, DID string }
	h := &hand{b: b, transport: b.recorder}
	got := h.post("com.atproto.server.createSession", map[string]string{
		"identifier": a.Login["BLUESKY_IDENTIFIER"], "password": a.Login["BLUESKY_APP_PASSWORD"],
	})
	require.NoError(b.t, json.Unmarshal(got, &out))
	h.access, h.refresh, h.did = out.AccessJwt, out.RefreshJwt, out.DID
	return h
}

// hand sends requests that the client under test does not send.
type hand struct {
	b                    *bench
	transport            http.RoundTripper
	access, refresh, did string
	status               int
}

func (h *hand) get(nsid string, q url.Values) []byte {
	return h.send(http.MethodGet, nsid+"?"+q.Encode(), h.access, "", nil)
}

func (h *hand) post(nsid string, in any) []byte {
	if in == nil {
		return h.send(http.MethodPost, nsid, h.access, "", nil)
	}
	body, err := json.Marshal(in)
	require.NoError(h.b.t, err)
	return h.send(http.MethodPost, nsid, h.access, "application/json", body)
}

func (h *hand) send(verb, path, token, contentType string, body []byte) []byte {
	t := h.b.t
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), verb, h.b.URL()+"/xrpc/"+path, bytes.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if strings.HasPrefix(path, "chat.bsky.") {
		req.Header.Set("Atproto-Proxy", bluesky.ChatService)
	}
	resp, err := h.transport.RoundTrip(req)
	require.NoError(t, err)
	out, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	h.status = resp.StatusCode
	return out
}

// repoOf returns the DID in an at-uri.
func repoOf(uri string) string {
	did, _, _ := strings.Cut(strings.TrimPrefix(uri, "at://"), "/")
	return did
}

func rkeyOf(uri string) string { return uri[strings.LastIndexByte(uri, '/')+1:] }

func ptr[T any](v T) *T { return &v }

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
