// Package evidence keeps the record of what proves each operation of each
// platform: the files under platforms/<p>/testdata/evidence, from which
// platforms/EVIDENCE.md is generated.
//
// A test that proves operations calls [Check]: it fails when the file claims
// more than the run has seen. [Operations] reads the operations of a vendor
// client off its source, so that one without any proof shows up as resting on
// documentation only.
//
// # Design notes
//
// Rejected: a list of operations by hand, which forgets what is added; and
// deriving levels from test names, which proves that a test exists and not what
// it saw. The files are claims that are checked, and not logs: they change only
// when a person asks for it by SMMKIT_EVIDENCE=write.
package evidence
