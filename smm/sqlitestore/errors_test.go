package sqlitestore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

func record(id string) *scheduler.Record { return schedulertest.NewRecord("", id, time.Unix(1e9, 0)) }

// raw opens the file beside the store, as an administrator does.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

func runSQL(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Close(); err != nil {
		t.Fatal(err)
	}
	runSQL(t, raw(t, newer), "PRAGMA user_version = 99")
	foreign := filepath.Join(dir, "foreign.db")
	runSQL(t, raw(t, foreign), "CREATE TABLE theirs (x)")
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte("this is no database, but it is longer than a header of one is, which has a hundred bytes or so...."), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		"":                              smm.ErrInvalid,
		":memory:":                      smm.ErrInvalid,
		foreign:                         sqlitestore.ErrCorrupt,
		text:                            sqlitestore.ErrCorrupt,
		filepath.Join(dir, "no", "dir"): sqlitestore.ErrReadOnly,
	} {
		if _, err := sqlitestore.Open(t.Context(), path, nil); !errors.Is(err, want) {
			t.Errorf("open %q: %v, want %v", path, err, want)
		}
	}
	_, err := sqlitestore.Open(t.Context(), newer, nil)
	if e, ok := errors.AsType[*sqlitestore.SchemaError](err); !ok || e.Have != 99 {
		t.Errorf("open of a newer file: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	s := db.Deliveries()
	if err := s.Insert(t.Context(), record("before")); err != nil {
		t.Fatal(err)
	}
	if err := sqlitestore.LimitPages(db, 40); err != nil {
		t.Fatal(err)
	}
	var err error
	stored := 0
	for i := 0; i < 10_000 && err == nil; i++ {
		if err = s.Insert(t.Context(), record(fmt.Sprint("r", i))); err == nil {
			stored++
		}
	}
	if !errors.Is(err, sqlitestore.ErrFull) || !errors.Is(err, smm.ErrUnavailable) {
		t.Fatalf("after %d inserts: %v, want ErrFull", stored, err)
	}
	if err := sqlitestore.LimitPages(db, 1<<30); err != nil {
		t.Fatal(err)
	}
	if err := s.Insert(t.Context(), record("after")); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	n := 0
	for _, err := range s.List(t.Context(), scheduler.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != stored+2 {
		t.Fatalf("%d records, want %d", n, stored+2)
	}
}

func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db, err := sqlitestore.Open(t.Context(), path, &sqlitestore.Options{BusyTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	other := raw(t, path)
	runSQL(t, other, "BEGIN IMMEDIATE")
	if err := db.Deliveries().Insert(t.Context(), record("a")); !errors.Is(err, sqlitestore.ErrLocked) {
		t.Fatalf("insert: %v, want ErrLocked", err)
	}
	if _, _, err := db.Deliveries().NextWake(t.Context()); err != nil {
		t.Fatalf("a read while another writes: %v", err)
	}
	runSQL(t, other, "COMMIT")
	if err := db.Deliveries().Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	if err := sqlitestore.ForbidWrites(db); err != nil {
		t.Fatal(err)
	}
	if err := db.Deliveries().Insert(t.Context(), record("a")); !errors.Is(err, sqlitestore.ErrReadOnly) {
		t.Fatalf("insert: %v, want ErrReadOnly", err)
	}
}

func TestClosed(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "smm.db"))
	s := db.Deliveries()
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, next := s.NextWake(t.Context())
	_, get := s.Get(t.Context(), scheduler.Key{ID: "a"})
	for _, err := range []error{s.Insert(t.Context(), record("a")), next, get} {
		if !errors.Is(err, scheduler.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
	}
}

func TestDamagedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	s := open(t, path).Deliveries()
	if err := s.Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
	runSQL(t, raw(t, path), `UPDATE deliveries SET data = '{"schema":'`)
	if _, err := s.Get(t.Context(), scheduler.Key{ID: "a"}); !errors.Is(err, sqlitestore.ErrCorrupt) {
		t.Errorf("%v, want ErrCorrupt", err)
	}
	runSQL(t, raw(t, path), `UPDATE deliveries SET data = '{"schema":99,"id":"a"}'`)
	_, err := s.Get(t.Context(), scheduler.Key{ID: "a"})
	if _, ok := errors.AsType[*sqlitestore.SchemaError](err); !ok {
		t.Errorf("%v, want a *SchemaError", err)
	}
}

// Many openers of a new file: one migrates, the others wait.
func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			db, err := sqlitestore.Open(t.Context(), path, nil)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := db.Deliveries().Insert(t.Context(), record(fmt.Sprint(i))); err != nil {
				t.Errorf("insert: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	wg.Wait()
}

// Of writes that are committed together, one that fails does not take the
// others with it, and none is reported as what it is not.
func TestBatchesKeepWritesApart(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "smm.db")).Deliveries()
	if err := s.Insert(t.Context(), record("taken")); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			rs := []*scheduler.Record{record(fmt.Sprintf("a%d", i)), record(fmt.Sprintf("b%d", i))}
			if i%3 == 0 {
				rs = append(rs, record("taken"))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			err := s.Insert(ctx, rs...)
			_, getErr := s.Get(t.Context(), rs[1].Key())
			switch {
			case i%3 == 0 && err == nil:
				t.Errorf("insert %d with a duplicate succeeded", i)
			case (err == nil) != (getErr == nil):
				t.Errorf("insert %d: %v, but get: %v", i, err, getErr)
			}
		})
	}
	wg.Wait()
}

// Close leaves one file: the log is folded into it.
func TestCloseLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	if err := db.Deliveries().Insert(t.Context(), record("a")); err != nil {
		t.Fatal(err)
	}
	put(t, db.Inbox(), shop, heard("p1", 1))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != filepath.Base(path) {
			t.Errorf("%s is left", f.Name())
		}
	}
}
