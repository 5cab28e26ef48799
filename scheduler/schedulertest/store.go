package schedulertest

import (
	"testing"

	"github.com/smmkit/smmkit/scheduler"
)

// StoreOptions say how to get at the store under test.
type StoreOptions struct {
	// Open returns an empty store and arranges with t for its closing.
	Open func(t *testing.T) scheduler.Store
	// Reopen returns a new handle on what s holds, as a process that starts
	// after a crash gets it; it need not close s. nil: the store does not outlive
	// its process, and durability is not tested.
	Reopen func(t *testing.T, s scheduler.Store) scheduler.Store
}

// RunStore checks that a store keeps the contract of scheduler.Store.
func RunStore(t *testing.T, o StoreOptions) {
	t.Helper()
	groups := []struct {
		name  string
		tests map[string]func(*suite)
	}{
		{"insert", insertTests},
		{"claim", claimTests},
		{"fence", fenceTests},
		{"list", listTests},
		{"purge", purgeTests},
		{"tenant", tenantTests},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for name, test := range g.tests {
				t.Run(name, func(t *testing.T) { test(&suite{T: t, o: o, store: o.Open(t)}) })
			}
		})
	}
	if o.Reopen == nil {
		return
	}
	t.Run("reopen", func(t *testing.T) {
		for name, test := range reopenTests {
			t.Run(name, func(t *testing.T) { test(&suite{T: t, o: o, store: o.Open(t)}) })
		}
	})
}
