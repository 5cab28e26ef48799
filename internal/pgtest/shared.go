package pgtest

import (
	"sync"
	"testing"
)

// shared is the server of this test binary.
var shared = sync.OnceValues(func() (*Server, error) {
	bin, _ := binaries()
	return create(bin, nil)
})

// Shared returns the server that the tests of this binary share, started by the
// first of them. It ends with the process.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	need(tb)
	s, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// NewDatabase makes an empty database on the shared server and returns the URL to
// connect with.
func NewDatabase(tb testing.TB) string {
	tb.Helper()
	return Shared(tb).NewDatabase(tb)
}
