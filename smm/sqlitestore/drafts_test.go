package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/scheduler/workflow/workflowtest"
)

func TestDrafts(t *testing.T) {
	paths := make(map[workflow.Rows]string)
	workflowtest.RunRows(t, workflowtest.Options{
		Open: func(t *testing.T) workflow.Rows {
			path := filepath.Join(t.TempDir(), "smm.db")
			s := open(t, path).Drafts()
			paths[s] = path
			return s
		},
		Reopen: func(t *testing.T, s workflow.Rows) workflow.Rows { return open(t, paths[s]).Drafts() },
	})
}
