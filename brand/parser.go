package brand

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// parser reads JSON that is known to be well formed, and gathers what does not
// fit.
type parser struct{ errs []error }

// take takes the value at a path.
type take func(path string, raw json.RawMessage)

// fields are the keys that an object may have.
type fields map[string]take

func (p *parser) bad(path, format string, args ...any) {
	if path == "" {
		path = "the file"
	}
	p.errs = append(p.errs, fmt.Errorf("%w: guide: %s: %s", smm.ErrInvalid, path, fmt.Sprintf(format, args...)))
}

// object hands each member to its field.
func (p *parser) object(path string, raw json.RawMessage, known fields) {
	p.members(path, raw, func(name, at string, value json.RawMessage) {
		if f, ok := known[name]; ok {
			f(at, value)
		} else {
			p.bad(at, "unknown key")
		}
	})
}

// members hands over each member, the first of each name.
func (p *parser) members(path string, raw json.RawMessage, each func(name, path string, value json.RawMessage)) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		p.bad(path, "want an object")
		return
	}
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			p.bad(path, "unreadable")
			return
		}
		at := name
		if path != "" {
			at = path + "." + name
		}
		if seen[name] {
			p.bad(at, "given twice")
			continue
		}
		seen[name] = true
		each(name, at, value)
	}
}

// array hands over each element.
func (p *parser) array(path string, raw json.RawMessage, each take) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		p.bad(path, "want an array")
		return
	}
	for i, e := range elements {
		each(fmt.Sprintf("%s[%d]", path, i), e)
	}
}

// list reads an array of texts.
func (p *parser) list(to *[]string) take {
	return func(path string, raw json.RawMessage) {
		*to = []string{}
		p.array(path, raw, func(path string, raw json.RawMessage) {
			var s string
			p.value(&s)(path, raw)
			*to = append(*to, s)
		})
	}
}

// value reads a plain value; null is none.
func (p *parser) value(to any) take {
	return func(path string, raw json.RawMessage) {
		if err := json.Unmarshal(raw, to); err != nil || string(raw) == "null" {
			p.bad(path, "want %s", typeName(to))
		}
	}
}

// optional reads a plain value that may be left out.
func optional[T any](p *parser, to **T) take {
	return func(path string, raw json.RawMessage) {
		var v T
		n := len(p.errs)
		if p.value(&v)(path, raw); len(p.errs) == n {
			*to = &v
		}
	}
}

func typeName(v any) string {
	switch v.(type) {
	case *int:
		return "a whole number"
	case *bool:
		return "true or false"
	}
	return "a text"
}
