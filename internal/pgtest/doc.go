// Package pgtest starts a throw-away PostgreSQL for tests: a cluster of its own
// in a temporary directory, on a unix socket, with a random password.
//
// A test binary starts one server and gives each test a database of its own:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestStore(t *testing.T) {
//		url := pgtest.Shared(t).NewDatabase(t)
//		...
//	}
//
// The programs are looked for in the directory $SMMKIT_POSTGRES, then on the
// PATH, then where Debian keeps them. Where there are none, tests that ask for a
// server are skipped and say so; with SMMKIT_REQUIRE_POSTGRES set, as in CI, they
// fail.
//
// # Design notes
//
// The server listens on a unix socket in a directory that only its user can
// enter, and on no port: tests that run side by side cannot meet, and a server
// that is started again has the address it had. PostgreSQL refuses to run as
// root, so for root it runs as user postgres, or nobody.
//
// A shell guards each cluster: it waits on a pipe that ends with the test
// binary, whatever ends it, then stops the server and removes the directory.
// Without it a test that panics or runs into its time limit would leave a server
// behind each time.
//
// Rejected: containers, which need a daemon and its rights; a server that is
// there already, which tests could harm and would have to clean up; a driver to
// wait for the server and create databases, since PostgreSQL's own programs do
// both and the package stays on the standard library.
package pgtest
