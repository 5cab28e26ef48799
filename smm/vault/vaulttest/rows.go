package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

func rowChecks() []check[vault.Rows] {
	return []check[vault.Rows]{
		{"put", testPut},
		{"conflict", testRowConflict},
		{"delete", testRowDelete},
		{"reseal", testReseal},
		{"apart", testRowsApart},
		{"accounts", testRowAccounts},
		{"not under", testNotUnder},
		{"race", testRowRace},
		{"lock", testRowLock},
		{"lock expiry", testRowLockExpiry},
		{"lock race", testRowLockRace},
	}
}

// secret is what a sealed row may hold: any bytes.
func secret(n int) []byte { return []byte{0, 0xff, byte(n), '\'', '"', 0, 0xc3, 0x28, byte(n >> 8)} }

func row(n int) vault.Row {
	return vault.Row{Tenant: tenant, Account: account, KeyID: fmt.Sprint("key-", n), Sealed: secret(n)}
}

func put(t testing.TB, s vault.Rows, r vault.Row, old int64) int64 {
	t.Helper()
	v, err := s.Put(soon(t), r, old)
	must(t, "put", err)
	return v
}

func wantRow(t testing.TB, s vault.Rows, want vault.Row) {
	t.Helper()
	got, err := s.Get(soon(t), want.Tenant, want.Account)
	must(t, "get", err)
	if got.Tenant != want.Tenant || got.Account != want.Account || got.Version != want.Version || got.KeyID != want.KeyID || !bytes.Equal(got.Sealed, want.Sealed) {
		t.Errorf("get: %+v, want %+v", got, want)
	}
}

func testPut(t testing.TB, s vault.Rows) {
	_, err := s.Get(soon(t), tenant, account)
	wantErr(t, "get of nothing", err, smm.ErrNotFound)
	r := row(1)
	r.Version = put(t, s, r, 0)
	if r.Version < 1 {
		t.Fatalf("the first version is %d", r.Version)
	}
	wantRow(t, s, r)

	next := row(2)
	next.Version = 77 // is not looked at
	v := put(t, s, next, r.Version)
	if v <= r.Version {
		t.Errorf("version %d follows %d", v, r.Version)
	}
	next.Version = v
	wantRow(t, s, next)

	got, err := s.Get(soon(t), tenant, account)
	must(t, "get", err)
	got.Sealed[0], next.Sealed[1] = 9, 9
	next.Sealed = secret(2)
	wantRow(t, s, next) // what callers do to their copies is theirs

	big := row(3)
	big.Sealed = bytes.Repeat(secret(3), 4000)
	big.Version = put(t, s, big, v)
	wantRow(t, s, big)
}

func testRowConflict(t testing.TB, s vault.Rows) {
	_, err := s.Put(soon(t), row(1), 3)
	wantErr(t, "put over nothing", err, smm.ErrConflict)
	_, err = s.Get(soon(t), tenant, account)
	wantErr(t, "get after a put that failed", err, smm.ErrNotFound)
	first := row(1)
	first.Version = put(t, s, first, 0)
	second := row(2)
	second.Version = put(t, s, second, first.Version)
	for _, old := range []int64{0, first.Version, second.Version + 1, -1} {
		_, err := s.Put(soon(t), row(9), old)
		wantErr(t, fmt.Sprintf("put over version %d of %d", old, second.Version), err, smm.ErrConflict)
	}
	wantRow(t, s, second)
}

// A slow refresh must not overwrite an account that was disconnected and
// connected again.
func testRowDelete(t testing.TB, s vault.Rows) {
	must(t, "delete of nothing", s.Delete(soon(t), tenant, account))
	seen := map[int64]bool{}
	last := int64(0)
	for n := range 4 {
		first := put(t, s, row(n), 0)
		if first <= last {
			t.Errorf("version %d after a delete follows %d", first, last)
		}
		for v := range seen {
			_, err := s.Put(soon(t), row(9), v)
			wantErr(t, fmt.Sprintf("put over version %d, from before the delete", v), err, smm.ErrConflict)
		}
		last = put(t, s, row(n), first)
		seen[first], seen[last] = true, true
		must(t, "delete", s.Delete(soon(t), tenant, account))
		_, err := s.Get(soon(t), tenant, account)
		wantErr(t, "get after delete", err, smm.ErrNotFound)
		_, err = s.Put(soon(t), row(9), last)
		wantErr(t, "put over what was deleted", err, smm.ErrConflict)
		for r, err := range s.NotUnder(soon(t), "none") {
			must(t, "not under", err)
			t.Errorf("a deleted row is listed: %+v", r)
		}
	}
}

func testReseal(t testing.TB, s vault.Rows) {
	wantErr(t, "reseal of nothing", s.Reseal(soon(t), row(1)), smm.ErrConflict)
	first := row(1)
	first.Version = put(t, s, first, 0)
	r := row(2)
	r.Version = first.Version
	must(t, "reseal", s.Reseal(soon(t), r))
	wantRow(t, s, r)

	third := row(3)
	third.Version = put(t, s, third, r.Version) // a refresh that began before goes on
	wantErr(t, "reseal of a version that is over", s.Reseal(soon(t), r), smm.ErrConflict)
	wantRow(t, s, third)
	must(t, "delete", s.Delete(soon(t), tenant, account))
	wantErr(t, "reseal of what was deleted", s.Reseal(soon(t), third), smm.ErrConflict)
	_, err := s.Get(soon(t), tenant, account)
	wantErr(t, "get after that", err, smm.ErrNotFound)
}

func testRowsApart(t testing.TB, s vault.Rows) {
	ours := row(0)
	ours.Version = put(t, s, ours, 0)
	var rows []vault.Row
	for n, o := range others {
		r := vault.Row{Tenant: o.tenant, Account: o.account, KeyID: "k", Sealed: secret(n)}
		_, err := s.Get(soon(t), o.tenant, o.account)
		wantErr(t, fmt.Sprintf("get of %q %s, which is not stored", o.tenant, o.account), err, smm.ErrNotFound)
		wantErr(t, fmt.Sprintf("reseal as %q %s", o.tenant, o.account), s.Reseal(soon(t), vault.Row{
			Tenant: o.tenant, Account: o.account, Version: ours.Version, KeyID: "x", Sealed: secret(1),
		}), smm.ErrConflict)
		must(t, "delete", s.Delete(soon(t), o.tenant, o.account))
		wantRow(t, s, ours)
		r.Version = put(t, s, r, 0)
		rows = append(rows, r)
	}
	for _, r := range append(rows, ours) {
		wantRow(t, s, r)
	}
	must(t, "delete", s.Delete(soon(t), tenant, account))
	for _, r := range rows {
		wantRow(t, s, r)
	}
}

func testRowAccounts(t testing.TB, s vault.Rows) {
	var want []smm.Ref
	for _, o := range append(others, others[0]) {
		put(t, s, vault.Row{Tenant: o.tenant, Account: o.account, KeyID: "k", Sealed: secret(1)}, versionOf(t, s, o.tenant, o.account))
		if o.tenant == tenant && o.account.Platform == "test" {
			want = append(want, o.account)
		}
	}
	checkAccounts(t, want, func(ctx context.Context, tn smm.Tenant, p smm.Platform) ([]smm.Ref, error) {
		return s.Accounts(ctx, tn, p)
	})
}

// checkAccounts compares what a list gives with want.
func checkAccounts(t testing.TB, want []smm.Ref, list func(context.Context, smm.Tenant, smm.Platform) ([]smm.Ref, error)) {
	t.Helper()
	slices.SortFunc(want, func(a, b smm.Ref) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
	got, err := list(soon(t), tenant, "test")
	must(t, "accounts", err)
	if !slices.Equal(got, want) {
		t.Errorf("accounts: %v, want %v", got, want)
	}
	got, err = list(soon(t), "nobody", "test")
	must(t, "accounts", err)
	if len(got) > 0 {
		t.Errorf("accounts of a tenant that has none: %v", got)
	}
}

func versionOf(t testing.TB, s vault.Rows, tn smm.Tenant, r smm.Ref) int64 {
	t.Helper()
	got, err := s.Get(soon(t), tn, r)
	if !errors.Is(err, smm.ErrNotFound) {
		must(t, "get", err)
	}
	return got.Version
}

func testNotUnder(t testing.TB, s vault.Rows) {
	const n = 300 // more than a page, wherever there are pages
	at := func(i int) vault.Row {
		r := row(i)
		r.Tenant, r.Account.ID, r.KeyID = smm.Tenant(fmt.Sprint("t", i%3)), fmt.Sprint("u", i), "old"
		if i%10 == 0 {
			r.KeyID = "new"
		}
		return r
	}
	for i := range n {
		put(t, s, at(i), 0)
	}
	seen := map[smm.Ref]int{}
	for r, err := range s.NotUnder(soon(t), "new") {
		must(t, "not under", err)
		seen[r.Account]++
		if r.KeyID != "old" || len(r.Sealed) == 0 || r.Version == 0 {
			t.Fatalf("not under new: %+v", r)
		}
		r.KeyID = "new"
		must(t, "reseal during the list", s.Reseal(soon(t), r))
	}
	for i := range n {
		r := at(i)
		if want := map[string]int{"old": 1}[r.KeyID]; seen[r.Account] != want {
			t.Errorf("%s, under key %q, is listed %d times, want %d", r.Account, r.KeyID, seen[r.Account], want)
		}
	}
	for r, err := range s.NotUnder(soon(t), "new") {
		must(t, "not under", err)
		t.Fatalf("after all were sealed anew there is still %+v", r)
	}
}

// Of those who replace one version, one wins.
func testRowRace(t testing.TB, s vault.Rows) {
	v := int64(0)
	for round := range 20 {
		next, won := raceFor(t, func(n int) (int64, error) { return s.Put(soon(t), row(n), v) })
		if won != 1 {
			t.Fatalf("round %d: %d of the racers won", round, won)
		}
		v = next
	}
}

const racers = 8

func raceFor(t testing.TB, f func(n int) (int64, error)) (v int64, won int) {
	t.Helper()
	var wg sync.WaitGroup
	versions, errs := make([]int64, racers), make([]error, racers)
	for n := range racers {
		wg.Go(func() { versions[n], errs[n] = f(n) })
	}
	wg.Wait()
	for n, err := range errs {
		if err == nil {
			v = versions[n]
			won++
			continue
		}
		wantErr(t, "losing a race", err, smm.ErrConflict)
	}
	return v, won
}

func lock(t testing.TB, s vault.Rows, tn smm.Tenant, r smm.Ref, owner string, ttl time.Duration) bool {
	t.Helper()
	got, err := s.Lock(soon(t), tn, r, owner, ttl)
	must(t, "lock", err)
	return got
}

func testRowLock(t testing.TB, s vault.Rows) {
	wantLock := func(what string, want, got bool) {
		t.Helper()
		if got != want {
			t.Errorf("lock %s: %v, want %v", what, got, want)
		}
	}
	wantLock("of nothing", true, lock(t, s, tenant, account, "a", time.Hour))
	wantLock("by its owner again", true, lock(t, s, tenant, account, "a", time.Hour))
	wantLock("by another", false, lock(t, s, tenant, account, "b", time.Hour))
	for _, o := range others {
		wantLock(fmt.Sprintf("of %q %s", o.tenant, o.account), true, lock(t, s, o.tenant, o.account, "b", time.Hour))
	}
	v := put(t, s, row(1), 0) // whoever has the lease
	must(t, "unlock by another", s.Unlock(soon(t), tenant, account, "b"))
	wantLock("after another's unlock", false, lock(t, s, tenant, account, "b", time.Hour))
	must(t, "unlock", s.Unlock(soon(t), tenant, account, "a"))
	wantLock("after unlock", true, lock(t, s, tenant, account, "b", time.Hour))
	must(t, "a late unlock", s.Unlock(soon(t), tenant, account, "a"))
	wantLock("after a late unlock", false, lock(t, s, tenant, account, "a", time.Hour))
	put(t, s, row(2), v)
	wantLock("after a put", false, lock(t, s, tenant, account, "a", time.Hour))
}

// testRowLockExpiry looks at real time: leases outlive processes.
func testRowLockExpiry(t testing.TB, s vault.Rows) {
	const ttl = 100 * time.Millisecond
	begun := time.Now()
	if !lock(t, s, tenant, account, "a", ttl) {
		t.Fatal("no lease")
	}
	got := awaitLock(t, s, "b")
	if life := got.Sub(begun); life < ttl-2*time.Millisecond {
		t.Errorf("a lease of %s was over after %s", ttl, life)
	}
	if lock(t, s, tenant, account, "a", ttl) {
		t.Error("two have the lease")
	}
}

// awaitLock asks until owner has the lease, and returns when that was.
func awaitLock(t testing.TB, s vault.Rows, owner string) time.Time {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-tick.C {
		if lock(t, s, tenant, account, owner, time.Hour) {
			return time.Now()
		}
	}
	t.Fatal("the lease is never over")
	return time.Time{}
}

func testRowLockRace(t testing.TB, s vault.Rows) {
	for round := range 10 {
		owner := make([]string, racers)
		_, won := raceFor(t, func(n int) (int64, error) {
			name := fmt.Sprint(round, "/", n)
			got, err := s.Lock(soon(t), tenant, account, name, time.Hour)
			if err == nil && !got {
				err = smm.ErrConflict
			} else {
				owner[n] = name
			}
			return 1, err
		})
		if won != 1 {
			t.Fatalf("round %d: %d have the lease", round, won)
		}
		for _, name := range owner {
			if name != "" {
				must(t, "unlock", s.Unlock(soon(t), tenant, account, name))
			}
		}
	}
}
