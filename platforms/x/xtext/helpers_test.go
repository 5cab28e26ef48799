package xtext_test

import "golang.org/x/text/unicode/norm"

func changedByNFC(r rune) bool { return norm.NFC.String(string(r)) != string(r) }
