package connecttest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
)

// sloppy is a store with one fault.
type sloppy struct {
	fault string
	mu    sync.Mutex
	m     map[string]entry
}

type entry struct {
	b       []byte
	expires time.Time
}

func (s *sloppy) key(id string) string {
	switch s.fault {
	case "folds case":
		return strings.ToLower(id)
	case "cuts ids":
		return id[:min(len(id), 64)]
	}
	return id
}

func (s *sloppy) Put(ctx context.Context, id string, sealed []byte, expires time.Time) error {
	if ctx.Err() != nil && s.fault != "ignores the context" {
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, there := s.m[s.key(id)]
	live := time.Now().Before(e.expires)
	if there && (live && s.fault != "overwrites" || s.fault == "never reuses") {
		return smm.ErrConflict
	}
	if s.fault == "is small" && len(sealed) > 64<<10 {
		return smm.ErrInvalid
	}
	if s.fault == "takes text" {
		sealed = []byte(strings.ToValidUTF8(string(sealed), "?"))
	}
	if s.fault != "keeps the slice" {
		sealed = slices.Clone(sealed)
	}
	if s.fault == "forgets the zone" {
		expires = time.Date(expires.Year(), expires.Month(), expires.Day(), expires.Hour(), expires.Minute(), expires.Second(), 0, time.UTC)
	}
	s.m[s.key(id)] = entry{sealed, expires}
	return nil
}

func (s *sloppy) Take(ctx context.Context, id string) ([]byte, error) {
	if ctx.Err() != nil && s.fault != "ignores the context" {
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.m[s.key(id)]
	if s.fault == "looks before it takes" {
		s.mu.Unlock() // as a store would that reads and deletes in two steps
		time.Sleep(time.Millisecond)
		s.mu.Lock()
	}
	if !ok || !time.Now().Before(e.expires) && s.fault != "never ends" {
		if s.fault == "says nothing" {
			return nil, nil
		}
		if s.fault == "says it otherwise" {
			return nil, fmt.Errorf("no rows")
		}
		return nil, smm.ErrNotFound
	}
	switch s.fault {
	case "gives it twice":
	case "takes all":
		clear(s.m)
	default:
		delete(s.m, s.key(id))
	}
	return e.b, nil
}

// TestFaultsAreCaught: which checks fail for which store.
func TestFaultsAreCaught(t *testing.T) {
	for fault, catch := range map[string]string{
		"":                      "",
		"gives it twice":        "once",
		"says nothing":          "missing",
		"says it otherwise":     "missing",
		"never ends":            "expired",
		"never reuses":          "expired",
		"forgets the zone":      "expired",
		"folds case":            "apart",
		"takes all":             "apart",
		"overwrites":            "conflict",
		"cuts ids":              "ids",
		"is small":              "large",
		"takes text":            "put and take",
		"keeps the slice":       "copies",
		"looks before it takes": "race",
		"ignores the context":   "cancelled",
	} {
		t.Run(fault, func(t *testing.T) {
			failed := map[string]bool{}
			synctest.Test(t, func(t *testing.T) { // so that all takers are between the two steps at once
				for _, c := range checks() {
					if err := c.run(t.Context(), &sloppy{fault: fault, m: map[string]entry{}}); err != nil {
						failed[c.name] = true
					}
				}
			})
			if catch == "" && len(failed) > 0 || catch != "" && !failed[catch] {
				t.Errorf("failed checks %q, want %q", slices.Sorted(maps.Keys(failed)), catch)
			}
		})
	}
}

func TestMemoryStore(t *testing.T) {
	Run(t, func(*testing.T) connect.Store { return connect.NewMemoryStore(nil) })
}
