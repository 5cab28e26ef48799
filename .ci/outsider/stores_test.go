package main

import (
	"path/filepath"
	"testing"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
	"github.com/smmkit/smmkit/smm/vault/vaulttest"
)

func newRows(t *testing.T) *rowFile {
	t.Helper()
	rows, err := openRows(filepath.Join(t.TempDir(), "credentials.json"), smm.SystemClock())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func newRing(t *testing.T) *vault.KeyRing {
	t.Helper()
	key, err := vault.GenerateKey("k1")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.NewKeyRing(key)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestRows(t *testing.T) {
	vaulttest.TestRows(t, func(t *testing.T) vault.Rows { return newRows(t) })
}

func TestCredentials(t *testing.T) {
	vaulttest.TestStore(t, func(t *testing.T) smm.CredentialStore {
		s, err := vault.Open(newRows(t), newRing(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestDeliveries(t *testing.T) {
	open := func(t *testing.T, path string) scheduler.Store {
		s, err := openDeliveries(path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	schedulertest.RunStore(t, schedulertest.StoreOptions{
		Open: func(t *testing.T) scheduler.Store { return open(t, filepath.Join(t.TempDir(), "deliveries.json")) },
		Reopen: func(t *testing.T, s scheduler.Store) scheduler.Store {
			f, ok := s.(*deliveryFile)
			if !ok {
				t.Fatalf("the suite gave back a %T", s)
			}
			return open(t, f.path)
		},
	})
}
