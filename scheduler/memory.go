package scheduler

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
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
	tokens  map[string]int // records with a token
	queue   memQueue       // items with a Due, earliest first
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
		mt = &memTenant{items: make(map[string]*memItem), tokens: make(map[string]int), freezes: make(map[string]Freeze)}
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
	mt.queue.place(it)
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
		if len(mt.queue) > 0 && (!found || mt.queue[0].due.Before(next)) {
			next, found = mt.queue[0].due, true
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
		for _, it := range mt.items {
			if q.Match(it.r) {
				out = append(out, it.r.Position())
			}
		}
	}
	slices.SortFunc(out, Position.Compare)
	return out, nil
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
		if tok := it.r.Token; tok != "" {
			if mt.tokens[tok]--; mt.tokens[tok] == 0 {
				delete(mt.tokens, tok)
			}
		}
		n++
	}
	return n
}

// Claim implements Store.
func (m *Memory) Claim(ctx context.Context, c Claim) ([]*Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	items := m.due(c)
	slices.SortStableFunc(items, func(a, b *memItem) int {
		return cmp.Or(a.due.Compare(b.due), strings.Compare(a.r.Delivery.ID, b.r.Delivery.ID))
	})
	out := make([]*Record, 0, len(items))
	for _, it := range items {
		r := it.r
		r.Version++
		r.Epoch++
		r.LeaseOwner, r.LeaseUntil = c.Owner, Micro(c.Now.Add(c.Lease))
		m.tenants[r.Delivery.Tenant].queue.place(it)
		out = append(out, r.Clone())
	}
	return out, nil
}

// due takes the records of a claim out of the queues, in turns.
func (m *Memory) due(c Claim) []*memItem {
	var out, passed []*memItem
	defer func() { // what its lane holds back stays where it is
		for _, it := range passed {
			m.tenants[it.r.Delivery.Tenant].queue.place(it)
		}
	}()
	take := func(mt *memTenant, it *memItem) {
		if mt.mayGo(it.r, c.LaneLimit) {
			out = append(out, it)
		} else {
			passed = append(passed, it)
		}
	}
	if len(c.Keys) > 0 {
		for _, k := range c.Keys {
			mt, it := m.item(k)
			if it != nil && it.index >= 0 && !it.due.After(c.Now) && len(out) < c.Limit {
				heap.Remove(&mt.queue, it.index)
				take(mt, it)
			}
		}
		return out
	}
	for n := len(m.order); n > 0 && len(out) < c.Limit; {
		mt := m.order[m.turn%len(m.order)]
		m.turn = (m.turn + 1) % len(m.order)
		if len(mt.queue) == 0 || mt.queue[0].due.After(c.Now) {
			n-- // a whole round without a due record ends it
			continue
		}
		n = len(m.order)
		take(mt, heap.Pop(&mt.queue).(*memItem)) //nolint:errcheck,forcetypeassert // memQueue holds nothing else
	}
	return out
}
