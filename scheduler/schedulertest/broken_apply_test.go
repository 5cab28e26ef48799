package schedulertest

import (
	"context"
	"errors"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

func applyBugs() []storeBug {
	// each writes the records of an Apply one by one.
	each := func(b *brokenStore, f func(ctx context.Context, now time.Time, r *scheduler.Record) error) {
		b.apply = func(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
			for _, r := range rs {
				if err := f(ctx, now, r); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return []storeBug{
		{"one by one", "apply", "all or none", func(b *brokenStore) {
			each(b, func(ctx context.Context, now time.Time, r *scheduler.Record) error {
				return b.Memory.Apply(ctx, now, r)
			})
		}},
		{"one by one, and places", "apply", "places are changed", func(b *brokenStore) {
			each(b, func(ctx context.Context, now time.Time, r *scheduler.Record) error {
				return b.Memory.Apply(ctx, now, r)
			})
		}},
		{"only inserts", "apply", "inserts and saves", func(b *brokenStore) {
			b.apply = func(ctx context.Context, _ time.Time, rs ...*scheduler.Record) error {
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"what is fenced is left out", "apply", "all or none", func(b *brokenStore) {
			each(b, func(ctx context.Context, now time.Time, r *scheduler.Record) error {
				if err := b.Memory.Apply(ctx, now, r); !errors.Is(err, scheduler.ErrFenced) {
					return err
				}
				return nil
			})
		}},
		{"an intent without a lease", "apply", "an intent needs a lease", func(b *brokenStore) {
			b.apply = func(ctx context.Context, _ time.Time, rs ...*scheduler.Record) error {
				return b.Memory.Apply(ctx, time.Time{}, rs...)
			}
		}},
		{"a lease of its own", "apply", "a lease is kept or ended", func(b *brokenStore) {
			b.apply = func(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
				for _, r := range rs {
					_ = b.Renew(ctx, lease(r, at(time.Second)))
				}
				return b.Memory.Apply(ctx, now, rs...)
			}
		}},
		{"the last of two wins", "apply", "not within one call", func(b *brokenStore) {
			b.apply = func(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
				return b.Memory.Apply(ctx, now, rs[len(rs)-1:]...)
			}
		}},
		{"deaf", "apply", "a context that has ended", func(b *brokenStore) {
			b.apply = func(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
				return b.Memory.Apply(context.WithoutCancel(ctx), now, rs...)
			}
		}},
	}
}

func freezeBugs() []storeBug {
	// shown changes the freezes on the way out.
	shown := func(f func(t smm.Tenant, fs []scheduler.Freeze) []scheduler.Freeze) func(b *brokenStore) {
		return func(b *brokenStore) {
			b.freezes = func(ctx context.Context, t smm.Tenant) ([]scheduler.Freeze, error) {
				fs, err := b.Memory.Freezes(ctx, t)
				return f(t, fs), err
			}
		}
	}
	return []storeBug{
		{"the first freeze stays", "freeze", "one takes the place of another", func(b *brokenStore) {
			b.setFreeze = func(ctx context.Context, f scheduler.Freeze) error {
				fs, err := b.Memory.Freezes(ctx, f.Tenant)
				if err != nil || len(fs) > 0 {
					return err
				}
				return b.Memory.SetFreeze(ctx, f)
			}
		}},
		{"a freeze is never removed", "freeze", "set and removed", func(b *brokenStore) {
			b.unfreeze = func(context.Context, smm.Tenant, string) error { return nil }
		}},
		{"by ID alone", "freeze", "of others", func(b *brokenStore) {
			b.setFreeze = func(ctx context.Context, f scheduler.Freeze) error {
				f.AllTenants = true
				return b.Memory.SetFreeze(ctx, f)
			}
		}},
		{"those for all are their tenant's", "freeze", "for everybody", shown(func(t smm.Tenant, fs []scheduler.Freeze) []scheduler.Freeze {
			var out []scheduler.Freeze
			for _, f := range fs {
				if f.Tenant == t {
					out = append(out, f)
				}
			}
			return out
		})},
		{"loses the labels", "freeze", "every field comes back", shown(func(_ smm.Tenant, fs []scheduler.Freeze) []scheduler.Freeze {
			for i := range fs {
				fs[i].Labels.Assignee = ""
			}
			return fs
		})},
		{"whole seconds", "freeze", "every field comes back", shown(func(_ smm.Tenant, fs []scheduler.Freeze) []scheduler.Freeze {
			for i := range fs {
				fs[i].At = fs[i].At.Truncate(time.Second)
			}
			return fs
		})},
		{"remembers the freezes it read", "freeze", "set and removed", func(b *brokenStore) {
			seen := map[smm.Tenant][]scheduler.Freeze{}
			b.freezes = func(ctx context.Context, t smm.Tenant) ([]scheduler.Freeze, error) {
				if fs, ok := seen[t]; ok {
					return fs, nil
				}
				fs, err := b.Memory.Freezes(ctx, t)
				seen[t] = fs
				return fs, err
			}
		}},
		{"any freeze is taken", "freeze", "what is wrong is refused", func(b *brokenStore) {
			b.setFreeze = func(context.Context, scheduler.Freeze) error { return nil }
		}},
		{"freezes end with the process", "reopen", "everything is there", func(b *brokenStore) {
			b.reopened = func(b *brokenStore) { _ = b.Memory.Unfreeze(context.Background(), "t", "full") }
		}},
	}
}

func recordBugs() []storeBug {
	loses := func(field string, f func(r *scheduler.Record)) storeBug {
		return storeBug{"loses " + field, "insert", "every field comes back", func(b *brokenStore) { b.get = f }}
	}
	return []storeBug{
		loses("the lane", func(r *scheduler.Record) { r.Lane = "" }),
		loses("the fingerprint", func(r *scheduler.Record) { r.Fingerprint = nil }),
		loses("the distance", func(r *scheduler.Record) { r.Apart = 0 }),
		loses("the slot", func(r *scheduler.Record) { r.Slot = "" }),
		loses("the draft", func(r *scheduler.Record) { r.Draft = "" }),
		loses("the zone", func(r *scheduler.Record) { r.Zone = "" }),
		loses("the reason", func(r *scheduler.Record) { r.Held = "" }),
		{"the draft is not asked for", "list", "by every field", func(b *brokenStore) {
			b.list = func(q *scheduler.Query) { q.Draft = "" }
		}},
		{"what is held is not asked for", "list", "by every field", func(b *brokenStore) {
			b.list = func(q *scheduler.Query) { q.Held = false }
		}},
		{"the content is not asked for", "list", "by every field", func(b *brokenStore) {
			b.list = func(q *scheduler.Query) { q.Fingerprint = nil }
		}},
		{"the lane changes", "insert", "what never changes", func(b *brokenStore) {
			lane := map[scheduler.Key]string{}
			b.save = func(ctx context.Context, r *scheduler.Record, now time.Time) error {
				lane[r.Key()] = r.Lane
				return b.Memory.Save(ctx, r, now)
			}
			b.get = func(r *scheduler.Record) {
				if l, ok := lane[r.Key()]; ok {
					r.Lane = l
				}
			}
		}},
		{"nobody is reminded", "claim", "a person is reminded", func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				rs, err := b.Memory.Claim(ctx, c)
				var out []*scheduler.Record
				for _, r := range rs {
					if r.Delivery.Phase != smm.PhaseHuman {
						out = append(out, r)
					}
				}
				return out, err
			}
		}},
	}
}
