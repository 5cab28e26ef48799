package entity

import (
	"iter"
	"slices"
	"strings"
)

// Site is a place in a value that the sheet has a word about.
type Site struct {
	Path     []any
	Type     string
	Required bool
	Property bool
	Nullable bool
}

// Sites walks v, which is valid by a type, and yields every such place. It is
// written apart from the check: it says what the check must be able to see.
func (s *Sheet) Sites(typ string, v any) iter.Seq[Site] {
	return func(yield func(Site) bool) { s.walk(typ, nil, v, yield) }
}

func (s *Sheet) walk(typ string, path []any, v any, yield func(Site) bool) bool {
	switch x := v.(type) {
	case []any:
		inner := strings.TrimSuffix(strings.TrimPrefix(typ, "["), "]")
		for i, e := range x {
			at := append(slices.Clone(path), i)
			if !yield(Site{Path: at, Type: inner}) || !s.walk(inner, at, e, yield) {
				return false
			}
		}
	case map[string]any:
		for t := range strings.SplitSeq(typ, "|") {
			if len(s.Value(t, v)) == 0 {
				typ = t
				break
			}
		}
		for name, f := range s.fields(typ) {
			e, has := x[name]
			if !has {
				continue
			}
			at := append(slices.Clone(path), name)
			site := Site{Path: at, Type: f.Type, Property: true, Required: s.required(f), Nullable: f.Nullable}
			if !yield(site) || !s.walk(f.Type, at, e, yield) {
				return false
			}
		}
	}
	return true
}
