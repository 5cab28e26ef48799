package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// env is the variable that, set to "write", lets Check write files.
const env = "SMMKIT_EVIDENCE"

// Check holds the file platforms/<platform>/testdata/evidence/<name>.json
// against what a test has seen succeed, and fails the test if the file claims
// more, or claims it of something else. claim gives level, against and version;
// its other fields are not used. With SMMKIT_EVIDENCE=write the file is written
// instead, with today's date.
func Check(t testing.TB, platform, name string, claim File, seen []string) {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	root, err := repo.Root(wd)
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	path := filepath.Join(root, "platforms", platform, dir, name+".json")
	if os.Getenv(env) == "write" {
		if err := write(path, claim, seen, time.Now()); err != nil {
			t.Fatalf("evidence: %v", err)
		}
		return
	}
	fresh, err := compare(path, claim, seen)
	if err != nil {
		t.Errorf("evidence: %s: %v (%s=write writes it anew)", filepath.ToSlash(path[len(root)+1:]), err, env)
	}
	if len(fresh) > 0 {
		t.Logf("evidence: also seen, and not in the file: %v (%s=write adds them)", fresh, env)
	}
}

func write(path string, claim File, seen []string, now time.Time) error {
	claim.Date = now.UTC().Format(time.DateOnly)
	claim.Operations = slices.Compact(slices.Sorted(slices.Values(seen)))
	if err := claim.check(); err != nil {
		return err
	}
	data, err := claim.Format()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// compare returns what was seen and is not claimed, and an error for what is
// claimed and was not seen.
func compare(path string, claim File, seen []string) (fresh []string, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file")
	}
	if err != nil {
		return nil, err
	}
	f, err := Parse(data)
	if err != nil {
		return nil, err
	}
	if f.Level != claim.Level || f.Against != claim.Against || f.Version != claim.Version {
		return nil, fmt.Errorf("it says %s, %s, %s; this run is %s, %s, %s",
			f.Level, f.Against, f.Version, claim.Level, claim.Against, claim.Version)
	}
	var unseen []string
	for _, op := range f.Operations {
		if !slices.Contains(seen, op) {
			unseen = append(unseen, op)
		}
	}
	if len(unseen) > 0 {
		return nil, fmt.Errorf("it claims operations that this run has not seen succeed: %v", unseen)
	}
	for _, op := range seen {
		if !slices.Contains(f.Operations, op) {
			fresh = append(fresh, op)
		}
	}
	slices.Sort(fresh)
	return slices.Compact(fresh), nil
}
