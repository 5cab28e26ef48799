package reference

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is the name of the reference platform.
const Platform smm.Platform = "reference"

// KeyWindow is how long the server remembers a key.
const KeyWindow = time.Hour

// Server holds the platform's state. It implements sim.Server.
type Server struct {
	world   *sim.World
	class   smm.Class
	handler http.Handler

	mu         sync.Mutex
	seq        int
	accounts   map[string]*account // by handle
	items      []*item             // oldest first
	uploads    map[string]string   // fingerprint by id
	containers map[string]*container
	keys       map[string]keyed
	marks      map[mark]bool
}

type account struct {
	Handle  string `json:"handle"`
	Token   string `json:"-"`
	Follows int    `json:"followers"`
}

type item struct {
	ID       string   `json:"id"`
	Author   string   `json:"author"`
	Parent   string   `json:"parent,omitempty"`
	Root     string   `json:"root,omitempty"`
	Convo    string   `json:"convo,omitempty"`
	Text     string   `json:"text"`
	Media    []string `json:"media,omitempty"`
	At       int64    `json:"at"` // Unix milliseconds
	Hidden   bool     `json:"hidden,omitempty"`
	Likes    int64    `json:"likes"`
	Shares   int64    `json:"shares"`
	Comments int64    `json:"comments"`
	removed  bool
}

// draft is what a client asks to create.
type draft struct {
	Text      string   `json:"text"`
	Parent    string   `json:"parent,omitempty"`
	Convo     string   `json:"convo,omitempty"`
	Media     []string `json:"media,omitempty"`
	Key       string   `json:"key,omitempty"`
	Container string   `json:"container,omitempty"`
}

type container struct {
	draft draft
	ID    string `json:"id"`
	Item  string `json:"item,omitempty"`
}

type keyed struct {
	item *item
	at   time.Time
}

// mark is that somebody likes, shares, follows, blocks or mutes something.
type mark struct{ who, verb, what string }

// NewServer makes a platform that gives what class needs: it knows keys, or
// containers, or lets items be read back, or none of these.
func NewServer(w *sim.World, class smm.Class) *Server {
	s := &Server{
		world: w, class: class, accounts: map[string]*account{}, uploads: map[string]string{},
		containers: map[string]*container{}, keys: map[string]keyed{}, marks: map[mark]bool{},
	}
	s.handler = sim.Wire{
		World: w, Classify: classify,
		Throttle: func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "30")
			rw.WriteHeader(http.StatusTooManyRequests)
		},
		Expire: func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) },
	}.Handler(s.routes())
	return s
}

// Platform implements sim.Server.
func (s *Server) Platform() smm.Platform { return Platform }

// URL implements sim.Server. Only Transport leads there.
func (s *Server) URL() string { return "http://reference.invalid" }

// Close implements sim.Server.
func (s *Server) Close() {}

// NewAccount implements sim.Server.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(handle)
	if a.Token == "" {
		a.Token = "reference-token-of-" + handle
	}
	return login(a), nil
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []sim.Account
	for _, a := range s.accounts {
		if a.Token != "" {
			out = append(out, login(a))
		}
	}
	slices.SortFunc(out, func(a, b sim.Account) int { return strings.Compare(a.Handle, b.Handle) })
	return out
}

func login(a *account) sim.Account {
	return sim.Account{Handle: a.Handle, Channel: ref(smm.KindChannel, a.Handle), Login: map[string]string{"REFERENCE_TOKEN": a.Token}}
}

func ref(k smm.Kind, id string) smm.Ref { return smm.Ref{Platform: Platform, Kind: k, ID: id} }

func (s *Server) account(handle string) *account {
	if s.accounts[handle] == nil {
		s.accounts[handle] = &account{Handle: handle}
	}
	return s.accounts[handle]
}

// VisitorPosts implements sim.Server.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account(handle)
	kind := smm.KindPost
	if parent != "" {
		if s.find(parent) == nil {
			return smm.Ref{}, fmt.Errorf("%w: item %s", smm.ErrNotFound, parent)
		}
		kind = smm.KindComment
	}
	return ref(kind, s.add(handle, draft{Text: text, Parent: parent}).ID), nil
}

// VisitorWrites implements sim.Server. The Ref is of the message.
func (s *Server) VisitorWrites(_ context.Context, handle, to, text string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account(handle)
	return ref(smm.KindMessage, s.add(handle, draft{Text: text, Convo: to + "+" + handle}).ID), nil
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, id string, share bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	verb := "like"
	if share {
		verb = "share"
	}
	s.set(mark{handle, verb, id}, true)
	return nil
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(mark{handle, "follow", account}, true)
	return nil
}

// Holds tells what the server holds of a setter.
func (s *Server) Holds(handle string, x smm.Capability, target smm.Ref) bool {
	verbs := map[smm.Capability]string{smm.CapLike: "like", smm.CapRepost: "share", smm.CapFollow: "follow", smm.CapBlock: "block", smm.CapMute: "mute"}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[mark{handle, verbs[x], target.ID}]
}

func (s *Server) set(m mark, on bool) {
	if s.marks[m] == on {
		return
	}
	s.marks[m] = on
	n := -1
	if on {
		n = 1
	}
	if m.verb == "follow" {
		s.account(m.what).Follows += n
	}
	if i := s.find(m.what); i != nil {
		switch m.verb {
		case "like":
			i.Likes += int64(n)
		case "share":
			i.Shares += int64(n)
		}
	}
}

func (s *Server) find(id string) *item {
	for _, i := range s.items {
		if i.ID == id && !i.removed {
			return i
		}
	}
	return nil
}

// add makes something visible.
func (s *Server) add(handle string, d draft) *item {
	s.seq++
	i := &item{
		ID: fmt.Sprintf("i%06d", s.seq), Author: handle, Parent: d.Parent, Convo: d.Convo, Text: d.Text,
		At: s.world.Clock.Now().UnixMilli(),
	}
	for _, m := range d.Media {
		i.Media = append(i.Media, s.uploads[m])
	}
	if up := s.find(d.Parent); up != nil {
		up.Comments++
		if i.Root = up.Root; i.Root == "" {
			i.Root = up.ID
		}
	}
	s.items = append(s.items, i)
	s.world.Ledger.Add(sim.Item{
		Platform: Platform, Account: handle, Parent: d.Parent, Text: d.Text, Media: i.Media, ID: i.ID,
		At: s.world.Clock.Now(), Private: d.Convo != "", Visitor: s.account(handle).Token == "",
	})
	return i
}
