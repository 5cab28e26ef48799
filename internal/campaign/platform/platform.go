// Package platform lists what the campaign publishes to: the simulators of every
// platform, in every form that each can create.
//
// # Design notes
//
// A server is opened apart from the world that it serves in, because a synctest
// bubble must not hold a real listener. Marks in the texts, and not the IDs of
// deliveries, join what was planned to what the public saw: an ID never leaves the
// client, and the client is not to be believed.
package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Server is a simulator that can be reached over any network.
type Server interface {
	sim.Server

	Handler() http.Handler
}

// Platform is one kind of server under test.
type Platform struct {
	Name  string // of its rows in the tables; a platform has one for each kind of its servers
	Forms []Form
	// StandIn says that no real platform is simulated.
	StandIn bool
	// Single says that a driver reaches one server only, so that no two rows of its
	// platform fit into one process.
	Single bool
	// Settles bounds how long after its last request a delivery of this platform
	// may still be in doubt: RequestLife and ReadLag of its forms.
	Settles time.Duration

	// Open starts a server in a world.
	Open func(w *sim.World) Server
	// Addr is what clients dial to reach a server.
	Addr func(s Server) string
	// Lie has the server do what a request asks and answer with a refusal that the
	// vendor is known to lie with. It reports whether there is one for the request;
	// nil: there is none at all.
	Lie func(s Server, request string) bool
	// Once reports whether the vendor refuses a request that it has had already.
	Once func(request string) bool
	// Unless is part of the body of those of them of which that is not known.
	Unless string
	// Driver returns a driver as a new process would make it.
	Driver func(o DriverOptions) (smm.Driver, error)
	// Credential is what is stored for an account; at is the server's address.
	Credential func(a sim.Account, at string) smm.Credential

	handle, visitor string
	stage           func(ctx context.Context, s Server, sc *Scene) error // in place of what Set does by itself
}

// Fits reports whether one process can serve both.
func (p *Platform) Fits(o *Platform) bool {
	return !p.Single || !o.Single || p.Name == o.Name || p.family() != o.family()
}

func (p *Platform) family() string {
	name, _, _ := strings.Cut(p.Name, "/")
	return name
}

// DriverOptions are what a process has.
type DriverOptions struct {
	Credentials smm.CredentialStore
	Clock       smm.Clock
	Transport   http.RoundTripper
	URL         string // of the server, for stand-ins
}

// Form is one form in which a platform can create something.
type Form struct {
	Name  string
	Class smm.Class // of its first part
	Parts int       // deliveries that it makes; 0 for one
	// Post makes a post whose parts carry the marks.
	Post func(in *Scene, marks []string) *smm.Post
}

// Marks returns how many marks a post of the form carries.
func (f *Form) Marks() int { return max(f.Parts, 1) }

// Scene is what stands on a server before the campaign begins.
type Scene struct {
	Account sim.Account
	Quoted  smm.Ref // a visitor's post
	Answer  smm.Ref // another one, to be answered
	Talk    smm.Ref // a conversation that a visitor began
	Review  smm.Ref // a visitor's review
	Mention smm.Ref // a visitor's post that names the account
	Visitor string
	Now     time.Time

	comment func(text string) (smm.Ref, error) // makes a visitor's comment under a post of the account

	mu    sync.Mutex
	fresh map[string]smm.Ref
}

// privateReply is a message to who wrote a comment: one is all that a comment gets.
func privateReply(set func(*smm.Post) error) Form {
	return Form{Name: "private-reply", Class: smm.ClassReadBack, Post: func(in *Scene, m []string) *smm.Post {
		p := &smm.Post{Text: m[0], ReplyTo: in.freshComment(m[0])}
		_ = set(p)
		return p
	}}
}

// freshComment returns a comment that is there for one mark alone, the same each
// time. It is zero if the server makes none.
func (sc *Scene) freshComment(mark string) smm.Ref {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if have, ok := sc.fresh[mark]; ok || sc.comment == nil {
		return have
	}
	ref, err := sc.comment("a comment for one answer")
	if err != nil {
		return smm.Ref{}
	}
	if sc.fresh == nil {
		sc.fresh = make(map[string]smm.Ref)
	}
	sc.fresh[mark] = ref
	return ref
}

// ending reports whether a request is of a path that ends so.
func ending(end string) func(string) bool {
	return func(request string) bool {
		return strings.HasPrefix(request, http.MethodPost) && strings.HasSuffix(request, end)
	}
}

// Set makes an account with everything that the forms need. n tells the accounts
// of a server apart.
func (p *Platform) Set(ctx context.Context, s Server, n int, now time.Time) (*Scene, error) {
	sc := &Scene{Visitor: p.visitor, Now: now}
	var err error
	if sc.Account, err = s.NewAccount(fmt.Sprintf(p.handle, n)); err != nil {
		return nil, err
	}
	if p.stage != nil {
		return sc, p.stage(ctx, s, sc)
	}
	if p.visitor == "" {
		return sc, nil
	}
	if sc.Quoted, err = s.VisitorPosts(ctx, p.visitor, "", fmt.Sprint("to be quoted ", n)); err != nil {
		return nil, err
	}
	if sc.Answer, err = s.VisitorPosts(ctx, p.visitor, "", fmt.Sprint("to be answered ", n)); err != nil {
		return nil, err
	}
	sc.Talk, err = s.VisitorWrites(ctx, p.visitor, sc.Account.Handle, fmt.Sprint("hello ", n))
	return sc, err
}

// ownAndAnswered stands up a post of the account with a visitor's comment, and a
// conversation where there are any.
func ownAndAnswered(ctx context.Context, s Server, sc *Scene, own smm.Ref) error {
	sc.comment = func(text string) (smm.Ref, error) {
		return s.VisitorPosts(context.WithoutCancel(ctx), sc.Visitor, own.ID, text)
	}
	var err error
	if sc.Answer, err = sc.comment("to be answered"); err != nil {
		return err
	}
	sc.Talk, err = s.VisitorWrites(ctx, sc.Visitor, sc.Account.Handle, "hello")
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// All returns every platform under test, and the stand-in for the class that none
// of them has.
func All() []*Platform {
	return []*Platform{
		Bluesky(), Mastodon(), GoToSocial(), Pixelfed(), Facebook(), FacebookOneStep(), Instagram(), InstagramLogin(), Threads(), X(), Blind(),
	}
}

// silent makes a form of one part without a text: a file of its own carries the mark.
func silent(name string, class smm.Class, file string, change func(p *smm.Post)) Form {
	return Form{Name: name, Class: class, Post: func(_ *Scene, marks []string) *smm.Post {
		p := &smm.Post{Media: []smm.Media{{Name: marked(file, marks[0])}}}
		change(p)
		return p
	}}
}

// commented makes a form of a post and its first comment.
func commented(name string, class smm.Class, change func(in *Scene, p *smm.Post)) Form {
	return Form{Name: name, Class: class, Parts: 2, Post: func(in *Scene, marks []string) *smm.Post {
		p := &smm.Post{Text: marks[0], FirstComment: marks[1]}
		change(in, p)
		return p
	}}
}

// media puts files into a post, the first with a description.
func media(names ...string) func(*Scene, *smm.Post) {
	return func(_ *Scene, p *smm.Post) {
		for i, n := range names {
			m := smm.Media{Name: n}
			if i == 0 {
				m.AltText = "what it shows"
			}
			p.Media = append(p.Media, m)
		}
	}
}

// form makes a form of one part from a change to a plain post.
func form(name string, class smm.Class, change func(in *Scene, p *smm.Post)) Form {
	return Form{Name: name, Class: class, Post: func(in *Scene, marks []string) *smm.Post {
		p := &smm.Post{Text: marks[0]}
		change(in, p)
		return p
	}}
}

// parts are the forms that every platform with replies has.
func parts(class smm.Class) []Form {
	return []Form{
		{Name: "thread", Class: class, Parts: 3, Post: func(_ *Scene, m []string) *smm.Post {
			return &smm.Post{Text: m[0], Thread: []smm.Post{{Text: m[1]}, {Text: m[2]}}}
		}},
		{Name: "first-comment", Class: class, Parts: 2, Post: func(_ *Scene, m []string) *smm.Post {
			return &smm.Post{Text: m[0], FirstComment: m[1]}
		}},
		{Name: "thread-images-comment", Class: class, Parts: 3, Post: func(_ *Scene, m []string) *smm.Post {
			part := smm.Post{Text: m[1], Media: []smm.Media{{Name: "blue.jpg"}}}
			return &smm.Post{Text: m[0], Media: []smm.Media{{Name: "red.png"}}, Thread: []smm.Post{part}, FirstComment: m[2]}
		}},
	}
}

func images(_ *Scene, p *smm.Post) {
	p.Media = []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}
}

func image(_ *Scene, p *smm.Post) { p.Media = []smm.Media{{Name: "red.png", AltText: "red"}} }

func plain(*Scene, *smm.Post) {}

func reply(in *Scene, p *smm.Post) { p.ReplyTo = in.Answer }

func message(in *Scene, p *smm.Post) { p.ReplyTo = in.Talk }

func quote(in *Scene, p *smm.Post) { p.Quote = in.Quoted }
