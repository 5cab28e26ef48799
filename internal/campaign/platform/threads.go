package platform

import (
	"context"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Threads has a handle for everything.
func Threads() *Platform {
	return &Platform{
		Name: "threads", Single: true, Settles: 150 * time.Second, handle: "shop%d", visitor: "visitor",
		Open: func(w *sim.World) Server {
			return threadstest.NewServer(w, &threadstest.Options{
				Posts: -1, Replies: -1, Deletes: -1, Locations: -1, Searches: -1, Fetch: crawler(),
			})
		},
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return threads.New(threads.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport}, MediaHost: mediaHost{o.Clock}, BaseURL: o.URL,
			})
		},
		Credential: func(a sim.Account, _ string) smm.Credential {
			return smm.Credential{AccessToken: smm.NewSecret(a.Login["THREADS_TOKEN"])}
		},
		stage: threadsStage,
		Lie:   threadsLies,
		Once:  ending("/threads_publish"),
		Forms: threadsForms(),
	}
}

func threadsStage(ctx context.Context, s Server, sc *Scene) error {
	own, err := s.VisitorPosts(ctx, sc.Account.Handle, "", "made by hand")
	if err != nil {
		return err
	}
	if sc.Quoted, err = s.VisitorPosts(ctx, sc.Visitor, "", "to be quoted"); err != nil {
		return err
	}
	return ownAndAnswered(ctx, s, sc, own)
}

// threadsLies answers a publication that is public as forbidden, which the vendor was
// seen to do.
func threadsLies(s Server, request string) bool {
	server, ok := s.(*threadstest.Server)
	if !ok || !ending("/threads_publish")(request) {
		return false
	}
	server.LieOnPublish(http.StatusBadRequest, 10, 0)
	return true
}

func threadsForms() []Form {
	const handle = smm.ClassHandle
	return append([]Form{
		form("text", handle, plain),
		form("rich", handle, func(in *Scene, p *smm.Post) {
			p.Text += " @" + in.Visitor + " #tag https://example.com/a/page?b=c&d=<e>\n\nA & B"
		}),
		form("image", handle, media("wide.jpg")),
		form("images", handle, media("wide.jpg", "red.png")),
		form("carousel", handle, media("red.png", "clip.mp4", "wide.jpg")),
		form("video", handle, media("clip.mp4")),
		form("poll", handle, func(_ *Scene, p *smm.Post) {
			p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: threads.PollDuration}
		}),
		form("card", handle, func(_ *Scene, p *smm.Post) { p.Card = &smm.Card{URL: "https://example.com/"} }),
		form("quote", handle, quote),
		form("quote-image", handle, func(in *Scene, p *smm.Post) { quote(in, p); image(in, p) }),
		form("long-text", handle, func(_ *Scene, p *smm.Post) {
			_ = threads.PostOptions{
				TopicTag: "Coffee", ReplyControl: threads.ReplyFollowers, LongText: &threads.LongText{Plain: "much more"}, Spoilers: []threads.TextSpan{{Length: 4}},
			}.Set(p)
		}),
		form("reply", handle, reply),
		form("reply-image", handle, func(in *Scene, p *smm.Post) { reply(in, p); image(in, p) }),
	}, parts(handle)...)
}
