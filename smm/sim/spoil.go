package sim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Shape is how a reply is spoiled.
type Shape string

// The shapes of spoiled replies. All come with status 200 and call themselves
// JSON.
const (
	ShapeTypes Shape = "types" // every value in it is of another type
	ShapeTwice Shape = "twice" // members of objects stand there twice, the second time with another value
	ShapeList  Shape = "list"  // the reply as the one element of a list
	ShapeNull  Shape = "null"  // null
	ShapeBare  Shape = "bare"  // an object without members
	ShapeEmpty Shape = "empty" // no byte
	ShapeHalf  Shape = "half"  // the first half, as if it were all
	ShapePage  Shape = "page"  // an HTML page
	ShapeError Shape = "error" // the vendor's own words for an error of the server
	ShapeDeep  Shape = "deep"  // objects in objects, Bytes long
)

// Shapes lists all shapes, for tests that try each.
func Shapes() []Shape {
	return []Shape{ShapeTypes, ShapeTwice, ShapeList, ShapeNull, ShapeBare, ShapeEmpty, ShapeHalf, ShapePage, ShapeError, ShapeDeep}
}

const (
	page      = "<!doctype html><title>One moment</title><p>Checking your browser."
	deepBytes = 10 << 20
)

// spoil answers in place of rec.
func (w Wire) spoil(f Fault, rw http.ResponseWriter, r *http.Request, rec *recorder) {
	rec.copyHeader(rw)
	rw.Header().Set("Content-Type", "application/json")
	if f.Shape == ShapeDeep {
		deep(rw, f.Bytes)
		return
	}
	body := w.spoiled(f, r, rec.body.Bytes())
	rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(http.StatusOK)
	_, _ = rw.Write(body)
}

// deep writes n bytes of objects in objects, for as long as somebody reads them.
func deep(rw http.ResponseWriter, n int) {
	const open = `{"data":`
	if n == 0 {
		n = deepBytes
	}
	rest := (n + len(open) - 1) / len(open)
	rw.Header().Set("Content-Length", strconv.Itoa(rest*len(open)))
	rw.WriteHeader(http.StatusOK)
	piece := []byte(strings.Repeat(open, min(rest, 4096)))
	for rest > 0 {
		k := min(rest, 4096)
		if _, err := rw.Write(piece[:k*len(open)]); err != nil {
			return
		}
		rest -= k
	}
}

func (w Wire) spoiled(f Fault, r *http.Request, body []byte) []byte {
	switch f.Shape {
	case ShapeTwice:
		var b bytes.Buffer
		if twice(&b, decoded(body)); !bytes.Contains(b.Bytes(), []byte(`":`)) {
			return []byte(`{"id":"1","id":"11"}`) // it had no member
		}
		return b.Bytes()
	case ShapeList:
		return slices.Concat([]byte("["), encoded(decoded(body)), []byte("]"))
	case ShapeNull:
		return []byte("null")
	case ShapeBare:
		return []byte("{}")
	case ShapeEmpty:
		return nil
	case ShapeHalf:
		return body[:len(body)/2]
	case ShapePage:
		return []byte(page)
	case ShapeError:
		said := newRecorder()
		w.fail(said, r, f.Status)
		return said.body.Bytes()
	}
	return encoded(retyped(decoded(body)))
}

// decoded is what a reply says; what is no JSON becomes a string.
func decoded(body []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(body)
	}
	return v
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // it came from JSON
	}
	return b
}

// retyped gives every value another type, and leaves objects what they are but
// for their members.
func retyped(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			v[k] = retyped(member)
		}
		return v
	case []any:
		out := make(map[string]any, len(v))
		for i, element := range v {
			out[strconv.Itoa(i)] = retyped(element)
		}
		return out
	case string:
		return map[string]any{"value": v}
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return []any{v}
	}
	return v
}

// twice writes v with every member of its objects a second time.
func twice(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			name := encoded(k)
			b.Write(name)
			b.WriteByte(':')
			twice(b, v[k])
			b.WriteByte(',')
			b.Write(name)
			b.WriteByte(':')
			b.Write(encoded(other(v[k])))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			twice(b, element)
		}
		b.WriteByte(']')
	default:
		b.Write(encoded(v))
	}
}

// other is another value of the same type.
func other(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return map[string]any{}
	case []any:
		return []any{}
	case string:
		// Ids stay ids: a digit more, a letter more.
		if v == "" {
			return "0"
		}
		return v + v[len(v)-1:]
	case bool:
		return !v
	case json.Number:
		return json.Number(v.String() + "0")
	}
	return v
}
