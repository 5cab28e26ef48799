package mastodon_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

func TestConformance(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		return harness(t, &mastodontest.Options{Quotas: mastodontest.NoQuotas()}, smm.ClassKey)
	})
}

// TestConformanceGoToSocial runs the suite where no key is honoured.
func TestConformanceGoToSocial(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h := harness(t, &mastodontest.Options{Software: mastodontest.GoToSocial, Quotas: mastodontest.NoQuotas()}, smm.ClassReadBack, "quote")
		h.Codes = without(h.Codes, "media.mixed", "media.too-many-videos", "media.too-many-images", "media.too-large")
		h.Skip["answers"], h.Skip["revoked"] = sameSurface, sameSurface
		for _, f := range []string{"gif", "card", "warning", "followers"} {
			h.Skip["faults/"+f], h.Skip["crashes/"+f] = likeText, likeText
		}
		return h
	})
}

// likeText says why a form is not struck by every fault once more.
const likeText = "read back like text, which is struck"

// sameCode says why a server skips the topics that take long.
const sameCode = "the class, and so the code, is that of TestConformanceGoToSocial"

// sameSurface says why a server skips the topics of decoding and of access.
const sameSurface = "answers are decoded and tokens refused by the code of TestConformance"

// TestConformanceAkkoma runs it where there is the old instance document only.
func TestConformanceAkkoma(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: " + sameCode)
	}
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h := harness(t, &mastodontest.Options{Software: mastodontest.Akkoma, Quotas: mastodontest.NoQuotas()}, smm.ClassReadBack, "quote")
		h.Codes = without(h.Codes, "media.mixed", "media.too-many-videos", "media.too-many", "media.too-many-images")
		h.Skip = map[string]string{"faults": sameCode, "crashes": sameCode, "answers": sameSurface, "revoked": sameSurface}
		return h
	})
}

// TestConformancePixelfed runs it where every post has a picture.
func TestConformancePixelfed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: " + sameCode)
	}
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h := harness(t, &mastodontest.Options{Software: mastodontest.Pixelfed, Quotas: mastodontest.NoQuotas()}, smm.ClassReadBack,
			"quote", "poll", "message", "scheduled", "rich", "card", "warning", "followers", "text")
		h.Codes = append(without(h.Codes, "media.mixed", "media.too-many-videos", "poll.too-many-options", "poll.option-too-long", "poll.media"), "capability.server")
		h.Forms[0].Name = "text" // what the suite calls the simplest form has a picture here
		h.Skip = map[string]string{
			"faults": sameCode, "crashes": sameCode, "answers": sameSurface, "revoked": sameSurface, "capabilities/list-messages": "there is no conversation to list the messages of",
		}
		return h
	})
}

func without(codes []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(codes), func(c string) bool { return slices.Contains(drop, c) })
}

func harness(t *testing.T, opts *mastodontest.Options, class smm.Class, skip ...string) *smmtest.Harness {
	opts.Host = "social.example" // the same in every test, as Refs made in one are used in others
	b := open(t, opts)
	quoted, err := b.VisitorPosts(t.Context(), visitorHandle, "", "a post to quote")
	require.NoError(t, err)
	return &smmtest.Harness{
		World: b.world, Server: b.Server, Revoke: b.revoke,
		NewDriver: func(t testing.TB) smm.Driver { return b.driver(t) },
		Channel:   b.account.Channel, Handle: b.account.Handle, Visitor: visitorHandle, Author: b.visitor,
		Media: smm.FSMedia(assets), Oversized: oversized(),
		Forms: slices.DeleteFunc(forms(quoted, class), func(f smmtest.Form) bool { return slices.Contains(skip, f.Name) }),
		Codes: []string{
			"text.too-long", "media.too-many", "media.too-many-images", "media.too-many-videos", "media.too-large", "media.mixed",
			"media.alt-text-too-long", "poll.too-many-options", "poll.option-too-long", "poll.media", "options.invalid",
		},
		Skip: map[string]string{"answers/search/types": "nothing is found, and an object in place of an empty list is what PHP servers write"},
	}
}

func forms(quoted smm.Ref, class smm.Class) []smmtest.Form {
	form := func(name string, kind smm.CreateKind, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: class, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	return []smmtest.Form{
		form("images", smm.CreatePost, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "red.png", AltText: "red", Focus: &smm.FocalPoint{X: 0.5, Y: -0.5}}, {Name: "blue.jpg"}}
		}),
		form("text", smm.CreatePost, func(p *smm.Post) { p.Languages = []string{"en-GB"} }),
		form("rich", smm.CreatePost, func(p *smm.Post) {
			p.Text += " @" + visitorHandle + " #tag https://example.com/a/rather/long/path/to/a/page?b=c&d=<e>\n\nA & B"
		}),
		form("video", smm.CreatePost, func(p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", AltText: "a clip"}} }),
		form("gif", smm.CreatePost, func(p *smm.Post) { p.Media = []smm.Media{{Name: "moving.gif", AltText: "it moves"}} }),
		form("poll", smm.CreatePost, func(p *smm.Post) { p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour} }),
		form("warning", smm.CreatePost, func(p *smm.Post) { p.ContentWarning = "spiders" }),
		form("followers", smm.CreatePost, func(p *smm.Post) { p.Visibility = smm.VisibilityFollowers }),
		form("card", smm.CreatePost, func(p *smm.Post) {
			p.Text += " https://example.com/"
			p.Card = &smm.Card{URL: "https://example.com/"}
		}),
		form("quote", smm.CreatePost, func(p *smm.Post) { p.Quote = quoted }),
		form("scheduled", smm.CreatePost, func(p *smm.Post) {
			_ = mastodon.PostOptions{ScheduledAt: epoch.Add(3 * time.Hour)}.Set(p)
		}),
		form("reply", smm.CreateReply, func(*smm.Post) {}),
		form("message", smm.CreateMessage, func(*smm.Post) {}),
	}
}

func oversized() *smm.Post {
	p := &smm.Post{
		Text:           strings.Repeat("👩‍👩‍👧‍👦", 5001),
		ContentWarning: "spiders",
		Media: []smm.Media{
			{Name: "huge.png", AltText: strings.Repeat("x", 1501)}, {Name: "red.png"}, {Name: "blue.jpg"}, {Name: "green.png"}, {Name: "white.png"},
			{Name: "clip.mp4"}, {Name: "moving.gif"},
		},
		Poll: &smm.Poll{Options: []string{"a", "b", "c", "d", "e", "f", strings.Repeat("long ", 50)}, Duration: time.Hour},
	}
	for range 20 {
		p.Poll.Options = append(p.Poll.Options, strings.Repeat("x", len(p.Poll.Options)))
	}
	_ = p.SetOptions(mastodon.Platform, map[string]string{"nonsense": "yes"})
	return p
}
