//go:build unix

package pgtest

import (
	"bufio"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ask asks a database something with PostgreSQL's own client.
func ask(t *testing.T, s *Server, address, query string) (string, error) {
	t.Helper()
	cmd := s.command("psql", "--no-psqlrc", "-qtA", "-d", address, "-c", query)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// A test binary that is killed leaves neither a server nor a folder.
func TestNothingIsLeftBehind(t *testing.T) {
	if os.Getenv("PGTEST_HANG") != "" {
		_, _ = os.Stdout.WriteString("folder " + Shared(t).dir + "\n")
		select {} // until it is killed
	}
	Shared(t) // or skip
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run", "^TestNothingIsLeftBehind$")
	cmd.Env = append(os.Environ(), "PGTEST_HANG=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir := ""
	for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
		_, dir, _ = strings.Cut(lines.Text(), "folder ")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	gone := poll(t.Context(), func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline(t))
	})
	if _, err := os.Stat(dir); !gone || err == nil {
		t.Fatalf("%s is still there", dir)
	}
}

func deadline(t *testing.T) time.Time {
	t.Helper()
	end, ok := t.Deadline()
	if !ok {
		return time.Now().Add(time.Hour)
	}
	return end.Add(-10 * time.Second)
}

// Each database is its own, the server waits for the disk, wants its password,
// keeps what was committed through a crash, and takes settings.
func TestDatabases(t *testing.T) {
	t.Setenv("PGHOST", "elsewhere.invalid")
	t.Setenv("PGDATABASE", "none")
	s := Start(t, &Options{Settings: []string{"work_mem=7MB"}})
	if _, err := exec.LookPath(filepath.Join(s.bin, "psql")); err != nil {
		t.Skipf("skipped: no psql to look at the server with: %v", err)
	}
	a, b := s.NewDatabase(t), s.NewDatabase(t)
	want := func(address, query, answer string) {
		t.Helper()
		if got, err := ask(t, s, address, query); err != nil || got != answer {
			t.Errorf("%s: got %q (%v), want %q", query, got, err, answer)
		}
	}
	want(a, "create table x (); insert into x default values; select count(*) from x", "1")
	want(b, "select count(*) from pg_tables where tablename = 'x'", "0")
	want(b, "show fsync", "on")
	want(b, "show server_encoding", "UTF8")
	want(b, "show work_mem", "7MB")
	s.Stop(t, true)
	s.Start(t)
	want(a, "select count(*) from x", "1")

	u, err := url.Parse(a)
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := u.User.Password(); len(p) < 20 {
		t.Errorf("a password of %d letters", len(p))
	}
	u.User = url.UserPassword(u.User.Username(), "wrong")
	if out, err := ask(t, s, u.String(), "select 1"); err == nil || !strings.Contains(out, "password authentication failed") {
		t.Errorf("a wrong password: %s (%v)", out, err)
	}
}
