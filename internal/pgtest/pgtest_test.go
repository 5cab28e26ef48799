package pgtest_test

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/pgtest"
)

// TestMain is also the process that TestNothingIsLeftBehind starts.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// psql asks a database something with PostgreSQL's own client.
func psql(t *testing.T, conn, query string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", conn, "--command", query)
	out, err := c.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func want(t *testing.T, conn, query, answer string) {
	t.Helper()
	if got, err := psql(t, conn, query); err != nil || got != answer {
		t.Errorf("%s: got %q (%v), want %q", query, got, err, answer)
	}
}

func needPsql(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("skipped: no psql on the PATH to look at the server with")
	}
}

func TestDatabasesAreApart(t *testing.T) {
	needPsql(t)
	s := pgtest.Shared(t)
	a, b := s.NewDatabase(t), s.NewDatabase(t)
	want(t, a, "create table x (); insert into x default values; select count(*) from x", "1")
	want(t, b, "select count(*) from pg_tables where tablename = 'x'", "0")
	want(t, b, "show fsync", "on")
	want(t, b, "show server_encoding", "UTF8")
}

func TestDatabaseGoesWithTheTest(t *testing.T) {
	needPsql(t)
	s := pgtest.Shared(t)
	var conn string
	t.Run("", func(t *testing.T) { conn = s.NewDatabase(t) })
	if out, err := psql(t, conn, "select 1"); err == nil {
		t.Errorf("the database is still there: %s", out)
	}
}

func TestSharedIsOne(t *testing.T) {
	if a, b := pgtest.Shared(t), pgtest.Shared(t); a != b {
		t.Error("two servers")
	}
}

func TestPasswordIsNeeded(t *testing.T) {
	needPsql(t)
	u, err := url.Parse(pgtest.Shared(t).URL(""))
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := u.User.Password(); len(p) < 20 {
		t.Fatalf("password of %d letters", len(p))
	}
	u.User = url.UserPassword(u.User.Username(), "wrong")
	if out, err := psql(t, u.String(), "select 1"); err == nil || !strings.Contains(out, "password authentication failed") {
		t.Errorf("a wrong password: %s (%v)", out, err)
	}
}

// What was committed survives a stop of either kind, on the same address.
func TestStopAndRestart(t *testing.T) {
	needPsql(t)
	s := pgtest.Start(t, pgtest.NoSync(), pgtest.Setting("application_name", "it's"))
	conn := s.NewDatabase(t)
	want(t, conn, "show fsync", "off")
	want(t, s.URL("template1"), "show max_connections", "200")
	for _, immediate := range []bool{false, true} {
		if _, err := psql(t, conn, "create table if not exists x (); insert into x default values"); err != nil {
			t.Fatal(err)
		}
		s.Stop(t, immediate)
		if out, err := psql(t, conn, "select 1"); err == nil {
			t.Fatalf("the server is still there: %s", out)
		}
		s.Restart(t)
	}
	want(t, conn, "select count(*) from x", "2")
}

// A test binary that is killed leaves neither a server nor a directory.
func TestNothingIsLeftBehind(t *testing.T) {
	if os.Getenv("PGTEST_HANG") != "" {
		_, _ = os.Stdout.WriteString("<" + pgtest.Shared(t).URL("") + ">\n")
		select {} // until it is killed
	}
	pgtest.Shared(t) // or skip
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe, "-test.run", "^TestNothingIsLeftBehind$")
	c.Env = append(os.Environ(), "PGTEST_HANG=1")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 0, 1000)
	for !strings.Contains(string(line), ">") {
		b := make([]byte, 1000)
		n, err := out.Read(b)
		if err != nil {
			t.Fatalf("%v after %q", err, line)
		}
		line = append(line, b[:n]...)
	}
	_, addr, _ := strings.Cut(string(line), "<")
	addr, _, _ = strings.Cut(addr, ">")
	u, err := url.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	dir := u.Query().Get("host")
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	for deadline := time.Now().Add(30 * time.Second); ; {
		_, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there (%v)", dir, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}
