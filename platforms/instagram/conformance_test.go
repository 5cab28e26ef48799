package instagram_test

import (
	"strings"
	"testing"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

func TestConformanceFacebookLogin(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness { return harness(t, nil) })
}

func TestConformanceInstagramLogin(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		return harness(t, &instagramtest.Options{Login: instagramtest.Instagram})
	})
}

const (
	onlyTags   = "one hashtag can be searched, and no text"
	onlyTagged = "mentions are the posts in which the channel is tagged: answers are comments"
	onlyMedia  = "the suite's post is a text alone, which Instagram does not take"
)

func harness(t *testing.T, opts *instagramtest.Options) *smmtest.Harness {
	b := open(t, opts)
	return &smmtest.Harness{
		World: b.world, Server: b.Server, Revoke: b.revoke, Webhook: b.webhook(),
		NewDriver: func(t testing.TB) smm.Driver { return b.driver(t) },
		Channel:   b.account.Channel, Handle: b.account.Handle, Visitor: visitorHandle, Author: b.visitor,
		Media: smm.FSMedia(assets), Forms: forms(), Oversized: oversized(),
		Secrets: []string{b.account.Login["INSTAGRAM_TOKEN"], b.AppSecret()},
		Codes: []string{
			"text.too-long", "media.too-many", "media.too-many-images", "media.too-large", "media.type", "media.alt-text-too-long",
			"text.too-many-hashtags", "text.too-many-mentions", "options.invalid",
		},
		Holds: func(x smm.Capability, target smm.Ref) bool {
			switch x {
			case smm.CapLike:
				return b.Liked(b.account.Handle, target.ID)
			case smm.CapBlock:
				return b.Blocked(b.account.Handle, target.ID)
			}
			return false
		},
		Skip: map[string]string{
			"capabilities/search": onlyTags, "errors/search": onlyTags, "tenants/search": onlyTags, "answers/search": onlyTags, "conversations/mentions": onlyTagged,
			"findings/unknown-channel": onlyMedia, "capabilities/edit": onlyMedia,
		},
	}
}

func forms() []smmtest.Form {
	form := func(name string, kind smm.CreateKind, class smm.Class, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: class, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	return []smmtest.Form{
		form("text", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) { p.Media = []smm.Media{{Name: "red.jpg", AltText: "red"}} }),
		form("carousel", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) {
			p.Text += " #tag @" + visitorHandle + "\n\nA & B"
			p.Media = []smm.Media{{Name: "red.jpg", AltText: "red"}, {Name: "clip.mp4"}, {Name: "blue.jpg"}}
		}),
		form("reel", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", Thumbnail: "blue.jpg"}} }),
		form("reply", smm.CreateReply, smm.ClassReadBack, func(*smm.Post) {}),
		form("message", smm.CreateMessage, smm.ClassReadBack, func(*smm.Post) {}),
	}
}

func oversized() *smm.Post {
	p := &smm.Post{Text: strings.Repeat("👩‍👩‍👧‍👦", 500) + strings.Repeat(" #tag", 31) + strings.Repeat(" @somebody", 21)}
	for range 11 {
		p.Media = append(p.Media, smm.Media{Name: "red.jpg"})
	}
	p.Media = append(p.Media, smm.Media{Name: "huge.jpg", AltText: strings.Repeat("x", 1001)}, smm.Media{Name: "green.png"})
	_ = p.SetOptions(instagram.Platform, map[string]any{"nonsense": "yes"})
	return p
}
