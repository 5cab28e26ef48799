package lexicon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Problem is one violation.
type Problem struct {
	Path string // "app.bsky.feed.getPosts output.posts[0].uri"
	Text string
}

func (p Problem) String() string { return p.Path + ": " + p.Text }

// Value checks a decoded value against the definition "nsid" or "nsid#name".
func (c *Catalog) Value(id string, v any) []Problem {
	nsid, def := c.find("", id)
	k := &checker{catalog: c}
	if def == nil {
		k.add(id, "no such lexicon")
		return k.found
	}
	k.check(nsid, def, id, v)
	return k.found
}

// checker collects the problems of one value.
type checker struct {
	catalog *Catalog
	found   []Problem
}

func (k *checker) add(path, format string, a ...any) {
	k.found = append(k.found, Problem{path, fmt.Sprintf(format, a...)})
}

// check judges v by def, which stands in the lexicon from.
func (k *checker) check(from string, def *Def, path string, v any) {
	switch def.Type {
	case "object", "params":
		k.object(from, def, path, v)
	case "record":
		k.record(from, def, path, v)
	case "array":
		k.array(from, def, path, v)
	case "ref":
		nsid, target := k.catalog.find(from, def.Ref)
		k.named(typeName(from, def.Ref), path, v)
		k.check(nsid, target, path, v)
	case "union":
		k.union(from, def, path, v)
	case "string":
		k.str(def, path, v)
	case "integer":
		k.integer(def, path, v)
	case "boolean":
		if b, ok := v.(bool); !ok || def.Const != nil && def.Const != b {
			k.add(path, "%s is no such boolean", show(v))
		}
	case "bytes":
		k.bytes(def, path, v)
	case "cid-link":
		k.link(path, v)
	case "blob":
		k.blob(def, path, v)
	case "unknown":
		k.unknown(def, path, v)
	case "null":
		if v != nil {
			k.add(path, "%s is not null", show(v))
		}
	case "token":
		k.add(path, "a token names something and is no value")
	default:
		k.add(path, "%s is a %s and no value", from, def.Type)
	}
}

func (k *checker) object(from string, def *Def, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		k.add(path, "want an object, got %s", show(v))
		return
	}
	for _, name := range def.Required {
		if _, ok := o[name]; !ok {
			k.add(path, "%s is missing", name)
		}
	}
	for name, x := range o {
		p := def.Properties[name]
		at := path + "." + name
		switch {
		case name == "$type":
			k.typeField(path, x)
		case p == nil && k.catalog.exact:
			k.add(path, "%s is not in the lexicon", name)
		case p == nil:
			k.model(at, x)
		case x == nil && slices.Contains(def.Nullable, name):
		case x == nil && p.Type != "null":
			k.add(at, "null")
		default:
			k.check(from, p, at, x)
		}
	}
}

// typeField checks that $type is a name at all; which one is up to the union or
// record around it.
func (k *checker) typeField(path string, v any) {
	if s, ok := v.(string); !ok || s == "" {
		k.add(path, "$type is %s", show(v))
	}
}

// named checks a $type that stands where none is needed.
func (k *checker) named(want, path string, v any) {
	if o, ok := v.(map[string]any); ok {
		if t, has := o["$type"]; has && t != want {
			k.add(path, "$type is %s, want %s", show(t), want)
		}
	}
}

func (k *checker) record(from string, def *Def, path string, v any) {
	if o, ok := v.(map[string]any); ok && o["$type"] != from {
		k.add(path, "$type is %s, want %s", show(o["$type"]), from)
	}
	k.object(from, def.Record, path, v)
}

func (k *checker) array(from string, def *Def, path string, v any) {
	items, ok := v.([]any)
	if !ok {
		k.add(path, "want an array, got %s", show(v))
		return
	}
	k.length(def.MinLength, def.MaxLength, path, len(items), "elements")
	for i, x := range items {
		k.check(from, def.Items, fmt.Sprintf("%s[%d]", path, i), x)
	}
}

func (k *checker) length(low, high *int, path string, n int, unit string) {
	if low != nil && n < *low {
		k.add(path, "%d %s, at least %d", n, unit, *low)
	}
	if high != nil && n > *high {
		k.add(path, "%d %s, at most %d", n, unit, *high)
	}
}

func (k *checker) union(from string, def *Def, path string, v any) {
	o, ok := v.(map[string]any)
	t, typed := o["$type"].(string)
	if !ok || !typed || t == "" {
		k.add(path, "a union needs an object with $type, got %s", show(v))
		return
	}
	for _, ref := range def.Refs {
		if typeName(from, ref) == t {
			nsid, target := k.catalog.find(from, ref)
			k.check(nsid, target, path, v)
			return
		}
	}
	if def.Closed || k.catalog.exact {
		k.add(path, "$type %s is not one of the union's", show(t))
		return
	}
	k.model(path, v)
}

func (k *checker) integer(def *Def, path string, v any) {
	n, ok := v.(json.Number)
	i, err := n.Int64()
	switch {
	case !ok || err != nil:
		k.add(path, "want an integer, got %s", show(v))
	case def.Minimum != nil && i < *def.Minimum:
		k.add(path, "%d, at least %d", i, *def.Minimum)
	case def.Maximum != nil && i > *def.Maximum:
		k.add(path, "%d, at most %d", i, *def.Maximum)
	case len(def.Enum) > 0 && !slices.Contains(def.Enum, v), def.Const != nil && def.Const != v:
		k.add(path, "%d is not in the enumeration", i)
	}
}

// show writes a value for people, bounded.
func show(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "something unprintable"
	}
	s := string(b)
	if len(s) > 100 {
		s = strings.ToValidUTF8(s[:100], "") + "..."
	}
	return s
}
