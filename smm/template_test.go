package smm_test

import (
	"errors"
	"html"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func TestTemplateIsSinglePass(t *testing.T) {
	tpl := smm.Template{ID: "hello", Text: "Hello {{ name }}, {{name}}! {{order.id}}"}
	got, err := tpl.Render(map[string]string{"name": "{{order.id}}", "order.id": "<7>"}, html.EscapeString)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "text", got, "Hello {{order.id}}, {{order.id}}! &lt;7&gt;")
	fields, err := tpl.Fields()
	if err != nil || !slices.Equal(fields, []string{"name", "order.id"}) {
		t.Fatalf("fields %v, %v", fields, err)
	}
}

func TestTemplateRefuses(t *testing.T) {
	for _, c := range []struct {
		text   string
		values map[string]string
	}{
		{"{{name}}", nil},
		{"{{name", map[string]string{"name": "x"}},
		{"{{}}", nil},
		{"{{na me}}", map[string]string{"na me": "x"}},
		{"{{.}}", nil},
		{"no gap", map[string]string{"name": "x"}},
	} {
		if _, err := (smm.Template{ID: "t", Text: c.text}).Render(c.values, nil); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("Hello {{name}}", "{{x}}")
	f.Add("{{{{a}}}}", "}}")
	f.Fuzz(func(t *testing.T, text, value string) {
		tpl := smm.Template{Text: text}
		fields, err := tpl.Fields()
		if err != nil {
			return
		}
		values := make(map[string]string)
		for _, n := range fields {
			values[n] = value
		}
		got, err := tpl.Render(values, nil)
		if err != nil {
			t.Fatalf("%q has fields %v, yet: %v", text, fields, err)
		}
		if n := strings.Count(text, "{{"); len(fields) > 0 && value != "" && len(got) > len(text)+n*len(value) {
			t.Fatalf("a value was expanded again: %q", got)
		}
	})
}
