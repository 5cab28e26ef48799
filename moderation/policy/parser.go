package policy

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// parser reads JSON that is known to be well formed, and gathers what does not
// fit.
type parser struct{ errs []error }

// field takes the value at a path.
type field func(path string, raw json.RawMessage)

// fields are the keys that an object may have.
type fields map[string]field

func (p *parser) bad(path, format string, args ...any) {
	if path == "" {
		path = "the file"
	}
	p.errs = append(p.errs, fmt.Errorf("%w: policy: %s: %s", smm.ErrInvalid, path, fmt.Sprintf(format, args...)))
}

// object hands each member to its field.
func (p *parser) object(path string, raw json.RawMessage, known fields) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		p.bad(path, "want an object")
		return
	}
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			p.bad(path, "unreadable")
			return
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		take, ok := known[key]
		switch {
		case !ok:
			p.bad(at, "unknown key")
		case seen[key]:
			p.bad(at, "given twice")
		default:
			take(at, value)
		}
		seen[key] = true
	}
}

// array hands over each element.
func (p *parser) array(path string, raw json.RawMessage, each field) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		p.bad(path, "want an array")
		return
	}
	for i, e := range elements {
		each(fmt.Sprintf("%s[%d]", path, i), e)
	}
}

func (p *parser) strings(path string, raw json.RawMessage) []string {
	out := []string{}
	p.array(path, raw, func(path string, raw json.RawMessage) {
		var s string
		p.value(&s)(path, raw)
		out = append(out, s)
	})
	return out
}

// value decodes a plain value; null is none.
func (p *parser) value(to any) field {
	return func(path string, raw json.RawMessage) {
		if err := json.Unmarshal(raw, to); err != nil || string(raw) == "null" {
			p.bad(path, "want %s", typeName(to))
		}
	}
}

func typeName(v any) string {
	switch v.(type) {
	case *int:
		return "a whole number"
	case *float64:
		return "a number"
	case *bool:
		return "true or false"
	}
	return "a text"
}
