// Package repo tells a test or a tool where in this repository it runs.
package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Module is the path of the root module. Nested modules have paths below it
// that follow their folder.
const Module = "github.com/smmkit/smmkit"

// Root returns the folder of the root module's go.mod, searched from dir
// upwards. The go.mod of a nested module is passed by, so it works for tests of
// every module, which run in the folder of their package.
func Root(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		switch {
		case err == nil && ModulePath(mod) == Module:
			return at, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", err
		case at == filepath.Dir(at):
			return "", fmt.Errorf("no go.mod of %s in or above %s", Module, dir)
		}
	}
}

// ModulePath returns the path that a go.mod declares, or "". It relies on the
// module directive's standing on a line of its own, as the go command writes it.
func ModulePath(mod []byte) string {
	for line := range strings.Lines(string(mod)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`)
		}
	}

	return ""
}
