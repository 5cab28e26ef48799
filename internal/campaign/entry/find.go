package entry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/ground"
)

// Finding is what became of a bug.
type Finding struct {
	Bug  Bug
	By   []string // the entries that found it
	Sum  ground.Tally
	Miss []string // the entries that should have, and did not
}

// Found reports whether every entry that is named found it.
func (f *Finding) Found() bool { return len(f.By) > 0 && len(f.Miss) == 0 }

// How says as what it was found.
func (f *Finding) How() string {
	var out []string
	for _, c := range []struct {
		n    int
		name string
	}{{f.Sum.Lost, "lost"}, {f.Sum.Duplicated, "duplicated"}, {f.Sum.Stuck, "stuck"}, {f.Sum.Wrong, "wrong"}, {f.Sum.Needless, "asked needlessly"}} {
		if c.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	return strings.Join(out, ", ")
}

// FindBugs makes each mistake in turn and runs a small sample of the entries that
// must find it, and the whole of steps where the sample finds nothing: some bugs do
// harm at few steps, and which steps there are is not the same in every run.
func FindBugs(t *testing.T, s Size) []Finding {
	t.Helper()
	var out []Finding
	for _, b := range Bugs() {
		s.Platforms = b.On
		f := Finding{Bug: b}
		for _, e := range All() {
			for _, by := range b.By {
				if e.Name != by || (by == "kills" && s.Kills == 0) {
					continue
				}
				r := e.Run(t, &s, b.Name)
				if r.Bad() == 0 && e.Name == "steps" {
					whole := s
					whole.Steps = 1
					r = e.Run(t, &whole, b.Name)
				}
				sum := r.Sum()
				sum.Notes = nil
				f.Sum.Add(sum)
				if r.Bad() > 0 {
					f.By = append(f.By, e.Name)
				} else {
					f.Miss = append(f.Miss, e.Name)
				}
				s.log("%s: %d found by %s in %s", b.Name, r.Bad(), e.Name, r.Took.Round(100*time.Millisecond))
				if r.Err != nil {
					s.log("%s with %s: %v", e.Name, b.Name, r.Err)
				}
			}
		}
		out = append(out, f)
	}
	return out
}
