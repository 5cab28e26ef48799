package wire_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/wire"
)

func TestRecordAndPlayBack(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("got " + string(b)))
	}))
	defer server.Close()
	judged := 0
	r := &wire.Recorder{Next: server.Client().Transport, Judge: func(e wire.Exchange) {
		judged++
		require.Equal(t, "hello", string(e.Sent))
	}}
	defer r.CloseIdleConnections()
	ask := func(rt http.RoundTripper) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("hello"))
		require.NoError(t, err)
		resp, err := rt.RoundTrip(req)
		require.NoError(t, err)
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode, string(b)
	}
	status, body := ask(r)
	require.Equal(t, http.StatusCreated, status)
	require.Equal(t, "got hello", body)
	require.Equal(t, 1, judged)
	require.Len(t, r.Exchanges(), 1)
	require.True(t, r.Exchanges()[0].OK())

	p := &wire.Playback{Answers: r.Exchanges()}
	for range 2 { // the last answer is repeated
		status, body = ask(p)
		require.Equal(t, http.StatusCreated, status)
		require.Equal(t, "got hello", body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	_, err = (&wire.Playback{}).RoundTrip(req) //nolint:bodyclose // there is none
	require.Error(t, err)
}

func TestOps(t *testing.T) {
	ops := &wire.Ops{}
	log := slog.New(ops)
	log.Debug("http request", "op", "a.get", "status", 500)
	log.Debug("http request", "op", "a.put", "status", 200)
	log.Debug("http request", "op", "a.put", "status", 404)
	log.Debug("http request", "op", "a.lost")
	log.Debug("something else", "op", "b.get", "status", 200)
	require.Equal(t, map[string]bool{"a.get": false, "a.put": true, "a.lost": false}, ops.Seen())
	require.Equal(t, []string{"a.put"}, ops.Succeeded())
}
