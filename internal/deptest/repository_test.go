package deptest

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// repository returns the folder of the repository.
func repository(t *testing.T) string {
	t.Helper()

	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := repo.Root(wd)
	if err != nil {
		t.Fatal(err)
	}

	return root
}

func repositoryFiles(t *testing.T) []*File {
	t.Helper()

	files, err := LoadFiles(os.DirFS(repository(t)))
	if err != nil {
		t.Fatal(err)
	}

	return files
}

// TestRepositoryImports holds every package of every module to the table.
func TestRepositoryImports(t *testing.T) {
	packages, err := Packages(repositoryFiles(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(packages, func(p Package) bool { return p.Path == repo.Module+"/internal/deptest" }) {
		t.Fatalf("this very package is not among the %d found: the walk is broken", len(packages))
	}

	for _, v := range Check(Rules, Banned, packages) {
		t.Error(v)
	}
	t.Logf("%d packages", len(packages))
}

// TestRepositoryStyle holds every file to the limits that a program can measure.
func TestRepositoryStyle(t *testing.T) {
	files := repositoryFiles(t)

	figures := Measure(files)
	t.Logf("%d hand-written files without tests: median %d lines, 90 %% up to %d, longest %d (%s)",
		figures.Files, figures.Median, figures.P90, figures.Max, figures.Longest)

	for _, found := range slices.Concat(
		CheckSizes(Style, files), CheckInits(files), CheckSignatures(files), CheckSleeps(files)) {
		t.Error(found)
	}
}

// TestModules holds modules to the rules that make paths predictable: a nested
// module's path follows its folder, it uses the root module of this checkout,
// and go.work lists it.
func TestModules(t *testing.T) {
	root := repository(t)
	modules, err := FindModules(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}

	work, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil && len(modules) > 1 {
		t.Errorf("%d modules and no go.work: without it, go test work covers the root module alone", len(modules))
	}

	for _, module := range modules {
		if want := path.Join(repo.Module, module.Dir); module.Path != want {
			t.Errorf("%s/go.mod declares %q, want %q, which follows its folder", module.Dir, module.Path, want)
		}
		if module.Dir == "." {
			continue
		}
		if !usedBy(string(work), module.Dir) {
			t.Errorf("go.work does not use ./%s: add it, or its tests never run", module.Dir)
		}
		up := strings.Repeat("../", strings.Count(module.Dir, "/")+1)
		replace := repo.Module + " => " + strings.TrimSuffix(up, "/")
		mod, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(module.Dir), "go.mod"))
		if err != nil {
			t.Error(err)
		} else if !strings.Contains(string(mod), replace) {
			t.Errorf("%s/go.mod lacks %q: with GOWORK=off it would look for a released root module", module.Dir, "replace "+replace)
		}
	}
}

// usedBy reports whether a go.work has a use directive for a folder, in either
// of the two forms that the go command writes.
func usedBy(work, dir string) bool {
	for line := range strings.Lines(work) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "use "))
		if len(fields) > 0 && fields[0] == "./"+dir {
			return true
		}
	}

	return false
}

// TestDependenciesAreDocumented compares every module's direct requirements
// with docs/dependencies.md.
func TestDependenciesAreDocumented(t *testing.T) {
	root := repository(t)
	doc, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := FindModules(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}

	for _, module := range modules {
		mod, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(module.Dir), "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range directRequirements(string(mod)) {
			if !strings.HasPrefix(name, repo.Module) && !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("%s/go.mod requires %s, which docs/dependencies.md does not explain", module.Dir, name)
			}
		}
	}
}

// directRequirements returns the modules that a go.mod requires for its own
// packages.
func directRequirements(mod string) []string { return requirementLines(mod, false) }

// requirements returns all modules that a go.mod requires.
func requirements(mod string) []string { return requirementLines(mod, true) }

// requirementLines reads the layout that the go command writes.
func requirementLines(mod string, indirect bool) []string {
	var names []string
	inside := false
	for line := range strings.Lines(mod) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			inside = true
		case line == ")":
			inside = false
		case strings.HasSuffix(line, "// indirect") && !indirect:
		case inside || strings.HasPrefix(line, "require "):
			if fields := strings.Fields(strings.TrimPrefix(line, "require ")); len(fields) >= 2 {
				names = append(names, fields[0])
			}
		}
	}

	return names
}

func TestDirectRequirements(t *testing.T) {
	const mod = "module m\n\ngo 1.26.0\n\nrequire example.com/one v1.0.0\n\n" +
		"require (\n\texample.com/two v1.0.0\n\texample.com/three v1.0.0 // indirect\n)\n\nreplace example.com/two => ../two\n"
	if got, want := directRequirements(mod), []string{"example.com/one", "example.com/two"}; !slices.Equal(got, want) {
		t.Errorf("direct: got %v, want %v", got, want)
	}
	if got := requirements(mod); len(got) != 3 {
		t.Errorf("all: got %v, want three", got)
	}
}

func TestUsedBy(t *testing.T) {
	for _, work := range []string{"go 1.26.0\n\nuse (\n\t.\n\t./smm/store\n)\n", "go 1.26.0\n\nuse ./smm/store\n"} {
		if !usedBy(work, "smm/store") || usedBy(work, "smm") || usedBy(work, "store") {
			t.Errorf("wrong answer for\n%s", work)
		}
	}
}
