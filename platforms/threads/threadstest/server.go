package threadstest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is what Server.Platform returns and items in the ledger carry.
const Platform smm.Platform = "threads"

// Server is a simulated server. It implements sim.Server.
type Server struct {
	world *sim.World
	opts  Options
	base  *metatest.Server

	// mu is taken after the lock of base, under which handlers run, and never
	// before it.
	mu         sync.Mutex
	people     map[string]*account // by name
	byID       map[string]*account
	threads    map[string]*thread
	order      []*thread // by time, removed ones included
	containers map[string]*container
	scripted   []scripted
	failures   []string
	hook       hook
}

// scripted is an answer to a publish that was asked for.
type scripted struct {
	answer metatest.Error
	effect bool
}

var _ sim.Server = (*Server)(nil)

// NewServer starts a server in world; nil options mean the defaults. It panics
// if it cannot listen, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	s := &Server{
		world: world, opts: opts.withDefaults(), people: make(map[string]*account), byID: make(map[string]*account),
		threads: make(map[string]*thread), containers: make(map[string]*container),
	}
	calls := metatest.NoQuota()
	if opts.Calls > 0 {
		calls = metatest.Quota{Limit: opts.Calls, Window: time.Hour}
	}
	s.base = metatest.NewServer(world, &metatest.Options{
		Platform: Platform, Addr: opts.Addr, Login: metatest.Threads, AppID: opts.AppID, AppSecret: opts.AppSecret,
		App: calls, Account: metatest.NoQuota(), UseCase: "threads",
	})
	s.routes()
	return s
}

func (s *Server) now() time.Time { return s.world.Clock.Now() }

// Platform implements sim.Server.
func (s *Server) Platform() smm.Platform { return Platform }

// URL implements sim.Server: the Graph and the pages of the login.
func (s *Server) URL() string { return s.base.URL() }

// Handler is what answers, faults included.
func (s *Server) Handler() http.Handler { return s.base.Handler() }

// AppID returns the app's id.
func (s *Server) AppID() string { return s.base.AppID() }

// AppSecret returns the app's secret, which signs webhooks.
func (s *Server) AppSecret() string { return s.base.AppSecret() }

// Close ends the server.
func (s *Server) Close() { s.base.Close() }

// NewAccount implements sim.Server. Login holds THREADS_SERVER and THREADS_TOKEN.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	handle = strings.TrimPrefix(handle, "@")
	if handle == "" || strings.Trim(strings.ToLower(handle), "abcdefghijklmnopqrstuvwxyz0123456789_.") != "" {
		return sim.Account{}, fmt.Errorf("threadstest: handle %q: want letters, digits, dots and underscores", handle)
	}
	a := s.ensure(handle)
	s.mu.Lock()
	token := a.token
	s.mu.Unlock()
	if token == "" {
		token = s.base.IssueToken(a.id, s.opts.Scopes...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.token == "" {
		a.token = token
	}
	return s.describe(a), nil
}

// ensure returns an account, which is made if there is none.
func (s *Server) ensure(username string) *account {
	username = strings.TrimPrefix(username, "@")
	s.mu.Lock()
	a := s.person(username)
	s.mu.Unlock()
	if a != nil {
		return a
	}
	id := s.base.AddNode("user", "", username, nil).ID
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.person(username); a != nil {
		return a
	}
	a = &account{
		id: id, username: username, name: username, followers: make(map[string]bool), clicks: make(map[string]int), spent: make(map[string][]time.Time),
	}
	s.people[strings.ToLower(username)], s.byID[id] = a, a
	return a
}

func (s *Server) describe(a *account) sim.Account {
	return sim.Account{
		Handle:  a.username,
		Channel: smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: a.id},
		Login:   map[string]string{"THREADS_SERVER": s.base.URL(), "THREADS_TOKEN": a.token},
	}
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sim.Account
	for _, a := range s.people {
		if a.own() {
			out = append(out, s.describe(a))
		}
	}
	slices.SortFunc(out, func(a, b sim.Account) int { return strings.Compare(a.Handle, b.Handle) })
	return out
}

// Author returns the Ref of somebody as an author: others have their name for an
// id, since the vendor tells no other.
func (s *Server) Author(handle string) smm.Ref {
	a := s.ensure(handle)
	return smm.Ref{Platform: Platform, Kind: smm.KindAuthor, ID: a.username}
}

// IssueToken makes a further long token for an account, with the given scopes.
func (s *Server) IssueToken(handle string, scopes ...string) string {
	return s.base.IssueToken(s.ensure(handle).id, scopes...)
}

// RevokeTokens makes every token of an account invalid.
func (s *Server) RevokeTokens(handle string) { s.base.Revoke(s.ensure(handle).id, 0) }

// LieOnPublish makes the next publish take effect and answer an error with the
// given status and codes all the same.
func (s *Server) LieOnPublish(status, code, subcode int) { s.script(status, code, subcode, true) }

// RefuseOnPublish makes the next publish answer an error without effect.
func (s *Server) RefuseOnPublish(status, code, subcode int) { s.script(status, code, subcode, false) }

func (s *Server) script(status, code, subcode int, effect bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripted = append(s.scripted, scripted{
		metatest.Error{Status: status, Code: code, Subcode: subcode, Message: "scripted answer", Type: "THApiException"}, effect,
	})
}

// FailMedia makes the next container with media end in state ERROR with the given
// code, FAILED_DOWNLOADING_VIDEO or another of the vendor's.
func (s *Server) FailMedia(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, code)
}

// ExpireContainers makes all containers that are not published older than they
// can be.
func (s *Server) ExpireContainers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.containers {
		if !c.published {
			c.made = c.made.Add(-containerLife)
		}
	}
}

// ForgetContainers makes all containers unknown, what was published included.
func (s *Server) ForgetContainers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.containers)
}

// Consent opens the page of a login for somebody who agrees to everything but the
// scopes in decline, and returns what the browser brings back. The name "!deny"
// refuses.
func (s *Server) Consent(page, handle string, decline ...string) (url.Values, error) {
	who := handle
	if handle != "!deny" {
		who = s.ensure(handle).id
	}
	u, err := url.Parse(page)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	q.Set("login_as", who)
	q.Set("decline", strings.Join(decline, ","))
	u.RawQuery = q.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("threadstest: the page of the login answered %d", resp.StatusCode)
	}
	return to.Query(), nil
}
