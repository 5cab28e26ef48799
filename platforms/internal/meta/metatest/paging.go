package metatest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type wirePage struct {
	Data   any         `json:"data"`
	Paging *wirePaging `json:"paging,omitempty"`
}

type wirePaging struct {
	Cursors  wireCursors `json:"cursors"`
	Next     string      `json:"next,omitempty"`
	Previous string      `json:"previous,omitempty"`
}

type wireCursors struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// Paged answers a list, def items at a time unless limit asks for others, and at
// most 100. Items are shown with the fields that were asked for. A cursor is the
// place in the list, so what is inserted before it moves it on.
func Paged[T any](c *Call, all []T, def int) Reply {
	n := int(min(max(c.Number("limit", int64(def)), 1), 100))
	from := 0
	after, hasAfter := place(c.Get("after"))
	before, hasBefore := place(c.Get("before"))
	switch {
	case c.Get("after") != "" && !hasAfter, c.Get("before") != "" && !hasBefore:
		return Fail(Invalid("The cursor is invalid"))
	case hasAfter:
		from = after + 1
	case hasBefore:
		from = max(before-n, 0)
		n = before - from
	}
	from = min(max(from, 0), len(all))
	to := min(from+n, len(all))
	page := wirePage{Data: selected(c, all[from:to])}
	if to > from {
		page.Paging = &wirePaging{Cursors: wireCursors{Before: cursorAt(from), After: cursorAt(to - 1)}}
		if to < len(all) && !c.s.opts.NoNext {
			page.Paging.Next = pageURL(c, "after", page.Paging.Cursors.After)
		}
		if from > 0 && !c.s.opts.NoNext {
			page.Paging.Previous = pageURL(c, "before", page.Paging.Cursors.Before)
		}
	}
	return OK(page)
}

func selected[T any](c *Call, items []T) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(items))
	for _, item := range items {
		out = append(out, c.Select(item))
	}
	return out
}

func cursorAt(i int) string { return base64.StdEncoding.EncodeToString([]byte("at" + strconv.Itoa(i))) }

func place(cursor string) (int, bool) {
	b, err := base64.StdEncoding.DecodeString(cursor)
	n, is := strings.CutPrefix(string(b), "at")
	i, nerr := strconv.Atoi(n)
	return i, err == nil && is && nerr == nil && i >= 0
}

// pageURL is the address of another page, with the token in it, as the vendor
// writes it.
func pageURL(c *Call, name, cursor string) string {
	q := url.Values{}
	for k, v := range c.Params {
		if k != "after" && k != "before" && k != "appsecret_proof" {
			q[k] = v
		}
	}
	q.Set(name, cursor)
	q.Set("access_token", c.Token.Value)
	return c.host + "/v25.0/" + c.Path + "?" + q.Encode()
}

// Select shows a value with the fields that the call asks for: "id" and what
// "fields" names, or all where it is absent. Modifiers such as ".limit(3)" are
// ignored; nested fields are applied to objects, to lists, and to lists under
// "data".
func (c *Call) Select(v any) json.RawMessage {
	raw := json.RawMessage(encode(v))
	if spec := c.Get("fields"); spec != "" {
		raw = project(raw, spec)
	}
	return raw
}

func project(raw json.RawMessage, spec string) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && list != nil {
		for i := range list {
			list[i] = project(list[i], spec)
		}
		return encode(list)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object == nil {
		return raw
	}
	if data, ok := object["data"]; ok && len(data) > 0 && data[0] == '[' {
		object["data"] = project(data, spec)
		return encode(object)
	}
	out := make(map[string]json.RawMessage)
	for _, f := range splitFields(spec) {
		name, inner := f, ""
		if i := strings.IndexByte(f, '{'); i >= 0 {
			name, inner = f[:i], strings.TrimSuffix(f[i+1:], "}")
		}
		name, _, _ = strings.Cut(name, ".")
		v, ok := object[name]
		if !ok {
			continue
		}
		if inner != "" {
			v = project(v, inner)
		}
		out[name] = v
	}
	if id, ok := object["id"]; ok {
		out["id"] = id
	}
	return encode(out)
}

// splitFields splits at commas outside braces and parentheses.
func splitFields(spec string) []string {
	var out []string
	depth, start := 0, 0
	for i, r := range spec {
		switch r {
		case '{', '(':
			depth++
		case '}', ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(spec[start:i]))
				start = i + 1
			}
		}
	}
	out = append(out, strings.TrimSpace(spec[start:]))
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}
