package metatest

import (
	"encoding/json"
	"net/http"
	"time"
)

// Reply is an answer in the making.
type Reply struct {
	Status int
	Body   any
	Header http.Header
}

// OK answers with body.
func OK(body any) Reply { return Reply{Status: http.StatusOK, Body: body} }

// Success is the answer of most writes.
func Success() Reply {
	return OK(struct {
		Success bool `json:"success"`
	}{true})
}

// Error is an error in the vendor's shape.
type Error struct {
	Status      int // 0 for 400
	Code        int
	Subcode     int
	Type        string // "" for OAuthException
	Transient   bool
	Message     string
	UserTitle   string
	UserMessage string
}

const (
	typeOAuth  = "OAuthException"
	typeMethod = "GraphMethodException"
)

type wireError struct {
	Message     string `json:"message"`
	Type        string `json:"type"`
	Code        int    `json:"code"`
	Subcode     int    `json:"error_subcode,omitempty"`
	Transient   bool   `json:"is_transient"`
	UserTitle   string `json:"error_user_title,omitempty"`
	UserMessage string `json:"error_user_msg,omitempty"`
	TraceID     string `json:"fbtrace_id"`
}

type wireFailure struct {
	Error wireError `json:"error"`
}

// Fail answers with an error, which has an fbtrace_id of its own.
func Fail(e *Error) Reply {
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	typ := e.Type
	if typ == "" {
		typ = typeOAuth
	}
	trace := "A" + secretWord()[:22]
	return Reply{
		Status: status, Header: http.Header{"X-Fb-Trace-Id": {trace}},
		Body: wireFailure{wireError{
			Message: e.Message, Type: typ, Code: e.Code, Subcode: e.Subcode, Transient: e.Transient,
			UserTitle: e.UserTitle, UserMessage: e.UserMessage, TraceID: trace,
		}},
	}
}

func errExpired(now time.Time) *Error {
	return &Error{
		Status: http.StatusBadRequest, Code: 190, Subcode: 463,
		Message: "Error validating access token: Session has expired on " + now.Format(time.RFC1123) + ".",
	}
}

// scripted is what a fault with a status says: what is gone is gone, anything else
// passes.
func scripted(status int) Reply {
	if status == http.StatusNotFound {
		return Fail(&Error{
			Status: status, Code: 100, Subcode: 33, Type: typeMethod,
			Message: "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, or does not support this operation",
		})
	}
	return Fail(&Error{Status: status, Code: 2, Type: typeOAuth, Transient: true, Message: "An unexpected error has occurred. Please retry your request later."})
}

// NotFound is the error of an id that is unknown or out of sight.
func NotFound(id string) *Error {
	return &Error{
		Code: 100, Subcode: 33, Type: typeMethod,
		Message: "Unsupported request. Object with ID '" + id + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
	}
}

// Invalid is the error of a wrong parameter.
func Invalid(message string) *Error { return &Error{Code: 100, Message: "(#100) " + message} }

// Stamp is a time as the Graph writes it.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-0700") }

func (s *Server) write(w http.ResponseWriter, r Reply) {
	h := w.Header()
	for k, v := range r.Header {
		h[k] = v
	}
	h.Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(r.Status)
	_, _ = w.Write(encode(r.Body)) // the connection may be gone
}

func encode(body any) []byte {
	if raw, ok := body.(json.RawMessage); ok {
		return raw
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic("metatest: an answer that is no JSON: " + err.Error())
	}
	return b
}
