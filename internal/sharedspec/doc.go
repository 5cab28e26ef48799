// Package sharedspec finds the official specifications, test vectors and
// reference data that tests compare this library with.
//
// They are too large and too foreign to be committed (the module's zip ships
// to every host), so they live in a directory beside the checkout:
//
//	shared/
//	  specs/    machine-readable contracts of the vendors (*.json.gz)
//	  vectors/  conformance vectors
//	  data/     labelled corpora and Unicode data
//
// The directory is, in this order, the one that the environment variable
// SMMKIT_SHARED names, or "../shared" seen from the folder of the root go.mod.
// A test that needs it is skipped with a printed reason while it is absent;
// with SMMKIT_REQUIRE=1, which continuous integration sets as soon as the
// directory exists, a missing file fails the test instead, so that a check
// cannot vanish unseen.
//
// # Design notes
//
// Rejected: embedding the files (megabytes in every host's module cache), and
// downloading them in the test (a test run would depend on foreign servers and
// would not be repeatable). Rejected too: returning an error instead of
// skipping, since every caller would have to repeat the same decision.
//
// Only the standard library is used, so that packages whose tests may import
// nothing else (smm, analytics, scheduler) can use it too.
package sharedspec
