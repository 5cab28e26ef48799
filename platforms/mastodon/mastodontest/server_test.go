package mastodontest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// wire is a program that speaks HTTP and knows no client library.
type wire struct {
	*mastodontest.Server

	t     testing.TB
	world *sim.World
	token string
}

func open(t testing.TB, opts *mastodontest.Options) *wire {
	t.Helper()
	w := &wire{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true))}
	w.Server = mastodontest.NewServer(w.world, opts)
	t.Cleanup(w.Close)
	a, err := w.NewAccount("alice")
	require.NoError(t, err)
	w.token = a.Login["MASTODON_TOKEN"]
	again, err := w.NewAccount("alice")
	require.NoError(t, err)
	require.Equal(t, a, again)
	return w
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) field(t testing.TB, name string) string {
	t.Helper()
	var m map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(a.body), &m), a.body)
	return strings.Trim(string(m[name]), `"`)
}

// do sends a form with optional headers ("Name: value").
func (w *wire) do(method, path string, form url.Values, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.send(req, headers...)
}

func (w *wire) send(req *http.Request, headers ...string) answer {
	w.t.Helper()
	req.Header.Set("Authorization", "Bearer "+w.token)
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (w *wire) post(text string, headers ...string) answer {
	return w.do("POST", "/api/v1/statuses", url.Values{"status": {text}}, headers...)
}

func TestIdempotencyKeyLastsExactlyAnHour(t *testing.T) {
	w := open(t, nil)
	first := w.post("one", "Idempotency-Key: k").field(t, "id")
	require.Equal(t, first, w.post("one", "Idempotency-Key: k").field(t, "id"))
	require.Equal(t, first, w.post("other words", "Idempotency-Key: k").field(t, "id"), "the key decides, not the content")
	require.NotEqual(t, first, w.post("one", "Idempotency-Key: other").field(t, "id"))
	w.world.Clock.Advance(time.Hour - time.Millisecond)
	require.Equal(t, first, w.post("one", "Idempotency-Key: k").field(t, "id"))
	w.world.Clock.Advance(time.Millisecond)
	require.NotEqual(t, first, w.post("one", "Idempotency-Key: k").field(t, "id"))

	second, err := w.NewAccount("bob")
	require.NoError(t, err)
	mine := w.post("x", "Idempotency-Key: shared").field(t, "id")
	w.token = second.Login["MASTODON_TOKEN"]
	require.NotEqual(t, mine, w.post("x", "Idempotency-Key: shared").field(t, "id"), "keys belong to an account")
}

func TestIdempotencyKeyIsIgnoredElsewhere(t *testing.T) {
	for _, software := range []mastodontest.Software{mastodontest.GoToSocial, mastodontest.Akkoma, mastodontest.Pleroma} {
		w := open(t, &mastodontest.Options{Software: software})
		require.NotEqual(t, w.post("one", "Idempotency-Key: k").field(t, "id"), w.post("one", "Idempotency-Key: k").field(t, "id"))
	}
}

func TestRateWindows(t *testing.T) {
	w := open(t, &mastodontest.Options{Quotas: mastodontest.Quotas{
		Statuses: mastodontest.Quota{Limit: 2, Window: 3 * time.Hour}, Requests: mastodontest.Quota{Limit: 50, Window: 5 * time.Minute},
	}})
	w.world.Clock.Advance(7*time.Minute + 1234567*time.Microsecond)
	a := w.post("1")
	require.Equal(t, "2", a.header.Get("X-RateLimit-Limit"))
	require.Equal(t, "1", a.header.Get("X-RateLimit-Remaining"))
	require.Equal(t, "2026-11-02T12:00:00.000000Z", a.header.Get("X-RateLimit-Reset"), "windows begin at multiples of their length")
	require.Equal(t, http.StatusOK, w.post("2").status)
	a = w.post("3")
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.JSONEq(t, `{"error":"Too many requests"}`, a.body)
	require.Empty(t, a.header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, w.do("GET", "/api/v1/accounts/verify_credentials", nil).status)
	w.world.Clock.Advance(3 * time.Hour)
	require.Equal(t, http.StatusOK, w.post("3").status)
	require.Equal(t, 3, w.world.Ledger.Counts("").Posts)
}

func TestRefusalsInTheVendorsWords(t *testing.T) {
	w := open(t, nil)
	read := w.IssueToken("alice", "read")
	for _, tc := range []struct {
		name   string
		form   url.Values
		head   string
		status int
		words  string
	}{
		{"no token", url.Values{"status": {"x"}}, "Authorization: ", 401, "The access token is invalid"},
		{"bad token", url.Values{"status": {"x"}}, "Authorization: Bearer nope", 401, "The access token is invalid"},
		{"scope", url.Values{"status": {"x"}}, "Authorization: Bearer " + read, 403, "This action is outside the authorized scopes"},
		{"blank", url.Values{"status": {" "}}, "", 422, "Validation failed: Text can't be blank"},
		{"long", url.Values{"status": {strings.Repeat("x", 501)}}, "", 422, "Validation failed: Text character limit of 500 exceeded"},
		{"visibility", url.Values{"status": {"x"}, "visibility": {"secret"}}, "", 422, "Validation failed: Visibility is not included in the list"},
		{"reply to nothing", url.Values{"status": {"x"}, "in_reply_to_id": {"1"}}, "", 404, "The post you are trying to reply to does not appear to exist."},
		{"one option", url.Values{"status": {"x"}, "poll[options][]": {"a"}, "poll[expires_in]": {"300"}}, "", 422, "Validation failed: Options must be more than one item"},
		{"short poll", url.Values{"status": {"x"}, "poll[options][]": {"a", "b"}, "poll[expires_in]": {"299"}}, "", 422, "Validation failed: Expires at is too soon"},
		{"unknown media", url.Values{"status": {"x"}, "media_ids[]": {"7"}}, "", 422, "Validation failed: Media not found"},
		{"soon", url.Values{"status": {"x"}, "scheduled_at": {"2026-11-02T09:04:59Z"}}, "", 422, "Validation failed: Scheduled at is too soon"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &wire{Server: w.Server, t: t, world: w.world, token: w.token}
			var headers []string
			if tc.head != "" {
				headers = append(headers, tc.head)
			}
			a := w.do("POST", "/api/v1/statuses", tc.form, headers...)
			require.Equal(t, tc.status, a.status)
			require.Equal(t, tc.words, a.field(t, "error"))
		})
	}
	require.Zero(t, w.world.Ledger.Counts("").Posts)
	require.Equal(t, http.StatusNotFound, w.do("GET", "/api/v1/nonsense", nil).status)
}

func TestRendering(t *testing.T) {
	w := open(t, nil)
	w.Author("bob@far.example")
	a := w.post("Hi @bob@far.example & @nobody\nline\n\n#Tag https://example.com/a/rather/long/path/to/something?x=1&y=2")
	require.Equal(t, `<p>Hi <span class="h-card" translate="no"><a href="https://far.example/@bob" class="u-url mention">@<span>bob</span></a></span> &amp; @nobody<br />line</p>`+
		`<p><a href="`+w.URL()+`/tags/tag" class="mention hashtag" rel="tag">#<span>Tag</span></a> `+
		`<a href="https://example.com/a/rather/long/path/to/something?x=1&amp;y=2" rel="nofollow noopener noreferrer" target="_blank" translate="no">`+
		`<span class="invisible">https://</span><span class="ellipsis">example.com/a/rather/long/path</span><span class="invisible">/to/something?x=1&amp;y=2</span></a></p>`,
		unquote(t, a, "content"))
}

func unquote(t testing.TB, a answer, name string) string {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &m))
	s, _ := m[name].(string)
	return s
}

func (w *wire) upload(file []byte) answer {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "f")
	require.NoError(w.t, err)
	_, err = part.Write(file)
	require.NoError(w.t, err)
	require.NoError(w.t, m.Close())
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", w.URL()+"/api/v2/media", &b)
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return w.send(req)
}

func TestMediaTakesTime(t *testing.T) {
	w := open(t, &mastodontest.Options{MediaDelay: 10 * time.Second})
	a := w.upload(mediatest.MP4(64, 64, time.Second))
	require.Equal(t, http.StatusAccepted, a.status)
	require.Equal(t, "null", a.field(t, "url"))
	id := a.field(t, "id")
	require.Equal(t, http.StatusPartialContent, w.do("GET", "/api/v1/media/"+id, nil).status)
	early := w.do("POST", "/api/v1/statuses", url.Values{"media_ids[]": {id}})
	require.Equal(t, http.StatusUnprocessableEntity, early.status)
	require.Contains(t, early.body, "have not finished processing")
	w.world.Clock.Advance(10 * time.Second)
	require.Equal(t, http.StatusOK, w.do("GET", "/api/v1/media/"+id, nil).status)
	require.Equal(t, http.StatusOK, w.do("POST", "/api/v1/statuses", url.Values{"media_ids[]": {id}}).status)
	require.Len(t, w.world.Ledger.Items()[0].Media, 1)
	require.Equal(t, http.StatusUnprocessableEntity, w.upload([]byte("not a picture")).status)
}

func TestScheduledGoesLive(t *testing.T) {
	w := open(t, nil)
	a := w.do("POST", "/api/v1/statuses", url.Values{"status": {"later"}, "scheduled_at": {"2026-11-02T10:00:00Z"}}, "Idempotency-Key: k")
	require.Contains(t, a.body, `"idempotency":"k"`)
	require.Equal(t, a.field(t, "id"), w.do("POST", "/api/v1/statuses", url.Values{"status": {"later"}, "scheduled_at": {"2026-11-02T10:00:00Z"}}, "Idempotency-Key: k").field(t, "id"))
	w.world.Clock.Advance(time.Hour - time.Second)
	require.Zero(t, w.world.Ledger.Counts("").Posts)
	w.world.Clock.Advance(time.Second)
	require.Equal(t, 1, w.world.Ledger.Counts("").Posts, "without any request")
	require.JSONEq(t, `[]`, w.do("GET", "/api/v1/scheduled_statuses", nil).body)
	for range 25 {
		require.Equal(t, http.StatusOK, w.do("POST", "/api/v1/statuses", url.Values{"status": {"x"}, "scheduled_at": {"2026-12-24T10:00:00Z"}}).status)
	}
	require.Equal(t, http.StatusUnprocessableEntity, w.do("POST", "/api/v1/statuses", url.Values{"status": {"x"}, "scheduled_at": {"2026-12-24T11:00:00Z"}}).status)
}

// TestBackdating: GoToSocial takes a time in the past and backdates.
func TestBackdating(t *testing.T) {
	w := open(t, &mastodontest.Options{Software: mastodontest.GoToSocial})
	a := w.do("POST", "/api/v1/statuses", url.Values{"status": {"old"}, "scheduled_at": {"2025-01-01T00:00:00Z"}})
	require.Equal(t, "2025-01-01T00:00:00.000Z", a.field(t, "created_at"))
}

func TestStreamOnTheWire(t *testing.T) {
	w := open(t, nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.URL()+"/api/v1/streaming/user", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	require.True(t, lines.Scan())
	require.Equal(t, ":)", lines.Text())
	w.Heartbeat()
	id := w.post("hello").field(t, "id")
	w.do("DELETE", "/api/v1/statuses/"+id, nil)
	var got []string
	for len(got) < 4 && lines.Scan() {
		if lines.Text() != "" {
			got = append(got, lines.Text())
		}
	}
	require.Equal(t, ":thump", got[0])
	require.Equal(t, "event: update", got[1])
	require.True(t, strings.HasPrefix(got[2], `data: {`), got[2])
	require.Equal(t, "event: delete", got[3])
	require.True(t, lines.Scan())
	require.Equal(t, "data: "+id, lines.Text())
}

// TestBlocksHide: whom an account blocks can neither read nor reach it.
func TestBlocksHide(t *testing.T) {
	w := open(t, nil)
	id := w.post("hello").field(t, "id")
	who := w.Author("troll").ID
	w.do("POST", "/api/v1/accounts/"+who+"/block", nil)
	_, err := w.VisitorPosts(t.Context(), "troll", id, "boo")
	require.Error(t, err)
	_, err = w.VisitorPosts(t.Context(), "troll", "", "boo @alice")
	require.NoError(t, err)
	require.JSONEq(t, `[]`, w.do("GET", "/api/v1/notifications", nil).body)
	w.do("POST", "/api/v1/accounts/"+who+"/unblock", nil)
	_, err = w.VisitorPosts(t.Context(), "troll", id, "boo")
	require.NoError(t, err)
}
