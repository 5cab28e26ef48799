package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage:
	go test -json ... | citool test -results FILE
	citool record -results FILE NAME pass|fail|skip
	citool total -results FILE`

// errFailed says that the run is reported and that something in it failed.
var errFailed = errors.New("failed")

func main() {
	err := run(os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case errors.Is(err, errFailed):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "citool:", err)
		os.Exit(2)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}

	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	file := flags.String("results", "", "the file to which results are appended, one JSON object per line")
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w\n%s", err, usage)
	}
	if *file == "" {
		return errors.New("-results is missing\n" + usage)
	}

	switch {
	case args[0] == "test" && flags.NArg() == 0:
		return test(*file, in, out)
	case args[0] == "record" && flags.NArg() == 2:
		return record(*file, flags.Arg(0), flags.Arg(1))
	case args[0] == "total" && flags.NArg() == 0:
		return total(*file, out)
	default:
		return errors.New(usage)
	}
}

// test reports a stream and appends its results.
func test(file string, in io.Reader, out io.Writer) error {
	buffered := bufio.NewWriter(out)
	report := newReport(buffered)
	if err := report.read(in); err != nil {
		return err
	}
	report.finish()
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := appendResults(file, report.results); err != nil {
		return err
	}
	if report.failed {
		return errFailed
	}

	return nil
}

// record appends the result of a check that is no Go test.
func record(file, name, verdict string) error {
	switch verdict {
	case passed, failed, skipped:
		return appendResults(file, []result{{Package: "check", Test: name, Verdict: verdict}})
	default:
		return fmt.Errorf("%q is no verdict\n%s", verdict, usage)
	}
}

// total adds up what a file holds.
func total(file string, out io.Writer) error {
	results, err := readResults(file)
	if err != nil {
		return err
	}

	sum := add(results)
	if err := sum.print(out); err != nil {
		return err
	}
	if sum.failed > 0 {
		return errFailed
	}

	return nil
}
