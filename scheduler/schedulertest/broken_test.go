package schedulertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// recorder notes failures instead of failing, so that a test can tell whether
// the suite catches a broken store.
type recorder struct {
	testing.TB

	ctx   context.Context //nolint:containedctx // it stands for a test, which has one
	mu    sync.Mutex
	lines []string
}

// watch runs f and returns what it complained about.
func watch(t *testing.T, f func(t testing.TB)) []string {
	t.Helper()
	r := &recorder{TB: t, ctx: t.Context()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines
}

func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Helper()                  {}
func (r *recorder) Logf(string, ...any)      {}

func (r *recorder) Errorf(f string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(f, args...))
}

func (r *recorder) Fatal(args ...any)            { r.Errorf("%s", fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }

// brokenStore is a Memory with one bug: what is set replaces a method.
type brokenStore struct {
	*scheduler.Memory

	insert    func(ctx context.Context, rs ...*scheduler.Record) error
	save      func(ctx context.Context, r *scheduler.Record, now time.Time) error
	apply     func(ctx context.Context, now time.Time, rs ...*scheduler.Record) error
	claim     func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error)
	list      func(q *scheduler.Query)
	setFreeze func(ctx context.Context, f scheduler.Freeze) error
	unfreeze  func(ctx context.Context, t smm.Tenant, id string) error
	freezes   func(ctx context.Context, t smm.Tenant) ([]scheduler.Freeze, error)
	get       func(r *scheduler.Record)
	reopened  func(b *brokenStore)
}

func (b *brokenStore) Insert(ctx context.Context, rs ...*scheduler.Record) error {
	if b.insert != nil {
		return b.insert(ctx, rs...)
	}
	return b.Memory.Insert(ctx, rs...)
}

func (b *brokenStore) Save(ctx context.Context, r *scheduler.Record, now time.Time) error {
	if b.save != nil {
		return b.save(ctx, r, now)
	}
	return b.Memory.Save(ctx, r, now)
}

func (b *brokenStore) Apply(ctx context.Context, now time.Time, rs ...*scheduler.Record) error {
	if b.apply != nil {
		return b.apply(ctx, now, rs...)
	}
	return b.Memory.Apply(ctx, now, rs...)
}

func (b *brokenStore) Claim(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
	if b.claim != nil {
		return b.claim(ctx, c)
	}
	return b.Memory.Claim(ctx, c)
}

func (b *brokenStore) Get(ctx context.Context, k scheduler.Key) (*scheduler.Record, error) {
	r, err := b.Memory.Get(ctx, k)
	if err == nil && b.get != nil {
		b.get(r)
	}
	return r, err
}

func (b *brokenStore) List(ctx context.Context, q scheduler.Query) iter.Seq2[*scheduler.Record, error] {
	if b.list != nil {
		b.list(&q)
	}
	return b.Memory.List(ctx, q)
}

func (b *brokenStore) SetFreeze(ctx context.Context, f scheduler.Freeze) error {
	if b.setFreeze != nil {
		return b.setFreeze(ctx, f)
	}
	return b.Memory.SetFreeze(ctx, f)
}

func (b *brokenStore) Unfreeze(ctx context.Context, t smm.Tenant, id string) error {
	if b.unfreeze != nil {
		return b.unfreeze(ctx, t, id)
	}
	return b.Memory.Unfreeze(ctx, t, id)
}

func (b *brokenStore) Freezes(ctx context.Context, t smm.Tenant) ([]scheduler.Freeze, error) {
	if b.freezes != nil {
		return b.freezes(ctx, t)
	}
	return b.Memory.Freezes(ctx, t)
}

// everything returns all records, past the bug.
func (b *brokenStore) everything() []*scheduler.Record {
	var out []*scheduler.Record
	for r := range b.Memory.List(context.Background(), scheduler.Query{AllTenants: true}) {
		out = append(out, r)
	}
	return out
}

// storeBug is a bug, and the test that is meant for it.
type storeBug struct {
	name, group, test string
	plant             func(b *brokenStore)
}

// TestBrokenStores shows for each bug the test that catches it, and that a
// store without one passes.
func TestBrokenStores(t *testing.T) {
	bugs := slices.Concat([]storeBug{{name: "none"}}, laneBugs(), placeBugs(), applyBugs(), freezeBugs(), recordBugs())
	for _, bug := range bugs {
		t.Run(bug.name, func(t *testing.T) {
			caught, known := false, bug.test == ""
			for _, g := range storeGroups() {
				if bug.group != "" && g.name != bug.group {
					continue
				}
				for name, test := range g.tests {
					known = known || name == bug.test
					if bug.test != "" && name != bug.test {
						continue
					}
					lines := watch(t, func(tb testing.TB) {
						b := &brokenStore{Memory: scheduler.NewMemory()}
						if bug.plant != nil {
							bug.plant(b)
						}
						test(&suite{TB: tb, store: b, reopen: func(scheduler.Store) scheduler.Store {
							if b.reopened != nil {
								b.reopened(b)
							}
							return b
						}})
					})
					caught = caught || len(lines) > 0
					if bug.test == "" && len(lines) > 0 {
						t.Errorf("%s/%s fails on a good store: %q", g.name, name, lines)
					}
				}
			}
			if !known {
				t.Fatalf("there is no test %s/%s", bug.group, bug.test)
			}
			if !caught && bug.test != "" {
				t.Errorf("%s/%s does not catch it", bug.group, bug.test)
			}
		})
	}
}

func laneBugs() []storeBug {
	// limit changes what is asked for.
	limit := func(change func(c *scheduler.Claim)) func(b *brokenStore) {
		return func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				change(&c)
				return b.Memory.Claim(ctx, c)
			}
		}
	}
	// lane changes what the lane is on the way in.
	lane := func(change func(r *scheduler.Record)) func(b *brokenStore) {
		return func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for _, r := range rs {
					change(r)
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}
	}
	return []storeBug{
		{"lanes are not known", "lane", "one after the other", limit(func(c *scheduler.Claim) { c.LaneLimit = 0 })},
		{"one at a time whatever is asked", "lane", "two at a time", limit(func(c *scheduler.Claim) { c.LaneLimit = min(c.LaneLimit, 1) })},
		{"a limit where none is asked", "lane", "no limit", limit(func(c *scheduler.Claim) { c.LaneLimit = max(c.LaneLimit, 1) })},
		{"claims by name jump the queue", "lane", "by name", limit(func(c *scheduler.Claim) {
			if len(c.Keys) > 0 {
				c.LaneLimit = 0
			}
		})},
		{"all is one lane", "lane", "lanes do not know each other", lane(func(r *scheduler.Record) { r.Lane = "l" })},
		{"one more than asked", "lane", "planned at the same time", limit(func(c *scheduler.Claim) {
			if c.LaneLimit > 0 {
				c.LaneLimit++
			}
		})},
		{"only the lease blocks", "lane", "the planned time counts, not the wake", func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				leased := map[string]int{}
				for _, r := range b.everything() {
					if r.LeaseUntil.After(c.Now) {
						leased[r.Lane]++
					}
				}
				if c.LaneLimit > 0 && len(leased) == 0 {
					c.LaneLimit, c.Limit = 0, 1
				}
				return b.Memory.Claim(ctx, c)
			}
		}},
		{"a person who is awaited blocks", "lane", "what waits for a person does not block", func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				for _, r := range b.everything() {
					if r.Delivery.Phase == smm.PhaseHuman && c.LaneLimit > 0 {
						return nil, nil
					}
				}
				return b.Memory.Claim(ctx, c)
			}
		}},
		{"what failed blocks", "lane", "what failed does not block", func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				for _, r := range b.everything() {
					if p := r.Delivery.Phase; p.Final() && p != smm.PhasePublished && c.LaneLimit > 0 {
						return nil, nil
					}
				}
				return b.Memory.Claim(ctx, c)
			}
		}},
		{"blocked for good", "lane", "what is blocked is looked at again", func(b *brokenStore) {
			n := 0
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				if n++; n > 2 && c.LaneLimit > 0 {
					return nil, nil
				}
				return b.Memory.Claim(ctx, c)
			}
		}},
		{"the head of a lane eats the claim", "lane", "a long lane starves nobody", func(b *brokenStore) {
			b.claim = func(ctx context.Context, c scheduler.Claim) ([]*scheduler.Record, error) {
				rs := b.everything()
				rs = slices.DeleteFunc(rs, func(r *scheduler.Record) bool {
					due, ok := r.Due()
					return !ok || due.After(c.Now)
				})
				if len(rs) == 0 || c.LaneLimit == 0 {
					return b.Memory.Claim(ctx, c)
				}
				for _, r := range rs[:min(c.Limit, len(rs))] { // the first of all, whether or not they may go
					c.Keys = append(c.Keys, r.Key())
				}
				return b.Memory.Claim(ctx, c)
			}
		}},
	}
}

func placeBugs() []storeBug {
	// without inserts as if f had been taken away from the records meanwhile.
	without := func(f func(r *scheduler.Record)) func(b *brokenStore) {
		return func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				cs := make([]*scheduler.Record, 0, len(rs))
				for _, r := range rs {
					c := r.Clone()
					f(c)
					cs = append(cs, c)
				}
				err := b.Memory.Insert(ctx, cs...)
				for i, c := range cs {
					rs[i].Version = c.Version
				}
				return err
			}
		}
	}
	noSlot, noPrint := func(r *scheduler.Record) { r.Slot = "" }, func(r *scheduler.Record) { r.Apart, r.Fingerprint = 0, nil }
	return []storeBug{
		{"slots are not known", "place", "a slot is taken once", without(noSlot)},
		{"slots in one call are not compared", "place", "a slot within one call", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for i, r := range rs {
					if i > 0 {
						noSlot(r)
					}
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"a save is not compared", "place", "a slot by a save", func(b *brokenStore) {
			b.save = func(ctx context.Context, r *scheduler.Record, now time.Time) error {
				err := b.Memory.Save(ctx, r, now)
				if errors.Is(err, smm.ErrConflict) && !errors.Is(err, scheduler.ErrFenced) {
					return nil
				}
				return err
			}
		}},
		{"who ends keeps the slot", "place", "who ends without a post gives it up", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for _, o := range b.everything() {
					for _, r := range rs {
						if o.Slot != "" && o.Slot == r.Slot && o.Delivery.Tenant == r.Delivery.Tenant {
							return &scheduler.SlotError{Slot: o.Slot, By: o.Key()}
						}
					}
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"who publishes gives up the slot", "place", "who publishes or is in doubt keeps it", func(b *brokenStore) {
			b.save = func(ctx context.Context, r *scheduler.Record, now time.Time) error {
				c := r.Clone()
				if c.Delivery.Phase == smm.PhasePublished {
					c.Slot = ""
				}
				err := b.Memory.Save(ctx, c, now)
				r.Version = c.Version
				return err
			}
		}},
		{"content is not known", "place", "the same content keeps its distance", without(noPrint)},
		{"only the newcomer's distance counts", "place", "the same content keeps its distance", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				if rs[0].Apart == 0 {
					noPrint(rs[0])
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"the distance is to what comes later only", "place", "the same content keeps its distance", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for _, o := range b.everything() {
					if r := rs[0]; bytes.Equal(o.Fingerprint, r.Fingerprint) && r.NotBefore.Before(o.NotBefore) {
						noPrint(r)
					}
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"no distance is refused too", "place", "content without a distance may repeat", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for _, r := range rs {
					if r.Apart == 0 && len(r.Fingerprint) > 0 {
						r.Apart = time.Microsecond
					}
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"content in one call is not compared", "place", "content within one call", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for i, r := range rs {
					if i > 0 {
						noPrint(r)
					}
				}
				return b.Memory.Insert(ctx, rs...)
			}
		}},
		{"a new time is not compared", "place", "content by a save", func(b *brokenStore) {
			b.save = func(ctx context.Context, r *scheduler.Record, now time.Time) error {
				c := r.Clone()
				c.Apart = 0
				err := b.Memory.Save(ctx, c, now)
				r.Version = c.Version
				return err
			}
		}},
		{"answers are compared with themselves", "place", "an answer is never refused", func(b *brokenStore) {
			b.save = func(ctx context.Context, r *scheduler.Record, now time.Time) error {
				for _, o := range b.everything() {
					if err := r.Collides(o); err != nil {
						return err
					}
				}
				return b.Memory.Save(ctx, r, now)
			}
		}},
		{"looks and then writes", "place", "of many callers one gets the place", func(b *brokenStore) {
			b.insert = func(ctx context.Context, rs ...*scheduler.Record) error {
				for _, o := range b.everything() {
					for _, r := range rs {
						if err := r.Collides(o); err != nil {
							return err
						}
					}
				}
				runtime.Gosched()
				c := rs[0].Clone()
				noSlot(c)
				noPrint(c)
				return b.Memory.Insert(ctx, c)
			}
		}},
	}
}
