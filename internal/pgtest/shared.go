package pgtest

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the server of this process.
var shared struct {
	sync.Mutex
	server *Server
	err    error
	main   bool // Main runs, and stops it
}

// Main runs the tests, stops the server that Shared started, and returns the
// exit code: TestMain passes it to os.Exit.
func Main(m *testing.M) int {
	shared.Lock()
	shared.main = true
	shared.Unlock()
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.close(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			code = max(code, 1)
		}
		shared.server = nil
	}
	return code
}

// Shared returns the server of this test binary, started by the first call.
// Whoever uses it calls Main in TestMain, and stops no server that others use
// at the same time. Without PostgreSQL the test is skipped, or fails if
// EnvRequire is set. The server waits for the disk.
func Shared(t testing.TB) *Server {
	t.Helper()
	bin := need(t)
	shared.Lock()
	defer shared.Unlock()
	if !shared.main {
		t.Fatal("pgtest: Shared needs a TestMain that calls pgtest.Main")
	}
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start(bin, nil)
	}
	if shared.err != nil {
		t.Fatalf("pgtest: %v", shared.err)
	}
	return shared.server
}
