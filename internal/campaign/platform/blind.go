package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

const blindName smm.Platform = "blind"

// Blind is a stand-in for platforms where nothing that was sent can be looked for,
// of which none exists here yet: an upload, and a request that creates.
func Blind() *Platform {
	class := smm.ClassBlind
	return &Platform{
		Name: "blind (stand-in)", StandIn: true, Settles: time.Minute, handle: "shop%d",
		Open:   func(w *sim.World) Server { return newBlindServer(w) },
		Addr:   func(s Server) string { return hostOf(s.URL()) },
		Driver: newBlindDriver,
		Credential: func(_ sim.Account, at string) smm.Credential {
			return smm.Credential{Server: at, AccessToken: smm.NewSecret("a token that nobody looks at")}
		},
		Forms: []Form{
			form("text", class, plain),
			form("image", class, image),
			{Name: "thread", Class: class, Parts: 2, Post: func(_ *Scene, m []string) *smm.Post {
				return &smm.Post{Text: m[0], Thread: []smm.Post{{Text: m[1]}}}
			}},
		},
	}
}

type blindServer struct {
	world *sim.World
	http  *httptest.Server

	mu    sync.Mutex
	items int
}

type blindPost struct {
	Account string   `json:"account"`
	Parent  string   `json:"parent,omitempty"`
	Text    string   `json:"text"`
	Media   []string `json:"media,omitempty"`
}

func newBlindServer(w *sim.World) *blindServer {
	s := &blindServer{world: w}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "asset") })
	mux.HandleFunc("POST /posts", s.create)
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, code, "") }
	}
	wire := sim.Wire{
		World: w, Throttle: status(http.StatusTooManyRequests), Expire: status(http.StatusUnauthorized),
		Classify: func(r *http.Request) sim.Op {
			class := sim.Commit
			if r.URL.Path != "/posts" {
				class = sim.Prepare
			}
			return sim.Op{Platform: blindName, Name: r.URL.Path, Class: class}
		},
	}
	s.http = httptest.NewServer(wire.Handler(mux))
	return s
}

func answer(w http.ResponseWriter, status int, id string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "{%q: %q}", "id", id)
}

func (s *blindServer) create(w http.ResponseWriter, r *http.Request) {
	var p blindPost
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		answer(w, http.StatusBadRequest, "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items++
	id := strconv.Itoa(s.items)
	s.world.Ledger.Add(sim.Item{
		Platform: blindName, Account: p.Account, Parent: p.Parent, Text: p.Text, Media: p.Media, ID: id, At: s.world.Clock.Now(),
	})
	answer(w, http.StatusOK, id)
}

func (s *blindServer) Platform() smm.Platform  { return blindName }
func (s *blindServer) URL() string             { return s.http.URL }
func (s *blindServer) Close()                  { s.http.Close() }
func (s *blindServer) Handler() http.Handler   { return s.http.Config.Handler }
func (s *blindServer) Accounts() []sim.Account { return nil }

func (s *blindServer) NewAccount(handle string) (sim.Account, error) {
	return sim.Account{Handle: handle, Channel: smm.Ref{Platform: blindName, Kind: smm.KindChannel, ID: handle}}, nil
}

func (s *blindServer) VisitorPosts(context.Context, string, string, string) (smm.Ref, error) {
	return smm.Ref{}, errors.ErrUnsupported
}

func (s *blindServer) VisitorWrites(context.Context, string, string, string) (smm.Ref, error) {
	return smm.Ref{}, errors.ErrUnsupported
}

func (s *blindServer) VisitorLikes(context.Context, string, string, bool) error {
	return errors.ErrUnsupported
}

func (s *blindServer) VisitorFollows(context.Context, string, string) error {
	return errors.ErrUnsupported
}

// blindDriver is the client's side.
type blindDriver struct {
	http  *httpx.Client
	clock smm.Clock
}

func newBlindDriver(o DriverOptions) (smm.Driver, error) {
	c, err := httpx.New(httpx.Config{
		Platform: blindName, BaseURL: o.URL, HTTPClient: &http.Client{Transport: o.Transport}, Clock: o.Clock,
	})
	return &blindDriver{http: c, clock: o.Clock}, err
}

var blindGuarantee = smm.Guarantee{Class: smm.ClassBlind, RequestLife: time.Minute}

func (d *blindDriver) Platform() smm.Platform { return blindName }

func (d *blindDriver) Capabilities(context.Context, smm.Ref) (smm.Capabilities, error) {
	g := blindGuarantee
	granted := smm.Support{State: smm.StateGranted, Guarantee: &g}
	return smm.NewCapabilities(d.clock.Now(), map[smm.Capability]smm.Support{
		smm.CapPost: granted, smm.CapImage: granted, smm.CapReply: granted, smm.CapThread: granted,
	}, smm.Limits{Text: smm.TextLimits{Max: 500, Unit: smm.UnitCodePoints}}), nil
}

func (d *blindDriver) Prepare(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared) (smm.Prepared, error) {
	for range r.Post.Media {
		req := &httpx.Request{Op: "upload", Channel: r.Channel, Method: http.MethodPost, URL: "/upload", Body: httpx.Bytes("image/png", []byte("picture"))}
		if _, err := d.http.Write(ctx, req); err != nil {
			return smm.Prepared{}, err
		}
	}
	return smm.Prepared{State: json.RawMessage(`{}`), Ready: true, Progress: 1, Guarantee: blindGuarantee}, nil
}

func (d *blindDriver) Commit(ctx context.Context, r *smm.PublishRequest, _ smm.Prepared, _ smm.Attempt) (smm.Outcome, error) {
	p := blindPost{Account: r.Channel.ID, Parent: r.Post.ReplyTo.ID, Text: r.Post.Text}
	for _, m := range r.Post.Media {
		p.Media = append(p.Media, m.Name)
	}
	req := &httpx.Request{Op: "create", Channel: r.Channel, Method: http.MethodPost, URL: "/posts", Body: httpx.JSON(p)}
	resp, fate, err := d.http.Commit(ctx, req)
	o := d.http.Outcome(fate, resp)
	if err != nil {
		return o, err
	}
	var out struct {
		ID string `json:"id"`
	}
	if err := resp.JSON(&out); err != nil || out.ID == "" {
		return smm.Outcome{}, fmt.Errorf("%w: the answer names no post", smm.ErrUnavailable)
	}
	return smm.Outcome{State: smm.OutcomePublished, Post: r.Channel.WithKind(smm.KindPost, out.ID), Evidence: smm.EvidenceReply}, nil
}

func (d *blindDriver) Settle(context.Context, *smm.PublishRequest, smm.Prepared, smm.Attempt) (smm.Outcome, error) {
	return smm.Outcome{}, nil
}
