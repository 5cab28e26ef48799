package scheduler_test

import (
	"testing"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
)

func TestMemory(t *testing.T) {
	schedulertest.RunStore(t, schedulertest.StoreOptions{
		Open: func(*testing.T) scheduler.Store { return scheduler.NewMemory() },
	})
}
