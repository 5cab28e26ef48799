// Package bluesky holds both sides of Bluesky's wire against the vendor's own
// lexicons: what the client sends and what the simulator answers. It has tests
// only.
//
// Streams are left out: the client has none of its own (events come by polling),
// and the vendor's subscriptions carry another encoding.
package bluesky
