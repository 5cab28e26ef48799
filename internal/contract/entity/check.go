package entity

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Problem is one violation.
type Problem struct{ Path, Text string }

func (p Problem) String() string { return p.Path + ": " + p.Text }

// checker collects the problems of one value.
type checker struct {
	sheet *Sheet
	found []Problem
}

func (k *checker) add(path, format string, a ...any) {
	k.found = append(k.found, Problem{path, fmt.Sprintf(format, a...)})
}

// Value checks a decoded value (numbers as json.Number) against a type.
func (s *Sheet) Value(typ string, v any) []Problem {
	k := &checker{sheet: s}
	k.check(Field{Type: typ}, typ, v)
	return k.found
}

func (k *checker) check(f Field, path string, v any) {
	switch {
	case v == nil:
		if !f.Nullable {
			k.add(path, "null")
		}
	case strings.HasPrefix(f.Type, "["):
		list, ok := v.([]any)
		if !ok {
			k.add(path, "want a list, got %s", show(v))
			return
		}
		inner := Field{Type: f.Type[1 : len(f.Type)-1], Values: f.Values}
		for i, x := range list {
			k.check(inner, fmt.Sprintf("%s[%d]", path, i), x)
		}
	case strings.Contains(f.Type, "|"):
		k.either(f, path, v)
	case slices.Contains(plain, f.Type):
		k.plain(f, path, v)
	default:
		k.entity(f.Type, path, v)
	}
}

// either takes a value that is one of several types, and otherwise says what
// keeps it from the type that it comes closest to.
func (k *checker) either(f Field, path string, v any) {
	var best []Problem
	for i, t := range strings.Split(f.Type, "|") {
		one := &checker{sheet: k.sheet}
		one.check(Field{Type: t}, path, v)
		if i == 0 || len(one.found) < len(best) {
			best = one.found
		}
	}
	k.found = append(k.found, best...)
}

func (k *checker) entity(name, path string, v any) {
	o, ok := v.(map[string]any)
	if !ok {
		k.add(path, "want %s, got %s", name, show(v))
		return
	}
	fields := k.sheet.fields(name)
	for field, f := range fields {
		if _, has := o[field]; !has && k.sheet.required(f) {
			k.add(path, "%s of %s is missing", field, name)
		}
	}
	for field, x := range o {
		f, known := fields[field]
		switch {
		case !known:
			k.add(path, "%s has no %s", name, field)
		case !k.sheet.present(f.Since, f.Until):
			k.add(path, "%s.%s is of another version: since %s, until %s", name, field, f.Since, cmpOr(f.Until, "now"))
		default:
			k.check(f, path+"."+field, x)
		}
	}
}

func (k *checker) plain(f Field, path string, v any) {
	s, isText := v.(string)
	n, isNumber := v.(json.Number)
	ok := false
	switch f.Type {
	case "string":
		ok = isText
	case "id":
		ok = isText && s != ""
	case "url":
		u, err := url.Parse(s)
		ok = isText && err == nil && u.Scheme != "" && u.Host != ""
	case "datetime":
		_, err := time.Parse(time.RFC3339Nano, s)
		ok = isText && err == nil
	case "date":
		_, err := time.Parse(time.DateOnly, s)
		ok = isText && err == nil
	case "integer":
		_, err := n.Int64()
		ok = isNumber && err == nil
	case "number":
		ok = isNumber
	case "boolean":
		_, ok = v.(bool)
	case "object":
		_, ok = v.(map[string]any)
	}
	if !ok {
		k.add(path, "want %s, got %s", f.Type, show(v))
		return
	}
	if len(f.Values) > 0 && !slices.Contains(f.Values, s) {
		k.add(path, "%q is not documented", s)
	}
}

// show writes a value for people, bounded.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "something unprintable"
	}
	if len(b) > 100 {
		return strings.ToValidUTF8(string(b[:100]), "") + "..."
	}
	return string(b)
}
