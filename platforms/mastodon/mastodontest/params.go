package mastodontest

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// params are the parameters of a request, whichever way they were sent, under
// the names of the form encoding: "poll[options][]".
type params struct {
	url.Values
	files map[string]*multipart.FileHeader
}

const maxForm = 1 << 20

func readParams(r *http.Request) (params, error) {
	p := params{Values: r.URL.Query()}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(8 << 20); err != nil {
			return p, err
		}
		merge(p.Values, r.MultipartForm.Value)
		p.files = make(map[string]*multipart.FileHeader)
		for k, f := range r.MultipartForm.File {
			p.files[k] = f[0]
		}
	case "application/json":
		var v any
		dec := json.NewDecoder(io.LimitReader(r.Body, maxForm))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil && err != io.EOF {
			return p, err
		}
		if m, ok := v.(map[string]any); ok {
			for k, e := range m {
				flatten(p.Values, k, e)
			}
		}
	default:
		b, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
		if err != nil {
			return p, err
		}
		form, err := url.ParseQuery(string(b))
		if err != nil {
			return p, err
		}
		merge(p.Values, form)
	}
	return p, nil
}

func merge(into, from url.Values) {
	for k, v := range from {
		into[k] = append(into[k], v...)
	}
}

func flatten(into url.Values, key string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for k, e := range v {
			flatten(into, key+"["+k+"]", e)
		}
	case []any:
		for _, e := range v {
			flatten(into, key+"[]", e)
		}
	default:
		into.Add(key, fmt.Sprint(v))
	}
}

// list returns the values of an array, sent with or without brackets.
func (p params) list(name string) []string {
	if v := p.Values[name+"[]"]; len(v) > 0 {
		return v
	}
	return p.Values[name]
}

func (p params) flag(name string) bool {
	switch strings.ToLower(p.Get(name)) {
	case "true", "1", "on", "t":
		return true
	}
	return false
}

func (p params) number(name string, def, limit int) int {
	n, err := strconv.Atoi(p.Get(name))
	if err != nil || n <= 0 {
		n = def
	}
	return min(n, limit)
}
