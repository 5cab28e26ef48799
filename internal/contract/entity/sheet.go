package entity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Unverified is the version of a field whose first version is not documented.
// It counts as always there, and as never required.
const Unverified = "unverified"

// Sheet is a documentation as data.
type Sheet struct {
	Documentation string            `json:"documentation"` // what was read, in which version
	Read          string            `json:"read"`          // when, as 2006-01-02
	Entities      map[string]Entity `json:"entities"`
	Methods       map[string]Method `json:"methods"` // by "POST /api/v1/statuses"

	version []int // nil: every field is taken for present
}

// Entity is a kind of object.
type Entity struct {
	Source  string           `json:"source"`  // page
	Extends string           `json:"extends"` // entity whose fields it has as well
	Fields  map[string]Field `json:"fields"`
}

// Field is a property of an entity, or a parameter of a method.
type Field struct {
	// Type is string, id, url, datetime, date, integer, number, boolean, object, file
	// or the name of an entity; "[T]" for a list of T, "A|B" for either.
	Type     string   `json:"type"`
	Since    string   `json:"since"`    // version in which it appeared, or "unverified"
	Until    string   `json:"until"`    // version that no longer has it
	Nullable bool     `json:"nullable"` //
	Optional bool     `json:"optional"` // an entity may lack it
	Required bool     `json:"required"` // a request needs it
	Values   []string `json:"values"`   // all that are documented
	Note     string   `json:"note"`     // why it differs from the documentation
}

// Method is what a server can be asked.
type Method struct {
	Source  string           `json:"source"`
	Since   string           `json:"since"`
	Returns string           `json:"returns"` // type as in Field, "" for nothing that matters
	Params  map[string]Field `json:"params"`  // under the names of the form encoding
	Note    string           `json:"note"`
}

// Parse reads a sheet from a file of entities and a file of methods.
func Parse(entities, methods []byte) (*Sheet, error) {
	s := &Sheet{}
	for _, data := range [][]byte{entities, methods} {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(s); err != nil {
			return nil, fmt.Errorf("entity: %w", err)
		}
	}
	return s, s.verify()
}

// verify checks that every type is known and every version a version.
func (s *Sheet) verify() error {
	var broken []error
	check := func(place string, f Field) {
		for _, v := range []string{f.Since, f.Until} {
			if _, err := parseVersion(v); err != nil && v != Unverified && v != "" {
				broken = append(broken, fmt.Errorf("%s: %w", place, err))
			}
		}
		for t := range strings.SplitSeq(strings.Trim(f.Type, "[]"), "|") {
			if _, known := s.Entities[t]; !known && !slices.Contains(plain, t) {
				broken = append(broken, fmt.Errorf("%s: unknown type %q", place, t))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Entities)) {
		e := s.Entities[name]
		if _, known := s.Entities[e.Extends]; e.Extends != "" && !known || e.Source == "" {
			broken = append(broken, fmt.Errorf("%s: no source, or extends nothing", name))
		}
		for field, f := range e.Fields {
			check(name+"."+field, f)
			if f.Since == "" {
				broken = append(broken, fmt.Errorf("%s.%s: since which version?", name, field))
			}
		}
	}
	for name, m := range s.Methods {
		check(name, Field{Type: cmpOr(m.Returns, "object"), Since: m.Since})
		for param, f := range m.Params {
			check(name+" "+param, f)
		}
	}
	return errors.Join(broken...)
}

func cmpOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// plain are the types that are no entities.
var plain = []string{"string", "id", "url", "datetime", "date", "integer", "number", "boolean", "object", "file"}

// At returns the sheet as a version of the server has it, "4.5.2".
func (s *Sheet) At(version string) (*Sheet, error) {
	v, err := parseVersion(version)
	if err != nil {
		return nil, err
	}
	out := *s
	out.version = v
	return &out, nil
}

func parseVersion(s string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil, fmt.Errorf("version %q: want numbers such as 4.5.2", s)
		}
		out = append(out, n)
	}
	return out, nil
}

// present reports whether the sheet's version has something that appeared and
// went in the given ones.
func (s *Sheet) present(since, until string) bool {
	if s.version == nil {
		return true
	}
	if v, err := parseVersion(since); err == nil && slices.Compare(s.version, v) < 0 {
		return false
	}
	v, err := parseVersion(until)
	return err != nil || slices.Compare(s.version, v) < 0
}

// required reports whether an entity of the sheet's version must have a field.
func (s *Sheet) required(f Field) bool {
	return !f.Optional && f.Since != Unverified && f.Until == "" && s.present(f.Since, f.Until)
}

// fields are the fields of an entity, those that it takes from another included.
func (s *Sheet) fields(name string) map[string]Field {
	e := s.Entities[name]
	if e.Extends == "" {
		return e.Fields
	}
	out := maps.Clone(s.fields(e.Extends))
	maps.Copy(out, e.Fields)
	return out
}

// Fields lists the fields of an entity in any version, for tests of what a client
// reads.
func (s *Sheet) Fields(name string) map[string]Field { return s.fields(name) }
