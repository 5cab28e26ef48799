package workflow_test

import (
	"context"
	"testing"

	"github.com/smmkit/smmkit/scheduler/workflow"
	"github.com/smmkit/smmkit/smm"
)

func TestCheckRowSaysWhatIsWrong(t *testing.T) {
	for _, r := range []*workflow.Row{nil, {}, {ID: "a", Version: -1}, {ID: "a", Data: make([]byte, workflow.MaxRowSize+1)}} {
		wantIs(t, workflow.CheckRow(r), smm.ErrInvalid)
	}
	ok(t, workflow.CheckRow(&workflow.Row{ID: "a", Data: make([]byte, workflow.MaxRowSize)}))
}

func TestMemoryRowsZeroValue(t *testing.T) {
	var m workflow.MemoryRows
	ctx := context.Background()
	ok(t, m.Put(ctx, &workflow.Row{ID: "a", Data: []byte("{}")}))
	r, err := m.Get(ctx, "", "a")
	ok(t, err)
	if r.Version != 1 || string(r.Data) != "{}" {
		t.Fatalf("row %+v", r)
	}
}
