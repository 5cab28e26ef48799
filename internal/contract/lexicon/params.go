package lexicon

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
)

// params checks a query string. Parameters repeat for arrays; integers and
// booleans are written in the one canonical way.
func (k *checker) params(from string, def *Def, path string, q url.Values) {
	if def == nil {
		def = &Def{Type: "params"}
	}
	o := make(map[string]any)
	for name, values := range q {
		p := def.Properties[name]
		switch {
		case p == nil:
			if k.catalog.exact {
				k.add(path, "%s is not in the lexicon", name)
			}
		case p.Type == "array":
			list := make([]any, 0, len(values))
			for _, s := range values {
				list = append(list, k.param(p.Items, path+"."+name, s))
			}
			o[name] = list
		case len(values) != 1:
			k.add(path+"."+name, "given %d times", len(values))
			o[name] = k.param(p, path+"."+name, values[0])
		default:
			o[name] = k.param(p, path+"."+name, values[0])
		}
	}
	k.object(from, def, path, o)
}

// param reads one value by its type; what cannot be read stays a string, which
// the check of the type then refuses.
func (k *checker) param(def *Def, path, s string) any {
	switch def.Type {
	case "integer":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
			return json.Number(s)
		}
		k.add(path, "%s is no canonical integer", show(s))
	case "boolean":
		switch s {
		case "true", "false":
			return s == "true"
		}
		k.add(path, "%s is neither true nor false", show(s))
	}
	return s
}

// Parameter says whether a method has a parameter, whether it must be given, and
// its type; "" if it has none of that name.
func (c *Catalog) Parameter(nsid, name string) (required bool, typ string) {
	def := c.defs[nsid+"#main"]
	if def == nil || def.Parameters == nil || def.Parameters.Properties[name] == nil {
		return false, ""
	}
	return slices.Contains(def.Parameters.Required, name), def.Parameters.Properties[name].Type
}
