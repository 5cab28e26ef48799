package vaulttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
)

// check is one test of a contract.
type check[S any] struct {
	name string
	run  func(t testing.TB, s S)
}

func runAll[S any](t *testing.T, checks []check[S], open func(t *testing.T) S) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// TestRows runs the suite of vault.Rows. open returns empty rows, and is called
// for each test. A check of leases takes some tenths of a second of real time.
func TestRows(t *testing.T, open func(t *testing.T) vault.Rows) { runAll(t, rowChecks(), open) }

// TestStore runs the suite of smm.CredentialStore, and of smm.CredentialLocker if
// the store is one. open returns an empty store, and is called for each test.
func TestStore(t *testing.T, open func(t *testing.T) smm.CredentialStore) {
	runAll(t, storeChecks(), open)
}

// TestLocks runs the checks of smm.CredentialLocker alone.
func TestLocks(t *testing.T, open func(t *testing.T) smm.CredentialLocker) {
	runAll(t, lockChecks(), open)
}

const tenant smm.Tenant = "t1"

var account = smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}

// tenants and accounts that a store must not take for one another, whatever it
// joins them with.
var others = []struct {
	tenant  smm.Tenant
	account smm.Ref
}{
	{"", account},
	{"t", account},
	{"T1", account},
	{"t1 ", account},
	{"t1\x00test", account},
	{"t1/test", smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us"}},
	{tenant, smm.Ref{Platform: "test2", Kind: smm.KindChannel, ID: "us"}},
	{tenant, smm.Ref{Platform: "test", Space: "a", Kind: smm.KindChannel, ID: "us"}},
	{tenant, smm.Ref{Platform: "test", Space: "a/channel/us", Kind: smm.KindChannel, ID: "us"}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindAd, ID: "us"}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "US"}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us "}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us/us"}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "us%"}},
	{tenant, smm.Ref{Platform: "test", Kind: smm.KindChannel, ID: "_s"}},
}

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want one that matches %q", what, err, want)
	}
}

func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// soon bounds what could wait for ever.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
