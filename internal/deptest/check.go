package deptest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// A Package is what the checks need to know of one package.
type Package struct {
	// Path is the import path.
	Path string
	// Imports are the imports of shipped code.
	Imports []string
	// TestImports are the imports of all test files, of both kinds.
	TestImports []string
	// InnerTests are the names of test files that belong to the package itself
	// and not to its external test package.
	InnerTests []string
}

// A Violation is one breach of the table.
type Violation struct {
	Package string // import path
	Import  string // what it imports; empty if the breach is of another kind
	Rule    string // name of the row
	What    string // what is wrong
	Cure    string // what to do
}

// String is a message that needs no knowledge of the table.
func (v Violation) String() string {
	subject := short(v.Package)
	if v.Import != "" {
		subject += " imports " + short(v.Import)
	}

	return fmt.Sprintf("%s\n\trule: %s\n\twrong: %s\n\tdo: %s", subject, v.Rule, v.What, v.Cure)
}

// Check judges packages by a table and returns every breach, in the order of
// the packages.
func Check(rules []Rule, banned map[string]string, packages []Package) []Violation {
	var found []Violation //nolint:prealloc // a clean repository needs none
	for i := range packages {
		found = append(found, checkPackage(rules, banned, &packages[i])...)
	}

	return found
}

func checkPackage(rules []Rule, banned map[string]string, pkg *Package) []Violation {
	rule, bound := govern(rules, pkg.Path)
	if rule == nil {
		return []Violation{{
			Package: pkg.Path,
			Rule:    "every package has a row in the import table",
			What:    "no row covers this package",
			Cure:    "move it into a folder of the design, or add a row to internal/deptest/rules.go with its reason",
		}}
	}

	c := checker{rule: rule, bound: bound, banned: banned, pkg: pkg}
	for _, imp := range pkg.Imports {
		c.checkImport(imp, false)
	}
	for _, imp := range pkg.TestImports {
		c.checkImport(imp, true)
	}
	if rule.ExternalTests {
		c.checkInnerTests()
	}

	return c.found
}

// checker gathers the breaches of one package.
type checker struct {
	rule   *Rule
	bound  binding
	banned map[string]string
	pkg    *Package
	found  []Violation
}

func (c *checker) report(imp, what, cure string) {
	c.found = append(c.found, Violation{
		Package: c.pkg.Path, Import: imp, Rule: c.rule.Name, What: what, Cure: cure,
	})
}

func (c *checker) checkImport(imp string, test bool) {
	for pattern, reason := range c.banned {
		if _, ok := match(pattern, imp, nil); ok {
			c.report(imp, "banned in the whole repository", reason)

			return
		}
	}

	// A package's external tests import the package itself.
	if test && imp == c.pkg.Path {
		return
	}
	if !c.allowed(imp, test) {
		c.report(imp, c.explain(imp, test), c.rule.Cure)
	}
}

// allowed applies the row: Forbid wins over all, Tests over Deny, Deny over Allow.
func (c *checker) allowed(imp string, test bool) bool {
	switch {
	case matchAny(c.rule.Forbid, imp, c.bound):
		return false
	case test && matchAny(c.rule.Tests, imp, c.bound):
		return true
	case matchAny(c.rule.Deny, imp, c.bound):
		return false
	default:
		return matchAny(c.rule.Allow, imp, c.bound)
	}
}

// explain tells which list of the row decided.
func (c *checker) explain(imp string, test bool) string {
	kind, allow := "its code", c.rule.Allow
	if test {
		kind, allow = "its tests", join(c.rule.Allow, c.rule.Tests)
	}

	switch {
	case matchAny(c.rule.Forbid, imp, c.bound):
		return kind + " may never import that"
	case matchAny(c.rule.Deny, imp, c.bound) && !test:
		return "that is for tests only, and this import is in shipped code"
	}

	names := make([]string, len(allow))
	for i, pattern := range allow {
		names[i] = c.spell(pattern)
	}

	return kind + " may import only " + strings.Join(names, ", ")
}

// spell writes a pattern with the names that its placeholders stand for.
func (c *checker) spell(pattern string) string {
	for name, value := range c.bound {
		pattern = strings.ReplaceAll(pattern, "<"+name+">", value)
	}

	return pattern
}

func (c *checker) checkInnerTests() {
	const window = "export_test.go"

	inner := slices.DeleteFunc(slices.Clone(c.pkg.InnerTests), func(name string) bool { return name == window })
	if len(inner) == 0 {
		return
	}

	name := path.Base(c.pkg.Path)
	c.report("", "test files inside the package: "+strings.Join(inner, ", "),
		fmt.Sprintf("declare package %s_test there; what a test must reach inside goes through %s", name, window))
}

// short shortens paths of this repository to the form of the table.
func short(importPath string) string {
	if rel, ok := strings.CutPrefix(importPath, repo.Module+"/"); ok {
		return "./" + rel
	}

	return importPath
}
