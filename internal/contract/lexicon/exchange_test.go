package lexicon_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/lexicon"
)

func TestRequests(t *testing.T) {
	c := catalog(t).Exact()
	const jsonType = "application/json; charset=utf-8"
	record := `{"collection":"com.example.record","record":{"$type":"com.example.record","n":1}}`
	for _, tc := range []struct {
		r    lexicon.Request
		want string // "": valid
	}{
		{get("id=x"), ""},
		{get("id=x&limit=9&deep=true&tags=1&tags=2"), ""},
		{get(""), "id is missing"},
		{get("id=x&limit=10"), "at most 9"},
		{get("id=x&limit=09"), "canonical integer"},
		{get("id=x&limit=many"), "canonical integer"},
		{get("id=x&deep=1"), "neither true nor false"},
		{get("id=x&id=y"), "given 2 times"},
		{get("id=x&tags=a"), "canonical integer"},
		{get("id=x&more=1"), "more is not in the lexicon"},
		{lexicon.Request{NSID: "com.example.get", Verb: "POST", Query: url.Values{"id": {"x"}}}, "sent with POST"},
		{lexicon.Request{NSID: "com.example.get", Verb: "GET", Query: url.Values{"id": {"x"}}, Body: []byte("x")}, "a body where"},
		{lexicon.Request{NSID: "com.example.none", Verb: "GET"}, "no such method"},
		{lexicon.Request{NSID: "com.example.stream", Verb: "GET"}, "no such method"},
		{post("com.example.put", jsonType, record), ""},
		{post("com.example.put", "text/plain", record), "content type"},
		{post("com.example.put", jsonType, `{`), "EOF"},
		{post("com.example.put", jsonType, strings.Replace(record, "com.example.record", "com.example.other", 1)), "for the collection"},
		{post("com.example.upload", "video/mp4", "bytes"), ""},
		{post("com.example.upload", "video/mp4", ""), "empty"},
		{post("com.example.upload", "image/png", "bytes"), "content type"},
	} {
		found := texts(c.Request(tc.r))
		if tc.want == "" {
			require.Empty(t, found, "%+v", tc.r)
		} else {
			require.Contains(t, found, tc.want, "%+v", tc.r)
		}
	}
	required, typ := c.Parameter("com.example.get", "id")
	require.True(t, required)
	require.Equal(t, "string", typ)
	_, typ = c.Parameter("com.example.get", "none")
	require.Empty(t, typ)
}

func get(query string) lexicon.Request {
	q, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return lexicon.Request{NSID: "com.example.get", Verb: "GET", Query: q}
}

func post(nsid, contentType, body string) lexicon.Request {
	return lexicon.Request{NSID: nsid, Verb: "POST", ContentType: contentType, Body: []byte(body)}
}

func TestAnswers(t *testing.T) {
	c := catalog(t).Exact()
	const jsonType = "application/json"
	for _, tc := range []struct {
		nsid string
		a    lexicon.Answer
		want string
	}{
		{"com.example.get", lexicon.Answer{Status: 200, ContentType: jsonType, Body: []byte(`{"x":1}`)}, ""},
		{"com.example.get", lexicon.Answer{Status: 200, ContentType: jsonType, Body: []byte(`{"x":"1"}`)}, "want an integer"},
		{"com.example.get", lexicon.Answer{Status: 200, ContentType: "text/html", Body: []byte(`{"x":1}`)}, "content type"},
		{"com.example.get", lexicon.Answer{Status: 204}, "status 204"},
		{"com.example.put", lexicon.Answer{Status: 200}, ""},
		{"com.example.put", lexicon.Answer{Status: 200, Body: []byte(`{}`)}, "a body where"},
		{"com.example.get", lexicon.Answer{Status: 400, ContentType: jsonType, Body: []byte(`{"error":"Odd","message":"m"}`)}, ""},
		{"com.example.get", lexicon.Answer{Status: 400, ContentType: jsonType, Body: []byte(`{"error":"InvalidRequest"}`)}, ""},
		{"com.example.put", lexicon.Answer{Status: 400, ContentType: jsonType, Body: []byte(`{"error":"Odd"}`)}, "not declared"},
		{"com.example.put", lexicon.Answer{Status: 400, ContentType: jsonType, Body: []byte(`{"message":"Odd"}`)}, "error is missing"},
		{"com.example.put", lexicon.Answer{Status: 400, ContentType: jsonType, Body: []byte(`{"error":"not a name"}`)}, "no name"},
		{"com.example.put", lexicon.Answer{Status: 502, ContentType: "text/html", Body: []byte(`<p>`)}, "content type"},
		{"com.example.put", lexicon.Answer{Status: 500, ContentType: jsonType, Body: []byte(`<p>`)}, "invalid character"},
		{"com.example.none", lexicon.Answer{Status: 200}, "no such method"},
	} {
		found := texts(c.Answer(tc.nsid, tc.a))
		if tc.want == "" {
			require.Empty(t, found, "%s %s", tc.nsid, tc.a.Body)
		} else {
			require.Contains(t, found, tc.want, "%s %s", tc.nsid, tc.a.Body)
		}
	}
}

func TestSites(t *testing.T) {
	c := catalog(t)
	v := decode(t, `{"need":"","list":[1,2],"ref":{"x":1},"open":{"$type":"com.example.record","n":1},"link":{"$link":"`+cid+`"},"blob":`+blob("image/png", "1")+`}`)
	var got []string
	for s := range c.Sites("com.example.all", v) {
		place := ""
		for _, p := range s.Path {
			switch p := p.(type) {
			case string:
				place += "." + p
			default:
				place += "[]"
			}
		}
		if s.Required {
			place += "!"
		}
		got = append(got, place+" "+s.Type)
	}
	slices.Sort(got)
	require.Equal(t, []string{
		".blob blob", ".blob.$type! string", ".blob.mimeType! string", ".blob.ref! object", ".blob.ref.$link! string", ".blob.size! integer",
		".link cid-link", ".link.$link! string",
		".list array", ".list[] integer", ".list[] integer", ".need! string", ".open union", ".open.$type! string", ".open.n! integer",
		".ref object", ".ref.x! integer",
	}, got)
}
