package httpx

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// statusServer answers with the statuses in turn, the last for ever.
func statusServer(t *testing.T, header http.Header, statuses ...int) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var hits atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n := int(hits.Add(1))
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(statuses[min(n, len(statuses))-1])
		_, _ = io.WriteString(w, `{}`)
	}))
	t.Cleanup(s.Close)
	return s, &hits
}

func onClock(clock smm.Clock) func(*Config) { return func(cfg *Config) { cfg.Clock = clock } }

func get() *Request { return &Request{Op: "get", URL: "/thing"} }

func TestReadIsRetriedAndBounded(t *testing.T) {
	tests := []struct {
		name     string
		request  *Request
		statuses []int
		hits     int32
		ok       bool
	}{
		{"at once", get(), []int{200}, 1, true},
		{"second", get(), []int{503, 200}, 2, true},
		{"third", get(), []int{500, 502, 200}, 3, true},
		{"never", get(), []int{500}, 3, false},
		{"not modified", get(), []int{304}, 1, true},
		{"404", get(), []int{404}, 1, false},
		{"501", get(), []int{501}, 1, false},
		{"HEAD", &Request{Op: "head", Method: "HEAD", URL: "/x"}, []int{503, 200}, 2, true},
		{"POST", &Request{Op: "query", Method: "POST", URL: "/x", Body: JSON(1)}, []int{503, 200}, 1, false},
		{"PUT", &Request{Op: "put", Method: "PUT", URL: "/x"}, []int{503, 200}, 1, false},
		{"repeatable POST", &Request{Op: "query", Method: "POST", URL: "/x", Repeatable: true, Body: JSON(1)}, []int{503, 200}, 2, true},
		{"repeatable stream", &Request{Op: "query", Method: "POST", URL: "/x", Repeatable: true, Body: Stream("a/b", io.LimitReader(strings.NewReader("xx"), 2), 2)}, []int{503, 200}, 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, hits := statusServer(t, nil, tt.statuses...)
			clock := newFakeClock()
			resp, err := testClient(t, s.URL, onClock(clock)).Read(t.Context(), tt.request)
			require.Equal(t, tt.hits, hits.Load())
			require.Equal(t, tt.ok, err == nil, "%v", err)
			require.Equal(t, tt.statuses[min(int(tt.hits), len(tt.statuses))-1], resp.Status)
			require.Len(t, clock.slept, int(tt.hits)-1)
			for i, d := range clock.slept {
				require.LessOrEqual(t, d, 200*time.Millisecond<<i)
			}
		})
	}
}

func TestReadRepeatsBodiesWhole(t *testing.T) {
	var bodies []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		w.WriteHeader(503)
	}))
	defer s.Close()
	_, err := testClient(t, s.URL, onClock(newFakeClock())).Read(t.Context(), &Request{
		Op: "query", Method: "POST", URL: "/x", Repeatable: true, Body: JSON(map[string]string{"a": "<b>"}),
	})
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, []string{`{"a":"<b>"}`, `{"a":"<b>"}`, `{"a":"<b>"}`}, bodies)
}

func TestReadSurvivesCutAnswers(t *testing.T) {
	n := atomic.Int32{}
	s := newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		s.readRequest(bufio.NewReader(c))
		switch n.Add(1) {
		case 1: // reset
			_ = c.SetLinger(0)
		case 2:
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
		default:
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	})
	clock := newFakeClock()
	c := testClient(t, s.url(), onClock(clock))
	resp, err := c.Read(t.Context(), get())
	require.NoError(t, err)
	require.Equal(t, "hello", string(resp.Body))
	require.Len(t, clock.slept, 2)
	require.EqualValues(t, 8, c.budget.saved[s.ln.Addr().String()], "one retry, one unit of budget")
}

func TestReadHonoursRetryAfter(t *testing.T) {
	tests := []struct {
		name  string
		value string
		hits  int32
		min   time.Duration
		max   time.Duration
	}{
		{"seconds", "3", 2, 3 * time.Second, 3350 * time.Millisecond},
		{"zero", "0", 2, 0, time.Second},
		{"negative", "-5", 2, 0, time.Second},
		{"garbage", "soon", 2, 0, time.Second},
		{"date", "Sun, 22 Nov 2026 12:00:05 GMT", 2, 5 * time.Second, 5600 * time.Millisecond},
		{"past date", "Sun, 22 Nov 2020 12:00:05 GMT", 2, 0, time.Second},
		{"beyond the bound", "16", 1, 0, 0},
		{"absurd", "1000000000000", 1, 0, 0},
	}
	for _, tt := range tests {
		for _, status := range []int{429, 503} {
			t.Run(tt.name+" "+strconv.Itoa(status), func(t *testing.T) {
				s, hits := statusServer(t, http.Header{"Retry-After": {tt.value}, "Date": {"Sun, 22 Nov 2026 12:00:00 GMT"}}, status, 200)
				clock := newFakeClock()
				_, err := testClient(t, s.URL, onClock(clock)).Read(t.Context(), get())
				require.Equal(t, tt.hits, hits.Load())
				if tt.hits == 1 {
					require.Error(t, err)
					require.Empty(t, clock.slept)
					if status == 429 {
						require.Greater(t, after(t, err), 15*time.Second)
						require.LessOrEqual(t, after(t, err), MaxRetryAfter)
					}
					return
				}
				require.NoError(t, err)
				require.GreaterOrEqual(t, clock.slept[0], tt.min)
				require.LessOrEqual(t, clock.slept[0], tt.max)
			})
		}
	}
}

func TestReadDoesNotSleepPastItsDeadline(t *testing.T) {
	s, hits := statusServer(t, http.Header{"Retry-After": {"10"}}, 429)
	clock := newFakeClock()
	clock.now = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := testClient(t, s.URL, onClock(clock)).Read(ctx, get())
	require.Equal(t, 10*time.Second, after(t, err))
	require.Empty(t, clock.slept)
	require.EqualValues(t, 1, hits.Load())
}

func TestRetryBudgetStopsStorms(t *testing.T) {
	s, hits := statusServer(t, nil, 503)
	c := testClient(t, s.URL, onClock(newFakeClock()))
	const n = 500
	for range n {
		_, err := c.Read(t.Context(), get())
		require.ErrorIs(t, err, smm.ErrUnavailable)
	}
	require.LessOrEqual(t, hits.Load(), int32(n+n/10+10))
	require.Greater(t, hits.Load(), int32(n+10))
	// Another host has its own.
	other, otherHits := statusServer(t, nil, 503)
	r := get()
	r.URL = other.URL + "/x"
	_, err := c.Read(t.Context(), r)
	require.Error(t, err)
	require.EqualValues(t, 3, otherHits.Load())
}

func TestReadRedirects(t *testing.T) {
	var got http.Header
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer far.Close()
	near := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/far":
			http.Redirect(w, r, far.URL+"/x", http.StatusFound)
		case "/near":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			got = r.Header.Clone()
		}
	}))
	defer near.Close()
	c := testClient(t, near.URL, onClock(newFakeClock()))
	r := &Request{
		Op: "get", URL: "/far?access_token=s3cret", Auth: Bearer(smm.NewSecret("s3cret")),
		Header: http.Header{"DPoP": {"s3cret"}, "X-Vendor-Key": {"s3cret"}},
	}
	_, err := c.Read(t.Context(), r)
	require.NoError(t, err)
	for k, v := range got {
		require.NotContains(t, strings.Join(v, ""), "s3cret", k)
	}
	r.URL = "/near?access_token=s3cret"
	_, err = c.Read(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "Bearer s3cret", got.Get("Authorization"))
	require.Empty(t, got.Get("Referer"))
	r.URL = "/loop?access_token=s3cret"
	_, err = c.Read(t.Context(), r)
	require.ErrorContains(t, err, "redirect")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestReadSleepsShortQuotaWaitsOnly(t *testing.T) {
	s, hits := statusServer(t, nil, 200)
	for _, window := range []time.Duration{10 * time.Second, time.Minute} {
		clock := newFakeClock()
		c := testClient(t, s.URL, func(cfg *Config) { cfg.Clock, cfg.Quota = clock, &pace{clock: clock, every: window} })
		r := get()
		r.Charges, r.Priority = []smm.Charge{{Key: userKey, Cost: 1}}, smm.PriorityPublish
		_, err := c.Read(t.Context(), r)
		require.NoError(t, err)
		before := hits.Load()
		_, err = c.Read(t.Context(), r)
		if window == 10*time.Second {
			require.NoError(t, err)
			require.Equal(t, []time.Duration{window}, clock.slept)
			continue
		}
		require.Equal(t, window, after(t, err))
		require.Equal(t, before, hits.Load())

		_, fate, err := c.Commit(t.Context(), r)
		require.Equal(t, FateNotSent, fate)
		require.Equal(t, window, after(t, err))
		require.Empty(t, clock.slept)
	}
}

// grants counts what a Quota is told.
type grants struct{ reserved, reported, sent int }

func (g *grants) Reserve(_ context.Context, _ smm.Priority, ch ...smm.Charge) (smm.QuotaGrant, error) {
	g.reserved++
	return smm.QuotaGrant{Charges: ch}, nil
}

func (g *grants) Report(_ context.Context, _ smm.QuotaGrant, r smm.QuotaReport) {
	g.reported++
	if r.Sent {
		g.sent++
	}
}

func TestEveryGrantIsReportedOnce(t *testing.T) {
	cut := newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		s.readRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
	})
	busy, _ := statusServer(t, nil, 503)
	dead := newRawServer(t, func(*rawServer, *net.TCPConn) {})
	dead.ln.Close()
	for name, url := range map[string]string{"cut": cut.url(), "busy": busy.URL, "dead": dead.url()} {
		g := &grants{}
		c := testClient(t, url, func(cfg *Config) { cfg.Clock, cfg.Quota = newFakeClock(), g })
		r := get()
		r.Charges = []smm.Charge{{Key: userKey, Cost: 1}}
		_, err := c.Read(t.Context(), r)
		require.Error(t, err, name)
		require.Equal(t, 3, g.reserved, name)
		require.Equal(t, 3, g.reported, name)
		_, _, err = c.Commit(t.Context(), r)
		require.Error(t, err, name)
		require.Equal(t, 4, g.reserved, name)
		require.Equal(t, 4, g.reported, name)
		if name == "dead" {
			require.Equal(t, 3, g.sent, "the commit is known not to have been sent")
		}
	}
}

func TestCancellationIsVisible(t *testing.T) {
	s, _ := statusServer(t, nil, 200)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := testClient(t, s.URL, nil)
	_, err := c.Read(ctx, get())
	require.ErrorIs(t, err, context.Canceled)
	_, err = c.Write(ctx, get())
	require.ErrorIs(t, err, context.Canceled)
	_, isURL := errors.AsType[*url.Error](err)
	require.False(t, isURL)
}
