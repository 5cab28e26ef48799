package main

import (
	"bytes"

	"github.com/smmkit/smmkit/brand"
	"github.com/smmkit/smmkit/smm"
)

// parseGuide compiles a brand guide. It is a gate: the client asks it about
// every post before it leaves, and answers to comments are posts too.
func parseGuide(b []byte) (smm.Gate, error) { return brand.Load(bytes.NewReader(b)) }
