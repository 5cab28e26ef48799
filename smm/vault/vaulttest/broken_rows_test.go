package vaulttest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// brokenRows is a memory store with one bug: what is set replaces a method.
type brokenRows struct {
	vault.Rows
	get      func(ctx context.Context, t smm.Tenant, r smm.Ref) (vault.Row, error)
	put      func(ctx context.Context, r vault.Row, old int64) (int64, error)
	reseal   func(ctx context.Context, r vault.Row) error
	delete   func(ctx context.Context, t smm.Tenant, r smm.Ref) error
	accounts func(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error)
	notUnder func(ctx context.Context, keyID string) iter.Seq2[vault.Row, error]
	lock     func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error)
	unlock   func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string) error
}

func (b *brokenRows) Get(ctx context.Context, t smm.Tenant, r smm.Ref) (vault.Row, error) {
	if b.get != nil {
		return b.get(ctx, t, r)
	}
	return b.Rows.Get(ctx, t, r)
}

func (b *brokenRows) Put(ctx context.Context, r vault.Row, old int64) (int64, error) {
	if b.put != nil {
		return b.put(ctx, r, old)
	}
	return b.Rows.Put(ctx, r, old)
}

func (b *brokenRows) Reseal(ctx context.Context, r vault.Row) error {
	if b.reseal != nil {
		return b.reseal(ctx, r)
	}
	return b.Rows.Reseal(ctx, r)
}

func (b *brokenRows) Delete(ctx context.Context, t smm.Tenant, r smm.Ref) error {
	if b.delete != nil {
		return b.delete(ctx, t, r)
	}
	return b.Rows.Delete(ctx, t, r)
}

func (b *brokenRows) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	if b.accounts != nil {
		return b.accounts(ctx, t, p)
	}
	return b.Rows.Accounts(ctx, t, p)
}

func (b *brokenRows) NotUnder(ctx context.Context, keyID string) iter.Seq2[vault.Row, error] {
	if b.notUnder != nil {
		return b.notUnder(ctx, keyID)
	}
	return b.Rows.NotUnder(ctx, keyID)
}

func (b *brokenRows) Lock(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error) {
	if b.lock != nil {
		return b.lock(ctx, t, r, owner, ttl)
	}
	return b.Rows.Lock(ctx, t, r, owner, ttl)
}

func (b *brokenRows) Unlock(ctx context.Context, t smm.Tenant, r smm.Ref, owner string) error {
	if b.unlock != nil {
		return b.unlock(ctx, t, r, owner)
	}
	return b.Rows.Unlock(ctx, t, r, owner)
}

// stored is the version of a row, 0 if there is none.
func (b *brokenRows) stored(ctx context.Context, t smm.Tenant, r smm.Ref) int64 {
	row, err := b.Rows.Get(ctx, t, r)
	if err != nil {
		return 0
	}
	return row.Version
}

// rowBug is a bug, the check that must notice, and what it must say.
type rowBug struct {
	name, check, says string
	plant             func(b *brokenRows)
}

func rowBugs() []rowBug {
	return slices.Concat(writeBugs(), readBugs(), leaseBugs())
}

func writeBugs() []rowBug {
	return []rowBug{
		{"the last writer wins", "conflict", "put over version 0 of", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, _ int64) (int64, error) {
				return b.Rows.Put(ctx, r, b.stored(ctx, r.Tenant, r.Account))
			}
		}},
		{"any version but a new one is replaced", "conflict", "put over version 1 of 2", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				if have := b.stored(ctx, r.Tenant, r.Account); old > 0 && have > 0 {
					old = have
				}
				return b.Rows.Put(ctx, r, old)
			}
		}},
		{"puts over nothing", "conflict", "put over nothing", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				if b.stored(ctx, r.Tenant, r.Account) == 0 {
					old = 0
				}
				return b.Rows.Put(ctx, r, old)
			}
		}},
		{"versions begin again after a delete", "delete", "from before the delete", restarting},
		{"two win a race", "race", "of the racers won", func(b *brokenRows) {
			var mu sync.Mutex
			var waiting []chan struct{}
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				if b.stored(ctx, r.Tenant, r.Account) != old {
					return 0, smm.ErrConflict
				}
				// Between the look and the write all others look.
				mu.Lock()
				me := make(chan struct{})
				if waiting = append(waiting, me); len(waiting) == racers {
					for _, c := range waiting {
						close(c)
					}
					waiting = nil
				}
				mu.Unlock()
				<-me
				return old + 1, nil
			}
		}},
		{"reads the version of what it is given", "put", "version", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				v, err := b.Rows.Put(ctx, r, old)
				if r.Version > 0 {
					v = r.Version
				}
				return v, err
			}
		}},
		{"stores text", "put", "get:", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				r.Sealed = []byte(strings.ToValidUTF8(string(r.Sealed), "?"))
				return b.Rows.Put(ctx, r, old)
			}
		}},
		{"cuts long rows off", "put", "get:", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				r.Sealed = r.Sealed[:min(len(r.Sealed), 4096)]
				return b.Rows.Put(ctx, r, old)
			}
		}},
		{"delete that is not", "delete", "get after delete", func(b *brokenRows) {
			b.delete = func(context.Context, smm.Tenant, smm.Ref) error { return nil }
		}},
		{"deleting nothing fails", "delete", "delete of nothing", func(b *brokenRows) {
			b.delete = func(ctx context.Context, t smm.Tenant, r smm.Ref) error {
				if b.stored(ctx, t, r) == 0 {
					return smm.ErrNotFound
				}
				return b.Rows.Delete(ctx, t, r)
			}
		}},
		{"reseal makes a version", "reseal", "get:", func(b *brokenRows) {
			b.reseal = func(ctx context.Context, r vault.Row) error {
				err := b.Rows.Reseal(ctx, r)
				if err == nil {
					_, err = b.Rows.Put(ctx, r, r.Version)
				}
				return err
			}
		}},
		{"reseal overwrites a newer version", "reseal", "version that is over", func(b *brokenRows) {
			b.reseal = func(ctx context.Context, r vault.Row) error {
				if have := b.stored(ctx, r.Tenant, r.Account); have > 0 {
					r.Version = have
				}
				return b.Rows.Reseal(ctx, r)
			}
		}},
		{"reseal brings back what was deleted", "reseal", "reseal of nothing", func(b *brokenRows) {
			b.reseal = func(ctx context.Context, r vault.Row) error {
				if err := b.Rows.Reseal(ctx, r); !errors.Is(err, smm.ErrConflict) {
					return err
				}
				_, err := b.Rows.Put(ctx, r, 0)
				return err
			}
		}},
	}
}

// restarting numbers the versions of each life of an account from 1.
func restarting(b *brokenRows) {
	type at struct {
		t smm.Tenant
		r smm.Ref
	}
	base := map[at]int64{}
	down := func(k at, v int64) int64 { return v - base[k] }
	b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
		k := at{r.Tenant, r.Account}
		have := b.stored(ctx, r.Tenant, r.Account)
		if have > 0 && down(k, have) != old || have == 0 && old != 0 {
			return 0, smm.ErrConflict
		}
		v, err := b.Rows.Put(ctx, r, have)
		if have == 0 {
			base[k] = v - 1
		}
		return down(k, v), err
	}
}

func readBugs() []rowBug {
	// as reads for another tenant or account
	as := func(change func(smm.Tenant, smm.Ref) (smm.Tenant, smm.Ref)) func(b *brokenRows) {
		return func(b *brokenRows) {
			b.get = func(ctx context.Context, t smm.Tenant, r smm.Ref) (vault.Row, error) {
				ct, cr := change(t, r)
				row, err := b.Rows.Get(ctx, ct, cr)
				row.Tenant, row.Account = t, r
				return row, err
			}
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				r.Tenant, r.Account = change(r.Tenant, r.Account)
				return b.Rows.Put(ctx, r, old)
			}
		}
	}
	return []rowBug{
		{"one tenant's rows for all", "apart", "which is not stored", as(func(_ smm.Tenant, r smm.Ref) (smm.Tenant, smm.Ref) { return tenant, r })},
		{"ignores case", "apart", "which is not stored", as(func(t smm.Tenant, r smm.Ref) (smm.Tenant, smm.Ref) {
			r.ID = strings.ToLower(r.ID)
			return smm.Tenant(strings.ToLower(string(t))), r
		})},
		{"trims", "apart", "which is not stored", as(func(t smm.Tenant, r smm.Ref) (smm.Tenant, smm.Ref) {
			r.ID = strings.TrimSpace(r.ID)
			return t, r
		})},
		{"forgets the space", "apart", "which is not stored", as(func(t smm.Tenant, r smm.Ref) (smm.Tenant, smm.Ref) {
			r.Space = ""
			return t, r
		})},
		{"forgets the kind", "apart", "which is not stored", as(func(t smm.Tenant, r smm.Ref) (smm.Tenant, smm.Ref) {
			r.Kind = smm.KindChannel
			return t, r
		})},
		{"hands out its own bytes", "put", "get:", func(b *brokenRows) {
			kept := map[string][]byte{}
			b.get = func(ctx context.Context, t smm.Tenant, r smm.Ref) (vault.Row, error) {
				row, err := b.Rows.Get(ctx, t, r)
				if err == nil {
					if kept[row.KeyID] == nil {
						kept[row.KeyID] = row.Sealed
					}
					row.Sealed = kept[row.KeyID]
				}
				return row, err
			}
		}},
		{"nothing is no error", "put", "get of nothing", func(b *brokenRows) {
			b.get = func(ctx context.Context, t smm.Tenant, r smm.Ref) (vault.Row, error) {
				row, err := b.Rows.Get(ctx, t, r)
				if errors.Is(err, smm.ErrNotFound) {
					err = nil
				}
				return row, err
			}
		}},
		{"accounts of every platform", "accounts", "accounts:", func(b *brokenRows) {
			b.accounts = func(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
				one, err := b.Rows.Accounts(ctx, t, p)
				two, err2 := b.Rows.Accounts(ctx, t, p+"2")
				return append(one, two...), errors.Join(err, err2)
			}
		}},
		{"accounts in no order", "accounts", "accounts:", func(b *brokenRows) {
			b.accounts = func(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
				out, err := b.Rows.Accounts(ctx, t, p)
				slices.Reverse(out)
				return out, err
			}
		}},
		{"accounts of every tenant", "accounts", "has none", func(b *brokenRows) {
			b.accounts = func(ctx context.Context, _ smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
				return b.Rows.Accounts(ctx, tenant, p)
			}
		}},
		{"a page is left out", "not under", "is listed 0 times", func(b *brokenRows) {
			b.notUnder = func(ctx context.Context, keyID string) iter.Seq2[vault.Row, error] {
				return func(yield func(vault.Row, error) bool) {
					n := 0
					for r, err := range b.Rows.NotUnder(ctx, keyID) {
						if n++; n%100 != 0 && !yield(r, err) {
							return
						}
					}
				}
			}
		}},
		{"rows come twice", "not under", "is listed 2 times", func(b *brokenRows) {
			b.notUnder = func(ctx context.Context, keyID string) iter.Seq2[vault.Row, error] {
				return func(yield func(vault.Row, error) bool) {
					n := 0
					for r, err := range b.Rows.NotUnder(ctx, keyID) {
						if n++; !yield(r, err) || n == 100 && !yield(r, err) {
							return
						}
					}
				}
			}
		}},
		{"rows of every key", "not under", "not under new:", func(b *brokenRows) {
			b.notUnder = func(ctx context.Context, _ string) iter.Seq2[vault.Row, error] { return b.Rows.NotUnder(ctx, "") }
		}},
	}
}

func leaseBugs() []rowBug {
	return []rowBug{
		{"no lease at all", "lock", "by another: true", func(b *brokenRows) {
			b.lock = func(context.Context, smm.Tenant, smm.Ref, string, time.Duration) (bool, error) { return true, nil }
		}},
		{"its owner may not have it again", "lock", "by its owner again", func(b *brokenRows) {
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error) {
				got, err := b.Rows.Lock(ctx, t, r, "x", time.Nanosecond)
				if got {
					got, err = b.Rows.Lock(ctx, t, r, owner, ttl)
				}
				return got, err
			}
		}},
		{"anybody unlocks", "lock", "after another's unlock", func(b *brokenRows) {
			owners := map[smm.Ref]string{}
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error) {
				got, err := b.Rows.Lock(ctx, t, r, owner, ttl)
				if got && t == tenant {
					owners[r] = owner
				}
				return got, err
			}
			b.unlock = func(ctx context.Context, t smm.Tenant, r smm.Ref, _ string) error {
				return b.Rows.Unlock(ctx, t, r, owners[r])
			}
		}},
		{"unlock does nothing", "lock", "after unlock", func(b *brokenRows) {
			b.unlock = func(context.Context, smm.Tenant, smm.Ref, string) error { return nil }
		}},
		{"one lease for all tenants", "lock", "lock of", func(b *brokenRows) {
			b.lock = func(ctx context.Context, _ smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error) {
				return b.Rows.Lock(ctx, tenant, r, owner, ttl)
			}
		}},
		{"a put ends the lease", "lock", "after a put", func(b *brokenRows) {
			b.put = func(ctx context.Context, r vault.Row, old int64) (int64, error) {
				if old > 0 {
					_ = b.Rows.Unlock(ctx, r.Tenant, r.Account, "b")
				}
				return b.Rows.Put(ctx, r, old)
			}
		}},
		{"leases for ever", "lock expiry", "never over", func(b *brokenRows) {
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, _ time.Duration) (bool, error) {
				return b.Rows.Lock(ctx, t, r, owner, time.Hour)
			}
		}},
		{"leases that are over at once", "lock expiry", "was over after", func(b *brokenRows) {
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, owner string, ttl time.Duration) (bool, error) {
				return b.Rows.Lock(ctx, t, r, owner, ttl/50)
			}
		}},
		{"two get a lease", "lock race", "have the lease", func(b *brokenRows) {
			b.lock = func(context.Context, smm.Tenant, smm.Ref, string, time.Duration) (bool, error) { return true, nil }
		}},
	}
}

func checkNamed[S any](t *testing.T, checks []check[S], name string) check[S] {
	t.Helper()
	i := slices.IndexFunc(checks, func(c check[S]) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("there is no check %q", name)
	}
	return checks[i]
}

func wantComplaint(t *testing.T, lines []string, says string) {
	t.Helper()
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, says) }) {
		t.Fatalf("the check did not say %q; it said %q", says, lines)
	}
}

func TestSuiteCatchesBrokenRows(t *testing.T) {
	for _, bug := range rowBugs() {
		t.Run(strings.ReplaceAll(bug.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			c := checkNamed(t, rowChecks(), bug.check)
			wantComplaint(t, watch(t, func(tb testing.TB) {
				b := &brokenRows{Rows: vault.NewMemory()}
				bug.plant(b)
				c.run(tb, b)
			}), bug.says)
		})
	}
}

func TestSuitePassesHonestRows(t *testing.T) {
	for _, c := range rowChecks() {
		if lines := watch(t, func(tb testing.TB) { c.run(tb, &brokenRows{Rows: vault.NewMemory()}) }); len(lines) > 0 {
			t.Errorf("%s: %q", c.name, lines)
		}
	}
}
