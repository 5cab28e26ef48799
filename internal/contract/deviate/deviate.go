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
	Now   string
}

func (m Mistake) String() string { return fmt.Sprintf("%s %s %s", Path(m.Path), m.Kind, m.Now) }

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
	return Mistake{Missing, path, edit(v, path, func(o map[string]any, key string) { delete(o, key) }), ""}
}

// Rename returns v with the property at path under a name that differs in its
// last letter's double, a typo that no decoder folds.
func Rename(v any, path []any) Mistake {
	name := fmt.Sprint(path[len(path)-1])
	typo := name + name[len(name)-1:]
	return Mistake{Renamed, path, edit(v, path, func(o map[string]any, key string) {
		o[typo] = o[key]
		delete(o, key)
	}), typo}
}

// Swap returns v with each other type of value in turn at path, null included.
func Swap(v any, path []any) []Mistake {
	var out []Mistake
	now := kind(at(v, path))
	for _, x := range []any{nil, true, json.Number("7"), json.Number("0.5"), "seven", []any{"seven"}, map[string]any{"seven": "7"}} {
		if k := kind(x); k != now || k == "number" && x == json.Number("0.5") {
			out = append(out, Mistake{Swapped, path, replace(v, path, x), now + " to " + show(x)})
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
		o := make(map[string]any, len(v))
		for k, x := range v {
			o[k] = x
		}
		return o
	case []any:
		return append([]any{}, v...)
	}
	return v
}

// All makes every mistake at every place of v, with no regard to what any
// contract says of it: decoders must survive all of them.
func All(v any) []Mistake {
	out := Swap(v, nil)
	var walk func(path []any, x any)
	walk = func(path []any, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, inner := range x {
				p := append(append([]any{}, path...), k)
				out = append(out, Remove(v, p), Rename(v, p))
				out = append(out, Swap(v, p)...)
				walk(p, inner)
			}
		case []any:
			for i, inner := range x {
				p := append(append([]any{}, path...), i)
				out = append(out, Swap(v, p)...)
				walk(p, inner)
			}
		}
	}
	walk(nil, v)
	return out
}
