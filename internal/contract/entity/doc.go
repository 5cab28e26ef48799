// Package entity validates JSON against a vendor's documentation that was
// written down as data: entities with their fields, and methods with their
// parameters, each with the version of the server that it appeared in.
//
// It stands in for a machine-readable contract where the vendor publishes none.
// [Sheet.At] picks a version; from then on a field that the version does not
// have yet is as wrong as one that no version has.
//
// # Design notes
//
// Rejected: OpenAPI documents that third parties derive from the documentation,
// which are wrong where it is unclear and do not know versions; and types in Go
// with struct tags, because the file is meant to be read beside the
// documentation, line by line.
package entity
