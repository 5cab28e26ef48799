package platform

import (
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Bluesky is the AT Protocol's network: keys for posts, handles for posts with
// gates, read-back for messages.
func Bluesky() *Platform {
	const key, handle = smm.ClassKey, smm.ClassHandle
	p := &Platform{
		Name: "bluesky", Settles: 70 * time.Second, handle: "shop%d.example.com", visitor: "visitor.example.org",
		Open: func(w *sim.World) Server {
			return blueskytest.NewServer(w, &blueskytest.Options{
				Requests: math.MaxInt32, Sessions: math.MaxInt32, WritePointsHour: math.MaxInt32, WritePointsDay: math.MaxInt32,
			})
		},
		Addr: func(s Server) string { return hostOf(s.URL()) },
		Driver: func(o DriverOptions) (smm.Driver, error) {
			return bluesky.New(bluesky.Config{
				Credentials: o.Credentials, Clock: o.Clock, HTTPClient: &http.Client{Transport: o.Transport},
			})
		},
		Credential: func(a sim.Account, at string) smm.Credential {
			return smm.Credential{Server: at, Extra: map[string]smm.Secret{
				bluesky.ExtraIdentifier:  smm.NewSecret(a.Login["BLUESKY_IDENTIFIER"]),
				bluesky.ExtraAppPassword: smm.NewSecret(a.Login["BLUESKY_APP_PASSWORD"]),
			}}
		},
	}
	p.Forms = append([]Form{
		form("text", key, plain),
		form("rich", key, func(in *Scene, p *smm.Post) { p.Text += " @" + in.Visitor + " #tag https://example.com/a?b=c&d=<e>" }),
		form("image", key, image),
		form("images", key, images),
		form("video", key, func(_ *Scene, p *smm.Post) {
			p.Media = []smm.Media{{Name: "clip.mp4", AltText: "a clip", Captions: []smm.Captions{{Language: "en", Name: "captions.vtt"}}}}
		}),
		form("card", key, func(_ *Scene, p *smm.Post) {
			p.Card = &smm.Card{URL: "https://example.com/", Title: "Example", Thumbnail: &smm.Media{Name: "red.png"}}
		}),
		form("quote", key, quote),
		form("quote-images", key, func(in *Scene, p *smm.Post) { quote(in, p); images(in, p) }),
		form("gated", handle, func(_ *Scene, p *smm.Post) {
			_ = bluesky.PostOptions{Replies: bluesky.RepliesFollowing, NoQuotes: true}.Set(p)
		}),
		form("gated-images", handle, func(in *Scene, p *smm.Post) {
			images(in, p)
			_ = bluesky.PostOptions{Replies: bluesky.RepliesMentioned}.Set(p)
		}),
		form("reply", key, reply),
		form("message", smm.ClassReadBack, message),
	}, parts(key)...)
	return p
}

// hostOf returns the host and port of a URL.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	if u.Port() == "" {
		return u.Host + ":80"
	}
	return u.Host
}
