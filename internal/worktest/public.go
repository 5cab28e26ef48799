package worktest

import (
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Public is a platform in the test's own process, apart from the workers. It
// takes its time for a request and finishes it whatever becomes of the caller.
// It is safe for concurrent use.
type Public struct {
	URL string

	mu    sync.Mutex
	items map[string]int
	calls map[string]int // of each process
	hang  bool
}

// NewPublic starts a platform that ends with the test.
func NewPublic(t *testing.T) *Public {
	t.Helper()
	p := &Public{items: make(map[string]int), calls: make(map[string]int)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{channel}/{id}", p.create)
	mux.HandleFunc("GET /{channel}/{id}", func(w http.ResponseWriter, r *http.Request) {
		if p.Count(r.PathValue("id")) == 0 {
			http.NotFound(w, r)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p.URL = s.URL
	return p
}

func (p *Public) create(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a server notices that a caller is gone only behind the body
	p.mu.Lock()
	hang := p.hang
	p.mu.Unlock()
	if hang { // the request takes no effect
		<-r.Context().Done()
		return
	}
	half := time.Duration(rand.IntN(15)) * time.Millisecond
	<-time.After(half)
	p.mu.Lock()
	p.calls[r.Header.Get("Process")]++
	if id := r.PathValue("id"); !strings.HasPrefix(r.PathValue("channel"), "key") || p.items[id] == 0 {
		p.items[id]++
	}
	p.mu.Unlock()
	<-time.After(half) // it is public, and the caller does not know yet
}

// Hang makes requests hang until their caller is gone, and then take no effect.
func (p *Public) Hang(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hang = yes
}

// Count returns how often the delivery is public.
func (p *Public) Count(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.items[id]
}

// Total returns how many requests took effect.
func (p *Public) Total() (n int) {
	for _, calls := range p.Processes() {
		n += calls
	}
	return n
}

// Processes returns how many requests of each process took effect.
func (p *Public) Processes() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.calls)
}

// WantEachOnce fails the test unless each delivery is public once.
func (p *Public) WantEachOnce(t *testing.T, ids []string) {
	t.Helper()
	for _, id := range ids {
		if n := p.Count(id); n != 1 {
			t.Errorf("%s is public %d times", id, n)
		}
	}
}
