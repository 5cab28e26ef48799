package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Environment variables.
const (
	// EnvDir names the directory of PostgreSQL's programs.
	EnvDir = "SMMKIT_POSTGRES"
	// EnvRequire makes tests fail that would be skipped for want of PostgreSQL.
	EnvRequire = "SMMKIT_REQUIRE_POSTGRES"
)

// programs are what a directory must have to be taken.
func programs() []string { return []string{"initdb", "postgres", "pg_ctl", "createdb", "dropdb"} }

// need returns the directory of PostgreSQL's programs, or ends the test.
func need(t testing.TB) string {
	t.Helper()
	dir, err := find()
	switch {
	case err == nil:
	case os.Getenv(EnvRequire) != "":
		t.Fatalf("%v, and %s is set", err, EnvRequire)
	default:
		t.Skipf("skipped: %v", err)
	}
	return dir
}

// find returns the directory of PostgreSQL's programs.
func find() (string, error) {
	if dir := os.Getenv(EnvDir); dir != "" {
		if lacks := lacking(dir); lacks != "" {
			return "", fmt.Errorf("no PostgreSQL: %s=%s has no program %s", EnvDir, dir, lacks)
		}
		return dir, nil
	}
	for _, dir := range candidates() {
		if lacking(dir) == "" {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL: none on the PATH or in /usr/lib/postgresql/*/bin; name its directory of programs in %s", EnvDir)
}

// candidates are directories that may have the programs, best first.
func candidates() []string {
	var dirs []string
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
		// A link on the PATH often stands for one program only.
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return dirs
	}
	slices.SortFunc(debian, func(a, b string) int { return version(b) - version(a) })
	return append(dirs, debian...)
}

// version is the N of /usr/lib/postgresql/N/bin.
func version(dir string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	if err != nil {
		return 0 // releases before 10, and what is none
	}
	return n
}

// lacking returns the first program that is not in dir, "" for none.
func lacking(dir string) string {
	for _, p := range programs() {
		if _, err := exec.LookPath(filepath.Join(dir, p)); err != nil {
			return p
		}
	}
	return ""
}
