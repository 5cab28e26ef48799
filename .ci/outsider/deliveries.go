package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// deliveryFile keeps deliveries in one JSON file, which is written as a whole.
type deliveryFile struct {
	path string

	mu sync.Mutex
	deliveries
	turn smm.Tenant // the tenant that was served last
}

// deliveries are what the file holds.
type deliveries struct {
	records []*scheduler.Record
	freezes []scheduler.Freeze
}

type wireDeliveries struct {
	Records []*scheduler.Record
	Freezes []scheduler.Freeze
}

var _ scheduler.Store = (*deliveryFile)(nil)

func openDeliveries(path string) (*deliveryFile, error) {
	var w wireDeliveries
	err := load(path, &w)
	return &deliveryFile{path: path, deliveries: deliveries{w.Records, w.Freezes}}, err
}

// enter begins a call; the caller unlocks f.mu if the error is nil.
func (f *deliveryFile) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	return nil
}

// change replaces what the file holds, the file first.
func (f *deliveryFile) change(next deliveries) error {
	if err := save(f.path, wireDeliveries{next.records, next.freezes}); err != nil {
		return err
	}
	f.deliveries = next
	return nil
}

func (f *deliveryFile) changeRecords(next []*scheduler.Record) error {
	return f.change(deliveries{next, f.freezes})
}

func find(rs []*scheduler.Record, k scheduler.Key) int {
	return slices.IndexFunc(rs, func(r *scheduler.Record) bool { return r.Key() == k })
}

func (f *deliveryFile) find(k scheduler.Key) int { return find(f.records, k) }

func (f *deliveryFile) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if err := scheduler.CheckInsert(rs); err != nil {
		return err
	}
	return f.write(ctx, time.Time{}, rs, func(*scheduler.Record) bool { return true })
}

func (f *deliveryFile) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := r.Delivery.Check(); err != nil {
		return err
	}
	return f.write(ctx, now, []*scheduler.Record{r}, func(*scheduler.Record) bool { return false })
}

func (f *deliveryFile) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	if err := scheduler.CheckApply(rs); err != nil {
		return err
	}
	return f.write(ctx, now, rs, func(r *scheduler.Record) bool { return r.Version == 0 })
}

// write does all writes or none, and compares slots and contents as they are
// afterwards.
func (f *deliveryFile) write(ctx context.Context, now time.Time, rs []*scheduler.Record, isNew func(*scheduler.Record) bool) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	if len(rs) == 0 {
		return nil
	}
	next, written := slices.Clone(f.records), make([]*scheduler.Record, len(rs))
	for n, r := range rs {
		if find(written[:n], r.Key()) >= 0 {
			return fmt.Errorf("%s is written twice: %w", r.Delivery.ID, smm.ErrConflict)
		}
		i := f.find(r.Key())
		c, err := f.fresh(r, i, now, isNew(r))
		if err != nil {
			return err
		}
		if written[n] = c; isNew(r) {
			next = append(next, c)
		} else {
			next[i] = c
		}
	}
	for _, c := range written {
		if err := f.collides(c, next); err != nil {
			return err
		}
	}
	if err := f.changeRecords(next); err != nil {
		return err
	}
	for n, r := range rs {
		r.Version, r.NotBefore = written[n].Version, written[n].NotBefore
	}
	return nil
}

// fresh returns what is stored for r, whose place so far is i, or why it may not
// be written.
func (f *deliveryFile) fresh(r *scheduler.Record, i int, now time.Time, isNew bool) (*scheduler.Record, error) {
	c := r.Clone()
	c.NotBefore = scheduler.Micro(r.NotBefore)
	if isNew {
		used := func(o *scheduler.Record) bool { return o.Delivery.Tenant == r.Delivery.Tenant && o.Token == r.Token }
		switch {
		case i >= 0:
			return nil, fmt.Errorf("%s: %w", r.Delivery.ID, smm.ErrConflict)
		case r.Token != "" && slices.ContainsFunc(f.records, used):
			return nil, scheduler.ErrTokenUsed
		}
		c.Version = 1
		return c, nil
	}
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", r.Delivery.ID, scheduler.ErrNotFound)
	}
	old := f.records[i]
	intent := r.Delivery.Phase == smm.PhaseCommitting
	if old.Version != r.Version || old.Epoch != r.Epoch || intent && !old.LeaseUntil.After(now) {
		return nil, scheduler.ErrFenced
	}
	c.Version++
	c.LeaseOwner, c.Token, c.PayloadHash, c.Lane, c.Draft = old.LeaseOwner, old.Token, old.PayloadHash, old.Lane, old.Draft
	if !c.LeaseUntil.IsZero() {
		c.LeaseUntil = old.LeaseUntil
	}
	return c, nil
}

// collides reports what stands in the way of c among the records to be.
func (f *deliveryFile) collides(c *scheduler.Record, next []*scheduler.Record) error {
	if i := f.find(c.Key()); i >= 0 && !c.Moved(f.records[i]) {
		return nil
	}
	for _, o := range next {
		if o.Delivery.Tenant != c.Delivery.Tenant || o.Key() == c.Key() {
			continue
		}
		if err := c.Collides(o); err != nil {
			return err
		}
	}
	return nil
}

// mayGo reports whether fewer records than the limit stand before r in its lane.
func (f *deliveryFile) mayGo(r *scheduler.Record, limit int) bool {
	if limit == 0 || r.Lane == "" {
		return true
	}
	before := 0
	for _, o := range f.records {
		if o.Delivery.Tenant == r.Delivery.Tenant && o.Lane == r.Lane && o.Blocks() && o.Position().Compare(r.Position()) < 0 {
			before++
		}
	}
	return before < limit
}

func (f *deliveryFile) SetFreeze(ctx context.Context, z scheduler.Freeze) error {
	if err := z.Check(); err != nil {
		return err
	}
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	z.At, z.Until, z.Labels.Tags = scheduler.Micro(z.At), scheduler.Micro(z.Until), slices.Clone(z.Labels.Tags)
	return f.change(deliveries{f.records, append(f.without(z.Tenant, z.ID), z)})
}

func (f *deliveryFile) Unfreeze(ctx context.Context, tenant smm.Tenant, id string) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	rest := f.without(tenant, id)
	if len(rest) == len(f.freezes) {
		return fmt.Errorf("freeze %s: %w", id, scheduler.ErrNotFound)
	}
	return f.change(deliveries{f.records, rest})
}

func (f *deliveryFile) without(tenant smm.Tenant, id string) []scheduler.Freeze {
	return slices.DeleteFunc(slices.Clone(f.freezes), func(z scheduler.Freeze) bool { return z.Tenant == tenant && z.ID == id })
}

func (f *deliveryFile) Freezes(ctx context.Context, tenant smm.Tenant) ([]scheduler.Freeze, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	var out []scheduler.Freeze
	for _, z := range f.freezes {
		if z.Tenant == tenant || z.AllTenants {
			z.Labels.Tags = slices.Clone(z.Labels.Tags)
			out = append(out, z)
		}
	}
	slices.SortFunc(out, func(a, b scheduler.Freeze) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

func (f *deliveryFile) Get(ctx context.Context, key scheduler.Key) (*scheduler.Record, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	i := f.find(key)
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", key.ID, scheduler.ErrNotFound)
	}
	return f.records[i].Clone(), nil
}

// due returns the places of the records that a claim may take, the earliest of
// each tenant first and the tenants in turn.
func (f *deliveryFile) due(c scheduler.Claim) []int {
	byTenant := make(map[smm.Tenant][]int)
	var tenants []smm.Tenant
	for i, r := range f.records {
		at, wakes := r.Due()
		if !wakes || at.After(c.Now) || len(c.Keys) > 0 && !slices.Contains(c.Keys, r.Key()) || !f.mayGo(r, c.LaneLimit) {
			continue
		}
		t := r.Delivery.Tenant
		if byTenant[t] == nil {
			tenants = append(tenants, t)
		}
		byTenant[t] = append(byTenant[t], i)
	}
	slices.Sort(tenants)
	first, _ := slices.BinarySearch(tenants, f.turn+"\x00") // the one behind who was served last
	var out []int
	for n := 0; len(out) < c.Limit && len(byTenant) > 0; n++ {
		t := tenants[(first+n)%len(tenants)]
		list := byTenant[t]
		if len(list) == 0 {
			delete(byTenant, t)
			continue
		}
		earliest := 0
		for i := range list {
			a, _ := f.records[list[i]].Due()
			if b, _ := f.records[list[earliest]].Due(); a.Before(b) {
				earliest = i
			}
		}
		out = append(out, list[earliest])
		byTenant[t] = slices.Delete(list, earliest, earliest+1)
		f.turn = t
	}
	return out
}

func (f *deliveryFile) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	places := f.due(c)
	slices.SortFunc(places, func(a, b int) int {
		x, _ := f.records[a].Due()
		y, _ := f.records[b].Due()
		return x.Compare(y)
	})
	next, out := slices.Clone(f.records), make([]*scheduler.Record, 0, len(places))
	for _, i := range places {
		r := f.records[i].Clone()
		r.Version++
		r.Epoch++
		r.LeaseOwner, r.LeaseUntil = c.Owner, scheduler.Micro(c.Now.Add(c.Lease))
		next[i] = r
		out = append(out, r.Clone())
	}
	if len(places) == 0 {
		return out, nil
	}
	return out, f.changeRecords(next)
}

func (f *deliveryFile) Renew(ctx context.Context, l scheduler.Lease) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	i := f.find(l.Key)
	if i < 0 || f.records[i].Epoch != l.Epoch || f.records[i].LeaseUntil.IsZero() {
		return scheduler.ErrFenced
	}
	next := slices.Clone(f.records)
	next[i] = next[i].Clone()
	next[i].LeaseUntil = scheduler.Micro(l.Until)
	return f.changeRecords(next)
}

func (f *deliveryFile) NextWake(ctx context.Context) (time.Time, bool, error) {
	if err := f.enter(ctx); err != nil {
		return time.Time{}, false, err
	}
	defer f.mu.Unlock()
	var next time.Time
	found := false
	for _, r := range f.records {
		if at, wakes := r.Due(); wakes && (!found || at.Before(next)) {
			next, found = at, true
		}
	}
	return next, found, nil
}

func (f *deliveryFile) List(ctx context.Context, q scheduler.Query) iter.Seq2[*scheduler.Record, error] {
	return func(yield func(*scheduler.Record, error) bool) {
		if err := f.enter(ctx); err != nil {
			yield(nil, err)
			return
		}
		var out []*scheduler.Record
		for _, r := range f.records {
			if q.Match(r) {
				out = append(out, r.Clone())
			}
		}
		f.mu.Unlock()
		slices.SortFunc(out, func(a, b *scheduler.Record) int { return a.Position().Compare(b.Position()) })
		for n, r := range out {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if q.Limit > 0 && n == q.Limit || !yield(r, nil) {
				return
			}
		}
	}
}

func (f *deliveryFile) Purge(ctx context.Context, p scheduler.Purge) (int, error) {
	if err := f.enter(ctx); err != nil {
		return 0, err
	}
	defer f.mu.Unlock()
	type entry struct {
		tenant smm.Tenant
		name   string
	}
	open := make(map[entry]bool)
	for _, r := range f.records {
		if !r.Delivery.Phase.Final() {
			open[entry{r.Delivery.Tenant, r.Delivery.Entry}] = true
		}
	}
	next := slices.DeleteFunc(slices.Clone(f.records), func(r *scheduler.Record) bool {
		d := &r.Delivery
		return (p.AllTenants || d.Tenant == p.Tenant) && d.Phase.Final() && r.NotBefore.Before(p.Before) && !open[entry{d.Tenant, d.Entry}]
	})
	n := len(f.records) - len(next)
	if n == 0 {
		return 0, nil
	}
	return n, f.changeRecords(next)
}
