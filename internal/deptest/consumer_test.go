package deptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

const consumerModule = "example.com/consumer"

// TestConsumerOfStandardPackages proves what the README promises: a program that
// uses only a package of the standard-library part downloads this module's zip
// and nothing else. The program is a module of its own that replaces smmkit by
// this checkout; it is tidied and listed with an empty module cache and no
// source to fill it from, so that one module too many is an error, offline and
// online alike.
func TestConsumerOfStandardPackages(t *testing.T) {
	root := repository(t)
	for _, pkg := range []string{"analytics", "smm", "scheduler"} {
		t.Run(pkg, func(t *testing.T) {
			sources, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			if len(sources) == 0 {
				t.Fatalf("the folder %s has no Go file: name the packages that exist", pkg)
			}
			if err := consume(t, root, pkg); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConsumeSeesThirdParties breaks a small copy of the repository in the two
// ways that matter and expects the proof to fail.
func TestConsumeSeesThirdParties(t *testing.T) {
	const requirement = "module " + repo.Module + "\n\ngo 1.26.0\n\nrequire example.com/third v1.0.0\n"
	for _, tc := range []struct {
		name, code, test string
		wantErr          bool
	}{
		{"standard library alone", "package p\n", "package p_test\nimport _ \"testing\"\n", false},
		{"third party in code", "package p\nimport _ \"example.com/third\"\n", "package p_test\n", true},
		{"third party in tests", "package p\n", "package p_test\nimport _ \"example.com/third\"\n", true},
	} {
		root := t.TempDir()
		put(t, filepath.Join(root, "go.mod"), requirement)
		put(t, filepath.Join(root, "p", "p.go"), tc.code)
		put(t, filepath.Join(root, "p", "p_test.go"), tc.test)
		if err := consume(t, root, "p"); (err != nil) != tc.wantErr {
			t.Errorf("%s: got %v, want an error: %t", tc.name, err, tc.wantErr)
		}
	}
}

// consume makes a module that imports one package of the checkout in root and
// returns what, beside the standard library and smmkit, it would need.
func consume(t *testing.T, root, pkg string) error {
	t.Helper()

	dir := t.TempDir()
	put(t, filepath.Join(dir, "go.mod"), fmt.Sprintf(
		"module %s\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %s => %s\n",
		consumerModule, repo.Module, repo.Module, root))
	put(t, filepath.Join(dir, "main.go"), fmt.Sprintf(
		"package main\n\nimport _ %q\n\nfunc main() {}\n", repo.Module+"/"+pkg))

	if _, err := goCommand(t, dir, "mod", "tidy"); err != nil {
		return fmt.Errorf("go mod tidy needs more than smmkit: %w", err)
	}

	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if got := requirements(string(mod)); strings.Join(got, " ") != repo.Module {
		return fmt.Errorf("go.mod requires %q after tidy, want smmkit alone", got)
	}

	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(sum) > 0 {
		return fmt.Errorf("go.sum is not empty after tidy:\n%s", sum)
	}

	return onlyOwnPackages(t, dir)
}

// onlyOwnPackages lists everything that is compiled into the program.
func onlyOwnPackages(t *testing.T, dir string) error {
	t.Helper()

	out, err := goCommand(t, dir, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(out) {
		if name != consumerModule && !strings.HasPrefix(name, repo.Module+"/") {
			return fmt.Errorf("the program compiles %s", name)
		}
	}

	return nil
}

// goCommand runs the go command in a module that is cut off from the world.
func goCommand(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()

	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local",
		"GOMODCACHE="+filepath.Join(dir, ".modcache"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
	}

	return string(out), nil
}

func put(t *testing.T, name, content string) {
	t.Helper()

	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
