package entry

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const sqliteModule = "github.com/smmkit/smmkit/smm/sqlitestore"

// PowerLoss runs the tests of the store on SQLite that take the power away. What
// they log are its facts. It has no bugs of its own: TestPowerLossHasTeeth has, with
// a store that does not wait for the disk and with disks that do not keep their word.
func PowerLoss(t *testing.T, s *Size, bug string) *Result {
	t.Helper()
	begun := time.Now()
	r := &Result{Name: "powerloss", Title: "losses of power under the store on SQLite"}
	if bug != "" {
		r.Facts = append(r.Facts, "not run with a bug from outside")
		return r
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^TestPowerLoss$", sqliteModule)
	out, err := cmd.CombinedOutput()
	r.Took = time.Since(begun)
	passed := 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "--- PASS"):
			passed++
		case strings.Contains(line, "_test.go:"):
			_, fact, _ := strings.Cut(line, ": ")
			r.Facts = append(r.Facts, fact)
		}
	}
	s.log("powerloss: %d tests passed", passed)
	switch {
	case err != nil:
		r.Err = fmt.Errorf("go test %s: %w\n%s", sqliteModule, err, out)
	case passed == 0:
		r.Err = errors.New("the tests of losses of power did not run")
	}
	return r
}
