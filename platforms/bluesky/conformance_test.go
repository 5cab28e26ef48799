package bluesky_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

func TestConformance(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness { return harness(t, nil, false) })
}

// TestConformanceVideoService runs the suite with videos going through the
// video service.
func TestConformanceVideoService(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h := harness(t, nil, true)
		h.Forms = []smmtest.Form{videoForm}
		const reason = "the same as without the video service"
		h.Skip = make(map[string]string)
		for _, topic := range []string{
			"findings", "cancel", "channels", "capabilities", "pages", "setters", "errors", "tenants", "metrics", "conversations", "answers",
		} {
			h.Skip[topic] = reason
		}
		return h
	})
}

// TestConformanceOAuth runs the suite with an account that was connected by
// OAuth, in the topics where the credential makes a difference.
func TestConformanceOAuth(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		b := open(t, nil)
		b.connectOAuth(t, "atproto", "transition:generic", "transition:chat.bsky")
		h := harnessOf(t, b, false)
		h.Forms = slices.DeleteFunc(h.Forms, func(f smmtest.Form) bool { return f.Name != "images" && f.Name != "gated" && f.Name != "message" })
		// The first request of a process to a server is refused for its nonce and sent
		// again. The suite counts the requests of a commit, so here it is not the first.
		h.NewDriver = func(t testing.TB) smm.Driver {
			d := b.driver(t)
			_, _ = d.ListTimeline(t.Context(), b.account.Channel, smm.PageRequest{})
			return d
		}
		const reason = "the same as with an app password"
		h.Skip = make(map[string]string)
		for _, topic := range []string{"findings", "cancel", "setters", "metrics", "pages", "capabilities/forms", "answers"} {
			h.Skip[topic] = reason
		}
		return h
	})
}

func harness(t *testing.T, opts *blueskytest.Options, videoService bool) *smmtest.Harness {
	return harnessOf(t, open(t, opts), videoService)
}

func harnessOf(t *testing.T, b *bench, videoService bool) *smmtest.Harness {
	if videoService {
		b.config.VideoService = b.URL()
	}
	quoted, err := b.VisitorPosts(t.Context(), visitorHandle, "", "a post to quote")
	require.NoError(t, err)
	return &smmtest.Harness{
		World: b.world, Server: b.Server, Revoke: b.revoke,
		NewDriver: func(t testing.TB) smm.Driver { return b.driver(t) },
		Channel:   b.account.Channel, Handle: b.account.Handle, Visitor: visitorHandle, Author: b.visitor,
		Media: smm.FSMedia(assets), Forms: forms(quoted, visitorHandle), Oversized: oversized(),
		Holds: func(x smm.Capability, target smm.Ref) bool { return b.Holds(b.account.Handle, x, target) },
		Codes: findingCodes,
	}
}

// findingCodes are what oversized must yield.
var findingCodes = []string{
	"text.too-long", "text.too-many-bytes", "media.too-many", "media.too-many-images", "media.too-large", "media.mixed",
	"languages.too-many", "capability.never", "visibility.unsupported", "content-warning.unknown", "card.with-media",
	"options.invalid",
}

var videoForm = smmtest.Form{
	Name: "video", Class: smm.ClassKey,
	Post: func(text string) *smm.Post {
		return &smm.Post{Text: text, Media: []smm.Media{{
			Name: "clip.mp4", AltText: "a clip", Captions: []smm.Captions{{Language: "en", Name: "captions.vtt"}},
		}}}
	},
}

func forms(quoted smm.Ref, mentioned string) []smmtest.Form {
	form := func(name string, kind smm.CreateKind, class smm.Class, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: class, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	images := func(p *smm.Post) {
		p.Media = []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}
	}
	return []smmtest.Form{
		form("text", smm.CreatePost, smm.ClassKey, func(p *smm.Post) { p.Languages = []string{"en"} }),
		form("rich", smm.CreatePost, smm.ClassKey, func(p *smm.Post) { p.Text += " @" + mentioned + " #tag https://example.com/a?b=c&d=<e>" }),
		form("images", smm.CreatePost, smm.ClassKey, images),
		videoForm,
		form("card", smm.CreatePost, smm.ClassKey, func(p *smm.Post) {
			p.Card = &smm.Card{URL: "https://example.com/", Title: "Example", Description: "A card", Thumbnail: &smm.Media{Name: "white.png"}}
		}),
		form("quote", smm.CreatePost, smm.ClassKey, func(p *smm.Post) { p.Quote = quoted }),
		form("quote-images", smm.CreatePost, smm.ClassKey, func(p *smm.Post) { images(p); p.Quote = quoted }),
		form("gated", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) {
			_ = bluesky.PostOptions{Replies: bluesky.RepliesFollowing, NoQuotes: true}.Set(p)
		}),
		form("reply", smm.CreateReply, smm.ClassKey, func(*smm.Post) {}),
		form("message", smm.CreateMessage, smm.ClassReadBack, func(*smm.Post) {}),
	}
}

func oversized() *smm.Post {
	p := &smm.Post{
		Text:      strings.Repeat("👩‍👩‍👧‍👦", 301),
		Languages: []string{"en", "de", "fr", "es"},
		Media: []smm.Media{
			{Name: "huge.png"}, {Name: "red.png"}, {Name: "blue.jpg"}, {Name: "green.png"}, {Name: "white.png"}, {Name: "clip.mp4"},
		},
		Card:       &smm.Card{URL: "https://example.com/"},
		Poll:       &smm.Poll{Options: []string{"a", "b"}},
		Visibility: smm.VisibilityFollowers, ContentWarning: "spiders",
	}
	_ = p.SetOptions(bluesky.Platform, map[string]string{"nonsense": "yes"})
	return p
}
