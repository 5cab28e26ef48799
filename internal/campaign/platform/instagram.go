package platform

import (
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Instagram is a professional account of Facebook's login: handles for posts,
// read-back for comments and messages, nothing for answers to mentions.
func Instagram() *Platform {
	return instagramAccount("instagram", instagramtest.Facebook, instagram.FacebookLogin)
}

// InstagramLogin is one of Instagram's own login. Films are fetched there and not
// sent.
func InstagramLogin() *Platform {
	p := instagramAccount("instagram/own-login", instagramtest.Instagram, instagram.InstagramLogin)
	p.Forms = slices.DeleteFunc(p.Forms, func(f Form) bool { return f.Name == "poll" })
	return p
}

func instagramAccount(name string, at instagramtest.Login, login instagram.Login) *Platform {
	return &Platform{
		Name: name, Single: true, Settles: 4 * time.Minute, handle: "shop%d", visitor: "visitor",
		Open: func(w *sim.World) Server {
			return instagramtest.NewServer(w, &instagramtest.Options{Login: at, Posts: math.MaxInt32, Fetch: fetch})
		},
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return instagram.New(instagram.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport}, MediaHost: mediaHost{o.Clock},
				BaseURL: o.URL,
			})
		},
		Credential: func(a sim.Account, _ string) smm.Credential {
			return smm.Credential{
				AccessToken: smm.NewSecret(a.Login["INSTAGRAM_TOKEN"]),
				Extra:       map[string]smm.Secret{instagram.ExtraLogin: smm.NewSecret(string(login))},
			}
		},
		stage: instagramStage,
		Lie:   instagramLies,
		Once:  ending("/media_publish"),
		Forms: instagramForms(),
	}
}

func instagramStage(ctx context.Context, s Server, sc *Scene) error {
	own, err := s.VisitorPosts(ctx, sc.Account.Handle, "", "made by hand")
	if err != nil {
		return err
	}
	if sc.Mention, err = s.VisitorPosts(ctx, sc.Visitor, "", "look, @"+sc.Account.Handle); err != nil {
		return err
	}
	sc.Quoted = own
	return ownAndAnswered(ctx, s, sc, own)
}

// instagramLies answers a publication that is public as spam, which the vendor was
// seen to do.
func instagramLies(s Server, request string) bool {
	server, ok := s.(*instagramtest.Server)
	if !ok || !ending("/media_publish")(request) {
		return false
	}
	server.Answer(instagramtest.Publish, instagramtest.Answer{Status: http.StatusForbidden, Code: 4, Subcode: 2207051, Public: true})
	return true
}

func instagramForms() []Form {
	const handle, readBack = smm.ClassHandle, smm.ClassReadBack
	asStory := func(p *smm.Post) { _ = instagram.PostOptions{Format: instagram.FormatStory}.Set(p) }
	return []Form{
		form("photo", handle, media("blue.jpg")),
		form("rich", handle, func(in *Scene, p *smm.Post) {
			p.Text += " @" + in.Visitor + " #tag https://example.com/a?b=c&d=<e>\n\nA & B"
			media("blue.jpg")(in, p)
		}),
		form("photos", handle, media("blue.jpg", "wide.jpg")),
		form("carousel", handle, media("blue.jpg", "clip.mp4", "wide.jpg")),
		form("reel", handle, func(_ *Scene, p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", Thumbnail: "wide.jpg"}} }),
		form("poll", handle, func(in *Scene, p *smm.Post) {
			media("blue.jpg")(in, p)
			_ = instagram.PostOptions{Poll: []string{"yes", "no"}}.Set(p)
		}),
		silent("story-photo", handle, "tall.jpg", asStory),
		silent("story-video", handle, "tall.mp4", asStory),
		form("comment", readBack, func(in *Scene, p *smm.Post) { p.ReplyTo = in.Quoted }),
		form("reply", readBack, reply),
		privateReply(func(p *smm.Post) error { return instagram.PostOptions{Private: true}.Set(p) }),
		form("mention-answer", smm.ClassBlind, func(in *Scene, p *smm.Post) {
			p.ReplyTo = in.Mention
			_ = instagram.PostOptions{MentionMedia: in.Mention.ID}.Set(p)
		}),
		form("message", readBack, message),
		silent("message-photo", readBack, "wide.jpg", func(*smm.Post) {}),
		commented("first-comment", handle, media("blue.jpg")),
		commented("carousel-first-comment", handle, media("blue.jpg", "clip.mp4")),
	}
}
