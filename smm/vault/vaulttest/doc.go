// Package vaulttest has the conformance suites of vault.Rows and of
// smm.CredentialStore:
//
//	func TestRows(t *testing.T) {
//		vaulttest.TestRows(t, func(t *testing.T) vault.Rows { return mystore.Open(t.TempDir()) })
//	}
//
// # Design notes
//
// The suites are proved on stores with one bug each: every check finds those that
// it is meant for. A check of durability was left out: only whoever knows the
// store can cut it off from its disk.
package vaulttest
