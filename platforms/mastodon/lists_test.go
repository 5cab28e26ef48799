package mastodon_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
)

func TestPagesToTheEnd(t *testing.T) {
	for name, opts := range map[string]mastodontest.Options{
		"absolute links": {}, "relative links": {RelativeLinks: true}, "numbers as ids": {NumericIDs: true}, "ulids": {Software: mastodontest.GoToSocial},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Quotas = mastodontest.NoQuotas()
			b := open(t, &opts)
			var want []string
			for i := range 25 {
				r := b.publish(t, &smm.Post{Text: fmt.Sprintf("post %d #tag", i)})
				want = append([]string{r.Post.ID}, want...)
				require.NoError(t, b.VisitorLikes(t.Context(), visitorHandle, r.Post.ID, false))
			}
			ch := b.channel(t)
			collect := func(l *smm.List[smm.PublishedPost]) (ids []string) {
				t.Helper()
				posts, err := l.Collect(t.Context(), 0)
				require.NoError(t, err)
				for _, p := range posts {
					ids = append(ids, p.Ref.ID)
				}
				return ids
			}
			require.Equal(t, want, collect(ch.Posts(&smm.ListOptions{PageSize: 4})))
			require.Equal(t, want, collect(ch.Timeline(&smm.ListOptions{PageSize: 7})))
			require.Equal(t, want, collect(ch.Search(smm.SearchQuery{Hashtag: "tag"}, &smm.ListOptions{PageSize: 3})))
			require.Equal(t, want, collect(ch.Search(smm.SearchQuery{Text: "post"}, &smm.ListOptions{PageSize: 10})))
		})
	}
}

// TestHiddenIDs: bookmarks page by ids that are not those of the statuses.
func TestHiddenIDs(t *testing.T) {
	b := open(t, nil)
	v := b.vendor(t)
	var want []mastodon.ID
	for i := range 9 {
		r := b.publish(t, &smm.Post{Text: fmt.Sprint("post ", i)})
		want = append(want, mastodon.ID(r.Post.ID))
	}
	for i := len(want) - 1; i >= 0; i-- { // so that the newest mark is on the oldest post
		_, err := v.Statuses.Bookmark(t.Context(), want[i])
		require.NoError(t, err)
	}
	var got []mastodon.ID
	p := mastodon.ListParams{Limit: 2}
	for range 10 {
		page, err := v.Accounts.Bookmarks(t.Context(), p)
		require.NoError(t, err)
		for _, s := range page.Items {
			got = append(got, s.ID)
		}
		if page.Next == "" {
			break
		}
		p = mastodon.ListParams{Cursor: page.Next}
	}
	require.Equal(t, want, got)
}

// TestLinkToAnotherHost: a Link header must not lead the token away.
func TestLinkToAnotherHost(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	pages := 0
	_, c, _, _ := stub(t, scripted{"GET /api/v1/timelines/home": func(w http.ResponseWriter, r *http.Request) {
		pages++
		if r.URL.Query().Get("max_id") == "" {
			w.Header().Set("Link", `<`+other.URL+`/api/v1/timelines/home?max_id=7&access_token=secret-token>; rel="next"`)
		}
		_, _ = w.Write([]byte(`[{"id":"8"}]`))
	}})
	first, err := c.Timelines.Home(t.Context(), mastodon.ListParams{})
	require.NoError(t, err)
	require.Equal(t, "max_id=7", first.Next)
	second, err := c.Timelines.Home(t.Context(), mastodon.ListParams{Cursor: first.Next})
	require.NoError(t, err)
	require.Empty(t, second.Next)
	require.Equal(t, 2, pages)
	require.Zero(t, asked)
}

func TestLinkHeaders(t *testing.T) {
	for _, tc := range []struct {
		name, header, next, prev string
	}{
		{"documented", `<https://m.example/api/v1/x?max_id=1>; rel="next", <https://m.example/api/v1/x?min_id=9>; rel="prev"`, "max_id=1", "min_id=9"},
		{"relative", `</api/v1/x?max_id=1&limit=2>; rel="next"`, "limit=2&max_id=1", ""},
		{"commas in the URL", `<https://m.example/x?types=a,b&max_id=1>; rel="next"`, "max_id=1&types=a%2Cb", ""},
		{"no quotes, odd case", `<https://m.example/x?max_id=1>;REL=NEXT`, "max_id=1", ""},
		{"other parameters", `<https://m.example/x?max_id=1>; title="a"; rel="next"`, "max_id=1", ""},
		{"empty", ``, "", ""},
		{"empty link", `<>; rel="next"`, "", ""},
		{"no query", `<https://m.example/x>; rel="next"`, "", ""},
		{"garbage", `next`, "", ""},
		{"bad escape", `<https://m.example/x?max_id=%zz>; rel="next"`, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, c, _, _ := stub(t, scripted{"GET /api/v1/timelines/home": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Link", tc.header)
				_, _ = w.Write([]byte(`[]`))
			}})
			p, err := c.Timelines.Home(t.Context(), mastodon.ListParams{})
			require.NoError(t, err)
			require.Equal(t, tc.next, p.Next)
			require.Equal(t, tc.prev, p.Prev)
		})
	}
}

func TestForeignCursorIsRefused(t *testing.T) {
	_, c, _, _ := stub(t, scripted{})
	_, err := c.Timelines.Home(t.Context(), mastodon.ListParams{Cursor: "%zz"})
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestListsInALoop: a server whose pages lead in a circle cannot hold a reader.
func TestListsInALoop(t *testing.T) {
	d, _, ch, _ := stub(t, scripted{"GET /api/v1/timelines/home": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `</x?max_id=1>; rel="next"`)
		_, _ = w.Write([]byte(`[{"id":"8"}]`))
	}})
	client, err := smm.New([]smm.Driver{d})
	require.NoError(t, err)
	_, err = client.Channel(ch).Timeline(nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrUnavailable)
}

func TestListsWithinTimes(t *testing.T) {
	b := open(t, nil)
	for i := range 6 {
		b.publish(t, &smm.Post{Text: fmt.Sprint("post ", i)})
		b.world.Clock.Advance(time.Hour)
	}
	posts, err := b.channel(t).Posts(&smm.ListOptions{PageSize: 2, Since: epoch.Add(90 * time.Minute), Until: epoch.Add(4*time.Hour + time.Minute)}).Collect(t.Context(), 0)
	require.NoError(t, err)
	var texts []string
	for _, p := range posts {
		texts = append(texts, string(p.Text))
	}
	require.Equal(t, []string{"post 4", "post 3", "post 2"}, texts)
}

// TestInbox: mentions, comments and private messages are told apart.
func TestInbox(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	post := b.publish(t, &smm.Post{Text: "What do you think?"}).Post
	comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "Nice!")
	require.NoError(t, err)
	nested, err := b.VisitorPosts(ctx, "third", comment.ID, "Indeed")
	require.NoError(t, err)
	named, err := b.VisitorPosts(ctx, visitorHandle, "", "look at @shop")
	require.NoError(t, err)
	for i := range 3 {
		_, err = b.VisitorWrites(ctx, visitorHandle, "shop", fmt.Sprint("psst ", i))
		require.NoError(t, err)
		b.world.Clock.Advance(time.Minute)
	}

	mentions, err := ch.Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, mentions, 2)
	require.Equal(t, named, mentions[0].Ref)
	require.Equal(t, smm.Untrusted("look at @shop"), mentions[0].Text)
	require.Equal(t, b.account.Channel.WithKind(smm.KindAuthor, b.account.Channel.ID).String(), mentions[0].Entities[0].Target)
	require.Equal(t, comment, mentions[1].Ref)
	require.Equal(t, b.visitor, mentions[1].Author.Ref)
	require.Equal(t, visitorHandle, mentions[1].Author.Handle)

	comments, err := ch.Comments(post, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, comments, 2)
	require.Equal(t, comment, comments[0].Ref)
	require.Equal(t, post, comments[0].InReplyTo)
	require.Equal(t, nested, comments[1].Ref)
	require.Equal(t, comment, comments[1].InReplyTo)
	require.Equal(t, post, comments[1].Root)

	convs, err := ch.Conversations(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, convs, 1)
	require.True(t, convs[0].Unread)
	require.Equal(t, smm.Untrusted("psst 2"), convs[0].Last.Text)
	messages, err := ch.Messages(convs[0].Ref, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, messages, 3)
	require.Equal(t, smm.Untrusted("psst 2"), messages[0].Text)
	require.Equal(t, smm.Untrusted("psst 0"), messages[2].Text)

	answer, err := ch.Reply(ctx, convs[0].Ref, &smm.Post{Text: "psst yourself"}, nil)
	require.NoError(t, err)
	messages, err = ch.Messages(convs[0].Ref, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, messages, 4)
	require.Equal(t, answer.Post, messages[0].Ref)
	require.True(t, messages[0].Own)

	_, err = ch.Messages(convs[0].Ref.WithKind(smm.KindConversation, "nope"), nil).Collect(ctx, 0)
	require.ErrorIs(t, err, smm.ErrNotFound)
}

// TestConversationOnALaterPage: there is no method for one conversation.
func TestConversationOnALaterPage(t *testing.T) {
	b := open(t, nil)
	for i := range 45 {
		_, err := b.VisitorWrites(t.Context(), "v"+strconv.Itoa(i)+"@far.example", "shop", "hello")
		require.NoError(t, err)
	}
	ch := b.channel(t)
	convs, err := ch.Conversations(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, convs, 45)
	r, err := ch.Reply(t.Context(), convs[44].Ref, &smm.Post{Text: "hi"}, nil)
	require.NoError(t, err)
	require.Equal(t, smm.KindMessage, r.Post.Kind)
	items := b.world.Ledger.Items()
	require.Equal(t, "@v0@far.example hi", items[len(items)-1].Text)
	require.True(t, items[len(items)-1].Private)
}

func TestSearchRefusals(t *testing.T) {
	b := open(t, nil)
	ch := b.channel(t)
	for _, q := range []smm.SearchQuery{{}, {Text: "x", Language: "en"}, {Text: "x", Hashtag: "y"}} {
		_, err := ch.Search(q, nil).Collect(t.Context(), 0)
		require.ErrorIs(t, err, smm.ErrUnsupported)
	}
	_, err := ch.Search(smm.SearchQuery{Text: "x"}, &smm.ListOptions{Cursor: "0:" + url.Values{"offset": {"-1"}}.Encode()}).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrInvalid)
}
