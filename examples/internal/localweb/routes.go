package localweb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// maxBody bounds what a request may bring. Texts are a few kilobytes.
const maxBody = 64 << 10

// call answers a request with a value, which becomes JSON, or an error.
type call func(r *http.Request) (any, error)

// handler is the whole control server.
func (w *Web) handler(remote bool) http.Handler {
	mux := http.NewServeMux()
	w.pages(mux)
	w.api(mux)
	return guard{remote: remote, next: http.MaxBytesHandler(mux, maxBody)}
}

// api adds the control API.
func (w *Web) api(mux *http.ServeMux) {
	endpoint(mux, "/platforms", map[string]call{"GET": func(*http.Request) (any, error) { return w.Doc(), nil }})
	endpoint(mux, "/accounts", map[string]call{"POST": w.postAccount})
	endpoint(mux, "/visitor/posts", map[string]call{"POST": w.postVisitorPost})
	endpoint(mux, "/visitor/messages", map[string]call{"POST": w.postVisitorMessage})
	endpoint(mux, "/visitor/likes", map[string]call{"POST": w.postVisitorLike})
	endpoint(mux, "/visitor/follows", map[string]call{"POST": w.postVisitorFollow})
	endpoint(mux, "/faults", map[string]call{"GET": w.getFaults, "POST": w.postFault, "DELETE": w.deleteFaults})
	endpoint(mux, "/faults/{id}", map[string]call{"DELETE": w.deleteFault})
	endpoint(mux, "/clock", map[string]call{"GET": w.getClock, "POST": w.postClock})
	endpoint(mux, "/counters", map[string]call{"GET": w.getCounters})
	endpoint(mux, "/items", map[string]call{"GET": w.getItems})
	mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
		reply(rw, nil, refusef(http.StatusNotFound, "no %s here; the package documentation of localweb lists what is", r.URL.Path))
	})
}

// endpoint serves a path and answers methods it lacks in the API's own form.
func endpoint(mux *http.ServeMux, path string, methods map[string]call) {
	allow := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	mux.HandleFunc(path, func(rw http.ResponseWriter, r *http.Request) {
		c, ok := methods[r.Method]
		if !ok {
			rw.Header().Set("Allow", allow)
			reply(rw, nil, refusef(http.StatusMethodNotAllowed, "%s takes %s, not %s", r.URL.Path, allow, r.Method))
			return
		}
		v, err := c(r)
		reply(rw, v, err)
	})
}

// refusal is an error with the status that tells it.
type refusal struct {
	status int
	text   string
}

func (e *refusal) Error() string { return e.text }

func refusef(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// statusOf returns the status for an error of ours or of a simulator.
func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	if errors.Is(err, smm.ErrNotFound) {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

func reply(rw http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		status, v = statusOf(err), struct {
			Error string `json:"error"`
		}{err.Error()}
	}
	b, err := json.Marshal(v)
	if err != nil { // only a value of ours could be the cause
		status, b = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON form"}`)
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_, _ = rw.Write(append(b, '\n')) // whoever asked may be gone
}

// decode reads a request's body, strictly: a misspelt field would otherwise
// look like a fault that never strikes.
func decode[T any](r *http.Request) (T, error) {
	var v T
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return v, nil
		}
		err = errors.New("something follows the JSON object")
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return v, refusef(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", maxBody)
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it is empty")
	}
	return v, refusef(http.StatusBadRequest, "body: %s; want a JSON object", strings.TrimPrefix(err.Error(), "json: "))
}
