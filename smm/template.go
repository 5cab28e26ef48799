package smm

import (
	"fmt"
	"strings"
)

// Template is a text with named gaps: a canned reply, an approved statement, a
// hand-off note. Gaps are written {{name}}; there is nothing else to it, no
// conditions and no functions, because the values come from strangers.
type Template struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Language string   `json:"language,omitempty"` // BCP 47
	Text     string   `json:"text"`
	Labels   []string `json:"labels,omitempty"`
}

// Render fills the gaps in a single pass: a value that itself contains
// "{{...}}" stays literal. escape, if not nil, is applied to every value but
// not to the template's own text; pass the platform's escaping there. A gap
// without a value, an unclosed gap and a value without a gap are errors that
// match ErrInvalid, since each means that somebody expected something else.
func (t Template) Render(values map[string]string, escape func(string) string) (string, error) {
	var b strings.Builder
	used := make(map[string]bool, len(values))
	err := t.scan(func(literal string) { b.WriteString(literal) }, func(name string) error {
		v, ok := values[name]
		if !ok {
			return fmt.Errorf("%w: template %q: no value for {{%s}}", ErrInvalid, t.ID, name)
		}
		used[name] = true
		if escape != nil {
			v = escape(v)
		}
		b.WriteString(v)
		return nil
	})
	if err != nil {
		return "", err
	}
	for name := range values {
		if !used[name] {
			return "", fmt.Errorf("%w: template %q has no gap {{%s}}", ErrInvalid, t.ID, name)
		}
	}
	return b.String(), nil
}

// Fields returns the names of the gaps in order of appearance, each once.
func (t Template) Fields() ([]string, error) {
	var names []string
	seen := make(map[string]bool)
	err := t.scan(func(string) {}, func(name string) error {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func (t Template) scan(literal func(string), gap func(string) error) error {
	rest := t.Text
	for {
		before, after, found := strings.Cut(rest, "{{")
		literal(before)
		if !found {
			return nil
		}
		name, tail, closed := strings.Cut(after, "}}")
		name = strings.TrimSpace(name)
		if !closed || !isFieldName(name) {
			return fmt.Errorf("%w: template %q: bad gap at byte %d: want {{name}} with letters, digits, _ and dots",
				ErrInvalid, t.ID, len(t.Text)-len(after)-2)
		}
		if err := gap(name); err != nil {
			return err
		}
		rest = tail
	}
}

func isFieldName(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}
