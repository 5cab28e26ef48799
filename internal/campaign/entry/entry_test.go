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

func TestHistories(t *testing.T) {
	r := entry.Histories(t, &entry.Size{Seed: 1, Histories: 2000, OnSQLite: 50, Workers: 2, Dir: t.TempDir()}, "")
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for n, x := range r.Rows {
		x := *x
		x.Notes = nil
		t.Logf("%s: %+v", n, x)
	}
	t.Log(r.Facts, r.Took)
	for _, n := range r.Sum().Notes {
		t.Error(n)
	}
}

func TestBugs(t *testing.T) {
	for _, b := range entry.Bugs() {
		t.Run(b.Name, func(t *testing.T) {
			s := &entry.Size{Seed: 1, Steps: 9, Histories: 600, Workers: 2, Dir: t.TempDir(), Platforms: b.On}
			for _, e := range entry.All() {
				r := e.Run(t, s, b.Name)
				if r.Err != nil {
					t.Log(r.Err)
				}
				sum := r.Sum()
				sum.Notes = nil
				t.Logf("%s %s %d in %s: %+v", b.Name, e.Name, r.Bad(), r.Took, *sum)
			}
		})
	}
}
