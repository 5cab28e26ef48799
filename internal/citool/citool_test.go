package main

import (
	"bufio"
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// stream is what "go test -json" writes for one package with a test that
// passes, a test of which one subtest passes, one fails and one is skipped.
const stream = `{"Action":"start","Package":"m/p"}
{"Action":"run","Package":"m/p","Test":"TestGood"}
{"Action":"output","Package":"m/p","Test":"TestGood","Output":"chatter\n"}
{"Action":"output","Package":"m/p","Test":"TestGood","Output":"--- PASS: TestGood (0.00s)\n"}
{"Action":"pass","Package":"m/p","Test":"TestGood","Elapsed":0}
{"Action":"run","Package":"m/p","Test":"TestMany"}
{"Action":"run","Package":"m/p","Test":"TestMany/good"}
{"Action":"pass","Package":"m/p","Test":"TestMany/good","Elapsed":0}
{"Action":"run","Package":"m/p","Test":"TestMany/bad"}
{"Action":"output","Package":"m/p","Test":"TestMany/bad","Output":"    p_test.go:9: got 1, want 2\n"}
{"Action":"fail","Package":"m/p","Test":"TestMany/bad","Elapsed":0}
{"Action":"run","Package":"m/p","Test":"TestMany/absent"}
{"Action":"output","Package":"m/p","Test":"TestMany/absent","Output":"=== RUN   TestMany/absent\n"}
{"Action":"output","Package":"m/p","Test":"TestMany/absent","Output":"    p_test.go:12: no browser here\n"}
{"Action":"output","Package":"m/p","Test":"TestMany/absent","Output":"    --- SKIP: TestMany/absent (0.00s)\n"}
{"Action":"skip","Package":"m/p","Test":"TestMany/absent","Elapsed":0}
{"Action":"output","Package":"m/p","Test":"TestMany","Output":"--- FAIL: TestMany (0.00s)\n"}
{"Action":"fail","Package":"m/p","Test":"TestMany","Elapsed":0}
{"Action":"output","Package":"m/p","Output":"FAIL\n"}
{"Action":"fail","Package":"m/p","Elapsed":0.25}
`

// runTest feeds a stream to the test command and adds it up.
func runTest(t *testing.T, in string) (out, closing string, err error) {
	t.Helper()

	file := filepath.Join(t.TempDir(), "results.jsonl")
	var report, sum bytes.Buffer
	err = run([]string{"test", "-results", file}, strings.NewReader(in), &report)
	if totalErr := run([]string{"total", "-results", file}, nil, &sum); errors.Is(totalErr, errFailed) != errors.Is(err, errFailed) {
		t.Errorf("test ends with %v and total with %v", err, totalErr)
	}
	lines := strings.Split(strings.TrimSuffix(sum.String(), "\n"), "\n")

	return report.String(), lines[len(lines)-1], err
}

func TestReportOfAFailure(t *testing.T) {
	out, closing, err := runTest(t, stream)
	if !errors.Is(err, errFailed) {
		t.Errorf("got %v, want errFailed", err)
	}
	for _, want := range []string{
		"p_test.go:9: got 1, want 2", "--- FAIL: TestMany",
		"skip m/p TestMany/absent: p_test.go:12: no browser here\n",
		"FAIL m/p 0.2s (2 passed, 1 failed, 1 skipped)\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "chatter") {
		t.Errorf("the report repeats the output of a test that passed:\n%s", out)
	}
	if want := "2 passed, 1 failed, 1 skipped"; closing != want {
		t.Errorf("got %q, want %q", closing, want)
	}
}

func TestStreams(t *testing.T) {
	for _, tc := range []struct {
		name, in, out, closing string
		fails                  bool
	}{
		{
			name:    "all good, from the cache",
			in:      `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"run","Package":"p","Test":"T"}` + "\n" + `{"Action":"pass","Package":"p","Test":"T"}` + "\n" + `{"Action":"output","Package":"p","Output":"ok  \tp\t(cached)\n"}` + "\n" + `{"Action":"pass","Package":"p"}`,
			out:     "(1 passed, 0 failed, 0 skipped, cached)",
			closing: "1 passed, 0 failed, 0 skipped",
		},
		{
			name:    "no test files",
			in:      `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"skip","Package":"p"}`,
			closing: "0 passed, 0 failed, 0 skipped",
		},
		{
			name: "does not compile",
			in: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p/p.go:3:1: syntax error\n"}` + "\n" +
				`{"ImportPath":"p [p.test]","Action":"build-fail"}` + "\n" + `{"Action":"start","Package":"p"}` + "\n" +
				`{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			out:     "p/p.go:3:1: syntax error",
			closing: "0 passed, 1 failed, 0 skipped",
			fails:   true,
		},
		{
			name: "dies outside any test",
			in: `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"run","Package":"p","Test":"T"}` + "\n" + `{"Action":"pass","Package":"p","Test":"T"}` + "\n" +
				`{"Action":"output","Package":"p","Output":"exit status 3\n"}` + "\n" + `{"Action":"fail","Package":"p"}`,
			out:     "exit status 3",
			closing: "1 passed, 1 failed, 0 skipped",
			fails:   true,
		},
		{
			name: "a parent fails on its own account",
			in: `{"Action":"run","Package":"p","Test":"T"}` + "\n" + `{"Action":"run","Package":"p","Test":"T/a"}` + "\n" +
				`{"Action":"pass","Package":"p","Test":"T/a"}` + "\n" + `{"Action":"fail","Package":"p","Test":"T"}` + "\n" + `{"Action":"fail","Package":"p"}`,
			closing: "1 passed, 1 failed, 0 skipped",
			fails:   true,
		},
		{
			name: "a parent that passes counts through its subtests",
			in: `{"Action":"run","Package":"p","Test":"T"}` + "\n" + `{"Action":"run","Package":"p","Test":"T/a"}` + "\n" +
				`{"Action":"pass","Package":"p","Test":"T/a"}` + "\n" + `{"Action":"pass","Package":"p","Test":"T"}` + "\n" + `{"Action":"pass","Package":"p"}`,
			closing: "1 passed, 0 failed, 0 skipped",
		},
		{
			name:    "breaks off",
			in:      `{"Action":"start","Package":"p"}` + "\n" + `{"Action":"run","Package":"p","Test":"T"}`,
			out:     "FAIL p: the event stream broke off\nrunning: T",
			closing: "0 passed, 1 failed, 0 skipped",
			fails:   true,
		},
		{
			name:    "words of the go command",
			in:      "go: downloading x\n{not json\n",
			out:     "go: downloading x\n{not json\n",
			closing: "0 passed, 0 failed, 0 skipped",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, closing, err := runTest(t, tc.in)
			if errors.Is(err, errFailed) != tc.fails {
				t.Errorf("got %v, want a failure: %t", err, tc.fails)
			}
			if !strings.Contains(out, tc.out) {
				t.Errorf("the report lacks %q:\n%s", tc.out, out)
			}
			if closing != tc.closing {
				t.Errorf("got %q, want %q", closing, tc.closing)
			}
		})
	}
}

func TestAddMergesRuns(t *testing.T) {
	got := add([]result{
		{"p", "TwiceGood", passed}, {"p", "TwiceGood", passed},
		{"p", "GoodThenBad", passed}, {"p", "GoodThenBad", failed},
		{"p", "BadThenGood", failed}, {"p", "BadThenGood", passed},
		{"p", "SkippedOnce", skipped}, {"p", "SkippedOnce", passed},
		{"p", "SkippedAlways", skipped}, {"p", "SkippedAlways", skipped},
		{"q", "TwiceGood", passed},
	})
	if got.passed != 3 || got.failed != 2 || got.skipped != 1 || strings.Join(got.failures, ",") != "p BadThenGood,p GoodThenBad" {
		t.Errorf("got %+v", got)
	}
}

func TestOutputIsBounded(t *testing.T) {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	r := newReport(w)
	at := key{"p", "T"}
	for range 100 {
		r.event(&event{Action: "output", Package: "p", Test: "T", Output: strings.Repeat("x", 4096)})
	}
	r.event(&event{Action: "output", Package: "p", Test: "T", Output: "the cause\n"})
	if n := len(r.output[at]); n > maxOutput+10 {
		t.Errorf("keeps %d bytes, want at most %d", n, maxOutput)
	}
	r.event(&event{Action: failed, Package: "p", Test: "T"})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "the cause\n") {
		t.Error("the end of the output is lost")
	}
}

func TestRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "results.jsonl")
	for _, verdict := range []string{passed, failed, skipped} {
		if err := run([]string{"record", "-results", file, "lint " + verdict, verdict}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}

	var out bytes.Buffer
	if err := run([]string{"total", "-results", file}, nil, &out); !errors.Is(err, errFailed) {
		t.Errorf("got %v, want errFailed", err)
	}
	if want := "failed: check lint fail\n1 passed, 1 failed, 1 skipped\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		nil, {"test"}, {"total"}, {"unknown", "-results", "x"}, {"record", "-results", "x", "lint"},
		{"record", "-results", "x", "lint", "perhaps"}, {"test", "-results", "x", "more"}, {"test", "-wrong"},
	} {
		if err := run(args, strings.NewReader(""), &bytes.Buffer{}); err == nil || errors.Is(err, errFailed) || !strings.Contains(err.Error(), "usage:") {
			t.Errorf("%q: got %v, want the usage", args, err)
		}
	}
}
