package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// A result is the verdict on one test in one run.
type result struct {
	Package string `json:"package"`
	Test    string `json:"test,omitempty"` // empty if the package failed outside any test
	Verdict string `json:"verdict"`
}

func appendResults(file string, results []result) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()

	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	for _, r := range results {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}

	return w.Flush()
}

func readResults(file string) (results []result, err error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nothing ran
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()

	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		var r result
		switch err := dec.Decode(&r); {
		case errors.Is(err, io.EOF):
			return results, nil
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		results = append(results, r)
	}
}

// A sum is what all runs together say of all tests.
type sum struct {
	passed, failed, skipped int
	failures                []string
}

// add merges runs: the worse verdict of a test counts, and a skip only if no
// run did better.
func add(results []result) sum {
	rank := map[string]int{skipped: 1, passed: 2, failed: 3}
	final := make(map[key]string, len(results))
	for _, r := range results {
		at := key{r.Package, r.Test}
		if rank[r.Verdict] > rank[final[at]] {
			final[at] = r.Verdict
		}
	}

	var s sum
	for at, verdict := range final {
		switch verdict {
		case passed:
			s.passed++
		case skipped:
			s.skipped++
		case failed:
			s.failed++
			s.failures = append(s.failures, at.Package+" "+at.Test)
		}
	}
	slices.Sort(s.failures)

	return s
}

// print ends with the one line that other programs read.
func (s *sum) print(out io.Writer) error {
	for _, name := range s.failures {
		if _, err := fmt.Fprintln(out, "failed:", name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)

	return err
}
