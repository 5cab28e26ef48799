package x_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

// TestConformance runs the suite as an Enterprise app sees X, for an account with
// Premium.
func TestConformance(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h, g := harness(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true})
		g.SetPremium("shop", true)
		return h
	})
}

// TestConformanceSelfServe runs it where quotes, likes and follows are missing,
// replies have to be asked for, answers have the newer names and texts are
// escaped.
func TestConformanceSelfServe(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		h, _ := harness(t, &xtest.Options{Tier: xtest.SelfServe, NoQuotas: true, Spelling: xtest.New, EscapeText: true}, "quote")
		h.Skip = map[string]string{"revoked": sameForm}
		for _, f := range []string{"images", "gif", "video", "card", "poll", "message", "options"} {
			h.Skip["faults/"+f], h.Skip["crashes/"+f] = sameForm, sameForm
		}
		return h
	})
}

// sameForm says why a form is not struck by every fault once more.
const sameForm = "struck in TestConformance, and the tier changes nothing about it"

func harness(t *testing.T, opts *xtest.Options, skip ...string) (*smmtest.Harness, *ground) {
	t.Helper()
	g := stand(t, opts)
	quoted, err := g.VisitorPosts(t.Context(), visitorHandle, "", "a post to quote")
	require.NoError(t, err)
	h := &smmtest.Harness{
		World: g.world, Server: g.Server, Revoke: g.revoke, Webhook: g.webhook(),
		NewDriver: func(t testing.TB) smm.Driver { return g.driver(t) },
		Channel:   g.account.Channel, Handle: g.account.Handle, Visitor: visitorHandle, Author: g.visitor,
		Media: smm.FSMedia(assets), Oversized: oversized(),
		Forms: slices.DeleteFunc(forms(quoted), func(f smmtest.Form) bool { return slices.Contains(skip, f.Name) }),
		Codes: []string{
			"text.too-long", "media.too-many", "media.too-many-images", "media.too-many-videos", "media.too-large", "media.mixed",
			"media.alt-text-too-long", "poll.too-many-options", "poll.option-too-long", "poll.media", "poll.multiple", "options.invalid",
			"warning.unsupported", "visibility.unsupported",
		},
	}
	return h, g
}

func forms(quoted smm.Ref) []smmtest.Form {
	form := func(name string, kind smm.CreateKind, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: smm.ClassReadBack, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	return []smmtest.Form{
		form("images", smm.CreatePost, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}
		}),
		form("text", smm.CreatePost, func(p *smm.Post) { p.Languages = []string{"en-GB"} }),
		form("rich", smm.CreatePost, func(p *smm.Post) {
			p.Text += " @" + visitorHandle + " #tag https://example.com/a/rather/long/path/to/a/page?b=c&d=e\n\nA & B <c> example.org"
		}),
		form("video", smm.CreatePost, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "clip.mp4", Captions: []smm.Captions{{Language: "en", Name: "words.vtt"}}}}
		}),
		form("gif", smm.CreatePost, func(p *smm.Post) { p.Media = []smm.Media{{Name: "moving.gif", AltText: "it moves"}} }),
		form("poll", smm.CreatePost, func(p *smm.Post) { p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour} }),
		form("options", smm.CreatePost, func(p *smm.Post) {
			_ = x.PostOptions{ReplySettings: x.RepliesFollowing, PaidPartnership: true}.Set(p)
			p.Disclosure.AI = true
		}),
		form("card", smm.CreatePost, func(p *smm.Post) {
			p.Text += " https://example.com/"
			p.Card = &smm.Card{URL: "https://example.com/"}
		}),
		form("quote", smm.CreatePost, func(p *smm.Post) { p.Quote = quoted }),
		unlisted(form("community", smm.CreatePost, func(p *smm.Post) { _ = x.PostOptions{CommunityID: "1493446837214187523"}.Set(p) })),
		form("reply", smm.CreateReply, func(*smm.Post) {}),
		form("message", smm.CreateMessage, func(*smm.Post) {}),
	}
}

// unlisted is of a form whose items the account's list may lack.
func unlisted(f smmtest.Form) smmtest.Form {
	f.Class = smm.ClassBlind
	return f
}

func oversized() *smm.Post {
	p := &smm.Post{
		Text: strings.Repeat("long ", 5001), ContentWarning: "spiders", Visibility: smm.VisibilityFollowers,
		Media: []smm.Media{
			{Name: "huge.png", AltText: strings.Repeat("x", 1001)}, {Name: "red.png"}, {Name: "blue.jpg"}, {Name: "green.png"}, {Name: "white.png"},
			{Name: "clip.mp4"}, {Name: "moving.gif"},
		},
		Poll: &smm.Poll{Options: []string{"a", "b", "c", "d", strings.Repeat("long ", 6)}, Duration: time.Hour, Multiple: true},
	}
	_ = p.SetOptions(x.Platform, map[string]string{"nonsense": "yes"})
	return p
}
