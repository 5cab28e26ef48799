package lexicon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Catalog is a set of lexicons. It is safe for concurrent use.
type Catalog struct {
	defs    map[string]*Def // by "nsid#name"
	holders map[*Def]bool   // definitions of type unknown that hold a record
	exact   bool
}

// Parse reads a JSON array of lexicon documents and checks that they are whole:
// every word is known, every reference leads somewhere, and what is required
// exists.
func Parse(data []byte) (*Catalog, error) {
	var docs []struct {
		Lexicon int
		ID      string
		Defs    map[string]*Def
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&docs); err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	c := &Catalog{defs: make(map[string]*Def)}
	for _, d := range docs {
		if d.Lexicon != 1 || !formats["nsid"](d.ID) {
			return nil, fmt.Errorf("lexicon: %q is no document of version 1", d.ID)
		}
		for name, def := range d.Defs {
			if def == nil {
				return nil, fmt.Errorf("lexicon: %s#%s is null", d.ID, name)
			}
			c.defs[d.ID+"#"+name] = def
		}
	}
	c.holders = c.findHolders()
	var broken []error
	for _, id := range slices.Sorted(maps.Keys(c.defs)) {
		nsid, _, _ := strings.Cut(id, "#")
		for _, err := range c.verify(nsid, c.defs[id]) {
			broken = append(broken, fmt.Errorf("lexicon: %s: %w", id, err))
		}
	}
	return c, errors.Join(broken...)
}

// Exact returns a catalog that also refuses what the language tolerates for the
// sake of growth: unlisted properties, members of open unions and values.
func (c *Catalog) Exact() *Catalog { return &Catalog{defs: c.defs, holders: c.holders, exact: true} }

// Has reports whether there is a definition "nsid" or "nsid#name".
func (c *Catalog) Has(id string) bool { return c.defs[full("", id)] != nil }

// Methods lists the NSIDs of queries and procedures.
func (c *Catalog) Methods() []string {
	var out []string
	for id, def := range c.defs {
		if nsid, name, _ := strings.Cut(id, "#"); name == "main" && (def.Type == "query" || def.Type == "procedure") {
			out = append(out, nsid)
		}
	}
	slices.Sort(out)
	return out
}

// full completes a reference as the lexicon from writes it.
func full(from, ref string) string {
	switch {
	case strings.HasPrefix(ref, "#"):
		return from + ref
	case !strings.Contains(ref, "#"):
		return ref + "#main"
	}
	return ref
}

// find resolves a reference and returns the lexicon that the target stands in.
func (c *Catalog) find(from, ref string) (nsid string, def *Def) {
	id := full(from, ref)
	nsid, _, _ = strings.Cut(id, "#")
	return nsid, c.defs[id]
}

// typeName is a definition's id as $type has it.
func typeName(from, ref string) string { return strings.TrimSuffix(full(from, ref), "#main") }

// verify returns what is wrong with a definition itself.
func (c *Catalog) verify(from string, def *Def) []error {
	var out []error
	for _, names := range [][]string{def.Required, def.Nullable} {
		for _, name := range names {
			if def.Properties[name] == nil {
				out = append(out, fmt.Errorf("%q is required or nullable and no property", name))
			}
		}
	}
	for _, ref := range def.Refs {
		if _, target := c.find(from, ref); target == nil {
			out = append(out, fmt.Errorf("%q leads nowhere", ref))
		}
	}
	if def.Type == "ref" {
		if _, target := c.find(from, def.Ref); target == nil {
			out = append(out, fmt.Errorf("%q leads nowhere", def.Ref))
		}
	}
	if def.Type == "array" && def.Items == nil || def.Type == "record" && (def.Record == nil || def.Record.Type != "object") {
		out = append(out, errors.New("an array without items, or a record without an object"))
	}
	if _, known := formats[def.Format]; def.Format != "" && !known {
		out = append(out, fmt.Errorf("unknown format %q", def.Format))
	}
	for _, inner := range def.parts() {
		out = append(out, c.verify(from, inner)...)
	}
	return out
}

// parts are the definitions inside a definition.
func (d *Def) parts() []*Def {
	out := slices.Collect(maps.Values(d.Properties))
	for _, p := range []*Def{d.Items, d.Record, d.Parameters} {
		if p != nil {
			out = append(out, p)
		}
	}
	for _, b := range []*Body{d.Input, d.Output, d.Message} {
		if b != nil && b.Schema != nil {
			out = append(out, b.Schema)
		}
	}
	return slices.DeleteFunc(out, func(p *Def) bool { return p == nil })
}

// Properties returns the properties of an object or record by their names, nil
// if id is neither.
func (c *Catalog) Properties(id string) map[string]*Def {
	_, def := c.find("", id)
	if def != nil && def.Type == "record" {
		def = def.Record
	}
	if def == nil {
		return nil
	}
	return def.Properties
}
