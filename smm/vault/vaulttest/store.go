package vaulttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func storeChecks() []check[smm.CredentialStore] {
	checks := []check[smm.CredentialStore]{
		{"round trip", testRoundTrip},
		{"copies", testCopies},
		{"conflict", testConflict},
		{"delete", testDelete},
		{"apart", testApart},
		{"accounts", testAccounts},
		{"invalid", testInvalid},
		{"race", testRace},
	}
	for _, c := range lockChecks() {
		checks = append(checks, check[smm.CredentialStore]{c.name, func(t testing.TB, s smm.CredentialStore) {
			if l, ok := s.(smm.CredentialLocker); ok {
				c.run(t, l)
			}
		}})
	}
	return checks
}

func lockChecks() []check[smm.CredentialLocker] {
	return []check[smm.CredentialLocker]{
		{"lease", testLease},
		{"lease expiry", testLeaseExpiry},
		{"lease invalid", testLeaseInvalid},
	}
}

// full has something of everything, and bytes that are no text.
func full() smm.Credential {
	at := time.Date(2026, 3, 2, 8, 30, 15, 123456000, time.FixedZone("x", 3600))
	return smm.Credential{
		AccessToken: smm.NewSecret("access \xff\x00\xc3\x28 <&>\u2028'\""), RefreshToken: smm.NewSecret("refresh \xfe"), TokenType: "DPoP",
		Expires: at.Add(time.Hour), Obtained: at, Scopes: []string{"read", "write:é"}, Server: "https://social.example",
		Extra: map[string]smm.Secret{"key": smm.NewSecret("\x00\xffkey"), "Key": smm.NewSecret("another"), "": smm.NewSecret("nameless"), "empty": {}}, Refreshing: at.Add(time.Minute),
	}
}

func simple(n int) smm.Credential {
	return smm.Credential{AccessToken: smm.NewSecret(fmt.Sprint("token ", n))}
}

func swap(t testing.TB, s smm.CredentialStore, c smm.Credential, old int64) int64 {
	t.Helper()
	v, err := s.Swap(soon(t), tenant, account, old, c)
	must(t, "swap", err)
	return v
}

func wantCredential(t testing.TB, s smm.CredentialStore, tn smm.Tenant, r smm.Ref, want smm.Credential) {
	t.Helper()
	got, err := s.Load(soon(t), tn, r)
	must(t, "load", err)
	differs := func(field string, got, want any) {
		t.Helper()
		t.Errorf("load: %s is %v, want %v", field, got, want)
	}
	if !got.AccessToken.Equal(want.AccessToken) {
		differs("the access token", "another", "the one that was stored")
	}
	if !got.RefreshToken.Equal(want.RefreshToken) {
		differs("the refresh token", "another", "the one that was stored")
	}
	if got.TokenType != want.TokenType {
		differs("TokenType", got.TokenType, want.TokenType)
	}
	if !slices.Equal(got.Scopes, want.Scopes) || (got.Scopes == nil) != (want.Scopes == nil) {
		differs("Scopes (nil means that nobody said)", fmt.Sprintf("%#v", got.Scopes), fmt.Sprintf("%#v", want.Scopes))
	}
	if got.Server != want.Server {
		differs("Server", got.Server, want.Server)
	}
	if !maps.EqualFunc(got.Extra, want.Extra, smm.Secret.Equal) {
		differs("Extra", fmt.Sprint(slices.Sorted(maps.Keys(got.Extra))), fmt.Sprint(slices.Sorted(maps.Keys(want.Extra)), ", or a value of it"))
	}
	for name, at := range map[string][2]time.Time{
		"Expires": {got.Expires, want.Expires}, "Obtained": {got.Obtained, want.Obtained}, "Refreshing": {got.Refreshing, want.Refreshing},
	} {
		if at[0].IsZero() != at[1].IsZero() || !at[0].Truncate(time.Microsecond).Equal(at[1].Truncate(time.Microsecond)) {
			differs(name, at[0], at[1])
		}
	}
	if got.Version != want.Version {
		differs("Version", got.Version, want.Version)
	}
}

func testRoundTrip(t testing.TB, s smm.CredentialStore) {
	_, err := s.Load(soon(t), tenant, account)
	wantErr(t, "load of nothing", err, smm.ErrNotFound)
	v := int64(0)
	for _, c := range []smm.Credential{full(), {}, {Scopes: []string{}}, {Extra: map[string]smm.Secret{"a": smm.NewSecret("b")}}, full()} {
		c.Version = 4711 // is not looked at
		next := swap(t, s, c, v)
		if next <= v {
			t.Fatalf("version %d follows %d", next, v)
		}
		v, c.Version = next, next
		wantCredential(t, s, tenant, account, c)
	}
}

// What callers do to what they gave or got is theirs.
func testCopies(t testing.TB, s smm.CredentialStore) {
	c, want := full(), full()
	want.Version = swap(t, s, c, 0)
	c.Scopes[0], c.Extra["key"] = "changed", smm.NewSecret("changed")
	wantCredential(t, s, tenant, account, want)
	got, err := s.Load(soon(t), tenant, account)
	must(t, "load", err)
	got.Scopes[0], got.Extra["key"] = "changed", smm.NewSecret("changed")
	wantCredential(t, s, tenant, account, want)
}

func testConflict(t testing.TB, s smm.CredentialStore) {
	_, err := s.Swap(soon(t), tenant, account, 3, simple(1))
	wantErr(t, "swap of nothing", err, smm.ErrConflict)
	_, err = s.Load(soon(t), tenant, account)
	wantErr(t, "load after a swap that failed", err, smm.ErrNotFound)
	first := swap(t, s, simple(1), 0)
	c := simple(2)
	c.Version = swap(t, s, c, first)
	for _, old := range []int64{0, first, c.Version + 1, -1} {
		_, err := s.Swap(soon(t), tenant, account, old, simple(9))
		wantErr(t, fmt.Sprintf("swap of version %d, when %d is stored", old, c.Version), err, smm.ErrConflict)
	}
	wantCredential(t, s, tenant, account, c)
}

// A slow refresh must not overwrite an account that was disconnected and
// connected again.
func testDelete(t testing.TB, s smm.CredentialStore) {
	must(t, "delete of nothing", s.Delete(soon(t), tenant, account))
	old := account // another, which is seldom written
	old.ID = "old"
	v, err := s.Swap(soon(t), tenant, old, 0, simple(0))
	must(t, "swap", err)
	var seen []int64
	for n := range 4 {
		first := swap(t, s, simple(n), 0)
		for _, v := range seen {
			if first <= v {
				t.Errorf("version %d after a delete follows %d", first, v)
			}
			_, err := s.Swap(soon(t), tenant, account, v, simple(9))
			wantErr(t, fmt.Sprintf("swap of version %d, from before the delete", v), err, smm.ErrConflict)
		}
		seen = append(seen, first, swap(t, s, simple(n), first))
		must(t, "delete", s.Delete(soon(t), tenant, account))
		_, err := s.Load(soon(t), tenant, account)
		wantErr(t, "load after delete", err, smm.ErrNotFound)
		_, err = s.Swap(soon(t), tenant, account, seen[len(seen)-1], simple(9))
		wantErr(t, "swap of what was deleted", err, smm.ErrConflict)
		v, err = s.Swap(soon(t), tenant, old, v, simple(0))
		must(t, "swap", err)
	}
}

func testApart(t testing.TB, s smm.CredentialStore) {
	ours := simple(1000)
	ours.Version = swap(t, s, ours, 0)
	versions := make([]int64, len(others))
	for n, o := range others {
		_, err := s.Load(soon(t), o.tenant, o.account)
		wantErr(t, fmt.Sprintf("load of %q %s, which is not stored", o.tenant, o.account), err, smm.ErrNotFound)
		_, err = s.Swap(soon(t), o.tenant, o.account, ours.Version, simple(n))
		wantErr(t, fmt.Sprintf("swap of %q %s, which is not stored", o.tenant, o.account), err, smm.ErrConflict)
		must(t, "delete", s.Delete(soon(t), o.tenant, o.account))
		wantCredential(t, s, tenant, account, ours)
		versions[n], err = s.Swap(soon(t), o.tenant, o.account, 0, simple(n))
		must(t, "swap", err)
	}
	wantCredential(t, s, tenant, account, ours)
	must(t, "delete", s.Delete(soon(t), tenant, account))
	for n, o := range others {
		c := simple(n)
		c.Version = versions[n]
		wantCredential(t, s, o.tenant, o.account, c)
	}
}

func testAccounts(t testing.TB, s smm.CredentialStore) {
	var want []smm.Ref
	for _, o := range others {
		_, err := s.Swap(soon(t), o.tenant, o.account, 0, simple(1))
		must(t, "swap", err)
		if o.tenant == tenant && o.account.Platform == "test" {
			want = append(want, o.account)
		}
	}
	gone := account
	gone.ID = "gone"
	_, err := s.Swap(soon(t), tenant, gone, 0, simple(1))
	must(t, "swap", err)
	must(t, "delete", s.Delete(soon(t), tenant, gone))
	checkAccounts(t, want, s.Accounts)
}

func testInvalid(t testing.TB, s smm.CredentialStore) {
	for _, r := range []smm.Ref{{}, {Platform: "test", Kind: smm.KindChannel}, {Platform: "Test!", Kind: smm.KindChannel, ID: "1"}} {
		_, err := s.Swap(soon(t), tenant, r, 0, simple(1))
		wantErr(t, fmt.Sprintf("swap of the ref %+v", r), err, smm.ErrInvalid)
	}
}

func testRace(t testing.TB, s smm.CredentialStore) {
	v := int64(0)
	for round := range 20 {
		next, won := raceFor(t, func(n int) (int64, error) { return s.Swap(soon(t), tenant, account, v, simple(n)) })
		if won != 1 {
			t.Fatalf("round %d: %d of the racers won", round, won)
		}
		v = next
	}
}

func testLease(t testing.TB, s smm.CredentialLocker) {
	ctx := soon(t)
	locking, locked := context.WithCancel(ctx)
	unlock, err := s.LockCredential(locking, tenant, account, time.Hour)
	must(t, "lock", err)
	locked() // the context is for waiting, not for the lease
	// Others are free: a wait here would end with soon.
	for _, o := range others {
		free, err := s.LockCredential(ctx, o.tenant, o.account, time.Hour)
		must(t, fmt.Sprintf("lock of %q %s, while another account is locked", o.tenant, o.account), err)
		free()
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.LockCredential(short, tenant, account, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("lock of what is locked: %v, want the context's error", err)
	}

	next := make(chan func(), 1)
	go func() {
		u, err := s.LockCredential(ctx, tenant, account, time.Hour)
		if err != nil {
			u = nil
		}
		next <- u
	}()
	<-time.After(30 * time.Millisecond) // by then it waits; if not, this proves less
	unlock()
	second := <-next
	if second == nil {
		t.Fatal("who waits for a lease does not get it when it ends")
	}
	unlock() // late, and again
	short, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := s.LockCredential(short, tenant, account, time.Hour); err == nil {
		t.Error("an old unlock ended another's lease")
	}
	second()
}

// testLeaseExpiry looks at real time: leases outlive processes.
func testLeaseExpiry(t testing.TB, s smm.CredentialLocker) {
	const ttl = 100 * time.Millisecond
	begun := time.Now()
	old, err := s.LockCredential(soon(t), tenant, account, ttl)
	must(t, "lock", err)
	unlock, err := s.LockCredential(soon(t), tenant, account, time.Hour)
	must(t, "lock after the end of a lease", err)
	if life := time.Since(begun); life < ttl-2*time.Millisecond {
		t.Errorf("a lease of %s was over after %s", ttl, life)
	}
	old()
	short, cancel := context.WithTimeout(soon(t), 20*time.Millisecond)
	defer cancel()
	if _, err := s.LockCredential(short, tenant, account, time.Hour); err == nil {
		t.Error("the unlock of a lease that was over ended another's")
	}
	unlock()
}

func testLeaseInvalid(t testing.TB, s smm.CredentialLocker) {
	for _, ttl := range []time.Duration{0, -time.Second} {
		_, err := s.LockCredential(soon(t), tenant, account, ttl)
		wantErr(t, fmt.Sprintf("a lease of %s", ttl), err, smm.ErrInvalid)
	}
	_, err := s.LockCredential(soon(t), tenant, smm.Ref{}, time.Second)
	wantErr(t, "a lease of no account", err, smm.ErrInvalid)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.LockCredential(ctx, tenant, account, time.Second)
	wantErr(t, "a lease for nobody", err, context.Canceled)
}
