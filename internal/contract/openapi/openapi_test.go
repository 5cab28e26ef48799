package openapi_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/openapi"
)

const document = `{"openapi":"3.0.0","info":{"title":"T","version":"1"},
"paths":{
 "/p/{id}":{
  "get":{"operationId":"get","parameters":[
    {"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/ID"}},
    {"name":"n","in":"query","schema":{"type":"integer","format":"int32","minimum":5,"maximum":10}},
    {"name":"on","in":"query","schema":{"type":"boolean"}},
    {"name":"at","in":"query","schema":{"type":"string","format":"date-time"}},
    {"$ref":"#/components/parameters/F"}],
   "security":[{"user":["read"]},{"app":[]}],
   "responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Answer"}}}},"default":{"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}}}},
  "put":{"operationId":"put","requestBody":{"required":true,"content":{
    "application/json":{"schema":{"$ref":"#/components/schemas/Body"}},
    "multipart/form-data":{"schema":{"type":"object","required":["file"],"properties":{"file":{"anyOf":[{"type":"string","format":"binary"},{"type":"string","format":"byte"}]},"index":{"type":"integer","minimum":0}}}}}},
   "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{}}},
 "/p/me":{"get":{"operationId":"me","parameters":[],"responses":{"200":{"content":{"application/json":{"schema":{"type":"string"}}}}}}}},
"components":{
 "parameters":{"F":{"name":"fields","in":"query","required":true,"explode":false,"style":"form","schema":{"type":"array","minItems":1,"maxItems":2,"uniqueItems":true,"items":{"type":"string","enum":["a","b","c"]}}}},
 "schemas":{
  "ID":{"type":"string","pattern":"^[0-9]{1,19}$"},
  "Answer":{"type":"object","required":["data"],"properties":{"data":{"$ref":"#/components/schemas/Node"},"errors":{"type":"array","items":{"$ref":"#/components/schemas/Problem"}}}},
  "Node":{"type":"object","required":["id"],"properties":{"id":{"$ref":"#/components/schemas/ID"},"next":{"$ref":"#/components/schemas/Node"},"maybe":{"type":"string","nullable":true},"any":{}}},
  "Problem":{"oneOf":[{"type":"object","required":["type","who"],"properties":{"type":{"type":"string","enum":["A"]},"who":{"type":"string"}}},{"type":"object","required":["type"],"properties":{"type":{"type":"string","enum":["B"]}}}],"discriminator":{"propertyName":"type"}},
  "Body":{"type":"object","additionalProperties":false,"anyOf":[{"required":["text"]},{"required":["list"]}],"properties":{
    "text":{"type":"string","minLength":1,"maxLength":3},"list":{"type":"array","minItems":1,"items":{"type":"integer"}},"half":{"type":"number","minimum":0},"deep":{"allOf":[{"$ref":"#/components/schemas/Node"}]}}}}}}`

func load(t testing.TB) *openapi.Document {
	t.Helper()
	d, err := openapi.Load([]byte(document))
	require.NoError(t, err)
	return d
}

// TestRequests: what passes, and one mistake at a time.
func TestRequests(t *testing.T) {
	d := load(t)
	get := func(path, query string) []openapi.Problem {
		q, err := url.ParseQuery(query)
		require.NoError(t, err)
		return d.Request(openapi.Request{Method: "GET", Path: path, Query: q})
	}
	for _, query := range []string{"fields=a", "fields=a,b&n=5", "fields=c&n=10&on=true", "fields=a&at=2026-10-01T00:00:00Z"} {
		require.Empty(t, get("/p/12", query), query)
	}
	require.Empty(t, get("/p/me", ""), "the path without parameters is meant")
	for query, want := range map[string]string{
		"": "fields is missing", "fields=a&n=4": "too small", "fields=a&n=11": "too large", "fields=a&n=x": "no number", "fields=a&n=07": "as it is written", "fields=a&n=5&n=6": "2 times",
		"fields=a&on=1": "no boolean", "fields=d": "none of", "fields=a,a": "twice", "fields=a,b,c": "too many", "fields=a&fields=b": "2 times", "fields=a&x=1": "x is not in", "fields=a&at=today": "no time",
	} {
		found := get("/p/12", query)
		require.NotEmpty(t, found, query)
		require.Contains(t, found[0].String(), want, query)
	}
	require.NotEmpty(t, get("/p/x", "fields=a"))
	require.NotEmpty(t, get("/q", ""))
	require.NotEmpty(t, d.Request(openapi.Request{Method: "POST", Path: "/p/1"}))
}

func TestBodies(t *testing.T) {
	d := load(t)
	put := func(contentType, body string) []openapi.Problem {
		return d.Request(openapi.Request{Method: "PUT", Path: "/p/1", ContentType: contentType, Body: []byte(body)})
	}
	const js = "application/json"
	for _, body := range []string{`{"text":"abc"}`, `{"list":[1]}`, `{"text":"жжж","list":[1],"half":0.5,"deep":{"id":"1","maybe":null,"any":null,"next":{"id":"2","any":[1]}}}`} {
		require.Empty(t, put(js, body), body)
	}
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"text":""}`, `{"text":"abcd"}`, `{"text":1}`, `{"text":null}`, `{"list":[]}`, `{"list":[1.5]}`, `{"list":["1"]}`, `{"list":{}}`, `{"text":"a","half":-1}`, `{"text":"a","half":"1"}`,
		`{"text":"a","more":1}`, `{"text":"a","deep":{}}`, `{"text":"a","deep":{"id":1}}`, `{"text":"a","deep":{"id":"x"}}`, `{"text":"a","deep":{"id":"1","typo":1}}`, `{"text":"a","deep":{"id":"1","next":{"id":null}}}`, `{"text":"a"}x`,
	} {
		require.NotEmpty(t, put(js, body), body)
	}
	require.NotEmpty(t, put("", ""))
	require.NotEmpty(t, put("text/plain", "x"))
	form := func(parts ...string) string {
		var b strings.Builder
		for i := 0; i < len(parts); i += 2 {
			b.WriteString("--B\r\nContent-Disposition: form-data; name=\"" + parts[i] + "\"\r\n\r\n" + parts[i+1] + "\r\n")
		}
		return b.String() + "--B--\r\n"
	}
	const multi = "multipart/form-data; boundary=B"
	require.Empty(t, put(multi, form("file", "x", "index", "0")))
	for _, body := range []string{form("index", "0"), form("file", "x", "index", "-1"), form("file", "x", "index", "a"), form("file", "x", "file", "y"), form("file", "x", "more", "y"), "--B\r\n"} {
		require.NotEmpty(t, put(multi, body), body)
	}
}

func TestAnswers(t *testing.T) {
	d := load(t)
	o, values := d.Find("GET", "/p/12")
	require.Equal(t, map[string]string{"id": "12"}, values)
	require.Equal(t, map[string][]string{"user": {"read"}, "app": {}}, o.Security)
	judge := func(status int, contentType, body string) []openapi.Problem {
		return d.Answer(o, status, contentType, []byte(body))
	}
	require.Empty(t, judge(200, "application/json; charset=utf-8", `{"data":{"id":"1","new":1},"new":2}`), "answers may have more")
	require.Empty(t, judge(404, "application/problem+json", `{"type":"B"}`))
	for _, body := range []string{`{}`, `{"data":{}}`, `{"data":{"id":1}}`, `{"data":{"id":"1"},"errors":[{"type":"A"}]}`, `{"data":{"id":"1"},"errors":[{"type":"C"}]}`, `<html>`} {
		require.NotEmpty(t, judge(200, "application/json", body), body)
	}
	require.NotEmpty(t, judge(200, "text/html", ``))
	v, err := d.Example(o, "200")
	require.NoError(t, err)
	b, err := json.Marshal(v)
	require.NoError(t, err)
	require.Empty(t, judge(200, "application/json", string(b)), "what is made as an example is one")
}

// TestSites names the places of a body, and which of them may not be missing.
func TestSites(t *testing.T) {
	d := load(t)
	o, _ := d.Find("PUT", "/p/1")
	places := func(body string) map[string]bool {
		v, err := openapi.Decode([]byte(body))
		require.NoError(t, err)
		out := map[string]bool{}
		for s := range d.BodySites(o, v) {
			b, err := json.Marshal(s.Path)
			require.NoError(t, err)
			out[string(b)] = s.Required
		}
		return out
	}
	require.Equal(t, map[string]bool{`["text"]`: true}, places(`{"text":"a"}`))
	require.Equal(t, map[string]bool{`["text"]`: false, `["list"]`: false, `["list",0]`: false}, places(`{"text":"a","list":[1]}`))
}

// TestUnknownWords: a constraint that is not known must not be passed over.
func TestUnknownWords(t *testing.T) {
	for old, changed := range map[string]string{
		`"minLength":1`: `"not":{}`, `"format":"int32"`: `"format":"uuid"`, `"type":"boolean"`: `"type":"file"`, `"in":"path"`: `"in":"header"`, `#/components/schemas/Answer`: `#/components/schemas/Gone`,
		`"openapi":"3.0.0"`: `"openapi":"3.1.0"`, `#/components/parameters/F"`: `#/components/parameters/G"`, `"put":`: `"trace":`, `"style":"form"`: `"style":"deepObject"`,
	} {
		_, err := openapi.Load([]byte(strings.Replace(document, old, changed, 1)))
		require.Error(t, err, changed)
	}
	_, err := openapi.Load([]byte(`[]`))
	require.Error(t, err)

	d, err := openapi.Load([]byte(strings.Replace(document, `^[0-9]{1,19}$`, `^(?=1)`, 1)))
	require.NoError(t, err)
	require.NotEmpty(t, d.Request(openapi.Request{Method: "GET", Path: "/p/1", Query: url.Values{"fields": {"a"}}}), "what cannot be judged does not pass")
}
