// Package jsonfile reads files that people write, such as a brand guide or a
// moderation policy: strictly, and with every error reported at once, each with
// its path.
//
// # Design notes
//
// encoding/json stops at the first error, accepts repeated keys and matches
// names without regard to case. For a file that somebody edits by hand the
// first makes corrections a game of patience and the others hide mistakes.
package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/smmkit/smmkit/smm"
)

// Read reads a file of at most limit bytes of JSON, which what names in errors.
func Read(r io.Reader, what string, limit int64) (json.RawMessage, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", what, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: %s: larger than %d bytes", smm.ErrInvalid, what, limit)
	}
	var v json.RawMessage
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, fmt.Errorf("%w: %s: not JSON: %w", smm.ErrInvalid, what, err)
	}
	return v, nil
}

// Parser takes well-formed JSON apart and gathers what does not fit.
type Parser struct {
	what string
	errs []error
}

// NewParser returns a parser of a kind of file, which errors name.
func NewParser(what string) *Parser { return &Parser{what: what} }

// Err returns everything that did not fit, or nil. It matches smm.ErrInvalid.
func (p *Parser) Err() error { return errors.Join(p.errs...) }

// Field takes the value at a path.
type Field func(path string, raw json.RawMessage)

// Fields are the keys that an object may have.
type Fields map[string]Field

func (p *Parser) bad(path, format string, args ...any) {
	if path == "" {
		path = "the file"
	}
	p.errs = append(p.errs, fmt.Errorf("%w: %s: %s: %s", smm.ErrInvalid, p.what, path, fmt.Sprintf(format, args...)))
}

// Object hands each member to its field. Other members are errors.
func (p *Parser) Object(path string, raw json.RawMessage, known Fields) {
	p.Members(path, raw, func(name, at string, value json.RawMessage) {
		if f, ok := known[name]; ok {
			f(at, value)
		} else {
			p.bad(at, "unknown key")
		}
	})
}

// Members hands over each member, the first of each name.
func (p *Parser) Members(path string, raw json.RawMessage, each func(name, path string, value json.RawMessage)) {
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

// Array hands over each element.
func (p *Parser) Array(path string, raw json.RawMessage, each Field) {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil || elements == nil {
		p.bad(path, "want an array")
		return
	}
	for i, e := range elements {
		each(fmt.Sprintf("%s[%d]", path, i), e)
	}
}

// Strings reads an array of texts.
func (p *Parser) Strings(to *[]string) Field {
	return func(path string, raw json.RawMessage) {
		*to = []string{}
		p.Array(path, raw, func(path string, raw json.RawMessage) {
			var s string
			p.Value(&s)(path, raw)
			*to = append(*to, s)
		})
	}
}

// Value reads a plain value; null is none.
func (p *Parser) Value(to any) Field {
	return func(path string, raw json.RawMessage) {
		if err := json.Unmarshal(raw, to); err != nil || string(raw) == "null" {
			p.bad(path, "want %s", typeName(to))
		}
	}
}

// Optional reads a plain value that may be left out.
func Optional[T any](p *Parser, to **T) Field {
	return func(path string, raw json.RawMessage) {
		var v T
		n := len(p.errs)
		if p.Value(&v)(path, raw); len(p.errs) == n {
			*to = &v
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
