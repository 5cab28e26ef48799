package sqlitestore_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

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

// What the row holds is not in the JSON beside it, and comes back all the same.
func TestTimesComeBack(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
	planned := time.Date(2026, 11, 26, 15, 0, 0, 123456000, time.UTC)
	for name, created := range map[string]time.Time{
		"none": {}, "as planned": planned.Truncate(time.Millisecond), "to the microsecond": planned,
		"elsewhere": planned.Truncate(time.Millisecond).In(time.FixedZone("", 3600)), "earlier": planned.Add(-time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			r := schedulertest.NewRecord("", name, planned)
			r.Delivery.Request.Created = created
			if err := store.Insert(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			check := func(when string) *scheduler.Record {
				t.Helper()
				got, err := store.Get(t.Context(), r.Key())
				if err != nil {
					t.Fatal(err)
				}
				want, err := json.Marshal(&r.Delivery)
				if err != nil {
					t.Fatal(err)
				}
				if have, err := json.Marshal(&got.Delivery); err != nil || string(have) != string(want) {
					t.Errorf("%s: %s, %v, want %s", when, have, err, want)
				}
				return got
			}
			r = check("inserted")
			r.NotBefore = planned.Add(24 * time.Hour)
			if err := store.Save(t.Context(), r, time.Now()); err != nil {
				t.Fatal(err)
			}
			r = check("moved")
			r.NotBefore = planned
			if err := store.Save(t.Context(), r, time.Now()); err != nil {
				t.Fatal(err)
			}
			check("moved back")
		})
	}
}
