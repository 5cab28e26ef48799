package facebook_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

func TestConformance(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness { return harness(t, noQuotas(), false) })
}

// TestConformanceOneStep runs the suite where posts are published by one request
// and read back.
func TestConformanceOneStep(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		opts := noQuotas()
		opts.NoFlip, opts.ReadLag = true, time.Minute
		h := harness(t, opts, true)
		h.Forms = slices.DeleteFunc(h.Forms, func(f smmtest.Form) bool {
			return f.Name == "video" || f.Name == "reel" || f.Name == "reply" || f.Name == "message"
		})
		h.Skip["capabilities"], h.Skip["pages"], h.Skip["conversations"] = same, same, same
		h.Skip["setters"], h.Skip["metrics"], h.Skip["errors"], h.Skip["tenants"] = same, same, same, same
		h.Skip["publish"] = "lists are behind, and the suite reads at once"
		h.Skip["health"], h.Skip["revoked"] = same, same
		return h
	})
}

// same says why a topic does not run a second time.
const same = "nothing of it depends on how posts are published; see TestConformance"

func harness(t *testing.T, opts *facebooktest.Options, oneStep bool) *smmtest.Harness {
	b := open(t, opts)
	b.config.OneStep = oneStep
	class := smm.ClassHandle
	if oneStep {
		class = smm.ClassReadBack
	}
	return &smmtest.Harness{
		World: b.world, Server: b.Server, Revoke: b.revoke, Webhook: b.webhook(),
		NewDriver: func(t testing.TB) smm.Driver { return b.driver(t) },
		Channel:   b.account.Channel, Handle: b.account.Handle, Visitor: visitorHandle, Author: b.visitor,
		Media: smm.FSMedia(assets), Oversized: oversized(), Forms: forms(class),
		Codes: []string{"text.too-long", "media.too-many", "media.too-large", "media.mixed", "media.type", "options.invalid", "card.media"},
		Holds: func(x smm.Capability, target smm.Ref) bool {
			if x == smm.CapBlock {
				return b.Blocks(b.account.Channel.ID, target.ID)
			}
			return b.Likes(b.account.Channel.ID, target.ID)
		},
		Skip: map[string]string{
			"conversations/mentions": "comments are listed under what they are on, the platform has no list of all; TestMentions has the rest",
		},
	}
}

func forms(class smm.Class) []smmtest.Form {
	form := func(name string, kind smm.CreateKind, class smm.Class, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: class, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	return []smmtest.Form{
		form("text", smm.CreatePost, class, func(*smm.Post) {}),
		form("photos", smm.CreatePost, class, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}
		}),
		form("photo", smm.CreatePost, class, func(p *smm.Post) { p.Media = []smm.Media{{Name: "green.png", AltText: "green"}} }),
		form("link", smm.CreatePost, class, func(p *smm.Post) { p.Card = &smm.Card{URL: "https://example.com/"} }),
		form("scheduled", smm.CreatePost, class, func(p *smm.Post) {
			_ = facebook.PostOptions{ScheduledAt: epoch.Add(3 * time.Hour)}.Set(p)
		}),
		form("video", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4"}} }),
		form("reel", smm.CreatePost, smm.ClassHandle, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "tall.mp4"}}
			_ = facebook.PostOptions{Format: facebook.FormatReel}.Set(p)
		}),
		form("reply", smm.CreateReply, smm.ClassReadBack, func(*smm.Post) {}),
		form("message", smm.CreateMessage, smm.ClassReadBack, func(*smm.Post) {}),
	}
}

func oversized() *smm.Post {
	p := &smm.Post{Text: strings.Repeat("é", facebook.MaxText+1), Card: &smm.Card{URL: "https://example.com/"}}
	for range 11 {
		p.Media = append(p.Media, smm.Media{Name: "red.png"})
	}
	p.Media = append(p.Media, smm.Media{Name: "huge.png"}, smm.Media{Name: "clip.mp4"}, smm.Media{Name: "move.gif"})
	_ = p.SetOptions(facebook.Platform, map[string]string{"nonsense": "yes"})
	return p
}
