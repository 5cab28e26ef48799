package pgtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// userName is the superuser of the clusters.
const userName = "smm"

// Server is a PostgreSQL server. Its methods are safe for concurrent use, but
// Stop and Restart for one caller at a time.
type Server struct {
	bin      string // directory of the programs
	dir      string // of the cluster and its socket
	password string
	as       *syscall.SysProcAttr
	env      []string
	settings []string

	guard     *exec.Cmd
	guardPipe io.Closer
	databases atomic.Int64
}

// Option shapes a server.
type Option func(*Server)

// NoSync makes the server not wait for the disk. It is faster, and safe against
// a crash of the server, but not of the machine.
func NoSync() Option {
	return Setting("fsync", "off")
}

// Setting sets a parameter of postgresql.conf.
func Setting(name, value string) Option {
	return func(s *Server) {
		s.settings = append(s.settings, fmt.Sprintf("%s = '%s'", name, strings.ReplaceAll(value, "'", "''")))
	}
}

// Start starts a server for one test, which is stopped and removed when the test
// ends. Without PostgreSQL the test is skipped, or fails if EnvRequire is set.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := start(need(t), opts)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return s
}

func start(bin string, opts []Option) (*Server, error) {
	as, err := runAs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, as: as, password: rand.Text()}
	for _, o := range opts {
		o(s)
	}
	if s.dir, err = os.MkdirTemp("", "smmkit-pg-"); err != nil {
		return nil, err
	}
	s.env = append(slices.DeleteFunc(os.Environ(), foreign), "LC_ALL=C", "PGHOST="+s.dir, "PGUSER="+userName, "PGPASSWORD="+s.password)
	if err := s.create(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// foreign reports whether a variable of the environment would lead PostgreSQL's
// programs elsewhere.
func foreign(v string) bool { return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") }

// create makes the cluster and starts the server for the first time.
func (s *Server) create() error {
	if err := own(s.dir, s.as); err != nil {
		return err
	}
	if err := s.watch(); err != nil {
		return err
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := own(secret, s.as); err != nil {
		return err
	}
	err := s.run("initdb", "--pgdata", s.data(), "--username", userName, "--pwfile", secret,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if err != nil {
		return err
	}
	conf := strings.Join(append([]string{
		"", "listen_addresses = ''", "unix_socket_directories = '" + s.dir + "'",
		"max_connections = 200", "timezone = 'UTC'", "log_timezone = 'UTC'",
	}, s.settings...), "\n") + "\n"
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(conf); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return s.up()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// watch starts the shell that cleans up when this process is gone.
func (s *Server) watch() error {
	const script = `cat; "$1" stop --pgdata "$2/data" --mode immediate; rm -rf "$2"`
	s.guard = s.shell("sh", "-c", script, "sh", filepath.Join(s.bin, "pg_ctl"), s.dir)
	pipe, err := s.guard.StdinPipe()
	if err != nil {
		return err
	}
	s.guardPipe = pipe
	return s.guard.Start()
}

// close stops the server and removes its directory.
func (s *Server) close() error {
	var err error
	if s.guardPipe != nil {
		// The shell's own result does not matter: the server may be down already.
		err = s.guardPipe.Close()
		_ = s.guard.Wait()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// command is one of PostgreSQL's programs.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	return s.shell(filepath.Join(s.bin, program), args...)
}

func (s *Server) shell(program string, args ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Env, c.Dir, c.SysProcAttr = s.env, s.dir, s.as
	return c
}

func (s *Server) run(program string, args ...string) error {
	out, err := s.command(program, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

// up starts the server and waits until it takes connections.
func (s *Server) up() error {
	log := filepath.Join(s.dir, "log")
	err := s.run("pg_ctl", "start", "--pgdata", s.data(), "--log", log, "--wait", "--timeout", "60")
	if err != nil {
		if b, errLog := os.ReadFile(log); errLog == nil {
			err = fmt.Errorf("%w\n%s", err, b)
		}
	}
	return err
}

// Stop stops the server: at once, as a crash does, or after it ended all
// connections and wrote what it has.
func (s *Server) Stop(t testing.TB, immediate bool) {
	t.Helper()
	mode := "fast"
	if immediate {
		mode = "immediate"
	}
	if err := s.run("pg_ctl", "stop", "--pgdata", s.data(), "--mode", mode, "--wait"); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// Restart starts a server that was stopped, on the same address.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.up(); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
}

// URL returns the connection string of a database, of "postgres" for an empty
// name.
func (s *Server) URL(database string) string {
	if database == "" {
		database = "postgres"
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(userName, s.password), Path: "/" + database,
		RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// NewDatabase creates a database for the test and returns its connection string.
// It is dropped when the test ends, with the connections it still has.
func (s *Server) NewDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if err := s.run("createdb", name); err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	// If the test stopped the server, the database goes with the cluster.
	t.Cleanup(func() { _ = s.run("dropdb", "--force", "--if-exists", name) })
	return s.URL(name)
}
