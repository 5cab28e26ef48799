package riverengine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const remotePlatform smm.Platform = "remote"

// public is a platform in the test's own process, apart from the workers. It
// takes its time for a request and finishes it whatever becomes of the caller.
type public struct {
	url string

	mu    sync.Mutex
	items map[string]int
	calls int
	delay time.Duration
	by    map[string]int // requests of each process
}

func newPublic(t *testing.T) *public {
	t.Helper()
	p := &public{items: make(map[string]int), by: make(map[string]int)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{channel}/{id}", p.create)
	mux.HandleFunc("GET /{channel}/{id}", func(w http.ResponseWriter, r *http.Request) {
		if p.count(r.PathValue("id")) == 0 {
			http.NotFound(w, r)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *public) create(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a server notices that a caller is gone only behind the body
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	if delay > 0 { // the request takes no effect
		<-r.Context().Done()
		return
	}
	half := time.Duration(rand.IntN(15)) * time.Millisecond
	<-time.After(half)
	p.mu.Lock()
	p.calls++
	p.by[r.Header.Get("Process")]++
	if id := r.PathValue("id"); !strings.HasPrefix(r.PathValue("channel"), "key") || p.items[id] == 0 {
		p.items[id]++
	}
	p.mu.Unlock()
	<-time.After(half) // it is public, and the caller does not know yet
}

func (p *public) count(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.items[id]
}

// slow makes requests hang until their caller is gone.
func (p *public) slow(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// processes returns how many requests each process sent.
func (p *public) processes() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.by)
}

func (p *public) total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// requestLife is how long a request may still take effect after its caller is gone.
const requestLife = 2 * time.Second

// remote is the driver of the worker processes.
type remote struct{ public string }

func (remote) Platform() smm.Platform { return remotePlatform }

func (remote) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.NewCapabilities(time.Now(), map[smm.Capability]smm.Support{smm.CapPost: {State: smm.StateGranted}}, smm.Limits{}), nil
}

func (remote) Prepare(_ context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	g := smm.Guarantee{Class: smm.ClassReadBack, RequestLife: requestLife}
	if strings.HasPrefix(r.Channel.ID, "key") {
		g.Class = smm.ClassKey
	}
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Guarantee: g}, nil
}

func (d remote) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	published := smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReply}
	if status, err := d.do(ctx, http.MethodPost, r); status != http.StatusOK {
		return smm.Outcome{}, fmt.Errorf("%w: status %d: %w", smm.ErrUnavailable, status, err)
	}
	return published, nil
}

func (d remote) Settle(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	switch status, err := d.do(ctx, http.MethodGet, r); status {
	case http.StatusOK:
		return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReadBack}, nil
	case http.StatusNotFound:
		return smm.Outcome{State: smm.OutcomeAbsent}, nil
	default:
		return smm.Outcome{}, fmt.Errorf("%w: %w", smm.ErrUnavailable, err)
	}
}

func (d remote) do(ctx context.Context, method string, r *smm.PublishRequest) (int, error) {
	addr := d.public + "/" + url.PathEscape(r.Channel.ID) + "/" + url.PathEscape(r.ID)
	req, err := http.NewRequestWithContext(ctx, method, addr, strings.NewReader(r.Post.Text))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Process", strconv.Itoa(os.Getpid()))
	client := http.Client{Timeout: time.Minute} // ctx ends it sooner
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}
