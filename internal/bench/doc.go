// Package bench measures smmkit against its peers: the same load, in the same run,
// on the same machine. Its command runs the benchmarks of all peers back to back,
// several rounds of it, and writes medians and ratios to docs/benchmarks.md:
//
//	go run ./internal/bench -rounds 5 -write
package main
