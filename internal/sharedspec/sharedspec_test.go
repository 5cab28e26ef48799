package sharedspec

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// recorder is a testing.TB that notes how the test would have ended. Like the
// real one it ends the goroutine, so that code after Skip or Fatal never runs.
type recorder struct {
	testing.TB

	verdict, message string
}

func (*recorder) Helper() {}

func (r *recorder) end(verdict, message string) {
	r.verdict, r.message = verdict, message
	runtime.Goexit()
}

func (r *recorder) Skip(args ...any) { r.end("skip", fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) { r.end("fatal", fmt.Sprintf(format, args...)) }

// record runs fn to its end with a recorder.
func record(fn func(t testing.TB)) *recorder {
	r := &recorder{verdict: "returned"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(r)
	}()
	<-done

	return r
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLocate(t *testing.T) {
	top := t.TempDir()
	root := filepath.Join(top, "checkout")
	shared := filepath.Join(top, "shared")
	nested := filepath.Join(root, "smm", "nested", "pkg")
	write(t, filepath.Join(root, "go.mod"), []byte("module "+repo.Module+"\n\ngo 1.26.0\n"))
	write(t, filepath.Join(root, "smm", "nested", "go.mod"), []byte("module "+repo.Module+"/smm/nested\n"))
	write(t, filepath.Join(nested, "x.go"), nil)

	if _, err := locate("", nested); !errors.Is(err, errAbsent) {
		t.Fatalf("before the directory exists: got %v, want errAbsent", err)
	}

	write(t, filepath.Join(shared, "specs", "x.json"), []byte("{}"))

	for name, wd := range map[string]string{"root": root, "package": filepath.Join(root, "smm"), "nested module": nested} {
		if got, err := locate("", wd); err != nil || got != shared {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, shared)
		}
	}

	elsewhere := t.TempDir()
	if got, err := locate(elsewhere, nested); err != nil || got != elsewhere {
		t.Errorf("override: got %q, %v; want %q", got, err, elsewhere)
	}
	if _, err := locate(filepath.Join(top, "nowhere"), root); err == nil || errors.Is(err, errAbsent) {
		t.Errorf("an override that names nothing must be an error of its own, got %v", err)
	}
	if _, err := locate(".", root); err == nil || errors.Is(err, errAbsent) {
		t.Errorf("a relative override must be refused, got %v", err)
	}
	if _, err := locate("", top); err == nil || errors.Is(err, errAbsent) {
		t.Errorf("outside the module: got %v, want an error of its own", err)
	}
}

func TestAbsentSkipsOrFails(t *testing.T) {
	t.Setenv(envDir, t.TempDir())
	missing := func(t testing.TB) { Path(t, "specs/none.json") }

	t.Setenv(envRequire, "")
	r := record(missing)
	if r.verdict != "skip" || !strings.Contains(r.message, "specs/none.json") || !strings.Contains(r.message, envDir) {
		t.Errorf("got %s %q, want a skip that names the file and the variable", r.verdict, r.message)
	}

	t.Setenv(envRequire, "1")
	if r := record(missing); r.verdict != "fatal" || !strings.Contains(r.message, envRequire) {
		t.Errorf("got %s %q, want a failure that names %s", r.verdict, r.message, envRequire)
	}
}

func TestWrongOverrideIsNeverASkip(t *testing.T) {
	t.Setenv(envRequire, "")
	t.Setenv(envDir, filepath.Join(t.TempDir(), "nowhere"))
	if r := record(func(t testing.TB) { Dir(t) }); r.verdict != "fatal" {
		t.Errorf("got %s %q, want a failure", r.verdict, r.message)
	}
}

func TestPathStaysInside(t *testing.T) {
	t.Setenv(envDir, t.TempDir())
	for _, name := range []string{"../secret", "/etc/passwd", "specs/../../x", ""} {
		if r := record(func(t testing.TB) { Path(t, name) }); r.verdict != "fatal" {
			t.Errorf("%q: got %s %q, want a failure", name, r.verdict, r.message)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(envDir, dir)

	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	if _, err := zw.Write([]byte("vectors")); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "a", "plain.txt"), []byte("vectors"))
	write(t, filepath.Join(dir, "a", "packed.gz"), packed.Bytes())
	write(t, filepath.Join(dir, "a", "cut.gz"), packed.Bytes()[:packed.Len()-4])

	for _, name := range []string{"a/plain.txt", "a/packed.gz"} {
		if got := string(Read(t, name)); got != "vectors" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if r := record(func(t testing.TB) { Read(t, "a/cut.gz") }); r.verdict != "fatal" {
		t.Errorf("a truncated archive: got %s %q, want a failure", r.verdict, r.message)
	}
}
