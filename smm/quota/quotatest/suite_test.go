package quotatest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
)

func TestMemoryStore(t *testing.T) {
	Run(t, func(*testing.T) quota.Store { return quota.NewMemoryStore(nil) })
}

// broken is a store whose parts can be replaced by wrong ones.
type broken struct {
	mu   sync.Mutex
	rows map[any]row

	id        func(smm.QuotaKey) any
	keepBytes bool
	bug       string
}

type row struct {
	state   []byte
	version int64
	expires time.Time
}

func newBroken(bug string) *broken {
	return &broken{rows: make(map[any]row), id: func(k smm.QuotaKey) any { return k }, bug: bug}
}

func (s *broken) Load(ctx context.Context, key smm.QuotaKey) ([]byte, int64, error) {
	if ctx.Err() != nil && s.bug != "deaf" {
		return nil, 0, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rows[s.id(key)]
	if !ok {
		if s.bug == "missing is an error" {
			return nil, 0, smm.ErrNotFound
		}
		return nil, 0, nil
	}
	if s.bug == "hides what expired from Load alone" && r.expires.Before(time.Now()) {
		return nil, 0, nil
	}
	if s.keepBytes {
		return r.state, r.version, nil
	}
	return append([]byte{}, r.state...), r.version, nil
}

func (s *broken) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	if ctx.Err() != nil && s.bug != "deaf" {
		return 0, ctx.Err()
	}
	if s.bug == "looks and then writes" {
		s.mu.Lock()
		r := s.rows[s.id(key)]
		s.mu.Unlock()
		if r.version != old {
			return 0, smm.ErrConflict
		}
		runtime.Gosched()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rows[s.id(key)] = row{append([]byte{}, state...), old + 1, expires}
		return old + 1, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rows[s.id(key)]
	switch {
	case s.bug == "never a conflict":
	case s.bug == "zero overwrites" && old == 0:
	case s.bug == "creates over any version" && !ok:
	case r.version != old && s.bug == "a conflict of its own":
		return 0, fmt.Errorf("row was changed")
	case r.version != old:
		return 0, smm.ErrConflict
	}
	next := r.version + 1
	switch s.bug {
	case "version stands still":
		next = 1
	case "version goes round":
		next = r.version%3 + 1
	case "cuts":
		state = state[:min(len(state), 4096)]
	}
	if !s.keepBytes {
		state = append([]byte{}, state...)
	}
	s.rows[s.id(key)] = row{state, next, expires}
	return next, nil
}

// TestBrokenStores shows for each bug the check that catches it, and that a
// store without one passes.
func TestBrokenStores(t *testing.T) {
	joined := func(sep string) func(smm.QuotaKey) any {
		return func(k smm.QuotaKey) any {
			return string(k.Tenant) + sep + string(k.Platform) + sep + k.Space + sep + k.Account + sep + k.Bucket
		}
	}
	for _, c := range []struct {
		name  string
		check string
		store func() *broken
	}{
		{"none", "", func() *broken { return newBroken("") }},
		{"missing is an error", "nothing is no error", func() *broken { return newBroken("missing is an error") }},
		{"never a conflict", "conflicts", func() *broken { return newBroken("never a conflict") }},
		{"zero overwrites", "conflicts", func() *broken { return newBroken("zero overwrites") }},
		{"creates over any version", "conflicts", func() *broken { return newBroken("creates over any version") }},
		{"a conflict of its own", "conflicts", func() *broken { return newBroken("a conflict of its own") }},
		{"version stands still", "versions", func() *broken { return newBroken("version stands still") }},
		{"version goes round", "versions", func() *broken { return newBroken("version goes round") }},
		{"cuts", "round trip", func() *broken { return newBroken("cuts") }},
		{"looks and then writes", "race", func() *broken { return newBroken("looks and then writes") }},
		{"deaf", "a cancelled caller", func() *broken { return newBroken("deaf") }},
		{"hides what expired from Load alone", "expired", func() *broken { return newBroken("hides what expired from Load alone") }},
		{"keeps bytes", "bytes are copied", func() *broken { s := newBroken(""); s.keepBytes = true; return s }},
		{"forgets the tenant", "every field of a key counts", func() *broken {
			s := newBroken("")
			s.id = func(k smm.QuotaKey) any { k.Tenant = ""; return k }
			return s
		}},
		{"joins with a stroke", "every field of a key counts", func() *broken { s := newBroken(""); s.id = joined("/"); return s }},
		{"joins with zero", "every field of a key counts", func() *broken { s := newBroken(""); s.id = joined("\x00"); return s }},
	} {
		t.Run(c.name, func(t *testing.T) {
			caught := false
			for _, check := range checks() {
				err := check.run(t.Context(), c.store())
				if err != nil {
					t.Logf("%s: %v", check.name, err)
				}
				if err != nil && c.check == "" {
					t.Errorf("%s fails on a good store: %v", check.name, err)
				}
				caught = caught || err != nil && check.name == c.check
			}
			if c.check != "" && !caught {
				t.Errorf("the check %q did not catch it", c.check)
			}
		})
	}
}
