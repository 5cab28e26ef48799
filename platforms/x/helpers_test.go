package x_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var epoch = time.Date(2026, time.November, 2, 9, 0, 0, 0, time.UTC)

const (
	userToken = "user-token-that-nobody-may-see"
	appToken  = "app-token-that-nobody-may-see"
)

// seen is a request as the server got it.
type seen struct {
	*http.Request

	body []byte
}

// line is method, path and query without the parameters that choose fields.
func (s *seen) line() string {
	q := s.URL.Query()
	for name := range q {
		if strings.HasSuffix(name, ".fields") || name == "expansions" {
			q.Del(name)
		}
	}
	out := s.Method + " " + s.URL.EscapedPath()
	if e := q.Encode(); e != "" {
		out += "?" + e
	}
	return out
}

// bench is a server that answers everything alike and a client of it.
type bench struct {
	*httptest.Server

	t      testing.TB
	answer http.HandlerFunc
	clock  *sim.Clock
	client *http.Client

	mu   sync.Mutex
	seen []*seen
}

func open(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, clock: sim.NewClock(epoch, true), client: &http.Client{Transport: &http.Transport{}}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		b.mu.Lock()
		b.seen = append(b.seen, &seen{r, body})
		b.mu.Unlock()
		b.answer(w, r)
	}))
	t.Cleanup(b.Close)
	t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// says makes the server answer with one body.
func (b *bench) says(status int, body string) *bench {
	b.answer = says(status, body)
	return b
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Transaction-Id", "t-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (b *bench) config() x.ClientConfig {
	return x.ClientConfig{
		BaseURL: b.URL, Token: smm.NewSecret(userToken), AppToken: smm.NewSecret(appToken), Account: "7", App: "app",
		Clock: b.clock, HTTPClient: b.client,
	}
}

func (b *bench) vendor(change ...func(*x.ClientConfig)) *x.Client {
	b.t.Helper()
	cfg := b.config()
	for _, f := range change {
		f(&cfg)
	}
	c, err := x.NewClient(cfg)
	require.NoError(b.t, err)
	return c
}

// requests takes what the server got.
func (b *bench) requests() []*seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.seen
	b.seen = nil
	return out
}

// asError returns the typed error.
func asError(t testing.TB, err error) *smm.Error {
	t.Helper()
	e, ok := errors.AsType[*smm.Error](err)
	require.True(t, ok, "%v", err)
	require.NotContains(t, err.Error(), "nobody-may-see")
	require.Less(t, len(err.Error()), 700)
	return e
}

// canned answers every request with one body, without a network.
type canned struct {
	status int
	header http.Header
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	w := httptest.NewRecorder()
	for k, v := range c.header {
		w.Header()[k] = v
	}
	w.WriteHeader(c.status)
	_, _ = w.Write(c.body)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func cannedClient(t testing.TB, c canned) *x.Client {
	t.Helper()
	v, err := x.NewClient(x.ClientConfig{
		Token: smm.NewSecret(userToken), AppToken: smm.NewSecret(appToken), Account: "7",
		HTTPClient: &http.Client{Transport: c}, Clock: sim.NewClock(epoch, true),
	})
	require.NoError(t, err)
	return v
}
