package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// maxJSONDepth bounds nesting. Answers of platforms nest about ten deep; what
// goes deeper costs more stack than sense.
const maxJSONDepth = 64

// JSON decodes the body into v. Unknown fields are ignored and invalid UTF-8
// becomes U+FFFD; an empty body, null, text after the value, nesting beyond 64
// and objects that name a member twice are errors, as is an HTML page, which is
// what proxies, maintenance pages and captive portals answer with. All are *smm.Error that match
// smm.ErrUnavailable and quote nothing of the body.
//
// After a commit such an error leaves the outcome unknown: the platform may
// well have done what its answer fails to say.
func (r *Response) JSON(v any) error {
	if err := decodeJSON(r.Body, r.Header.Get("Content-Type"), v); err != nil {
		return &smm.Error{
			Op: r.op, Platform: r.platform, Channel: r.channel, Status: r.Status, RequestID: r.RequestID,
			Err: fmt.Errorf("%w: unreadable answer: %w", smm.ErrUnavailable, err),
		}
	}
	return nil
}

// Decode is Response.JSON as a function that returns the value.
func Decode[T any](r *Response) (T, error) {
	var v T
	err := r.JSON(&v)
	return v, err
}

var (
	errEmpty    = errors.New("empty body where JSON was expected")
	errHTML     = errors.New("HTML page where JSON was expected")
	errNull     = errors.New("null where an answer was expected")
	errTooDeep  = errors.New("JSON nested deeper than 64")
	errRepeated = errors.New("JSON with an object that names a member twice")
	byteOrder   = []byte("\xef\xbb\xbf")
	jsonSpaces  = " \t\r\n"
	htmlOpeners = []byte("<")
)

func decodeJSON(body []byte, contentType string, v any) error {
	body = bytes.TrimPrefix(body, byteOrder)
	trimmed := bytes.TrimLeft(body, jsonSpaces)
	switch {
	case len(trimmed) == 0:
		return errEmpty
	case isHTML(trimmed):
		if strings.Contains(contentType, "xml") && !strings.Contains(contentType, "html") {
			return errors.New("XML where JSON was expected")
		}
		return errHTML
	case string(bytes.TrimRight(trimmed, jsonSpaces)) == "null":
		return errNull
	case tooDeep(trimmed):
		return errTooDeep
	}
	err := json.Unmarshal(trimmed, v)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("JSON syntax at byte %d", e.Offset) // its own text may quote the body
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("JSON field %q is not a %s", e.Field, e.Type)
	}
	if err != nil {
		return fmt.Errorf("JSON does not fit %T", v)
	}
	if repeated(trimmed) {
		return errRepeated
	}
	return nil
}

// Unreadable is the error about an answer of which JSON has nothing to say and
// the caller does. what names the trouble in a few words and quotes nothing.
func (r *Response) Unreadable(what string) error {
	return &smm.Error{
		Op: r.op, Platform: r.platform, Channel: r.channel, Status: r.Status, RequestID: r.RequestID,
		Err: fmt.Errorf("%w: unreadable answer: %s", smm.ErrUnavailable, what),
	}
}

// isHTML reports whether a body is markup: no JSON value begins so.
func isHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, byteOrder), jsonSpaces), htmlOpeners)
}

// tooDeep counts brackets outside strings. It needs no valid JSON.
func tooDeep(b []byte) bool {
	// Counting bytes is far cheaper than walking, and settles most answers.
	if bytes.Count(b, []byte{'{'})+bytes.Count(b, []byte{'['}) <= maxJSONDepth {
		return false
	}
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > maxJSONDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
