package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

func open(t testing.TB, path string) *sqlitestore.DB {
	t.Helper()
	db, err := sqlitestore.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func TestDeliveries(t *testing.T) {
	paths := make(map[scheduler.Store]string)
	schedulertest.RunStore(t, schedulertest.StoreOptions{
		Open: func(t *testing.T) scheduler.Store {
			path := filepath.Join(t.TempDir(), "odd name ?#%&é.db")
			s := open(t, path).Deliveries()
			paths[s] = path
			return s
		},
		Reopen: func(t *testing.T, s scheduler.Store) scheduler.Store { return open(t, paths[s]).Deliveries() },
	})
}
