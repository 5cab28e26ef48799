package localweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// platforms are those that run unless somebody asks for others.
var platforms = []smm.Platform{"bluesky", "facebook", "instagram", "mastodon", "threads", "x"}

// startWeb starts a local social web on a clock that stands still.
func startWeb(t *testing.T) *localweb.Web {
	t.Helper()
	w, err := localweb.Start(t.Context(), localweb.Options{World: sim.NewWorldAt(sim.NewClock(start, false))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

// answer is what a request came back with.
type answer struct {
	status int
	header http.Header
	body   string
}

func do(t *testing.T, r *http.Request) answer {
	t.Helper()
	client := http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	return r
}

// call sends JSON and decodes the JSON that comes back.
func call[T any](t *testing.T, method, url string, body any) T {
	t.Helper()
	b, err := json.Marshal(body)
	require.NoError(t, err)
	a := do(t, request(t, method, url, string(b)))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var v T
	d := json.NewDecoder(bytes.NewReader([]byte(a.body)))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), a.body)
	return v
}

func TestStartRefuses(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	busy := taken.Addr().String()

	tests := map[string]struct {
		options localweb.Options
		want    string
	}{
		"every interface":          {localweb.Options{Addr: "0.0.0.0:0"}, "reached from other machines"},
		"no host means every one":  {localweb.Options{Addr: ":0"}, "reached from other machines"},
		"a name":                   {localweb.Options{Addr: "simulators.example:0"}, "reached from other machines"},
		"no port":                  {localweb.Options{Addr: "127.0.0.1"}, "want host:port"},
		"taken":                    {localweb.Options{Addr: busy}, "control address " + busy},
		"Bluesky taken":            {localweb.Options{Platforms: []localweb.Simulator{localweb.Bluesky(busy)}}, "bluesky address " + busy},
		"Mastodon taken":           {localweb.Options{Platforms: []localweb.Simulator{localweb.Mastodon(busy)}}, "mastodon address " + busy},
		"X taken":                  {localweb.Options{Platforms: []localweb.Simulator{localweb.X(busy)}}, "x address " + busy},
		"Threads for everybody":    {localweb.Options{Platforms: []localweb.Simulator{localweb.Threads("0.0.0.0:0")}}, "threads: localweb: address"},
		"Bluesky for everybody":    {localweb.Options{Platforms: []localweb.Simulator{localweb.Bluesky("0.0.0.0:0")}}, "bluesky: localweb: address"},
		"a platform twice":         {localweb.Options{Platforms: []localweb.Simulator{localweb.Bluesky(""), localweb.Bluesky("")}}, "bluesky is asked for twice"},
		"a handle nobody can have": {localweb.Options{Handles: []string{"no spaces"}}, `account "no spaces" on bluesky`},
		"a simulator that fails": {localweb.Options{Platforms: []localweb.Simulator{
			func(context.Context, *sim.World, bool) (sim.Server, error) { return nil, errors.New("out of luck") },
		}}, "out of luck"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := localweb.Start(t.Context(), tt.options)
			require.ErrorContains(t, err, tt.want)
		})
	}

	t.Run("a context that is over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := localweb.Start(ctx, localweb.Options{})
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestDocument(t *testing.T) {
	w := startWeb(t)
	d := call[localweb.Document](t, "GET", w.URL()+"/platforms", nil)
	require.Equal(t, w.Doc(), d)
	require.Equal(t, w.URL(), d.Control)
	require.True(t, strings.HasPrefix(d.Control, "http://127.0.0.1:"), d.Control)
	require.Len(t, d.Platforms, len(platforms))
	require.Len(t, d.Accounts, len(platforms))

	for n, keys := range [][]string{
		{"BLUESKY_SERVER", "BLUESKY_IDENTIFIER", "BLUESKY_APP_PASSWORD"},
		{"FACEBOOK_SERVER", "FACEBOOK_TOKEN"},
		{"INSTAGRAM_SERVER", "INSTAGRAM_TOKEN"},
		{"MASTODON_SERVER", "MASTODON_TOKEN"},
		{"THREADS_SERVER", "THREADS_TOKEN"},
		{"X_SERVER", "X_ACCESS_TOKEN", "X_REFRESH_TOKEN"},
	} {
		a := d.Accounts[n]
		require.Equal(t, platforms[n], a.Platform)
		for _, k := range keys {
			require.NotEmpty(t, a.Login[k], k)
		}
		require.Equal(t, d.Platforms[a.Platform], a.Login[keys[0]])
		require.Equal(t, smm.KindChannel, a.Channel.Kind)
	}
	require.Equal(t, smm.Platform("bluesky"), w.Server("bluesky").Platform())
	require.Nil(t, w.Server("friendster"))
}

func TestNoAccounts(t *testing.T) {
	w, err := localweb.Start(t.Context(), localweb.Options{Handles: []string{}})
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	require.Contains(t, do(t, request(t, "GET", w.URL()+"/platforms", "")).body, `"accounts":[]`)
	require.Contains(t, do(t, request(t, "GET", w.URL()+"/", "")).body, "No account yet.")
}

func TestFixedAddress(t *testing.T) {
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())

	w, err := localweb.Start(t.Context(), localweb.Options{Platforms: []localweb.Simulator{localweb.Mastodon(addr)}})
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	require.Equal(t, "http://"+addr, w.Doc().Platforms["mastodon"])
}

func TestRemote(t *testing.T) {
	w, err := localweb.Start(t.Context(), localweb.Options{Addr: "0.0.0.0:0", Remote: true, Platforms: []localweb.Simulator{}})
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Close()) }()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(w.URL(), "http://"))
	require.NoError(t, err)

	for host, want := range map[string]int{"192.0.2.7:80": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		r := request(t, "GET", "http://127.0.0.1:"+port+"/counters", "")
		r.Host = host
		require.Equal(t, want, do(t, r).status, host)
	}
}

func TestStop(t *testing.T) {
	t.Run("by Close, twice", func(t *testing.T) {
		w, err := localweb.Start(t.Context(), localweb.Options{})
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, w.Close())
		requireClosed(t, w)
	})
	t.Run("by the context, while a page listens", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := localweb.Start(ctx, localweb.Options{})
		require.NoError(t, err)
		resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(request(t, "GET", w.URL()+"/events", ""))
		require.NoError(t, err)
		defer resp.Body.Close()
		cancel()
		_, err = io.Copy(io.Discard, resp.Body) // ends when the server ends it
		require.NoError(t, err)
		require.NoError(t, w.Close())
		requireClosed(t, w)
	})
}

// requireClosed checks that nothing listens any more.
func requireClosed(t *testing.T, w *localweb.Web) {
	t.Helper()
	urls := []string{w.URL()}
	for _, p := range platforms {
		urls = append(urls, w.Server(p).URL())
	}
	for _, u := range urls {
		_, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(u, "http://"))
		require.Error(t, err, u)
	}
}
