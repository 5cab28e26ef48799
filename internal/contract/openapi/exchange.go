package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Request is a request as it was sent.
type Request struct {
	Method      string
	Path        string // not escaped
	Query       url.Values
	ContentType string // "" for no body
	Body        []byte
}

// Decode reads one JSON value, with numbers as json.Number.
func Decode(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return v, nil
}

// Request judges a request.
func (d *Document) Request(r Request) []Problem {
	k := &checker{doc: d, strict: true}
	o, values := d.Find(r.Method, r.Path)
	if o == nil {
		k.add(r.Method+" "+r.Path, "no such operation")
		return k.found
	}
	at := o.Method + " " + o.Path
	left := make(map[string]bool)
	for name := range r.Query {
		left[name] = true
	}
	for _, p := range o.Parameters {
		if p.In == "path" {
			k.parameter(p, at, []string{values[p.Name]})
			continue
		}
		delete(left, p.Name)
		given, has := r.Query[p.Name]
		if !has {
			if p.Required {
				k.add(at, "parameter %s is missing", p.Name)
			}
			continue
		}
		k.parameter(p, at, given)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		k.add(at, "parameter %s is not in the document", name)
	}
	k.body(o, at, r)
	return k.found
}

// parameter judges the values of a parameter.
func (k *checker) parameter(p *Parameter, at string, given []string) {
	path := at + " parameter " + p.Name
	s := k.doc.Resolve(p.Schema)
	if s.Type == "array" {
		if !p.Explode {
			if len(given) != 1 {
				k.add(path, "is given %d times", len(given))
				return
			}
			given = strings.Split(given[0], ",")
		}
		list := make([]any, len(given))
		for i, g := range given {
			list[i] = k.scalar(s.Items, path, g)
		}
		k.check(s, path, list)
		return
	}
	if len(given) != 1 {
		k.add(path, "is given %d times", len(given))
		return
	}
	k.check(s, path, k.scalar(s, path, given[0]))
}

// scalar reads the text of a parameter as the type that it has.
func (k *checker) scalar(s *Schema, path, text string) any {
	switch k.doc.Resolve(s).Type {
	case "integer", "number":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
			return json.Number(text)
		}
		k.add(path, "%q is no number as it is written", text)
		return json.Number("0")
	case "boolean":
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}

func (k *checker) body(o *Operation, at string, r Request) {
	if r.ContentType == "" && len(r.Body) == 0 {
		if o.BodyNeeded {
			k.add(at, "the body is missing")
		}
		return
	}
	contentType, params, err := mime.ParseMediaType(r.ContentType)
	if err != nil {
		k.add(at, "%q is no content type", r.ContentType)
		return
	}
	schema, ok := o.Body[contentType]
	if !ok {
		k.add(at, "a body of %s is not in the document", contentType)
		return
	}
	path := at + " body"
	var v any
	if contentType == "multipart/form-data" {
		v, err = k.form(schema, path, r.Body, params["boundary"])
	} else {
		v, err = Decode(r.Body)
	}
	if err != nil {
		k.add(path, "cannot be read: %v", err)
		return
	}
	k.check(schema, path, v)
}

// form reads a multipart body as an object: numbers are text there.
func (k *checker) form(s *Schema, path string, body []byte, boundary string) (any, error) {
	in := multipart.NewReader(bytes.NewReader(body), boundary)
	out := make(map[string]any)
	s = k.doc.Resolve(s)
	for {
		part, err := in.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		name := part.FormName()
		if _, twice := out[name]; twice {
			k.add(path, "%s is given twice", name)
		}
		out[name] = string(b)
		if p := s.Properties[name]; p != nil {
			out[name] = k.scalar(p, path+"."+name, string(b))
		}
	}
}

// Answer judges the answer to a request. Answers may have more than the document
// says.
func (d *Document) Answer(o *Operation, status int, contentType string, body []byte) []Problem {
	k := &checker{doc: d}
	at := o.Method + " " + o.Path + " answer " + strconv.Itoa(status)
	content, ok := o.Answers[strconv.Itoa(status)]
	if !ok {
		content, ok = o.Answers["default"]
	}
	t, _, err := mime.ParseMediaType(contentType)
	if !ok || err != nil || content[t] == nil {
		k.add(at, "with %s is not in the document", contentType)
		return k.found
	}
	v, err := Decode(body)
	if err != nil {
		k.add(at, "cannot be read: %v", err)
		return k.found
	}
	k.check(content[t], at, v)
	return k.found
}
