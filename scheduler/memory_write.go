package scheduler

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Insert implements Store.
func (m *Memory) Insert(ctx context.Context, rs ...*Record) error {
	if err := CheckInsert(rs); err != nil {
		return err
	}
	return m.write(ctx, time.Time{}, rs, func(*Record) bool { return true })
}

// Save implements Store.
func (m *Memory) Save(ctx context.Context, r *Record, now time.Time) error {
	if err := r.Delivery.Check(); err != nil {
		return err
	}
	return m.write(ctx, now, []*Record{r}, func(*Record) bool { return false })
}

// Apply implements Store.
func (m *Memory) Apply(ctx context.Context, now time.Time, rs ...*Record) error {
	if err := CheckApply(rs); err != nil {
		return err
	}
	return m.write(ctx, now, rs, func(r *Record) bool { return r.Version == 0 })
}

// write does all writes or none.
func (m *Memory) write(ctx context.Context, now time.Time, rs []*Record, isNew func(*Record) bool) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	after := make(map[Key]*Record, len(rs))
	for _, r := range rs {
		check := m.mayInsert
		if !isNew(r) {
			check = func(r *Record) error { return m.maySave(r, now) }
		}
		if err := check(r); err != nil {
			return err
		}
		if after[r.Key()] != nil {
			return fmt.Errorf("%w: record %s is written twice", smm.ErrConflict, r.Delivery.ID)
		}
		after[r.Key()] = r
	}
	for _, r := range rs {
		if err := m.placed(r, after); err != nil {
			return err
		}
	}
	for _, r := range rs {
		m.put(r, isNew(r))
	}
	return nil
}

func (m *Memory) mayInsert(r *Record) error {
	k := r.Key()
	if _, it := m.item(k); it != nil {
		return fmt.Errorf("%w: record %s exists", smm.ErrConflict, k.ID)
	}
	if mt := m.tenants[k.Tenant]; r.Token != "" && mt != nil && mt.tokens[r.Token] > 0 {
		return ErrTokenUsed
	}
	return nil
}

func (m *Memory) maySave(r *Record, now time.Time) error {
	_, it := m.item(r.Key())
	if it == nil {
		return fmt.Errorf("%w: record %s", ErrNotFound, r.Delivery.ID)
	}
	intent := r.Delivery.Phase == smm.PhaseCommitting
	if it.r.Version != r.Version || it.r.Epoch != r.Epoch || (intent && !it.r.LeaseUntil.After(now)) {
		return ErrFenced
	}
	return nil
}

// placed reports whether r finds its slot free and keeps its distance, among the
// records as they are after the writes.
func (m *Memory) placed(r *Record, after map[Key]*Record) error {
	_, it := m.item(r.Key())
	if !r.Live() || (it != nil && !r.Moved(it.r)) {
		return nil
	}
	for _, o := range m.others(r, after) {
		if err := r.Collides(o); err != nil {
			return err
		}
	}
	return nil
}

// others returns the records of r's tenant, in the order of their positions.
func (m *Memory) others(r *Record, after map[Key]*Record) []*Record {
	if r.Slot == "" && len(r.Fingerprint) == 0 {
		return nil
	}
	var out []*Record
	if mt := m.tenants[r.Delivery.Tenant]; mt != nil {
		for _, it := range mt.items {
			if after[it.r.Key()] == nil {
				out = append(out, it.r)
			}
		}
	}
	for _, o := range after {
		if o != r && o.Delivery.Tenant == r.Delivery.Tenant {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *Record) int { return a.Position().Compare(b.Position()) })
	return out
}

// put stores r, and updates what the caller has.
func (m *Memory) put(r *Record, isNew bool) {
	r.NotBefore = Micro(r.NotBefore)
	mt := m.tenant(r.Delivery.Tenant)
	if isNew {
		r.Version = 1
		it := &memItem{r: r.Clone(), index: -1}
		mt.items[r.Delivery.ID] = it
		if r.Token != "" {
			mt.tokens[r.Token]++
		}
		mt.queue.place(it)
		return
	}
	r.Version++
	it := mt.items[r.Delivery.ID]
	old, c := it.r, r.Clone()
	c.LeaseOwner, c.Token, c.PayloadHash, c.Lane, c.Draft = old.LeaseOwner, old.Token, old.PayloadHash, old.Lane, old.Draft
	if !c.LeaseUntil.IsZero() {
		c.LeaseUntil = old.LeaseUntil
	}
	it.r = c
	mt.queue.place(it)
}

// mayGo reports whether r's lane lets it go.
func (mt *memTenant) mayGo(r *Record, limit int) bool {
	if limit == 0 || r.Lane == "" {
		return true
	}
	before := 0
	for _, it := range mt.items {
		p := it.r.Delivery.Phase
		if it.r.Lane == r.Lane && !p.Final() && p != smm.PhaseHuman && it.r.Position().Compare(r.Position()) < 0 {
			before++
		}
	}
	return before < limit
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

// Moved reports whether r has to be compared with others although old, the
// record as it is stored, was: for implementers of Store.
func (r *Record) Moved(old *Record) bool {
	return !old.Live() || r.Slot != old.Slot || r.Apart != old.Apart ||
		!Micro(r.NotBefore).Equal(old.NotBefore) || !bytes.Equal(r.Fingerprint, old.Fingerprint)
}

// Collides returns the *SlotError or *RepeatError with which r is refused for
// the sake of another record of its tenant, or nil: for implementers of Store.
func (r *Record) Collides(o *Record) error {
	if !o.Live() || !r.Live() {
		return nil
	}
	if r.Slot != "" && r.Slot == o.Slot {
		return &SlotError{Slot: r.Slot, By: o.Key()}
	}
	apart := max(r.Apart, o.Apart)
	distance := Micro(r.NotBefore).Sub(Micro(o.NotBefore)).Abs()
	if len(r.Fingerprint) > 0 && bytes.Equal(r.Fingerprint, o.Fingerprint) && distance < apart {
		return &RepeatError{Of: o.Key(), At: o.NotBefore}
	}
	return nil
}
