package deptest

import (
	"maps"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// A Rule is one row of the import table.
//
// Patterns name packages, segment by segment:
//
//	std            the whole standard library
//	./smm          the package smm of this repository, without what is below it
//	./smm/...      smm and everything below it
//	./platforms/*  any one segment
//	./platforms/<p>/<p>test
//	               <p> stands for one segment, the same everywhere in a rule:
//	               what a rule's Packages bind, its other patterns repeat
//	golang.org/x/text/...
//	               a package of another module, with everything below it
//	any            everything
type Rule struct {
	// Name says which packages the row is about, in words for a message.
	Name string
	// Packages are the patterns of the packages that the row governs. The first
	// row of the table that matches a package governs it.
	Packages []string
	// Names lists the values that the placeholders of Packages may take; empty
	// means any.
	Names []string
	// Allow lists what the row's code and tests may import.
	Allow []string
	// Deny wins over Allow, for code alone: what only tests may import.
	Deny []string
	// Forbid wins over everything, for code and tests.
	Forbid []string
	// Tests lists what tests may import in addition, even where Deny names it.
	Tests []string
	// ExternalTests demands that test files belong to package x_test, except
	// export_test.go, the usual window for external tests.
	ExternalTests bool
	// Cure tells who trips over the row what to do instead.
	Cure string
}

// binding holds what the placeholders of a pattern stand for.
type binding map[string]string

// match reports whether the import path is one of the pattern's, and what its
// placeholders then stand for, beside those that are bound already.
func match(pattern, path string, bound binding) (binding, bool) {
	switch pattern {
	case "any":
		return bound, true
	case "std":
		return bound, isStandard(path)
	}

	if rel, ok := strings.CutPrefix(pattern, "./"); ok {
		pattern = repo.Module + "/" + rel
	}

	want, below := strings.CutSuffix(pattern, "/...")
	wantSegs, pathSegs := strings.Split(want, "/"), strings.Split(path, "/")
	if len(pathSegs) < len(wantSegs) || (!below && len(pathSegs) > len(wantSegs)) {
		return nil, false
	}

	now := make(binding, len(bound)+1)
	maps.Copy(now, bound)
	for i, seg := range wantSegs {
		if !matchSegment(seg, pathSegs[i], now) {
			return nil, false
		}
	}

	return now, true
}

// matchSegment compares one segment and binds the placeholder it may hold.
func matchSegment(want, got string, bound binding) bool {
	if want == "*" {
		return true
	}

	before, rest, open := strings.Cut(want, "<")
	name, after, closed := strings.Cut(rest, ">")
	if !open || !closed {
		return want == got
	}

	if value, ok := bound[name]; ok {
		return got == before+value+after
	}

	value, okBefore := strings.CutPrefix(got, before)
	value, okAfter := strings.CutSuffix(value, after)
	if !okBefore || !okAfter || value == "" {
		return false
	}
	bound[name] = value

	return true
}

// isStandard reports whether path belongs to the standard library: the go
// command reserves first segments without a dot for it. So does "C", which
// Banned refuses before any row is asked.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")

	return !strings.Contains(first, ".")
}

// matchAny reports whether one of the patterns matches.
func matchAny(patterns []string, path string, bound binding) bool {
	for _, pattern := range patterns {
		if _, ok := match(pattern, path, bound); ok {
			return true
		}
	}

	return false
}

// govern returns the row that governs a package, and its bound placeholders.
func govern(rules []Rule, path string) (*Rule, binding) {
	for i := range rules {
		for _, pattern := range rules[i].Packages {
			bound, ok := match(pattern, path, nil)
			if ok && rules[i].named(bound) {
				return &rules[i], bound
			}
		}
	}

	return nil, nil
}

// named reports whether the placeholders stand for names that the row knows.
func (r *Rule) named(bound binding) bool {
	for _, name := range bound {
		if len(r.Names) > 0 && !slices.Contains(r.Names, name) {
			return false
		}
	}

	return true
}
