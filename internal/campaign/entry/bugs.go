package entry

import "github.com/smmkit/smmkit/internal/campaign/ground"

// Bug is a mistake made on purpose.
type Bug struct {
	ground.Bug

	Where string // store, engine or driver
	What  string
	By    []string // the entries that find it
}

var bugs = map[string]Bug{}
