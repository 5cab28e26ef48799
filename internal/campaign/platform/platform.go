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
	"fmt"
	"image/color"
	"net/http"
	"testing/fstest"
	"time"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
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
	// Settles bounds how long after its last request a delivery of this platform
	// may still be in doubt: RequestLife and ReadLag of its forms.
	Settles time.Duration

	// Open starts a server in a world.
	Open func(w *sim.World) Server
	// Addr is what clients dial to reach a server.
	Addr func(s Server) string
	// Driver returns a driver as a new process would make it.
	Driver func(o DriverOptions) (smm.Driver, error)
	// Credential is what is stored for an account; at is the server's address.
	Credential func(a sim.Account, at string) smm.Credential

	handle, visitor string
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
	Visitor string
	Now     time.Time
}

// Set makes an account with everything that the forms need. n tells the accounts
// of a server apart.
func (p *Platform) Set(ctx context.Context, s Server, n int, now time.Time) (*Scene, error) {
	sc := &Scene{Visitor: p.visitor, Now: now}
	var err error
	if sc.Account, err = s.NewAccount(fmt.Sprintf(p.handle, n)); err != nil {
		return nil, err
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

// All returns every platform under test, and the stand-in for the class that none
// of them has.
func All() []*Platform {
	return []*Platform{Bluesky(), Mastodon(), GoToSocial(), Pixelfed(), Blind()}
}

// Assets are the media that the forms name.
func Assets() smm.MediaStore { return assets }

var assets = smm.FSMedia(fstest.MapFS{
	"red.png":      {Data: mediatest.PNG(12, 9, color.White)},
	"blue.jpg":     {Data: mediatest.JPEG(16, 9, color.Black)},
	"moving.gif":   {Data: mediatest.GIF(10, 10, 3, 100*time.Millisecond)},
	"clip.mp4":     {Data: mediatest.MP4(640, 360, 3*time.Second)},
	"captions.vtt": {Data: []byte("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")},
})

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
