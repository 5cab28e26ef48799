package metatest

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Server is a simulated Graph.
type Server struct {
	world *sim.World
	opts  Options
	http  *httptest.Server

	mu       sync.Mutex
	last     int64
	routes   map[routeKey]*Route
	nodes    map[string]*Node
	tokens   map[string]*Token
	codes    map[string]*grant
	calls    map[string][]time.Time // by budget
	uploads  map[string]*upload
	cuts     []int64 // uploads to break off, after so many bytes
	dropFrom int     // the first read of the next batch that is not answered; -1 for none
	hook     hook
}

// NewServer starts a server in world. It panics if it cannot listen or has no
// platform, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil || opts.Platform == "" {
		panic("metatest: no platform")
	}
	s := &Server{
		world: world, opts: opts.withDefaults(), last: 10_000, dropFrom: -1,
		routes: make(map[routeKey]*Route), nodes: make(map[string]*Node), tokens: make(map[string]*Token),
		codes: make(map[string]*grant), calls: make(map[string][]time.Time), uploads: make(map[string]*upload),
	}
	s.baseRoutes()
	wire := sim.Wire{
		World: world, Classify: s.classify,
		Throttle: func(w http.ResponseWriter, _ *http.Request) { s.write(w, s.throttled(nil)) },
		Expire:   func(w http.ResponseWriter, _ *http.Request) { s.write(w, Fail(errExpired(s.now()))) },
		Error: func(w http.ResponseWriter, _ *http.Request, status int) {
			s.write(w, scripted(status))
		},
	}
	s.http = httptest.NewUnstartedServer(s.dated(wire.Handler(http.HandlerFunc(s.serve))))
	if s.opts.Addr != "" {
		l, err := net.Listen("tcp", s.opts.Addr)
		if err != nil {
			panic(fmt.Sprintf("metatest: listen: %v", err))
		}
		_ = s.http.Listener.Close()
		s.http.Listener = l
	}
	s.http.Start()
	return s
}

// dated makes answers, those of faults included, tell the world's time.
func (s *Server) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

func (s *Server) now() time.Time { return s.world.Clock.Now() }

// Platform returns Options.Platform.
func (s *Server) Platform() smm.Platform { return s.opts.Platform }

// URL is the base URL of every host that the server stands for: the Graph, the
// login's pages and the uploads.
func (s *Server) URL() string { return s.http.URL }

// Handler is what answers, faults included.
func (s *Server) Handler() http.Handler { return s.http.Config.Handler }

// World returns the world that the server lives in.
func (s *Server) World() *sim.World { return s.world }

// AppID returns the app's id.
func (s *Server) AppID() string { return s.opts.AppID }

// AppSecret returns the app's secret.
func (s *Server) AppSecret() string { return s.opts.AppSecret }

// Close ends the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Node is a thing with an id.
type Node struct {
	ID    string
	Kind  string // as routes name it: "page", "user", "post"
	Name  string
	Value any // the product's own

	roles  map[string][]string // of a page: tasks of users by their id
	linked string              // of a page: its Instagram account
}

// AddNode makes a node. With an empty id it gets one of its own.
func (s *Server) AddNode(kind, id, name string, value any) *Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(kind, id, name, value)
}

func (s *Server) add(kind, id, name string, value any) *Node {
	if id == "" {
		id = s.newID()
	}
	n := &Node{ID: id, Kind: kind, Name: name, Value: value, roles: make(map[string][]string)}
	s.nodes[id] = n
	return n
}

// Node returns a node.
func (s *Server) Node(id string) (*Node, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.nodes[id]
	return n, ok
}

// Manage gives a user tasks on a page, which /me/accounts then lists for him.
// instagram is the id of the linked account, or empty.
func (s *Server) Manage(user, page, instagram string, tasks ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.nodes[page]; n != nil {
		n.roles[user], n.linked = tasks, instagram
	}
}

func (s *Server) newID() string {
	s.last++
	return strconv.FormatInt(s.last, 10)
}

func secretWord() string { return rand.Text() }
