package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	make1 := func(names ...string) string {
		dir := t.TempDir()
		for _, n := range names {
			if err := os.WriteFile(filepath.Join(dir, n), []byte("#!/bin/sh\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	whole := make1(programs()...)

	t.Setenv("PATH", whole)
	t.Setenv(EnvDir, "")
	if dir, err := find(); err != nil || dir != whole {
		t.Errorf("on the PATH: %q, %v", dir, err)
	}
	t.Setenv(EnvDir, make1(programs()[1:]...))
	if dir, err := find(); err == nil || !strings.Contains(err.Error(), programs()[0]) {
		t.Errorf("a directory without %s: %q, %v", programs()[0], dir, err)
	}
	t.Setenv(EnvDir, whole)
	t.Setenv("PATH", "")
	if dir, err := find(); err != nil || dir != whole {
		t.Errorf("named: %q, %v", dir, err)
	}
	// A program on the PATH may be a link into the directory of all.
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(whole, "pg_ctl"), filepath.Join(links, "pg_ctl")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(EnvDir, "")
	t.Setenv("PATH", links)
	resolved, err := filepath.EvalSymlinks(whole)
	if err != nil {
		t.Fatal(err)
	}
	if dir, err := find(); err != nil || dir != resolved {
		t.Errorf("through a link: %q, %v", dir, err)
	}
}

func TestVersion(t *testing.T) {
	if version("/usr/lib/postgresql/9.6/bin") >= version("/usr/lib/postgresql/15/bin") ||
		version("/usr/lib/postgresql/9/bin") >= version("/usr/lib/postgresql/10/bin") {
		t.Error("an old release is preferred")
	}
}

// fakeTB is a test that must not go on.
type fakeTB struct {
	testing.TB

	skipped, failed string
}

func (f *fakeTB) Helper()                        {}
func (f *fakeTB) Skipf(format string, _ ...any)  { f.skipped = format }
func (f *fakeTB) Fatalf(format string, _ ...any) { f.failed = format }

func TestWithoutPostgreSQL(t *testing.T) {
	t.Setenv(EnvDir, t.TempDir())
	t.Setenv(EnvRequire, "")
	f := &fakeTB{}
	if need(f); f.skipped == "" || f.failed != "" {
		t.Errorf("not required: %+v", f)
	}
	t.Setenv(EnvRequire, "1")
	f = &fakeTB{}
	if need(f); f.skipped != "" || f.failed == "" {
		t.Errorf("required: %+v", f)
	}
}
