package xtest_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/sharedspec"
)

// specification is the vendor's OpenAPI document, and as much of a validator as
// it needs.
type specification struct {
	doc      m
	patterns map[string]*regexp.Regexp
}

var (
	loaded   *specification
	loadedMu sync.Mutex
)

func loadSpecification(t testing.TB) *specification {
	t.Helper()
	loadedMu.Lock()
	defer loadedMu.Unlock()
	if loaded != nil {
		return loaded
	}
	s := &specification{patterns: map[string]*regexp.Regexp{}}
	require.NoError(t, json.Unmarshal(sharedspec.Read(t, "specs/x.json.gz"), &s.doc))
	require.Equal(t, "2.167", s.doc["info"].(m)["version"])
	loaded = s
	return s
}

// operation finds what answers a request, and the template of its path. Templates
// with fewer parameters win.
func (s *specification) operation(method, path string) (op m, template string) {
	best := math.MaxInt
	for tmpl, item := range s.doc["paths"].(m) {
		found, ok := item.(m)[strings.ToLower(method)].(m)
		if n := fits(tmpl, path); ok && n >= 0 && n < best {
			best, op, template = n, found, tmpl
		}
	}
	return op, template
}

// fits counts the parameters of a template that a path fits, -1 if it does not.
func fits(tmpl, path string) int {
	a, b := strings.Split(tmpl, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return -1
	}
	n := 0
	for i := range a {
		switch {
		case strings.HasPrefix(a[i], "{"):
			n++
		case a[i] != b[i]:
			return -1
		}
	}
	return n
}

// answer returns the schema of an answer, nil if there is none.
func (s *specification) answer(op m, status int, kind string) (schema m) {
	responses := op["responses"].(m)
	r, ok := responses[fmt.Sprint(status)].(m)
	if !ok {
		r, _ = responses["default"].(m)
	}
	content, _ := r["content"].(m)
	c, _ := content[kind].(m)
	schema, _ = c["schema"].(m)
	return schema
}

func (s *specification) resolve(schema m) m {
	for {
		ref, isRef := schema["$ref"].(string)
		if !isRef {
			return schema
		}
		at := s.doc
		for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			at = at[part].(m)
		}
		schema = at
	}
}

// check lists what is wrong with a value. With strict, a property that the schema
// does not name is wrong, which OpenAPI does not say: a name misspelt by the
// simulator would go unnoticed.
func (s *specification) check(schema m, v any, at string, strict bool) (wrong []string) {
	schema = s.resolve(schema)
	if v == nil {
		if may, _ := schema["nullable"].(bool); may {
			return nil
		}
		return []string{at + ": null"}
	}
	for _, k := range []string{"oneOf", "anyOf"} {
		if list, has := schema[k].([]any); has {
			return s.checkSome(list, v, at, strict)
		}
	}
	if e, has := schema["enum"].([]any); has && !slices.Contains(e, v) {
		wrong = append(wrong, fmt.Sprintf("%s: %v is not one of %v", at, v, e))
	}
	bad := func(want string) []string { return append(wrong, fmt.Sprintf("%s: %v is no %s", at, v, want)) }
	switch schema["type"] {
	case "object":
		o, is := v.(m)
		if !is {
			return bad("object")
		}
		return append(wrong, s.checkObject(schema, o, at, strict)...)
	case "array":
		l, is := v.([]any)
		if !is {
			return bad("array")
		}
		wrong = append(wrong, bounds(schema, "minItems", "maxItems", float64(len(l)), at)...)
		for i, e := range l {
			if items, has := schema["items"].(m); has {
				wrong = append(wrong, s.check(items, e, fmt.Sprintf("%s[%d]", at, i), strict)...)
			}
		}
	case "string":
		t, is := v.(string)
		if !is {
			return bad("string")
		}
		wrong = append(wrong, s.checkString(schema, t, at)...)
	case "integer", "number":
		n, is := v.(float64)
		if !is || schema["type"] == "integer" && n != math.Trunc(n) {
			return bad("number")
		}
		wrong = append(wrong, bounds(schema, "minimum", "maximum", n, at)...)
	case "boolean":
		if _, is := v.(bool); !is {
			return bad("boolean")
		}
	}
	return wrong
}

func (s *specification) checkSome(list []any, v any, at string, strict bool) []string {
	var last []string
	for _, one := range list {
		if last = s.check(one.(m), v, at, strict); len(last) == 0 {
			return nil
		}
	}
	return []string{at + ": fits none of the alternatives, such as: " + strings.Join(last, "; ")}
}

func (s *specification) checkObject(schema m, o m, at string, strict bool) (wrong []string) {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, has := o[name.(string)]; !has {
			wrong = append(wrong, fmt.Sprintf("%s: lacks %s", at, name))
		}
	}
	properties, _ := schema["properties"].(m)
	open, said := schema["additionalProperties"].(bool)
	closed := said && !open
	for name, v := range o {
		p, known := properties[name].(m)
		switch {
		case known:
			wrong = append(wrong, s.check(p, v, at+"."+name, strict)...)
		case closed, strict && properties != nil:
			wrong = append(wrong, fmt.Sprintf("%s: %s is not in the schema", at, name))
		}
	}
	return wrong
}

func (s *specification) checkString(schema m, v, at string) (wrong []string) {
	if p, has := schema["pattern"].(string); has {
		if s.patterns[p] == nil {
			s.patterns[p] = regexp.MustCompile(p)
		}
		if !s.patterns[p].MatchString(v) {
			wrong = append(wrong, fmt.Sprintf("%s: %q does not match %s", at, v, p))
		}
	}
	if schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %q is no time", at, v))
		}
	}
	return append(wrong, bounds(schema, "minLength", "maxLength", float64(utf8.RuneCountInString(v)), at)...)
}

func bounds(schema m, least, most string, n float64, at string) (wrong []string) {
	if l, has := schema[least].(float64); has && n < l {
		wrong = append(wrong, fmt.Sprintf("%s: %v is below %s %v", at, n, least, l))
	}
	if l, has := schema[most].(float64); has && n > l {
		wrong = append(wrong, fmt.Sprintf("%s: %v is above %s %v", at, n, most, l))
	}
	return wrong
}

// TestTheValidatorFindsFaults: a check that admits everything proves nothing.
func TestTheValidatorFindsFaults(t *testing.T) {
	s := loadSpecification(t)
	op, _ := s.operation("POST", "/2/tweets")
	created := s.answer(op, 201, "application/json")
	refused := s.answer(op, 403, "application/problem+json")
	for body, words := range map[string]string{
		`{"data":{"id":"1","text":"x"}}`:                            "",
		`{"data":{"id":"1"}}`:                                       "lacks text",
		`{"data":{"id":"x","text":"x"}}`:                            "does not match",
		`{"data":{"id":1,"text":"x"}}`:                              "is no string",
		`{"data":{"id":"1","text":"x","edit_history_post_ids":{}}}`: "is no array",
		`{"data":{"id":"1","text":"x","colour":1}}`:                 "not in the schema",
		`{"data":null}`:                                             "null",
	} {
		var v any
		require.NoError(t, json.Unmarshal([]byte(body), &v))
		got := strings.Join(s.check(created, v, "", true), "; ")
		require.True(t, strings.Contains(got, words) && (words == "") == (got == ""), "%s: %s", body, got)
	}
	require.NotEmpty(t, s.check(refused, m{"type": "about:blank", "title": "x", "detail": "x"}, "", false))
	require.Empty(t, s.check(refused, m{"type": "https://api.x.com/2/problems/internal-error", "title": "x", "detail": "x"}, "", false))
	_, template := s.operation("GET", "/2/users/me")
	require.Equal(t, "/2/users/me", template)
	_, template = s.operation("GET", "/2/users/7")
	require.Equal(t, "/2/users/{id}", template)
}
