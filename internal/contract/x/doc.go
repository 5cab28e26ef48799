// Package x holds the client of X against the vendor's OpenAPI document.
//
// Every method of the client is called, with each spelling of fields; each
// request must be one of the document, by the credential that the document names
// for it, and what the document promises as an answer is what the client is
// given. Where the client departs from the document on purpose the reason stands
// in platforms/x/testdata/deviations.json, of which none may be left unused.
package x
