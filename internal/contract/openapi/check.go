package openapi

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Problem is one violation.
type Problem struct {
	Path string
	Text string
}

func (p Problem) String() string { return p.Path + ": " + p.Text }

// checker collects the problems of one value.
type checker struct {
	doc    *Document
	strict bool // properties that are not in the document are problems
	found  []Problem
}

func (k *checker) add(path, format string, a ...any) {
	k.found = append(k.found, Problem{path, fmt.Sprintf(format, a...)})
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	if len(b) > 80 {
		b = append(b[:80], "..."...)
	}
	return string(b)
}

// check judges v.
func (k *checker) check(s *Schema, path string, v any) {
	s = k.doc.Resolve(s)
	if v == nil {
		if !s.Nullable && (s.Type != "" || len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0) {
			k.add(path, "null is not admitted")
		}
		return
	}
	switch s.Type {
	case "object":
		k.object(s, path, v)
	case "array":
		k.array(s, path, v)
	case "string":
		k.str(s, path, v)
	case "integer", "number":
		k.number(s, path, v)
	case "boolean":
		if _, ok := v.(bool); !ok {
			k.add(path, "%s is no boolean", show(v))
		}
	default:
		if _, isObject := v.(map[string]any); isObject && (len(s.Properties) > 0 || len(s.Required) > 0) {
			k.object(s, path, v)
		}
	}
	k.composed(s, path, v)
}

// composed judges v by the alternatives of s.
func (k *checker) composed(s *Schema, path string, v any) {
	for _, part := range s.AllOf {
		k.check(part, path, v)
	}
	fits := func(list []*Schema) (n int, best []Problem) {
		for _, alternative := range list {
			inner := &checker{doc: k.doc, strict: k.strict}
			inner.check(alternative, path, v)
			if len(inner.found) == 0 {
				n++
			} else if best == nil || len(inner.found) < len(best) {
				best = inner.found
			}
		}
		return n, best
	}
	if len(s.AnyOf) > 0 {
		if n, best := fits(s.AnyOf); n == 0 {
			k.add(path, "fits none of %d alternatives; the nearest says: %v", len(s.AnyOf), best[0])
		}
	}
	if len(s.OneOf) > 0 {
		switch n, best := fits(s.OneOf); {
		case n == 0:
			k.add(path, "fits none of %d alternatives; the nearest says: %v", len(s.OneOf), best[0])
		case n > 1 && k.strict:
			k.add(path, "fits %d alternatives of which one is wanted", n)
		}
	}
}

func (k *checker) object(s *Schema, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		k.add(path, "%s is no object", show(v))
		return
	}
	for _, name := range s.Required {
		if _, has := o[name]; !has {
			k.add(path, "%s is missing", name)
		}
	}
	for name, x := range o {
		p, declared := s.Properties[name]
		switch {
		case declared:
			k.check(p, path+"."+name, x)
		case s.Closed || k.strict && s.Properties != nil:
			k.add(path, "%s is not in the document", name)
		}
	}
}

func (k *checker) array(s *Schema, path string, v any) {
	list, ok := v.([]any)
	if !ok {
		k.add(path, "%s is no array", show(v))
		return
	}
	if s.MinItems != nil && len(list) < *s.MinItems || s.MaxItems != nil && len(list) > *s.MaxItems {
		k.add(path, "%d items are too few or too many", len(list))
	}
	seen := make(map[string]bool)
	for i, x := range list {
		k.check(s.Items, path+"["+strconv.Itoa(i)+"]", x)
		if s.Unique && seen[show(x)] {
			k.add(path, "%s stands there twice", show(x))
		}
		seen[show(x)] = true
	}
}

func (k *checker) str(s *Schema, path string, v any) {
	t, ok := v.(string)
	if !ok {
		k.add(path, "%s is no string", show(v))
		return
	}
	n := utf8.RuneCountInString(t)
	if s.MinLength != nil && n < *s.MinLength || s.MaxLength != nil && n > *s.MaxLength {
		k.add(path, "%d characters are too few or too many", n)
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, t) {
		k.add(path, "%s is none of %v", show(v), s.Enum)
	}
	if s.Pattern != nil && !s.Pattern.MatchString(t) {
		k.add(path, "%s does not match %s", show(v), s.Pattern)
	}
	if s.Beyond != "" {
		k.add(path, "%s cannot be judged by %s", show(v), s.Beyond)
	}
	if s.Format == "date-time" {
		if _, err := time.Parse(time.RFC3339, t); err != nil {
			k.add(path, "%s is no time", show(v))
		}
	}
}

func (k *checker) number(s *Schema, path string, v any) {
	n, ok := v.(json.Number)
	if !ok {
		k.add(path, "%s is no number", show(v))
		return
	}
	f, err := n.Float64()
	if err != nil {
		k.add(path, "%s is no number", n)
		return
	}
	if s.Type == "integer" {
		if _, err := n.Int64(); err != nil {
			k.add(path, "%s is no integer", n)
		}
	}
	if s.Format == "int32" && (f > math.MaxInt32 || f < math.MinInt32) {
		k.add(path, "%s is too large for 32 bits", n)
	}
	if s.Minimum != nil && f < *s.Minimum || s.Maximum != nil && f > *s.Maximum {
		k.add(path, "%s is too small or too large", n)
	}
}
