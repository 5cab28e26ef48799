package scheduler_test

import (
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
)

func TestLoop(t *testing.T) {
	schedulertest.RunEngine(t, schedulertest.EngineOptions{
		Open: func(*testing.T) scheduler.Store { return scheduler.NewMemory() },
		New: func(t *testing.T, s scheduler.Store) scheduler.Engine {
			l, err := scheduler.NewLoop(s, scheduler.LoopOptions{Lease: time.Second, Poll: 50 * time.Millisecond, LaneLimit: 1})
			if err != nil {
				t.Fatal(err)
			}
			return l
		},
	})
}
