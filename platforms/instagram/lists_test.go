package instagram_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestPostsAsTheyAreShown(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	p := &smm.Post{Text: "look @visitor #red", Media: []smm.Media{{Name: "red.jpg", AltText: "red"}, {Name: "clip.mp4"}}}
	post := b.publish(t, p).Post
	got, err := ch.Post(ctx, post)
	require.NoError(t, err)
	require.Equal(t, []smm.MediaClass{smm.MediaImage, smm.MediaVideo}, []smm.MediaClass{got.Attachments[0].Class, got.Attachments[1].Class})
	require.Equal(t, smm.Untrusted("red"), got.Attachments[0].AltText)
	require.Equal(t, []smm.Entity{
		{Kind: smm.EntityMention, Start: 5, End: 13}, {Kind: smm.EntityHashtag, Start: 14, End: 18, Target: "red"},
	}, got.Entities)
	require.Equal(t, "shop", got.Author.Handle)
	require.Equal(t, b.account.Channel.ID, got.Author.Ref.ID)
	require.Equal(t, smm.VisibilityPublic, got.Visibility)
	require.NotEmpty(t, got.Native)

	b.world.Clock.Advance(time.Hour)
	cut := b.world.Clock.Now()
	b.world.Clock.Advance(time.Minute)
	b.publish(t, picture("younger"))
	for name, c := range map[string]struct {
		o    smm.ListOptions
		want string
	}{
		"since": {smm.ListOptions{Since: cut}, "younger"}, "until": {smm.ListOptions{Until: cut}, "look @visitor #red"},
	} {
		all, err := ch.Posts(&c.o).Collect(ctx, 0)
		require.NoError(t, err)
		require.Len(t, all, 1, name)
		require.Equal(t, smm.Untrusted(c.want), all[0].Text)
	}
}

func TestCommentsWithTheirAnswers(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, ch := t.Context(), b.channel(t)
		post := b.publish(t, picture("a post")).Post
		top, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "is it red?")
		require.NoError(t, err)
		for i := range 7 {
			_, err := b.VisitorPosts(ctx, fmt.Sprint("friend", i), top.ID, fmt.Sprint("answer ", i))
			require.NoError(t, err)
		}
		own := b.publish(t, &smm.Post{Text: "it is", ReplyTo: top}).Post
		all, err := ch.Comments(post, nil).Collect(ctx, 0)
		require.NoError(t, err)
		require.Len(t, all, 9, "more answers than come with a comment are read by their own list")
		require.Equal(t, top, all[0].Ref)
		require.Equal(t, post, all[0].InReplyTo)
		for _, m := range all[1:] {
			require.Equal(t, top, m.InReplyTo)
			require.Equal(t, post, m.Root)
			require.Equal(t, m.Ref == own, m.Own)
		}
		require.NoError(t, ch.Hide(ctx, top))
		all, err = ch.Comments(post, nil).Collect(ctx, 1)
		require.NoError(t, err)
		require.True(t, all[0].Hidden)

		answers, err := ch.Comments(top, nil).Collect(ctx, 0)
		require.NoError(t, err)
		require.Len(t, answers, 8)

		c, err := ch.Post(ctx, own)
		require.NoError(t, err)
		require.Equal(t, own, c.Ref)
		require.Equal(t, top, c.InReplyTo)
		require.Contains(t, c.URL, "https://www.instagram.com/p/")
		require.NoError(t, ch.DeleteComment(ctx, top))
		all, err = ch.Comments(post, nil).Collect(ctx, 0)
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

func TestWhatIsGone(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	post := b.publish(t, picture("to be deleted")).Post
	require.NoError(t, ch.Delete(ctx, post))
	_, err := ch.Post(ctx, post)
	require.ErrorIs(t, err, smm.ErrNotFound)
	require.NoError(t, ch.Delete(ctx, post))
	require.NoError(t, ch.SetLiked(ctx, post, false))
	require.ErrorIs(t, ch.SetLiked(ctx, post, true), smm.ErrNotFound)
	metrics, err := ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post}})
	require.NoError(t, err)
	for _, m := range metrics {
		require.False(t, m.State.Known())
	}
}

func TestDeletingPostsTakesTheLoginOfFacebook(t *testing.T) {
	b := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	ctx := t.Context()
	post := b.publish(t, picture("stays")).Post
	err := b.channel(t).Delete(ctx, post)
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.ErrorContains(t, err, "Facebook")
	writes := b.world.Faults.RequestsOf(sim.Write)
	require.ErrorIs(t, b.vendor(t).Media.Delete(ctx, instagram.ID(post.ID)), smm.ErrUnsupported)
	require.Equal(t, writes, b.world.Faults.RequestsOf(sim.Write))
	caps, err := b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	for _, x := range []smm.Capability{smm.CapDelete, smm.CapLike, smm.CapListMentions, smm.CapSearch} {
		require.Equal(t, smm.StateAccountType, caps.Support(x).State, x)
	}
	require.True(t, caps.Has(smm.CapDeleteComment, smm.CapHide, smm.CapBlock, smm.CapVideo))
	require.Equal(t, smm.StateNever, caps.Support(smm.CapEdit).State)
}

func TestCapabilitiesNameTheirCure(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	cred, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	cred.Scopes = []string{"instagram_basic", "pages_read_engagement"}
	_, err = b.store.Swap(ctx, "", b.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	b.config.MediaHost = nil
	caps, err := b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	require.True(t, caps.Has(smm.CapListPosts, smm.CapProfile))
	post := caps.Support(smm.CapPost)
	require.Equal(t, smm.StateScope, post.State)
	require.Equal(t, []string{"instagram_content_publish"}, post.Missing)
	require.Contains(t, post.Cure, "instagram_content_publish")

	cred.Scopes, cred.Version = nil, cred.Version+1
	_, err = b.store.Swap(ctx, "", b.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	caps, err = b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	require.Equal(t, smm.StateServer, caps.Support(smm.CapImage).State, "pictures need a MediaHost")
	require.True(t, caps.Has(smm.CapPost, smm.CapVideo), "this login takes the bytes of films")
	require.Equal(t, smm.StateServer, caps.Support(smm.CapWebhooks).State)
	require.Equal(t, 30, caps.Limits().Hashtags)
	b.config.MaxHashtags = 5
	caps, err = b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	require.Equal(t, 5, caps.Limits().Hashtags)
}

func TestMentionsAndHashtags(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	tagged, err := b.VisitorPosts(ctx, visitorHandle, "", "at @shop #red")
	require.NoError(t, err)
	all, err := ch.Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, tagged, all[0].Ref)
	require.Equal(t, visitorHandle, all[0].Author.Handle)

	found, err := ch.Search(smm.SearchQuery{Hashtag: "red"}, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Empty(t, found[0].Author.Handle, "the vendor does not tell who wrote it")
	found, err = ch.Search(smm.SearchQuery{Hashtag: "nothing"}, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Empty(t, found)
	_, err = ch.Search(smm.SearchQuery{Text: "red"}, nil).Collect(ctx, 0)
	require.ErrorIs(t, err, smm.ErrUnsupported)
}

func metric(t *testing.T, all []smm.Metric, name smm.MetricName) smm.Metric {
	t.Helper()
	for _, m := range all {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no %s", name)
	return smm.Metric{}
}

func TestMetricsSurviveABadName(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		o.DeadMetrics = []string{"shares", "profile_visits"}
		b := open(t, o)
		ctx, ch := t.Context(), b.channel(t)
		post := b.publish(t, picture("liked")).Post
		for _, who := range []string{"a", "b", "c"} {
			require.NoError(t, b.VisitorLikes(ctx, who, post.ID, false))
		}
		all, err := ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post}})
		require.NoError(t, err)
		require.EqualValues(t, 3, metric(t, all, smm.MetricLikes).Value)
		require.EqualValues(t, 3, metric(t, all, smm.MetricViews).Value)
		require.Equal(t, smm.MetricZero, metric(t, all, smm.MetricSaves).State)
		require.Equal(t, smm.MetricNotReported, metric(t, all, smm.MetricShares).State, "a dead name")
		require.Equal(t, "views", metric(t, all, smm.MetricViews).Native.Name)
	})
}

func TestMetricsOfAWindow(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	from := b.world.Clock.Now()
	for i := range 3 {
		post := b.publish(t, picture(fmt.Sprint("post ", i))).Post
		require.NoError(t, b.VisitorLikes(ctx, visitorHandle, post.ID, false))
		b.world.Clock.Advance(19 * 24 * time.Hour)
	}
	long := smm.Window{From: from, To: b.world.Clock.Now()}
	all, err := ch.Metrics(ctx, smm.MetricRequest{Window: long})
	require.NoError(t, err)
	require.EqualValues(t, 3, metric(t, all, smm.MetricLikes).Value, "calls of 30 days are added up")
	require.Equal(t, smm.MetricNotReported, metric(t, all, smm.MetricReach).State, "people cannot be added up")
	require.Equal(t, long, metric(t, all, smm.MetricLikes).Window)
	all, err = ch.Metrics(ctx, smm.MetricRequest{Window: smm.Window{From: from, To: from.Add(24 * time.Hour)}})
	require.NoError(t, err)
	require.EqualValues(t, 1, metric(t, all, smm.MetricReach).Value)

	all, err = ch.Metrics(ctx, smm.MetricRequest{})
	require.NoError(t, err)
	require.EqualValues(t, 3, metric(t, all, smm.MetricPosts).Value)
}

func TestStoriesHaveNumbersOfTheirOwn(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	p := &smm.Post{Media: []smm.Media{{Name: "red.jpg"}}}
	require.NoError(t, instagram.PostOptions{Format: instagram.FormatStory}.Set(p))
	story := b.publish(t, p).Post
	all, err := ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{story}})
	require.NoError(t, err)
	require.Equal(t, smm.MetricNotReported, metric(t, all, smm.MetricViews).State, "fewer than five viewers")
	for _, who := range []string{"a", "b", "c", "d", "e"} {
		require.NoError(t, b.VisitorLikes(ctx, who, story.ID, false))
	}
	all, err = ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{story}})
	require.NoError(t, err)
	require.EqualValues(t, 5, metric(t, all, smm.MetricViews).Value)
	require.Equal(t, smm.MetricZero, metric(t, all, smm.MetricClicks).State)
}

func TestAudience(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	all, err := ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	require.Len(t, all, 4)
	for _, m := range all {
		require.Equal(t, smm.MetricNotReported, m.State, "fewer than a hundred followers")
	}
	b.SetFollowers("shop", 300)
	all, err = ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	require.Len(t, all, 8)
	require.Equal(t, []smm.Dimension{{Name: "age", Value: "18-24"}}, all[0].Breakdown)
	require.EqualValues(t, 200, all[0].Value)
}

func TestProfiles(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, ch := t.Context(), b.channel(t)
		b.SetFollowers("shop", 7)
		p, err := ch.Profile(ctx, smm.Ref{})
		require.NoError(t, err)
		require.Equal(t, "shop", p.Handle)
		require.EqualValues(t, 7, metric(t, p.Metrics, smm.MetricFollowers).Value)
		require.Equal(t, "https://www.instagram.com/shop/", p.URL)
		_, err = ch.Profile(ctx, b.visitor)
		require.Error(t, err, "they never wrote")
		_, err = b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
		require.NoError(t, err)
		p, err = ch.Profile(ctx, b.visitor)
		require.NoError(t, err)
		require.Equal(t, visitorHandle, p.Handle)
		facts, err := b.driver(t).ReadFacts(ctx, b.account.Channel)
		require.NoError(t, err)
		require.Contains(t, facts.AccountType, string(o.Login))
	})
}

func TestBlocking(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx, ch := t.Context(), b.channel(t)
		require.NoError(t, ch.SetBlocked(ctx, b.visitor, true))
		require.True(t, b.Blocked("shop", b.visitor.ID))
		_, err := b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
		require.Error(t, err)
		require.NoError(t, ch.SetBlocked(ctx, b.visitor, false))
		require.False(t, b.Blocked("shop", b.visitor.ID))
		gone := b.account.Channel.WithKind(smm.KindAuthor, "999999")
		require.NoError(t, ch.SetBlocked(ctx, gone, false))
		require.ErrorIs(t, ch.SetBlocked(ctx, gone, true), smm.ErrNotFound)
	})
}

// Refs of other platforms and kinds are refused before anything is sent.
func TestForeignRefs(t *testing.T) {
	b := open(t, nil)
	d, ctx := b.driver(t), t.Context()
	channel := b.account.Channel
	wrong := smm.Ref{Platform: "mastodon", Space: "m.example", Kind: smm.KindPost, ID: "1"}
	before := b.world.Faults.RequestsOf(sim.Read) + b.world.Faults.RequestsOf(sim.Write)
	for name, err := range map[string]error{
		"get":    errOf(d.GetPost(ctx, channel, wrong)),
		"list":   errOf(d.ListComments(ctx, channel, wrong, smm.PageRequest{})),
		"hide":   d.SetHidden(ctx, channel, wrong, true),
		"like":   d.SetLiked(ctx, channel, wrong, true),
		"block":  d.SetBlocked(ctx, channel, wrong, true),
		"delete": d.DeleteItem(ctx, channel, wrong),
		"talk":   errOf(d.ListMessages(ctx, channel, wrong, smm.PageRequest{})),
		"who":    errOf(d.ReadProfile(ctx, channel, wrong)),
		"count":  errOf(d.ReadMetrics(ctx, channel, smm.MetricRequest{Subjects: []smm.Ref{wrong}})),
	} {
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	require.Equal(t, before, b.world.Faults.RequestsOf(sim.Read)+b.world.Faults.RequestsOf(sim.Write))
}

func errOf[T any](_ T, err error) error { return err }

// A token that belongs to another account than it is stored under is no connection.
func TestTokensOfOthers(t *testing.T) {
	b := open(t, &instagramtest.Options{Login: instagramtest.Instagram})
	ctx := t.Context()
	other, err := b.NewAccount("another")
	require.NoError(t, err)
	cred, err := b.store.Load(ctx, "", b.account.Channel)
	require.NoError(t, err)
	cred.AccessToken = smm.NewSecret(other.Login["INSTAGRAM_TOKEN"])
	_, err = b.store.Swap(ctx, "", b.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	_, err = b.driver(t).ReadFacts(ctx, b.account.Channel)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.ErrorContains(t, err, "another account")
}

func TestListChannels(t *testing.T) {
	b := open(t, nil)
	ctx := context.Background()
	other, err := b.NewAccount("another")
	require.NoError(t, err)
	b.connect(t, other, nil)
	page, err := b.driver(t).ListChannels(ctx, smm.PageRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	b.Revoke("another", 460)
	page, err = b.driver(t).ListChannels(ctx, smm.PageRequest{})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.Equal(t, "shop", page.Items[0].Handle)
}
