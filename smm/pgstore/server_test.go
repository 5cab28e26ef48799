package pgstore_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/smmkit/smmkit/internal/pgtest"
	"github.com/smmkit/smmkit/internal/worktest"
	"github.com/smmkit/smmkit/smm/pgstore"
)

// schemas numbers the schemas of the tests, each of which has one of its own.
var schemas atomic.Int64

func newSchema(testing.TB) string { return fmt.Sprintf("t%d", schemas.Add(1)) }

// TestMain is also the processes that tests start and kill.
func TestMain(m *testing.M) {
	if task := os.Getenv("PGSTORE_TASK"); task != "" {
		worktest.Main(func() error { return work(task) })
	}
	os.Exit(m.Run())
}

// forgetful is a server whose default is not to wait for the disk, and which
// writes its log as late as it can: a store that relies on the default loses
// much in a crash. Statistics are never gathered.
func forgetful(t testing.TB) *pgtest.Server {
	t.Helper()
	return pgtest.Start(t, &pgtest.Options{Settings: []string{
		"synchronous_commit=off", "wal_writer_delay=10s", "wal_writer_flush_after=100MB", "autovacuum=off",
	}})
}

// wait lets processes, not the test, pass some time.
func wait(d time.Duration) { <-time.After(d) }

func sharedURL(t testing.TB) string { return pgtest.Shared(t).URL("postgres") }

func open(t testing.TB, schema string) *pgstore.DB { return openOn(t, sharedURL(t), schema) }

func openOn(t testing.TB, url, schema string) *pgstore.DB {
	t.Helper()
	db, err := pgstore.Open(t.Context(), url, &pgstore.Options{Schema: schema})
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

// run runs a statement beside the store, as an administrator does. The schema of
// the test is where it looks for tables.
func run(t testing.TB, db *pgstore.DB, schema, query string, args ...any) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SELECT set_config('search_path', $1, true)", schema); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
