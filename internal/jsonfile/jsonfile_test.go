package jsonfile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/jsonfile"
	"github.com/smmkit/smmkit/smm"
)

type config struct {
	name string
	max  *int
	rate float64
	tags []string
}

func parse(text string) (config, error) {
	var c config
	raw, err := jsonfile.Read(strings.NewReader(text), "plan", 1000)
	if err != nil {
		return c, err
	}
	p := jsonfile.NewParser("plan")
	p.Object("", raw, jsonfile.Fields{
		"name": p.Value(&c.name), "max": jsonfile.Optional(p, &c.max), "rate": p.Value(&c.rate), "tags": p.Strings(&c.tags),
		"deep": func(path string, raw json.RawMessage) {
			p.Object(path, raw, jsonfile.Fields{"ok": p.Value(new(bool))})
		},
	})
	return c, p.Err()
}

func TestEveryErrorWithItsPath(t *testing.T) {
	_, err := parse(`{"name": 1, "name": "x", "Name": "y", "max": "3", "rate": null, "tags": ["a", 2, null], "deep": {"ok": 0, "no": 1}}`)
	require.ErrorIs(t, err, smm.ErrInvalid)
	for _, want := range []string{
		"plan: name: want a text", "plan: name: given twice", "plan: Name: unknown key", "plan: max: want a whole number", "plan: rate: want a number",
		"plan: tags[1]: want a text", "plan: tags[2]: want a text", "plan: deep.ok: want true or false", "plan: deep.no: unknown key",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestGoodFile(t *testing.T) {
	c, err := parse(`{"name": "x", "max": 0, "rate": 0.5, "tags": []}`)
	require.NoError(t, err)
	require.Equal(t, "x", c.name)
	require.NotNil(t, c.max)
	require.NotNil(t, c.tags)
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "not JSON",
		"{}{}":                     "not JSON",
		"[1,]":                     "not JSON",
		strings.Repeat(" ", 1001):  "larger than 1000 bytes",
		"[]":                       "the file: want an object",
		`{"tags": {}}`:             "plan: tags: want an array",
		`{"tags": null, "deep":1}`: "plan: deep: want an object",
	} {
		_, err := parse(text)
		require.ErrorIs(t, err, smm.ErrInvalid, text)
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"name": "x", "deep": {"ok": true}}`)
	f.Add(`{"tags": [[[]]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parse(text); err == nil && !json.Valid([]byte(text)) {
			t.Fatalf("took %q", text)
		}
	})
}
