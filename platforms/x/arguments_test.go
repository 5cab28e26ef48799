package x_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// TestArguments: what X would refuse by form is not sent.
func TestArguments(t *testing.T) {
	b := open(t).says(200, `{}`)
	c, ctx := b.vendor(), t.Context()
	anonymous := b.vendor(func(cfg *x.ClientConfig) { cfg.Account = "" })
	many := slices.Repeat([]x.ID{"1"}, 101)
	check := func(errs ...error) {
		t.Helper()
		for i, err := range errs {
			require.ErrorIs(t, err, smm.ErrInvalid, i)
		}
		require.Empty(t, b.requests())
	}
	e := func(_ any, err error) error { return err }
	for _, id := range []x.ID{"", "a", "..", "1/2", "-1", "12345678901234567890", "1?x=1"} {
		check(c.Posts.Delete(ctx, id), e(c.Posts.Get(ctx, id, nil)), c.Posts.Like(ctx, id), c.Posts.Unlike(ctx, id), c.Posts.Hide(ctx, id, true),
			e(c.Posts.Lookup(ctx, nil, "1", id)), e(c.Posts.Timeline(ctx, id, x.TimelineParams{})), e(c.Posts.Quotes(ctx, id, x.ListParams{}, nil)),
			e(c.Posts.LikingUsers(ctx, id, x.ListParams{}, nil)), e(c.Posts.Edit(ctx, id, x.PostParams{Text: "x"})),
			e(c.Users.Get(ctx, id, nil)), e(c.Users.Followers(ctx, id, x.ListParams{}, nil)), e(c.Users.Follow(ctx, id)), c.Users.Unfollow(ctx, id),
			c.Users.Mute(ctx, id), c.Users.BlockDMs(ctx, id), c.Users.UnblockDMs(ctx, id),
			e(c.Messages.Event(ctx, id, nil)), e(c.Messages.EventsWith(ctx, id, x.DMParams{})), e(c.Messages.EventsIn(ctx, id, x.DMParams{})),
			e(c.Messages.Send(ctx, id, x.MessageParams{Text: "x"})), e(c.Messages.SendTo(ctx, id, x.MessageParams{Text: "x"})), c.Messages.Delete(ctx, id),
			e(c.Messages.CreateGroup(ctx, []x.ID{"1", id}, x.MessageParams{Text: "x"})),
			c.Media.Append(ctx, id, 0, strings.NewReader("x"), 1), e(c.Media.Finalize(ctx, id)), e(c.Media.Status(ctx, id)), c.Media.SetAltText(ctx, id, "x"),
			e(c.Media.Get(ctx, id, nil)), c.Webhooks.Delete(ctx, id), c.Webhooks.Validate(ctx, id), c.Activity.Delete(ctx, id), e(c.Activity.Update(ctx, id, "", "")))
	}
	check(e(c.Posts.Lookup(ctx, nil)), e(c.Posts.Lookup(ctx, nil, many...)), e(c.Users.ByUsername(ctx, "a/b", nil)), e(c.Users.ByUsernames(ctx, nil, "a,b")),
		e(c.Users.ByUsername(ctx, "abcdefghijklmnop", nil)), e(c.Messages.EventsIn(ctx, "7-", x.DMParams{})),
		e(c.Messages.Events(ctx, x.DMParams{Types: []string{"Other"}})), e(c.Messages.Send(ctx, "8", x.MessageParams{})),
		e(c.Messages.Send(ctx, "8", x.MessageParams{Attachments: []x.MessageAttachment{{MediaID: "a"}}})),
		e(c.Messages.CreateGroup(ctx, []x.ID{"8"}, x.MessageParams{Text: "x"})), e(c.Messages.CreateGroup(ctx, slices.Repeat([]x.ID{"8"}, 50), x.MessageParams{Text: "x"})),
		e(c.Posts.Timeline(ctx, "8", x.TimelineParams{ListParams: x.ListParams{Cursor: "a\r\nb"}})), e(c.Posts.Timeline(ctx, "8", x.TimelineParams{ListParams: x.ListParams{Cursor: strings.Repeat("a", 4000)}})),
		e(c.Posts.Timeline(ctx, "8", x.TimelineParams{TimeRange: x.TimeRange{SinceID: "x"}})),
		e(c.Posts.Search(ctx, x.SearchParams{})), e(c.Posts.SearchAll(ctx, x.SearchParams{})), e(c.Posts.CountsAll(ctx, x.CountParams{})), e(c.Posts.Search(ctx, x.SearchParams{Query: "x", ListParams: x.ListParams{Cursor: " "}})), e(c.Posts.Search(ctx, x.SearchParams{Query: strings.Repeat("a", 4097)})), e(c.Posts.Counts(ctx, x.CountParams{Query: "x", Granularity: "week"})),
		e(c.Usage.Get(ctx, 91)), e(c.Usage.Get(ctx, -1)),
		e(c.Analytics.Posts(ctx, x.AnalyticsParams{IDs: []x.ID{"5"}})), e(c.Analytics.Posts(ctx, x.AnalyticsParams{IDs: []x.ID{"5"}, TimeRange: x.TimeRange{Start: to, End: from}})),
		e(c.Analytics.Media(ctx, x.AnalyticsParams{IDs: []x.ID{"13_5"}, TimeRange: x.TimeRange{Start: from, End: to}, Granularity: "weekly"})),
		e(c.Webhooks.Create(ctx, "http://h.example")), e(c.Webhooks.Create(ctx, "https://h.example:8443/x")), e(c.Webhooks.Create(ctx, "https://h.example/"+strings.Repeat("x", 200))),
		e(c.Webhooks.Replay(ctx, "6", to, from)),
		e(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: "Post Create", Filter: x.ActivityFilter{UserID: "7"}})), e(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: "post.create"})),
		e(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: "post.create", Filter: x.ActivityFilter{UserID: "7", Direction: "both"}})),
		e(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: "post.create", Filter: x.ActivityFilter{UserID: "7"}, Tag: strings.Repeat("x", 201)})),
		e(c.Activity.DeleteAll(ctx, many...)), c.Media.AddSubtitles(ctx, "88", "", x.Subtitles{ID: "89", Language: "en"}),
		c.Media.SetAltText(ctx, "88", strings.Repeat("x", 1001)), c.Media.Append(ctx, "88", 1000, strings.NewReader("x"), 1), c.Media.Append(ctx, "88", -1, strings.NewReader("x"), 1),
		c.Media.Append(ctx, "88", 0, strings.NewReader("x"), x.MaxSegment+1), e(c.Media.UploadImage(ctx, x.Upload{Reader: strings.NewReader("x"), Size: 6 << 20})), e(c.Media.UploadImage(ctx, x.Upload{Size: 1})))
	check(anonymous.Posts.Like(ctx, "5"), anonymous.Posts.Unlike(ctx, "5"), e(anonymous.Posts.Home(ctx, x.TimelineParams{})), e(anonymous.Posts.Bookmarks(ctx, x.ListParams{}, nil)),
		e(anonymous.Users.Follow(ctx, "5")), anonymous.Users.Unfollow(ctx, "5"), anonymous.Users.Mute(ctx, "5"), e(anonymous.Users.Muting(ctx, x.ListParams{}, nil)), e(anonymous.Users.Blocking(ctx, x.ListParams{}, nil)))
}

// TestPostParams: the fields of a create as X has them, and what is refused.
func TestPostParams(t *testing.T) {
	b := open(t).says(201, aPost)
	yes := true
	_, err := b.vendor().Posts.Create(t.Context(), x.PostParams{
		Text: "Hello", Reply: &x.ReplyParams{InReplyToTweetID: "1", ExcludeUserIDs: []x.ID{"2"}, AutoPopulateNames: true}, QuoteTweetID: "3",
		Media: &x.MediaParams{MediaIDs: []x.ID{"4"}, TaggedUserIDs: []x.ID{"5"}, PreviewID: "6", Title: "T", Description: "D", Embeddable: &yes,
			CallToActions: &x.CallToActions{VisitSite: &x.LinkAction{URL: "https://a.example"}, WatchNow: &x.LinkAction{URL: "https://b.example"}, AppInstall: &x.AppAction{AppStoreID: "7", IPadAppStoreID: "8", PlayStoreID: "9"}}},
		Poll: &x.PollParams{Options: []string{"a", "b"}, DurationMinutes: 5, ReplySettings: x.RepliesVerified}, ReplySettings: x.RepliesFollowing,
		Geo: &x.GeoParams{PlaceID: "p"}, CommunityID: "10", CardURI: "card://1", ShareWithFollowers: true, ForSuperFollowersOnly: true, Nullcast: true,
		DirectMessageDeepLink: "https://x.com/messages/compose?recipient_id=1", MadeWithAI: true, PaidPartnership: true,
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"text":"Hello","reply":{"in_reply_to_tweet_id":"1","exclude_reply_user_ids":["2"],"auto_populate_reply_metadata":true},"quote_tweet_id":"3",
		"media":{"media_ids":["4"],"tagged_user_ids":["5"],"preview_media_id":"6","title":"T","description":"D","embeddable":true,
			"call_to_actions":{"visit_site":{"url":"https://a.example"},"watch_now":{"url":"https://b.example"},"app_install":{"app_store_id":"7","ipad_app_store_id":"8","play_store_id":"9"}}},
		"poll":{"options":["a","b"],"duration_minutes":5,"reply_settings":"verified"},"reply_settings":"following","geo":{"place_id":"p"},"community_id":"10","card_uri":"card://1",
		"share_with_followers":true,"for_super_followers_only":true,"nullcast":true,"direct_message_deep_link":"https://x.com/messages/compose?recipient_id=1","made_with_ai":true,"paid_partnership":true}`,
		string(b.requests()[0].body))

	poll := func(minutes int, options ...string) x.PostParams {
		return x.PostParams{Text: "x", Poll: &x.PollParams{Options: options, DurationMinutes: minutes}}
	}
	media := func(m x.MediaParams) x.PostParams { return x.PostParams{Media: &m} }
	for i, p := range []x.PostParams{
		{}, {Text: "x", ReplySettings: "everyone"}, {Text: "x", Reply: &x.ReplyParams{}}, {Text: "x", QuoteTweetID: "q"}, {Text: "x", CommunityID: "c"},
		{Text: "x", Reply: &x.ReplyParams{InReplyToTweetID: "1", ExcludeUserIDs: []x.ID{"z"}}},
		poll(5, "a"), poll(5, "a", "b", "c", "d", "e"), poll(4, "a", "b"), poll(10081, "a", "b"), poll(5, "a", ""), poll(5, "a", strings.Repeat("x", 26)),
		{Text: "x", Poll: &x.PollParams{Options: []string{"a", "b"}, DurationMinutes: 5, ReplySettings: "all"}},
		media(x.MediaParams{}), media(x.MediaParams{MediaIDs: []x.ID{"1", "2", "3", "4", "5"}}), media(x.MediaParams{MediaIDs: []x.ID{"m"}}),
		media(x.MediaParams{MediaIDs: []x.ID{"1"}, TaggedUserIDs: slices.Repeat([]x.ID{"1"}, 11)}), media(x.MediaParams{MediaIDs: []x.ID{"1"}, PreviewID: "p"}),
	} {
		_, err := b.vendor().Posts.Create(t.Context(), p)
		require.ErrorIs(t, err, smm.ErrInvalid, i)
	}
	require.Empty(t, b.requests())
	for _, p := range []x.PostParams{poll(5, "a", strings.Repeat("ж", 25)), poll(10080, "a", "b", "c", "d"), {CardURI: "card://1"}, {QuoteTweetID: "1"}} {
		_, err := b.vendor().Posts.Create(t.Context(), p)
		require.NoError(t, err)
	}
}

// TestFields: both spellings of what is asked for.
func TestFields(t *testing.T) {
	b := open(t).says(200, aPost)
	f := &x.Fields{Post: []string{"note_tweet", "author_id", "text", "referenced_tweets"}, User: []string{"name"}, Expansions: []string{"author_id", "referenced_tweets.id"}}
	_, err := b.vendor().Posts.Get(t.Context(), "5", f)
	require.NoError(t, err)
	q := b.requests()[0].URL.Query()
	require.Equal(t, "note_tweet,author_id,text,referenced_tweets", q.Get("tweet.fields"))
	require.Equal(t, "author_id,referenced_tweets.id", q.Get("expansions"))
	require.Equal(t, "name", q.Get("user.fields"))
	require.False(t, q.Has("media.fields"))

	_, err = b.vendor(func(c *x.ClientConfig) { c.Names = x.NamesPost }).Posts.Get(t.Context(), "5", f)
	require.NoError(t, err)
	q = b.requests()[0].URL.Query()
	require.False(t, q.Has("tweet.fields"))
	require.Equal(t, "note_post,text", q.Get("post.fields"))
	require.Equal(t, "author_id,referenced_posts", q.Get("expansions"))

	_, err = b.vendor().Posts.Get(t.Context(), "5", nil)
	require.NoError(t, err)
	q = b.requests()[0].URL.Query()
	require.Equal(t, "attachments.media_keys,attachments.poll_ids", q.Get("expansions"), "no authors, who cost")
	require.Contains(t, q.Get("tweet.fields"), "public_metrics")
	require.NotContains(t, q.Get("tweet.fields"), "non_public", "which X refuses for the posts of others")
	require.NotEmpty(t, q.Get("media.fields"))
	require.NotEmpty(t, q.Get("poll.fields"))

	b.says(200, aUser)
	_, err = b.vendor().Users.Me(t.Context(), &x.Fields{Expansions: []string{"pinned_tweet_id"}})
	require.NoError(t, err)
	q = b.requests()[0].URL.Query()
	require.Equal(t, "pinned_tweet_id", q.Get("expansions"))
	require.NotEmpty(t, q.Get("tweet.fields"), "the fields of the pinned post")

	b.says(200, aPost)
	_, err = b.vendor().Posts.Get(t.Context(), "5", &x.Fields{Post: []string{}, Expansions: []string{}})
	require.NoError(t, err)
	require.Empty(t, b.requests()[0].URL.RawQuery)
}

// TestBothSpellings: the same things under their old and new names.
func TestBothSpellings(t *testing.T) {
	for _, body := range []string{
		`{"id":"5","text":"cut","note_tweet":{"text":"whole"},"referenced_tweets":[{"type":"quoted","id":"1"},{"type":"replied_to","id":"2"},{"type":"retweeted","id":"3"}],"edit_history_tweet_ids":["4","5"],"public_metrics":{"retweet_count":6,"like_count":0}}`,
		`{"id":"5","text":"cut","note_post":{"text":"whole"},"referenced_posts":[{"type":"quoted","id":"1"},{"type":"replied_to","id":"2"},{"type":"retweeted","id":"3"}],"edit_history_post_ids":["4","5"],"public_metrics":{"repost_count":6,"like_count":0}}`,
	} {
		c := cannedClient(t, canned{status: 200, body: []byte(`{"data":` + body + `}`)})
		r, err := c.Posts.Get(t.Context(), "5", nil)
		require.NoError(t, err)
		p := r.Item
		require.Equal(t, "whole", p.FullText())
		require.Equal(t, []x.ID{"1", "2", "3"}, []x.ID{p.Quotes(), p.RepliesTo(), p.Reposts()})
		require.Equal(t, []x.ID{"4", "5"}, p.EditHistory)
		require.Equal(t, x.Count{Value: 6, Known: true}, p.PublicMetrics.Reposts)
		require.Equal(t, x.Count{Value: 0, Known: true}, p.PublicMetrics.Likes)
		require.Equal(t, x.Count{}, p.PublicMetrics.Replies, "not told is not 0")
		again, err := json.Marshal(p)
		require.NoError(t, err)
		var q x.Post
		require.NoError(t, json.Unmarshal(again, &q))
		require.Equal(t, p, q)
	}
	var u, v x.User
	require.NoError(t, json.Unmarshal([]byte(`{"id":8,"public_metrics":{"tweet_count":3},"pinned_tweet_id":"1","most_recent_tweet_id":"2"}`), &u))
	require.NoError(t, json.Unmarshal([]byte(`{"id":"8","public_metrics":{"post_count":3},"pinned_post_id":"1","most_recent_post_id":"2"}`), &v))
	require.Equal(t, u, v)
	require.Equal(t, x.ID("8"), u.ID)
	require.EqualValues(t, 3, u.PublicMetrics.Posts.Value)
	var in, out x.Includes
	require.NoError(t, json.Unmarshal([]byte(`{"tweets":[{"id":"1"}],"users":[{"id":"8"}]}`), &in))
	require.NoError(t, json.Unmarshal([]byte(`{"posts":[{"id":"1"}],"users":[{"id":"8"}]}`), &out))
	require.Equal(t, in, out)
	require.NotNil(t, in.User("8"))
	require.Nil(t, in.User("9"))
	var e, g x.DMEvent
	require.NoError(t, json.Unmarshal([]byte(`{"id":"1","referenced_tweets":[{"id":"2"}]}`), &e))
	require.NoError(t, json.Unmarshal([]byte(`{"id":"1","referenced_posts":[{"id":"2"}]}`), &g))
	require.Equal(t, e, g)
	require.Len(t, e.Referenced, 1)
	var n, m x.PostCount
	require.NoError(t, json.Unmarshal([]byte(`{"start":"2026-10-01T00:00:00Z","tweet_count":2}`), &n))
	require.NoError(t, json.Unmarshal([]byte(`{"start":"2026-10-01T00:00:00Z","post_count":2}`), &m))
	require.Equal(t, n, m)
	require.EqualValues(t, 2, n.Posts.Value)
}
