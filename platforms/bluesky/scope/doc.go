// Package scope knows the permissions that an account's owner grants over AT
// Protocol OAuth: what the scope strings mean, which of them cover others, and
// which a host needs for what it wants to do.
//
// There are two kinds. Transitional scopes ("transition:generic") are as wide
// as an app password. Granular ones name a record collection, a method of a
// service or a kind of upload:
//
//	repo:app.bsky.feed.post?action=create&action=update
//	rpc:app.bsky.feed.getPosts?aud=did:web:api.bsky.app%23bsky_appview
//	blob:image/*
//
// Sources, read in November 2026: atproto.com/specs/permission and /oauth, the
// permission sets among the lexicons of bluesky-social/atproto (20 August 2026),
// and the package oauth-scopes that PDS 0.4.217 decides with. The specification
// says that "transition:chat.bsky" does nothing without "transition:generic";
// that server takes it alone. So both are asked for, and one is believed.
//
// # Design notes
//
// [Missing] compares what scopes allow and not how they are spelled: a server
// may grant "repo?collection=a&collection=b" for two scopes that were asked for
// one by one, and a grant of "transition:generic" lacks nothing of what granular
// scopes allow.
//
// Permission sets ("include:app.bsky.authFullApp?aud=...") are lists that their
// publisher may extend. Here they stand for that part of the published list
// that this library uses; a test holds it to the lexicons. [Granular] never asks
// for sets: they grant more than a host needs, and a server must fetch them.
package scope
