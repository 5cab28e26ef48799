// Package sentiment measures the sentiment scorer against govader, the Go port of
// VADER: texts a second and allocations on the same comments in the same run, and
// agreement with people on the same labelled texts.
package sentiment
