package scheduler

import (
	"bytes"
	"context"
	"fmt"
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
	var seen map[Key]bool
	if len(rs) > 1 {
		seen = make(map[Key]bool, len(rs))
	}
	for _, r := range rs {
		check := m.mayInsert
		if !isNew(r) {
			check = func(r *Record) error { return m.maySave(r, now) }
		}
		if err := check(r); err != nil {
			return err
		}
		if seen[r.Key()] {
			return fmt.Errorf("%w: record %s is written twice", smm.ErrConflict, r.Delivery.ID)
		}
		if seen != nil {
			seen[r.Key()] = true
		}
	}
	if err := m.settle(rs); err != nil {
		return err
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
	if mt := m.tenants[k.Tenant]; r.Token != "" && mt != nil && len(mt.tokens[r.Token]) > 0 {
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

// settle gives the records their slots and distances as they are after all of
// the writes, or changes nothing.
func (m *Memory) settle(rs []*Record) error {
	var left, added []*Record
	for _, r := range rs {
		var old *Record
		if _, it := m.item(r.Key()); it != nil {
			old = it.r
		}
		was, is := old != nil && old.Live() && old.hasPlace(), r.Live() && r.hasPlace()
		if was && is && !r.Moved(old) {
			continue
		}
		if was {
			m.tenant(r.Delivery.Tenant).places.remove(old)
			left = append(left, old)
		}
		if is {
			added = append(added, r)
		}
	}
	for i, r := range added {
		err := m.tenant(r.Delivery.Tenant).places.add(r)
		if err == nil {
			continue
		}
		for _, r := range added[:i] {
			m.tenant(r.Delivery.Tenant).places.remove(r)
		}
		for _, r := range left {
			m.tenant(r.Delivery.Tenant).places.take(r)
		}
		return err
	}
	return nil
}

// put stores r, and updates what the caller has.
func (m *Memory) put(r *Record, isNew bool) {
	r.NotBefore = Micro(r.NotBefore)
	mt := m.tenant(r.Delivery.Tenant)
	if isNew {
		r.Version = 1
		it := &memItem{r: r.Clone(), index: -1, rank: -1}
		mt.items[r.Delivery.ID] = it
		if r.Token != "" {
			mt.tokens[r.Token] = append(mt.tokens[r.Token], it)
		}
		mt.enlist(it)
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
	mt.enlist(it)
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
