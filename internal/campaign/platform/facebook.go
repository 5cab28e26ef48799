package platform

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Facebook is a Page whose posts are drafts first: handles for the feed, videos and
// reels, read-back for the rest.
func Facebook() *Platform { return facebookPage("facebook", false) }

// FacebookOneStep is one whose posts of the feed are made by one request and read
// back. What else there is goes the same way as on the other and is left to that.
func FacebookOneStep() *Platform {
	p := facebookPage("facebook/one-step", true)
	p.Forms = slices.DeleteFunc(p.Forms, func(f Form) bool {
		return !slices.Contains([]string{"text", "link", "photo", "photos", "scheduled", "link-cards", "scheduled-photos", "first-comment"}, f.Name)
	})
	return p
}

func facebookPage(name string, oneStep bool) *Platform {
	opts := facebooktest.Options{AppCalls: -1, PageCalls: -1, ReelsPerDay: math.MaxInt32, Chunk: 600, Fetch: fetch}
	class := smm.ClassHandle
	if oneStep {
		opts.NoFlip, opts.ReadLag = true, time.Minute
		class = smm.ClassReadBack
	}
	return &Platform{
		Name: name, Single: true, Settles: 5 * time.Minute, handle: "shop%d", visitor: "vera",
		Open: func(w *sim.World) Server { return facebooktest.NewServer(w, &opts) },
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return facebook.New(facebook.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport},
				MediaHost: mediaHost{o.Clock}, BaseURL: o.URL, OneStep: oneStep,
			})
		},
		Credential: func(a sim.Account, _ string) smm.Credential {
			return smm.Credential{AccessToken: smm.NewSecret(a.Login["FACEBOOK_TOKEN"])}
		},
		stage: facebookStage,
		Forms: facebookForms(class),
	}
}

func facebookStage(ctx context.Context, s Server, sc *Scene) error {
	page, ok := s.(*facebooktest.Server)
	if !ok {
		return errors.New("no simulator of Facebook")
	}
	own, err := page.VisitorPostsOn(sc.Visitor, sc.Account.Handle, "on the Page's wall")
	if err != nil {
		return err
	}
	if sc.Review, err = page.VisitorRecommends(sc.Visitor, sc.Account.Handle, true, "to be thanked for"); err != nil {
		return err
	}
	sc.Quoted = own
	return ownAndAnswered(ctx, s, sc, own)
}

func facebookForms(class smm.Class) []Form {
	const handle, readBack = smm.ClassHandle, smm.ClassReadBack
	with := func(o facebook.PostOptions, next func(*Scene, *smm.Post)) func(*Scene, *smm.Post) {
		return func(in *Scene, p *smm.Post) {
			next(in, p)
			_ = o.Set(p)
		}
	}
	later := func(o facebook.PostOptions, next func(*Scene, *smm.Post)) func(*Scene, *smm.Post) {
		return func(in *Scene, p *smm.Post) {
			o.ScheduledAt = in.Now.Add(2 * time.Hour)
			with(o, next)(in, p)
		}
	}
	link := func(_ *Scene, p *smm.Post) { p.Card = &smm.Card{URL: "https://example.com/"} }
	reel, story := facebook.PostOptions{Format: facebook.FormatReel}, facebook.PostOptions{Format: facebook.FormatStory}
	asStory := func(p *smm.Post) { _ = story.Set(p) }
	return []Form{
		form("text", class, plain),
		form("link", class, link),
		form("link-cards", class, with(facebook.PostOptions{Carousel: []facebook.LinkCard{
			{Link: "https://example.com/a", Name: "A"}, {Link: "https://example.com/b", Name: "B"},
		}}, link)),
		form("photo", class, media("red.png")),
		form("photos", class, media("red.png", "blue.jpg")),
		form("video", handle, media("clip.mp4")),
		form("video-cover", handle, func(_ *Scene, p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", Thumbnail: "blue.jpg"}} }),
		form("reel", handle, with(reel, media("tall.mp4"))),
		silent("story-photo", readBack, "tall.jpg", asStory),
		silent("story-video", readBack, "tall.mp4", asStory),
		form("scheduled", class, later(facebook.PostOptions{}, plain)),
		form("scheduled-photos", class, later(facebook.PostOptions{}, media("red.png", "blue.jpg"))),
		form("scheduled-video", handle, later(facebook.PostOptions{}, media("clip.mp4"))),
		form("scheduled-reel", handle, later(reel, media("tall.mp4"))),
		form("comment", readBack, func(in *Scene, p *smm.Post) { p.ReplyTo = in.Quoted }),
		form("reply", readBack, reply),
		form("reply-photo", readBack, func(in *Scene, p *smm.Post) { reply(in, p); image(in, p) }),
		form("review-answer", readBack, func(in *Scene, p *smm.Post) { p.ReplyTo = in.Review }),
		privateReply(func(p *smm.Post) error { return facebook.PostOptions{Private: true}.Set(p) }),
		form("message", readBack, message),
		silent("message-photo", readBack, "wide.jpg", func(*smm.Post) {}),
		commented("first-comment", class, plain),
		commented("photo-first-comment", class, media("red.png")),
		commented("video-first-comment", handle, media("clip.mp4")),
	}
}
