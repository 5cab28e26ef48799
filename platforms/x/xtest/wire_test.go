package xtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

// exchange is a request and its answer, for the check against the
// specification.
type exchange struct {
	method, path string
	spelling     xtest.Spelling
	status       int
	kind         string
	body         string
}

var (
	recorded   []exchange
	recordedMu sync.Mutex
)

func record(e exchange) {
	recordedMu.Lock()
	defer recordedMu.Unlock()
	recorded = append(recorded, e)
}

// wire is a program that speaks HTTP and knows no client library. It acts for
// alice.
type wire struct {
	*xtest.Server

	t        testing.TB
	world    *sim.World
	spelling xtest.Spelling
	token    string
	me       string // alice's id
	login    map[string]string
}

func open(t testing.TB, opts *xtest.Options) *wire {
	t.Helper()
	if opts == nil {
		opts = &xtest.Options{}
	}
	w := &wire{t: t, world: sim.NewWorldAt(sim.NewClock(epoch, true)), spelling: opts.Spelling}
	w.Server = xtest.NewServer(w.world, opts)
	t.Cleanup(w.Close)
	a, err := w.NewAccount("alice")
	require.NoError(t, err)
	w.token, w.me, w.login = a.Login["X_ACCESS_TOKEN"], a.Channel.ID, a.Login
	again, err := w.NewAccount("Alice")
	require.NoError(t, err)
	require.Equal(t, a, again)
	return w
}

// as is the same server for another account.
func (w *wire) as(handle string) *wire {
	w.t.Helper()
	a, err := w.NewAccount(handle)
	require.NoError(w.t, err)
	other := *w
	other.token, other.me, other.login = a.Login["X_ACCESS_TOKEN"], a.Channel.ID, a.Login
	return &other
}

// with is the same account with another token.
func (w *wire) with(token string) *wire {
	other := *w
	other.token = token
	return &other
}

func (w *wire) bearer() *wire { return w.with(w.App().Bearer) }

type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// get follows names and indexes into the answer, and returns what is there, nil
// for nothing.
func (a answer) get(path string) any {
	a.t.Helper()
	var v any
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &v), a.body)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) str(path string) string {
	a.t.Helper()
	s, _ := a.get(path).(string)
	return s
}

// ids lists the ids of data.
func (a answer) ids() (out []string) {
	a.t.Helper()
	list, _ := a.get("data").([]any)
	for _, v := range list {
		out = append(out, v.(map[string]any)["id"].(string))
	}
	return out
}

func (a answer) want(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.body)
	return a
}

// do sends JSON, unless body is nil, with optional headers ("Name: value").
func (w *wire) do(method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var b io.Reader = http.NoBody
	if body != nil {
		raw, isRaw := body.(string)
		if !isRaw {
			j, err := json.Marshal(body)
			require.NoError(w.t, err)
			raw = string(j)
		}
		b = strings.NewReader(raw)
		headers = append([]string{"Content-Type: application/json"}, headers...)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, b)
	require.NoError(w.t, err)
	return w.send(req, headers...)
}

func (w *wire) get(path string, query ...string) answer {
	w.t.Helper()
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Add(query[i], query[i+1])
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return w.do("GET", path, nil)
}

func (w *wire) form(path string, form url.Values, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", w.URL()+path, strings.NewReader(form.Encode()))
	require.NoError(w.t, err)
	return w.send(req, append([]string{"Content-Type: application/x-www-form-urlencoded", "Authorization: "}, headers...)...)
}

// multi sends a file as multipart, with further fields as name, value pairs.
func (w *wire) multi(path string, file []byte, fields ...string) answer {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(w.t, m.WriteField(fields[i], fields[i+1]))
	}
	part, err := m.CreateFormFile("media", "f")
	require.NoError(w.t, err)
	_, err = part.Write(file)
	require.NoError(w.t, err)
	require.NoError(w.t, m.Close())
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", w.URL()+path, &b)
	require.NoError(w.t, err)
	return w.send(req, "Content-Type: "+m.FormDataContentType())
}

func (w *wire) send(req *http.Request, headers ...string) answer {
	w.t.Helper()
	a, err := w.try(req, headers...)
	require.NoError(w.t, err)
	return a
}

func (w *wire) try(req *http.Request, headers ...string) (answer, error) {
	w.t.Helper()
	req.Header.Set("Authorization", "Bearer "+w.token)
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	record(exchange{req.Method, req.URL.Path, w.spelling, resp.StatusCode, kind, string(b)})
	return answer{w.t, resp.StatusCode, resp.Header, string(b)}, nil
}

type m = map[string]any

func (w *wire) post(text string) answer {
	w.t.Helper()
	return w.do("POST", "/2/tweets", m{"text": text})
}

// posted is the id of a post that is made.
func (w *wire) posted(text string) string {
	w.t.Helper()
	return w.post(text).want(201).str("data.id")
}

func (w *wire) reply(to, text string) answer {
	w.t.Helper()
	return w.do("POST", "/2/tweets", m{"text": text, "reply": m{"in_reply_to_tweet_id": to}})
}

// visit makes a visitor post.
func (w *wire) visit(handle, parent, text string) string {
	w.t.Helper()
	r, err := w.VisitorPosts(w.t.Context(), handle, parent, text)
	require.NoError(w.t, err)
	return r.ID
}

func (w *wire) advance(d time.Duration) { w.world.Clock.Advance(d) }

func (a answer) refused(status int, detail string) {
	a.t.Helper()
	a.want(status)
	require.Contains(a.t, a.body, detail)
	require.Equal(a.t, "application/problem+json; charset=utf-8", a.header.Get("Content-Type"))
	require.NotEmpty(a.t, a.str("type"))
	require.NotEmpty(a.t, a.str("title"))
}

var enterprise = &xtest.Options{Tier: xtest.Enterprise}
