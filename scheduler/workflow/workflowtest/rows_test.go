package workflowtest

import (
	"testing"

	"github.com/smmkit/smmkit/scheduler/workflow"
)

func TestMemoryRows(t *testing.T) {
	RunRows(t, Options{Open: func(*testing.T) workflow.Rows { return workflow.NewMemoryRows() }})
}

// TestMemoryRowsReopened runs what needs a Reopen, with a store that is still
// there.
func TestMemoryRowsReopened(t *testing.T) {
	RunRows(t, Options{
		Open:   func(*testing.T) workflow.Rows { return workflow.NewMemoryRows() },
		Reopen: func(_ *testing.T, r workflow.Rows) workflow.Rows { return r },
	})
}
