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
	for _, g := range storeGroups() {
		if g.needsReopen && o.Reopen == nil {
			continue
		}
		t.Run(g.name, func(t *testing.T) {
			for name, test := range g.tests {
				t.Run(name, func(t *testing.T) {
					s := &suite{TB: t, store: o.Open(t)}
					if o.Reopen != nil {
						s.reopen = func(old scheduler.Store) scheduler.Store { return o.Reopen(t, old) }
					}
					test(s)
				})
			}
		})
	}
}

// storeGroup is what is tested of one part of the contract.
type storeGroup struct {
	name        string
	tests       map[string]func(*suite)
	needsReopen bool
}

func storeGroups() []storeGroup {
	return []storeGroup{
		{"insert", insertTests, false},
		{"claim", claimTests, false},
		{"lane", laneTests, false},
		{"fence", fenceTests, false},
		{"place", placeTests, false},
		{"apply", applyTests, false},
		{"freeze", freezeTests, false},
		{"list", listTests, false},
		{"purge", purgeTests, false},
		{"tenant", tenantTests, false},
		{"reopen", reopenTests, true},
	}
}
