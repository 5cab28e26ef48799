package mastodon_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
)

// golden is a wire case written from documentation.
type golden struct {
	Provenance struct {
		Source, Link, Date, Note string
	} `json:"provenance"`
	Body json.RawMessage `json:"body"`
}

func loadGolden(t testing.TB, kind, name string) json.RawMessage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", kind, name+".json"))
	require.NoError(t, err)
	var g golden
	require.NoError(t, json.Unmarshal(b, &g))
	require.Equal(t, "documentation", g.Provenance.Source)
	require.NotEmpty(t, g.Provenance.Link)
	_, err = time.Parse(time.DateOnly, g.Provenance.Date)
	require.NoError(t, err)
	return g.Body
}

// wiretap keeps the requests that pass through it.
type wiretap struct {
	next http.RoundTripper

	mu    sync.Mutex
	calls []tapped
}

type tapped struct {
	method, path string
	header       http.Header
	body         string
}

func (w *wiretap) RoundTrip(r *http.Request) (*http.Response, error) {
	c := tapped{method: r.Method, path: r.URL.RequestURI(), header: r.Header.Clone()}
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		c.body = string(b)
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	w.mu.Unlock()
	return w.next.RoundTrip(r)
}

// of returns the calls of a method and path.
func (w *wiretap) of(method, path string) []tapped {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []tapped
	for _, c := range w.calls {
		at, _, _ := strings.Cut(c.path, "?")
		if c.method == method && at == path {
			out = append(out, c)
		}
	}
	return out
}

func tap(b *bench) *wiretap {
	w := &wiretap{next: &http.Transport{}}
	b.config.HTTPClient = &http.Client{Transport: w}
	return w
}

func TestRequestsOnTheWire(t *testing.T) {
	b := open(t, nil)
	w := tap(b)
	ch := b.channel(t)
	quoted, err := b.VisitorPosts(t.Context(), visitorHandle, "", "quote me")
	require.NoError(t, err)
	comment, err := b.VisitorPosts(t.Context(), visitorHandle, b.publish(t, &smm.Post{Text: "first"}).Post.ID, "a comment")
	require.NoError(t, err)
	message, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "psst")
	require.NoError(t, err)
	convs, err := ch.Conversations(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, convs, 1)

	for _, tc := range []struct {
		name string
		post smm.Post
		opts mastodon.PostOptions
	}{
		{"text", smm.Post{Text: "Hello", Languages: []string{"en-GB"}}, mastodon.PostOptions{}},
		{"images", smm.Post{Text: "Hello", Sensitive: true, Media: []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}}, mastodon.PostOptions{}},
		{"poll", smm.Post{Text: "Hello", Poll: &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour, Multiple: true}}, mastodon.PostOptions{}},
		{"warning", smm.Post{Text: "Hello", ContentWarning: "spiders", Visibility: smm.VisibilityUnlisted}, mastodon.PostOptions{}},
		{"followers", smm.Post{Text: "Hello", Visibility: smm.VisibilityFollowers}, mastodon.PostOptions{}},
		{"scheduled", smm.Post{Text: "Hello"}, mastodon.PostOptions{ScheduledAt: epoch.Add(3 * time.Hour)}},
		{"quote", smm.Post{Text: "Hello", Quote: quoted}, mastodon.PostOptions{QuotePolicy: "followers"}},
		{"reply", smm.Post{Text: "Hello", ReplyTo: comment}, mastodon.PostOptions{}},
		{"message", smm.Post{Text: "Hello", ReplyTo: convs[0].Ref}, mastodon.PostOptions{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := len(w.of("POST", "/api/v1/statuses"))
			require.NoError(t, tc.opts.Set(&tc.post))
			_, err := ch.Publish(t.Context(), &tc.post, nil)
			if tc.name != "scheduled" {
				require.NoError(t, err)
			}
			calls := w.of("POST", "/api/v1/statuses")
			require.Len(t, calls, before+1)
			call := calls[before]
			require.Equal(t, "application/json", call.header.Get("Content-Type"))
			require.Regexp(t, `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, call.header.Get("Idempotency-Key"))

			want := string(loadGolden(t, "requests", tc.name))
			var sent struct {
				MediaIDs []string `json:"media_ids"`
			}
			require.NoError(t, json.Unmarshal([]byte(call.body), &sent))
			if len(sent.MediaIDs) == 2 {
				want = strings.NewReplacer("<media 1>", sent.MediaIDs[0], "<media 2>", sent.MediaIDs[1]).Replace(want)
			}
			want = strings.NewReplacer("<quoted>", quoted.ID, "<comment>", comment.ID, "<message>", message.ID).Replace(want)
			require.JSONEq(t, want, call.body)
		})
	}
}

// TestUploadOnTheWire holds the fields of a multipart upload.
func TestUploadOnTheWire(t *testing.T) {
	b := open(t, nil)
	w := tap(b)
	_, err := b.channel(t).Publish(t.Context(), &smm.Post{Text: "x", Media: []smm.Media{
		{Name: "red.png", AltText: "a \"red\" square", Focus: &smm.FocalPoint{X: 0.25, Y: -1}},
	}}, nil)
	require.NoError(t, err)
	calls := w.of("POST", "/api/v2/media")
	require.Len(t, calls, 1)
	require.True(t, strings.HasPrefix(calls[0].header.Get("Content-Type"), "multipart/form-data; boundary="))
	r := &http.Request{Method: "POST", Header: calls[0].header, Body: io.NopCloser(strings.NewReader(calls[0].body))}
	require.NoError(t, r.ParseMultipartForm(1<<20))
	require.Equal(t, []string{`a "red" square`}, r.MultipartForm.Value["description"])
	require.Equal(t, []string{"0.2500,-1.0000"}, r.MultipartForm.Value["focus"])
	require.Len(t, r.MultipartForm.File["file"], 1)
	require.Equal(t, "image/png", r.MultipartForm.File["file"][0].Header.Get("Content-Type"))
}

func TestNoKeyWhereItIsNotHonoured(t *testing.T) {
	for _, opts := range []mastodontest.Options{
		{Software: mastodontest.GoToSocial}, {Software: mastodontest.Akkoma}, {Software: mastodontest.Pleroma}, {NoNodeInfo: true},
	} {
		t.Run(string(opts.Software)+opts.Version, func(t *testing.T) {
			opts.Quotas = mastodontest.NoQuotas()
			b := open(t, &opts)
			w := tap(b)
			b.publish(t, &smm.Post{Text: "no key"})
			calls := w.of("POST", "/api/v1/statuses")
			require.Len(t, calls, 1)
			require.Empty(t, calls[0].header.Values("Idempotency-Key"))
		})
	}
}

func decodeGolden[T any](t testing.TB, name string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(loadGolden(t, "replies", name), &v))
	return v
}

func TestRepliesOfMastodon(t *testing.T) {
	s := decodeGolden[mastodon.Status](t, "status-mastodon")
	require.Equal(t, mastodon.ID("114000000000000001"), s.ID)
	require.Equal(t, time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC), s.CreatedAt.Time)
	require.True(t, s.EditedAt.IsZero())
	require.Equal(t, mastodon.Count{Value: 4, Known: true}, s.QuotesCount)
	require.Equal(t, mastodon.Count{Value: 0, Known: true}, s.FavouritesCount)
	require.Nil(t, s.Reblog)
	require.Nil(t, s.Quote)
	require.Nil(t, s.Card)
	require.Equal(t, mastodon.Count{}, s.Poll.VotersCount)
	require.Equal(t, mastodon.List[int]{1}, s.Poll.OwnVotes)
	require.InDelta(t, -0.25, s.MediaAttachments[0].Meta.Focus.Y, 0)
	require.Equal(t, 640, s.MediaAttachments[0].Meta.Original.Width)
	require.JSONEq(t, string(loadGolden(t, "replies", "status-mastodon")), string(s.Raw))

	q := decodeGolden[mastodon.Status](t, "status-quote")
	require.Equal(t, mastodon.ID("114000000000000001"), q.Quote.StatusID())
	require.Equal(t, "look", q.PlainText())
	require.Equal(t, mastodon.ID("114000000000000000"), q.Quote.QuotedStatus.Quote.StatusID())

	sch := decodeGolden[mastodon.ScheduledStatus](t, "scheduled")
	require.Equal(t, mastodon.Text("key-1"), sch.Params.Idempotency)

	ns := decodeGolden[mastodon.List[mastodon.Notification]](t, "notifications")
	require.Len(t, ns, 3)
	require.Equal(t, mastodon.ID("79"), ns[2].ID)
	require.True(t, ns[2].CreatedAt.IsZero())

	cs := decodeGolden[mastodon.List[mastodon.Conversation]](t, "conversations")
	require.True(t, bool(cs[0].Unread))
	require.Nil(t, cs[1].LastStatus)
}

func TestRepliesOfCompatibleServers(t *testing.T) {
	g := decodeGolden[mastodon.Status](t, "status-gotosocial")
	require.Equal(t, mastodon.Visibility("mutuals_only"), g.Visibility)
	require.Equal(t, mastodon.Count{}, g.QuotesCount)
	require.Contains(t, string(g.Raw), "interaction_policy")

	p := decodeGolden[mastodon.Status](t, "status-pleroma")
	require.Equal(t, mastodon.ID("AbCdEfGhIjKlMnOpQr"), p.ID)
	require.Equal(t, mastodon.Text("hello **there**"), p.Pleroma.Content.Plain)
	require.Equal(t, mastodon.ID("345972"), p.Pleroma.ConversationID)

	f := decodeGolden[mastodon.Status](t, "status-pixelfed")
	require.Equal(t, mastodon.Text("image/jpeg"), f.MediaAttachments[0].Mime)
	require.Nil(t, f.Poll)
	require.False(t, bool(f.Favourited))

	o := decodeGolden[mastodon.Status](t, "status-odd")
	require.Equal(t, mastodon.ID("610000000000000001"), o.ID)
	require.Equal(t, mastodon.Count{Value: 3, Known: true}, o.RepliesCount)
	require.Equal(t, mastodon.Count{}, o.FavouritesCount)
	require.Equal(t, time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC), o.CreatedAt.Time)
	require.Equal(t, time.Unix(1754042400, 0).UTC(), o.Account.CreatedAt.Time)
	require.Equal(t, mastodon.Count{}, o.Account.FollowersCount)
	require.Equal(t, mastodon.ID("12"), o.Account.ID)
	require.Nil(t, o.Reblog)
	require.Nil(t, o.Poll)
	require.Nil(t, o.Card)
	require.Empty(t, o.Quote.StatusID())
	require.Len(t, o.MediaAttachments, 1)
	require.Equal(t, mastodon.ID("7"), o.MediaAttachments[0].ID)
	require.Contains(t, string(o.Raw), "something_new")
}

func TestLimitsOfServers(t *testing.T) {
	documented := mastodon.DocumentedLimits()
	for _, tc := range []struct {
		name  string
		check func(*testing.T, *mastodon.InstanceInfo, smm.Limits)
	}{
		{"instance-v2-mastodon", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, smm.TextLimits{Max: 640, Unit: smm.UnitGraphemes, URL: 24}, l.Text)
			require.Equal(t, []string{"image/jpeg", "image/png"}, l.Media.Types)
			require.Equal(t, 5, l.Media.MaxItems)
			require.Equal(t, 1, l.Media.MaxVideos)
			require.False(t, l.Media.Mix)
			require.Equal(t, smm.PollLimits{MinOptions: 2, MaxOptions: 6, OptionChars: 60, MinDuration: 10 * time.Minute, MaxDuration: 24 * time.Hour}, l.Poll)
			require.Contains(t, l.Live, "text.max")
			require.Equal(t, 7, in.API())
			require.Equal(t, "https://streaming.m.example", in.StreamingURL("https://m.example"))
			require.False(t, in.HonoursKeys(), "a version text alone proves nothing")
		}},
		{"instance-v1-mastodon", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, 640, l.Text.Max)
			require.Equal(t, "https://m.example", in.StreamingURL("https://elsewhere.example"))
			require.Zero(t, in.API())
		}},
		{"instance-v1-bare", func(t *testing.T, _ *mastodon.InstanceInfo, l smm.Limits) {
			require.Empty(t, cmp.Diff(documented, l))
			require.Empty(t, l.Live)
		}},
		{"instance-v1-pleroma", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, mastodon.Pleroma, in.Software())
			require.Equal(t, 5000, l.Text.Max)
			require.Equal(t, 1000, l.Media.MaxItems)
			require.Equal(t, int64(16000000), l.Media.VideoBytes)
			require.Equal(t, smm.PollLimits{MinOptions: 2, MaxOptions: 20, OptionChars: 200, MaxDuration: 365 * 24 * time.Hour}, l.Poll)
			require.True(t, l.Media.Mix)
		}},
		{"instance-v2-gotosocial", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, mastodon.Software(""), in.Software(), "its version text does not name it")
			require.Equal(t, 25, l.Text.URL)
		}},
		{"instance-v1-pixelfed", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, mastodon.Pixelfed, in.Software())
			require.Equal(t, 10, l.Media.MaxItems)
		}},
		{"instance-odd", func(t *testing.T, in *mastodon.InstanceInfo, l smm.Limits) {
			require.Equal(t, 777, l.Text.Max)
			require.Equal(t, documented.Poll, l.Poll)
			require.Equal(t, "https://o.example", in.StreamingURL("https://o.example"))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := decodeGolden[mastodon.InstanceInfo](t, tc.name)
			tc.check(t, &in, in.Limits())
		})
	}
}
