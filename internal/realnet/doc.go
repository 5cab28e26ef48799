// Package realnet runs the open Bluesky stack for tests: PLC directory, PDS,
// app view, bsync and Ozone of @atproto/dev-env, as its authors run them, on
// free ports of loopback.
//
//	net := realnet.Start(t) // skips, with the reason, where it is not installed
//	net.PDS                 // base URLs
//	net.Accounts[0]         // handle, DID, password
//
// The packages are installed once, by
//
//	node internal/realnet/install.mjs [DIR]
//
// into [EnvDir] or the project's cache; PostgreSQL and redis-server come from
// the system. [Start] runs network.mjs once for a test binary. With [EnvNetwork]
// set, it attaches to a network that runs already, which saves the ten seconds
// of a start:
//
//	node internal/realnet/network.mjs >network.json &
//	SMMKIT_BLUESKY_NETWORK=network.json go test ./platforms/bluesky -run Network
//
// The stack has no chat service and no video service: those are not open.
//
// # Design notes
//
// Whoever starts the network may be killed at any moment, and PostgreSQL and
// Redis would outlive it. So they are children of a guardian, a shell in a
// session of its own that holds the reading end of a pipe whose writing end only
// network.mjs has. When that end closes, for whatever reason, the guardian stops
// them and deletes their folder. network.mjs watches its standard input in the
// same way, which the test binary holds open. Rejected: prctl's parent death
// signal, which is Linux's alone and tells no grandchild, and pid files, which
// need somebody to read them.
//
// The servers of the stack name a port only and so would listen on every
// interface. network.mjs replaces net.Server's listen before it loads them.
// PostgreSQL listens on a socket in the folder and on no port at all.
//
// Containers were rejected: the test then needs a daemon, images and a registry,
// and proves the same.
package realnet
