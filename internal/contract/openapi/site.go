package openapi

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// Site is a place in a value that a schema governs.
type Site struct {
	Path     []any // keys and indices, from the outermost
	Type     string
	Required bool
	Property bool // of an object, and no element of an array
	Free     bool // the document admits anything here
}

// BodySites walks a JSON body that is valid and yields its places.
func (d *Document) BodySites(o *Operation, v any) iter.Seq[Site] {
	return func(yield func(Site) bool) { d.walk(o.Body["application/json"], nil, v, yield) }
}

func (d *Document) walk(s *Schema, path []any, v any, yield func(Site) bool) bool {
	s = d.Resolve(s)
	switch x := v.(type) {
	case map[string]any:
		for name, inner := range x {
			p := d.Resolve(s.Properties[name])
			if p == nil {
				continue
			}
			at := append(slices.Clone(path), name)
			site := Site{Path: at, Type: p.Type, Required: d.needs(s, x, name), Property: true, Free: p.Type == "" && len(p.OneOf)+len(p.AnyOf)+len(p.AllOf) == 0}
			if !yield(site) || !d.walk(p, at, inner, yield) {
				return false
			}
		}
	case []any:
		for i, inner := range x {
			at := append(slices.Clone(path), i)
			if s.Items == nil {
				continue
			}
			if !yield(Site{Path: at, Type: d.Resolve(s.Items).Type}) || !d.walk(s.Items, at, inner, yield) {
				return false
			}
		}
	}
	return true
}

// needs says whether o may not lack a property: it is required, or the last of
// those of which one must be there.
func (d *Document) needs(s *Schema, o map[string]any, name string) bool {
	if slices.Contains(s.Required, name) {
		return true
	}
	if len(s.AnyOf) == 0 {
		return false
	}
	for _, a := range s.AnyOf {
		others := true
		for _, r := range d.Resolve(a).Required {
			_, has := o[r]
			others = others && has && r != name
		}
		if others {
			return false
		}
	}
	return true
}

// samples are tried where a pattern is asked for.
var samples = []string{"1234567890", "13_1234567890", "EN", "202610010000", "name_1", "abc", "A1", "1-2", "https://a.example/x"}

// Example makes an answer with everything in it that the document has, for a
// status. How deep it goes is bounded, since schemas may hold themselves.
func (d *Document) Example(o *Operation, status string) (any, error) {
	for contentType, s := range o.Answers[status] {
		if contentType == "application/json" {
			return d.example(s, 0)
		}
	}
	return nil, fmt.Errorf("%s %s has no JSON answer %s", o.Method, o.Path, status)
}

const maxDepth = 8

func (d *Document) example(s *Schema, depth int) (any, error) {
	s = d.Resolve(s)
	switch {
	case len(s.OneOf) > 0:
		return d.example(s.OneOf[0], depth)
	case len(s.AnyOf) > 0 && s.Type == "":
		return d.example(s.AnyOf[0], depth)
	}
	switch s.Type {
	case "object":
		out := make(map[string]any)
		for name, p := range s.Properties {
			if depth >= maxDepth && !slices.Contains(s.Required, name) {
				continue
			}
			v, err := d.example(p, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = v
		}
		return out, nil
	case "array":
		n := 1
		if s.MinItems != nil {
			n = max(n, *s.MinItems)
		}
		var out []any
		for range n {
			v, err := d.example(s.Items, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	case "integer", "number":
		if s.Minimum != nil && *s.Minimum > 7 {
			return json.Number(strconv.FormatInt(int64(*s.Minimum), 10)), nil
		}
		return json.Number("7"), nil
	case "boolean":
		return true, nil
	case "string":
		return s.exampleString()
	}
	return map[string]any{}, nil
}

func (s *Schema) exampleString() (any, error) {
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0], nil
	case s.Format == "date-time":
		return "2026-10-01T00:00:00Z", nil
	case s.Pattern != nil:
		for _, t := range samples {
			if s.Pattern.MatchString(t) {
				return t, nil
			}
		}
		return nil, fmt.Errorf("no sample fits %s", s.Pattern)
	}
	return "7", nil
}
