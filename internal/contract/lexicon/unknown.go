package lexicon

import (
	"encoding/json"
	"fmt"
)

// holders are the places of type unknown that hold a record, by definition and
// property: the language has no word for "any record".
var holders = map[string]string{
	"app.bsky.feed.defs#postView":                          "record",
	"app.bsky.feed.defs#threadgateView":                    "record",
	"app.bsky.embed.record#viewRecord":                     "value",
	"app.bsky.notification.listNotifications#notification": "record",
	"com.atproto.repo.applyWrites#create":                  "value",
	"com.atproto.repo.applyWrites#update":                  "value",
	"com.atproto.repo.createRecord#main":                   "record",
	"com.atproto.repo.getRecord#main":                      "value",
	"com.atproto.repo.listRecords#record":                  "value",
	"com.atproto.repo.putRecord#main":                      "record",
}

// findHolders resolves holders.
func (c *Catalog) findHolders() map[*Def]bool {
	out := make(map[*Def]bool)
	for id, property := range holders {
		def := c.defs[id]
		if def == nil {
			continue
		}
		switch { // what a method takes, or else what it gives
		case def.Input != nil:
			def = def.Input.Schema
		case def.Output != nil:
			def = def.Output.Schema
		}
		if p := def.Properties[property]; p != nil {
			out[p] = true
		}
	}
	return out
}

// unknown is data of any shape, which must be an object. A record inside is
// checked by its own lexicon.
func (k *checker) unknown(def *Def, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		k.add(path, "want an object, got %s", show(v))
		return
	}
	if k.catalog.exact && k.catalog.holders[def] && k.catalog.recordType(o) == "" {
		k.add(path, "$type is %s, want that of a record", show(o["$type"]))
	}
	k.model(path, v)
}

// recordType returns the $type of a record of a known collection, or "".
func (c *Catalog) recordType(o map[string]any) string {
	t, _ := o["$type"].(string)
	if _, def := c.find("", t); def != nil && def.Type == "record" {
		return t
	}
	return ""
}

// model checks what the data model asks of everything: integers only, and links,
// bytes and blobs in their form. Records that it meets are checked by the
// lexicon that their $type names.
func (k *checker) model(path string, v any) {
	switch v := v.(type) {
	case json.Number:
		if _, err := v.Int64(); err != nil {
			k.add(path, "%s: numbers must be integers", v)
		}
	case []any:
		for i, x := range v {
			k.model(fmt.Sprintf("%s[%d]", path, i), x)
		}
	case map[string]any:
		k.modelObject(path, v)
	}
}

func (k *checker) modelObject(path string, o map[string]any) {
	t, typed := o["$type"]
	_, isLink := o["$link"]
	_, isBytes := o["$bytes"]
	switch {
	case isLink:
		k.link(path, o)
		return
	case isBytes:
		k.bytes(&Def{}, path, o)
		return
	case t == "blob":
		k.blob(&Def{}, path, o)
		return
	case typed:
		k.typeField(path, t)
		if nsid := k.catalog.recordType(o); nsid != "" {
			k.check(nsid, k.catalog.defs[nsid+"#main"], path, o)
			return
		}
	}
	for name, x := range o {
		k.model(path+"."+name, x)
	}
}
