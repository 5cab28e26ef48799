package metatest

import (
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

// Route is a method on nodes of a kind, or on one of their edges.
type Route struct {
	Method  string
	Kind    string // "" for the root: GET /ig_hashtag_search
	Edge    string // "" for the node itself
	Class   sim.Class
	Scopes  []string // all are needed
	Public  bool     // no token is needed
	Handler func(*Call) Reply

	raw func(w http.ResponseWriter, r *http.Request, rest string) // in place of Handler: it reads the body itself
}

type routeKey struct{ method, kind, edge string }

// Name is the route's name in the fault script.
func (r *Route) Name() string {
	switch {
	case r.Kind == "":
		return r.Method + " /" + r.Edge
	case r.Edge == "":
		return r.Method + " " + r.Kind
	}
	return r.Method + " " + r.Kind + "/" + r.Edge
}

// Handle adds a route, or replaces it.
func (s *Server) Handle(r Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle(&r)
}

func (s *Server) handle(r *Route) { s.routes[routeKey{r.Method, r.Kind, r.Edge}] = r }

func (s *Server) baseRoutes() {
	for _, r := range []Route{
		{Method: "POST", Class: sim.Read, Handler: s.batch},
		{Method: "GET", Edge: "debug_token", Class: sim.Auth, Handler: s.debugToken},
		{Method: "GET", Edge: "access_token", Class: sim.Auth, Public: true, Handler: s.lengthen},
		{Method: "GET", Edge: "refresh_access_token", Class: sim.Auth, Public: true, Handler: s.refresh},
		{Method: "GET", Edge: "oauth/access_token", Class: sim.Auth, Public: true, Handler: s.redeem},
		{Method: "POST", Edge: "oauth/access_token", Class: sim.Auth, Public: true, Handler: s.redeem},
		{Method: "GET", Edge: "dialog/oauth", Class: sim.Auth, Public: true, Handler: s.dialog},
		{Method: "GET", Edge: "oauth/authorize", Class: sim.Auth, Public: true, Handler: s.dialog},
		{Method: "GET", Kind: kindUser, Edge: "accounts", Class: sim.Read, Scopes: []string{"pages_show_list"}, Handler: s.accounts},
		{Method: "GET", Kind: kindUser, Edge: "permissions", Class: sim.Read, Handler: s.permissions},
		{Method: "DELETE", Kind: kindUser, Edge: "permissions", Class: sim.Write, Handler: s.deauthorize},
		{Method: "POST", Kind: kindApp, Edge: "uploads", Class: sim.Prepare, Handler: s.startSession},
		{Method: "GET", Kind: kindSession, Class: sim.Read, Handler: s.sessionOffset},
		{Method: "POST", Kind: kindSession, Class: sim.Prepare, raw: s.takeSession},
		{Method: "POST", Edge: videoUpload, Class: sim.Prepare, raw: s.takeUpload},
		{Method: "POST", Edge: instagramUpload, Class: sim.Prepare, raw: s.takeUpload},
	} {
		s.handle(&r)
	}
	s.add(kindApp, s.opts.AppID, "simulated app", nil)
}

// The kinds of nodes that the base itself knows.
const (
	kindUser    = "user"
	kindApp     = "app"
	kindSession = "upload"
)

// found is where a path leads.
type found struct {
	route *Route
	node  *Node
	rest  string // after the version
	fault *Error // why it leads nowhere
}

// find takes a path apart: version, node, edge. The vendor serves a version that
// is over by the oldest live one, so any will do here.
func (s *Server) find(method, path string, me *Node) found {
	path = strings.Trim(path, "/")
	if first, rest, _ := strings.Cut(path, "/"); isVersion(first) {
		path = rest
	}
	f := found{rest: path}
	if r := s.routes[routeKey{method, "", path}]; r != nil {
		f.route = r
		return f
	}
	first, edge, _ := strings.Cut(path, "/")
	if first == videoUpload || first == instagramUpload {
		f.route, f.rest = s.routes[routeKey{method, "", first}], edge
		if f.route == nil {
			f.fault = unknownPath(path)
		}
		return f
	}
	if f.node = s.nodes[first]; first == "me" {
		f.node = me
	}
	if f.node == nil {
		f.fault = NotFound(first)
		return f
	}
	if f.route = s.routes[routeKey{method, f.node.Kind, edge}]; f.route == nil {
		f.fault = unknownPath(path)
	}
	return f
}

func unknownPath(path string) *Error {
	return &Error{Code: 2500, Message: "Unknown path components: /" + path}
}

func isVersion(s string) bool {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	return ok && s[0] == 'v' && major != "" && minor != "" && strings.Trim(major+minor, "0123456789") == ""
}

// classify names the operation of a request for the fault script.
func (s *Server) classify(r *http.Request) sim.Op {
	s.mu.Lock()
	defer s.mu.Unlock()
	var me *Node
	if t := s.tokens[tokenIn(r.Header, r.URL.Query())]; t != nil {
		me = t.node
	}
	op := sim.Op{Platform: s.opts.Platform, Name: r.Method + " " + r.URL.Path, Class: sim.Read}
	if r.Method != http.MethodGet {
		op.Class = sim.Write
	}
	if f := s.find(r.Method, r.URL.Path, me); f.route != nil {
		op.Name, op.Class = f.route.Name(), f.route.Class
	}
	return op
}

// serve answers a request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.find(r.Method, r.URL.Path, nil)
	s.mu.Unlock()
	if f.route != nil && f.route.raw != nil {
		f.route.raw(w, r, f.rest)
		return
	}
	p, files, err := params(r)
	if err != nil {
		s.write(w, Fail(Invalid("The request cannot be parsed")))
		return
	}
	s.mu.Lock()
	reply := s.run(&request{method: r.Method, path: r.URL.Path, token: tokenIn(r.Header, p), params: p, files: files})
	s.mu.Unlock()
	s.write(w, reply)
}

// request is one call, whether it came alone or in a batch.
type request struct {
	method, path, token string
	params              url.Values
	files               map[string][]*multipart.FileHeader
	inBatch             bool
}

// run takes a call to its handler: token, budget, scopes.
func (s *Server) run(r *request) Reply {
	token, fault := s.judge(r.token, r.params.Get("appsecret_proof"), r.inBatch)
	c := &Call{Params: r.params, Files: r.files, Token: token, s: s, host: s.http.URL, sent: r.token}
	if token != nil {
		c.Me = token.node
	}
	f := s.find(r.method, r.path, c.Me)
	if f.route != nil && f.route.Public {
		c.Path = f.rest
		return f.route.Handler(c)
	}
	if fault != nil {
		return Fail(fault)
	}
	if isBatch := f.route != nil && f.route.Name() == "POST /"; isBatch {
		reply := f.route.Handler(c)
		headers, _ := s.charge(token, false)
		return reply.with(headers)
	}
	headers, full := s.charge(token, true)
	switch {
	case full != "":
		return s.throttled(&throttle{budget: full, headers: headers})
	case f.fault != nil:
		return Fail(f.fault).with(headers)
	case f.route.Handler == nil:
		return Fail(unknownPath(f.rest)).with(headers)
	}
	for _, scope := range f.route.Scopes {
		if !token.has(scope) {
			return Fail(&Error{Status: http.StatusForbidden, Code: 200, Message: "(#200) Requires " + scope + " permission to manage the object"}).with(headers)
		}
	}
	c.Node, c.Path = f.node, f.rest
	return f.route.Handler(c).with(headers)
}

// with adds headers.
func (r Reply) with(h http.Header) Reply {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	for k, v := range h {
		r.Header[k] = v
	}
	return r
}
