package facebooktest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is what Server.Platform returns and items in the ledger carry.
const Platform smm.Platform = "facebook"

// Options shape a Server. The zero value is the defaults.
type Options struct {
	Addr string // to listen on, default a free port of the loopback interface

	AppID, AppSecret string // default those of the simulated app
	// Scopes of the tokens that NewAccount makes; nil for all.
	Scopes []string
	// Redirects that the app may send browsers back to; nil for all.
	Redirects []string

	// AppCalls in an hour and PageCalls in a day are the budgets, 0 for the
	// defaults, -1 for none.
	AppCalls, PageCalls int

	Processing  time.Duration // of a video; default 25 s
	ReelsPerDay int           // default 30
	// ReadLag is how long a new post, comment or message is missing from lists.
	ReadLag time.Duration
	// Chunk is how many bytes of a video in chunks are wanted at a time; default
	// 1 MiB.
	Chunk int64
	// NoFlip refuses to publish drafts, as the platform may for some kinds of posts.
	NoFlip bool
	// DeadMetrics are names of insights that are refused beside those that never
	// were.
	DeadMetrics []string
	// Fetch is how files of messages are fetched from the addresses that clients
	// give; nil takes every address for a file.
	Fetch func(address string) ([]byte, error)
}

// AllScopes are those that a Page's app may have.
func AllScopes() []string {
	return []string{
		"business_management", "pages_manage_engagement", "pages_manage_metadata", "pages_manage_posts", "pages_messaging",
		"pages_read_engagement", "pages_read_user_content", "pages_show_list", "read_insights",
	}
}

func (o Options) withDefaults() Options {
	if o.Scopes == nil {
		o.Scopes = AllScopes()
	}
	if o.Processing == 0 {
		o.Processing = 25 * time.Second
	}
	if o.ReelsPerDay == 0 {
		o.ReelsPerDay = 30
	}
	if o.Chunk == 0 {
		o.Chunk = 1 << 20
	}
	return o
}

func quota(calls int, window time.Duration) metatest.Quota {
	switch {
	case calls < 0:
		return metatest.NoQuota()
	case calls == 0:
		return metatest.Quota{}
	}
	return metatest.Quota{Limit: calls, Window: window}
}

// Server is a simulated platform. It implements sim.Server.
//
// Handlers hold the lock of the base and then mu; all else takes mu alone, and
// makes nodes of the base without it.
type Server struct {
	world *sim.World
	opts  Options
	base  *metatest.Server
	http  *httptest.Server

	mu        sync.Mutex
	last      int64
	pages     map[string]*page   // by id
	handles   map[string]*page   // by handle
	people    map[string]*person // by handle
	faces     map[string]*person // by id
	posts     map[string]*post
	videos    map[string]*video
	photos    map[string]*photo
	uploads   map[string]*attachment       // for messages
	insights  map[string]map[string]string // by node and name: JSON
	failNext  int
	accounts  []sim.Account
	employers []employer
}

var _ sim.Server = (*Server)(nil)

// NewServer starts a server in world; nil options mean the defaults. It panics if
// it cannot listen, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	o := opts.withDefaults()
	s := &Server{
		world: world, opts: o, last: 700_000_000,
		pages: make(map[string]*page), handles: make(map[string]*page), people: make(map[string]*person), faces: make(map[string]*person),
		posts: make(map[string]*post), videos: make(map[string]*video), photos: make(map[string]*photo),
		uploads:  make(map[string]*attachment),
		insights: make(map[string]map[string]string),
	}
	s.base = metatest.NewServer(world, &metatest.Options{
		Platform: Platform, AppID: o.AppID, AppSecret: o.AppSecret, Redirects: o.Redirects,
		App: quota(o.AppCalls, time.Hour), Account: quota(o.PageCalls, 24*time.Hour), UseCase: "pages", ThrottleCode: 80001,
	})
	s.routes()
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.front))
	if o.Addr != "" {
		l, err := net.Listen("tcp", o.Addr)
		if err != nil {
			panic(fmt.Sprintf("facebooktest: listen: %v", err))
		}
		_ = s.http.Listener.Close()
		s.http.Listener = l
	}
	s.http.Start()
	return s
}

// routes gathers what the Graph answers.
func (s *Server) routes() {
	for _, list := range [][]metatest.Route{
		s.pageRoutes(), s.postRoutes(), s.mediaRoutes(), s.videoRoutes(), s.commentRoutes(), s.messageRoutes(), s.insightRoutes(),
	} {
		for _, r := range list {
			handler := r.Handler
			r.Handler = func(c *metatest.Call) metatest.Reply {
				s.mu.Lock()
				defer s.mu.Unlock()
				return handler(c)
			}
			s.base.Handle(r)
		}
	}
}

func (s *Server) now() time.Time { return s.world.Clock.Now() }

// newID is for callers that hold mu.
func (s *Server) newID() string {
	s.last++
	return strconv.FormatInt(s.last, 10)
}

// Platform implements sim.Server.
func (s *Server) Platform() smm.Platform { return Platform }

// URL implements sim.Server: of the Graph, the login's page and the uploads.
func (s *Server) URL() string { return s.http.URL }

// Handler is what answers, faults included.
func (s *Server) Handler() http.Handler { return s.http.Config.Handler }

// AppID returns the app's id.
func (s *Server) AppID() string { return s.base.AppID() }

// AppSecret returns the app's secret, which also signs webhooks.
func (s *Server) AppSecret() string { return s.base.AppSecret() }

// Close implements sim.Server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
	s.base.Close()
}

// NewAccount implements sim.Server: a Page with an admin, the person of
// Login["FACEBOOK_USER"]. Login holds FACEBOOK_SERVER and FACEBOOK_TOKEN, the
// Page's.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	handle = strings.TrimPrefix(handle, "@")
	if handle == "" || strings.ContainsAny(handle, "@/ ") {
		return sim.Account{}, fmt.Errorf("facebooktest: handle %q: want a user name", handle)
	}
	s.mu.Lock()
	for _, a := range s.accounts {
		if a.Handle == handle {
			s.mu.Unlock()
			return a, nil
		}
	}
	id, admin := s.newID(), s.newID()
	p := &page{id: id, name: "Page " + handle, handle: handle, created: s.now(), threads: make(map[string]*thread)}
	s.pages[id], s.handles[handle] = p, p
	s.mu.Unlock()
	s.base.AddNode("page", id, p.name, p)
	s.base.AddNode("user", admin, "Admin of "+handle, nil)
	s.base.Manage(admin, id, "", "ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
	a := sim.Account{
		Handle: handle, Channel: smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: id},
		Login: map[string]string{"FACEBOOK_SERVER": s.URL(), "FACEBOOK_TOKEN": s.base.IssueToken(id, s.opts.Scopes...), "FACEBOOK_USER": admin},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
	return a, nil
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accounts)
}

// IssueToken makes a further token for a Page or a person, with the given scopes.
func (s *Server) IssueToken(node string, scopes ...string) string {
	return s.base.IssueToken(node, scopes...)
}

// Revoke makes every token of a Page or person invalid; see metatest for the
// subcodes, 0 is one of them.
func (s *Server) Revoke(node string, subcode int) { s.base.Revoke(node, subcode) }

// Manage gives a person tasks on a further Page, which must exist.
func (s *Server) Manage(user, page string, tasks ...string) { s.base.Manage(user, page, "", tasks...) }

// Subscribe sets the callback of webhooks, after the check that the vendor makes.
func (s *Server) Subscribe(callback http.Handler, verifyToken string) error {
	return s.base.Subscribe(callback, verifyToken)
}

// Deliver sends the webhooks that wait, and returns the last status.
func (s *Server) Deliver() int { return s.base.Deliver() }

// Redeliver sends the last delivery once more.
func (s *Server) Redeliver() int { return s.base.Redeliver() }

// Sign is the signature of a delivery.
func (s *Server) Sign(body []byte) string { return s.base.Sign(body) }

// CutUploads breaks off the next uploads of reels and stories, each after so many
// bytes.
func (s *Server) CutUploads(after ...int64) { s.base.CutUploads(after...) }

// FailVideos has the next n videos fail in processing.
func (s *Server) FailVideos(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failNext = n
}

// SetInsight sets what a node answers for a metric, as JSON. Of a Page it is the
// value of each day.
func (s *Server) SetInsight(node, metric, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.insights[node] == nil {
		s.insights[node] = make(map[string]string)
	}
	s.insights[node][metric] = value
}

// notify has a change delivered to those that subscribed to its field.
func (s *Server) notify(p *page, field string, value any, tell func(object, account, field string, value any)) {
	if slices.Contains(p.subscribed, field) {
		tell("page", p.id, field, value)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
