package meta

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// GraphError is what an answer of the Graph says of a failure.
type GraphError struct {
	Code        int // 0 if there was none
	Subcode     int
	Type        string // "OAuthException", "THApiException"
	Transient   bool
	Message     string // for developers; for people, never for decisions
	UserTitle   string // what a person may be shown, localised
	UserMessage string
	TraceID     string // fbtrace_id, for support cases
}

// Label is the code as smm.Error.Code has it: "190/463", "4".
func (g GraphError) Label() string {
	switch {
	case g.Subcode != 0:
		return strconv.Itoa(g.Code) + "/" + strconv.Itoa(g.Subcode)
	case g.Code != 0:
		return strconv.Itoa(g.Code)
	}
	return g.Type
}

func (g GraphError) tokenDead() bool { return g.Code == 190 || g.Code == 102 }

// wireError is the error object. Members whose types vary are looked at later:
// one odd member must not cost the code.
type wireError struct {
	Message     json.RawMessage `json:"message"`
	Type        json.RawMessage `json:"type"`
	Code        json.RawMessage `json:"code"`
	Subcode     json.RawMessage `json:"error_subcode"`
	Transient   json.RawMessage `json:"is_transient"`
	UserTitle   json.RawMessage `json:"error_user_title"`
	UserMessage json.RawMessage `json:"error_user_msg"`
	TraceID     json.RawMessage `json:"fbtrace_id"`
}

// wireFailure is an answer that may hold an error: that of the Graph, that of
// api.instagram.com (error_type, error_message), or that of an upload
// (debug_info).
type wireFailure struct {
	Error     json.RawMessage `json:"error"`
	DebugInfo json.RawMessage `json:"debug_info"`
	ErrorType json.RawMessage `json:"error_type"`
	Code      json.RawMessage `json:"code"`
	ErrorText json.RawMessage `json:"error_message"`
}

type wireDebug struct {
	Retriable json.RawMessage `json:"retriable"`
	Type      json.RawMessage `json:"type"`
	Message   json.RawMessage `json:"message"`
}

// ParseError reads the error of an answer, whatever its status. It is false for
// an answer without one, also for what is no JSON.
func ParseError(body []byte) (GraphError, bool) {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\xef\xbb\xbf"))
	if len(body) == 0 || body[0] != '{' || tooDeep(body) {
		return GraphError{}, false
	}
	var f wireFailure
	if json.Unmarshal(body, &f) != nil {
		return GraphError{}, false
	}
	if g, ok := errorObject(f.Error); ok {
		return g, true
	}
	var d wireDebug
	if isObject(f.DebugInfo) && json.Unmarshal(f.DebugInfo, &d) == nil {
		return GraphError{Type: word(d.Type), Message: text(d.Message), Transient: truth(d.Retriable)}, true
	}
	if t := word(f.ErrorType); t != "" {
		return GraphError{Type: t, Code: number(f.Code), Message: text(f.ErrorText)}, true
	}
	return GraphError{}, false
}

func errorObject(raw json.RawMessage) (GraphError, bool) {
	switch {
	case len(raw) == 0, string(raw) == "null", string(raw) == "false", string(raw) == `""`, string(raw) == "{}":
		return GraphError{}, false
	case !isObject(raw):
		return GraphError{Type: word(raw)}, true // {"error":"invalid_request"}
	}
	var e wireError
	if json.Unmarshal(raw, &e) != nil {
		return GraphError{}, true
	}
	return GraphError{
		Code: number(e.Code), Subcode: number(e.Subcode), Type: word(e.Type), Transient: truth(e.Transient),
		Message: text(e.Message), UserTitle: text(e.UserTitle), UserMessage: text(e.UserMessage), TraceID: word(e.TraceID),
	}, true
}

// failureIn looks for an error in an answer with status 200. Most answers do not
// hold the words, and are not decoded for it.
func failureIn(body []byte) bool {
	if !bytes.Contains(body, []byte(`"error"`)) && !bytes.Contains(body, []byte(`"debug_info"`)) && !bytes.Contains(body, []byte(`"error_type"`)) {
		return false
	}
	_, failed := ParseError(body)
	return failed
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// word is a text that may stand in logs.
func word(raw json.RawMessage) string {
	s := smm.CleanMessage(text(raw))
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "")
	}
	return s
}

// number reads 190, "190" and 190.0; everything else is 0.
func number(raw json.RawMessage) int {
	s := strings.Trim(string(raw), `" `)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(f) > math.MaxInt32 || f != math.Trunc(f) {
		return 0
	}
	return int(f)
}

func truth(raw json.RawMessage) bool {
	switch strings.Trim(string(raw), `"`) {
	case "true", "1":
		return true
	}
	return false
}

const maxDepth = 64

// tooDeep counts brackets outside strings, before a parser spends its stack.
func tooDeep(b []byte) bool {
	if bytes.Count(b, []byte{'{'})+bytes.Count(b, []byte{'['}) <= maxDepth {
		return false
	}
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
