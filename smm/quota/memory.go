package quota

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// MemoryStore is a Store for one process: for tests, and for hosts that run
// several limiters side by side. It is safe for concurrent use.
type MemoryStore struct {
	clock smm.Clock

	mu      sync.Mutex
	rows    map[smm.QuotaKey]memoryRow
	last    int64
	sweepAt int
}

type memoryRow struct {
	state   []byte
	version int64
	expires time.Time
}

var _ Store = (*MemoryStore)(nil)

// NewMemoryStore returns an empty store. Its clock, the machine's if nil,
// decides only when what has expired is dropped.
func NewMemoryStore(clock smm.Clock) *MemoryStore {
	if clock == nil {
		clock = smm.SystemClock()
	}
	return &MemoryStore{clock: clock, rows: make(map[smm.QuotaKey]memoryRow), sweepAt: 1024}
}

// Load implements Store.
func (s *MemoryStore) Load(ctx context.Context, key smm.QuotaKey) ([]byte, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rows[key]
	if !ok {
		return nil, 0, nil
	}
	return slices.Clone(r.state), r.version, nil
}

// Swap implements Store.
func (s *MemoryStore) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows[key].version != old {
		return 0, fmt.Errorf("quota: state of %s: %w", key.Bucket, smm.ErrConflict)
	}
	s.last++ // of all keys together, so that a key which was dropped never gets a version twice
	s.rows[key] = memoryRow{state: slices.Clone(state), version: s.last, expires: expires}
	if len(s.rows) > s.sweepAt {
		s.sweep()
	}
	return s.last, nil
}

func (s *MemoryStore) sweep() {
	now := s.clock.Now()
	for key, r := range s.rows {
		if r.expires.Before(now) {
			delete(s.rows, key)
		}
	}
	s.sweepAt = max(1024, 2*len(s.rows))
}
