package xtest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

// maxBody is what a request may carry: a whole segment in base64, and a short
// video in a single shot.
const maxBody = 64 << 20

// call is a request on its way through a handler. The server's mutex is held.
type call struct {
	req   *http.Request
	query url.Values
	body  []byte
	form  url.Values // of forms and of multipart
	file  []byte     // the part "media" of multipart
	route *route
	token *token
	app   *app
	me    *user // nil for an app alone
}

func (c *call) path(name string) string { return c.req.PathValue(name) }

type route struct {
	pattern string
	class   sim.Class
	auth    []credential // nil: none is needed
	scopes  []string     // all are needed
	query   []string     // the parameters that exist
	limits  Quotas
	self    bool   // the id in the path must be that of the user
	page    [2]int // the least and most of max_results
	handler func(*call) reply
}

var (
	anyone   = []credential{byOAuth1, byOAuth2, byApp}
	users    = []credential{byOAuth1, byOAuth2}
	onlyApp  = []credential{byApp}
	appOrOld = []credential{byOAuth1, byApp}
	oauth2   = []credential{byOAuth2}
)

var (
	userParams  = []string{"user.fields", "expansions", "post.fields", "tweet.fields"}
	postParams  = append([]string{"media.fields", "poll.fields", "place.fields"}, userParams...)
	pageParams  = []string{"max_results", "pagination_token"}
	rangeParams = []string{"start_time", "end_time", "since_id", "until_id"}
)

func join(lists ...[]string) []string { return slices.Concat(lists...) }

func need(scopes ...string) []string { return append([]string{"tweet.read", "users.read"}, scopes...) }

// unmodelled are operations that patterns of others would take.
var unmodelled = []string{"GET /2/users/search", "GET /2/users/public_keys", "GET /2/users/personalized_trends", "GET /2/media/analytics"}

// routes fills the mux. What is not here answers 404, as the vendor does.
func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.ops = make(map[string]sim.Op)
	for _, table := range [][]route{
		s.authRoutes(), s.postRoutes(), s.listRoutes(), s.userRoutes(), s.actionRoutes(), s.messageRoutes(), s.mediaRoutes(), s.hookRoutes(),
	} {
		for i := range table {
			r := &table[i]
			s.ops[r.pattern] = sim.Op{Platform: Platform, Name: r.pattern, Class: r.class}
			s.mux.HandleFunc(r.pattern, s.serve(r))
		}
	}
	for _, pattern := range unmodelled {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { s.write(w, notFound()) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.write(w, notFound()) })
}

func (s *Server) authRoutes() []route {
	return []route{
		{pattern: "GET /i/oauth2/authorize", class: sim.Auth, handler: s.authorize},
		{pattern: "GET /2/oauth2/authorize", class: sim.Auth, handler: s.authorize},
		{pattern: "POST /2/oauth2/token", class: sim.Auth, handler: s.grantToken},
		{pattern: "POST /2/oauth2/revoke", class: sim.Auth, handler: s.revoke},
		{pattern: "POST /oauth2/token", class: sim.Auth, handler: s.grantToApp},
		{pattern: "GET /2/usage/tweets", class: sim.Read, auth: onlyApp, query: []string{"days", "usage.fields"}, limits: Quotas{App: 50}, handler: s.usage},
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

// serve takes a request to its handler: token, quota, scopes, credits,
// parameters.
func (s *Server) serve(rt *route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(io.LimitReader(req.Body, maxBody+1))
		if err != nil || len(body) > maxBody {
			s.write(w, broken(http.StatusRequestEntityTooLarge))
			return
		}
		headers, r := s.run(&call{req: req, query: req.URL.Query(), body: body, route: rt})
		if r.after != nil {
			r = r.after()
		}
		s.push() // before the answer, so that whoever waits for it finds the event delivered
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		s.write(w, r)
	}
}

func (s *Server) run(c *call) (map[string]string, reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := c.readForm(); err != nil {
		return nil, invalid("", "", "The body could not be read.")
	}
	if c.route.auth == nil {
		return nil, c.route.handler(c)
	}
	c.token = s.authenticate(c.req, c.body)
	if c.token == nil {
		return nil, unauthorized()
	}
	c.app, c.me = c.token.app, c.token.user
	headers, within := s.draw(c)
	if !within {
		return headers, tooMany()
	}
	if refused := admit(c.route, c.token); refused != nil {
		return headers, *refused
	}
	if refused := s.broke(c.app); refused != nil {
		return headers, *refused
	}
	if refused := s.check(c); refused != nil {
		return headers, *refused
	}
	r := c.route.handler(c)
	if r.status < http.StatusBadRequest {
		s.bill(c, r.cost)
	}
	return headers, r
}

// check looks at what all routes have in common: the names of parameters, the
// identifiers in the path, the length of pages, and fields.
func (s *Server) check(c *call) *reply {
	for _, k := range sortedKeys(c.query) {
		if !slices.Contains(c.route.query, k) {
			known := slices.Sorted(slices.Values(c.route.query))
			r := invalid(k, c.query.Get(k), fmt.Sprintf("The query parameter [%s] is not one of [%s]", k, strings.Join(known, ",")))
			return &r
		}
	}
	for _, name := range pathNames(c.route.pattern) {
		v := c.path(name)
		if _, isID := parseID(v); !isID {
			r := wrongValue(name, v, "is not valid")
			return &r
		}
	}
	if _, refused := c.size(0); refused != nil {
		return refused
	}
	if _, refused := s.view(c, ""); refused != nil {
		return refused
	}
	if c.route.self {
		for _, name := range []string{"id", "source_user_id"} {
			if v := c.path(name); v != "" && v != c.me.id {
				r := wrongValue(name, v, "must be the same as the authenticating user ["+c.me.id+"]")
				return &r
			}
		}
	}
	return nil
}

// pathNames are the names of the identifiers in a pattern.
func pathNames(pattern string) (out []string) {
	for seg := range strings.SplitSeq(pattern, "/") {
		name, found := strings.CutPrefix(seg, "{")
		if name = strings.TrimSuffix(name, "}"); found && name != "conversation" && name != "username" && name != "media_key" {
			out = append(out, name)
		}
	}
	return out
}
