package entity_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/entity"
	"github.com/smmkit/smmkit/internal/contract/lexicon"
)

const entities = `{"documentation": "d", "read": "2026-11-26", "entities": {
 "Base": {"source": "p", "fields": {"id": {"type": "id", "since": "1.0.0"}}},
 "Thing": {"source": "p", "extends": "Base", "fields": {
  "url": {"type": "url", "since": "1.0.0", "nullable": true},
  "at": {"type": "datetime", "since": "2.0.0"},
  "day": {"type": "date", "since": "1.0.0", "optional": true},
  "n": {"type": "integer", "since": "unverified"},
  "x": {"type": "number", "since": "1.0.0", "optional": true},
  "on": {"type": "boolean", "since": "1.0.0", "optional": true},
  "kind": {"type": "string", "since": "1.0.0", "optional": true, "values": ["a", "b"]},
  "old": {"type": "string", "since": "1.0.0", "until": "2.0.0"},
  "any": {"type": "object", "since": "1.0.0", "optional": true},
  "list": {"type": "[Base]", "since": "1.0.0", "optional": true},
  "either": {"type": "Base|Other", "since": "1.0.0", "optional": true}}},
 "Other": {"source": "p", "fields": {"name": {"type": "string", "since": "1.0.0"}}}}}`

const methods = `{"methods": {
 "GET /things/:id": {"source": "m", "since": "1.0.0", "returns": "Thing"},
 "GET /things/search": {"source": "m", "since": "2.0.0", "returns": "[Thing]", "params": {
  "q": {"type": "string", "required": true, "since": "2.0.0"}, "limit": {"type": "integer", "since": "2.0.0"},
  "on": {"type": "boolean", "since": "2.0.0"}, "at": {"type": "datetime", "since": "2.0.0"}, "ids[]": {"type": "id", "since": "2.0.0"},
  "kind": {"type": "string", "values": ["a"], "since": "2.0.0"}, "late": {"type": "string", "since": "3.0.0"},
  "f[:index][name]": {"type": "string", "since": "2.0.0"}}},
 "POST /clear": {"source": "m", "since": "1.0.0", "returns": ""}}}`

func sheet(t *testing.T, version string) *entity.Sheet {
	t.Helper()
	s, err := entity.Parse([]byte(entities), []byte(methods))
	require.NoError(t, err)
	s, err = s.At(version)
	require.NoError(t, err)
	return s
}

func decode(t *testing.T, s string) any {
	t.Helper()
	v, err := lexicon.Decode([]byte(s))
	require.NoError(t, err)
	return v
}

func TestValues(t *testing.T) {
	const now = `"id":"1","url":"https://a.example/","at":"2026-11-26T09:00:00.000Z"`
	for _, tc := range []struct{ version, value, want string }{
		{"2.1", `{` + now + `}`, ""},
		{"2.1", `{` + now + `,"n":1,"x":0.5,"on":true,"kind":"a","any":{},"day":"2026-11-26","list":[{"id":"2"}],"either":{"name":"n"}}`, ""},
		{"2.1", `{` + strings.Replace(now, `"https://a.example/"`, "null", 1) + `}`, ""},
		{"2.1", `{"id":"1","url":null}`, "at of Thing is missing"},
		{"1.9.9", `{"id":"1","url":null,"old":"x"}`, ""},
		{"1.9.9", `{` + now + `,"old":"x"}`, "Thing.at is of another version"},
		{"1.9.9", `{"id":"1","url":null}`, ""}, // a field that later went is never required
		{"2.0.0", `{` + now + `,"old":"x"}`, "Thing.old is of another version"},
		{"2.1", `{` + now + `,"more":1}`, "Thing has no more"},
		{"2.1", `{` + now + `,"n":null}`, "Thing.n: null"},
		{"2.1", `{` + now + `,"n":0.5}`, "want integer"},
		{"2.1", `{` + now + `,"x":"1"}`, "want number"},
		{"2.1", `{` + now + `,"on":1}`, "want boolean"},
		{"2.1", `{` + now + `,"kind":"c"}`, "not documented"},
		{"2.1", `{` + now + `,"day":"26.11."}`, "want date"},
		{"2.1", `{` + now + `,"any":[]}`, "want object"},
		{"2.1", `{` + now + `,"list":{}}`, "want a list"},
		{"2.1", `{` + now + `,"list":[{}]}`, "list[0]: id of Base is missing"},
		{"2.1", `{` + now + `,"either":{"nam":"n"}}`, "either"},
		{"2.1", `{"id":"","url":"a.example","at":"yesterday"}`, "want id"},
		{"2.1", `{"id":"1","url":"a.example","at":"2026-11-26T09:00:00Z"}`, "want url"},
		{"2.1", `{"id":"1","url":null,"at":"yesterday"}`, "want datetime"},
		{"2.1", `[]`, "want Thing"},
		{"2.1", `null`, "null"},
	} {
		found := fmt.Sprint(sheet(t, tc.version).Value("Thing", decode(t, tc.value)))
		if tc.want == "" {
			require.Equal(t, "[]", found, "%s %s", tc.version, tc.value)
		} else {
			require.Contains(t, found, tc.want, "%s %s", tc.version, tc.value)
		}
	}
}

func TestRequests(t *testing.T) {
	s := sheet(t, "2.0.0")
	require.Equal(t, "GET /things/search", s.Find("GET", "/things/search"))
	require.Equal(t, "GET /things/:id", s.Find("GET", "/things/7"))
	require.Empty(t, s.Find("POST", "/things/7"))
	require.Empty(t, s.Find("GET", "/things/7/more"))
	for query, want := range map[string]string{
		"q=x": "", "q=x&limit=3&on=true&at=2026-11-26T09:00:00Z&ids[]=1&ids[]=2&kind=a&f[0][name]=n": "",
		"":              "q is missing",
		"q=x&q=y":       "given 2 times",
		"q=x&limit=x":   "want integer",
		"q=x&on=1":      "want boolean",
		"q=x&at=now":    "want datetime",
		"q=x&ids[]=":    "want id",
		"q=x&kind=b":    "not documented",
		"q=x&more=1":    "more is not documented",
		"q=x&late=1":    "another version",
		"q=x&f[name]=n": "not documented",
	} {
		q, err := url.ParseQuery(query)
		require.NoError(t, err)
		found := fmt.Sprint(s.Request("GET /things/search", q))
		if want == "" {
			require.Equal(t, "[]", found, query)
		} else {
			require.Contains(t, found, want, query)
		}
	}
	require.NotEmpty(t, s.Request("GET /nothing", nil))
	require.NotEmpty(t, sheet(t, "1.0.0").Request("GET /things/search", url.Values{}), "a method of a later version")
	require.Empty(t, s.Answer("POST /clear", nil))
	require.NotEmpty(t, s.Answer("GET /things/search", decode(t, `{}`)))
}

func TestParseRefuses(t *testing.T) {
	for _, change := range [][2]string{
		{`"extends": "Base"`, `"extends": "Nothing"`},
		{`"type": "[Base]"`, `"type": "[Bass]"`},
		{`"since": "2.0.0"`, `"since": "soon"`},
		{`"since": "unverified"`, `"since": ""`},
		{`"source": "p", "extends"`, `"source": "", "extends"`},
		{`"nullable": true`, `"nullabel": true`},
	} {
		_, err := entity.Parse([]byte(strings.Replace(entities, change[0], change[1], 1)), []byte(methods))
		require.Error(t, err, "%v", change)
	}
	_, err := entity.Parse([]byte(entities), []byte(strings.Replace(methods, `"returns": "Thing"`, `"returns": "Think"`, 1)))
	require.Error(t, err)
	s, err := entity.Parse([]byte(entities), []byte(methods))
	require.NoError(t, err)
	_, err = s.At("newest")
	require.Error(t, err)
}

func TestSites(t *testing.T) {
	v := decode(t, `{"id":"1","url":null,"at":"2026-11-26T09:00:00Z","list":[{"id":"2"}],"either":{"name":"n"}}`)
	var got []string
	for s := range sheet(t, "2.0.0").Sites("Thing", v) {
		got = append(got, fmt.Sprintf("%v %s %t %t", s.Path, s.Type, s.Required, s.Nullable))
	}
	slices.Sort(got)
	require.Equal(t, []string{
		"[at] datetime true false", "[either name] string true false", "[either] Base|Other false false", "[id] id true false",
		"[list 0 id] id true false", "[list 0] Base false false", "[list] [Base] false false", "[url] url true true",
	}, got)
}
