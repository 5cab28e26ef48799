// Command citool turns the event stream of "go test -json" into a report for
// people, and adds up what several runs found.
//
//	go test -json ./... | citool test -results results.jsonl
//	citool record -results results.jsonl lint pass
//	citool total -results results.jsonl
//
// The test command prints one line per package, the output of failed tests
// only, and the reason of every skip. It ends with status 1 if anything failed,
// including packages that do not compile and streams that break off.
//
// The total command prints as its last line "N passed, N failed, N skipped".
// A test counts once, however many runs repeated it (with and without the race
// detector, in and outside the workspace): it failed if any run failed, and was
// skipped only if every run skipped it. Of a test with subtests the subtests
// count, and the test itself only when it failed on its own account.
//
// # Design notes
//
// Rejected: gotestsum and similar tools, which would be a dependency to install
// before the first test for what are two hundred lines; and counting "--- PASS"
// lines with grep, which miscounts tests that print such lines and misses
// packages that do not compile.
package main
