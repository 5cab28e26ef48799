// Package oauthtest is an authorization server for tests and simulators that is
// as exact as the real ones are: PKCE, pushed requests, codes that work once,
// rotation of refresh tokens with detection of reuse, tokens bound to keys with
// nonces, client assertions, revocation.
//
// A simulator mounts it under its own server:
//
//	auth, err := oauthtest.New(oauthtest.Options{Now: world.Clock.Now, Accounts: find})
//	...
//	if auth.Handles(r.URL.Path) {
//		auth.ServeHTTP(w, r)
//		return
//	}
//	access, err := auth.Introspect(r) // at a resource
//
// There is no user: the address of the authorization endpoint is opened with
// "&login_as=NAME" added and consents at once for that account, or denies with
// "&login_as=!deny"; "&grant_only=SCOPES" grants no more than those. Without
// login_as a small page asks, so that a person can play along.
//
// # Design notes
//
// It shares no code with the client that it judges: both are written from the
// RFCs, so that a mistake in one is not repeated in the other. Tokens are looked up
// and not signed, because nobody but this server reads them and a table can
// say why a token is over. Faults of the network are not its business: package
// sim puts them around any handler.
package oauthtest
