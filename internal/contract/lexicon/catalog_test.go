package lexicon_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/lexicon"
	"github.com/smmkit/smmkit/internal/sharedspec"
)

// TestOfficialDocuments reads everything that the vendor publishes: every word,
// type and format of it is known, and every reference leads somewhere.
func TestOfficialDocuments(t *testing.T) {
	c, err := lexicon.Parse(sharedspec.Read(t, "specs/atproto-lexicons.json.gz"))
	require.NoError(t, err)
	require.Len(t, c.Methods(), 251) // 144 queries and 107 procedures
	for _, id := range []string{"app.bsky.feed.post", "com.atproto.repo.applyWrites#create", "app.bsky.feed.defs#postView"} {
		require.True(t, c.Has(id), id)
	}
	require.False(t, c.Has("app.bsky.feed.nothing"))
}

func TestParseRefuses(t *testing.T) {
	doc := func(defs string) string { return `[{"lexicon":1,"id":"com.example.test","defs":` + defs + `}]` }
	_, err := lexicon.Parse([]byte(doc(`{"main":{"type":"string"}}`)))
	require.NoError(t, err)
	for name, tc := range map[string]struct{ docs, want string }{
		"no JSON":             {`[`, "unexpected EOF"},
		"another version":     {`[{"lexicon":2,"id":"com.example.test","defs":{}}]`, "version 1"},
		"no NSID":             {`[{"lexicon":1,"id":"test","defs":{}}]`, "version 1"},
		"null":                {doc(`{"main":null}`), "null"},
		"no type":             {doc(`{"main":{}}`), "without a type"},
		"unknown type":        {doc(`{"main":{"type":"float"}}`), "unknown type"},
		"unknown word":        {doc(`{"main":{"type":"string","pattern":"a"}}`), `no "pattern"`},
		"word of another":     {doc(`{"main":{"type":"integer","maxLength":1}}`), `no "maxLength"`},
		"unknown word inside": {doc(`{"main":{"type":"object","properties":{"a":{"type":"string","x":1}}}}`), `no "x"`},
		"unknown format":      {doc(`{"main":{"type":"string","format":"email"}}`), "unknown format"},
		"dangling ref":        {doc(`{"main":{"type":"ref","ref":"#gone"}}`), "leads nowhere"},
		"dangling union":      {doc(`{"main":{"type":"union","refs":["com.example.gone"]}}`), "leads nowhere"},
		"required and absent": {doc(`{"main":{"type":"object","required":["a"],"properties":{}}}`), "no property"},
		"nullable and absent": {doc(`{"main":{"type":"object","nullable":["a"],"properties":{}}}`), "no property"},
		"array of nothing":    {doc(`{"main":{"type":"array"}}`), "without items"},
		"record of nothing":   {doc(`{"main":{"type":"record","key":"tid"}}`), "without an object"},
		"deep in an output": {
			doc(`{"main":{"type":"query","output":{"encoding":"application/json","schema":{"type":"ref","ref":"#gone"}}}}`), "leads nowhere",
		},
	} {
		_, err := lexicon.Parse([]byte(tc.docs))
		require.ErrorContains(t, err, tc.want, name)
	}
}

// small is a lexicon with every type of the language and every constraint.
const small = `[
{"lexicon":1,"id":"com.example.all","defs":{
 "main":{"type":"object","required":["need"],"nullable":["maybe"],"properties":{
  "need":{"type":"string"},
  "maybe":{"type":"integer"},
  "text":{"type":"string","minLength":2,"maxLength":8,"minGraphemes":2,"maxGraphemes":3},
  "one":{"type":"string","enum":["a","b"]},
  "fixed":{"type":"string","const":"x"},
  "known":{"type":"string","knownValues":["k1","k2"]},
  "int":{"type":"integer","minimum":1,"maximum":5},
  "num":{"type":"integer","enum":[1,3]},
  "seven":{"type":"integer","const":7},
  "flag":{"type":"boolean"},
  "yes":{"type":"boolean","const":true},
  "list":{"type":"array","items":{"type":"integer"},"minLength":1,"maxLength":2},
  "bytes":{"type":"bytes","minLength":1,"maxLength":3},
  "link":{"type":"cid-link"},
  "blob":{"type":"blob","accept":["image/*"],"maxSize":100},
  "any":{"type":"unknown"},
  "none":{"type":"null"},
  "ref":{"type":"ref","ref":"#point"},
  "open":{"type":"union","refs":["#point","com.example.record"]},
  "closed":{"type":"union","closed":true,"refs":["#point"]},
  "token":{"type":"token"},
  "tid":{"type":"string","format":"tid"},
  "when":{"type":"string","format":"datetime"}}},
 "point":{"type":"object","required":["x"],"properties":{"x":{"type":"integer"}}}}},
{"lexicon":1,"id":"com.example.record","defs":{"main":{"type":"record","key":"tid","record":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}}}},
{"lexicon":1,"id":"com.example.set","defs":{"main":{"type":"permission-set","title":"t","permissions":[]}}},
{"lexicon":1,"id":"com.example.stream","defs":{"main":{"type":"subscription","parameters":{"type":"params","properties":{}},"message":{"schema":{"type":"union","refs":["com.example.all#point"]}}}}},
{"lexicon":1,"id":"com.example.get","defs":{"main":{"type":"query",
 "parameters":{"type":"params","required":["id"],"properties":{"id":{"type":"string"},"limit":{"type":"integer","minimum":1,"maximum":9,"default":5},"deep":{"type":"boolean"},"tags":{"type":"array","items":{"type":"integer"}}}},
 "output":{"encoding":"application/json","schema":{"type":"ref","ref":"com.example.all#point"}},"errors":[{"name":"Odd"}]}}},
{"lexicon":1,"id":"com.example.put","defs":{"main":{"type":"procedure",
 "input":{"encoding":"application/json","schema":{"type":"object","required":["collection","record"],"properties":{"collection":{"type":"string"},"record":{"type":"unknown"}}}}}}},
{"lexicon":1,"id":"com.example.upload","defs":{"main":{"type":"procedure","input":{"encoding":"video/*"},"output":{"encoding":"*/*"}}}}
]`

const cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"

func catalog(t testing.TB) *lexicon.Catalog {
	t.Helper()
	c, err := lexicon.Parse([]byte(small))
	require.NoError(t, err)
	return c
}

func decode(t testing.TB, s string) any {
	t.Helper()
	v, err := lexicon.Decode([]byte(s))
	require.NoError(t, err)
	return v
}

func texts(found []lexicon.Problem) string {
	var out []string
	for _, p := range found {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

// TestValues tries every constraint on both sides.
func TestValues(t *testing.T) {
	lenient := catalog(t)
	exact := lenient.Exact()
	for _, tc := range []struct{ field, good, bad string }{
		{"text", `"ab"`, `"a"`},              // bytes and graphemes, at least
		{"text", `"abc"`, `"abcd"`},          // graphemes, at most
		{"text", `"éé"`, `"👩‍👩‍👧x"`},         // bytes, at most: a family has 18
		{"text", `"ab"`, `7`},                //
		{"one", `"a"`, `"c"`},                //
		{"fixed", `"x"`, `"y"`},              //
		{"int", `1`, `0`},                    //
		{"int", `5`, `6`},                    //
		{"int", `5`, `5.0`},                  // no floats
		{"int", `5`, `1e1`},                  //
		{"int", `5`, `"5"`},                  //
		{"int", `5`, `99999999999999999999`}, //
		{"num", `3`, `2`},                    //
		{"seven", `7`, `8`},                  //
		{"flag", `false`, `0`},               //
		{"yes", `true`, `false`},             //
		{"list", `[1]`, `[]`},                //
		{"list", `[1,2]`, `[1,2,3]`},         //
		{"list", `[1]`, `["1"]`},             //
		{"list", `[1]`, `{"0":1}`},           //
		{"bytes", `{"$bytes":"YWJj"}`, `{"$bytes":"YWJjZA=="}`},
		{"bytes", `{"$bytes":"YQ"}`, `{"$bytes":"!"}`},
		{"bytes", `{"$bytes":"YQ=="}`, `{"$bytes":"YQ","x":1}`},
		{"link", `{"$link":"` + cid + `"}`, `{"$link":"Qm"}`},
		{"link", `{"$link":"` + cid + `"}`, `"` + cid + `"`},
		{"blob", blob("image/png", "100"), blob("image/png", "101")},
		{"blob", blob("image/gif", "1"), blob("video/mp4", "1")},
		{"blob", blob("image/gif", "1"), blob("image", "1")},
		{"blob", blob("image/gif", "1"), blob("image/gif", "0")},
		{"blob", blob("image/gif", "1"), strings.Replace(blob("image/gif", "1"), "blob", "blop", 1)},
		{"blob", blob("image/gif", "1"), strings.Replace(blob("image/gif", "1"), `"size"`, `"sizes"`, 1)},
		{"any", `{"a":{"b":[1]}}`, `[]`},
		{"any", `{"a":1}`, `{"a":0.5}`},
		{"any", `{"a":{"$link":"` + cid + `"}}`, `{"a":{"$link":"x"}}`},
		{"any", `{"a":{"$bytes":""}}`, `{"a":{"$bytes":1}}`},
		{"any", `{"a":` + blob("video/mp4", "1") + `}`, `{"a":{"$type":"blob"}}`},
		{"any", `{"$type":"com.example.record","n":1}`, `{"$type":"com.example.record","n":"1"}`},
		{"any", `{"$type":"com.example.other"}`, `{"$type":""}`},
		{"none", `null`, `0`},
		{"ref", `{"x":1}`, `{}`},
		{"ref", `{"$type":"com.example.all#point","x":1}`, `{"$type":"com.example.all","x":1}`},
		{"open", `{"$type":"com.example.all#point","x":1}`, `{"x":1}`},
		{"open", `{"$type":"com.example.record","n":1}`, `{"$type":"com.example.record"}`},
		{"open", `{"$type":"com.example.record","n":1}`, `"com.example.record"`},
		{"closed", `{"$type":"com.example.all#point","x":1}`, `{"$type":"com.example.record","n":1}`},
		{"maybe", `null`, `"x"`},
		{"tid", `"3jzfcijpj2z2a"`, `"zzfcijpj2z2a3"`},
		{"when", `"2026-01-01T00:00:00Z"`, `"2026-01-01 00:00:00Z"`},
	} {
		good := decode(t, `{"need":"","`+tc.field+`":`+tc.good+`}`)
		require.Empty(t, exact.Value("com.example.all", good), "%s %s", tc.field, tc.good)
		bad := decode(t, `{"need":"","`+tc.field+`":`+tc.bad+`}`)
		found := texts(lenient.Value("com.example.all", bad))
		require.Contains(t, found, "."+tc.field, "%s %s", tc.field, tc.bad)
	}
	for _, bad := range []string{`null`, `[]`, `{}`, `{"need":null}`, `{"need":"","int":null}`, `{"need":"","token":"x"}`, `{"need":"","$type":7}`} {
		require.NotEmpty(t, lenient.Value("com.example.all", decode(t, bad)), bad)
	}
	require.NotEmpty(t, lenient.Value("com.example.none", nil))
	require.NotEmpty(t, lenient.Value("com.example.get", decode(t, `{}`)), "a method is no value")
	require.NotEmpty(t, lenient.Value("com.example.record", decode(t, `{"n":1}`)), "a record says its type")
}

func blob(mime, size string) string {
	return `{"$type":"blob","ref":{"$link":"` + cid + `"},"mimeType":"` + mime + `","size":` + size + `}`
}

// TestExact shows what only the strict reading refuses.
func TestExact(t *testing.T) {
	c := catalog(t)
	for _, s := range []string{
		`{"need":"","more":1}`,
		`{"need":"","known":"k3"}`,
		`{"need":"","open":{"$type":"com.example.new","anything":[]}}`,
	} {
		require.Empty(t, c.Value("com.example.all", decode(t, s)), s)
		require.NotEmpty(t, c.Exact().Value("com.example.all", decode(t, s)), s)
	}
	require.NotEmpty(t, c.Value("com.example.all", decode(t, `{"need":"","open":{"$type":"com.example.new","n":0.5}}`)),
		"the data model holds for unknown members too")
}

func TestDecode(t *testing.T) {
	v, err := lexicon.Decode([]byte(` {"a":[1,{"b":null}],"c":"x"} `))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": []any{json.Number("1"), map[string]any{"b": nil}}, "c": "x"}, v)
	for _, bad := range []string{``, `{`, `[1`, `{} {}`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":1}}`, "\"\xff\"", `{"a"}`, `[1,]`, strings.Repeat("[", 10_000)} {
		_, err := lexicon.Decode([]byte(bad))
		require.Error(t, err, "%.40q", bad)
	}
}
