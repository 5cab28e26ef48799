package instagramtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Platform is what Server.Platform returns and items in the ledger carry.
const Platform smm.Platform = "instagram"

// Server is a simulated Instagram. It implements sim.Server.
type Server struct {
	base  *metatest.Server
	world *sim.World
	opts  Options

	// mu is taken after the lock of base, which holds its own while a handler runs:
	// so nothing of base is called with it held.
	mu         sync.Mutex
	accounts   []*account // in the order of their making; people who only visit among them
	media      []*media
	comments   []*remark
	threads    []*thread
	answers    map[string][]Answer // by operation
	tags       map[string]string   // hashtags by id
	containers []*container
}

var _ sim.Server = (*Server)(nil)

// NewServer starts a server in world; nil options mean the defaults. It panics if
// it cannot listen, as httptest.NewServer does.
func NewServer(world *sim.World, opts *Options) *Server {
	if opts == nil {
		opts = &Options{}
	}
	s := &Server{world: world, opts: opts.withDefaults(), answers: make(map[string][]Answer), tags: make(map[string]string)}
	s.base = metatest.NewServer(world, s.opts.base())
	s.routes()
	return s
}

// Platform implements sim.Server.
func (s *Server) Platform() smm.Platform { return Platform }

// URL implements sim.Server. It stands for all of the vendor's hosts.
func (s *Server) URL() string { return s.base.URL() }

// Handler is what answers, faults included.
func (s *Server) Handler() http.Handler { return s.base.Handler() }

// AppID returns the app's id.
func (s *Server) AppID() string { return s.base.AppID() }

// AppSecret returns the app's secret.
func (s *Server) AppSecret() string { return s.base.AppSecret() }

// Close implements sim.Server.
func (s *Server) Close() { s.base.Close() }

// Subscribe sets the webhook's callback, after the check that the vendor makes.
func (s *Server) Subscribe(callback http.Handler, verifyToken string) error {
	return s.base.Subscribe(callback, verifyToken)
}

// Deliver sends the webhooks that wait, and returns the last status that the
// callback answered, 0 if there was nothing to send.
func (s *Server) Deliver() int { return s.base.Deliver() }

// Redeliver sends the last webhook once more.
func (s *Server) Redeliver() int { return s.base.Redeliver() }

// CutUploads breaks off the next uploads, each after so many bytes of its body.
func (s *Server) CutUploads(after ...int64) { s.base.CutUploads(after...) }

// Revoke ends all tokens of an account. The subcode says why: 458 the app was
// removed, 460 the password changed.
func (s *Server) Revoke(handle string, subcode int) {
	if a := s.account(handle); a != nil {
		s.base.Revoke(a.holder, subcode)
	}
}

// IssueToken makes a further token for an account; without scopes it has those of
// Options.
func (s *Server) IssueToken(handle string, scopes ...string) string {
	a := s.account(handle)
	if a == nil {
		return ""
	}
	if len(scopes) == 0 {
		scopes = s.opts.Scopes
	}
	return s.base.IssueToken(a.holder, scopes...)
}

// The operations that Answer can change.
const (
	Publish = "publish" // POST ig/media_publish
	Message = "message" // POST messages
	Comment = "comment" // POST comments and replies
)

// Answer is an error in place of the answer to an operation. The vendor has
// answered no and done it all the same: Public makes it do so here.
type Answer struct {
	Status  int // 0 for 400
	Code    int
	Subcode int
	Public  bool
}

// Answer has the next requests of an operation answered with errors, one each.
func (s *Server) Answer(op string, next ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[op] = append(s.answers[op], next...)
}

// lied takes what was ordered for an operation; do makes it real.
func (s *Server) lied(op string, do func() metatest.Reply) metatest.Reply {
	next := s.answers[op]
	if len(next) == 0 {
		return do()
	}
	a := next[0]
	s.answers[op] = next[1:]
	if a.Public {
		if r := do(); r.Status != http.StatusOK {
			return r
		}
	}
	return metatest.Fail(&metatest.Error{Status: a.Status, Code: a.Code, Subcode: a.Subcode, Message: "An error that the test ordered"})
}

func (s *Server) now() time.Time { return s.world.Clock.Now().Truncate(time.Second) }

// account finds one by its handle.
func (s *Server) account(handle string) *account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byHandle(handle)
}

func (s *Server) byHandle(handle string) *account {
	for _, a := range s.accounts {
		if strings.EqualFold(a.username, handle) {
			return a
		}
	}
	return nil
}

// NewAccount implements sim.Server: a professional account and, with Facebook's
// login, the Page that it is linked to. Login holds INSTAGRAM_SERVER and
// INSTAGRAM_TOKEN.
func (s *Server) NewAccount(handle string) (sim.Account, error) {
	if handle = strings.TrimPrefix(handle, "@"); handle == "" || strings.ContainsAny(handle, "@/ ") {
		return sim.Account{}, fmt.Errorf("instagramtest: handle %q: want a user name", handle)
	}
	a := s.account(handle)
	if a == nil {
		a = s.join(handle)
	}
	s.mu.Lock()
	known := a.token != ""
	s.mu.Unlock()
	if !known {
		s.makeProfessional(a)
	}
	return s.describe(a), nil
}

// join makes a person.
func (s *Server) join(handle string) *account {
	a := &account{username: handle, name: strings.ToUpper(handle[:1]) + handle[1:], joined: s.now()}
	n := s.base.AddNode(kindPerson, "", handle, a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.byHandle(handle); other != nil {
		return other // somebody was faster
	}
	a.id = n.ID
	s.accounts = append(s.accounts, a)
	return a
}

func (s *Server) makeProfessional(a *account) {
	s.mu.Lock()
	id := a.id
	s.mu.Unlock()
	s.base.AddNode(kindAccount, id, a.username, a) // takes the place of the person
	holder, page := id, ""
	if s.opts.Login == Facebook {
		page = s.base.AddNode(kindPage, "", a.username+"'s Page", a).ID
		holder = page
	}
	token := s.base.IssueToken(holder, s.opts.Scopes...)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.page, a.holder, a.token = page, holder, token
}

func (s *Server) describe(a *account) sim.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sim.Account{
		Handle: a.username, Channel: smm.Ref{Platform: Platform, Kind: smm.KindChannel, ID: a.id},
		Login: map[string]string{"INSTAGRAM_SERVER": s.base.URL(), "INSTAGRAM_TOKEN": a.token},
	}
}

// Page returns the id of the Page that an account is linked to, "" with Instagram's
// own login.
func (s *Server) Page(handle string) string {
	a := s.account(handle)
	if a == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a.page
}

// Person makes somebody who can consent to the app for accounts, and returns the id
// that the login's page takes as login_as. With Instagram's own login an account
// consents for itself.
func (s *Server) Person(handles ...string) (string, error) {
	if s.opts.Login == Instagram {
		if len(handles) != 1 {
			return "", errors.New("instagramtest: one account consents for itself")
		}
		a, err := s.NewAccount(handles[0])
		return a.Channel.ID, err
	}
	user := s.base.AddNode(kindUser, "", strings.Join(handles, " and "), nil).ID
	for _, h := range handles {
		a, err := s.NewAccount(h)
		if err != nil {
			return "", err
		}
		s.base.Manage(user, s.Page(h), a.Channel.ID, "CREATE_CONTENT", "MODERATE", "MESSAGING", "ANALYZE", "MANAGE")
	}
	return user, nil
}

// Accounts implements sim.Server.
func (s *Server) Accounts() []sim.Account {
	s.mu.Lock()
	own := slices.DeleteFunc(slices.Clone(s.accounts), func(a *account) bool { return a.token == "" })
	s.mu.Unlock()
	out := make([]sim.Account, 0, len(own))
	for _, a := range own {
		out = append(out, s.describe(a))
	}
	return out
}

// Author returns a person as the channel sees them.
func (s *Server) Author(handle string) smm.Ref {
	a := s.person(handle)
	return smm.Ref{Platform: Platform, Kind: smm.KindAuthor, ID: a.id}
}

func (s *Server) person(handle string) *account {
	if a := s.account(handle); a != nil {
		return a
	}
	return s.join(handle)
}

// Containers returns how many containers were made so far.
func (s *Server) Containers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.containers)
}

// Liked reports whether an account likes an item.
func (s *Server) Liked(handle, item string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.mediaByID(item); m != nil {
		return m.likes[handle]
	}
	if c := s.commentByID(item); c != nil {
		return c.likes[handle]
	}
	return false
}

// Blocked reports whether an account has blocked a person.
func (s *Server) Blocked(handle, person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.byHandle(handle)
	return a != nil && a.blocked[person]
}

// SetFollowers sets how many follow an account, beside those of VisitorFollows.
func (s *Server) SetFollowers(handle string, n int) {
	a := s.person(handle)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.crowd = n
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, accountHandle string) error {
	who, a := s.person(handle), s.account(accountHandle)
	if a == nil {
		return fmt.Errorf("%w: instagramtest: no account %s", smm.ErrNotFound, accountHandle)
	}
	s.mu.Lock()
	if a.followers == nil {
		a.followers = make(map[string]bool)
	}
	a.followers[who.id] = true
	s.mu.Unlock()
	s.base.Notify(object0, a.id, "follow", object{"user_id": who.id})
	return nil
}

// The kinds of things that Kind names.
const (
	KindAccount   = kindAccount
	KindPage      = kindPage
	KindMedia     = kindMedia
	KindComment   = kindComment
	KindContainer = kindContainer
	KindThread    = kindThread
)

// Kind returns what an id names, "" for nothing that is there.
func (s *Server) Kind(id string) string {
	if n, ok := s.base.Node(id); ok {
		return n.Kind
	}
	return ""
}
