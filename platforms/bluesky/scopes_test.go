package bluesky_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// deeds do what each capability stands for. own is a post of the account,
// theirs one of a visitor, answer the visitor's reply to own.
func deeds(t testing.TB, b *bench, d *bluesky.Driver, own, theirs, answer smm.Ref) map[smm.Capability]func() error {
	t.Helper()
	ctx, ch, visitor := t.Context(), b.account.Channel, b.visitor
	var page smm.PageRequest
	drop := func(_ any, err error) error { return err }
	publish := func(p *smm.Post) func() error {
		return func() error {
			c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(assets)))
			if err != nil {
				return err
			}
			return drop(c.Channel(ch).Publish(ctx, p, nil))
		}
	}
	gated := &smm.Post{Text: "for few @" + visitorHandle}
	require.NoError(t, bluesky.PostOptions{Replies: bluesky.RepliesFollowing, NoQuotes: true}.Set(gated))
	both := func(f func(on bool) error) func() error {
		return func() error {
			if err := f(true); err != nil {
				return err
			}
			return f(false)
		}
	}
	return map[smm.Capability]func() error{
		smm.CapPost: func() error {
			if err := publish(&smm.Post{Text: "plain"})(); err != nil {
				return err
			}
			return publish(gated)()
		},
		smm.CapThread:  publish(&smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}}}),
		smm.CapLink:    publish(&smm.Post{Text: "x", Card: &smm.Card{URL: "https://example.com/", Title: "t", Thumbnail: &smm.Media{Name: "white.png"}}}),
		smm.CapImage:   publish(&smm.Post{Text: "x", Media: []smm.Media{{Name: "red.png"}}}),
		smm.CapImages:  publish(&smm.Post{Text: "x", Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}}),
		smm.CapVideo:   publish(videoForm.Post("x")),
		smm.CapQuote:   publish(&smm.Post{Text: "x", Quote: theirs}),
		smm.CapReply:   publish(&smm.Post{Text: "x", ReplyTo: theirs}),
		smm.CapMessage: publish(&smm.Post{Text: "psst", ReplyTo: visitor}),
		smm.CapListMessages: func() error {
			list, err := d.ListConversations(ctx, ch, page)
			if err != nil || len(list.Items) == 0 {
				return err
			}
			return drop(d.ListMessages(ctx, ch, list.Items[0].Ref, page))
		},
		smm.CapDelete:       func() error { return d.DeleteItem(ctx, ch, own) },
		smm.CapListPosts:    func() error { return drop(d.ListPosts(ctx, ch, page)) },
		smm.CapListComments: func() error { return drop(d.ListComments(ctx, ch, own, page)) },
		smm.CapListMentions: func() error { return drop(d.ListMentions(ctx, ch, page)) },
		smm.CapStream: func() error {
			for _, err := range d.StreamEvents(ctx, ch) {
				return err
			}
			return nil
		},
		smm.CapTimeline:    func() error { return drop(d.ListTimeline(ctx, ch, page)) },
		smm.CapHide:        both(func(on bool) error { return d.SetHidden(ctx, ch, answer, on) }),
		smm.CapLike:        both(func(on bool) error { return d.SetLiked(ctx, ch, theirs, on) }),
		smm.CapRepost:      both(func(on bool) error { return d.SetReposted(ctx, ch, theirs, on) }),
		smm.CapFollow:      both(func(on bool) error { return d.SetFollowing(ctx, ch, visitor, on) }),
		smm.CapBlock:       both(func(on bool) error { return d.SetBlocked(ctx, ch, visitor, on) }),
		smm.CapMute:        both(func(on bool) error { return d.SetMuted(ctx, ch, visitor, on) }),
		smm.CapReport:      func() error { return d.ReportItem(ctx, ch, theirs, smm.Report{Reason: smm.ReasonSpam}) },
		smm.CapPostMetrics: func() error { return drop(d.ReadMetrics(ctx, ch, smm.MetricRequest{Subjects: []smm.Ref{own}})) },
		smm.CapAcctMetrics: func() error { return drop(d.ReadMetrics(ctx, ch, smm.MetricRequest{Subjects: []smm.Ref{ch}})) },
		smm.CapProfile:     func() error { return drop(d.ReadProfile(ctx, ch, visitor)) },
		smm.CapEditProfile: func() error {
			return d.EditProfile(ctx, ch, smm.ProfileEdit{Name: ptr("x"), Avatar: &smm.Media{Name: "red.png"}})
		},
		smm.CapSearch: func() error { return drop(d.SearchPosts(ctx, ch, smm.SearchQuery{Text: "x"}, page)) },
	}
}

// TestEveryCapabilityWithItsScopesAlone: what Scopes names is enough, and the
// account's identity alone is not.
func TestEveryCapabilityWithItsScopesAlone(t *testing.T) {
	b := open(t, nil)
	b.config.VideoService = b.URL()
	own := b.publish(t, &smm.Post{Text: "our own"}).Post
	theirs, err := b.VisitorPosts(t.Context(), visitorHandle, "", "theirs")
	require.NoError(t, err)
	answer, err := b.VisitorPosts(t.Context(), visitorHandle, own.ID, "an answer @shop.example.com")
	require.NoError(t, err)
	_, err = b.VisitorWrites(t.Context(), visitorHandle, b.account.Handle, "hello")
	require.NoError(t, err)
	for _, granular := range []bool{false, true} {
		c := b.connector(t, bluesky.ConnectorConfig{Granular: granular})
		all := deeds(t, b, b.driver(t), own, theirs, answer)
		for x := range all {
			if x == smm.CapDelete {
				continue // last, or the others have nothing to look at
			}
			tryScopes(t, b, c, x, granular, own, theirs, answer)
		}
		_, err := c.Scopes(smm.CapEdit)
		require.ErrorIs(t, err, smm.ErrUnsupported)
	}
	for _, granular := range []bool{false, true} {
		tryScopes(t, b, b.connector(t, bluesky.ConnectorConfig{Granular: granular}), smm.CapDelete, granular, own, theirs, answer)
	}
}

func tryScopes(t *testing.T, b *bench, c *bluesky.Connector, x smm.Capability, granular bool, own, theirs, answer smm.Ref) {
	t.Helper()
	scopes, err := c.Scopes(x)
	require.NoError(t, err)
	b.connectOAuth(t, scopes...)
	do := deeds(t, b, b.driver(t), own, theirs, answer)[x]
	require.NotNil(t, do, x)
	if x == smm.CapStream {
		// The first poll brings nothing and the second waits: a fault ends it.
		b.world.Faults.Add(sim.Fault{Op: "app.bsky.notification.listNotifications", Kind: sim.ErrorBefore, Status: 400, Skip: 1, Times: 9})
		require.NotErrorIs(t, do(), smm.ErrForbidden, x)
		b.world.Faults.Remove(0)
	} else {
		require.NoError(t, do(), "%s with %v", x, scopes)
	}
	if !granular || x == smm.CapStream {
		return
	}
	b.connectOAuth(t, "atproto")
	err = deeds(t, b, b.driver(t), own, theirs, answer)[x]()
	if errors.Is(err, smm.ErrInvalid) { // stopped before anything was sent
		require.ErrorContains(t, err, "capability.missing-scope", x)
		return
	}
	require.ErrorIs(t, err, smm.ErrForbidden, x)
}
