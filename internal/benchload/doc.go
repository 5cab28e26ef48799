// Package benchload puts the same load on schedulers of different makers, so that
// the benchmarks of internal/bench measure one thing. It is used by tests only.
package benchload
