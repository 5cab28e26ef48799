package vaulttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// brokenStore is the memory store with one bug: what is set replaces a method.
type brokenStore struct {
	smm.CredentialStore
	load     func(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error)
	swap     func(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error)
	delete   func(ctx context.Context, t smm.Tenant, r smm.Ref) error
	accounts func(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error)
	lock     func(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error)
}

func (b *brokenStore) Load(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
	if b.load != nil {
		return b.load(ctx, t, r)
	}
	return b.CredentialStore.Load(ctx, t, r)
}

func (b *brokenStore) Swap(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
	if b.swap != nil {
		return b.swap(ctx, t, r, old, c)
	}
	return b.CredentialStore.Swap(ctx, t, r, old, c)
}

func (b *brokenStore) Delete(ctx context.Context, t smm.Tenant, r smm.Ref) error {
	if b.delete != nil {
		return b.delete(ctx, t, r)
	}
	return b.CredentialStore.Delete(ctx, t, r)
}

func (b *brokenStore) Accounts(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
	if b.accounts != nil {
		return b.accounts(ctx, t, p)
	}
	return b.CredentialStore.Accounts(ctx, t, p)
}

func (b *brokenStore) LockCredential(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
	if b.lock != nil {
		return b.lock(ctx, t, r, ttl)
	}
	return b.honest().LockCredential(ctx, t, r, ttl)
}

func (b *brokenStore) honest() smm.CredentialLocker { return b.CredentialStore.(smm.CredentialLocker) }

func (b *brokenStore) stored(ctx context.Context, t smm.Tenant, r smm.Ref) int64 {
	c, err := b.CredentialStore.Load(ctx, t, r)
	if err != nil {
		return 0
	}
	return c.Version
}

type storeBug struct {
	name, check, says string
	plant             func(b *brokenStore)
}

func storeBugs() []storeBug {
	return slices.Concat(fieldBugs(), versionBugs(), lockBugs())
}

func fieldBugs() []storeBug {
	loses := func(field, says string, f func(c *smm.Credential)) storeBug {
		return storeBug{"loses " + field, "round trip", says, func(b *brokenStore) {
			b.load = func(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
				c, err := b.CredentialStore.Load(ctx, t, r)
				f(&c)
				return c, err
			}
		}}
	}
	text := func(s smm.Secret) smm.Secret { return smm.NewSecret(strings.ToValidUTF8(s.Reveal(), "\uFFFD")) }
	return []storeBug{
		loses("the access token", "the access token", func(c *smm.Credential) { c.AccessToken = smm.Secret{} }),
		loses("bytes that are no text", "the access token", func(c *smm.Credential) { c.AccessToken = text(c.AccessToken) }),
		loses("the refresh token", "the refresh token", func(c *smm.Credential) { c.RefreshToken = smm.Secret{} }),
		loses("the type", "TokenType", func(c *smm.Credential) { c.TokenType = "" }),
		loses("the scopes", "Scopes", func(c *smm.Credential) { c.Scopes = nil }),
		loses("that there are no scopes", "Scopes", func(c *smm.Credential) {
			if len(c.Scopes) == 0 {
				c.Scopes = nil
			}
		}),
		loses("the server", "Server", func(c *smm.Credential) { c.Server = "" }),
		loses("a part of Extra", "Extra", func(c *smm.Credential) { delete(c.Extra, "Key") }),
		loses("the intent", "Refreshing", func(c *smm.Credential) { c.Refreshing = time.Time{} }),
		loses("the end", "Expires", func(c *smm.Credential) { c.Expires = time.Time{} }),
		loses("the beginning", "Obtained", func(c *smm.Credential) { c.Obtained = time.Time{} }),
		loses("parts of seconds", "Refreshing", func(c *smm.Credential) { c.Refreshing = c.Refreshing.Truncate(time.Second) }),
		loses("the version", "Version", func(c *smm.Credential) { c.Version = 0 }),
		{"keeps the caller's map", "copies", "Extra", func(b *brokenStore) {
			var kept smm.Credential
			b.swap = func(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
				kept = c
				return b.CredentialStore.Swap(ctx, t, r, old, c)
			}
			b.load = func(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
				c, err := b.CredentialStore.Load(ctx, t, r)
				c.Extra = kept.Extra
				return c, err
			}
		}},
		{"another's for whom there is none", "apart", "which is not stored", func(b *brokenStore) {
			b.load = func(ctx context.Context, t smm.Tenant, r smm.Ref) (smm.Credential, error) {
				c, err := b.CredentialStore.Load(ctx, t, r)
				if errors.Is(err, smm.ErrNotFound) {
					return b.CredentialStore.Load(ctx, tenant, r)
				}
				return c, err
			}
		}},
		{"lists what was deleted", "accounts", "accounts:", func(b *brokenStore) {
			var gone []smm.Ref
			b.delete = func(ctx context.Context, t smm.Tenant, r smm.Ref) error {
				gone = append(gone, r)
				return b.CredentialStore.Delete(ctx, t, r)
			}
			b.accounts = func(ctx context.Context, t smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
				out, err := b.CredentialStore.Accounts(ctx, t, p)
				return append(out, gone...), err
			}
		}},
		{"takes any ref", "invalid", "swap of the ref", func(b *brokenStore) {
			b.swap = func(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
				if r.Check() != nil {
					return 1, nil
				}
				return b.CredentialStore.Swap(ctx, t, r, old, c)
			}
		}},
	}
}

func versionBugs() []storeBug {
	return []storeBug{
		{"the last writer wins", "conflict", "swap of version", func(b *brokenStore) {
			b.swap = func(ctx context.Context, t smm.Tenant, r smm.Ref, _ int64, c smm.Credential) (int64, error) {
				return b.CredentialStore.Swap(ctx, t, r, b.stored(ctx, t, r), c)
			}
		}},
		{"an upsert where there is nothing", "conflict", "swap of nothing", func(b *brokenStore) {
			b.swap = func(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
				if b.stored(ctx, t, r) == 0 {
					old = 0
				}
				return b.CredentialStore.Swap(ctx, t, r, old, c)
			}
		}},
		{"versions begin again after a delete", "delete", "from before the delete", func(b *brokenStore) {
			fresh := func() { b.CredentialStore = smm.NewMemoryCredentials() }
			b.delete = func(context.Context, smm.Tenant, smm.Ref) error { fresh(); return nil }
		}},
		{"two win a race", "race", "of the racers won", func(b *brokenStore) {
			var mu sync.Mutex
			won := map[int64]int{}
			b.swap = func(ctx context.Context, t smm.Tenant, r smm.Ref, old int64, c smm.Credential) (int64, error) {
				v, err := b.CredentialStore.Swap(ctx, t, r, old, c)
				mu.Lock()
				defer mu.Unlock()
				if won[old]++; won[old] == 2 {
					return old + 1, nil
				}
				return v, err
			}
		}},
	}
}

func lockBugs() []storeBug {
	return []storeBug{
		{"does not lock", "lease", "want the context's error", func(b *brokenStore) {
			b.lock = func(context.Context, smm.Tenant, smm.Ref, time.Duration) (func(), error) { return func() {}, nil }
		}},
		{"does not wait", "lease", "want the context's error", func(b *brokenStore) {
			b.lock = func(_ context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				defer cancel()
				unlock, err := b.honest().LockCredential(ctx, t, r, ttl)
				if err != nil {
					err = smm.ErrConflict
				}
				return unlock, err
			}
		}},
		{"anybody's unlock ends it", "lease", "an old unlock ended", func(b *brokenStore) {
			var mu sync.Mutex
			var last func()
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
				unlock, err := b.honest().LockCredential(ctx, t, r, ttl)
				if err != nil || t != tenant || r != account {
					return unlock, err
				}
				mu.Lock()
				defer mu.Unlock()
				last = unlock
				return func() {
					mu.Lock()
					defer mu.Unlock()
					last()
				}, nil
			}
		}},
		{"leases that are over at once", "lease expiry", "was over after", func(b *brokenStore) {
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
				return b.honest().LockCredential(ctx, t, r, ttl/50)
			}
		}},
		{"leases without a life", "lease invalid", "a lease of 0s", func(b *brokenStore) {
			b.lock = func(ctx context.Context, t smm.Tenant, r smm.Ref, ttl time.Duration) (func(), error) {
				return b.honest().LockCredential(ctx, t, r, max(ttl, time.Second))
			}
		}},
	}
}

func TestSuiteCatchesBrokenStores(t *testing.T) {
	for _, bug := range storeBugs() {
		t.Run(strings.ReplaceAll(bug.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			c := checkNamed(t, storeChecks(), bug.check)
			wantComplaint(t, watch(t, func(tb testing.TB) {
				b := &brokenStore{CredentialStore: smm.NewMemoryCredentials()}
				bug.plant(b)
				c.run(tb, b)
			}), bug.says)
		})
	}
}

func TestSuitePassesAnHonestStore(t *testing.T) {
	for _, c := range storeChecks() {
		if lines := watch(t, func(tb testing.TB) {
			c.run(tb, &brokenStore{CredentialStore: smm.NewMemoryCredentials()})
		}); len(lines) > 0 {
			t.Errorf("%s: %q", c.name, lines)
		}
	}
}
