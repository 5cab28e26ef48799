package sharedspec

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

const (
	envDir     = "SMMKIT_SHARED"
	envRequire = "SMMKIT_REQUIRE"
)

// maxFile bounds what Read unpacks (256 MiB). The largest file in use unpacks
// to about a tenth of that; a damaged archive must not eat the machine.
const maxFile = 256 << 20

// Dir returns the absolute path of the shared directory. It ends the test when
// there is none: as a skip, or as a failure when SMMKIT_REQUIRE=1. A
// SMMKIT_SHARED that does not name a directory is always a failure.
func Dir(t testing.TB) string {
	t.Helper()

	wd, err := os.Getwd()
	if err != nil {
		t.Fatalf("sharedspec: working directory: %v", err)
	}

	dir, err := locate(os.Getenv(envDir), wd)
	switch {
	case err == nil:
		return dir
	case errors.Is(err, errAbsent):
		giveUp(t, err)
	default:
		t.Fatalf("sharedspec: %v", err)
	}

	return ""
}

// Path returns the absolute path of one file or folder of the shared
// directory, named by slash-separated elements such as "specs/x.json.gz".
// What is absent ends the test the way Dir does.
func Path(t testing.TB, name string) string {
	t.Helper()

	if !filepath.IsLocal(filepath.FromSlash(name)) {
		t.Fatalf("sharedspec: %q must be a path inside the shared directory", name)
	}

	path := filepath.Join(Dir(t), filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("sharedspec: %v", err)
		}
		giveUp(t, fmt.Errorf("%w: it has no %s", errAbsent, name))
	}

	return path
}

// Read returns the content of one file of the shared directory; a name that
// ends in ".gz" is unpacked. What is absent ends the test the way Dir does,
// what is unreadable fails it.
func Read(t testing.TB, name string) []byte {
	t.Helper()

	data, err := read(Path(t, name))
	if err != nil {
		t.Fatalf("sharedspec: %s: %v", name, err)
	}

	return data
}

// errAbsent is the one condition under which a test may be skipped.
var errAbsent = errors.New("shared specifications are absent")

// giveUp skips the test, or fails it where specifications are required.
func giveUp(t testing.TB, err error) {
	t.Helper()

	hint := fmt.Sprintf("%v (set %s to the directory that holds specs/, vectors/ and data/)", err, envDir)
	if os.Getenv(envRequire) == "1" {
		t.Fatalf("sharedspec: %s; %s=1 forbids to skip", hint, envRequire)
	}
	t.Skip("sharedspec: " + hint)
}

// locate applies the search order. override is the value of SMMKIT_SHARED, wd
// the directory of the package under test.
func locate(override, wd string) (string, error) {
	if override != "" {
		return override, checkOverride(override)
	}

	root, err := repo.Root(wd)
	if err != nil {
		return "", err
	}

	dir := filepath.Join(filepath.Dir(root), "shared")
	if !isDir(dir) {
		return "", fmt.Errorf("%w: no directory %q beside the checkout", errAbsent, "shared")
	}

	return dir, nil
}

// checkOverride refuses relative paths because every package's tests run in a
// directory of their own: one value could not be right for two packages.
func checkOverride(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("%s=%q: give an absolute path", envDir, dir)
	}
	if !isDir(dir) {
		return fmt.Errorf("%s=%q is not a directory: correct it or unset it", envDir, dir)
	}

	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)

	return err == nil && info.IsDir()
}

func read(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(path, ".gz") {
		return data, err
	}

	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}

	plain, err := io.ReadAll(io.LimitReader(zr, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxFile {
		return nil, fmt.Errorf("unpacks to more than %d bytes", maxFile)
	}

	return plain, zr.Close()
}
