package httpx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

type wireStatus struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func answer(contentType, body string) *Response {
	return &Response{
		Status: 200, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body),
		platform: "testplatform", op: "statuses.create", RequestID: "rid",
	}
}

func TestResponseJSON(t *testing.T) {
	nest := func(n int) string {
		return `{"id":"1","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
	}
	tests := []struct {
		name, contentType, body, text, wrong string
	}{
		{"plain", "application/json", `{"id":"1","text":"a"}`, "a", ""},
		{"unknown fields", "application/json", `{"id":"1","text":"a","more":{"x":[1]}}`, "a", ""},
		{"invalid UTF-8", "application/json", "{\"id\":\"1\",\"text\":\"a\xff\"}", "a\uFFFD", ""},
		{"byte order mark and spaces", "", "\ufeff\r\n {\"id\":\"1\"}\n", "", ""},
		{"brackets in strings", "", `{"id":"1","text":"` + strings.Repeat("[", 200) + `\"{"}`, strings.Repeat("[", 200) + `"{`, ""},
		{"as deep as allowed", "", nest(63), "", ""},
		{"too deep", "", nest(64), "", "nested deeper"},
		{"far too deep", "", strings.Repeat("[", 1<<20), "", "nested deeper"},
		{"trailing garbage", "", `{"id":"1"}{"id":"2"}`, "", "syntax"},
		{"cut", "", `{"id":"1"`, "", "syntax"},
		{"empty", "application/json", " ", "", "empty body"},
		{"HTML", "text/html", "<!doctype html><title>s3cret</title>", "", "HTML page"},
		{"HTML that says JSON", "application/json", "\n<html>", "", "HTML page"},
		{"XML", "application/xml", "<?xml version='1.0'?>", "", "XML"},
		{"another type", "", `{"id":{"s3cret":1}}`, "", `"id"`},
		{"null", "", " null\n", "", "null where"},
		{"twice", "", `{"id":"1","text":"a","id":"s3cret"}`, "", "twice"},
		{"twice, one escaped", "", `{"id":"1","i\u0064":"s3cret"}`, "", "twice"},
		{"twice within", "", `{"id":"1","more":[{"a":{"x":1}},{"a":1,"b":{"a":2},"a":3}]}`, "", "twice"},
		{"twice among many", "", `{"id":"1",` + members(40) + `,"k3":1}`, "", "twice"},
		{"twice late among many", "", `{"id":"1",` + members(40) + `,"k39":1}`, "", "twice"},
		{"the same name in several objects", "", `{"id":"1","text":"a","x":{"id":"2","y":{"id":"3"}},"z":[{"id":"4"},{"id":"5"}]}`, "a", ""},
		{"the same text as a value", "", `{"id":"1","text":"a","x":["id","text",{"text":"text"}]}`, "a", ""},
		{"quotes in names and values", "", `{"id":"1","text":"a","q\"":"\\","q":"\",\"q\":"}`, "a", ""},
		{"many members in many objects", "", `{"id":"1","text":"a","x":{` + members(40) + `},"y":[{` + members(40) + `},{` + members(60) + `}]}`, "a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode[wireStatus](answer(tt.contentType, tt.body))
			if tt.wrong == "" {
				require.NoError(t, err)
				require.Equal(t, wireStatus{"1", tt.text}, got)
				return
			}
			require.ErrorIs(t, err, smm.ErrUnavailable)
			require.ErrorContains(t, err, tt.wrong)
			require.ErrorContains(t, err, "statuses.create")
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

// members are n members of an object.
func members(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`"k%d":%d`, i, i))
	}
	return strings.Join(out, ",")
}

// FuzzRepeated compares the scan with what a decoder says of the same JSON.
func FuzzRepeated(f *testing.F) {
	for _, s := range []string{`{"a":1,"a":2}`, `{"a":[{"b":1},{"b":1,"\u0062":2}]}`, `[1,"a,b",{"":{},"x":"\\\""}]`, `{"a":{"a":{"a":1}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !json.Valid(b) || tooDeep(b) {
			return // it is asked about nothing else
		}
		require.Equal(t, slowlyRepeated(json.NewDecoder(bytes.NewReader(b))), repeated(b), "%q", b)
	})
}

// slowlyRepeated reads one value by its tokens.
func slowlyRepeated(d *json.Decoder) bool {
	type frame struct {
		names  map[string]bool // nil for a list
		atName bool
	}
	var open []*frame
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		var top *frame
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		if name, ok := token.(string); ok && top != nil && top.names != nil && top.atName {
			if top.names[name] {
				return true
			}
			top.names[name], top.atName = true, false
			continue
		}
		if top != nil {
			top.atName = true
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &frame{names: map[string]bool{}, atName: true})
		case json.Delim('['):
			open = append(open, &frame{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}

func FuzzDecodeErrorBody(f *testing.F) {
	f.Add("application/json", []byte(`{"error":"InvalidSwap","message":"s3cret"}`))
	f.Add("text/html", []byte("<html>s3cret</html>"))
	f.Add("", []byte(`{"error":{"code":190,"error_subcode":463}}`))
	f.Add("", []byte("\xef\xbb\xbf[[[[[[\"\\"))
	table := &ErrorTable{Platform: "x", Decode: func(r *Response) VendorError {
		v, err := Decode[struct{ Error, Message string }](r)
		if err != nil {
			return VendorError{}
		}
		return VendorError{Code: v.Error, Message: v.Message}
	}}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := answer(contentType, string(body))
		r.Status = 400
		e := table.Error("op", smm.Ref{}, r)
		if len(e.Message) > 300 || len(e.Code) > 300 || strings.ContainsAny(e.Error(), "\n\r\x00") {
			t.Fatalf("%q", e.Error())
		}
		if table.Outcome(FateAnswered, r).State != smm.OutcomeRefused {
			t.Fatal("a 400 is a refusal")
		}
	})
}
