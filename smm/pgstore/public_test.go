package pgstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
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
}

func newPublic(t *testing.T) *public {
	t.Helper()
	p := &public{items: make(map[string]int)}
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
	half := time.Duration(rand.IntN(15)) * time.Millisecond
	<-time.After(half)
	p.mu.Lock()
	p.calls++
	if id := r.PathValue("id"); r.PathValue("channel") != "key" || p.items[id] == 0 {
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

func (p *public) total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// remote is the driver of the worker processes: for a public at an address, or
// for the channel "append", whose public is a file.
type remote struct{ public string }

func (remote) Platform() smm.Platform { return remotePlatform }

func (remote) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	return smm.NewCapabilities(time.Now(), map[smm.Capability]smm.Support{smm.CapPost: {State: smm.StateGranted}}, smm.Limits{}), nil
}

func (remote) Prepare(_ context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	g := smm.Guarantee{Class: smm.ClassReadBack, RequestLife: 2 * time.Second}
	if r.Channel.ID == "key" {
		g.Class = smm.ClassKey
	}
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Guarantee: g}, nil
}

func (d remote) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	published := smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReply}
	if r.Channel.ID == "append" {
		f, err := os.OpenFile(d.public, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return smm.Outcome{State: smm.OutcomeNotSent}, err
		}
		_, err = fmt.Fprintf(f, "%s %d\n", r.ID, os.Getpid())
		if closed := f.Close(); err != nil || closed != nil {
			return smm.Outcome{}, err
		}
		return published, nil
	}
	if status, err := d.do(ctx, http.MethodPost, r); status != http.StatusOK {
		return smm.Outcome{}, fmt.Errorf("%w: status %d: %w", smm.ErrUnavailable, status, err)
	}
	return published, nil
}

func (d remote) Settle(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	if r.Channel.ID == "append" {
		if b, err := os.ReadFile(d.public); err != nil || !strings.Contains(string(b), r.ID) {
			return smm.Outcome{State: smm.OutcomeAbsent}, err
		}
		return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, r.ID), Evidence: smm.EvidenceReadBack}, nil
	}
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
	client := http.Client{Timeout: time.Minute} // ctx ends it sooner
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, nil
}
