package xtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// object is an answer in the making.
type object map[string]any

type reply struct {
	status int
	body   any
	header map[string]string
	cost   []cost       // what the call costs if it went well
	after  func() reply // to do once the lock is free; what it returns is the answer
}

func ok(body object) reply { return reply{status: http.StatusOK, body: body} }

// data answers with {"data": ...} and what the call costs.
func data(v any, costs ...cost) reply {
	return reply{status: http.StatusOK, body: object{"data": v}, cost: costs}
}

const problems = "https://api.x.com/2/problems/"

// blank is the type of refusals that have none.
const blank = "about:blank"

func problem(status int, kind, title, detail string) reply {
	if kind != blank {
		kind = problems + kind
	}
	return reply{status: status, body: object{"title": title, "detail": detail, "type": kind, "status": status}}
}

// with adds a property to a refusal.
func (r reply) with(name string, v any) reply {
	if b, isObject := r.body.(object); isObject {
		b[name] = v
	}
	return r
}

func forbidden(detail string) reply {
	return problem(http.StatusForbidden, blank, "Forbidden", detail)
}

func unauthorized() reply {
	return problem(http.StatusUnauthorized, blank, "Unauthorized", "Unauthorized")
}

func notFound() reply {
	return problem(http.StatusNotFound, blank, "Not Found", "Not Found")
}

func broken(status int) reply {
	text := http.StatusText(status)
	if status == http.StatusInternalServerError {
		return problem(status, "internal-error", text, "Something is broken")
	}
	return problem(status, blank, text, text)
}

// invalid refuses a request for one parameter, in the words of the vendor's
// validator.
func invalid(parameter, value, message string) reply {
	r := problem(http.StatusBadRequest, "invalid-request", "Invalid Request", "One or more parameters to your request was invalid.")
	e := object{"message": message}
	if parameter != "" {
		e["parameters"] = object{parameter: []string{value}}
		r = r.with("parameter", parameter).with("value", value)
	}
	return r.with("errors", []object{e})
}

// wrongValue refuses a parameter of the query.
func wrongValue(name, value, why string) reply {
	return invalid(name, value, "The `"+name+"` query parameter value ["+value+"] "+why)
}

// oneOf is why a value is wrong that is not in a list.
func oneOf(list ...string) string { return "is not one of [" + strings.Join(list, ",") + "]" }

// missing is the partial error about something that does not exist.
func missing(kind, parameter, value string) object {
	return object{
		"value": value, "detail": fmt.Sprintf("Could not find %s with %s: [%s].", kind, parameter, value), "title": "Not Found Error",
		"resource_type": kind, "parameter": parameter, "resource_id": value, "type": problems + "resource-not-found",
	}
}

// closed is the partial error about something that exists and is not shown.
func closed(kind, parameter, value string) object {
	return object{
		"value": value, "detail": fmt.Sprintf("Sorry, you are not authorized to see the %s with %s: [%s].", kind, parameter, value),
		"title": "Authorization Error", "section": "data", "resource_type": kind, "parameter": parameter, "resource_id": value,
		"type": problems + "not-authorized-for-resource",
	}
}

// fieldError is the partial error about a field that is not shown.
func fieldError(field, parameter, id, why string) object {
	return object{
		"resource_id": id, "parameter": parameter, "resource_type": "tweet", "section": "data", "title": "Field Authorization Error",
		"value": id, "detail": fmt.Sprintf("Sorry, you are not authorized to access '%s' on the Tweet with %s : [%s]%s.", field, parameter, id, why),
		"type": problems + "not-authorized-for-field", "field": field,
	}
}

// withErrors answers 200 with what there is and why the rest is missing.
func withErrors(body object, errs []object) object {
	if len(errs) > 0 {
		body["errors"] = errs
	}
	return body
}

var legacyCodes = map[int]object{
	http.StatusBadRequest:      {"code": 214, "message": "Bad request."},
	http.StatusUnauthorized:    {"code": 89, "message": "Invalid or expired token."},
	http.StatusForbidden:       {"code": 200, "message": "Forbidden."},
	http.StatusNotFound:        {"code": 34, "message": "Sorry, that page does not exist."},
	http.StatusTooManyRequests: {"code": 88, "message": "Rate limit exceeded"},
}

// aged turns a refusal into the shape of version 1.1.
func aged(r reply) reply {
	b, _ := r.body.(object)
	if _, isProblem := b["title"]; !isProblem {
		return r
	}
	e, known := legacyCodes[r.status]
	if !known {
		e = object{"code": 131, "message": "Internal error"}
	}
	if detail, _ := b["detail"].(string); strings.Contains(detail, "duplicate content") {
		e = object{"code": 187, "message": "Status is a duplicate."}
	}
	r.body = object{"errors": []object{e}}
	return r
}

// write sends an answer. Refusals are application/problem+json, except those of
// OAuth and of version 1.1.
func (s *Server) write(w http.ResponseWriter, r reply) {
	s.mu.Lock()
	legacy := s.legacy
	s.mu.Unlock()
	if legacy && r.status >= http.StatusBadRequest {
		r = aged(r)
	}
	h := w.Header()
	for k, v := range r.header {
		h.Set(k, v)
	}
	kind := "application/json; charset=utf-8"
	if b, isObject := r.body.(object); isObject && r.status >= http.StatusBadRequest && b["title"] != nil {
		kind = "application/problem+json; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	w.WriteHeader(r.status)
	if r.body == nil {
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(r.body) // the connection may be gone
}
