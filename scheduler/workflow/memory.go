package workflow

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// MemoryRows keeps drafts in memory: for tests, trials and hosts that keep them
// elsewhere. What it holds ends with the process. The zero value is empty and
// ready.
type MemoryRows struct {
	mu   sync.Mutex
	rows map[smm.Tenant]map[string]*Row
}

// NewMemoryRows returns an empty store.
func NewMemoryRows() *MemoryRows { return &MemoryRows{} }

// CheckRow reports what Rows.Put must refuse, for implementers of Rows. The
// error matches smm.ErrInvalid.
func CheckRow(r *Row) error {
	switch {
	case r == nil:
		return fmt.Errorf("%w: put of a nil row", smm.ErrInvalid)
	case r.ID == "":
		return fmt.Errorf("%w: a row needs an ID", smm.ErrInvalid)
	case r.Version < 0:
		return fmt.Errorf("%w: row %s has a negative version", smm.ErrInvalid, r.ID)
	case len(r.Data) > MaxRowSize:
		return fmt.Errorf("%w: draft %s has %d bytes, at most %d can be stored: drop old comments, or start a new draft",
			smm.ErrInvalid, r.ID, len(r.Data), MaxRowSize)
	}
	return nil
}

// Match reports whether q selects r, without regard to Limit. It defines what
// List yields.
func (q *Query) Match(r *Row) bool {
	switch {
	case r.Tenant != q.Tenant,
		len(q.Stages) > 0 && !slices.Contains(q.Stages, r.Stage),
		!q.From.IsZero() && (r.Due.IsZero() || r.Due.Before(q.From)),
		!q.Until.IsZero() && (r.Due.IsZero() || !r.Due.Before(q.Until)),
		r.ID <= q.After:
		return false
	}
	return true
}

func (r *Row) clone() *Row {
	c := *r
	c.Data = slices.Clone(r.Data)
	return &c
}

// Put implements Rows.
func (m *MemoryRows) Put(ctx context.Context, r *Row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckRow(r); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var stored int64
	if old := m.rows[r.Tenant][r.ID]; old != nil {
		stored = old.Version
	}
	if stored != r.Version {
		return conflict(r.ID, stored, r.Version)
	}
	c := r.clone()
	c.Version, c.Due = stored+1, scheduler.Micro(r.Due)
	if m.rows == nil {
		m.rows = make(map[smm.Tenant]map[string]*Row)
	}
	if m.rows[r.Tenant] == nil {
		m.rows[r.Tenant] = make(map[string]*Row)
	}
	m.rows[r.Tenant][r.ID] = c
	r.Version = c.Version
	return nil
}

// Get implements Rows.
func (m *MemoryRows) Get(ctx context.Context, tenant smm.Tenant, id string) (*Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.rows[tenant][id]
	if r == nil {
		return nil, notFound(id)
	}
	return r.clone(), nil
}

// List implements Rows.
func (m *MemoryRows) List(ctx context.Context, q Query) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}
		for _, r := range m.matching(&q) {
			if !yield(r.clone(), nil) {
				return
			}
		}
	}
}

// matching returns the rows themselves, which are never changed, only replaced.
func (m *MemoryRows) matching(q *Query) []*Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*Row
	for _, r := range m.rows[q.Tenant] {
		if q.Match(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Row) int { return strings.Compare(a.ID, b.ID) })
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out
}

// Delete implements Rows.
func (m *MemoryRows) Delete(ctx context.Context, tenant smm.Tenant, id string, version int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.rows[tenant][id]
	switch {
	case old == nil:
		return notFound(id)
	case old.Version != version:
		return conflict(id, old.Version, version)
	}
	delete(m.rows[tenant], id)
	return nil
}

func notFound(id string) error { return fmt.Errorf("%w: draft %s", smm.ErrNotFound, id) }

func conflict(id string, stored, want int64) error {
	return fmt.Errorf("%w: draft %s has version %d, not %d: read it again", smm.ErrConflict, id, stored, want)
}
