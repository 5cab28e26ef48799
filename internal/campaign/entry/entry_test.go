package entry_test

import (
	"os"
	"testing"

	"github.com/smmkit/smmkit/internal/campaign/entry"
	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/internal/campaign/process"
)

// TestMain is also the workers that are killed and stopped.
func TestMain(m *testing.M) {
	if process.Main(func(name string) ground.Bug { b, _ := entry.BugNamed(name); return b.Bug }) {
		return
	}
	os.Exit(m.Run())
}

// TestEntries runs a small sample of each entry, and finds nothing.
func TestEntries(t *testing.T) {
	for _, e := range entry.All() {
		if e.Name == "powerloss" {
			continue // they are tests themselves
		}
		if testing.Short() && (e.Name == "kills" || e.Name == "freezes") {
			t.Logf("%s: not with -short: under the race detector its processes are killed before they have done anything", e.Name)
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			s := entry.Size{Seed: 7, Steps: 40, Histories: 150, OnSQLite: 10, Kills: 40, Freezes: 25, Workers: 2, Dir: t.TempDir()}
			r := e.Run(t, &s, "")
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			sum := r.Sum()
			if sum.Public == 0 || sum.Faults == 0 {
				t.Errorf("%d public items and %d faults prove nothing", sum.Public, sum.Faults)
			}
			for _, note := range sum.Notes {
				t.Error(note)
			}
			if r.Bad() != 0 {
				t.Errorf("%d lost, %d duplicated, %d stuck, %d wrong, %d asked needlessly", sum.Lost, sum.Duplicated, sum.Stuck, sum.Wrong, sum.Needless)
			}
			t.Log(r.Facts)
		})
	}
}

// TestBugsAreFound makes mistakes on purpose: the entries can fail. Those that need
// processes are left to the campaign.
func TestBugsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of histories whose bugs are known: nothing for the race detector")
	}
	found := entry.FindBugs(t, entry.Size{Seed: 3, Steps: 7, Histories: 800, Workers: 2, Dir: t.TempDir()})
	if len(found) < 9 {
		t.Errorf("only %d bugs", len(found))
	}
	for _, f := range found {
		if !f.Found() {
			t.Errorf("%s (%s) was not found by %v", f.Bug.Name, f.Bug.What, f.Miss)
		}
		t.Logf("%s: %v, %s", f.Bug.Name, f.By, f.How())
	}
}
