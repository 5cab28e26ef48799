package lexicon

import (
	"iter"
	"slices"
)

// Site is a place in a value that a definition governs.
type Site struct {
	Path     []any // keys and indices, from the outermost
	Type     string
	Required bool // a property that must be there, or a discriminator
	Property bool // a property of an object, and no element of an array
	Nullable bool
}

// Sites walks v, which is valid by the definition id, and yields every place that
// the lexicons have a word about. It is written apart from the check on purpose:
// it says what the check must be able to see.
func (c *Catalog) Sites(id string, v any) iter.Seq[Site] {
	nsid, def := c.find("", id)
	return c.sites(nsid, def, v)
}

// RequestSites walks the body of a request.
func (c *Catalog) RequestSites(nsid string, v any) iter.Seq[Site] {
	return c.sites(nsid, c.defs[nsid+"#main"].Input.Schema, v)
}

// AnswerSites walks the body of an answer.
func (c *Catalog) AnswerSites(nsid string, v any) iter.Seq[Site] {
	return c.sites(nsid, c.defs[nsid+"#main"].Output.Schema, v)
}

// ErrorSites walks the body of an error.
func (c *Catalog) ErrorSites(v any) iter.Seq[Site] { return c.sites("", errorDef, v) }

func (c *Catalog) sites(nsid string, def *Def, v any) iter.Seq[Site] {
	return func(yield func(Site) bool) { c.walk(nsid, def, nil, v, yield) }
}

func (c *Catalog) walk(from string, def *Def, path []any, v any, yield func(Site) bool) bool {
	switch def.Type {
	case "record":
		return c.discriminator(path, yield) && c.walkObject(from, def.Record, path, v, yield)
	case "object":
		return c.walkObject(from, def, path, v, yield)
	case "ref":
		nsid, target := c.find(from, def.Ref)
		return c.walk(nsid, target, path, v, yield)
	case "union":
		o, _ := v.(map[string]any)
		t, _ := o["$type"].(string)
		nsid, target := c.find(from, t)
		if target == nil || target.Type == "record" { // a record yields its own
			return target == nil || c.walk(nsid, target, path, v, yield)
		}
		return c.discriminator(path, yield) && c.walk(nsid, target, path, v, yield)
	case "array":
		list, _ := v.([]any)
		for i, x := range list {
			at := append(slices.Clone(path), i)
			if !yield(Site{Path: at, Type: c.base(from, def.Items)}) || !c.walk(from, def.Items, at, x, yield) {
				return false
			}
		}
	case "unknown":
		o, _ := v.(map[string]any)
		if t := c.recordType(o); t != "" && c.holders[def] {
			return c.walk(t, c.defs[t+"#main"], path, v, yield)
		}
	case "blob":
		return c.walkObject(from, blobDef, path, v, yield) && c.discriminator(path, yield)
	case "cid-link":
		return c.walkObject(from, linkDef, path, v, yield)
	}
	return true
}

func (c *Catalog) discriminator(path []any, yield func(Site) bool) bool {
	return yield(Site{Path: append(slices.Clone(path), "$type"), Type: "string", Required: true, Property: true})
}

func (c *Catalog) walkObject(from string, def *Def, path []any, v any, yield func(Site) bool) bool {
	o, _ := v.(map[string]any)
	for name, p := range def.Properties {
		x, has := o[name]
		if !has {
			continue
		}
		at := append(slices.Clone(path), name)
		s := Site{
			Path: at, Type: c.base(from, p), Property: true,
			Required: slices.Contains(def.Required, name), Nullable: slices.Contains(def.Nullable, name),
		}
		if !yield(s) || x != nil && !c.walk(from, p, at, x, yield) {
			return false
		}
	}
	return true
}

// base follows references to the type that data has.
func (c *Catalog) base(from string, def *Def) string {
	for def.Type == "ref" {
		from, def = c.find(from, def.Ref)
	}
	return def.Type
}

var (
	linkDef = &Def{Type: "object", Required: []string{"$link"}, Properties: map[string]*Def{"$link": {Type: "string", Format: "cid"}}}
	blobDef = &Def{Type: "object", Required: []string{"ref", "mimeType", "size"}, Properties: map[string]*Def{
		"ref": linkDef, "mimeType": {Type: "string"}, "size": {Type: "integer"},
	}}
)
