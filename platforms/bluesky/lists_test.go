package bluesky_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/blueskytest"
	"github.com/smmkit/smmkit/smm"
)

// texts are the texts of a list.
func texts[T any](t *testing.T, l *smm.List[T], text func(T) smm.Untrusted) []string {
	t.Helper()
	items, err := l.Collect(t.Context(), 0)
	require.NoError(t, err)
	var out []string
	for _, v := range items {
		out = append(out, string(text(v)))
	}
	return out
}

func postText(p smm.PublishedPost) smm.Untrusted { return p.Text }
func messageText(m smm.Message) smm.Untrusted    { return m.Text }

// TestListsGoToTheEnd pages two at a time through lists whose last page has a
// cursor, and whose pages may be empty before the end.
func TestListsGoToTheEnd(t *testing.T) {
	b := open(t, &blueskytest.Options{PageSize: 2})
	ch, ctx := b.channel(t), t.Context()
	var posts, mentions, messages []string
	for i := range 7 {
		b.world.Clock.Advance(time.Second)
		r, err := ch.Publish(ctx, &smm.Post{Text: fmt.Sprintf("post %d", i)}, nil)
		require.NoError(t, err)
		posts = append([]string{fmt.Sprintf("post %d", i)}, posts...)
		say := fmt.Sprintf("reply %d", i)
		_, err = b.VisitorPosts(ctx, visitorHandle, r.Post.ID, say)
		require.NoError(t, err)
		mentions = append([]string{say}, mentions...)
		_, err = b.VisitorWrites(ctx, visitorHandle, b.account.Handle, fmt.Sprintf("message %d", i))
		require.NoError(t, err)
		messages = append([]string{fmt.Sprintf("message %d", i)}, messages...)
	}
	require.Equal(t, posts, texts(t, ch.Posts(nil), postText))
	require.Equal(t, posts[:3], texts(t, ch.Posts(&smm.ListOptions{Since: epoch.Add(5 * time.Second)}), postText))
	require.Equal(t, posts[5:], texts(t, ch.Posts(&smm.ListOptions{Until: epoch.Add(3 * time.Second)}), postText))
	require.Equal(t, mentions, texts(t, ch.Mentions(nil), messageText))
	require.Equal(t, posts, texts(t, ch.Search(smm.SearchQuery{Text: "post", Author: b.account.Channel}, nil), postText))
	newest, err := ch.Posts(nil).Collect(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, ch.SetReposted(ctx, newest[0].Ref, true)) // of an own post: not a post once more
	require.Equal(t, posts, texts(t, ch.Posts(nil), postText))
	require.NoError(t, ch.SetReposted(ctx, newest[0].Ref, false))
	convos, err := ch.Conversations(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, convos, 1)
	require.True(t, convos[0].Unread)
	require.Equal(t, visitorHandle, convos[0].Participants[0].Handle)
	require.Equal(t, smm.Untrusted("message 6"), convos[0].Last.Text)
	require.Equal(t, messages, texts(t, ch.Messages(convos[0].Ref, nil), messageText))

	// Whole pages of a muted account vanish from the middle of the timeline.
	require.NoError(t, ch.SetFollowing(ctx, b.visitor, true))
	require.NoError(t, ch.SetMuted(ctx, b.visitor, true))
	for i := range 6 {
		_, err := b.VisitorPosts(ctx, visitorHandle, "", fmt.Sprintf("noise %d", i))
		require.NoError(t, err)
	}
	require.Equal(t, posts, texts(t, ch.Timeline(nil), postText))
}

func TestCommentsAtAnyDepth(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	r := b.publish(t, &smm.Post{Text: "root"})
	parent := r.Post.ID
	for i := range 12 {
		ref, err := b.VisitorPosts(ctx, visitorHandle, parent, fmt.Sprintf("level %d", i))
		require.NoError(t, err)
		parent = ref.ID
	}
	own, err := ch.Reply(ctx, smm.Ref{Platform: bluesky.Platform, Kind: smm.KindComment, ID: parent}, &smm.Post{Text: "thank you"}, nil)
	require.NoError(t, err)
	comments, err := ch.Comments(r.Post, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, comments, 13)
	last := comments[12]
	require.True(t, last.Own)
	require.Equal(t, own.Post.ID, last.Ref.ID)
	require.Equal(t, parent, last.InReplyTo.ID)
	require.Equal(t, r.Post, last.Root)
	require.False(t, comments[0].Own)
	require.Equal(t, b.visitor, comments[0].Author.Ref)
	require.Equal(t, "en", comments[0].Language)
}

func TestHidingReplies(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	p := &smm.Post{Text: "root"}
	require.NoError(t, bluesky.PostOptions{ReplyLists: []string{"at://" + b.account.Channel.ID + "/app.bsky.graph.list/3k2aaaaaaaaaa"}, ReplyRules: []bluesky.ReplyRule{bluesky.RepliesFollowers}}.Set(p))
	r := b.publish(t, p)
	require.NoError(t, b.VisitorFollows(ctx, visitorHandle, b.account.Handle))
	var refs []smm.Ref
	for i := range 3 {
		ref, err := b.VisitorPosts(ctx, visitorHandle, r.Post.ID, fmt.Sprintf("reply %d", i))
		require.NoError(t, err)
		refs = append(refs, ref)
	}
	require.NoError(t, ch.Hide(ctx, refs[0]))
	require.NoError(t, ch.Hide(ctx, refs[2]))
	require.NoError(t, ch.Hide(ctx, refs[2]))
	require.NoError(t, ch.Unhide(ctx, refs[1]))
	hidden := func() (out []bool) {
		comments, err := ch.Comments(r.Post, nil).Collect(ctx, 0)
		require.NoError(t, err)
		for _, c := range comments {
			out = append(out, c.Hidden)
		}
		return out
	}
	require.Equal(t, []bool{true, false, true}, hidden())
	gate := string(b.record(t, bluesky.ThreadgateCollection, r.Post.ID).Value)
	require.Contains(t, gate, "app.bsky.graph.list/3k2aaaaaaaaaa", "the rules must survive")
	require.NoError(t, ch.Unhide(ctx, refs[0]))
	require.Equal(t, []bool{false, false, true}, hidden())

	elsewhere, err := b.VisitorPosts(ctx, visitorHandle, "", "their own")
	require.NoError(t, err)
	theirs, err := b.VisitorPosts(ctx, "third.example.org", elsewhere.ID, "not ours")
	require.NoError(t, err)
	require.ErrorIs(t, ch.Hide(ctx, theirs), smm.ErrForbidden)
	require.ErrorIs(t, ch.Hide(ctx, elsewhere), smm.ErrInvalid)
}

// TestSettersBeforeTheAppViewKnows: asked twice while the app view lags, a like
// is one record, and taking it back leaves none.
func TestSettersBeforeTheAppViewKnows(t *testing.T) {
	b := open(t, &blueskytest.Options{IndexDelay: time.Minute})
	ctx, ch := t.Context(), b.channel(t)
	post, err := b.VisitorPosts(ctx, visitorHandle, "", "like me")
	require.NoError(t, err)
	b.world.Clock.Advance(time.Hour)
	count := func(collection string) int {
		c, _ := smm.As[*bluesky.Client](ctx, ch)
		page, err := c.Repo.ListRecords(ctx, c.DID(), collection, bluesky.Page{})
		require.NoError(t, err)
		return len(page.Records)
	}
	for collection, set := range map[string]func(bool) error{
		bluesky.LikeCollection:   func(on bool) error { return ch.SetLiked(ctx, post, on) },
		bluesky.RepostCollection: func(on bool) error { return ch.SetReposted(ctx, post, on) },
		bluesky.FollowCollection: func(on bool) error { return ch.SetFollowing(ctx, b.visitor, on) },
		bluesky.BlockCollection:  func(on bool) error { return ch.SetBlocked(ctx, b.visitor, on) },
	} {
		for range 3 {
			require.NoError(t, set(true))
			require.Equal(t, 1, count(collection), collection)
			b.world.Clock.Advance(time.Second)
		}
		require.NoError(t, set(false))
		require.Zero(t, count(collection), collection)
		b.world.Clock.Advance(time.Hour)

		// The app view knows of a record that is gone.
		require.NoError(t, set(true))
		b.world.Clock.Advance(time.Hour)
		require.NoError(t, set(false))
		require.NoError(t, set(true))
		require.Equal(t, 1, count(collection), "%s: off and on again", collection)
		require.NoError(t, set(false))
		b.world.Clock.Advance(time.Hour)
	}
}

// TestSettersFindWhatWasMadeElsewhere: a like made in the app, under a key that
// nobody here chose, is neither doubled nor left behind.
func TestSettersFindWhatWasMadeElsewhere(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	post, err := b.VisitorPosts(ctx, visitorHandle, "", "like me")
	require.NoError(t, err)
	c, ok := smm.As[*bluesky.Client](ctx, ch)
	require.True(t, ok)
	view, err := c.Feed.GetPost(ctx, post.ID)
	require.NoError(t, err)
	_, err = c.Repo.PutRecord(ctx, bluesky.RecordWrite{Collection: bluesky.LikeCollection, Rkey: "3kaaaaaaaaaaa", Record: map[string]any{
		"$type": bluesky.LikeCollection, "subject": bluesky.StrongRef{URI: view.URI, CID: view.CID}, "createdAt": "2026-11-02T09:00:00.000Z",
	}})
	require.NoError(t, err)
	require.NoError(t, ch.SetLiked(ctx, post, true))
	page, err := c.Repo.ListRecords(ctx, c.DID(), bluesky.LikeCollection, bluesky.Page{})
	require.NoError(t, err)
	require.Len(t, page.Records, 1)
	require.NoError(t, ch.SetLiked(ctx, post, false))
	page, err = c.Repo.ListRecords(ctx, c.DID(), bluesky.LikeCollection, bluesky.Page{})
	require.NoError(t, err)
	require.Empty(t, page.Records)
}

// TestNotificationsNeverSeen: the app view takes what came before the newest
// for read where nothing was ever marked as seen.
func TestNotificationsNeverSeen(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	c, ok := smm.As[*bluesky.Client](ctx, b.channel(t))
	require.True(t, ok)
	for range 2 {
		_, err := b.VisitorPosts(ctx, visitorHandle, "", "@"+b.account.Handle+" hello")
		require.NoError(t, err)
		b.world.Clock.Advance(time.Minute)
	}
	unread := func() (out []bool) {
		list, err := c.Notifications.List(ctx, nil, bluesky.Page{})
		require.NoError(t, err)
		require.NotEmpty(t, list.SeenAt)
		for _, n := range list.Notifications {
			out = append(out, !n.IsRead)
		}
		return out
	}
	require.Equal(t, []bool{true, false}, unread())
	require.NoError(t, c.Notifications.UpdateSeen(ctx, epoch))
	require.Equal(t, []bool{true, true}, unread())
}

func TestReports(t *testing.T) {
	b := open(t, nil)
	post, err := b.VisitorPosts(t.Context(), visitorHandle, "", "buy now")
	require.NoError(t, err)
	require.NoError(t, b.channel(t).Report(t.Context(), post, smm.Report{Reason: smm.ReasonSpam, Comment: "again"}))
	require.NoError(t, b.channel(t).Report(t.Context(), b.visitor, smm.Report{Reason: smm.ReasonAbuse}))
	require.ErrorIs(t, b.channel(t).Report(t.Context(), post, smm.Report{Reason: "dislike"}), smm.ErrInvalid)
	require.Equal(t, []blueskytest.Report{
		{By: "shop.example.com", ReasonType: "com.atproto.moderation.defs#reasonSpam", Reason: "again", Subject: post.ID, Proxy: bluesky.LabelerService},
		{By: "shop.example.com", ReasonType: "com.atproto.moderation.defs#reasonRude", Subject: b.visitor.ID, Proxy: bluesky.LabelerService},
	}, b.Reports())
}

func TestEventsByPolling(t *testing.T) {
	b := open(t, nil)
	ctx, d := t.Context(), b.driver(t)
	r := b.publish(t, &smm.Post{Text: "watch me"})
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, r.Post.ID, false)) // before: not told
	var got []smm.Event
	first := true
	b.world.Clock.AfterFunc(time.Second, func() {
		_, err := b.VisitorPosts(ctx, visitorHandle, r.Post.ID, "well done")
		require.NoError(t, err)
		require.NoError(t, b.VisitorLikes(ctx, visitorHandle, r.Post.ID, true))
		require.NoError(t, b.VisitorFollows(ctx, visitorHandle, b.account.Handle))
	})
	for e, err := range d.StreamEvents(ctx, b.account.Channel) {
		require.NoError(t, err)
		got = append(got, e)
		if len(got) == 3 && first {
			first = false
			b.world.Clock.AfterFunc(time.Minute, func() {
				_, err := b.VisitorPosts(ctx, visitorHandle, "", "hey @shop.example.com")
				require.NoError(t, err)
			})
		}
		if len(got) == 4 {
			break
		}
	}
	kinds := make([]smm.EventKind, len(got))
	ids := make(map[string]bool)
	for i, e := range got {
		kinds[i], ids[e.ID] = e.Kind, true
	}
	require.ElementsMatch(t, []smm.EventKind{smm.EventMessageReceived, smm.EventReposted, smm.EventFollowed}, kinds[:3])
	require.Equal(t, smm.EventMessageReceived, kinds[3])
	require.Equal(t, smm.Untrusted("hey @shop.example.com"), got[3].Message.Text)
	require.Len(t, ids, 4)
}
