package blueskytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/smmkit/smmkit/platforms/bluesky/scope"
)

const maxJSON = 1 << 20 // bytes of a JSON body, as the reference PDS bounds it

// fault is an error in the vendor's words.
type fault struct {
	status  int
	name    string
	message string
}

func (f *fault) Error() string { return f.name + ": " + f.message }

func fail(status int, name, format string, a ...any) *fault {
	return &fault{status, name, fmt.Sprintf(format, a...)}
}

func invalid(format string, a ...any) *fault { return fail(400, "InvalidRequest", format, a...) }

// call is one XRPC request.
type call struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	nsid string
	me   *account // who asks; nil where nobody needs to be signed in

	granted *scope.Set // of an OAuth session; nil for app passwords
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

// decode reads the JSON body.
func (c *call) decode(v any) error {
	if t := c.r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/json") {
		return invalid("Wrong request encoding (Content-Type): %s", t)
	}
	b, err := io.ReadAll(io.LimitReader(c.r.Body, maxJSON+1))
	if err != nil {
		return invalid("could not read the body")
	}
	if len(b) > maxJSON {
		return fail(413, "PayloadTooLarge", "request entity too large")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return invalid("Input must be valid JSON: %v", err)
	}
	return nil
}

// method is one entry of the routing table.
type method struct {
	verb string
	auth authKind
	via  service
	do   func(*call) (any, error)
}

type authKind int

const (
	authNone     authKind = iota
	authOptional          // personal fields if signed in
	authAccess
	authRefresh
	authService
)

// service is who answers: it decides what a missing proxy header means.
type service int

const (
	viaPDS service = iota
	viaAppView
	viaChat
	viaVideo
)

func (s *Server) routes() http.Handler {
	table := s.methods()
	mux := http.NewServeMux()
	mux.HandleFunc("/xrpc/", func(w http.ResponseWriter, r *http.Request) {
		nsid := strings.TrimPrefix(r.URL.Path, "/xrpc/")
		m, ok := table[nsid]
		if !ok {
			writeFault(w, fail(501, "MethodNotImplemented", "Method Not Implemented"))
			return
		}
		s.serve(w, r, nsid, m)
	})
	for _, path := range []string{
		"/oauth/authorize", "/oauth/par", "/oauth/token", "/oauth/revoke",
		"/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource",
	} {
		mux.Handle(path, s.oauth)
	}
	mux.HandleFunc("GET "+jwksPath, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, object{"keys": []any{}}) })
	mux.HandleFunc("GET /xrpc/_health", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, object{"version": "0.4.217"}) })
	mux.HandleFunc("GET /.well-known/atproto-did", s.wellKnown)
	mux.HandleFunc("GET /img/{did}/{cid}", s.image)
	mux.HandleFunc("GET /{did}", s.plc)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Not Found", http.StatusNotFound) })
	return mux
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, nsid string, m method) {
	c := &call{s: s, w: w, r: r, nsid: nsid}
	if m.verb != r.Method {
		writeFault(w, fail(405, "InvalidRequest", "Incorrect HTTP method (%s) expected %s", r.Method, m.verb))
		return
	}
	if nsid == "com.atproto.repo.uploadBlob" || nsid == "app.bsky.video.uploadVideo" {
		s.serveUpload(c, m) // reads a long body: not under the lock
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(c, m); err != nil {
		writeError(w, err)
		return
	}
	out, err := m.do(c)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, out)
}

// serveUpload reads the body before it takes the lock.
func (s *Server) serveUpload(c *call, m method) {
	b, err := io.ReadAll(io.LimitReader(c.r.Body, s.opts.BlobLimit+1))
	s.mu.Lock()
	defer s.mu.Unlock()
	if ferr := s.admit(c, m); ferr != nil {
		writeError(c.w, ferr)
		return
	}
	switch {
	case err != nil:
		writeError(c.w, invalid("could not read the body"))
		return
	case int64(len(b)) > s.opts.BlobLimit:
		writeError(c.w, fail(413, "PayloadTooLarge", "request entity too large"))
		return
	}
	c.r.Body = io.NopCloser(bytes.NewReader(b))
	out, err := m.do(c)
	if err != nil {
		writeError(c.w, err)
		return
	}
	writeJSON(c.w, out)
}

// admit checks limits, credentials and the service asked for.
func (s *Server) admit(c *call, m method) error {
	if err := s.spend(c, charge{"ip", s.opts.Requests, 300, 1}); err != nil {
		return err
	}
	if err := s.authenticate(c, m.auth); err != nil {
		return err
	}
	if err := s.authorize(c, m); err != nil {
		return err
	}
	if m.verb == http.MethodPost && m.auth == authAccess && c.me.deactivated {
		return fail(401, "AccountDeactivated", "Account is deactivated")
	}
	proxy := c.r.Header.Get("Atproto-Proxy")
	switch {
	case m.via == viaChat && (s.opts.NoChat || proxy != chatService):
		return fail(404, "XRPCNotSupported", "XRPCNotSupported")
	case m.via == viaChat && s.opts.NoDMPermission:
		return fail(400, "InvalidToken", "Bad token method")
	case m.via == viaVideo && s.opts.NoVideo:
		return fail(404, "XRPCNotSupported", "XRPCNotSupported")
	case m.via == viaAppView && s.opts.NoAppView:
		return invalid("No service configured for %s", c.nsid)
	}
	return nil
}

const chatService = "did:web:api.bsky.chat#bsky_chat"

func writeError(w http.ResponseWriter, err error) {
	var f *fault
	if !errors.As(err, &f) {
		f = fail(500, "InternalServerError", "Internal Server Error")
	}
	writeFault(w, f)
}

func writeFault(w http.ResponseWriter, f *fault) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{f.name, f.message})
}

func writeJSON(w http.ResponseWriter, v any) {
	if v == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v)
}

// vendorError answers an injected status in the vendor's words.
func vendorError(w http.ResponseWriter, _ *http.Request, status int) {
	names := map[int]string{
		400: "InvalidRequest", 401: "AuthenticationRequired", 403: "Forbidden", 404: "NotFound",
		413: "PayloadTooLarge", 429: "RateLimitExceeded", 500: "InternalServerError", 501: "MethodNotImplemented",
		502: "UpstreamFailure", 503: "NotEnoughResources", 504: "UpstreamTimeout",
	}
	name, ok := names[status]
	if !ok {
		name = "InternalServerError"
	}
	writeFault(w, fail(status, name, "%s", http.StatusText(status)))
}

func expired(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("Authorization"), "DPoP ") {
		w.Header().Set("WWW-Authenticate", `DPoP error="invalid_token", error_description="the token is over", algs="ES256"`)
		writeFault(w, fail(401, "invalid_token", "the token is over"))
		return
	}
	writeFault(w, fail(400, "ExpiredToken", "Token has expired"))
}

// limit reads the page size of a list.
func (c *call) limit(standard int) (int, error) {
	n := standard
	if v := c.query("limit"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 || n > 100 {
			return 0, invalid("Error: limit must be an integer from 1 to 100")
		}
	}
	return min(n, c.s.opts.PageSize), nil
}

// page cuts one page out of a list that is sorted by descending key. Every page
// with items carries a cursor; the end shows by an empty page without one.
func page[T any](items []T, key func(T) string, cursor string, limit int) (out []T, next string) {
	for _, v := range items {
		if cursor != "" && key(v) >= cursor {
			continue
		}
		if len(out) == limit {
			break
		}
		out = append(out, v)
		next = key(v)
	}
	if out == nil {
		out = []T{}
	}
	return out, next
}
