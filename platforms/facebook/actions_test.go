package facebook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestEdit(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	post := b.publish(t, &smm.Post{Text: "frist"}).Post
	require.NoError(t, ch.Edit(ctx, post, &smm.Post{Text: "first"}))
	got, err := ch.Post(ctx, post)
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted("first"), got.Text)

	reel := b.reel(t, "rele")
	require.NoError(t, ch.Edit(ctx, reel, &smm.Post{Text: "reel"}))
	got, err = ch.Post(ctx, reel)
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted("reel"), got.Text)

	comment := b.publish(t, &smm.Post{Text: "thnaks", ReplyTo: post}).Post
	require.NoError(t, ch.Edit(ctx, comment, &smm.Post{Text: "thanks"}))
	got, err = ch.Post(ctx, comment)
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted("thanks"), got.Text)

	require.ErrorIs(t, ch.Edit(ctx, post, &smm.Post{Text: "x", Media: []smm.Media{{Name: "red.png"}}}), smm.ErrUnsupported)
	b.MakeForeign(post.ID)
	require.ErrorIs(t, ch.Edit(ctx, post, &smm.Post{Text: "theirs"}), smm.ErrRejected)
}

func TestDelete(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	for _, ref := range []smm.Ref{b.publish(t, &smm.Post{Text: "a post"}).Post, b.reel(t, "a reel")} {
		require.NoError(t, ch.Delete(ctx, ref))
		require.NoError(t, ch.Delete(ctx, ref), "what is gone counts as deleted")
		_, err := ch.Post(ctx, ref)
		require.ErrorIs(t, err, smm.ErrNotFound)
	}
	for _, i := range b.items() {
		require.True(t, i.Removed)
	}
	require.ErrorIs(t, ch.Delete(ctx, b.visitor), smm.ErrInvalid)
	require.ErrorIs(t, ch.Delete(ctx, smm.Ref{Platform: "facebook", Kind: smm.KindPost, ID: "1/comments"}), smm.ErrInvalid, "an id is no path")
}

// TestBlockASender: an id that is none of a comment's author is tried as one of a
// message's sender.
func TestBlockASender(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	require.ErrorIs(t, b.channel(t).SetBlocked(ctx, smm.Ref{Platform: "facebook", Kind: smm.KindAuthor, ID: "12345"}, true), smm.ErrRejected)
	require.Equal(t, 2, b.world.Faults.Requests(sim.Op{Platform: facebook.Platform, Name: "POST page/blocked", Class: sim.Write}))
	require.NoError(t, b.channel(t).SetBlocked(ctx, b.visitor, true))
	l, err := b.vendor(t).Pages.Blocked(ctx, facebook.ListParams{})
	require.NoError(t, err)
	require.Equal(t, []facebook.Actor{{ID: facebook.ID(b.visitor.ID), Name: "Visitor vera"}}, l.Items)
	require.NoError(t, b.vendor(t).Pages.Moderate(ctx, []facebook.ID{facebook.ID(b.visitor.ID)}, facebook.UnblockUser, facebook.MoveToSpam))
	require.False(t, b.Blocks(b.account.Channel.ID, b.visitor.ID))
	require.ErrorIs(t, b.vendor(t).Pages.Moderate(ctx, nil, facebook.BlockUser), smm.ErrInvalid)
}

func TestProfile(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	links := []smm.ProfileLink{{Label: "web", Value: "https://shop.example"}}
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{Bio: ptr("Coffee."), Links: &links, Avatar: &smm.Media{Name: "red.png"}, Banner: &smm.Media{Name: "blue.jpg"}}))
	p, err := ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.Equal(t, "Coffee.", p.Bio)
	require.Equal(t, "https://shop.example", p.Links[0].Value)
	require.Contains(t, p.BannerURL, "https://scontent.example/")
	require.Equal(t, "shop", p.Handle)
	require.Empty(t, b.items(), "a photo of the cover is no post")

	require.ErrorIs(t, ch.EditProfile(ctx, smm.ProfileEdit{Name: ptr("Other")}), smm.ErrUnsupported)
	require.ErrorIs(t, ch.EditProfile(ctx, smm.ProfileEdit{Avatar: &smm.Media{Name: "clip.mp4"}}), smm.ErrInvalid)
	two := append(links, links...)
	require.ErrorIs(t, ch.EditProfile(ctx, smm.ProfileEdit{Links: &two}), smm.ErrInvalid)

	_, err = ch.Profile(ctx, b.visitor)
	require.Error(t, err, "somebody who never wrote")
	_, err = b.VisitorWrites(ctx, visitorHandle, "shop", "hi")
	require.NoError(t, err)
	p, err = ch.Profile(ctx, b.visitor)
	require.NoError(t, err)
	require.Equal(t, "Visitor vera Visitor", p.Name)
}

func TestMessengerProfile(t *testing.T) {
	b := open(t, nil)
	v, ctx := b.vendor(t), t.Context()
	want := facebook.MessengerProfile{
		Greeting:    []facebook.Greeting{{Locale: "default", Text: "Hi"}},
		IceBreakers: []facebook.IceBreaker{{Question: "Open?", Payload: "OPEN"}},
	}
	require.NoError(t, v.Profile.Set(ctx, want))
	got, err := v.Profile.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, v.Profile.Clear(ctx, "greeting"))
	got, err = v.Profile.Get(ctx)
	require.NoError(t, err)
	require.Empty(t, got.Greeting)
	_, err = b.VisitorWrites(ctx, visitorHandle, "shop", "hi")
	require.NoError(t, err)
	require.NoError(t, v.Messages.Act(ctx, facebook.ID(b.visitor.ID), facebook.MarkSeen))
	require.NoError(t, v.Messages.React(ctx, facebook.ID(b.visitor.ID), "m_1", "love"))
	id, err := v.Messages.Attach(ctx, "image", "https://e.x/a.png")
	require.NoError(t, err)
	require.NotEmpty(t, id)
	_, o, err := v.Messages.Send(ctx, facebook.SendParams{Text: "to nobody"})
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, smm.OutcomeNotSent, o.State)
}
