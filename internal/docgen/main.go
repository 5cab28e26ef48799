// Command docgen writes the tables of platforms, capabilities, guarantees and
// evidence and the sample into README.md, between its markers, and the pages
// platforms/EVIDENCE.md and docs/kpis.md. What it writes is what the drivers say of themselves
// when they are asked on their simulators, and what the files of package
// evidence claim, so that the tables cannot drift from the code:
//
//	go generate ./internal/docgen
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:generate go run . -file ../../README.md

func main() {
	file := flag.String("file", "README.md", "the file with the markers")
	flag.Parse()
	if err := run(context.Background(), *file); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, file string) error {
	reports, err := survey(ctx)
	if err != nil {
		return err
	}
	platforms := filepath.Join(filepath.Dir(file), "platforms")
	proven, err := proofs(platforms, reports)
	if err != nil {
		return err
	}
	if err := update(filepath.Join(platforms, "EVIDENCE.md"), []byte(evidencePage(proven))); err != nil {
		return err
	}
	if err := update(filepath.Join(filepath.Dir(file), "docs", "kpis.md"), []byte(kpiPage())); err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sample, err := sample(filepath.Join(platforms, "all", "example_readme_test.go"))
	if err != nil {
		return err
	}
	for name, table := range map[string]string{
		"platforms": platformTable(reports), "capabilities": capabilityTable(reports), "guarantees": guaranteeTable(reports),
		"evidence": evidenceTable(proven), "sample": sample,
	} {
		if text, err = replace(text, name, table); err != nil {
			return err
		}
	}
	return update(file, text)
}

// update writes a file if that changes it.
func update(file string, text []byte) error {
	old, err := os.ReadFile(file)
	if err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// sample returns the body of the example in an Example test, as Go code for
// Markdown: what the README shows is what the tests run.
func sample(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	_, body, ok := strings.Cut(string(text), "func Example() {\n")
	body, _, ok2 := strings.Cut(body, "\t// Output:")
	if !ok || !ok2 {
		return "", errors.New("no example with an output in " + file)
	}
	lines := strings.Split(strings.TrimRight(body, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "\t")
	}
	return "```go\n" + strings.Join(lines, "\n") + "\n```\n", nil
}

// replace puts a table between "<!-- name -->" and "<!-- /name -->".
func replace(text []byte, name, table string) ([]byte, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return nil, errors.New("no markers for the table of " + name)
	}
	return []byte(before + begin + table + end + after), nil
}
