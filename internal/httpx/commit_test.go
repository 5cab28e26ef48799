package httpx

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// oneThenHangUp answers the first request of a connection and closes it when
// the second has arrived: a keep-alive connection that broke in use.
func oneThenHangUp(s *rawServer, c *net.TCPConn) {
	br := bufio.NewReader(c)
	if _, _, ok := s.readRequest(br); !ok {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	s.readRequest(br)
}

func TestCommitOnABrokenReusedConnectionIsSentOnce(t *testing.T) {
	headers := map[string]http.Header{
		"no key":            nil,
		"Idempotency-Key":   {"Idempotency-Key": {"k1"}},
		"X-Idempotency-Key": {"X-Idempotency-Key": {"k1"}},
	}
	bodies := map[string]func() Body{
		"bytes":  func() Body { return Bytes("text/plain", []byte("hello")) },
		"none":   func() Body { return Body{} },
		"stream": func() Body { return Stream("text/plain", strings.NewReader("hello"), 5) },
		"form":   func() Body { return Form(nil) },
	}
	for hn, h := range headers {
		for bn, body := range bodies {
			t.Run(hn+" "+bn, func(t *testing.T) {
				s := newRawServer(t, oneThenHangUp)
				c := testClient(t, s.url(), nil)
				_, err := c.Read(t.Context(), &Request{Op: "warm", URL: "/warm"})
				require.NoError(t, err)
				r := post("")
				r.Body, r.Header = body(), h
				_, fate, err := c.Commit(t.Context(), r)
				require.Equal(t, FateUnknown, fate)
				require.ErrorIs(t, err, smm.ErrUnavailable)
				require.Equal(t, []string{"GET /warm", "POST /create"}, s.requests())
			})
		}
	}
}

// TestPlainClientReplays shows that the danger is real: without the care of
// Commit net/http sends the same request twice.
func TestPlainClientReplays(t *testing.T) {
	s := newRawServer(t, oneThenHangUp)
	hc := &http.Client{Transport: privateTransport(t)}
	for _, path := range []string{"/warm", "/create"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url()+path, strings.NewReader("hello"))
		require.NoError(t, err)
		req.Header.Set("Idempotency-Key", "k1")
		resp, err := hc.Do(req)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	require.Equal(t, []string{"POST /warm", "POST /create", "POST /create"}, s.requests())
}

func TestCommitFollowsNoRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var hits atomic.Int32
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hits.Add(1)
			http.Redirect(w, r, "/elsewhere", status)
		}))
		c := testClient(t, s.URL, nil)
		resp, fate, err := c.Commit(t.Context(), post("hello"))
		require.Equal(t, FateAnswered, fate)
		require.Equal(t, status, resp.Status)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.Equal(t, smm.OutcomeUnknown, c.Outcome(fate, resp).State)
		_, err = c.Write(t.Context(), post("hello"))
		require.Error(t, err)
		require.EqualValues(t, 2, hits.Load())
		s.Close()
	}
}

func TestCommitIsNotRetried(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
		var hits atomic.Int32
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(status)
		}))
		_, fate, err := testClient(t, s.URL, nil).Commit(t.Context(), post("hello"))
		require.Equal(t, FateAnswered, fate)
		require.Error(t, err)
		require.EqualValues(t, 1, hits.Load(), status)
		s.Close()
	}
}

func TestCommitWithoutBodyHasLengthZero(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r }))
	defer s.Close()
	_, _, err := testClient(t, s.URL, nil).Commit(t.Context(), &Request{
		Op: "create", Method: http.MethodPost, URL: "/create", Header: http.Header{"Idempotency-Key": {"k"}},
	})
	require.NoError(t, err)
	require.Equal(t, "0", got.Header.Get("Content-Length"))
	require.Empty(t, got.TransferEncoding)
	require.Equal(t, "k", got.Header.Get("Idempotency-Key"))
}

func TestCommitRefusesTooLargeAnswers(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("chunked") {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, strings.Repeat("x", 101))
	}))
	defer s.Close()
	c := testClient(t, s.URL, func(cfg *Config) { cfg.MaxBody = 100 })
	for _, url := range []string{"/", "/?chunked=1"} {
		_, fate, err := c.Commit(t.Context(), &Request{Op: "create", Method: http.MethodPost, URL: url})
		require.Equal(t, FateUnknown, fate)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.ErrorContains(t, err, "larger")
	}
	c = testClient(t, s.URL, func(cfg *Config) { cfg.MaxBody = 101 })
	resp, _, err := c.Commit(t.Context(), &Request{Op: "create", Method: http.MethodPost, URL: "/?chunked=1"})
	require.NoError(t, err)
	require.Len(t, resp.Body, 101)
}
