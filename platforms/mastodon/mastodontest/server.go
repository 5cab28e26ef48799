package mastodontest

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
const Platform smm.Platform = "mastodon"

// Server is a simulated server. It implements sim.Server.
type Server struct {
	world *sim.World
	opts  Options
	http  *httptest.Server
	url   string
	host  string
	mux   *http.ServeMux
	ops   map[string]sim.Op // by pattern of the mux

	mu        sync.Mutex
	last      uint64
	accounts  map[string]*account
	tokens    map[string]*token
	apps      map[string]*app
	codes     map[string]*grant
	statuses  []*status // by serial, removed ones included
	byID      map[string]*status
	media     map[string]*media
	polls     map[string]*status
	scheduled []*scheduled
	keys      map[string]remembered
	windows   map[string]*window
	streams   map[*stream]struct{}
	reports   []Report
	refreshes int
}

var _ sim.Server = (*Server)(nil)

// Report is a report that a client made.
type Report struct {
	Reporter, Target string // handles
	Statuses         []string
	Category         string
	Comment          string
	Forward          bool
}

// NewServer starts a server in world; nil options mean the defaults. It panics
// if it cannot listen, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	s := &Server{
		world: world, opts: opts.withDefaults(),
		accounts: make(map[string]*account), tokens: make(map[string]*token),
		apps: make(map[string]*app), codes: make(map[string]*grant),
		byID: make(map[string]*status), media: make(map[string]*media), polls: make(map[string]*status),
		keys: make(map[string]remembered), windows: make(map[string]*window), streams: make(map[*stream]struct{}),
	}
	s.routes()
	wire := sim.Wire{
		World: world, Classify: s.classify,
		Throttle: func(w http.ResponseWriter, _ *http.Request) { s.throttled(w, world.Clock.Now().Add(5*time.Minute)) },
		Expire:   func(w http.ResponseWriter, _ *http.Request) { write(w, fail(http.StatusUnauthorized, errToken), nil) },
		Error: func(w http.ResponseWriter, _ *http.Request, status int) {
			write(w, fail(status, http.StatusText(status)), nil)
		},
	}
	s.http = httptest.NewUnstartedServer(s.dated(wire.Handler(s.mux)))
	if s.opts.Addr != "" {
		l, err := net.Listen("tcp", s.opts.Addr)
		if err != nil {
			panic(fmt.Sprintf("mastodontest: listen: %v", err))
		}
		_ = s.http.Listener.Close()
		s.http.Listener = l
	}
	s.http.Start()
	s.url, s.host = s.http.URL, s.Addr()
	if s.opts.Host != "" {
		s.url, s.host = "http://"+s.opts.Host, s.opts.Host
	}
	return s
}

// dated makes answers, those of faults included, tell the world's time, which
// clients compare resets with.
func (s *Server) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().Format(http.TimeFormat))
		w.Header().Set("X-Request-Id", s.requestID())
		next.ServeHTTP(w, r)
	})
}

func (s *Server) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return "req-" + digits(s.last, crockford, 13)
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

// Host returns the host and port that handles and the Space of Refs show.
func (s *Server) Host() string { return s.host }

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

// Close ends the server and every stream.
func (s *Server) Close() {
	s.mu.Lock()
	for st := range s.streams {
		st.close()
	}
	s.mu.Unlock()
	s.http.CloseClientConnections()
	s.http.Close()
}

// NewAccount implements sim.Server. Login holds MASTODON_SERVER and
// MASTODON_TOKEN.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	handle = strings.TrimPrefix(handle, "@")
	if handle == "" || strings.ContainsAny(handle, "@/ ") {
		return sim.Account{}, fmt.Errorf("mastodontest: handle %q: want a local user name", handle)
	}
	a := s.person(handle)
	for _, t := range s.tokens {
		if t.account == a && t.first {
			return s.describe(a, t), nil
		}
	}
	t := s.issue(a, s.opts.Scopes, "simulated app")
	t.first = true
	return s.describe(a, t), nil
}

func (s *Server) describe(a *account, t *token) sim.Account {
	return sim.Account{
		Handle:  a.username,
		Channel: smm.Ref{Platform: Platform, Space: s.host, Kind: smm.KindChannel, ID: a.id},
		Login:   map[string]string{"MASTODON_SERVER": s.url, "MASTODON_TOKEN": t.value},
	}
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sim.Account
	for _, a := range s.sortedAccounts() {
		for _, t := range s.tokens {
			if t.account == a && t.first {
				out = append(out, s.describe(a, t))
			}
		}
	}
	return out
}

// IssueToken makes a further token for an account, with the given scopes.
func (s *Server) IssueToken(handle string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(s.person(handle), scopes, "simulated app").value
}

// Disable makes an account's tokens answer 403, as those of a suspended or
// frozen account do.
func (s *Server) Disable(handle string) { s.change(handle, func(a *account) { a.disabled = true }) }

// Limit marks an account as limited by the moderators. It can still do
// everything.
func (s *Server) Limit(handle string) { s.change(handle, func(a *account) { a.limited = true }) }

// Move marks an account as moved to another, which may be on another server:
// "user@host".
func (s *Server) Move(handle, to string) {
	s.change(handle, func(a *account) { a.moved = s.person(to) })
}

func (s *Server) change(handle string, f func(*account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.person(handle))
}

// RevokeTokens makes every token of an account invalid.
func (s *Server) RevokeTokens(handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.person(handle)
	for _, t := range s.tokens {
		if t.account == a {
			t.revoked = true
		}
	}
}

// Reports returns what was reported so far.
func (s *Server) Reports() []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Report(nil), s.reports...)
}
