package facebook_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// reel publishes a reel.
func (b *bench) reel(t testing.TB, text string) smm.Ref {
	t.Helper()
	p := options(t, &smm.Post{Text: text, Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel})
	return b.publish(t, p).Post
}

// TestPostsAndReels are one list, newest first, in pages of any size and from any
// place.
func TestPostsAndReels(t *testing.T) {
	b := open(t, nil)
	var want []string
	for i := range 9 {
		b.world.Clock.Advance(time.Minute)
		if i%3 == 1 {
			want = append([]string{b.reel(t, fmt.Sprint("reel ", i)).ID}, want...)
		} else {
			want = append([]string{b.publish(t, &smm.Post{Text: fmt.Sprint("post ", i)}).Post.ID}, want...)
		}
	}
	for size := range 12 {
		got, err := b.channel(t).Posts(&smm.ListOptions{PageSize: size}).Collect(t.Context(), 0)
		require.NoError(t, err)
		var ids []string
		for _, p := range got {
			ids = append(ids, p.Ref.ID)
			require.NotEmpty(t, p.URL)
		}
		require.Equal(t, want, ids, "pages of %d", size)
	}
	list := b.channel(t).Posts(&smm.ListOptions{PageSize: 2})
	_, err := list.Collect(t.Context(), 4)
	require.NoError(t, err)
	rest, err := b.channel(t).Posts(&smm.ListOptions{PageSize: 5, Cursor: list.Cursor()}).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, rest, 5)
	require.Equal(t, want[4], rest[0].Ref.ID)

	since, err := b.channel(t).Posts(&smm.ListOptions{Since: b.world.Clock.Now().Add(-150 * time.Second)}).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, want[0], since[0].Ref.ID)
	require.Less(t, len(since), 5)
	_, err = b.channel(t).Posts(&smm.ListOptions{Cursor: "0:nonsense"}).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrInvalid)

	p, err := b.channel(t).Post(t.Context(), smm.Ref{Platform: facebook.Platform, Kind: smm.KindPost, ID: want[1]})
	require.NoError(t, err)
	require.Equal(t, smm.Untrusted("reel 7"), p.Text)
	require.Equal(t, smm.MediaVideo, p.Attachments[0].Class)
	require.Equal(t, "https://www.facebook.com/reel/"+want[1]+"/", p.URL)
}

// TestMentions are posts that name the Page and those left on it, each once.
func TestMentions(t *testing.T) {
	b := open(t, nil)
	named, err := b.VisitorPosts(t.Context(), visitorHandle, "", "I like @shop")
	require.NoError(t, err)
	b.world.Clock.Advance(time.Minute)
	left, err := b.VisitorPostsOn("otto", "shop", "are you open?")
	require.NoError(t, err)
	got, err := b.channel(t).Mentions(&smm.ListOptions{PageSize: 1}).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, left, got[0].Ref)
	require.Equal(t, named, got[1].Ref)
	require.Equal(t, b.Author("otto"), got[0].Author.Ref)
	require.False(t, got[0].Own)
}

func TestReviews(t *testing.T) {
	b := open(t, nil)
	_, err := b.VisitorRecommends(visitorHandle, "shop", true, "great")
	require.NoError(t, err)
	b.world.Clock.Advance(time.Hour)
	bad, err := b.VisitorRecommends("otto", "shop", false, "")
	require.NoError(t, err)
	got, err := b.channel(t).Reviews(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, bad, got[0].Ref)
	require.False(t, *got[0].Recommended)
	require.True(t, *got[1].Recommended)
	require.Zero(t, got[1].Rating, "recommendations have no stars")
	require.Equal(t, smm.Untrusted("great"), got[1].Text)
}

func TestConversationWindow(t *testing.T) {
	b := open(t, nil)
	thread, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello?")
	require.NoError(t, err)
	read := func() smm.Conversation {
		t.Helper()
		got, err := b.channel(t).Conversations(nil).Collect(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, got, 1)
		return got[0]
	}
	c := read()
	require.True(t, c.Unread)
	require.Equal(t, smm.ReplyWindow{State: smm.WindowOpen, Expires: epoch.Add(24 * time.Hour)}, c.Window)
	require.Equal(t, []smm.Author{{Ref: b.visitor, Name: "Visitor vera"}}, c.Participants)
	b.world.Clock.Advance(time.Hour)
	b.publish(t, &smm.Post{Text: "hi", ReplyTo: thread})
	c = read()
	require.False(t, c.Unread)
	require.Equal(t, epoch.Add(24*time.Hour), c.Window.Expires, "our own words open nothing")
	require.True(t, c.Last.Own)
	b.world.Clock.Advance(23 * time.Hour)
	require.Equal(t, smm.WindowClosed, read().Window.State)
	require.Equal(t, "window-over", read().Window.Reason)
	b.world.Clock.Advance(7 * 24 * time.Hour)
	require.Equal(t, "platform-refuses", read().Window.Reason)
}

// TestAuthorsNeedAScope: without it the vendor does not say who commented, and the
// comment is there all the same.
func TestAuthorsNeedAScope(t *testing.T) {
	opts := noQuotas()
	opts.Scopes = []string{"pages_manage_posts", "pages_read_engagement", "pages_show_list"}
	b := open(t, opts)
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	_, err := b.VisitorPosts(t.Context(), visitorHandle, post.ID, "who am I?")
	require.NoError(t, err)
	got, err := b.channel(t).Comments(post, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.True(t, got[0].Author.Ref.IsZero())
	require.False(t, got[0].Own)
	_, err = b.channel(t).Mentions(nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrForbidden)
}

// TestMergeSame: what stands in both lists comes once.
func TestMergeSame(t *testing.T) {
	item := func(id, at string) string {
		return `{"id":"` + id + `","message":"x","from":{"id":"9"},"created_time":"2026-11-23T` + at + `:00+0000"}`
	}
	d, _ := stub(t, map[string]string{
		"GET /10/tagged":        `{"data":[` + item("9_3", "08:30") + `,` + item("9_2", "08:20") + `]}`,
		"GET /10/visitor_posts": `{"data":[` + item("9_4", "08:40") + `,` + item("9_2", "08:20") + `,` + item("9_1", "08:10") + `,{"id":""}]}`,
	})
	p, err := d.ListMentions(t.Context(), hostilePage, smm.PageRequest{})
	require.NoError(t, err)
	var ids []string
	for _, m := range p.Items {
		ids = append(ids, m.Ref.ID)
	}
	require.Equal(t, []string{"9_4", "9_3", "9_2", "9_1"}, ids)
	require.Empty(t, p.Next)
}
