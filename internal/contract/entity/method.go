package entity

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Find returns the key of the method that a request goes to, "GET
// /api/v1/statuses/:id", or "". Literal parts of a path stand above parameters.
func (s *Sheet) Find(verb, path string) string {
	parts := strings.Split(path, "/")
	best, literal := "", -1
	for key := range s.Methods {
		v, pattern, _ := strings.Cut(key, " ")
		if n := matches(strings.Split(pattern, "/"), parts); v == verb && n > literal {
			best, literal = key, n
		}
	}
	return best
}

// matches counts the literal parts in which a path agrees with a pattern, -1 if
// it does not fit.
func matches(pattern, path []string) int {
	if len(pattern) != len(path) {
		return -1
	}
	n := 0
	for i, p := range pattern {
		switch {
		case strings.HasPrefix(p, ":"):
		case p != path[i]:
			return -1
		default:
			n++
		}
	}
	return n
}

// Request checks the parameters of a request, under the names of the form
// encoding: "poll[options][]". Files are given with any value.
func (s *Sheet) Request(key string, params url.Values) []Problem {
	k := &checker{sheet: s}
	m, ok := s.Methods[key]
	if !ok {
		k.add(key, "no such method")
		return k.found
	}
	if !s.present(m.Since, "") {
		k.add(key, "since %s", m.Since)
	}
	for name, f := range m.Params {
		if f.Required && s.present(f.Since, f.Until) && len(params[name]) == 0 {
			k.add(key, "%s is missing", name)
		}
	}
	for name, values := range params {
		f, known := m.Params[generic.ReplaceAllString(name, "[:index]")]
		switch {
		case !known:
			k.add(key, "%s is not documented", name)
			continue
		case !s.present(f.Since, f.Until):
			k.add(key, "%s is of another version: since %s", name, f.Since)
			continue
		case len(values) > 1 && !strings.Contains(name, "[]"):
			k.add(key, "%s given %d times", name, len(values))
		}
		for _, v := range values {
			k.param(f, key+" "+name, v)
		}
	}
	return k.found
}

// generic are the indices of arrays of objects in forms.
var generic = regexp.MustCompile(`\[\d+\]`)

func (k *checker) param(f Field, path, v string) {
	ok := true
	switch f.Type {
	case "integer":
		_, err := strconv.ParseInt(v, 10, 64)
		ok = err == nil
	case "boolean":
		ok = v == "true" || v == "false"
	case "datetime":
		k.plain(f, path, v)
	case "id":
		ok = v != ""
	}
	if !ok {
		k.add(path, "want %s, got %.80q", f.Type, v)
	}
	if len(f.Values) > 0 && !slices.Contains(f.Values, v) {
		k.add(path, "%.80q is not documented", v)
	}
}

// Answer checks what a method answered.
func (s *Sheet) Answer(key string, v any) []Problem {
	m := s.Methods[key]
	if m.Returns == "" {
		return nil
	}
	return s.Value(m.Returns, v)
}
