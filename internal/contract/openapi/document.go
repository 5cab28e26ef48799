package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Document is an OpenAPI document. It is immutable and safe for concurrent use.
type Document struct {
	Title, Version string
	operations     []*Operation
	schemas        map[string]*Schema
}

// Operation is a method of a path.
type Operation struct {
	ID         string
	Method     string
	Path       string // as a template: "/2/tweets/{id}"
	Parameters []*Parameter
	Body       map[string]*Schema // by content type; nil for none
	BodyNeeded bool
	Answers    map[string]map[string]*Schema // by status ("200", "default") and content type
	Security   map[string][]string           // the scopes by scheme; nil scopes for none
}

// Parameter is a parameter of an operation.
type Parameter struct {
	Name, In string
	Required bool
	Explode  bool
	Schema   *Schema
}

// Schema is a schema, of which Ref may lead to another.
type Schema struct {
	Ref                  string
	Type                 string
	Format               string
	Nullable             bool
	Enum                 []string
	Pattern              *regexp.Regexp
	Beyond               string // a pattern in a syntax that Go has not: a value of it cannot be judged
	Minimum, Maximum     *float64
	MinLength, MaxLength *int
	MinItems, MaxItems   *int
	Unique               bool
	Items                *Schema
	Properties           map[string]*Schema
	Required             []string
	Closed               bool // additionalProperties: false
	OneOf, AnyOf, AllOf  []*Schema
}

// schemaJSON has every word that is known.
type schemaJSON struct {
	Ref        string                     `json:"$ref"`
	Type       string                     `json:"type"`
	Format     string                     `json:"format"`
	Nullable   bool                       `json:"nullable"`
	Enum       []string                   `json:"enum"`
	Pattern    string                     `json:"pattern"`
	Minimum    *float64                   `json:"minimum"`
	Maximum    *float64                   `json:"maximum"`
	MinLength  *int                       `json:"minLength"`
	MaxLength  *int                       `json:"maxLength"`
	MinItems   *int                       `json:"minItems"`
	MaxItems   *int                       `json:"maxItems"`
	Unique     bool                       `json:"uniqueItems"`
	Items      json.RawMessage            `json:"items"`
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
	Additional json.RawMessage            `json:"additionalProperties"`
	OneOf      []json.RawMessage          `json:"oneOf"`
	AnyOf      []json.RawMessage          `json:"anyOf"`
	AllOf      []json.RawMessage          `json:"allOf"`

	// Words that constrain nothing.
	Description   json.RawMessage `json:"description"`
	Title         json.RawMessage `json:"title"`
	Example       json.RawMessage `json:"example"`
	Default       json.RawMessage `json:"default"`
	Discriminator json.RawMessage `json:"discriminator"`
	Deprecated    json.RawMessage `json:"deprecated"`
}

type parameterJSON struct {
	Ref      string          `json:"$ref"`
	Name     string          `json:"name"`
	In       string          `json:"in"`
	Required bool            `json:"required"`
	Style    string          `json:"style"`
	Explode  *bool           `json:"explode"`
	Schema   json.RawMessage `json:"schema"`
}

type contentJSON map[string]struct {
	Schema json.RawMessage `json:"schema"`
}

type operationJSON struct {
	ID          string            `json:"operationId"`
	Parameters  []json.RawMessage `json:"parameters"`
	RequestBody *struct {
		Required bool        `json:"required"`
		Content  contentJSON `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content contentJSON `json:"content"`
	} `json:"responses"`
	Security []map[string][]string `json:"security"`
}

type documentJSON struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Title   string `json:"title"`
		Version string `json:"version"`
	} `json:"info"`
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]json.RawMessage `json:"schemas"`
		Parameters map[string]json.RawMessage `json:"parameters"`
	} `json:"components"`
}

// Load reads a document. One with a word that is not known is an error.
func Load(raw []byte) (*Document, error) {
	var in documentJSON
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(in.OpenAPI, "3.0.") {
		return nil, fmt.Errorf("version %q: want 3.0", in.OpenAPI)
	}
	d := &Document{Title: in.Info.Title, Version: in.Info.Version, schemas: make(map[string]*Schema)}
	for name, raw := range in.Components.Schemas {
		s, err := readSchema(raw)
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		d.schemas[name] = s
	}
	for path, methods := range in.Paths {
		for method, raw := range methods {
			o, err := in.operation(strings.ToUpper(method), path, raw)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			d.operations = append(d.operations, o)
		}
	}
	slices.SortFunc(d.operations, func(a, b *Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return d, d.resolvable()
}

func strict(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func (in *documentJSON) operation(method, path string, raw []byte) (*Operation, error) {
	if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "PATCH"}, method) {
		return nil, fmt.Errorf("%s is no method that is known", method)
	}
	var o operationJSON
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	out := &Operation{ID: o.ID, Method: method, Path: path, Answers: make(map[string]map[string]*Schema), Security: make(map[string][]string)}
	for _, raw := range o.Parameters {
		p, err := in.parameter(raw)
		if err != nil {
			return nil, err
		}
		out.Parameters = append(out.Parameters, p)
	}
	var err error
	if o.RequestBody != nil {
		out.BodyNeeded = o.RequestBody.Required
		if out.Body, err = readContent(o.RequestBody.Content); err != nil {
			return nil, err
		}
	}
	for status, r := range o.Responses {
		if out.Answers[status], err = readContent(r.Content); err != nil {
			return nil, err
		}
	}
	for _, alternative := range o.Security {
		maps.Copy(out.Security, alternative)
	}
	return out, nil
}

func (in *documentJSON) parameter(raw []byte) (*Parameter, error) {
	var p parameterJSON
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
		found, ok := in.Components.Parameters[name]
		if !ok {
			return nil, fmt.Errorf("no parameter %s", name)
		}
		return in.parameter(found)
	}
	if p.In != "path" && p.In != "query" || p.Style != "" && p.Style != "form" && p.Style != "simple" {
		return nil, fmt.Errorf("parameter %s: %s in style %q is not known", p.Name, p.In, p.Style)
	}
	s, err := readSchema(p.Schema)
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
	}
	return &Parameter{Name: p.Name, In: p.In, Required: p.Required, Explode: p.In == "query" && (p.Explode == nil || *p.Explode), Schema: s}, nil
}

func readContent(in contentJSON) (map[string]*Schema, error) {
	out := make(map[string]*Schema)
	for contentType, c := range in {
		s, err := readSchema(c.Schema)
		if err != nil {
			return nil, err
		}
		out[contentType] = s
	}
	return out, nil
}

func readSchema(raw []byte) (*Schema, error) {
	if len(raw) == 0 {
		return &Schema{}, nil
	}
	var in schemaJSON
	if err := strict(raw, &in); err != nil {
		return nil, err
	}
	out := &Schema{
		Type: in.Type, Format: in.Format, Nullable: in.Nullable, Enum: in.Enum, Minimum: in.Minimum, Maximum: in.Maximum,
		MinLength: in.MinLength, MaxLength: in.MaxLength, MinItems: in.MinItems, MaxItems: in.MaxItems, Unique: in.Unique,
		Required: in.Required, Closed: string(in.Additional) == "false",
	}
	if in.Ref != "" {
		name, ok := strings.CutPrefix(in.Ref, "#/components/schemas/")
		if !ok {
			return nil, fmt.Errorf("reference %s is not known", in.Ref)
		}
		out.Ref = name
	}
	if !slices.Contains([]string{"", "string", "integer", "number", "boolean", "array", "object"}, in.Type) {
		return nil, fmt.Errorf("type %q is not known", in.Type)
	}
	if !slices.Contains([]string{"", "int32", "int64", "double", "date-time", "binary", "byte"}, in.Format) {
		return nil, fmt.Errorf("format %q is not known", in.Format)
	}
	var err error
	if in.Pattern != "" {
		if out.Pattern, err = regexp.Compile(in.Pattern); err != nil {
			out.Pattern, out.Beyond = nil, in.Pattern
		}
	}
	if in.Items != nil {
		if out.Items, err = readSchema(in.Items); err != nil {
			return nil, err
		}
	}
	if in.Properties != nil {
		out.Properties = make(map[string]*Schema, len(in.Properties))
	}
	for name, raw := range in.Properties {
		if out.Properties[name], err = readSchema(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, group := range []struct {
		from []json.RawMessage
		to   *[]*Schema
	}{{in.OneOf, &out.OneOf}, {in.AnyOf, &out.AnyOf}, {in.AllOf, &out.AllOf}} {
		for _, raw := range group.from {
			s, err := readSchema(raw)
			if err != nil {
				return nil, err
			}
			*group.to = append(*group.to, s)
		}
	}
	return out, nil
}

// resolvable checks that every reference leads somewhere.
func (d *Document) resolvable() error {
	var missing []string
	var walk func(s *Schema)
	walk = func(s *Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" && d.schemas[s.Ref] == nil {
			missing = append(missing, s.Ref)
		}
		walk(s.Items)
		for _, p := range s.Properties {
			walk(p)
		}
		for _, list := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
			for _, p := range list {
				walk(p)
			}
		}
	}
	for _, s := range d.schemas {
		walk(s)
	}
	for _, o := range d.operations {
		for _, p := range o.Parameters {
			walk(p.Schema)
		}
		for _, s := range o.Body {
			walk(s)
		}
		for _, content := range o.Answers {
			for _, s := range content {
				walk(s)
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("references lead nowhere: %s", strings.Join(missing, ", "))
	}
	return nil
}

// Operations returns all operations by path and method.
func (d *Document) Operations() []*Operation { return slices.Clone(d.operations) }

// Resolve follows references.
func (d *Document) Resolve(s *Schema) *Schema {
	for n := 0; s != nil && s.Ref != "" && n < 32; n++ {
		s = d.schemas[s.Ref]
	}
	return s
}

// Find returns the operation of a request and the values of its path. Where two
// paths fit, the one with fewer parameters is meant.
func (d *Document) Find(method, path string) (*Operation, map[string]string) {
	var best *Operation
	var found map[string]string
	for _, o := range d.operations {
		if o.Method != method {
			continue
		}
		if values, ok := match(o.Path, path); ok && (best == nil || len(values) < len(found)) {
			best, found = o, values
		}
	}
	return best, found
}

func match(template, path string) (map[string]string, bool) {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := make(map[string]string)
	for i, w := range want {
		if strings.HasPrefix(w, "{") && strings.HasSuffix(w, "}") && have[i] != "" {
			values[w[1:len(w)-1]] = have[i]
			continue
		}
		if w != have[i] {
			return nil, false
		}
	}
	return values, true
}
