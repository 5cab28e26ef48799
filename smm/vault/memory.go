package vault

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// NewMemory returns Rows that live as long as the process, for tests.
func NewMemory() Rows {
	return &memory{rows: make(map[place]Row), leases: make(map[place]lease)}
}

// place is where a row or a lease is.
type place struct {
	tenant  smm.Tenant
	account smm.Ref
}

type lease struct {
	owner string
	until time.Time
}

type memory struct {
	mu     sync.Mutex
	rows   map[place]Row
	leases map[place]lease
	last   int64 // version given to any row
}

func (m *memory) Get(_ context.Context, t smm.Tenant, account smm.Ref) (Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[place{t, account}]
	if !ok {
		return Row{}, fmt.Errorf("credential of %s: %w", account, smm.ErrNotFound)
	}
	return r.clone(), nil
}

func (m *memory) Put(_ context.Context, r Row, old int64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{r.Tenant, r.Account}
	if have := m.rows[at].Version; have != old {
		return 0, fmt.Errorf("credential of %s: %w: version %d is stored, not %d", r.Account, smm.ErrConflict, have, old)
	}
	m.last++
	r.Version = m.last
	m.rows[at] = r.clone()
	return r.Version, nil
}

func (m *memory) Reseal(_ context.Context, r Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{r.Tenant, r.Account}
	if have, ok := m.rows[at]; !ok || have.Version != r.Version {
		return fmt.Errorf("credential of %s: %w: version %d is not stored any more", r.Account, smm.ErrConflict, r.Version)
	}
	m.rows[at] = r.clone()
	return nil
}

func (m *memory) Delete(_ context.Context, t smm.Tenant, account smm.Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rows, place{t, account})
	return nil
}

func (m *memory) Accounts(_ context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []smm.Ref
	for at := range m.rows {
		if at.tenant == t && at.account.Platform == p {
			out = append(out, at.account)
		}
	}
	slices.SortFunc(out, func(a, b smm.Ref) int { return cmp.Compare(a.String(), b.String()) })
	return out, nil
}

func (m *memory) NotUnder(_ context.Context, keyID string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		m.mu.Lock()
		var found []Row
		for _, r := range m.rows {
			if r.KeyID != keyID {
				found = append(found, r.clone())
			}
		}
		m.mu.Unlock()
		slices.SortFunc(found, func(a, b Row) int { return cmp.Compare(a.Version, b.Version) })
		for _, r := range found {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *memory) Lock(_ context.Context, t smm.Tenant, account smm.Ref, owner string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, now := place{t, account}, time.Now()
	if l := m.leases[at]; l.owner != owner && now.Before(l.until) {
		return false, nil
	}
	m.leases[at] = lease{owner, now.Add(ttl)}
	return true, nil
}

func (m *memory) Unlock(_ context.Context, t smm.Tenant, account smm.Ref, owner string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at := (place{t, account}); m.leases[at].owner == owner {
		delete(m.leases, at)
	}
	return nil
}

func (r Row) clone() Row {
	r.Sealed = bytes.Clone(r.Sealed)
	return r
}
