package mastodontest

import (
	"encoding/json"
	"net/http"
)

// object is an answer in the making.
type object map[string]any

type reply struct {
	status int
	body   any
	link   string
	header map[string]string
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// fail answers with the vendor's shape of an error.
func fail(status int, text string) reply {
	return reply{status: status, body: object{"error": text}}
}

// The vendor's words, as English servers write them.
const (
	errToken     = "The access token is invalid"
	errRevoked   = "The access token was revoked"
	errExpired   = "The access token expired"
	errDisabled  = "Your login is currently disabled"
	errUser      = "This method requires an authenticated user"
	errScope     = "This action is outside the authorized scopes"
	errForbidden = "This action is not allowed"
	errNotFound  = "Record not found"
	errThrottle  = "Too many requests"
)

func notFound() reply { return fail(http.StatusNotFound, errNotFound) }

func invalid(text string) reply {
	return fail(http.StatusUnprocessableEntity, "Validation failed: "+text)
}

func write(w http.ResponseWriter, r reply, extra map[string]string) {
	h := w.Header()
	for k, v := range extra {
		h.Set(k, v)
	}
	for k, v := range r.header {
		h.Set(k, v)
	}
	if r.link != "" {
		h.Set("Link", r.link)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(r.status)
	if r.body == nil {
		return
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(r.body) // the connection may be gone
}
