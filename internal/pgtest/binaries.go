package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
)

const (
	// EnvBinaries names the folder of initdb, postgres, pg_isready and createdb.
	EnvBinaries = "SMMKIT_POSTGRES"
	// EnvRequire makes tests fail that would be skipped for want of PostgreSQL.
	EnvRequire = "SMMKIT_REQUIRE_POSTGRES"
)

// binaries returns the folder of the server programs, "" if there is none, and
// why there is none.
func binaries() (dir, why string) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" || runtime.GOOS == "js" {
		return "", "tests that need PostgreSQL are not run on this system"
	}
	has := func(dir string) bool {
		for _, name := range []string{"initdb", "postgres", "pg_isready", "createdb"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				return false
			}
		}
		return true
	}
	if dir := os.Getenv(EnvBinaries); dir != "" {
		if has(dir) {
			return dir, ""
		}
		return "", EnvBinaries + " names a folder without initdb, postgres, pg_isready and createdb"
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil && has(filepath.Dir(path)) {
			return filepath.Dir(path), ""
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	slices.SortFunc(found, func(a, b string) int { return release(b) - release(a) })
	for _, dir := range found {
		if has(dir) {
			return dir, ""
		}
	}
	return "", "PostgreSQL is not installed: apt-get install postgresql, or set " + EnvBinaries
}

// release is the N of /usr/lib/postgresql/N/bin.
func release(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0 // before 10 they had two numbers
	}
	return n
}

// need returns the folder of the server programs, or ends the test.
func need(tb testing.TB) string {
	tb.Helper()
	dir, why := binaries()
	switch {
	case dir != "":
		return dir
	case os.Getenv(EnvRequire) != "":
		tb.Fatalf("%s (%s is set)", why, EnvRequire)
	default:
		tb.Skip(why)
	}
	return ""
}
