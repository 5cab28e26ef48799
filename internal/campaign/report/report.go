// Package report writes down what the campaign found.
package report

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/entry"
	"github.com/smmkit/smmkit/internal/campaign/ground"
	"github.com/smmkit/smmkit/smm"
)

// Report is a whole run.
type Report struct {
	Tier    string
	Seed    uint64
	Begun   time.Time
	Took    time.Duration
	Results []*entry.Result
	Bugs    []entry.Finding
}

const header = "| platform | runs | faults | planned | public | lost | duplicated | stuck | wrong | asked needlessly | asked a person | failed, and said why |\n" +
	"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|\n"

func row(name string, t *ground.Tally) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %s | %d |\n", name, t.Runs, t.Faults, t.Items, t.Public,
		t.Lost, t.Duplicated, t.Stuck, t.Wrong, t.Needless, humans(t), t.Failed)
}

func humans(t *ground.Tally) string {
	var out []string
	for _, c := range []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack, smm.ClassBlind} {
		if n := t.Humans[c]; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, c))
		}
	}
	if len(out) == 0 {
		return "0"
	}
	return strings.Join(out, ", ")
}

// Text is a result for people who watch.
func Text(r *entry.Result) string {
	var b strings.Builder
	b.WriteString(table(r))
	for _, f := range r.Facts {
		b.WriteString("\n" + f + ".")
	}
	fmt.Fprintf(&b, "\n%s.", r.Took.Round(100*time.Millisecond))
	if r.Err != nil {
		fmt.Fprintf(&b, "\nnot run to its end: %v", r.Err)
	}
	for _, n := range r.Sum().Notes {
		b.WriteString("\n! " + n)
	}
	return b.String()
}

func table(r *entry.Result) string {
	if len(r.Rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(header)
	for _, name := range slices.Sorted(maps.Keys(r.Rows)) {
		b.WriteString(row(name, r.Rows[name]))
	}
	return b.String()
}

// BugText is a finding for people who watch.
func BugText(f *entry.Finding) string {
	found := "NOT FOUND"
	if f.Found() {
		found = "found"
	}
	return fmt.Sprintf("%-16s %-7s %s: %s by %s (%s)", f.Bug.Name, f.Bug.Where, f.Bug.What, found, strings.Join(f.By, ", "), f.How())
}

// Write writes the document.
func (r *Report) Write(path string) error {
	var b strings.Builder
	b.WriteString(intro)
	fmt.Fprintf(&b, "- run: `go run ./internal/campaign -tier %s -seed %d`, %s, in %s\n", r.Tier, r.Seed, r.Begun.UTC().Format("2006-01-02"), r.Took.Round(time.Second))
	fmt.Fprintf(&b, "- commit: %s\n- machine: %d cores, %s/%s, %s\n\n", commit(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, res := range r.Results {
		fmt.Fprintf(&b, "## %s: %s\n\n%s\n\n%s\n", res.Name, res.Title, explain[res.Name], table(res))
		for _, f := range res.Facts {
			fmt.Fprintf(&b, "- %s.\n", f)
		}
		fmt.Fprintf(&b, "- Took %s.\n\n", res.Took.Round(100*time.Millisecond))
	}
	b.WriteString(foundIntro + bugsIntro)
	for _, f := range r.Bugs {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Bug.Name, f.Bug.Where, f.Bug.What, strings.Join(f.By, ", "), f.How())
	}
	b.WriteString(outro)
	return os.WriteFile(path, []byte(b.String()), 0o644) //nolint:gosec // a document
}

// commit names what was tested.
func commit() string {
	out, err := exec.Command("git", "-c", "safe.directory=*", "rev-parse", "--short=12", "HEAD").Output() //nolint:noctx // ends by itself
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(out))
	if changed, err := exec.Command("git", "-c", "safe.directory=*", "status", "--porcelain", "--", "*.go").Output(); err == nil && len(changed) > 0 { //nolint:noctx // as above
		name += ", with changes that were not committed"
	}
	return name
}
