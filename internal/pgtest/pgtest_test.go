package pgtest_test

import (
	"net"
	"net/url"
	"testing"

	"github.com/smmkit/smmkit/internal/pgtest"
)

func reachable(t *testing.T, address string) bool {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func TestStopAndStart(t *testing.T) {
	s := pgtest.Start(t, &pgtest.Options{Settings: []string{"fsync=off"}})
	first, second := s.NewDatabase(t), s.NewDatabase(t)
	if first == second || !reachable(t, first) {
		t.Fatalf("databases %s and %s", first, second)
	}
	for _, immediate := range []bool{true, false} {
		s.Stop(t, immediate)
		if reachable(t, first) {
			t.Fatal("the server was stopped and still listens")
		}
		s.Start(t)
		if !reachable(t, first) {
			t.Fatal("the server was started and does not listen")
		}
	}
	if third := s.NewDatabase(t); third == second {
		t.Fatal("the same database twice")
	}
}

func TestSharedByTheTestsOfABinary(t *testing.T) {
	if a, b := pgtest.Shared(t), pgtest.Shared(t); a != b {
		t.Fatal("two servers")
	}
	if !reachable(t, pgtest.NewDatabase(t)) {
		t.Fatal("it does not listen")
	}
}
