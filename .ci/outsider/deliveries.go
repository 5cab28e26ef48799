package main

import (
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

	mu      sync.Mutex
	records []*scheduler.Record
	turn    smm.Tenant // the tenant that was served last
}

var _ scheduler.Store = (*deliveryFile)(nil)

func openDeliveries(path string) (*deliveryFile, error) {
	f := &deliveryFile{path: path}
	return f, load(path, &f.records)
}

// enter begins a call; the caller unlocks f.mu if the error is nil.
func (f *deliveryFile) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	return nil
}

// change replaces the records, in the file first.
func (f *deliveryFile) change(next []*scheduler.Record) error {
	if err := save(f.path, next); err != nil {
		return err
	}
	f.records = next
	return nil
}

func (f *deliveryFile) find(k scheduler.Key) int {
	return slices.IndexFunc(f.records, func(r *scheduler.Record) bool { return r.Key() == k })
}

func (f *deliveryFile) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if err := scheduler.CheckInsert(rs); err != nil {
		return err
	}
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	next := slices.Clone(f.records)
	for i, r := range rs {
		twice := slices.ContainsFunc(rs[:i], func(o *scheduler.Record) bool { return o.Key() == r.Key() })
		if twice || f.find(r.Key()) >= 0 {
			return fmt.Errorf("%s: %w", r.Delivery.ID, smm.ErrConflict)
		}
		used := func(o *scheduler.Record) bool { return o.Delivery.Tenant == r.Delivery.Tenant && o.Token == r.Token }
		if r.Token != "" && slices.ContainsFunc(f.records, used) {
			return scheduler.ErrTokenUsed
		}
	}
	for _, r := range rs {
		c := r.Clone()
		c.Version, c.NotBefore = 1, scheduler.Micro(r.NotBefore)
		next = append(next, c)
	}
	if err := f.change(next); err != nil {
		return err
	}
	for _, r := range rs {
		r.Version, r.NotBefore = 1, scheduler.Micro(r.NotBefore)
	}
	return nil
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
		if !wakes || at.After(c.Now) || len(c.Keys) > 0 && !slices.Contains(c.Keys, r.Key()) {
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
	return out, f.change(next)
}

func (f *deliveryFile) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if err := r.Delivery.Check(); err != nil {
		return err
	}
	if err := f.enter(ctx); err != nil {
		return err
	}
	defer f.mu.Unlock()
	i := f.find(r.Key())
	if i < 0 {
		return fmt.Errorf("%s: %w", r.Delivery.ID, scheduler.ErrNotFound)
	}
	old := f.records[i]
	intent := r.Delivery.Phase == smm.PhaseCommitting
	if old.Version != r.Version || old.Epoch != r.Epoch || intent && !old.LeaseUntil.After(now) {
		return scheduler.ErrFenced
	}
	c := r.Clone()
	c.Version++
	c.NotBefore, c.LeaseOwner, c.Token, c.PayloadHash = scheduler.Micro(r.NotBefore), old.LeaseOwner, old.Token, old.PayloadHash
	if !c.LeaseUntil.IsZero() {
		c.LeaseUntil = old.LeaseUntil
	}
	next := slices.Clone(f.records)
	next[i] = c
	if err := f.change(next); err != nil {
		return err
	}
	r.Version, r.NotBefore = c.Version, c.NotBefore
	return nil
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
	return f.change(next)
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
	return n, f.change(next)
}
