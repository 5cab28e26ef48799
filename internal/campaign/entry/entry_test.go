package entry_test

import (
	"testing"

	"github.com/smmkit/smmkit/internal/campaign/entry"
)

func TestSteps(t *testing.T) {
	r := entry.Steps(t, &entry.Size{Seed: 1, Steps: 1, Workers: 2}, "")
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for n, x := range r.Rows {
		t.Logf("%s: %+v", n, *x)
	}
	t.Log(r.Facts, r.Took)
	for _, n := range r.Sum().Notes {
		t.Error(n)
	}
}
