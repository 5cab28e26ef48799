// Package oauthjudge sets the OAuth client against a server that is not ours:
// oidc-provider, an implementation that the OpenID Foundation has certified. The
// server is started by the test; server.mjs configures it and decides nothing.
//
// Its packages are installed apart, by install.sh, and never linked. The test
// looks for them in the directory that SMMKIT_OIDC_PROVIDER names, or in
// smmkit/oidc-provider below the user's cache directory. Without them, or without
// Node.js, it is skipped and says so; with SMMKIT_REQUIRE_JUDGE=1 that is a
// failure.
package oauthjudge
