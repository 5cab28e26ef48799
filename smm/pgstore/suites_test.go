package pgstore_test

import (
	"crypto/sha256"
	"testing"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/scheduler/workflow/workflowtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/connect"
	"github.com/smmkit/smmkit/smm/connect/connecttest"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/inbox/inboxtest"
	"github.com/smmkit/smmkit/smm/pgstore"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/quota/quotatest"
	"github.com/smmkit/smmkit/smm/vault"
	"github.com/smmkit/smmkit/smm/vault/vaulttest"
)

func TestCredentials(t *testing.T) {
	vaulttest.TestRows(t, func(t *testing.T) vault.Rows { return open(t, newSchema(t)).Credentials() })
}

func TestVault(t *testing.T) {
	vaulttest.TestStore(t, func(t *testing.T) smm.CredentialStore { return openVault(t, open(t, newSchema(t)), "k") })
}

func TestQuota(t *testing.T) {
	quotatest.Run(t, func(t *testing.T) quota.Store { return open(t, newSchema(t)).Quota() })
}

func TestConnectsSuite(t *testing.T) {
	connecttest.Run(t, func(t *testing.T) connect.Store { return open(t, newSchema(t)).Connects() })
}

func TestDrafts(t *testing.T) {
	schemas := make(map[workflow.Rows]string)
	workflowtest.RunRows(t, workflowtest.Options{
		Open: func(t *testing.T) workflow.Rows {
			schema := newSchema(t)
			rows := open(t, schema).Drafts()
			schemas[rows] = schema
			return rows
		},
		Reopen: func(t *testing.T, rows workflow.Rows) workflow.Rows { return open(t, schemas[rows]).Drafts() },
	})
}

func TestInbox(t *testing.T) {
	inboxtest.Run(t, func(t *testing.T) inbox.Store { return open(t, newSchema(t)).Inbox() })
}

// openVault has keys that follow from their IDs; the first is the primary one.
func openVault(t testing.TB, db *pgstore.DB, ids ...string) *vault.Store {
	t.Helper()
	s, err := newVault(db, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newVault(db *pgstore.DB, ids ...string) (*vault.Store, error) {
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
