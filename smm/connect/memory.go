package connect

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// memoryMost bounds a memory store. Only people who are signed in at the host
// can begin, so a store that is full is an accident or an abuse, and refusing is
// better than to forget what others began.
const memoryMost = 10_000

// NewMemoryStore returns a Store for hosts of one process: what is under way
// when it ends has to be begun again. It holds at most 10,000 entries and
// refuses more with an error that matches smm.ErrUnavailable. A nil clock is the
// machine's.
func NewMemoryStore(clock smm.Clock) Store {
	if clock == nil {
		clock = smm.SystemClock()
	}
	return &memoryStore{clock: clock, m: make(map[string]memoryEntry)}
}

type memoryEntry struct {
	sealed  []byte
	expires time.Time
}

type memoryStore struct {
	clock smm.Clock
	mu    sync.Mutex
	m     map[string]memoryEntry
	purge time.Time // when to look for what is over again
}

func (s *memoryStore) Put(ctx context.Context, id string, sealed []byte, expires time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.Before(s.purge) || len(s.m) >= memoryMost {
		maps.DeleteFunc(s.m, func(_ string, e memoryEntry) bool { return !now.Before(e.expires) })
		s.purge = now.Add(time.Minute)
	}
	if e, ok := s.m[id]; ok && now.Before(e.expires) {
		return fmt.Errorf("%w: the id is kept already", smm.ErrConflict)
	}
	if len(s.m) >= memoryMost {
		return fmt.Errorf("%w: %d authorizations are under way, and the memory store takes no more: wait, or use a store on disk", smm.ErrUnavailable, memoryMost)
	}
	s.m[id] = memoryEntry{bytes.Clone(sealed), expires}
	return nil
}

func (s *memoryStore) Take(ctx context.Context, id string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.m[id]
	delete(s.m, id)
	if !ok || !now.Before(e.expires) {
		return nil, fmt.Errorf("%w: nothing is kept under this id", smm.ErrNotFound)
	}
	return e.sealed, nil
}
