// Package smmtest is the conformance suite that every driver passes. It is
// importable, so that drivers made elsewhere can prove the same.
package smmtest
