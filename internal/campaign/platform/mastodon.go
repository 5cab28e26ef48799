package platform

import (
	"net/http"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Mastodon is a server that honours keys.
func Mastodon() *Platform {
	return fediverse("mastodon", mastodontest.Mastodon, smm.ClassKey)
}

// GoToSocial is a server of Mastodon's API without keys: everything is read back.
func GoToSocial() *Platform {
	return fediverse("mastodon/gotosocial", mastodontest.GoToSocial, smm.ClassReadBack, "quote", "scheduled")
}

// Pixelfed is one where every post has a picture.
func Pixelfed() *Platform {
	p := fediverse("mastodon/pixelfed", mastodontest.Pixelfed, smm.ClassReadBack)
	p.Forms = slices.DeleteFunc(p.Forms, func(f Form) bool {
		return !slices.Contains([]string{"image", "images", "video", "gif", "reply"}, f.Name)
	})
	return p
}

func fediverse(name string, software mastodontest.Software, class smm.Class, without ...string) *Platform {
	p := &Platform{
		Name: name, Settles: 150 * time.Second, handle: "shop%d", visitor: "visitor@elsewhere.example",
		Open: func(w *sim.World) Server {
			return mastodontest.NewServer(w, &mastodontest.Options{Software: software, Quotas: mastodontest.NoQuotas()})
		},
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return mastodon.New(mastodon.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport},
			})
		},
		Credential: func(a sim.Account, at string) smm.Credential {
			return smm.Credential{Server: at, AccessToken: smm.NewSecret(a.Login["MASTODON_TOKEN"])}
		},
	}
	p.Forms = append([]Form{
		form("text", class, plain),
		form("rich", class, func(in *Scene, p *smm.Post) {
			p.Text += " @" + in.Visitor + " #tag https://example.com/a?b=c&d=<e>\n\nA & B"
		}),
		form("image", class, image),
		form("images", class, images),
		form("video", class, func(_ *Scene, p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", AltText: "a clip"}} }),
		form("gif", class, func(_ *Scene, p *smm.Post) { p.Media = []smm.Media{{Name: "moving.gif", AltText: "it moves"}} }),
		form("poll", class, func(_ *Scene, p *smm.Post) { p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour} }),
		form("warning", class, func(_ *Scene, p *smm.Post) { p.ContentWarning = "spiders" }),
		form("followers", class, func(_ *Scene, p *smm.Post) { p.Visibility = smm.VisibilityFollowers }),
		form("card", class, func(_ *Scene, p *smm.Post) {
			p.Text += " https://example.com/"
			p.Card = &smm.Card{URL: "https://example.com/"}
		}),
		form("quote", class, quote),
		form("scheduled", class, func(in *Scene, p *smm.Post) {
			_ = mastodon.PostOptions{ScheduledAt: in.Now.Add(2 * time.Hour)}.Set(p)
		}),
		form("reply", class, func(in *Scene, p *smm.Post) { reply(in, p); image(in, p) }),
		form("message", class, message),
	}, parts(class)...)
	p.Forms = slices.DeleteFunc(p.Forms, func(f Form) bool { return slices.Contains(without, f.Name) })
	return p
}
