// Package deptest keeps the shape of the repository: who may import whom, how
// large a file may grow, what may not appear in a signature.
//
// Its tests read every Go file of every module of the repository and judge
// them by the table in rules.go (imports) and the limits in style.go. A
// violation names the package, the import, the rule and the way out. The
// checkers are plain functions over plain data, and are themselves tested with
// made-up packages for every row, because a checker that finds nothing looks
// just like a clean repository.
//
// To change who may import whom, change the row in rules.go, with its reason,
// together with the samples in rules_test.go that prove the change.
//
// # Design notes
//
// Files are parsed, not listed with "go list": one run of go list sees one
// operating system and one set of build tags, and it stops where a package does
// not compile. Parsing sees every import of every file, also behind a build tag.
//
// Rejected: depguard alone. It cannot bind a name ("another platform", "its own
// children"), it sees one package at a time, and its configuration cannot be
// tested. The linter configuration repeats the coarse bans for the editor's
// sake; this package decides.
package deptest
