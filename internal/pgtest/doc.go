// Package pgtest runs a throw-away PostgreSQL for tests.
//
//	url := pgtest.NewDatabase(t) // an empty database on the server of this test binary
//
//	s := pgtest.Start(t, nil)    // a server of one's own, to stop and start again
//
// The server programs are looked for in the folder that [EnvBinaries] names, on the
// PATH and where Debian puts them. Where there are none the test is skipped, with
// the reason, or fails if [EnvRequire] is set. The server listens on a free port of
// loopback, with a password that nobody else knows, and writes to the disk as a
// real one does.
//
// # Design notes
//
// PostgreSQL refuses to run as root, so that a test binary that does runs it as the
// user postgres or nobody.
//
// Whoever runs a test may be killed at any moment. A shell in a session of its own
// holds the reading end of a pipe whose writing end only the test binary has, and
// stops the server and deletes its folder when that closes, as package realnet does.
//
// Containers were rejected: they need a daemon and a registry. So was a server that
// runs already: tests stop theirs and change what it is asked to survive.
package pgtest
