package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// Deviation is a place where a platform's code does not follow a document, since
// the document is wrong, late, or at odds with another.
type Deviation struct {
	From string `json:"from"` // the document
	Says string `json:"says"`
	Here string `json:"here"` // what the code does, and why
	// Excuses are the problems, in the words of the contract test, that it lets pass
	// for this. A test fails when it needs one of them no more.
	Excuses []string `json:"excuses,omitempty"`
}

// Deviations reads the deviations of a platform, whose folder is named: none if
// there is no file.
func Deviations(platform string) ([]Deviation, error) {
	name := filepath.Join(platform, "testdata", "deviations.json")
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Deviation
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	seen := make(map[string]bool)
	for i, d := range out {
		if d.From == "" || d.Says == "" || d.Here == "" {
			return nil, fmt.Errorf("%s: deviation %d: from, says and here must be there", name, i+1)
		}
		for _, e := range d.Excuses {
			if seen[d.From+e] || e == "" {
				return nil, fmt.Errorf("%s: deviation %d: the excuse %q is empty or stands twice", name, i+1, e)
			}
			seen[d.From+e] = true
		}
	}
	return out, nil
}

// Excuses returns the problems that the deviations of a platform from one document
// let pass, each with what the code does instead.
func Excuses(t testing.TB, platform, from string) map[string]string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	root, err := repo.Root(wd)
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	all, err := Deviations(filepath.Join(root, "platforms", platform))
	if err != nil {
		t.Fatalf("evidence: %v", err)
	}
	out := make(map[string]string)
	for _, d := range all {
		for _, e := range d.Excuses {
			if d.From == from {
				out[e] = d.Here
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("evidence: no deviation of %s from %q excuses anything", platform, from)
	}
	return out
}
