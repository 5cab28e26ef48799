package mastodontest

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

type budget int

const (
	budgetRequests budget = iota
	budgetMedia
	budgetDelete
	budgetStatuses
	budgetFollows
	budgetReports
)

// call is a request on its way through a handler. The server's mutex is held.
type call struct {
	params

	req   *http.Request
	token *token
	me    *account
}

func (c *call) id() string { return c.req.PathValue("id") }

type route struct {
	pattern string
	class   sim.Class
	scopes  []string // one of them is needed; empty: any token; nil: no token needed
	apps    bool     // a token without an account will do
	budget  budget
	handler func(*call) reply
	only    []Software // nil: all
}

func (r *route) known(s Software) bool {
	if r.only == nil {
		return true
	}
	for _, o := range r.only {
		if o == s {
			return true
		}
	}
	return false
}

func scopes(s ...string) []string { return append([]string{}, s...) }

var (
	noPixelfed = []Software{Mastodon, GoToSocial, Akkoma, Pleroma}
	newMedia   = []Software{Mastodon, GoToSocial}
)

// routes fills the mux. What is not here answers 404, as the vendor does.
func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.ops = make(map[string]sim.Op)
	for _, table := range [][]route{
		s.publicRoutes(), s.statusRoutes(), s.mediaRoutes(), s.accountRoutes(), s.inboxRoutes(), s.timelineRoutes(), s.ownRoutes(),
	} {
		for i := range table {
			r := &table[i]
			if !r.known(s.opts.Software) {
				continue
			}
			s.ops[r.pattern] = sim.Op{Platform: Platform, Name: r.pattern, Class: r.class}
			s.mux.HandleFunc(r.pattern, s.serve(r))
		}
	}
	s.streamRoutes()
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		write(w, fail(http.StatusNotFound, "Not Found"), nil)
	})
}

func (s *Server) publicRoutes() []route {
	return []route{
		{pattern: "GET /.well-known/nodeinfo", class: sim.Read, handler: s.nodeInfoLinks},
		{pattern: "GET /nodeinfo/2.0", class: sim.Read, handler: s.nodeInfo},
		{pattern: "GET /.well-known/oauth-authorization-server", class: sim.Read, handler: s.discovery},
		{pattern: "GET /api/v1/instance", class: sim.Read, handler: s.instanceV1},
		{pattern: "GET /api/v2/instance", class: sim.Read, handler: s.instanceV2},
		{pattern: "GET /api/v1/apps/verify_credentials", class: sim.Read, scopes: scopes(), apps: true, handler: s.verifyApp},
		{pattern: "POST /api/v1/apps", class: sim.Auth, handler: s.createApp},
		{pattern: "GET /oauth/authorize", class: sim.Auth, handler: s.authorize},
		{pattern: "POST /oauth/token", class: sim.Auth, handler: s.grantToken},
		{pattern: "POST /oauth/revoke", class: sim.Auth, handler: s.revokeToken},
		{pattern: "GET /oauth/userinfo", class: sim.Read, scopes: scopes("profile", "read:accounts"), handler: s.userInfo},
	}
}

// classify names the operation of a request for the fault script.
func (s *Server) classify(r *http.Request) sim.Op {
	_, pattern := s.mux.Handler(r)
	if op, known := s.ops[pattern]; known {
		return op
	}
	return sim.Op{Platform: Platform, Name: r.Method + " " + r.URL.Path, Class: sim.Read}
}

// serve takes a request to its handler: token, quota, scopes, parameters.
func (s *Server) serve(r *route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		p, perr := readParams(req)
		s.mu.Lock()
		c := &call{params: p, req: req}
		headers, rep := s.run(r, c, perr)
		s.mu.Unlock()
		write(w, rep, headers)
	}
}

func (s *Server) run(r *route, c *call, perr error) (map[string]string, reply) {
	t, wrong := s.bearer(c.req)
	who := "ip"
	if t != nil {
		c.token, c.me, who = t, t.account, t.value
	}
	headers, _, within := s.charge(who, s.families(r))
	switch {
	case !within:
		return headers, fail(http.StatusTooManyRequests, errThrottle)
	case wrong != "":
		return headers, fail(http.StatusUnauthorized, wrong)
	case r.scopes != nil && t == nil:
		return headers, fail(http.StatusUnauthorized, errToken)
	case r.scopes != nil && c.me == nil && !r.apps:
		return headers, fail(http.StatusUnauthorized, errUser)
	case r.scopes != nil && c.me != nil && c.me.disabled:
		return headers, fail(http.StatusForbidden, errDisabled)
	case t != nil && !t.allows(r.scopes):
		return headers, fail(http.StatusForbidden, errScope)
	case perr != nil:
		return headers, fail(http.StatusBadRequest, "Error parsing the request")
	}
	return headers, r.handler(c)
}

// paged cuts a newest-first list by max_id, since_id and min_id, and makes the
// Link header that leads on.
func paged[T any](s *Server, c *call, all []T, serial func(T) uint64, def, limit int) (page []T, link string) {
	n := c.number("limit", def, limit)
	maxID, sinceID, minID := s.parseID(c.Get("max_id")), s.parseID(c.Get("since_id")), s.parseID(c.Get("min_id"))
	var within []T
	for _, v := range all {
		k := serial(v)
		if (c.Has("max_id") && k >= maxID) || (c.Has("since_id") && k <= sinceID) || (c.Has("min_id") && k <= minID) {
			continue
		}
		within = append(within, v)
	}
	more := len(within) > n
	switch {
	case !more:
		page = within
	case c.Has("min_id"):
		page = within[len(within)-n:]
	default:
		page = within[:n]
	}
	if len(page) == 0 {
		return page, ""
	}
	first, last := s.formatID(serial(page[0])), s.formatID(serial(page[len(page)-1]))
	var links []string
	if more || c.Has("min_id") {
		links = append(links, s.pageLink(c, "max_id", last, "next"))
	}
	links = append(links, s.pageLink(c, "min_id", first, "prev"))
	return page, strings.Join(links, ", ")
}

func (s *Server) pageLink(c *call, param, id, rel string) string {
	q := url.Values{}
	for k, v := range c.req.URL.Query() {
		if k != "max_id" && k != "min_id" && k != "since_id" {
			q[k] = v
		}
	}
	q.Set(param, id)
	base := s.url
	if s.opts.RelativeLinks {
		base = ""
	}
	return "<" + base + c.req.URL.Path + "?" + q.Encode() + `>; rel="` + rel + `"`
}
