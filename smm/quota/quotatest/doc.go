// Package quotatest is the conformance suite of quota.Store:
//
//	func TestStore(t *testing.T) {
//		quotatest.Run(t, func(t *testing.T) quota.Store { return mystore.Open(t.TempDir()).Quota() })
//	}
//
// # Design notes
//
// A check is a function that returns an error, and not one that fails a test,
// so that the suite's own tests can show which check catches which broken
// store.
package quotatest
