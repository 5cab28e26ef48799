// Package identity knows the names of the AT Protocol: timestamp identifiers
// (TIDs), record addresses (at-uris), handles and DIDs, and how a handle leads
// to the server that holds the account.
//
// Sources, read in November 2026: atproto.com/specs/tid, at-uri-scheme, handle
// and did.
//
// # Design notes
//
// A [Resolver] asks the network itself, over package safehttp, because handles
// and DID documents are written by strangers and may name any address. A driver
// that already has a session asks its own server instead, which is cheaper.
//
// A handle is believed only if the DID document names it back. Showing the
// handle of an account whose owner never claimed it would let anybody borrow a
// name.
package identity
