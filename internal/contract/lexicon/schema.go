package lexicon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Def is one definition, of any type. Only the fields of its type are set.
type Def struct {
	Type        string `json:"type"`
	Description string `json:"description"`

	// object and params
	Properties map[string]*Def `json:"properties"`
	Required   []string        `json:"required"`
	Nullable   []string        `json:"nullable"`

	// array
	Items *Def `json:"items"`

	// ref and union
	Ref    string   `json:"ref"`
	Refs   []string `json:"refs"`
	Closed bool     `json:"closed"`

	// string, bytes, array: bytes, bytes and elements
	MinLength    *int     `json:"minLength"`
	MaxLength    *int     `json:"maxLength"`
	MinGraphemes *int     `json:"minGraphemes"`
	MaxGraphemes *int     `json:"maxGraphemes"`
	Format       string   `json:"format"`
	KnownValues  []string `json:"knownValues"`

	// integer
	Minimum *int64 `json:"minimum"`
	Maximum *int64 `json:"maximum"`

	// string, integer, boolean
	Enum    []any `json:"enum"`
	Const   any   `json:"const"`
	Default any   `json:"default"`

	// blob
	Accept  []string `json:"accept"`
	MaxSize *int64   `json:"maxSize"`

	// record
	Key    string `json:"key"`
	Record *Def   `json:"record"`

	// query, procedure and subscription
	Parameters *Def    `json:"parameters"`
	Input      *Body   `json:"input"`
	Output     *Body   `json:"output"`
	Message    *Body   `json:"message"`
	Errors     []Error `json:"errors"`
}

// Body is what a method takes or gives.
type Body struct {
	Encoding    string `json:"encoding"` // MIME type; "*/*" for any
	Description string `json:"description"`
	Schema      *Def   `json:"schema"` // nil: bytes
}

// Error is an error that a method declares.
type Error struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// words are the fields that each type of definition may have, besides type and
// description.
var words = map[string][]string{
	"object":       {"properties", "required", "nullable"},
	"params":       {"properties", "required"},
	"record":       {"key", "record"},
	"query":        {"parameters", "output", "errors"},
	"procedure":    {"parameters", "input", "output", "errors"},
	"subscription": {"parameters", "message", "errors"},
	"array":        {"items", "minLength", "maxLength"},
	"ref":          {"ref"},
	"union":        {"refs", "closed"},
	"string": {
		"format", "minLength", "maxLength", "minGraphemes", "maxGraphemes", "knownValues", "enum", "const", "default",
	},
	"integer":  {"minimum", "maximum", "enum", "const", "default"},
	"boolean":  {"const", "default"},
	"bytes":    {"minLength", "maxLength"},
	"cid-link": {},
	"blob":     {"accept", "maxSize"},
	"token":    {},
	"unknown":  {},
	"null":     {},
}

// permissionSet is the type of documents that say what a token may do. They
// describe no data, so nothing of them is read.
const permissionSet = "permission-set"

// UnmarshalJSON implements json.Unmarshaler. A word that the type does not have
// is an error.
func (d *Def) UnmarshalJSON(b []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	var kind string
	if err := json.Unmarshal(fields["type"], &kind); err != nil {
		return fmt.Errorf("a definition without a type: %.200s", b)
	}
	if kind == permissionSet {
		d.Type = kind
		return nil
	}
	allowed, ok := words[kind]
	if !ok {
		return fmt.Errorf("unknown type %q", kind)
	}
	for w := range fields {
		if w != "type" && w != "description" && !slices.Contains(allowed, w) {
			return fmt.Errorf("type %s has no %q", kind, w)
		}
	}
	type plain Def
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	return dec.Decode((*plain)(d))
}
