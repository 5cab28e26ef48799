package sqlitestore

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

func openRaw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(t.Context(), path, time.Second, "journal_mode(wal)"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func notes(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT text FROM note ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Each step runs once, whoever comes first and however often.
func TestMigrationsRunOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	steps := []string{
		"CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('one')",
		"INSERT INTO note VALUES ('two')",
		"INSERT INTO note VALUES ('three')",
	}
	for n := 1; n <= len(steps); n++ {
		var wg sync.WaitGroup
		for range 4 {
			db := openRaw(t, path)
			wg.Go(func() {
				if err := migrate(t.Context(), db, steps[:n], 5*time.Second); err != nil {
					t.Errorf("migrate to %d: %v", n, err)
				}
			})
		}
		wg.Wait()
	}
	if got := notes(t, openRaw(t, path)); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Fatalf("the steps left %q", got)
	}
	_, newer := errors.AsType[*SchemaError](migrate(t.Context(), openRaw(t, path), steps[:2], time.Second))
	if !newer {
		t.Error("an older program took a newer file")
	}
}

// A step that fails leaves the file as it was.
func TestAMigrationThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := openRaw(t, path)
	good := []string{"CREATE TABLE note (text TEXT); INSERT INTO note VALUES ('one')"}
	if err := migrate(t.Context(), db, good, time.Second); err != nil {
		t.Fatal(err)
	}
	bad := append(slices.Clone(good), "INSERT INTO note VALUES ('two')", "INSERT INTO nowhere VALUES (1)")
	if err := migrate(t.Context(), db, bad, time.Second); err == nil {
		t.Fatal("a step that cannot run succeeded")
	}
	if got := notes(t, db); !slices.Equal(got, []string{"one"}) {
		t.Fatalf("half a migration is left: %q", got)
	}
	if err := migrate(t.Context(), db, good, time.Second); err != nil {
		t.Fatal(err)
	}
}
