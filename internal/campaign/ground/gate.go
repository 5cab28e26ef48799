package ground

import (
	"context"
	"iter"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// gate is the store as one worker reaches it.
type gate struct {
	scheduler.Store

	w *Worker
}

// Insert implements scheduler.Store.
func (g gate) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	return g.w.do("insert", func() error { return g.Store.Insert(ctx, rs...) })
}

// Save implements scheduler.Store.
func (g gate) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	return g.w.do("save "+string(r.Delivery.Phase), func() error { return g.Store.Save(ctx, r, now) })
}

// Apply implements scheduler.Store.
func (g gate) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	return g.w.do("apply", func() error { return g.Store.Apply(ctx, now, rs...) })
}

// Renew implements scheduler.Store.
func (g gate) Renew(ctx context.Context, l scheduler.Lease) error {
	return g.w.do("renew", func() error { return g.Store.Renew(ctx, l) })
}

// Claim implements scheduler.Store.
func (g gate) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	var rs []*scheduler.Record
	err := g.w.do("claim", func() (err error) {
		rs, err = g.Store.Claim(ctx, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rs, nil
}

// NextWake implements scheduler.Store. Reads are no steps: nothing can be lost by
// them.
func (g gate) NextWake(ctx context.Context) (time.Time, bool, error) {
	if g.w.dead.Load() {
		return time.Time{}, false, errDead
	}
	return g.Store.NextWake(ctx)
}

// Get implements scheduler.Store.
func (g gate) Get(ctx context.Context, k scheduler.Key) (*scheduler.Record, error) {
	if g.w.dead.Load() {
		return nil, errDead
	}
	return g.Store.Get(ctx, k)
}

// List implements scheduler.Store.
func (g gate) List(ctx context.Context, q scheduler.Query) iter.Seq2[*scheduler.Record, error] {
	if g.w.dead.Load() {
		return func(yield func(*scheduler.Record, error) bool) { yield(nil, errDead) }
	}
	return g.Store.List(ctx, q)
}

// credentials is the store of credentials as one worker reaches it.
type credentials struct {
	smm.CredentialStore

	w *Worker
}

// Swap implements smm.CredentialStore.
func (c credentials) Swap(ctx context.Context, t smm.Tenant, a smm.Ref, old int64, cred smm.Credential) (int64, error) {
	var v int64
	err := c.w.do("swap credential", func() (err error) {
		v, err = c.CredentialStore.Swap(ctx, t, a, old, cred)
		return err
	})
	if err != nil {
		return 0, err
	}
	return v, nil
}
