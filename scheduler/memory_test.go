package scheduler_test

import (
	"testing"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
)

func TestMemory(t *testing.T) {
	schedulertest.RunStore(t, schedulertest.StoreOptions{
		Open: func(*testing.T) scheduler.Store { return scheduler.NewMemory() },
		// It does not outlive its process; what a later one would ask is asked anyway.
		Reopen: func(_ *testing.T, s scheduler.Store) scheduler.Store { return s },
	})
}
