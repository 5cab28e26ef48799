// Package connecttest is the conformance suite of connect.Store:
//
//	func TestStore(t *testing.T) {
//		connecttest.Run(t, func(t *testing.T) connect.Store { return mystore.Open(t.TempDir()) })
//	}
//
// # Design notes
//
// The suite knows no clock of the store: what is over is put with an end in the
// past. Purging cannot be seen through the contract, except that an id whose
// entry is over can be used again.
package connecttest
