package instagram_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/smm"
)

// everything asks for all that there is.
func everything(t *testing.T, b *bench, rec *recorder) {
	t.Helper()
	ctx, ch := t.Context(), b.channel(t)
	v, err := instagram.NewClient(instagram.ClientConfig{
		Account: instagram.ID(b.account.Channel.ID), Token: smm.NewSecret(b.account.Login["INSTAGRAM_TOKEN"]), Clock: b.world.Clock, BaseURL: b.URL(),
		HTTPClient: &http.Client{Transport: rec},
	})
	require.NoError(t, err)
	facebook := v.Login() == instagram.FacebookLogin
	post, shown := posts(t, b, facebook)
	comment, convo := answers(t, b, v, post)

	_, err = ch.Posts(nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Comments(post, nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Messages(convo, nil).Collect(ctx, 0)
	require.NoError(t, err)
	_, err = ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post, shown, b.account.Channel}})
	require.NoError(t, err)
	_, err = ch.Metrics(ctx, smm.MetricRequest{Window: smm.Window{From: epoch, To: epoch.Add(24 * time.Hour)}})
	require.NoError(t, err)
	_, err = ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	_, err = ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.NoError(t, ch.Hide(ctx, comment))
	require.NoError(t, ch.SetBlocked(ctx, b.visitor, true))
	vendorOnly(t, b, v, post)
	if facebook {
		_, err = ch.Search(smm.SearchQuery{Hashtag: "red"}, nil).Collect(ctx, 0)
		require.NoError(t, err)
		_, err = ch.Mentions(nil).Collect(ctx, 0)
		require.NoError(t, err)
		for _, on := range []bool{true, false} {
			require.NoError(t, ch.SetLiked(ctx, post, on))
			require.NoError(t, ch.SetLiked(ctx, comment, on))
		}
		require.NoError(t, ch.DeleteComment(ctx, comment))
		require.NoError(t, ch.Delete(ctx, post))
	}
}

func vendorOnly(t *testing.T, b *bench, v *instagram.Client, post smm.Ref) {
	t.Helper()
	ctx := t.Context()
	_, err := v.Media.Stories(ctx, instagram.ListParams{})
	require.NoError(t, err)
	_, err = v.Media.Live(ctx, instagram.ListParams{})
	require.NoError(t, err)
	_, err = v.Media.Scheduled(ctx, instagram.ListParams{})
	require.NoError(t, err)
	if v.Login() == instagram.FacebookLogin {
		address, _, err := b.host.MediaURL(ctx, "", smm.Media{Name: "red.jpg"}, time.Hour)
		require.NoError(t, err)
		_, err = v.Media.Create(ctx, instagram.ContainerParams{
			ImageURL: address, ProductTags: []instagram.ProductTag{{ProductID: "3", X: ptr(0.5), Y: ptr(0.5)}},
		})
		require.NoError(t, err)
	}
	_, err = v.Media.Children(ctx, instagram.ID(post.ID))
	require.NoError(t, err)
	require.NoError(t, v.Media.SetComments(ctx, instagram.ID(post.ID), true))
	require.NoError(t, v.Account.Subscribe(ctx))
	require.NoError(t, v.Account.Unsubscribe(ctx))
	_, err = v.Account.Invites(ctx, instagram.ListParams{})
	require.NoError(t, err)
	require.NoError(t, v.Account.AnswerInvite(ctx, instagram.ID(b.Invite("shop", "friend")), true))
	require.NoError(t, v.Messages.SetIceBreakers(ctx, instagram.IceBreaker{Question: "open?", Payload: "OPEN"}))
	require.NoError(t, v.Messages.SetIceBreakers(ctx))
	who := instagram.ID(b.visitor.ID)
	require.NoError(t, v.Messages.React(ctx, who, "m", "love"))
	if v.Login() == instagram.FacebookLogin {
		_, err = v.Account.Discover(ctx, "visitor")
		require.NoError(t, err)
	}
}

// posts publishes in every form with every option.
func posts(t *testing.T, b *bench, facebook bool) (post, story smm.Ref) {
	t.Helper()
	reel := &smm.Post{Text: "a reel #red", Media: []smm.Media{{Name: "clip.mp4", Thumbnail: "blue.jpg"}}}
	reel.Disclosure.AI = true
	o := instagram.PostOptions{
		LocationID: "77", Collaborators: []string{"friend"}, UserTags: [][]instagram.UserTag{{{Username: "visitor"}}},
		ShareToFeed: ptr(true), AudioName: "ours", Trial: "MANUAL",
	}
	if facebook {
		reel.Disclosure.Paid = true
		o.Audio, o.Poll, o.PollExtended, o.Sponsors = &instagram.AudioSettings{ID: "1", Volume: ptr(50)}, []string{"yes", "no"}, true, []string{"5"}
	}
	require.NoError(t, o.Set(reel))
	b.publish(t, reel)
	prompt := &smm.Post{Text: "say something", Media: []smm.Media{{Name: "clip.mp4"}}}
	require.NoError(t, instagram.PostOptions{ThumbOffset: time.Second, CommentPrompt: facebook}.Set(prompt))
	b.publish(t, prompt)
	post = b.publish(t, &smm.Post{Text: "two", Media: []smm.Media{{Name: "red.jpg", AltText: "red"}, {Name: "clip.mp4"}}}).Post
	p := &smm.Post{Media: []smm.Media{{Name: "tall.jpg"}}}
	require.NoError(t, instagram.PostOptions{Format: instagram.FormatStory}.Set(p))
	return post, b.publish(t, p).Post
}

// answers says something wherever that is possible.
func answers(t *testing.T, b *bench, v *instagram.Client, post smm.Ref) (comment, convo smm.Ref) {
	t.Helper()
	ctx := t.Context()
	comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "nice @shop")
	require.NoError(t, err)
	mention, err := b.VisitorPosts(ctx, visitorHandle, "", "at @shop #red")
	require.NoError(t, err)
	convo, err = b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
	require.NoError(t, err)
	reply := b.publish(t, &smm.Post{Text: "thanks", ReplyTo: comment}).Post
	_, err = b.channel(t).Post(ctx, reply)
	require.NoError(t, err)
	b.publish(t, &smm.Post{Text: "welcome", ReplyTo: post})
	b.publish(t, &smm.Post{Text: "hi", ReplyTo: convo})
	_, err = v.Mentions.Reply(ctx, instagram.ID(mention.ID), "", "thanks")
	require.NoError(t, err)
	_, err = v.Mentions.Reply(ctx, instagram.ID(post.ID), instagram.ID(comment.ID), "thanks")
	require.NoError(t, err)
	return comment, convo
}
