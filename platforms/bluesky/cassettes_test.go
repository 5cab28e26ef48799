package bluesky_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/realnet"
	"github.com/smmkit/smmkit/internal/vcr"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// TestCassettes replays what the open Bluesky stack answered, and checks what
// the client makes of it. With SMMKIT_RECORD=1 it plays the same on the real
// network and records it anew.
func TestCassettes(t *testing.T) {
	var n *network
	if os.Getenv(vcr.RecordEnv) == "1" {
		n = newNetwork(realnet.Start(t))
	}
	for name, play := range map[string]func(*testing.T, *tape){
		"session": playSession, "publish": playPublish, "thread": playThread, "reactions": playReactions,
		"inbox": playInbox, "reading": playReading, "errors": playErrors,
	} {
		t.Run(name, func(t *testing.T) { play(t, newTape(t, n, name)) })
	}
}

// publicPDS stands in recordings for the PDS, whose port is another in each run.
const publicPDS = "https://pds.example.com"

// tape is a cassette with the account that signs in on it. On stage is what is
// recorded; n and crowd, which act behind it, are nil in a replay.
type tape struct {
	rec   *vcr.Recorder
	http  *http.Client
	name  string
	n     *network
	crowd *crowd

	driver  *bluesky.Driver
	channel smm.Ref
	ch      *smm.ChannelClient
	vendor  *bluesky.Client
}

func newTape(t *testing.T, n *network, name string) *tape {
	t.Helper()
	p := &tape{name: name, n: n}
	var opts []vcr.Option
	if n != nil {
		p.crowd = newCrowd(n.Network)
		for _, handle := range []string{p.me(), p.other()} {
			_, err := p.crowd.NewAccount(handle)
			require.NoError(t, err, "recording wants a fresh network")
		}
		opts = append(opts, vcr.RecordedFrom(realnet.Server, n.Version), vcr.Transport(renamed{n}), vcr.SecretValues(memberPassword))
	}
	p.rec = vcr.Open(t, "testdata/cassettes/"+name, opts...)
	p.http = p.rec.Client()
	return p
}

func (p *tape) me() string    { return p.name + "-a.test" }
func (p *tape) other() string { return p.name + "-b.test" }

// signIn begins every cassette but that of sessions.
func (p *tape) signIn(t *testing.T) {
	t.Helper()
	ch, cred, err := bluesky.SignIn(t.Context(), publicPDS, p.me(), memberPassword, p.http)
	require.NoError(t, err)
	p.channel = ch.Ref
	store := smm.NewMemoryCredentials()
	_, err = store.Swap(t.Context(), "", ch.Ref, 0, cred)
	require.NoError(t, err)
	cfg := bluesky.Config{Credentials: store, HTTPClient: p.http, Clock: instant{}, Media: smm.FSMedia(assets)}
	if p.n != nil {
		cfg.Labeler = p.n.Labeler // a header, which is not recorded
	}
	p.driver, err = bluesky.New(cfg)
	require.NoError(t, err)
	c, err := smm.New([]smm.Driver{p.driver}, smm.WithClock(instant{}), smm.WithMediaStore(smm.FSMedia(assets)))
	require.NoError(t, err)
	p.ch = c.Channel(p.channel)
	var ok bool
	p.vendor, ok = smm.As[*bluesky.Client](t.Context(), p.ch)
	require.True(t, ok)
}

// publish publishes under a token, which makes the key the same in every run.
func (p *tape) publish(t *testing.T, token string, post *smm.Post) smm.Ref {
	t.Helper()
	r, err := p.ch.Publish(t.Context(), post, &smm.PublishOptions{Token: p.name + "-" + token})
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	p.await(t, r.Post.ID)
	return r.Post
}

// await waits behind the stage until the app view knows a post.
func (p *tape) await(t *testing.T, uri string) {
	t.Helper()
	if p.crowd == nil {
		return
	}
	m, err := p.crowd.member(t.Context(), p.other())
	require.NoError(t, err)
	(&stage{crowd: p.crowd, me: m}).indexed(t, uri)
}

// behind runs what others do, while recording.
func (p *tape) behind(f func(c *crowd)) {
	if p.crowd != nil {
		f(p.crowd)
	}
}

// until waits behind the stage, while recording, for something that the app
// view has to bring about for the account.
func (p *tape) until(t *testing.T, nsid string, query url.Values, there func(answer string) bool) {
	t.Helper()
	if p.crowd == nil {
		return
	}
	m, err := p.crowd.member(t.Context(), p.me())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		var raw json.RawMessage
		return xrpc(t.Context(), p.n.PDS, m.Access, nsid, query, nil, &raw) == nil && there(string(raw))
	}, indexLag, 20*time.Millisecond, nsid)
}

// renamed gives the PDS of a run the name that recordings know.
type renamed struct{ n *network }

func (r renamed) RoundTrip(req *http.Request) (*http.Response, error) {
	to, err := url.Parse(r.n.PDS)
	if err != nil {
		return nil, err
	}
	out := req.Clone(req.Context())
	out.URL.Scheme, out.URL.Host, out.Host = to.Scheme, to.Host, ""
	resp, err := r.n.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(r.n.PDS), []byte(publicPDS))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// TestCassettesAreOfTheNetwork: what is there was recorded, by whom it says,
// and is small.
func TestCassettesAreOfTheNetwork(t *testing.T) {
	if os.Getenv(vcr.RecordEnv) == "1" {
		t.Skip("they are being recorded")
	}
	files, err := os.ReadDir("testdata/cassettes")
	require.NoError(t, err)
	total, n := int64(0), 0
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		total += info.Size()
		name, ok := strings.CutSuffix(f.Name(), ".yaml")
		if !ok {
			continue
		}
		n++
		p, err := vcr.ReadProvenance("testdata/cassettes/" + name)
		require.NoError(t, err)
		require.Equal(t, vcr.Recorded, p.Source, name)
		require.Equal(t, realnet.Server, p.Server, name)
	}
	require.Equal(t, 7, n)
	require.Less(t, total, int64(500_000))
}
