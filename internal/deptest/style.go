package deptest

import (
	"cmp"
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// Limits are the bounds of the style that a program can measure.
type Limits struct {
	// FileLines is the length that no hand-written file exceeds, tests included.
	FileLines int
	// PackageFiles is the number of non-test files that no package exceeds.
	PackageFiles int
}

// Style is the repository's own bound.
var Style = Limits{FileLines: 700, PackageFiles: 25}

// Figures describe the lengths of hand-written non-test files.
type Figures struct {
	Files, Median, P90, Max int
	Longest                 string // name of the file with Max lines
}

// Measure returns the figures of a repository; zero figures for no files.
func Measure(files []*File) Figures {
	own := slices.DeleteFunc(slices.Clone(files), func(f *File) bool { return f.Test() || f.Generated() })
	if len(own) == 0 {
		return Figures{}
	}
	slices.SortFunc(own, func(a, b *File) int {
		return cmp.Or(cmp.Compare(a.Lines, b.Lines), strings.Compare(a.Name, b.Name))
	})

	last := own[len(own)-1]

	return Figures{
		Files:   len(own),
		Median:  own[(len(own)-1)/2].Lines,
		P90:     own[(len(own)-1)*9/10].Lines,
		Max:     last.Lines,
		Longest: last.Name,
	}
}

// CheckSizes returns the files that are too long and the packages that have
// too many files.
func CheckSizes(limits Limits, files []*File) []string {
	var found []string
	perDir := make(map[string]int)
	for _, file := range files {
		if !file.Test() {
			perDir[file.Dir()]++
		}
		if file.Lines > limits.FileLines && !file.Generated() {
			found = append(found, fmt.Sprintf(
				"%s has %d lines, more than %d: find the concept in it that wants a file of its own",
				file.Name, file.Lines, limits.FileLines))
		}
	}

	for dir, n := range perDir {
		if n > limits.PackageFiles {
			found = append(found, fmt.Sprintf(
				"%s has %d non-test files, more than %d: find the part that wants a package of its own",
				dir, n, limits.PackageFiles))
		}
	}
	slices.Sort(found)

	return found
}

// CheckInits returns the init functions: what a package does before main cannot
// be refused, configured or tested by the host.
func CheckInits(files []*File) []string {
	var found []string
	for _, file := range files {
		for _, decl := range file.Syntax.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "init" && !file.Generated() {
				found = append(found, file.Name+": func init(): do the work in a constructor, or in a variable's initialiser")
			}
		}
	}

	return found
}

// CheckSleeps returns the test files that call time.Sleep without being written
// for testing/synctest, in whose bubbles sleeping takes no time. Elsewhere a
// sleep is either too short, and the test fails by chance, or wastes time.
func CheckSleeps(files []*File) []string {
	var found []string
	for _, file := range files {
		if file.Test() && !file.imports("testing/synctest") && callsSleep(file.Syntax) {
			found = append(found, file.Name+": time.Sleep outside testing/synctest: run the test in a bubble, "+
				"inject a clock, or wait for the event itself")
		}
	}

	return found
}

func (f *File) imports(name string) bool {
	return slices.ContainsFunc(f.Syntax.Imports, func(spec *ast.ImportSpec) bool {
		return spec.Path.Value == `"`+name+`"`
	})
}

func callsSleep(syntax *ast.File) bool {
	found := false
	ast.Inspect(syntax, func(node ast.Node) bool {
		sel, ok := node.(*ast.SelectorExpr)
		found = found || ok && sel.Sel.Name == "Sleep" && isIdent(sel.X, "time")

		return !found
	})

	return found
}
