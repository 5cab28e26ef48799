package bluesky_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// TestDocumented holds requests against what the vendor's documentation shows.
// Each file names its page and the date on which it was read.
func TestDocumented(t *testing.T) {
	files, err := filepath.Glob("testdata/documented/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			b := open(t, nil)
			mentioned, err := b.NewAccount("b.example.com")
			require.NoError(t, err)
			var c struct {
				Source, Date string
				Post         smm.Post
				Record, Gate json.RawMessage
			}
			require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "{did of b.example.com}", mentioned.Channel.ID)), &c))
			require.NotEmpty(t, c.Source)
			require.NotEmpty(t, c.Date)
			r := b.publish(t, &c.Post)
			require.JSONEq(t, string(c.Record), string(b.record(t, bluesky.PostCollection, r.Post.ID).Value))
			if c.Gate != nil {
				want := strings.ReplaceAll(string(c.Gate), "{post}", r.Post.ID)
				require.JSONEq(t, want, string(b.record(t, bluesky.ThreadgateCollection, r.Post.ID).Value))
			}
		})
	}
}

// answering is a transport that gives every request the same answer.
type answering struct {
	status int
	header http.Header
	body   string
	asked  *http.Request
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	a.asked = r
	h := a.header.Clone()
	if h == nil {
		h = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{
		StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: -1,
		Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

const stubDID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"

var stubChannel = bluesky.ChannelRef(stubDID)

// stub is a driver whose server is a transport.
func stub(t testing.TB, rt http.RoundTripper) *bluesky.Driver {
	t.Helper()
	d, err := bluesky.New(bluesky.Config{
		Credentials: smm.StaticToken(stubChannel, "https://pds.example.com", "token-0123456789"),
		HTTPClient:  &http.Client{Transport: rt}, Clock: instant{}, Media: smm.FSMedia(assets),
	})
	require.NoError(t, err)
	return d
}

// instant is a clock on which waiting takes no time.
type instant struct{}

func (instant) Now() time.Time { return epoch }

func (instant) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// TestDocumentedReplies reads answers as the vendor's documentation and
// lexicons show them.
func TestDocumentedReplies(t *testing.T) {
	// Lexicon app.bsky.feed.defs#postView and docs.bsky.app/docs/api/app-bsky-feed-get-posts, read August 2026.
	const posts = `{"posts":[{"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3l","cid":"bafyreigdyr",
	 "author":{"did":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","handle":"a.example.com","associated":{"chat":{"allowIncoming":"all"}}},
	 "record":{"$type":"app.bsky.feed.post","text":"hi","createdAt":"2026-08-01T10:00:00Z"},
	 "replyCount":0,"repostCount":1,"likeCount":2,"quoteCount":0,"indexedAt":"2026-08-01T10:00:01Z","futureField":{"x":1}}]}`
	d := stub(t, &answering{status: 200, body: posts})
	ref := smm.Ref{Platform: bluesky.Platform, Kind: smm.KindPost, ID: "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3l"}
	p, err := d.GetPost(t.Context(), stubChannel, ref)
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted("hi"), p.Text)
	require.Equal(t, "https://bsky.app/profile/did:plc:ewvi7nxzyoun6zhxrhs64oiz/post/3l", p.URL)
	require.Equal(t, time.Date(2026, 8, 1, 10, 0, 1, 0, time.UTC), p.At)
	require.Contains(t, string(p.Native), "futureField")
	states := make(map[smm.MetricName]smm.MetricState)
	for _, m := range p.Metrics {
		states[m.Name] = m.State
	}
	require.Equal(t, map[smm.MetricName]smm.MetricState{
		smm.MetricLikes: smm.MetricMeasured, smm.MetricShares: smm.MetricMeasured, smm.MetricComments: smm.MetricZero,
		smm.MetricQuotes: smm.MetricZero, smm.MetricSaves: smm.MetricNotReported, // an older app view has no bookmarks
	}, states)

	// The session of docs.bsky.app/docs/get-started, read August 2026.
	rt := &answering{status: 200, body: `{"accessJwt":"a","refreshJwt":"r","handle":"a.example.com","did":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","active":true}`}
	ch, cred, err := bluesky.SignIn(t.Context(), "https://bsky.example.com", "a.example.com", "xxxx-xxxx-xxxx-xxxx", &http.Client{Transport: rt})
	require.NoError(t, err)
	require.Equal(t, stubChannel, ch.Ref)
	require.Equal(t, "https://bsky.example.com", cred.Server, "no DID document: the server that was asked")
	require.Equal(t, "POST /xrpc/com.atproto.server.createSession", rt.asked.Method+" "+rt.asked.URL.Path)
}

// TestHomeServer: the session's DID document decides where the account lives,
// within what a stranger may name.
func TestHomeServer(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://morel.us-east.host.bsky.network": "https://morel.us-east.host.bsky.network",
		"https://bsky.example.com":                "https://bsky.example.com",
		"http://169.254.169.254":                  "",
		"https://10.0.0.1":                        "",
		"https://localhost":                       "",
		"ftp://pds.example.com":                   "https://bsky.example.com", // no server at all
	} {
		body, err := json.Marshal(map[string]any{
			"accessJwt": "a", "refreshJwt": "r", "handle": "a.example.com", "did": stubDID,
			"didDoc": map[string]any{"id": stubDID, "service": []any{map[string]any{
				"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint,
			}}},
		})
		require.NoError(t, err)
		_, cred, err := bluesky.SignIn(t.Context(), "https://bsky.example.com", "a.example.com", "pw-pw-pw", &http.Client{
			Transport: &answering{status: 200, body: string(body)},
		})
		if want == "" {
			require.ErrorIs(t, err, smm.ErrForbidden, endpoint)
			continue
		}
		require.NoError(t, err, endpoint)
		require.Equal(t, want, cred.Server)
	}
}
