package xtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/safehttp"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is what Server.Platform returns and items in the ledger carry.
const Platform smm.Platform = "x"

// Server is a simulated X. It implements sim.Server.
type Server struct {
	world *sim.World
	opts  Options
	http  *httptest.Server
	url   string
	mux   *http.ServeMux
	ops   map[string]sim.Op // by pattern of the mux

	mu       sync.Mutex
	last     uint64
	requests int
	legacy   bool
	app      *app // that NewAccount's tokens are for
	apps     []*app
	users    map[string]*user // by id
	names    map[string]*user // by name in lower case
	tokens   map[string]*token
	refresh  map[string]*token // by refresh token, spent ones included
	codes    map[string]*grant
	nonces   map[string]time.Time
	posts    []*post // by serial, removed ones included
	byID     map[string]*post
	media    map[string]*media
	byKey    map[string]*media
	windows  map[string]*window
	convs    map[string]*conversation
	events   []*dmEvent

	hooks     []*webhook
	subs      []*subscription
	queue     []*delivery
	delivered []*delivery
}

var _ sim.Server = (*Server)(nil)

// NewServer starts a server in world; nil options mean the defaults. It panics
// if it cannot listen, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	s := &Server{
		world: world, opts: opts.withDefaults(), users: map[string]*user{}, names: map[string]*user{},
		tokens: map[string]*token{}, refresh: map[string]*token{}, codes: map[string]*grant{}, nonces: map[string]time.Time{},
		byID: map[string]*post{}, media: map[string]*media{}, byKey: map[string]*media{}, windows: map[string]*window{},
		convs: map[string]*conversation{},
	}
	s.app = s.newApp(AppConfig{Tier: s.opts.Tier, Confidential: true, Redirects: []string{DefaultRedirect}, Credits: s.opts.Credits})
	s.routes()
	wire := sim.Wire{
		World: world, Classify: s.classify,
		Throttle: func(w http.ResponseWriter, _ *http.Request) { s.throttled(w) },
		Expire:   func(w http.ResponseWriter, _ *http.Request) { s.write(w, unauthorized()) },
		Error:    func(w http.ResponseWriter, _ *http.Request, status int) { s.write(w, broken(status)) },
	}
	s.http = httptest.NewUnstartedServer(s.stamped(wire.Handler(s.mux)))
	if s.opts.Addr != "" {
		l, err := net.Listen("tcp", s.opts.Addr)
		if err != nil {
			panic(fmt.Sprintf("xtest: listen: %v", err))
		}
		_ = s.http.Listener.Close()
		s.http.Listener = l
	}
	s.http.Start()
	s.url = s.http.URL
	if s.opts.Host != "" {
		s.url = "http://" + s.opts.Host
	}
	return s
}

// stamped makes answers, those of faults included, tell the world's time and
// the vendor's name of the request.
func (s *Server) stamped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests++
		id := fmt.Sprintf("%016x", uint64(s.requests)*0x9e3779b97f4a7c15)
		s.mu.Unlock()
		h := w.Header()
		h.Set("Date", s.now().Format(http.TimeFormat))
		h.Set("X-Transaction-Id", id)
		h.Set("Api-Version", "2.167")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) now() time.Time { return s.world.Clock.Now() }

// Platform implements sim.Server.
func (s *Server) Platform() smm.Platform { return Platform }

// URL implements sim.Server.
func (s *Server) URL() string { return s.url }

// Addr returns where the server listens. A client of a server with Options.Host
// has to be told to connect there.
func (s *Server) Addr() string { return s.http.Listener.Addr().String() }

// Handler is what answers, faults included: for tests that bring a network of
// their own, such as one within a synctest bubble.
func (s *Server) Handler() http.Handler { return s.http.Config.Handler }

// Guard returns a safehttp.Guard that admits this server beside the public
// network, for a Connector: simulators live on addresses that a strict one
// refuses.
func (s *Server) Guard() (*safehttp.Guard, error) {
	o, err := safehttp.Options{MaxBytes: 1 << 20}.AdmitLoopback(s.url)
	if err != nil {
		return nil, err
	}
	return safehttp.New(o)
}

// Close ends the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// NewAccount implements sim.Server. Login holds X_SERVER, X_ACCESS_TOKEN and
// X_REFRESH_TOKEN of OAuth 2.0, X_CLIENT_ID and X_CLIENT_SECRET of their app,
// and X_CONSUMER_KEY, X_CONSUMER_SECRET, X_OAUTH1_TOKEN and X_OAUTH1_SECRET of
// OAuth 1.0a. Asking again gives the tokens that were issued first, whether they
// still serve or not.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	handle = strings.TrimPrefix(handle, "@")
	if !validName(handle) {
		return sim.Account{}, fmt.Errorf("xtest: handle %q: want 1 to 15 letters, digits and underscores", handle)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.person(handle)
	if u.login == nil {
		u.login = s.issue(s.app, u, s.opts.Scopes, true)
		u.login1 = s.issue1(s.app, u)
	}
	return s.describe(u), nil
}

func (s *Server) describe(u *user) sim.Account {
	return sim.Account{
		Handle: u.name, Channel: ref(smm.KindChannel, u.id),
		Login: map[string]string{
			"X_SERVER": s.url, "X_ACCESS_TOKEN": u.login.value, "X_REFRESH_TOKEN": u.login.refresh,
			"X_CLIENT_ID": s.app.id, "X_CLIENT_SECRET": s.app.secret,
			"X_CONSUMER_KEY": s.app.key, "X_CONSUMER_SECRET": s.app.keySecret,
			"X_OAUTH1_TOKEN": u.login1.value, "X_OAUTH1_SECRET": u.login1.refresh,
		},
	}
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sim.Account
	for _, u := range s.everybody() {
		if u.login != nil {
			out = append(out, s.describe(u))
		}
	}
	return out
}

func ref(kind smm.Kind, id string) smm.Ref { return smm.Ref{Platform: Platform, Kind: kind, ID: id} }

// LegacyErrors makes refusals come in the shape of version 1.1 from now on:
// {"errors":[{"code":88,"message":"Rate limit exceeded"}]}.
func (s *Server) LegacyErrors(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.legacy = on
}

// SetPremium makes an account a subscriber or an ordinary one. Subscribers may
// edit and write up to 25,000 characters.
func (s *Server) SetPremium(handle string, on bool) {
	s.change(handle, func(u *user) { u.premium = on })
}

// Protect makes an account's posts visible to its followers only.
func (s *Server) Protect(handle string, on bool) {
	s.change(handle, func(u *user) { u.protected = on })
}

// Suspend makes an account's tokens answer 403 and hides what it wrote.
func (s *Server) Suspend(handle string, on bool) {
	s.change(handle, func(u *user) { u.suspended = on })
}

// CloseMessages makes an account take no direct messages from people who it
// does not follow.
func (s *Server) CloseMessages(handle string) { s.change(handle, func(u *user) { u.closed = true }) }

func (s *Server) change(handle string, f func(*user)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.person(handle))
}
