package instagram_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
)

// What only the vendor client has.
func TestVendorClient(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, v := t.Context(), b.vendor(t)
		require.Equal(t, instagram.Login(o.Login), v.Login())
		address, _, err := b.host.MediaURL(ctx, "", smm.Media{Name: "red.jpg"}, time.Hour)
		require.NoError(t, err)
		made, err := v.Media.Create(ctx, instagram.ContainerParams{
			ImageURL: address, Caption: "by hand", UserTags: []instagram.UserTag{{Username: "visitor", X: ptr(0.5), Y: ptr(0.5)}},
			Collaborators: []string{"friend"}, LocationID: "77", AIGenerated: true,
		})
		require.NoError(t, err)
		c, err := v.Media.Container(ctx, made.ID)
		require.NoError(t, err)
		require.Equal(t, instagram.StatusInProgress, c.StatusCode)
		b.world.Clock.Advance(time.Minute)
		media, err := v.Media.Publish(ctx, made.ID)
		require.NoError(t, err)
		_, err = v.Media.Publish(ctx, made.ID)
		require.Error(t, err, "a container is published once")

		require.NoError(t, v.Media.SetComments(ctx, media, false))
		_, err = v.Comments.Create(ctx, media, "no")
		require.ErrorIs(t, err, smm.ErrForbidden)
		require.NoError(t, v.Media.SetComments(ctx, media, true))
		id, err := v.Comments.Create(ctx, media, "yes")
		require.NoError(t, err)
		reply, err := v.Comments.Reply(ctx, id, "again")
		require.NoError(t, err)
		got, err := v.Comments.Get(ctx, reply)
		require.NoError(t, err)
		require.Equal(t, id, got.ParentID)
		require.NoError(t, v.Comments.Delete(ctx, id))

		limit, err := v.Media.PublishingLimit(ctx)
		require.NoError(t, err)
		left, known := limit.Left()
		require.True(t, known)
		require.EqualValues(t, 49, left)
		live, err := v.Media.Live(ctx, instagram.ListParams{})
		require.NoError(t, err)
		require.Empty(t, live.Items)

		require.NoError(t, v.Account.Subscribe(ctx))
		require.Contains(t, b.Subscribed("shop"), "messages")
		require.NoError(t, v.Account.Unsubscribe(ctx))
		require.Empty(t, b.Subscribed("shop"))
		post := b.Invite("shop", "friend")
		invites, err := v.Account.Invites(ctx, instagram.ListParams{})
		require.NoError(t, err)
		require.Equal(t, instagram.ID(post), invites.Items[0].MediaID)
		require.NoError(t, v.Account.AnswerInvite(ctx, instagram.ID(post), true))
		require.ErrorIs(t, v.Account.AnswerInvite(ctx, instagram.ID(post), true), smm.ErrRejected)
	})
}

func TestVendorMessages(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, v := t.Context(), b.vendor(t)
		who := instagram.ID(b.visitor.ID)
		_, there, err := v.Messages.With(ctx, who)
		require.NoError(t, err)
		require.False(t, there)

		post := b.publish(t, picture("a post")).Post
		comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "how much?")
		require.NoError(t, err)
		_, err = v.Messages.Send(ctx, instagram.SendParams{Comment: instagram.ID(comment.ID), Text: "ten"})
		require.NoError(t, err)
		_, err = v.Messages.Send(ctx, instagram.SendParams{Comment: instagram.ID(comment.ID), Text: "or nine"})
		require.ErrorIs(t, err, smm.ErrForbidden, "one private answer ever")
		_, err = v.Messages.Send(ctx, instagram.SendParams{To: who, Text: "hello?"})
		require.ErrorIs(t, err, smm.ErrForbidden, "they did not answer yet")
		_, err = b.VisitorWrites(ctx, visitorHandle, "shop", "nine it is")
		require.NoError(t, err)
		id, err := v.Messages.Send(ctx, instagram.SendParams{To: who, Text: "deal"})
		require.NoError(t, err)
		m, err := v.Messages.Get(ctx, id)
		require.NoError(t, err)
		require.Equal(t, "deal", m.Message)
		require.NoError(t, v.Messages.React(ctx, who, id, "love"))
		require.NoError(t, v.Messages.React(ctx, who, id, ""))
		require.NoError(t, v.Messages.Act(ctx, who, instagram.ActionSeen))
		thread, there, err := v.Messages.With(ctx, who)
		require.NoError(t, err)
		require.True(t, there)
		require.EqualValues(t, 0, thread.UnreadCount.Value)
		require.NoError(t, v.Messages.Moderate(ctx, who, instagram.MoveToSpam))
		require.NoError(t, v.Messages.SetIceBreakers(ctx, instagram.IceBreaker{Question: "open?", Payload: "OPEN"}))
		require.JSONEq(t, `[{"question":"open?","payload":"OPEN"}]`, b.Questions("shop"))
		require.NoError(t, v.Messages.SetIceBreakers(ctx))
		require.Empty(t, b.Questions("shop"))
	})
}

func TestVendorDiscovery(t *testing.T) {
	b := open(t, nil)
	ctx, v := t.Context(), b.vendor(t)
	b.SetFollowers("rival", 12)
	_, err := b.VisitorPosts(ctx, "rival", "", "we are better than @shop")
	require.NoError(t, err)
	got, err := v.Account.Discover(ctx, "rival")
	require.NoError(t, err)
	require.EqualValues(t, 12, got.FollowersCount.Value)
	require.Len(t, got.Media.Data, 1)
	media, err := v.Mentions.Media(ctx, got.Media.Data[0].ID)
	require.NoError(t, err)
	require.Equal(t, "we are better than @shop", media.Caption)
	_, err = v.Account.Discover(ctx, "a){id},b(")
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = v.Mentions.Comment(ctx, "1){id")
	require.ErrorIs(t, err, smm.ErrNotFound)
	c0 := &canned{status: 200, body: []byte(`{}`)}
	_, err = cannedClient(t, c0).Mentions.Comment(ctx, "1){id},secret_field,x(")
	require.Error(t, err)
	require.NotContains(t, c0.seen[0].URL.String(), "secret_field")
	_, err = v.Account.Discover(ctx, "nobody")
	require.Error(t, err)

	own := b.publish(t, picture("a post")).Post
	in, err := b.VisitorPosts(ctx, "rival", own.ID, "dear @shop")
	require.NoError(t, err)
	c, err := v.Mentions.Comment(ctx, instagram.ID(in.ID))
	require.NoError(t, err)
	require.Equal(t, "dear @shop", c.Text)
	sounds, err := v.Audio.Search(ctx, instagram.AudioMusic, "rain")
	require.NoError(t, err)
	require.Equal(t, instagram.ID("77"), sounds[0].ID)
	tag, err := v.Hashtags.Find(ctx, "none")
	require.Error(t, err)
	require.Empty(t, tag)
	children, err := v.Media.Children(ctx, instagram.ID(own.ID))
	require.NoError(t, err)
	require.Empty(t, children.Items)

	other := open(t, &instagramtest.Options{Login: instagramtest.Instagram}).vendor(t)
	_, err = other.Account.Discover(ctx, "rival")
	require.ErrorIs(t, err, smm.ErrUnsupported)
	_, err = other.Audio.Search(ctx, instagram.AudioMusic, "")
	require.ErrorIs(t, err, smm.ErrUnsupported)
	_, err = other.Hashtags.Top(ctx, "1", instagram.ListParams{})
	require.ErrorIs(t, err, smm.ErrUnsupported)
}

func TestClientConfig(t *testing.T) {
	for name, cfg := range map[string]instagram.ClientConfig{
		"no token":   {Account: "1"},
		"no account": {Token: smm.NewSecret("EAAx")},
		"a login":    {Login: "myspace", Account: "1", Token: smm.NewSecret("EAAx")},
		"a version":  {Account: "1", Token: smm.NewSecret("EAAx"), Version: "25"},
		"a host":     {Account: "1", Token: smm.NewSecret("EAAx"), BaseURL: "graph"},
	} {
		_, err := instagram.NewClient(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	require.Equal(t, instagram.InstagramLogin, instagram.LoginOf(smm.NewSecret("IGAAx")))
	require.Equal(t, instagram.FacebookLogin, instagram.LoginOf(smm.NewSecret("EAAx")))
	_, err := instagram.New(instagram.Config{})
	require.ErrorIs(t, err, smm.ErrInvalid)
	_, err = instagram.New(instagram.Config{Credentials: smm.NewMemoryCredentials(), MaxHashtags: -1})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]instagram.PostOptions{
		"format": {Format: "billboard"}, "trial": {Trial: "SOON"}, "collaborators": {Collaborators: []string{"a", "b", "c", "d"}},
		"poll": {Poll: []string{"one"}}, "both": {Poll: []string{"a", "b"}, CommentPrompt: true}, "frame": {ThumbOffset: -1},
		"tags": {UserTags: [][]instagram.UserTag{{}, {}}},
	} {
		b := open(t, nil)
		p := picture("options")
		require.NoError(t, o.Set(p))
		found, err := b.channel(t).Validate(t.Context(), p)
		require.NoError(t, err)
		require.Contains(t, codes(found), "options.invalid", name)
	}
	b := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	p := picture("options")
	require.NoError(t, instagram.PostOptions{Poll: []string{"a", "b"}}.Set(p))
	p.Disclosure.Paid, p.ContentWarning, p.Visibility = true, "spiders", smm.VisibilityFollowers
	p.Text += " #a #b #c #d #e #f"
	found, err := b.channel(t).Validate(t.Context(), p)
	require.NoError(t, err)
	require.Subset(t, codes(found), []string{
		"options.login", "disclosure.in-text", "content-warning.unsupported", "visibility.unsupported", "text.many-hashtags",
	})
	d := b.run(t, p, &smm.PublishOptions{SkipValidation: true})
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "unsupported", d.Failure.Kind)
}
