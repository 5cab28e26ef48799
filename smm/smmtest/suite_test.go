package smmtest

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/smmtest/internal/reference"
)

// build makes a harness of the reference platform. wrap may put a driver with
// a bug in place of the honest one.
func build(t *testing.T, class smm.Class, wrap func(*reference.Driver) smm.Driver) *Harness {
	t.Helper()
	return buildAt(t, sim.NewClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), true), class, wrap)
}

func buildAt(t *testing.T, clock *sim.Clock, class smm.Class, wrap func(*reference.Driver) smm.Driver) *Harness {
	t.Helper()
	world := sim.NewWorldAt(clock)
	server := reference.NewServer(world, class)
	me, err := server.NewAccount("brand")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.VisitorPosts(t.Context(), "visitor", "", "hello"); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	var media []smm.Media
	for i := range 5 {
		name := fmt.Sprintf("%d.png", i)
		files[name] = &fstest.MapFile{Data: fmt.Appendf(nil, "image %d", i)}
		media = append(media, smm.Media{Name: name, AltText: "a picture"})
	}
	form := func(name string, kind smm.CreateKind, n int) Form {
		return Form{Name: name, Kind: kind, Class: class, Post: func(text string) *smm.Post {
			return &smm.Post{Text: text, Media: media[:n:n]}
		}}
	}
	return &Harness{
		World: world, Server: server, Channel: me.Channel, Handle: me.Handle, Visitor: "visitor",
		Author: smm.Ref{Platform: reference.Platform, Kind: smm.KindAuthor, ID: "visitor"},
		NewDriver: func(testing.TB) smm.Driver {
			d := &reference.Driver{
				Credentials: smm.StaticToken(me.Channel, "", me.Login["REFERENCE_TOKEN"]),
				HTTP:        server.Transport(), Clock: world.Clock, Class: class,
			}
			if wrap != nil {
				return wrap(d)
			}
			return d
		},
		Media: smm.FSMedia(files),
		Forms: []Form{
			form("text", smm.CreatePost, 0), form("image", smm.CreatePost, 1), form("images", smm.CreatePost, 3),
			form("reply", smm.CreateReply, 0), form("message", smm.CreateMessage, 0),
		},
		Oversized: &smm.Post{Text: strings.Repeat("x", 301), Media: media, Poll: &smm.Poll{Options: []string{"a"}}},
		Codes:     []string{"text.too-long", "media.too-many", "media.too-many-images", "capability.never"},
		Webhook:   hooks(),
		Revoke: func(testing.TB) func() {
			id := world.Faults.Add(sim.Fault{Kind: sim.Expire, Times: -1})
			return func() { world.Faults.Remove(id) }
		},
		Holds: func(x smm.Capability, target smm.Ref) bool { return server.Holds(me.Handle, x, target) },
	}
}

func TestReferencePlatformPasses(t *testing.T) {
	for _, class := range []smm.Class{smm.ClassKey, smm.ClassHandle, smm.ClassReadBack, smm.ClassBlind} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			Run(t, func(t *testing.T) *Harness {
				h := build(t, class, nil)
				if class != smm.ClassKey {
					h.Skip = map[string]string{"cancel/in-commit-unanswered": "ten seconds in one class are enough"}
				}
				return h
			})
		})
	}
}
