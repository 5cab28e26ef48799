package bluesky_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

func playSession(t *testing.T, p *tape) {
	ctx := t.Context()
	anonymous, err := bluesky.NewClient(bluesky.ClientConfig{Server: publicPDS, HTTPClient: p.http, Clock: instant{}})
	require.NoError(t, err)
	info, err := anonymous.Server.Describe(ctx)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(info.DID, "did:web:"), info.DID)

	_, _, err = bluesky.SignIn(ctx, publicPDS, p.me(), "not-the-password", p.http)
	require.ErrorIs(t, err, smm.ErrUnauthorized)

	session, err := anonymous.Server.CreateSession(ctx, p.me(), smm.NewSecret(memberPassword))
	require.NoError(t, err)
	require.Equal(t, p.me(), session.Handle)
	require.Equal(t, publicPDS, session.DIDDoc.PDS())
	did, err := anonymous.Server.ResolveHandle(ctx, p.me())
	require.NoError(t, err)
	require.Equal(t, session.DID, did)
	_, err = anonymous.Server.ResolveHandle(ctx, "nobody-has-this.test")
	require.Error(t, err)
	require.Equal(t, "InvalidRequest", err.(*smm.Error).Code)

	next, err := anonymous.Server.RefreshSession(ctx, smm.NewSecret(session.RefreshJwt))
	require.NoError(t, err)
	require.Equal(t, session.DID, next.DID)
	c, err := bluesky.NewClient(bluesky.ClientConfig{
		Server: publicPDS, HTTPClient: p.http, Clock: instant{}, DID: next.DID, Auth: bearer(next.AccessJwt),
	})
	require.NoError(t, err)
	_, err = c.Server.GetServiceAuth(ctx, info.DID, "com.atproto.repo.uploadBlob", epoch)
	require.ErrorIs(t, err, smm.ErrRejected, "an end in the past")
	require.NoError(t, c.Server.DeleteSession(ctx, smm.NewSecret(next.RefreshJwt)))
}

func playPublish(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	text := "Hello @" + p.other() + ", see #tag at https://example.com/a?b=c"
	rich := p.publish(t, "rich", &smm.Post{Text: text, Languages: []string{"en"}})
	got, err := p.ch.Post(ctx, rich)
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted(text), got.Text)
	var record bluesky.Post
	native(t, got, &record)
	require.Len(t, record.Facets, 3)
	kinds := make(map[string]string)
	for _, f := range record.Facets {
		kinds[text[f.Index.Start:f.Index.End]] = f.Features[0].Type
	}
	require.Equal(t, map[string]string{
		"@" + p.other(): bluesky.FeatureMention, "#tag": bluesky.FeatureTag, "https://example.com/a?b=c": bluesky.FeatureLink,
	}, kinds)

	images := p.publish(t, "images", &smm.Post{Text: "Two pictures", Media: []smm.Media{
		{Name: "red.png", AltText: "red"}, {Name: "blue.jpg", AltText: "blue"},
	}})
	got, err = p.ch.Post(ctx, images)
	require.NoError(t, err)
	require.Len(t, got.Attachments, 2)
	require.Equal(t, smm.Untrusted("red"), got.Attachments[0].AltText)
	require.NotEmpty(t, got.Attachments[0].URL)

	card := p.publish(t, "card", &smm.Post{Text: "A card", Card: &smm.Card{URL: "https://example.com/", Title: "Example", Description: "A page"}})
	gated := &smm.Post{Text: "For those I follow"}
	require.NoError(t, bluesky.PostOptions{Replies: bluesky.RepliesFollowing, NoQuotes: true, Labels: []string{bluesky.LabelNudity}}.Set(gated))
	closed := p.publish(t, "gated", gated)
	v, err := p.vendor.Feed.GetPost(ctx, closed.ID)
	require.NoError(t, err)
	require.NotNil(t, v.Threadgate)

	// The same delivery once more: the same key and bytes, and no second post.
	again := p.publish(t, "card", &smm.Post{Text: "A card", Card: &smm.Card{URL: "https://example.com/", Title: "Example", Description: "A page"}})
	require.Equal(t, card, again)
	posts, err := p.ch.Posts(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, posts, 4)

	require.NoError(t, p.ch.Delete(ctx, images))
	require.NoError(t, p.ch.Delete(ctx, images))
	p.until(t, "app.bsky.feed.getPosts", url.Values{"uris": {images.ID}}, func(answer string) bool { return !strings.Contains(answer, images.ID) })
	_, err = p.ch.Post(ctx, images)
	require.ErrorIs(t, err, smm.ErrNotFound)
}

// native decodes the record of a post.
func native(t *testing.T, p smm.PublishedPost, record any) {
	t.Helper()
	var view struct{ Record json.RawMessage }
	require.NoError(t, json.Unmarshal(p.Native, &view))
	require.NoError(t, json.Unmarshal(view.Record, record))
}

func playThread(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	root := p.publish(t, "thread", &smm.Post{Text: "One", Thread: []smm.Post{{Text: "Two"}, {Text: "Three"}}})
	p.behind(func(c *crowd) {
		ref, err := c.VisitorPosts(ctx, p.other(), root.ID, "A question")
		require.NoError(t, err)
		p.await(t, ref.ID)
	})
	p.until(t, "app.bsky.feed.getPostThread", url.Values{"uri": {root.ID}}, func(answer string) bool {
		return strings.Contains(answer, "A question") && strings.Contains(answer, "Three")
	})
	comments, err := p.ch.Comments(root, nil).Collect(ctx, 0)
	require.NoError(t, err)
	at := make(map[smm.Untrusted]smm.Message)
	for _, m := range comments {
		at[m.Text] = m
	}
	require.Len(t, at, 3)
	require.Equal(t, root.ID, at["Two"].InReplyTo.ID)
	require.Equal(t, at["Two"].Ref.ID, at["Three"].InReplyTo.ID)
	question := at["A question"]
	require.False(t, question.Own)
	require.Equal(t, smm.Untrusted(p.other()), smm.Untrusted(question.Author.Handle))

	reply := p.publish(t, "reply", &smm.Post{Text: "An answer", ReplyTo: question.Ref})
	quote := p.publish(t, "quote", &smm.Post{Text: "A quote", Quote: question.Ref.WithKind(smm.KindPost, question.Ref.ID)})
	got, err := p.ch.Post(ctx, reply)
	require.NoError(t, err)
	var record bluesky.Post
	native(t, got, &record)
	require.Equal(t, question.Ref.ID, record.Reply.Parent.URI)
	require.Equal(t, root.ID, record.Reply.Root.URI)
	got, err = p.ch.Post(ctx, quote)
	require.NoError(t, err)
	require.Contains(t, string(got.Native), "app.bsky.embed.record#viewRecord")

	require.NoError(t, p.ch.Hide(ctx, question.Ref))
	require.NoError(t, p.ch.Hide(ctx, question.Ref))
	p.until(t, "app.bsky.feed.getPostThread", url.Values{"uri": {root.ID}}, func(answer string) bool { return strings.Contains(answer, "hiddenReplies") })
	comments, err = p.ch.Comments(root, nil).Collect(ctx, 0)
	require.NoError(t, err)
	for _, m := range comments {
		require.Equal(t, m.Text == "A question", m.Hidden, m.Text)
	}
}

func playReactions(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	var theirs string
	p.behind(func(c *crowd) {
		ref, err := c.VisitorPosts(ctx, p.other(), "", "Like this")
		require.NoError(t, err)
		theirs = ref.ID
		p.await(t, theirs)
	})
	did, err := p.vendor.Server.ResolveHandle(ctx, p.other())
	require.NoError(t, err)
	author := smm.Ref{Platform: bluesky.Platform, Kind: smm.KindAuthor, ID: did}
	feed, err := p.vendor.Feed.GetAuthorFeed(ctx, did, "", bluesky.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, feed.Feed, 1)
	post := smm.Ref{Platform: bluesky.Platform, Kind: smm.KindPost, ID: feed.Feed[0].Post.URI}

	require.NoError(t, p.ch.SetLiked(ctx, post, true))
	require.NoError(t, p.ch.SetReposted(ctx, post, true))
	require.NoError(t, p.ch.SetFollowing(ctx, author, true))
	require.NoError(t, p.ch.SetMuted(ctx, author, true))
	p.until(t, "app.bsky.feed.getPosts", url.Values{"uris": {theirs}}, func(answer string) bool {
		return strings.Contains(answer, `"like":`) && strings.Contains(answer, `"repost":`) && strings.Contains(answer, `"following":`) &&
			strings.Contains(answer, `"muted":true`) && strings.Contains(answer, `"likeCount":1`) && strings.Contains(answer, `"repostCount":1`)
	})
	v, err := p.vendor.Feed.GetPost(ctx, post.ID)
	require.NoError(t, err)
	require.NotEmpty(t, v.Viewer.Like)
	require.NotEmpty(t, v.Viewer.Repost)
	require.NotEmpty(t, v.Author.Viewer.Following)
	require.True(t, v.Author.Viewer.Muted)
	require.Equal(t, ptr(int64(1)), v.Likes)
	require.Equal(t, ptr(int64(1)), v.Reposts)

	require.NoError(t, p.ch.Report(ctx, post, smm.Report{Reason: smm.ReasonSpam, Comment: "a test"}))
	require.NoError(t, p.ch.SetLiked(ctx, post, false))
	require.NoError(t, p.ch.SetReposted(ctx, post, false))
	require.NoError(t, p.ch.SetFollowing(ctx, author, false))
	require.NoError(t, p.ch.SetMuted(ctx, author, false))
	require.NoError(t, p.ch.SetBlocked(ctx, author, true))
	p.until(t, "app.bsky.actor.getProfile", url.Values{"actor": {did}}, func(answer string) bool {
		return strings.Contains(answer, `"blocking":`) && !strings.Contains(answer, `"following":`) && strings.Contains(answer, `"muted":false`)
	})
	profile, err := p.vendor.Actor.GetProfile(ctx, did)
	require.NoError(t, err)
	require.NotEmpty(t, profile.Viewer.Blocking)
	require.Empty(t, profile.Viewer.Following)
	require.False(t, profile.Viewer.Muted)
	require.NoError(t, p.ch.SetBlocked(ctx, author, false))
}

func playInbox(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	own := p.publish(t, "own", &smm.Post{Text: "Say something"})
	p.behind(func(c *crowd) {
		require.NoError(t, c.VisitorFollows(ctx, p.other(), p.me()))
		require.NoError(t, c.VisitorLikes(ctx, p.other(), own.ID, false))
		require.NoError(t, c.VisitorLikes(ctx, p.other(), own.ID, true))
		_, err := c.VisitorPosts(ctx, p.other(), own.ID, "A reply")
		require.NoError(t, err)
		_, err = c.VisitorPosts(ctx, p.other(), "", "Dear @"+p.me())
		require.NoError(t, err)
	})
	reasons := []string{"follow", "like", "repost", "reply", "mention"}
	p.until(t, "app.bsky.notification.listNotifications", nil, func(answer string) bool { return strings.Count(answer, `"reason":`) == len(reasons) })
	p.until(t, "app.bsky.feed.getPosts", url.Values{"uris": {own.ID}}, func(answer string) bool {
		return strings.Contains(answer, `"likeCount":1`) && strings.Contains(answer, `"repostCount":1`) && strings.Contains(answer, `"replyCount":1`)
	})
	p.until(t, "app.bsky.actor.getProfile", url.Values{"actor": {p.channel.ID}}, func(answer string) bool { return strings.Contains(answer, `"followersCount":1`) })

	list, err := p.vendor.Notifications.List(ctx, nil, bluesky.Page{Limit: 50})
	require.NoError(t, err)
	var got []string
	for _, n := range list.Notifications {
		got = append(got, n.Reason)
		require.Equal(t, p.other(), n.Author.Handle)
	}
	require.False(t, list.Notifications[0].IsRead, "the newest")
	require.NotEmpty(t, list.SeenAt, "for an account that never said what it saw: the time of the newest")
	require.ElementsMatch(t, reasons, got)

	words, err := p.ch.Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, words, 2)
	for _, m := range words {
		require.False(t, m.Own)
		require.False(t, m.At.IsZero())
		require.Contains(t, []smm.Untrusted{"A reply", smm.Untrusted("Dear @" + p.me())}, m.Text)
	}

	metrics, err := p.ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{own, p.channel}})
	require.NoError(t, err)
	values := make(map[smm.MetricName]int64)
	for _, m := range metrics {
		if m.State.Known() {
			values[m.Name] = m.Value
		}
	}
	require.Equal(t, map[smm.MetricName]int64{
		smm.MetricLikes: 1, smm.MetricShares: 1, smm.MetricComments: 1, smm.MetricQuotes: 0, smm.MetricSaves: 0,
		smm.MetricFollowers: 1, smm.MetricFollowing: 0, smm.MetricPosts: 1,
	}, values)
	require.NoError(t, p.vendor.Notifications.UpdateSeen(ctx, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))
	p.until(t, "app.bsky.notification.listNotifications", nil, func(answer string) bool { return !strings.Contains(answer, `"isRead":false`) })
	list, err = p.vendor.Notifications.List(ctx, nil, bluesky.Page{Limit: 1})
	require.NoError(t, err)
	require.True(t, list.Notifications[0].IsRead)
}

func playReading(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	name, bio := "A shop", "We sell things"
	require.NoError(t, p.ch.EditProfile(ctx, smm.ProfileEdit{Name: &name, Bio: &bio, Avatar: &smm.Media{Name: "red.png"}}))
	p.until(t, "app.bsky.actor.getProfile", url.Values{"actor": {p.channel.ID}}, func(answer string) bool {
		return strings.Contains(answer, name) && strings.Contains(answer, "avatar")
	})
	profile, err := p.ch.Profile(ctx, p.channel)
	require.NoError(t, err)
	require.Equal(t, name, profile.Name)
	require.Equal(t, p.me(), profile.Handle)
	require.NotEmpty(t, profile.AvatarURL)

	p.behind(func(c *crowd) {
		require.NoError(t, c.VisitorFollows(ctx, p.me(), p.other()))
		for _, text := range []string{"A needle", "Hay", "More hay"} {
			ref, err := c.VisitorPosts(ctx, p.other(), "", text)
			require.NoError(t, err)
			p.await(t, ref.ID)
		}
	})
	p.until(t, "app.bsky.feed.getTimeline", nil, func(answer string) bool {
		return strings.Count(answer, `"uri":"at://`) >= 3 && strings.Contains(answer, "More hay")
	})
	var seen []smm.Untrusted
	for post, err := range p.ch.Timeline(nil).All(ctx) {
		require.NoError(t, err)
		seen = append(seen, post.Text)
	}
	require.Equal(t, []smm.Untrusted{"More hay", "Hay", "A needle"}, seen)

	found, err := p.ch.Search(smm.SearchQuery{Text: "needle"}, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	require.Equal(t, smm.Untrusted("A needle"), found[0].Text)

	page, err := p.vendor.Repo.ListRecords(ctx, found[0].Author.Ref.ID, bluesky.PostCollection, bluesky.Page{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Records, 2)
	require.NotEmpty(t, page.Cursor)
}

func playErrors(t *testing.T, p *tape) {
	p.signIn(t)
	ctx := t.Context()
	put := func(key, text string, swap string) error {
		_, err := p.vendor.Repo.PutRecord(ctx, bluesky.RecordWrite{
			Collection: bluesky.PostCollection, Rkey: key, Swap: swap,
			Record: bluesky.Post{Type: bluesky.PostCollection, Text: text, CreatedAt: "2026-11-02T09:00:00.000Z"},
		})
		return err
	}
	code := func(err error) string {
		t.Helper()
		e, ok := err.(*smm.Error)
		require.True(t, ok, err)
		return e.Code
	}
	err := put("3l22222222222", strings.Repeat("x", 301), "")
	require.ErrorIs(t, err, smm.ErrRejected)
	require.Equal(t, "InvalidRequest", code(err))
	require.NoError(t, put("3l22222222222", "there", bluesky.SwapNone))
	err = put("3l22222222222", "something else", bluesky.SwapNone)
	require.ErrorIs(t, err, smm.ErrConflict)
	require.Equal(t, "InvalidSwap", code(err))

	_, err = p.vendor.Repo.GetRecord(ctx, p.channel.ID, bluesky.PostCollection, "3l33333333333")
	require.ErrorIs(t, err, smm.ErrNotFound)
	require.Equal(t, "RecordNotFound", code(err))
	_, err = p.vendor.Feed.GetPostThread(ctx, "at://"+p.channel.ID+"/app.bsky.feed.post/3l33333333333", 1, 0)
	require.ErrorIs(t, err, smm.ErrNotFound)

	stranger, err := bluesky.NewClient(bluesky.ClientConfig{
		Server: publicPDS, HTTPClient: p.http, Clock: instant{}, DID: p.channel.ID, Auth: bearer("no-token"),
	})
	require.NoError(t, err)
	_, err = stranger.Feed.GetTimeline(ctx, bluesky.Page{})
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Equal(t, "InvalidToken", code(err))
	_, err = p.vendor.Chat.List(ctx, bluesky.Page{})
	require.Equal(t, "XRPCNotSupported", code(err))
}
