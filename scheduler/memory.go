package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Memory is a Store in memory: for tests, trials and hosts that keep deliveries
// elsewhere. What it holds ends with the process, so it cannot keep the promise
// that a write survives a crash. The zero value is empty and ready.
type Memory struct {
	mu      sync.Mutex
	tenants map[smm.Tenant]*memTenant
	order   []*memTenant // the tenants as they came
	turn    int          // index in order of the tenant that is served first
	closed  bool
}

// memTenant is what one tenant has.
type memTenant struct {
	items   map[string]*memItem
	tokens  map[string][]*memItem
	queue   memQueue // items with a Due, earliest first
	parked  memQueue // those of them that their lane was found to hold back
	lanes   map[string]*memLane
	limit   int // the Claim.LaneLimit by which they were parked
	places  memPlaces
	freezes map[string]Freeze
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// Close makes every later call fail with ErrClosed.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// enter begins a call; the caller unlocks m.mu if the error is nil.
func (m *Memory) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return ErrClosed
	}
	return nil
}

func (m *Memory) tenant(t smm.Tenant) *memTenant {
	mt := m.tenants[t]
	if mt == nil {
		mt = &memTenant{
			items: make(map[string]*memItem), tokens: make(map[string][]*memItem), freezes: make(map[string]Freeze),
			lanes: make(map[string]*memLane), places: memPlaces{slots: make(map[string]string), prints: make(map[string]*memPrints)},
		}
		if m.tenants == nil {
			m.tenants = make(map[smm.Tenant]*memTenant)
		}
		m.tenants[t] = mt
		m.order = append(m.order, mt)
	}
	return mt
}

func (m *Memory) item(k Key) (*memTenant, *memItem) {
	mt := m.tenants[k.Tenant]
	if mt == nil {
		return nil, nil
	}
	return mt, mt.items[k.ID]
}

// Get implements Store.
func (m *Memory) Get(ctx context.Context, key Key) (*Record, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	_, it := m.item(key)
	if it == nil {
		return nil, fmt.Errorf("%w: record %s", ErrNotFound, key.ID)
	}
	return it.r.Clone(), nil
}

// Renew implements Store.
func (m *Memory) Renew(ctx context.Context, l Lease) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	mt, it := m.item(l.Key)
	if it == nil || it.r.Epoch != l.Epoch || it.r.LeaseUntil.IsZero() {
		return ErrFenced
	}
	it.r.LeaseUntil = Micro(l.Until)
	mt.place(it)
	return nil
}

// NextWake implements Store.
func (m *Memory) NextWake(ctx context.Context) (time.Time, bool, error) {
	if err := m.enter(ctx); err != nil {
		return time.Time{}, false, err
	}
	defer m.mu.Unlock()
	var next time.Time
	found := false
	for _, mt := range m.order {
		for _, q := range [...]memQueue{mt.queue, mt.parked} {
			if len(q) > 0 && (!found || q[0].due.Before(next)) {
				next, found = q[0].due, true
			}
		}
	}
	return next, found, nil
}

// List implements Store.
func (m *Memory) List(ctx context.Context, q Query) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		places, err := m.places(ctx, &q)
		if err != nil {
			yield(nil, err)
			return
		}
		n := 0
		for _, p := range places {
			r, err := m.Get(ctx, Key{p.Tenant, p.ID})
			if err != nil && !isNotFound(err) {
				yield(nil, err)
				return
			}
			if err != nil || !q.Match(r) {
				continue // changed since
			}
			if n++; !yield(r, nil) || n == q.Limit {
				return
			}
		}
	}
}

func (m *Memory) places(ctx context.Context, q *Query) ([]Position, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var out []Position
	for t, mt := range m.tenants {
		if !q.AllTenants && t != q.Tenant {
			continue
		}
		if q.Token != "" {
			out = appendMatching(out, q, slices.Values(mt.tokens[q.Token]))
		} else {
			out = appendMatching(out, q, maps.Values(mt.items))
		}
	}
	slices.SortFunc(out, Position.Compare)
	return out, nil
}

func appendMatching(out []Position, q *Query, items iter.Seq[*memItem]) []Position {
	for it := range items {
		if q.Match(it.r) {
			out = append(out, it.r.Position())
		}
	}
	return out
}

// Purge implements Store.
func (m *Memory) Purge(ctx context.Context, p Purge) (int, error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	n := 0
	for t, mt := range m.tenants {
		if p.AllTenants || t == p.Tenant {
			n += mt.purge(p.Before)
		}
	}
	return n, nil
}

func (mt *memTenant) purge(before time.Time) int {
	open := make(map[string]bool)
	for _, it := range mt.items {
		if d := &it.r.Delivery; !d.Phase.Final() {
			open[d.Entry] = true
		}
	}
	n := 0
	for id, it := range mt.items {
		if !it.r.Delivery.Phase.Final() || open[it.r.Delivery.Entry] || !it.r.NotBefore.Before(before) {
			continue
		}
		delete(mt.items, id)
		mt.places.remove(it.r)
		if l := it.lane; l != nil {
			if l.items--; l.items == 0 {
				delete(mt.lanes, it.r.Lane)
			}
		}
		if tok := it.r.Token; tok != "" {
			mt.tokens[tok] = slices.DeleteFunc(mt.tokens[tok], func(o *memItem) bool { return o == it })
			if len(mt.tokens[tok]) == 0 {
				delete(mt.tokens, tok)
			}
		}
		n++
	}
	return n
}

// SetFreeze implements Store.
func (m *Memory) SetFreeze(ctx context.Context, f Freeze) error {
	if err := f.Check(); err != nil {
		return err
	}
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	f.At, f.Until = Micro(f.At), Micro(f.Until)
	f.Labels.Tags = slices.Clone(f.Labels.Tags)
	m.tenant(f.Tenant).freezes[f.ID] = f
	return nil
}

// Unfreeze implements Store.
func (m *Memory) Unfreeze(ctx context.Context, tenant smm.Tenant, id string) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	mt := m.tenants[tenant]
	if mt == nil || mt.freezes[id].ID == "" {
		return fmt.Errorf("%w: freeze %s", ErrNotFound, id)
	}
	delete(mt.freezes, id)
	return nil
}

// Freezes implements Store.
func (m *Memory) Freezes(ctx context.Context, tenant smm.Tenant) ([]Freeze, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	var out []Freeze
	for t, mt := range m.tenants {
		for _, f := range mt.freezes {
			if t == tenant || f.AllTenants {
				f.Labels.Tags = slices.Clone(f.Labels.Tags)
				out = append(out, f)
			}
		}
	}
	slices.SortFunc(out, func(a, b Freeze) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Tenant, b.Tenant))
	})
	return out, nil
}
