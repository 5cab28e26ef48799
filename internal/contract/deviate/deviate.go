// Package deviate makes the deliberate mistakes by which a check, and a
// client's decoders, are tried: a field left out, a field renamed, a value of
// another type.
//
// # Design notes
//
// Mistakes are made systematically, one at a time and at every place, rather
// than at random: the count of those that a check must see is then a fact, and
// a run that sees fewer is a regression with a name. Random input is what the
// fuzz targets are for.
package deviate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is a kind of mistake.
type Kind string

// The kinds.
const (
	Missing Kind = "missing"
	Renamed Kind = "renamed"
	Swapped Kind = "swapped"
)

// Mistake is one deviation from a value.
type Mistake struct {
	Kind  Kind
	Path  []any // keys and indices to where it was made
	Value any   // the whole value, with the mistake in it

	how   string
	apply func(v any) any
}

func newMistake(k Kind, v any, path []any, how string, apply func(v any) any) Mistake {
	return Mistake{Kind: k, Path: path, Value: apply(v), how: how, apply: apply}
}

// Again makes the same mistake in another value of the same shape.
func (m Mistake) Again(v any) any { return m.apply(v) }

func (m Mistake) String() string { return fmt.Sprintf("%s %s %s", Path(m.Path), m.Kind, m.how) }

// Null reports whether the mistake is a null.
func (m Mistake) Null() bool { return m.Kind == Swapped && m.Now() == nil }

// Now returns what stands at the place of the mistake, nil for nothing.
func (m Mistake) Now() any { return at(m.Value, m.Path) }

// Path writes a path for people.
func Path(path []any) string {
	var b strings.Builder
	for _, p := range path {
		fmt.Fprintf(&b, "/%v", p)
	}
	return b.String()
}

// Remove returns v without the property at path.
func Remove(v any, path []any) Mistake {
	return newMistake(Missing, v, path, "", func(v any) any {
		return edit(v, path, func(o map[string]any, key string) { delete(o, key) })
	})
}

// Rename returns v with the property at path under a name that has its last
// letter twice: a typo that no decoder folds.
func Rename(v any, path []any) Mistake {
	name := fmt.Sprint(path[len(path)-1])
	typo := name + name[len(name)-1:]
	return newMistake(Renamed, v, path, "to "+typo, func(v any) any {
		return edit(v, path, func(o map[string]any, key string) {
			o[typo] = o[key]
			delete(o, key)
		})
	})
}

// Swap returns v with each other type of value in turn at path, null included,
// and a fraction where a number is.
func Swap(v any, path []any) []Mistake {
	var out []Mistake
	now := kind(at(v, path))
	for _, x := range []any{nil, true, json.Number("7"), json.Number("0.5"), "seven", []any{"seven"}, map[string]any{"seven": "7"}} {
		if kind(x) != now || x == json.Number("0.5") {
			out = append(out, newMistake(Swapped, v, path, now+" to "+show(x), func(v any) any { return replace(v, path, x) }))
		}
	}
	return out
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(b)
}

// kind is the JSON type of a value.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func at(v any, path []any) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			key, _ := p.(string)
			v = x[key]
		case []any:
			i, _ := p.(int)
			v = x[i]
		}
	}
	return v
}

// edit copies v along path and changes the object that holds its last key.
func edit(v any, path []any, change func(o map[string]any, key string)) any {
	if len(path) == 1 {
		o := shallow(v)
		m, isObject := o.(map[string]any)
		key, isKey := path[0].(string)
		if isObject && isKey {
			change(m, key)
		}
		return o
	}
	o := shallow(v)
	set(o, path[0], edit(at(v, path[:1]), path[1:], change))
	return o
}

// replace copies v along path and puts x at its end.
func replace(v any, path []any, x any) any {
	if len(path) == 0 {
		return x
	}
	o := shallow(v)
	set(o, path[0], replace(at(v, path[:1]), path[1:], x))
	return o
}

func set(v, key, x any) {
	switch o := v.(type) {
	case map[string]any:
		if k, ok := key.(string); ok {
			o[k] = x
		}
	case []any:
		if i, ok := key.(int); ok {
			o[i] = x
		}
	}
}

func shallow(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return maps.Clone(v)
	case []any:
		return append([]any{}, v...)
	}
	return v
}

// Focus returns v with every array on the way to path cut down to the element
// that path goes through, and the path in the result: a mistake in the
// hundredth line of a list is the same in a list of one.
func Focus(v any, path []any) (any, []any) {
	if len(path) == 0 {
		return v, nil
	}
	inner, rest := Focus(at(v, path[:1]), path[1:])
	if _, isArray := v.([]any); isArray {
		return []any{inner}, append([]any{0}, rest...)
	}
	o := shallow(v)
	set(o, path[0], inner)
	return o, append([]any{path[0]}, rest...)
}

// Each makes every mistake at every place of v, each place of a list once for
// all its elements, with no regard to what any contract says of it: decoders
// must survive all of them.
func Each(v any) []Mistake {
	var out []Mistake
	seen := make(map[string]bool)
	var walk func(path []any, x any)
	visit := func(path []any, x any) {
		if place := pattern(path) + kind(x); !seen[place] {
			seen[place] = true
			whole, p := Focus(v, path)
			if _, property := path[len(path)-1].(string); property {
				out = append(out, Remove(whole, p), Rename(whole, p))
			}
			out = append(out, Swap(whole, p)...)
		}
		walk(path, x)
	}
	walk = func(path []any, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, inner := range x {
				visit(append(slices.Clone(path), k), inner)
			}
		case []any:
			for i, inner := range x {
				visit(append(slices.Clone(path), i), inner)
			}
		}
	}
	walk(nil, v)
	return append(out, Swap(v, nil)...)
}

// pattern is a path without its indices.
func pattern(path []any) string {
	var b strings.Builder
	for _, p := range path {
		if _, isIndex := p.(int); isIndex {
			p = "*"
		}
		fmt.Fprintf(&b, "/%v", p)
	}
	return b.String()
}

// Some returns the mistakes to make: all of them or, where tests are to be short,
// one in ten, beginning with the first.
func Some(short bool, all []Mistake) []Mistake {
	if !short {
		return all
	}
	var out []Mistake
	for i := 0; i < len(all); i += 10 {
		out = append(out, all[i])
	}
	return out
}
