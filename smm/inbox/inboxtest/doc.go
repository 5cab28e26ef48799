// Package inboxtest is the conformance suite of inbox.Store:
//
//	func TestStore(t *testing.T) {
//		inboxtest.Run(t, func(t *testing.T) inbox.Store { return mystore.Open(t.TempDir()) })
//	}
//
// # Design notes
//
// The suite compares stores with what inbox.Merge and inbox.Conversation say,
// and shuffles what they are told. A list of expected rows was rejected: it
// would hold for one order only.
package inboxtest
