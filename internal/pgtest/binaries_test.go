package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder makes one with programs.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBinaries(t *testing.T) {
	whole := folder(t, "initdb", "postgres", "pg_isready", "createdb")
	t.Setenv("PATH", "")
	t.Setenv(EnvBinaries, whole)
	if dir, why := binaries(); dir != whole {
		t.Errorf("named: %q, %s", dir, why)
	}
	t.Setenv(EnvBinaries, folder(t, "initdb", "postgres", "pg_isready"))
	if dir, why := binaries(); dir != "" || !strings.Contains(why, "createdb") {
		t.Errorf("a folder that lacks one: %q, %s", dir, why)
	}
	// A program on the PATH may be a link into the folder of all.
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(whole, "initdb"), filepath.Join(links, "initdb")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvBinaries, "")
	t.Setenv("PATH", links)
	resolved, err := filepath.EvalSymlinks(whole)
	if err != nil {
		t.Fatal(err)
	}
	if dir, why := binaries(); dir != resolved {
		t.Errorf("through a link: %q, %s", dir, why)
	}
}

func TestRelease(t *testing.T) {
	older := []string{"/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/10/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/100/bin"}
	for i := 1; i < len(older); i++ {
		if release(older[i-1]) >= release(older[i]) {
			t.Errorf("%s is not older than %s", older[i-1], older[i])
		}
	}
}

// fakeTB is a test that must not go on.
type fakeTB struct {
	testing.TB

	skipped, failed bool
}

func (f *fakeTB) Helper()               {}
func (f *fakeTB) Skip(...any)           { f.skipped = true }
func (f *fakeTB) Fatalf(string, ...any) { f.failed = true }

func TestWithoutPostgreSQL(t *testing.T) {
	t.Setenv(EnvBinaries, t.TempDir())
	t.Setenv(EnvRequire, "")
	f := &fakeTB{}
	if need(f); !f.skipped || f.failed {
		t.Errorf("not required: %+v", f)
	}
	t.Setenv(EnvRequire, "1")
	f = &fakeTB{}
	if need(f); f.skipped || !f.failed {
		t.Errorf("required: %+v", f)
	}
}
