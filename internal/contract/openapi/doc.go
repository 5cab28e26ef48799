// Package openapi reads an OpenAPI 3.0 document and holds requests and answers
// against it: paths, parameters, bodies, references, types, enumerations,
// patterns, bounds, and what must be there, in allOf, anyOf and oneOf.
//
// # Design notes
//
// It knows the words that the documents at hand have and no others: one that it
// does not know fails Load, so that no constraint is passed over unseen.
//
// Requests are read strictly: a parameter or a property that the document does
// not have is a problem, also where the document would admit more, because a
// vendor ignores what it does not know and a typo would never be noticed.
// Answers may have more, as the vendor may add to them at any time.
//
// Sites and Example are written apart from the check on purpose: they say what
// the check must be able to see, and make what it must let pass.
package openapi
