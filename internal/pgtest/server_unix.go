//go:build unix

package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	role       = "smmkit"
	startLimit = 2 * time.Minute
)

// Options shape Start. nil means the zero value.
type Options struct {
	// Settings are further settings of the server, such as "fsync=off".
	Settings []string
}

// Server is a cluster of its own. Its methods may be called from several
// goroutines, but Stop and Start only one at a time.
type Server struct {
	bin, dir string
	port     int
	password string
	settings []string
	owner    *owner
	guard    *exec.Cmd
	hold     io.WriteCloser // the guardian ends when it is closed
	out      bytes.Buffer
	names    atomic.Int64
}

// Start makes a cluster, starts its server and stops it with the test.
func Start(tb testing.TB, o *Options) *Server {
	tb.Helper()
	bin := need(tb)
	if o == nil {
		o = &Options{}
	}
	s, err := create(bin, o.Settings)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.destroy)
	return s
}

// create makes a cluster and starts its server.
func create(bin string, settings []string) (*Server, error) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, password: rand.Text(), settings: settings}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := s.start(); err != nil {
		s.destroy()
		return nil, err
	}
	return s, nil
}

// prepare runs initdb.
func (s *Server) prepare() error {
	var err error
	if s.owner, err = findOwner(); err != nil {
		return err
	}
	if err := s.owner.give(s.dir); err != nil {
		return err
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.owner.give(secret); err != nil {
		return err
	}
	cmd := s.command("initdb", "-D", s.data(), "-U", role, "--pwfile="+secret, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.port, err = freePort()
	return err
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command runs a program of PostgreSQL as the cluster's owner.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = append(environment(), "PGPASSWORD="+s.password)
	cmd.SysProcAttr = s.owner.attributes()
	return cmd
}

// environment is ours without what would lead PostgreSQL's programs elsewhere.
func environment() []string {
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") })
	return append(own, "LC_ALL=C")
}

// guardian stops the server with the signal that it reads from its standard input,
// or when that ends, however it does. Then the folder goes as well.
const guardian = `folder=$1; shift
"$@" & server=$!
read -r signal
kill -${signal:-QUIT} $server 2>/dev/null
wait $server
[ -n "$signal" ] || rm -rf "$folder"`

// start starts the server and waits until it answers.
func (s *Server) start() error {
	args := []string{"-c", guardian, "guardian", s.dir, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.guard = exec.Command("/bin/sh", args...)
	s.guard.Dir = s.dir
	s.guard.Env = environment()
	s.guard.SysProcAttr = s.owner.attributes()
	s.out.Reset()
	s.guard.Stdout, s.guard.Stderr = &s.out, &s.out
	hold, err := s.guard.StdinPipe()
	if err != nil {
		return err
	}
	s.hold = hold
	if err := s.guard.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	if !poll(ctx, func() bool {
		return s.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port)).Run() == nil
	}) {
		return fmt.Errorf("PostgreSQL did not come up within %s", startLimit)
	}
	return nil
}

// poll asks until ok or ctx ends.
func poll(ctx context.Context, ok func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok() {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// Stop stops the server: as a crash would, with immediate, or else cleanly but
// without waiting for clients.
func (s *Server) Stop(tb testing.TB, immediate bool) {
	tb.Helper()
	signal := "INT"
	if immediate {
		signal = "QUIT"
	}
	if _, err := io.WriteString(s.hold, signal+"\n"); err != nil {
		tb.Fatal(err)
	}
	late := time.AfterFunc(startLimit, func() { _ = s.guard.Process.Kill() })
	defer late.Stop()
	_ = s.guard.Wait() // the server's own status, of no interest
	if out, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid")); err == nil && !immediate {
		tb.Fatalf("PostgreSQL did not stop cleanly: %s", out)
	}
}

// Start starts a server that was stopped, on the same port.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.start(); err != nil {
		tb.Fatal(err)
	}
}

// destroy stops the server and removes what it wrote.
func (s *Server) destroy() {
	if s.hold != nil {
		_ = s.hold.Close()
		_ = s.guard.Wait()
	}
	_ = os.RemoveAll(s.dir)
}

// NewDatabase makes an empty database and returns the URL to connect with.
func (s *Server) NewDatabase(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprint("test", s.names.Add(1))
	cmd := s.command("createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", role, name)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("createdb: %v\n%s", err, out)
	}
	return s.URL(name)
}

// URL returns the URL of a database of the server.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, s.password), Path: "/" + database,
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), RawQuery: "sslmode=disable",
	}
	return u.String()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, errors.Join(err, l.Close())
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, l.Close())
}
