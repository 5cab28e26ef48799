package sqlitestore_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/connect/connecttest"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/quota/quotatest"
	"github.com/smmkit/smmkit/smm/sqlitestore"
	"github.com/smmkit/smmkit/smm/vault"
	"github.com/smmkit/smmkit/smm/vault/vaulttest"
)

func TestCredentials(t *testing.T) {
	vaulttest.TestRows(t, func(t *testing.T) vault.Rows { return open(t, filepath.Join(t.TempDir(), "smm.db")).Credentials() })
}

func TestVault(t *testing.T) {
	vaulttest.TestStore(t, func(t *testing.T) smm.CredentialStore {
		return openVault(t, open(t, filepath.Join(t.TempDir(), "smm.db")), "k")
	})
}

func TestQuota(t *testing.T) {
	quotatest.Run(t, func(t *testing.T) quota.Store { return open(t, filepath.Join(t.TempDir(), "smm.db")).Quota() })
}

func TestConnectsSuite(t *testing.T) {
	connecttest.Run(t, func(t *testing.T) connect.Store { return open(t, filepath.Join(t.TempDir(), "smm.db")).Connects() })
}

// openVault has keys that follow from their IDs; the first is the primary one.
func openVault(t testing.TB, db *sqlitestore.DB, ids ...string) *vault.Store {
	t.Helper()
	s, err := newVault(db, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newVault(db *sqlitestore.DB, ids ...string) (*vault.Store, error) {
	keys := make([]vault.Key, len(ids))
	for i, id := range ids {
		sum := sha256.Sum256([]byte(id))
		var err error
		if keys[i], err = vault.NewKey(id, sum[:]); err != nil {
			return nil, err
		}
	}
	ring, err := vault.NewKeyRing(keys[0], keys[1:]...)
	if err != nil {
		return nil, err
	}
	return vault.Open(db.Credentials(), ring, nil)
}

// The file holds no secret, and after Delete nothing of the account.
func TestCredentialsInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	s := openVault(t, db, "old")
	account := desk.WithKind(smm.KindChannel, "an-account-that-leaves")
	if _, err := s.Swap(t.Context(), shop, account, 0, smm.Credential{AccessToken: smm.NewSecret("s3cret-token")}); err != nil {
		t.Fatal(err)
	}
	if done, err := openVault(t, db, "new", "old").Rotate(t.Context()); err != nil || done.Resealed != 1 {
		t.Fatalf("rotate: %+v, %v", done, err)
	}
	if err := s.Delete(t.Context(), shop, account); err != nil {
		t.Fatal(err)
	}
	rows, err := raw(t, path).QueryContext(t.Context(), "SELECT key FROM credentials UNION ALL SELECT key FROM credential_leases")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() || rows.Err() != nil {
		t.Errorf("a row is left (%v)", rows.Err())
	}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "s3cret") {
			t.Errorf("%s holds the token", filepath.Base(name))
		}
	}
}

// Versions go on in another process.
func TestCredentialVersionsOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	last := int64(0)
	for range 3 {
		db := open(t, path)
		s := openVault(t, db, "k")
		v, err := s.Swap(t.Context(), shop, desk, 0, smm.Credential{})
		if err != nil || v <= last {
			t.Fatalf("version %d follows %d, %v", v, last, err)
		}
		last = v
		if err := errors.Join(s.Delete(t.Context(), shop, desk), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// What may be lost with the power does not wait for the disk, and what may not
// does, also when they come together.
func TestWhatWaitsForTheDisk(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "smm.db"))
	for range 3 {
		if got := sqlitestore.Synchronous(t.Context(), db, false); got != 2 {
			t.Errorf("a durable write runs with synchronous=%d, want 2 (full)", got)
		}
		if got := sqlitestore.Synchronous(t.Context(), db, true); got != 1 {
			t.Errorf("a loose write runs with synchronous=%d, want 1 (normal)", got)
		}
	}
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			if got := sqlitestore.Synchronous(t.Context(), db, i%2 == 0); got != 2 && i%2 == 1 {
				t.Errorf("beside loose writes a durable one runs with synchronous=%d", got)
			}
		})
	}
	wg.Wait()
	if _, err := db.Quota().Swap(t.Context(), smm.QuotaKey{Bucket: "b"}, 0, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := sqlitestore.LastSynchronous(t.Context(), db); got != 1 {
		t.Errorf("a quota was written with synchronous=%d", got)
	}
	if _, err := openVault(t, db, "k").Swap(t.Context(), shop, desk, 0, smm.Credential{}); err != nil {
		t.Fatal(err)
	}
	if got := sqlitestore.LastSynchronous(t.Context(), db); got != 2 {
		t.Errorf("a credential was written with synchronous=%d", got)
	}
}

func TestConnects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	s := open(t, path).Connects()
	ctx, soon := t.Context(), time.Now().Add(time.Hour)
	sealed := []byte{0, 0xff, '\''}
	want := func(what string, got []byte, err, match error) {
		t.Helper()
		switch {
		case match != nil && (!errors.Is(err, match) || got != nil):
			t.Errorf("%s: %q, %v, want one that matches %q", what, got, err, match)
		case match == nil && (err != nil || string(got) != string(sealed)):
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	got, err := s.Take(ctx, "a")
	want("take of nothing", got, err, smm.ErrNotFound)
	if err := errors.Join(s.Put(ctx, "a", sealed, soon), s.Put(ctx, "A", nil, soon)); err != nil {
		t.Fatal(err)
	}
	want("put twice", nil, s.Put(ctx, "a", []byte("x"), soon), smm.ErrConflict)
	got, err = open(t, path).Connects().Take(ctx, "a") // by another process
	want("take", got, err, nil)
	got, err = s.Take(ctx, "a")
	want("take again", got, err, smm.ErrNotFound)

	over := time.Now().Add(-time.Second)
	if err := errors.Join(s.Put(ctx, "past", sealed, over), s.Put(ctx, "over", sealed, over)); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(ctx, "last", sealed, over); err != nil {
		t.Fatal(err)
	}
	got, err = s.Take(ctx, "last")
	want("take of what is over", got, err, smm.ErrNotFound)
	if err := s.Put(ctx, "over", sealed, soon); err != nil {
		t.Errorf("put over what is over: %v", err)
	}
	got, err = s.Take(ctx, "over")
	want("take of what was put anew", got, err, nil)
	for i := range 250 {
		if err := s.Put(ctx, fmt.Sprint("late", i), sealed, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	got, err = s.Take(ctx, "late3")
	want("take of what is over", got, err, smm.ErrNotFound)
	if err := s.Put(ctx, "b", sealed, soon); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := raw(t, path).QueryRowContext(ctx, "SELECT count(*) FROM connects").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows are kept, want A and b (%v)", n, err)
	}

	var wg sync.WaitGroup
	won := make(chan bool, 16)
	for range cap(won) {
		wg.Go(func() {
			_, err := s.Take(ctx, "b")
			won <- err == nil
		})
	}
	wg.Wait()
	close(won)
	n = 0
	for w := range won {
		if w {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d callers took the same", n)
	}
}

// Budgets that nobody uses any more do not pile up.
func TestQuotasThatExpired(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	s := open(t, path).Quota()
	for i := range 250 {
		if _, err := s.Swap(t.Context(), smm.QuotaKey{Tenant: shop, Bucket: fmt.Sprint(i)}, 0, []byte("x"), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := raw(t, path).QueryRowContext(t.Context(), "SELECT count(*) FROM quotas").Scan(&n); err != nil || n > 2 {
		t.Errorf("%d rows are kept, want one or two (%v)", n, err)
	}
}
