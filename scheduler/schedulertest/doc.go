// Package schedulertest checks implementations of scheduler.Store and has a
// fake platform to run a scheduler against.
//
//	func TestStore(t *testing.T) {
//		schedulertest.RunStore(t, schedulertest.StoreOptions{
//			Open: func(t *testing.T) scheduler.Store { return open(t, t.TempDir()) },
//		})
//	}
//
// # Design notes
//
// The suite passes times in and never waits, as the contract says that stores
// have no clock. It uses only the contract: what a store has besides is tested
// by the store.
package schedulertest
