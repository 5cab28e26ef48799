package quota

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// The exact windows of the server that real processes share.
const (
	realLimit  = 120
	realWindow = 3 * time.Second
	realRun    = 12 * time.Second
)

// realServer is a platform and a store behind real sockets.
type realServer struct {
	*httptest.Server

	rolling, fixed *platformSim
	asked          atomic.Int64
}

func newRealServer(t *testing.T) *realServer {
	t.Helper()
	s := &realServer{
		rolling: &platformSim{shape: smm.QuotaRolling, limit: realLimit, window: realWindow},
		fixed:   &platformSim{shape: smm.QuotaFixed, limit: realLimit, window: realWindow, aligned: true, tell: tellISO},
	}
	store := NewMemoryStore(nil)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rolling", func(w http.ResponseWriter, _ *http.Request) { serveHit(w, s.rolling) })
	mux.HandleFunc("POST /fixed", func(w http.ResponseWriter, _ *http.Request) { serveHit(w, s.fixed) })
	mux.HandleFunc("POST /store", func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		var q storeCall
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, "bad call", http.StatusBadRequest)
			return
		}
		var err error
		if q.Swap {
			q.Version, err = store.Swap(r.Context(), q.Key, q.Version, q.State, q.Expires)
		} else {
			q.State, q.Version, err = store.Load(r.Context(), q.Key)
		}
		if errors.Is(err, smm.ErrConflict) {
			w.WriteHeader(http.StatusConflict)
			return
		}
		_ = json.NewEncoder(w).Encode(q)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func serveHit(w http.ResponseWriter, p *platformSim) {
	ok, h := p.hit()
	if h.has {
		w.Header().Set("Left", strconv.Itoa(h.left))
		w.Header().Set("Reset", strconv.FormatInt(h.reset.UnixMilli()+1, 10))
	}
	if !ok {
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// storeCall is a Store's method over HTTP.
type storeCall struct {
	Swap    bool
	Key     smm.QuotaKey
	State   []byte
	Version int64
	Expires time.Time
}

type remoteStore struct{ url string }

func (s remoteStore) call(ctx context.Context, q storeCall) (storeCall, error) {
	b, err := json.Marshal(q)
	if err != nil {
		return q, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/store", bytes.NewReader(b))
	if err != nil {
		return q, err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return q, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusConflict {
		return q, smm.ErrConflict
	}
	q = storeCall{}
	return q, json.NewDecoder(resp.Body).Decode(&q)
}

func (s remoteStore) Load(ctx context.Context, key smm.QuotaKey) ([]byte, int64, error) {
	q, err := s.call(ctx, storeCall{Key: key})
	return q.State, q.Version, err
}

func (s remoteStore) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	q, err := s.call(ctx, storeCall{Swap: true, Key: key, Version: old, State: state, Expires: expires})
	return q.Version, err
}

const childURL = "SMMKIT_QUOTA_CHILD"

// TestChild is one of the processes of TestRealProcesses. Run by itself it has
// no server to ask and checks that there is none.
func TestChild(t *testing.T) {
	url := os.Getenv(childURL)
	if url == "" {
		require.Empty(t, os.Getenv(childURL+"_RUN"), "the parent says where its server is")
		return
	}
	run, err := time.ParseDuration(os.Getenv(childURL + "_RUN"))
	require.NoError(t, err)
	l, err := New(Config{
		Store: remoteStore{url}, Skew: 5 * time.Millisecond, Lease: time.Second,
		Limit: func(key smm.QuotaKey) (smm.QuotaLimit, bool) {
			return smm.QuotaLimit{Shape: smm.QuotaShape(key.Bucket), Limit: realLimit, Window: realWindow}, true
		},
	})
	require.NoError(t, err)
	end := time.Now().Add(run)
	var wg sync.WaitGroup
	for _, bucket := range []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed} {
		for range 4 {
			wg.Go(func() {
				for time.Now().Before(end) {
					childStep(t, l, url, smm.QuotaKey{Platform: "x", Bucket: string(bucket)})
				}
			})
		}
	}
	wg.Wait()
	require.NoError(t, l.Close(t.Context()))
	require.Zero(t, l.Throttled())
}

func childStep(t *testing.T, l *Limiter, url string, key smm.QuotaKey) {
	g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
	if err != nil {
		wait, ok := smm.RetryAfter(err)
		if !ok {
			t.Error(err)
		}
		_ = smm.SystemClock().Sleep(t.Context(), wait)
		return
	}
	report := smm.QuotaReport{Sent: true}
	defer func() { l.Report(t.Context(), g, report) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/"+key.Bucket, http.NoBody)
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return
	}
	resp.Body.Close()
	report.Throttle = resp.StatusCode == http.StatusTooManyRequests
	if left, err := strconv.ParseInt(resp.Header.Get("Left"), 10, 64); err == nil {
		reset, _ := strconv.ParseInt(resp.Header.Get("Reset"), 10, 64)
		report.States = []smm.QuotaState{{Key: key, Limit: realLimit, Remaining: left, Percent: -1, Reset: time.UnixMilli(reset)}}
	}
}

// TestRealProcesses: three processes on real sockets and the real clock, one
// of which is killed and replaced.
func TestRealProcesses(t *testing.T) {
	if testing.Short() {
		t.Skipf("-short: this takes %s of real time", realRun)
	}
	s := newRealServer(t)
	start := func(run time.Duration) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.count=1")
		cmd.Env = append(os.Environ(), childURL+"="+s.URL, fmt.Sprintf("%s_RUN=%s", childURL, run))
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		require.NoError(t, cmd.Start())
		return cmd
	}
	began := time.Now()
	doomed := start(realRun)
	others := []*exec.Cmd{start(realRun), start(realRun)}
	<-time.After(realRun / 3)
	require.NoError(t, doomed.Process.Kill())
	require.Error(t, doomed.Wait())
	others = append(others, start(realRun-time.Since(began)))
	for _, cmd := range others {
		require.NoError(t, cmd.Wait())
	}
	took := time.Since(began)
	for _, p := range []*platformSim{s.rolling, s.fixed} {
		use := float64(p.served) / (realLimit * float64(took) / float64(realWindow))
		t.Logf("%s: %d served, %d x 429, %.0f %% used in %s", p.shape, p.served, p.refused, 100*use, took.Round(time.Millisecond))
		require.Zero(t, p.refused)
		require.Greater(t, use, 0.6)
	}
	t.Logf("store asked %d times", s.asked.Load())
}
