package deptest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// A File is one parsed Go file of the repository.
type File struct {
	// Name is its path relative to the repository, with slashes.
	Name string
	// Lines is the number of lines, as wc counts them.
	Lines int
	// Syntax is the whole file, with comments.
	Syntax *ast.File
}

// Test reports whether the go command takes the file for a test.
func (f *File) Test() bool { return strings.HasSuffix(f.Name, "_test.go") }

// Generated reports whether the file says that a program wrote it.
func (f *File) Generated() bool { return ast.IsGenerated(f.Syntax) }

// Dir is the folder of the file, which is its package.
func (f *File) Dir() string { return path.Dir(f.Name) }

// LoadFiles parses every Go file of a repository, whatever its build tags say.
func LoadFiles(root fs.FS) ([]*File, error) {
	var files []*File
	fset := token.NewFileSet()
	err := walk(root, func(name string) error {
		base := path.Base(name)
		if path.Ext(name) != ".go" || base[0] == '.' || base[0] == '_' {
			return nil
		}

		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("not Go: %w", err)
		}
		files = append(files, &File{Name: name, Lines: strings.Count(string(src), "\n"), Syntax: syntax})

		return nil
	})

	return files, err
}

// Packages groups files by folder. A package's path is the module's plus its folder,
// in nested modules too, whose paths follow their folders.
func Packages(files []*File) ([]Package, error) {
	byDir := make(map[string]*Package)
	for _, file := range files {
		dir := file.Dir()
		if byDir[dir] == nil {
			byDir[dir] = &Package{Path: path.Join(repo.Module, dir)}
		}
		if err := byDir[dir].add(file); err != nil {
			return nil, err
		}
	}

	packages := make([]Package, 0, len(byDir))
	for _, pkg := range byDir {
		slices.Sort(pkg.Imports)
		slices.Sort(pkg.TestImports)
		pkg.Imports = slices.Compact(pkg.Imports)
		pkg.TestImports = slices.Compact(pkg.TestImports)
		packages = append(packages, *pkg)
	}
	slices.SortFunc(packages, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })

	return packages, nil
}

func (p *Package) add(file *File) error {
	into := &p.Imports
	if file.Test() {
		into = &p.TestImports
		if !strings.HasSuffix(file.Syntax.Name.Name, "_test") {
			p.InnerTests = append(p.InnerTests, path.Base(file.Name))
		}
	}

	for _, spec := range file.Syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", file.Name, spec.Path.Value, err)
		}
		*into = append(*into, name)
	}

	return nil
}
