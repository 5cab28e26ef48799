package sqlitestore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// mount makes a file system of this size, which needs root.
func mount(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small disk needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// A disk that is really full gives ErrFull; what was written before is there,
// and writing goes on when there is room again.
func TestRealFullDisk(t *testing.T) {
	dir := mount(t, "1m")
	db := open(t, filepath.Join(dir, "smm.db"))
	s := db.Deliveries()
	var err error
	stored := 0
	for i := 0; i < 100_000 && err == nil; i++ {
		if err = s.Insert(t.Context(), record(fmt.Sprint("r", i))); err == nil {
			stored++
		}
	}
	if !errors.Is(err, sqlitestore.ErrFull) {
		t.Fatalf("after %d inserts: %v, want ErrFull", stored, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
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
	if n != stored+1 {
		t.Fatalf("%d records, want %d", n, stored+1)
	}
	t.Logf("%d records until the disk was full", stored)
}

// A file on a disk that may not be written gives ErrReadOnly.
func TestRealReadOnlyDisk(t *testing.T) {
	dir := mount(t, "4m")
	path := filepath.Join(dir, "smm.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	db, err := sqlitestore.Open(t.Context(), path, &sqlitestore.Options{BusyTimeout: time.Second})
	if err == nil {
		err = errors.Join(db.Deliveries().Insert(t.Context(), record("a")), db.Close())
	}
	if !errors.Is(err, sqlitestore.ErrReadOnly) {
		t.Errorf("%v, want ErrReadOnly", err)
	}
}
