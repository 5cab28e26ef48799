package platform

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// X reads everything back. The app is of the tier that may do most, and the accounts
// are subscribers.
func X() *Platform {
	return &Platform{
		Name: "x", Single: true, Settles: 3 * time.Minute, handle: "shop%d", visitor: "visitor",
		Open: func(w *sim.World) Server {
			// Tokens do not run out: every process of the campaign has credentials of its
			// own, and rotation is the matter of other tests.
			return xtest.NewServer(w, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, Length: x.CountText, TokenLife: -1, ReadLag: 20 * time.Second})
		},
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return x.New(x.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport}, BaseURL: o.URL, Tier: x.TierEnterprise,
			})
		},
		Credential: func(a sim.Account, _ string) smm.Credential {
			return smm.Credential{AccessToken: smm.NewSecret(a.Login["X_ACCESS_TOKEN"])}
		},
		stage: xStage,
		// The same words twice. With files it is the files that the simulator calls
		// spent, for which nothing speaks but its own word.
		Once: ending("/2/tweets"), Unless: "media_ids",
		Forms: xForms(),
	}
}

func xStage(ctx context.Context, s Server, sc *Scene) error {
	server, ok := s.(*xtest.Server)
	if !ok {
		return errors.New("no simulator of X")
	}
	server.SetPremium(sc.Account.Handle, true)
	own, err := s.VisitorPosts(ctx, sc.Account.Handle, "", "made by hand")
	if err != nil {
		return err
	}
	if sc.Quoted, err = s.VisitorPosts(ctx, sc.Visitor, "", "to be quoted by "+sc.Account.Handle); err != nil {
		return err
	}
	return ownAndAnswered(ctx, s, sc, own)
}

func xForms() []Form {
	const readBack = smm.ClassReadBack
	return append([]Form{
		form("text", readBack, func(_ *Scene, p *smm.Post) { p.Languages = []string{"en-GB"} }),
		form("rich", readBack, func(in *Scene, p *smm.Post) {
			p.Text += " @" + in.Visitor + " #tag https://example.com/a/rather/long/path/to/a/page?b=c&d=e\n\nA & B <c> example.org"
		}),
		form("image", readBack, image),
		form("images", readBack, images),
		form("gif", readBack, media("moving.gif")),
		form("video", readBack, func(_ *Scene, p *smm.Post) {
			p.Media = []smm.Media{{Name: "clip.mp4", Captions: []smm.Captions{{Language: "en", Name: "captions.vtt"}}}}
		}),
		form("poll", readBack, func(_ *Scene, p *smm.Post) { p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour} }),
		form("card", readBack, func(_ *Scene, p *smm.Post) {
			p.Text += " https://example.com/"
			p.Card = &smm.Card{URL: "https://example.com/"}
		}),
		form("quote", readBack, quote),
		form("options", readBack, func(_ *Scene, p *smm.Post) {
			_ = x.PostOptions{ReplySettings: x.RepliesFollowing, PaidPartnership: true}.Set(p)
			p.Disclosure.AI = true
		}),
		form("community", smm.ClassBlind, func(_ *Scene, p *smm.Post) { _ = x.PostOptions{CommunityID: "1493446837214187523"}.Set(p) }),
		form("reply", readBack, reply),
		form("reply-image", readBack, func(in *Scene, p *smm.Post) { reply(in, p); image(in, p) }),
		form("message", readBack, message),
		form("message-image", readBack, func(in *Scene, p *smm.Post) { message(in, p); image(in, p) }),
	}, parts(readBack)...)
}
