package metatest

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// Call is a request on its way through a handler. The server's lock is held.
type Call struct {
	// Params are query, form and the members of a JSON body, the last as text; what
	// is nested there is JSON, as in a form.
	Params url.Values
	Files  map[string][]*multipart.FileHeader
	Token  *Token // nil where the route is public and none was sent
	Me     *Node  // whom the token acts for; nil for the app's own
	Node   *Node  // of the path; nil for a route of the root
	Path   string // after the version

	s    *Server
	host string
	sent string // the token as it came
}

// Get returns the first value of a parameter.
func (c *Call) Get(name string) string { return c.Params.Get(name) }

// Flag reads a boolean.
func (c *Call) Flag(name string) bool {
	switch strings.ToLower(c.Params.Get(name)) {
	case "true", "1":
		return true
	}
	return false
}

// Number reads a whole number, def where there is none.
func (c *Call) Number(name string, def int64) int64 {
	n, err := strconv.ParseInt(c.Params.Get(name), 10, 64)
	if err != nil {
		return def
	}
	return n
}

// List reads a list: JSON, or values with commas between them.
func (c *Call) List(name string) []string {
	v := strings.TrimSpace(c.Params.Get(name))
	if v == "" {
		return nil
	}
	var out []string
	if json.Unmarshal([]byte(v), &out) == nil {
		return out
	}
	return strings.Split(v, ",")
}

// JSON decodes a parameter that holds JSON, and reports whether it did.
func (c *Call) JSON(name string, into any) bool {
	return json.Unmarshal([]byte(c.Params.Get(name)), into) == nil
}

// Now is the world's time.
func (c *Call) Now() time.Time { return c.s.now() }

// Ledger is where what becomes public is recorded.
func (c *Call) Ledger() *sim.Ledger { return c.s.world.Ledger }

// After runs f once d has passed on the world's clock, with the server's lock held.
func (c *Call) After(d time.Duration, f func()) {
	s := c.s
	s.world.Clock.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// AddNode makes a node.
func (c *Call) AddNode(kind, id, name string, value any) *Node { return c.s.add(kind, id, name, value) }

// Lookup returns a node, nil if there is none.
func (c *Call) Lookup(id string) *Node { return c.s.nodes[id] }

// RemoveNode removes a node.
func (c *Call) RemoveNode(id string) { delete(c.s.nodes, id) }

// NewID returns an id that nothing has.
func (c *Call) NewID() string { return c.s.newID() }

// URL is the server's base URL.
func (c *Call) URL() string { return c.host }

const maxForm = 16 << 20

// params reads what a request asks for, however it was sent.
func params(r *http.Request) (url.Values, map[string][]*multipart.FileHeader, error) {
	v := r.URL.Query()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(8 << 20); err != nil {
			return v, nil, err
		}
		merge(v, r.MultipartForm.Value)
		return v, r.MultipartForm.File, nil
	case "application/json":
		var body map[string]json.RawMessage
		if err := json.NewDecoder(io.LimitReader(r.Body, maxForm)).Decode(&body); err != nil && err != io.EOF {
			return v, nil, err
		}
		for k, raw := range body {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				s = string(raw)
			}
			v.Add(k, s)
		}
		return v, nil, nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err != nil {
		return v, nil, err
	}
	form, err := url.ParseQuery(string(b))
	merge(v, form)
	return v, nil, err
}

func merge(into, from url.Values) {
	for k, v := range from {
		into[k] = append(into[k], v...)
	}
}
