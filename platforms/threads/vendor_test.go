package threads_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
)

// TestVendorClient calls every method of the vendor client once.
func TestVendorClient(t *testing.T) { vendorCalls(t, open(t, nil)) }

func vendorCalls(t *testing.T, b *bench) {
	t.Helper()
	c, ctx := b.vendor(t), t.Context()
	address, _, err := b.media.MediaURL(ctx, "", smm.Media{Name: "red.png"}, time.Hour)
	require.NoError(t, err)

	id, err := c.Containers.Create(ctx, &threads.ContainerParams{Type: threads.MediaImage, ImageURL: address, AltText: "red", Text: "an image", TopicTag: "Coffee"})
	require.NoError(t, err)
	k, err := c.Containers.Get(ctx, id)
	require.NoError(t, err)
	require.Equal(t, threads.StatusFinished, k.Status)
	image, err := c.Containers.Publish(ctx, id)
	require.NoError(t, err)
	k, err = c.Containers.Get(ctx, id)
	require.NoError(t, err)
	require.Equal(t, threads.StatusPublished, k.Status)

	text, err := c.Containers.PublishText(ctx, &threads.ContainerParams{
		Type: threads.MediaText, Text: "at once", Poll: []string{"yes", "no", "perhaps"}, LocationID: "7001", Countries: []string{"DE"},
		ReplyControl: threads.ReplyFollowed,
	})
	require.NoError(t, err)
	_, err = c.Containers.PublishText(ctx, &threads.ContainerParams{Type: threads.MediaImage})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = c.Containers.Create(ctx, &threads.ContainerParams{Type: threads.MediaText, Poll: []string{"one"}})
	require.ErrorIs(t, err, smm.ErrInvalid)
	ghost, err := c.Containers.PublishText(ctx, &threads.ContainerParams{
		Type: threads.MediaText, Text: "boo", Ghost: true, Spoilers: []threads.TextSpan{{Length: 3}}, GIF: &threads.GIF{ID: "g", Provider: "GIPHY"},
		LongText: &threads.LongText{Plain: "long", Styles: []threads.TextStyle{{Length: 4, Styles: []string{"bold"}}}},
	})
	require.NoError(t, err)

	limit, err := c.Containers.Limit(ctx)
	require.NoError(t, err)
	require.Equal(t, threads.Allowance{Used: 3, Total: 250, Duration: 86400, Known: true}, limit.Posts)
	require.Equal(t, int64(1000), limit.Replies.Total)
	require.Equal(t, int64(100), limit.Deletes.Total)

	p, err := c.Posts.Get(ctx, image)
	require.NoError(t, err)
	require.Equal(t, threads.Text("red"), p.AltText)
	require.Equal(t, threads.Text("Coffee"), p.Topic)
	require.Equal(t, b.account.Channel.ID, string(p.Owner.ID))
	require.NotEmpty(t, p.Permalink)
	require.Equal(t, epoch, p.Timestamp.Time)
	p, err = c.Posts.Get(ctx, text)
	require.NoError(t, err)
	require.Equal(t, threads.Text("perhaps"), p.Poll.OptionC)
	require.True(t, p.Poll.TotalVotes.Known)

	readCalls(t, b, c, image, text, ghost)
	require.NoError(t, c.Posts.Delete(ctx, text))
	require.ErrorIs(t, c.Posts.Delete(ctx, text), smm.ErrNotFound)
	_, err = c.Posts.Get(ctx, text)
	require.ErrorIs(t, err, smm.ErrNotFound)
}

// readCalls reads what vendorCalls published.
func readCalls(t *testing.T, b *bench, c *threads.Client, image, text, ghost threads.ID) {
	t.Helper()
	ctx := t.Context()
	ids := func(page threads.Page[threads.Post], err error) []threads.ID {
		require.NoError(t, err)
		var out []threads.ID
		for _, v := range page.Items {
			out = append(out, v.ID)
		}
		return out
	}
	require.Equal(t, []threads.ID{text, image}, ids(c.Posts.List(ctx, threads.ListParams{})))
	require.Equal(t, []threads.ID{text}, ids(c.Posts.List(ctx, threads.ListParams{Limit: 1})))
	require.Empty(t, ids(c.Posts.List(ctx, threads.ListParams{Until: epoch.Add(-time.Hour)})))
	require.Equal(t, []threads.ID{ghost}, ids(c.Posts.Ghosts(ctx, threads.ListParams{})))
	require.Equal(t, []threads.ID{text, image}, ids(c.Profiles.Posts(ctx, "shop", threads.ListParams{}))[1:])
	require.Equal(t, []threads.ID{image}, ids(c.Search.Keyword(ctx, threads.KeywordQuery{Text: "coffee", Tag: true, Type: threads.MediaImage, Author: "shop"}, threads.ListParams{Since: epoch.AddDate(-10, 0, 0)})))
	_, err := c.Search.Keyword(ctx, threads.KeywordQuery{}, threads.ListParams{})
	require.ErrorIs(t, err, smm.ErrInvalid)

	places, err := c.Locations.Search(ctx, "central")
	require.NoError(t, err)
	require.Len(t, places, 2)
	near, err := c.Locations.Near(ctx, 52.5, 13.4)
	require.NoError(t, err)
	require.NotEmpty(t, near)
	place, err := c.Locations.Get(ctx, places[0].ID)
	require.NoError(t, err)
	require.Equal(t, threads.Text("Berlin"), place.City)

	embed, err := c.Search.OEmbed(ctx, b.world.Ledger.Items()[0].URL)
	require.NoError(t, err)
	require.NotEmpty(t, embed.HTML)
}

func TestReplies(t *testing.T) { replyCalls(t, open(t, nil)) }

func replyCalls(t *testing.T, b *bench) {
	t.Helper()
	c, ctx := b.vendor(t), t.Context()
	id, err := c.Containers.Create(ctx, &threads.ContainerParams{Type: threads.MediaText, Text: "ask me", ReplyApprovals: true})
	require.NoError(t, err)
	post, err := c.Containers.Publish(ctx, id)
	require.NoError(t, err)
	first, err := b.VisitorPosts(ctx, visitorHandle, string(post), "first")
	require.NoError(t, err)
	second, err := b.VisitorPosts(ctx, visitorHandle, string(post), "second")
	require.NoError(t, err)

	list := func(page threads.Page[threads.Post], err error) string {
		require.NoError(t, err)
		var out []string
		for _, v := range page.Items {
			out = append(out, string(v.Text))
		}
		return strings.Join(out, ",")
	}
	all := threads.ListParams{}
	require.Empty(t, list(c.Replies.Under(ctx, post, false, all)))
	require.Equal(t, "second,first", list(c.Replies.Pending(ctx, post, threads.ApprovalPending, all)))
	require.NoError(t, c.Replies.SetApproved(ctx, threads.ID(first.ID), true))
	require.NoError(t, c.Replies.SetApproved(ctx, threads.ID(second.ID), false))
	require.Equal(t, "second", list(c.Replies.Pending(ctx, post, threads.ApprovalIgnored, all)))
	require.Equal(t, "first", list(c.Replies.Under(ctx, post, true, all)))
	_, err = b.VisitorPosts(ctx, "other", first.ID, "nested")
	require.NoError(t, err)
	pending, err := c.Replies.Pending(ctx, post, "", all)
	require.NoError(t, err)
	require.Len(t, pending.Items, 2)

	require.NoError(t, c.Replies.SetHidden(ctx, threads.ID(first.ID), true))
	p, err := c.Posts.Get(ctx, threads.ID(first.ID))
	require.NoError(t, err)
	require.True(t, p.HideStatus.Hidden())
	require.Equal(t, post, p.Root.ID)
	require.NoError(t, c.Replies.SetHidden(ctx, threads.ID(first.ID), false))

	id, err = c.Containers.Create(ctx, &threads.ContainerParams{Type: threads.MediaText, Text: "mine", ReplyTo: threads.ID(first.ID)})
	require.NoError(t, err)
	_, err = c.Containers.Publish(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "mine", list(c.Replies.Mine(ctx, all)))
	require.Equal(t, "first,mine", list(c.Replies.Conversation(ctx, post, false, all)))
	require.Equal(t, "mine,first", list(c.Replies.Conversation(ctx, post, true, all)))
}

func TestReposts(t *testing.T) {
	b := open(t, nil)
	c, ctx := b.vendor(t), t.Context()
	ref, err := b.VisitorPosts(ctx, visitorHandle, "", "share me")
	require.NoError(t, err)
	none, err := c.Posts.FindRepost(ctx, threads.ID(ref.ID), time.Time{})
	require.NoError(t, err)
	require.Empty(t, none)
	id, err := c.Posts.Repost(ctx, threads.ID(ref.ID))
	require.NoError(t, err)
	for range 120 {
		say("noise")(b)
	}
	found, err := c.Posts.FindRepost(ctx, threads.ID(ref.ID), time.Time{})
	require.NoError(t, err)
	require.Equal(t, id, found)
	require.True(t, b.Reposted("shop", ref.ID))
}

// TestCursors: a list is read on by its cursor alone.
func TestCursors(t *testing.T) {
	b := open(t, &threadstest.Options{NextPage: true})
	c, ctx := b.vendor(t), t.Context()
	for range 5 {
		say("post")(b)
	}
	page, err := c.Posts.List(ctx, threads.ListParams{Limit: 2})
	require.NoError(t, err)
	require.NotContains(t, page.Next, b.token().Reveal(), "the vendor writes the token into the address of the next page")
	page, err = c.Posts.List(ctx, threads.ListParams{Limit: 2, Cursor: page.Next})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	_, err = c.Posts.List(ctx, threads.ListParams{Cursor: "access_token=x"})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = c.Posts.List(ctx, threads.ListParams{Cursor: "after=nonsense"})
	require.ErrorIs(t, err, smm.ErrRejected)
}

func TestNewClient(t *testing.T) {
	for name, cfg := range map[string]threads.ClientConfig{
		"no token": {}, "two tokens": {Token: smm.NewSecret("x"), TokenSource: tokens("x")}, "a host with a path": {Token: smm.NewSecret("x"), BaseURL: "https://h.example/v1"},
	} {
		_, err := threads.NewClient(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	_, err := threads.New(threads.Config{})
	require.ErrorIs(t, err, smm.ErrInvalid)
}
