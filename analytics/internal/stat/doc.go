// Package stat has the distributions that the packages of analytics test with:
// normal, Student's t, chi-square, and the incomplete beta and gamma functions
// under them.
//
// All functions are pure and safe for concurrent use. Arguments outside the
// stated range give NaN; callers check theirs first.
//
// # Design notes
//
// The standard library stops at Lgamma and Erf. A statistics library would be
// a dependency of every script; what is needed here is three hundred lines
// that can be compared with reference values.
//
// Powers over complete beta and gamma functions are not computed as a
// difference of Lgamma, which loses seven digits at a million degrees of
// freedom, but from Stirling's remainder and the deviance, as in C. Loader,
// "Fast and Accurate Computation of Binomial Probabilities", 2000.
package stat
