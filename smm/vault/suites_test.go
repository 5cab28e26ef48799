package vault_test

import (
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/vault"
	"github.com/smmkit/smmkit/smm/vault/vaulttest"
)

func TestMemoryRows(t *testing.T) {
	vaulttest.TestRows(t, func(*testing.T) vault.Rows { return vault.NewMemory() })
}

func TestStoreOnMemory(t *testing.T) {
	vaulttest.TestStore(t, func(t *testing.T) smm.CredentialStore { return openStore(t, vault.NewMemory(), ring(t, "k")) })
}

// The memory store of package smm keeps to the same contract.
func TestMemoryCredentials(t *testing.T) {
	vaulttest.TestStore(t, func(*testing.T) smm.CredentialStore { return smm.NewMemoryCredentials() })
	vaulttest.TestLocks(t, func(*testing.T) smm.CredentialLocker {
		return smm.NewMemoryCredentials().(smm.CredentialLocker)
	})
}
