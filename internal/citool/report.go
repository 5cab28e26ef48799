package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// The verdicts of the event stream, of one test or of one package.
const (
	passed  = "pass"
	failed  = "fail"
	skipped = "skip"
)

// maxOutput bounds what is kept of one test's output, from its end: a test that
// prints without end must not take the machine down, and the cause of a failure
// stands last.
const maxOutput = 64 << 10

// An event is one line of "go test -json" (see "go doc test2json").
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// key names a test; Test is "" for its package as a whole.
type key struct{ Package, Test string }

// A report follows one event stream.
type report struct {
	out     *bufio.Writer
	output  map[key]string // output of what has no verdict yet
	builds  map[string]string
	open    map[key]bool // started, without a verdict
	parents map[key]bool // tests that have subtests
	broken  map[key]bool // tests that failed or have a failed subtest
	counts  map[string]map[string]int
	results []result
	failed  bool
}

func newReport(out *bufio.Writer) *report {
	return &report{
		out:     out,
		output:  make(map[key]string),
		builds:  make(map[string]string),
		open:    make(map[key]bool),
		parents: make(map[key]bool),
		broken:  make(map[key]bool),
		counts:  make(map[string]map[string]int),
	}
}

// read consumes a stream to its end. What is no event, such as a warning of the
// go command, is passed on as it is.
func (r *report) read(in io.Reader) error {
	reader := bufio.NewReader(in)
	for {
		line, err := reader.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the event stream: %w", err)
		}
	}
}

func (r *report) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		r.printf("%s\n", strings.TrimRight(line, "\n"))

		return
	}
	r.event(&e)
}

func (r *report) event(e *event) {
	at := key{e.Package, e.Test}
	switch e.Action {
	case "start", "run":
		r.open[at] = true
		if parent, ok := parentOf(e.Test); ok {
			r.parents[key{e.Package, parent}] = true
		}
	case "output":
		r.output[at] = tail(r.output[at] + e.Output)
	case "build-output":
		r.builds[e.ImportPath] = tail(r.builds[e.ImportPath] + e.Output)
	case "build-fail":
		r.printf("%s", r.builds[e.ImportPath])
	case passed, failed, skipped:
		delete(r.open, at)
		if e.Test == "" {
			r.packageDone(e)
		} else {
			r.testDone(at, e.Action)
		}
		delete(r.output, at)
	}
}

func (r *report) testDone(at key, verdict string) {
	own := true
	switch verdict {
	case failed:
		r.printf("%s", r.output[at])
		// The failure of a subtest is its parents' too, and counts once.
		own = !r.broken[at]
		r.breakUp(at)
	case skipped:
		r.printf("skip %s %s: %s\n", at.Package, at.Test, reason(r.output[at]))
	default:
		own = !r.parents[at]
	}
	if own {
		r.record(at, verdict)
	}
}

// breakUp notes a failure for a test and everything above it.
func (r *report) breakUp(at key) {
	r.failed = true
	r.broken[key{at.Package, ""}] = true
	for name, ok := at.Test, true; ok; name, ok = parentOf(name) {
		r.broken[key{at.Package, name}] = true
	}
}

func (r *report) packageDone(e *event) {
	at := key{e.Package, ""}
	counts := r.counts[e.Package]
	if e.Action == failed && !r.broken[at] {
		// It did not compile, or it died outside any test.
		r.printf("%s", r.output[at])
		r.breakUp(at)
		r.record(at, failed)
		counts = r.counts[e.Package]
	}
	if len(counts) == 0 {
		return // no test files
	}

	word, note := "ok  ", ""
	if e.Action == failed {
		word = "FAIL"
	}
	if strings.Contains(r.output[at], "(cached)") {
		note = ", cached"
	}
	r.printf("%s %s %.1fs (%d passed, %d failed, %d skipped%s)\n",
		word, e.Package, e.Elapsed, counts[passed], counts[failed], counts[skipped], note)
	if err := r.out.Flush(); err != nil {
		r.failed = true
	}
}

// finish fails what started and never ended, for example because the test
// process was killed together with the go command.
func (r *report) finish() {
	for at := range r.open {
		if at.Test != "" {
			continue
		}
		r.printf("FAIL %s: the event stream broke off\n%s", at.Package, r.output[at])
		for test := range r.open {
			if test.Package == at.Package && test.Test != "" {
				r.printf("running: %s\n%s", test.Test, r.output[test])
			}
		}
		r.breakUp(at)
		r.record(at, failed)
	}
}

func (r *report) record(at key, verdict string) {
	if r.counts[at.Package] == nil {
		r.counts[at.Package] = make(map[string]int)
	}
	r.counts[at.Package][verdict]++
	r.results = append(r.results, result{Package: at.Package, Test: at.Test, Verdict: verdict})
}

func (r *report) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(r.out, format, args...); err != nil {
		r.failed = true
	}
}

// reason extracts the text of t.Skip from a test's output.
func reason(output string) string {
	var text []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			text = append(text, line)
		}
	}
	if len(text) == 0 {
		return "no reason given"
	}

	return strings.Join(text, " ")
}

// parentOf returns the test that a subtest belongs to.
func parentOf(name string) (parent string, ok bool) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return "", false
	}

	return name[:i], true
}

func tail(output string) string {
	if len(output) <= maxOutput {
		return output
	}

	return "[...]" + output[len(output)-maxOutput:]
}
