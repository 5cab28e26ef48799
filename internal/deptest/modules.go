package deptest

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// A ModuleDir is one module of the repository.
type ModuleDir struct {
	// Dir is the folder of its go.mod, relative to the repository, with
	// slashes; "." for the root module.
	Dir string
	// Path is the module path that its go.mod declares.
	Path string
}

// FindModules returns the modules of a repository: every go.mod in it, whether
// go.work lists it or not. Its order is that of the folders.
func FindModules(root fs.FS) ([]ModuleDir, error) {
	var found []ModuleDir
	err := walk(root, func(name string) error {
		if path.Base(name) != "go.mod" {
			return nil
		}

		mod, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		found = append(found, ModuleDir{Dir: path.Dir(name), Path: repo.ModulePath(mod)})

		return nil
	})
	slices.SortFunc(found, func(a, b ModuleDir) int { return strings.Compare(a.Dir, b.Dir) })

	return found, err
}

// walk calls fn for every file the go command could see: not in testdata, nor
// below a folder whose name starts with a dot or an underscore.
func walk(root fs.FS, fn func(name string) error) error {
	return fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() {
			return fn(name)
		}
		if base := path.Base(name); name != "." && (base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_') {
			return fs.SkipDir
		}

		return nil
	})
}
