package threads_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/smmtest"
)

func TestConformance(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness { return harness(t, noBudgets()) })
}

// TestConformanceLate runs what publishes where containers and posts show late.
func TestConformanceLate(t *testing.T) {
	smmtest.Run(t, func(t *testing.T) *smmtest.Harness {
		o := noBudgets()
		o.Unseen, o.ImageDelay, o.NextPage = 4*time.Second, 3*time.Second, true
		h := harness(t, o)
		h.Forms = h.Forms[:3]
		for _, topic := range []string{"findings", "channels", "capabilities", "pages", "setters", "errors", "tenants", "metrics", "conversations", "health", "cancel", "answers", "revoked"} {
			h.Skip[topic] = "nothing of it depends on how late containers show"
		}
		return h
	})
}

// noBudgets are options of a server that counts nothing.
func noBudgets() *threadstest.Options {
	return &threadstest.Options{Posts: -1, Replies: -1, Deletes: -1, Locations: -1, Searches: -1}
}

func harness(t *testing.T, opts *threadstest.Options) *smmtest.Harness {
	b := open(t, opts)
	quoted, err := b.VisitorPosts(t.Context(), visitorHandle, "", "a post to quote")
	require.NoError(t, err)
	return &smmtest.Harness{
		World: b.world, Server: b.Server, Revoke: b.revoke, Webhook: b.webhook(),
		NewDriver: func(t testing.TB) smm.Driver { return b.driver(t) },
		Channel:   b.account.Channel, Handle: b.account.Handle, Visitor: visitorHandle, Author: b.visitor,
		Media: smm.FSMedia(assets), Oversized: oversized(), Forms: forms(quoted),
		Codes: []string{
			"text.too-long", "text.too-many-links", "media.too-many", "media.too-large", "media.type", "media.alt-text-too-long",
			"poll.too-many-options", "poll.option-too-long", "poll.media", "options.invalid", "visibility.unsupported",
		},
		Holds: func(x smm.Capability, target smm.Ref) bool {
			return x == smm.CapRepost && b.Reposted("shop", target.ID)
		},
		Skip: map[string]string{
			"conversations/mentions": "no edge lists the answers under all posts: one without a mention is a comment alone; see TestMentions",
		},
	}
}

func forms(quoted smm.Ref) []smmtest.Form {
	form := func(name string, kind smm.CreateKind, change func(*smm.Post)) smmtest.Form {
		return smmtest.Form{Name: name, Kind: kind, Class: smm.ClassHandle, Post: func(text string) *smm.Post {
			p := &smm.Post{Text: text}
			change(p)
			return p
		}}
	}
	return []smmtest.Form{
		form("carousel", smm.CreatePost, func(p *smm.Post) {
			p.Media = []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "clip.mp4", AltText: "a clip"}, {Name: "blue.jpg"}}
		}),
		form("text", smm.CreatePost, func(p *smm.Post) {
			p.Text += " @" + visitorHandle + " #tag https://example.com/a/page?b=c&d=<e>\n\nA & B"
		}),
		form("reply", smm.CreateReply, func(*smm.Post) {}),
		form("image", smm.CreatePost, func(p *smm.Post) { p.Media = []smm.Media{{Name: "red.png", AltText: "red"}} }),
		form("video", smm.CreatePost, func(p *smm.Post) { p.Media = []smm.Media{{Name: "clip.mp4", AltText: "a clip"}} }),
		form("poll", smm.CreatePost, func(p *smm.Post) {
			p.Poll = &smm.Poll{Options: []string{"yes", "no"}, Duration: threads.PollDuration}
		}),
		form("card", smm.CreatePost, func(p *smm.Post) { p.Card = &smm.Card{URL: "https://example.com/"} }),
		form("quote", smm.CreatePost, func(p *smm.Post) { p.Quote = quoted }),
		form("options", smm.CreatePost, func(p *smm.Post) {
			_ = threads.PostOptions{
				TopicTag: "Coffee", ReplyControl: threads.ReplyFollowers, LongText: &threads.LongText{Plain: "much more"}, Spoilers: []threads.TextSpan{{Length: 4}},
			}.Set(p)
		}),
	}
}

func oversized() *smm.Post {
	p := &smm.Post{
		Text:       strings.Repeat("é", 501),
		Visibility: smm.VisibilityFollowers,
		Poll:       &smm.Poll{Options: []string{"a", "b", "c", "d", "e", strings.Repeat("x", 26)}, Duration: threads.PollDuration},
		Media:      []smm.Media{{Name: "huge.png", AltText: strings.Repeat("x", 1001)}, {Name: "moving.gif"}},
	}
	for range 20 {
		p.Media = append(p.Media, smm.Media{Name: "red.png"})
	}
	for i := range 6 {
		p.Text += " https://example.com/" + strings.Repeat("a", i+1)
	}
	_ = p.SetOptions(threads.Platform, map[string]string{"nonsense": "yes"})
	return p
}
