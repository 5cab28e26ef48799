package blueskytest

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/oauthx/oauthtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const platform smm.Platform = "bluesky"

// Options change the simulator's defaults, which are those documented for the
// public network. Zero fields keep the default.
type Options struct {
	Addr        string        // listen address, default "127.0.0.1:0"
	AccessLife  time.Duration // of access tokens, default 120 minutes
	RefreshLife time.Duration // of refresh tokens, default 90 days
	TokenLife   time.Duration // of OAuth access tokens, default 1 hour
	RotateGrace time.Duration // how long a used refresh token still works, default 2 hours; negative: not at all

	WritePointsHour int64 // default 5,000 per account; create 3, update 2, delete 1, putRecord 2
	WritePointsDay  int64 // default 35,000 per account
	Requests        int64 // default 3,000 per address in 5 minutes
	Sessions        int64 // createSession, default 30 per account in 5 minutes

	BlobLimit  int64         // bytes of one upload, default 50 MiB
	IndexDelay time.Duration // how far the app view lags behind the PDS, default 0
	VideoDelay time.Duration // between two states of a video job, default 1 second
	PageSize   int           // the most items that any list gives at once, default 100

	NoChat         bool // chat.bsky.* answers 404 XRPCNotSupported, as on a network without the service
	NoVideo        bool // app.bsky.video.* likewise
	NoAppView      bool // app.bsky.* answers 400 "No service configured"
	NoDMPermission bool // app passwords were made without access to direct messages

	// Documents gets client metadata documents for the authorization server, such
	// as from the handler of a Connector under test; nil: it takes clients on this
	// machine alone.
	Documents func(address string) ([]byte, error)
}

func (o *Options) defaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	set(&v.Addr, "127.0.0.1:0")
	set(&v.AccessLife, 120*time.Minute)
	set(&v.RefreshLife, 90*24*time.Hour)
	set(&v.TokenLife, time.Hour)
	set(&v.RotateGrace, 2*time.Hour)
	set(&v.WritePointsHour, 5_000)
	set(&v.WritePointsDay, 35_000)
	set(&v.Requests, 3_000)
	set(&v.Sessions, 30)
	set(&v.BlobLimit, 50<<20)
	set(&v.VideoDelay, time.Second)
	set(&v.PageSize, 100)
	return v
}

func set[T comparable](p *T, d T) {
	var zero T
	if *p == zero {
		*p = d
	}
}

// Server is the simulator. All methods are safe for concurrent use.
type Server struct {
	world *sim.World
	opts  Options
	http  *httptest.Server
	oauth *oauthtest.Server

	mu       sync.Mutex
	accounts map[string]*account // by DID
	handles  map[string]string   // handle to DID
	order    []*account
	sessions map[string]*session // by token
	service  map[string]serviceToken
	lastTID  int64
	limits   map[string]*window
	index    *index
	convos   map[string]*convo
	jobs     map[string]*videoJob
	reports  []Report

	videoFaults []string // failure codes of the next videos
}

var _ sim.Server = (*Server)(nil)

// NewServer starts a simulator in a world. opts may be nil. Close it when done.
func NewServer(world *sim.World, opts *Options) *Server {
	s := &Server{
		world: world, opts: opts.defaults(),
		accounts: make(map[string]*account), handles: make(map[string]string),
		sessions: make(map[string]*session), service: make(map[string]serviceToken),
		limits: make(map[string]*window), index: newIndex(),
		convos: make(map[string]*convo), jobs: make(map[string]*videoJob),
	}
	s.oauth = s.newOAuth()
	wire := sim.Wire{World: world, Classify: classify, Throttle: s.throttled, Expire: expired, Error: vendorError}
	s.http = httptest.NewUnstartedServer(s.dated(wire.Handler(s.routes())))
	if s.opts.Addr != "127.0.0.1:0" {
		if l, err := net.Listen("tcp", s.opts.Addr); err == nil {
			_ = s.http.Listener.Close()
			s.http.Listener = l
		}
	}
	s.http.Start()
	return s
}

// dated gives answers the world's date: clients measure the resets of limits
// against it.
func (s *Server) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.now().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// Platform returns "bluesky".
func (s *Server) Platform() smm.Platform { return platform }

// URL is the base URL of the PDS, the video service and the PLC directory.
func (s *Server) URL() string { return s.http.URL }

// Close shuts the server down.
func (s *Server) Close() { s.http.Close() }

// Handler is what answers, faults included: for tests that bring a network of
// their own, such as one within a synctest bubble.
func (s *Server) Handler() http.Handler { return s.http.Config.Handler }

// Transport returns a transport that reaches this server whatever host a
// request names, for tests of code that uses the public addresses.
func (s *Server) Transport() http.RoundTripper { return redirected{s.http} }

type redirected struct{ to *httptest.Server }

func (t redirected) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(t.to.URL, "http://")
	return t.to.Client().Transport.RoundTrip(r)
}

func (s *Server) now() time.Time { return s.world.Clock.Now() }

// later runs f, which takes the lock itself, once the app view caught up.
func (s *Server) later(f func()) {
	if s.opts.IndexDelay <= 0 {
		f()
		return
	}
	s.world.Clock.AfterFunc(s.opts.IndexDelay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// stamp formats a time as the network does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// object is a JSON object whose fields the simulator does not model.
type object = map[string]any

func text(o object, key string) string { v, _ := o[key].(string); return v }

func child(o object, key string) object { v, _ := o[key].(object); return v }

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("blueskytest: " + err.Error()) // only values made here come by
	}
	return b
}
