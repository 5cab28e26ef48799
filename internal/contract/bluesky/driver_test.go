package bluesky_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// forms are the posts that the driver can make, with every option.
func (b *bench) forms(quoted smm.Ref) map[string]*smm.Post {
	images := []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg"}}
	card := &smm.Card{URL: "https://example.com/", Title: "Example", Description: "A card"}
	withThumb := *card
	withThumb.Thumbnail = &smm.Media{Name: "red.png"}
	list := "at://" + b.account.Channel.ID + "/app.bsky.graph.list/3k2aaaaaaaaaa"
	video := []smm.Media{{Name: "clip.mp4", AltText: "a clip", Captions: []smm.Captions{{Language: "en", Name: "captions.vtt"}}}}
	return map[string]*smm.Post{
		"text":         {Text: "plain", Languages: []string{"en", "de-AT", "zh-Hant"}},
		"rich":         {Text: "é @" + visitor + " #tag https://example.com/a?b=c&d=<e>"},
		"images":       {Text: "images", Media: images, Sensitive: true},
		"video":        {Text: "video", Media: video},
		"card":         {Text: "card", Card: card},
		"card-thumb":   {Text: "card", Card: &withThumb},
		"quote":        {Text: "quote", Quote: quoted},
		"quote-images": {Text: "quote", Quote: quoted, Media: images},
		"quote-video":  {Text: "quote", Quote: quoted, Media: video},
		"thread":       {Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three", Media: images}}},
		"warned":       {Text: "warned", ContentWarning: bluesky.LabelNudity, Media: images},
		"nobody":       options(&smm.Post{Text: "nobody answers"}, bluesky.PostOptions{Replies: bluesky.RepliesNobody}),
		"unquotable":   options(&smm.Post{Text: "nobody quotes"}, bluesky.PostOptions{NoQuotes: true}),
		"gated": options(&smm.Post{Text: "gated"}, bluesky.PostOptions{
			ReplyRules: []bluesky.ReplyRule{bluesky.RepliesFollowers, bluesky.RepliesFollowing, bluesky.RepliesMentioned},
			ReplyLists: []string{list}, NoQuotes: true,
			Labels: []string{bluesky.LabelPorn, bluesky.LabelSexual, bluesky.LabelGraphicMedia}, Tags: []string{"one", "two words"},
		}),
		"reply":         {Text: "an answer", ReplyTo: quoted, Media: images},
		"message":       {Text: "a message to @" + visitor, ReplyTo: b.visitor},
		"message-quote": {Text: "a message", ReplyTo: b.visitor, Quote: quoted},
	}
}

func options(p *smm.Post, o bluesky.PostOptions) *smm.Post {
	if err := o.Set(p); err != nil {
		panic(err) // a mistake in the table
	}
	return p
}

// publishAll publishes every form and returns them by name.
func (b *bench) publishAll() map[string]smm.Result {
	t := b.t
	quoted, err := b.VisitorPosts(t.Context(), visitor, "", "to quote @shop.example.com")
	require.NoError(t, err)
	out := make(map[string]smm.Result)
	for name, p := range b.forms(quoted) {
		r, err := b.channel.Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
		require.NoError(t, err, name)
		out[name] = r
	}
	// The answer to a message names it.
	first := out["message"].Post
	_, err = b.channel.Publish(t.Context(), &smm.Post{Text: "and more", ReplyTo: first}, &smm.PublishOptions{Wait: time.Hour})
	require.NoError(t, err)
	return out
}

// portable uses each part of the driver.
func (b *bench) portable(posts map[string]smm.Result) {
	t, ctx, ch := b.t, b.t.Context(), b.channel
	post := posts["text"].Post
	comment, err := b.VisitorPosts(ctx, visitor, post.ID, "a comment")
	require.NoError(t, err)
	require.NoError(t, b.VisitorLikes(ctx, visitor, post.ID, false))
	require.NoError(t, b.VisitorLikes(ctx, visitor, post.ID, true))
	require.NoError(t, b.VisitorFollows(ctx, visitor, b.account.Channel.ID))
	for _, on := range []bool{true, false} {
		require.NoError(t, ch.SetLiked(ctx, comment, on))
		require.NoError(t, ch.SetReposted(ctx, comment, on))
		require.NoError(t, ch.SetFollowing(ctx, b.visitor, on))
		require.NoError(t, ch.SetMuted(ctx, b.visitor, on))
		require.NoError(t, ch.SetBlocked(ctx, b.visitor, on))
	}
	require.NoError(t, ch.SetFollowing(ctx, b.visitor, true))
	require.NoError(t, ch.Hide(ctx, comment))
	b.read(post)
	require.NoError(t, ch.Unhide(ctx, comment))
	for _, reason := range []smm.ReportReason{
		smm.ReasonSpam, smm.ReasonAbuse, smm.ReasonIllegal, smm.ReasonSexual, smm.ReasonRules, smm.ReasonMislead, smm.ReasonOther,
	} {
		require.NoError(t, ch.Report(ctx, comment, smm.Report{Reason: reason, Comment: "an advertisement"}))
		require.NoError(t, ch.Report(ctx, b.visitor, smm.Report{Reason: reason}))
	}
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{
		Name: ptr("Shop"), Bio: ptr("We sell."), Links: &[]smm.ProfileLink{{Value: "https://example.com/"}}, Avatar: &smm.Media{Name: "red.png"},
	}))
	_, err = ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.NoError(t, ch.Delete(ctx, posts["images"].Post))
	require.NoError(t, ch.Delete(ctx, posts["gated"].Post))
}

func (b *bench) read(post smm.Ref) {
	t, ctx, ch := b.t, b.t.Context(), b.channel
	for _, err := range []error{
		drain(ch.Posts(nil).Collect(ctx, 0)), drain(ch.Timeline(nil).Collect(ctx, 0)), drain(ch.Mentions(nil).Collect(ctx, 0)),
		drain(ch.Comments(post, nil).Collect(ctx, 0)), drain(ch.Conversations(nil).Collect(ctx, 0)),
		drain(ch.Search(smm.SearchQuery{Text: "a", Language: "en", Author: b.account.Channel}, nil).Collect(ctx, 0)),
		drain(ch.Health(ctx)),
		drain(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post, b.account.Channel}})),
	} {
		require.NoError(t, err)
	}
	convos, err := ch.Conversations(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.NotEmpty(t, convos)
	require.NoError(t, drain(ch.Messages(convos[0].Ref, nil).Collect(ctx, 0)))
}

func drain[T any](_ T, err error) error { return err }

// renew lets the session end, so that it is renewed, and then makes the server
// forget it, so that it is begun anew.
func (b *bench) renew() {
	t := b.t
	b.world.Clock.Advance(3 * time.Hour)
	require.NoError(t, drain(b.channel.Profile(t.Context(), smm.Ref{})))
	b.Revoke(b.account.Handle, false)
	require.NoError(t, drain(b.channel.Profile(t.Context(), smm.Ref{})))
}

// stream takes one event.
func (b *bench) stream() {
	t := b.t
	var got smm.Event
	b.world.Clock.AfterFunc(time.Second, func() {
		if _, err := b.VisitorPosts(t.Context(), visitor, "", "hello @shop.example.com"); err != nil {
			t.Error(err)
		}
	})
	for e, err := range b.driver.StreamEvents(t.Context(), b.account.Channel) {
		require.NoError(t, err)
		got = e
		break
	}
	require.Equal(t, smm.EventMessageReceived, got.Kind)
}

func TestDriverForms(t *testing.T) {
	b := open(t)
	for name, r := range b.publishAll() {
		require.Equal(t, smm.OutcomePublished, r.Outcome, name)
	}
	require.Empty(t, b.judge.wrong)
}
