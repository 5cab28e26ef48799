package x_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
)

const (
	aPost    = `{"data":{"id":"5","text":"Hello"}}`
	posts    = `{"data":[{"id":"5","text":"Hello"}],"meta":{"result_count":1,"next_token":"n","previous_token":"p","newest_id":"9","oldest_id":"5"}}`
	aUser    = `{"data":{"id":"8","name":"Shop","username":"shop"}}`
	people   = `{"data":[{"id":"8","name":"Shop","username":"shop"}],"meta":{"result_count":1,"next_token":"n"}}`
	anUpload = `{"data":{"id":"88","media_key":"13_88","expires_after_secs":86400}}`
	events   = `{"data":[{"id":"3","event_type":"MessageCreate","text":"Hi"}],"meta":{"result_count":1}}`
	aSend    = `{"data":{"dm_conversation_id":"7-8","dm_event_id":"3"}}`
	aSub     = `{"data":{"subscription":{"subscription_id":"4","event_type":"post.create","filter":{"user_id":"7"}}}}`
)

// call is one method of the client: what it sends, and what it is answered.
type call struct {
	op   string
	line string // the request, without fields
	body string // JSON; "" for none
	say  string
	app  bool // with the app's token
	do   func(ctx context.Context, c *x.Client) error
}

// got turns a result into an error unless it is what the answer held.
func got[T any](v T, err error) error {
	if err == nil && reflect.ValueOf(v).IsZero() {
		panic("a zero value without an error")
	}
	return err
}

var from, to = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 2, 12, 30, 0, 0, time.UTC)

// Times of another zone than X's, which has to make no difference.
var begin, end = from.In(time.FixedZone("", 7200)), to.In(time.FixedZone("", -3600))

func calls() []call {
	return slices.Concat(postCalls(), userCalls(), messageCalls(), mediaCalls(), appCalls())
}

func postCalls() []call {
	type C = context.Context
	list := x.ListParams{Limit: 10, Cursor: "abc"}
	return []call{
		{"posts.create", "POST /2/tweets", `{"text":"Hello"}`, aPost, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Create(ctx, x.PostParams{Text: "Hello"}))
		}},
		{"posts.edit", "POST /2/tweets", `{"text":"Hello","edit_options":{"previous_post_id":"4"}}`, aPost, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Edit(ctx, "4", x.PostParams{Text: "Hello"}))
		}},
		{"posts.delete", "DELETE /2/tweets/5", "", `{"data":{"deleted":true}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Delete(ctx, "5") }},
		{"posts.get", "GET /2/tweets/5", "", aPost, false, func(ctx C, c *x.Client) error { return got(c.Posts.Get(ctx, "5", nil)) }},
		{"posts.lookup", "GET /2/tweets?ids=5%2C6", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.Lookup(ctx, nil, "5", "6")) }},
		{"posts.timeline", "GET /2/users/8/tweets?end_time=2026-10-02T12%3A30%3A00Z&exclude=replies%2Cretweets&max_results=10&pagination_token=abc&since_id=1&start_time=2026-10-01T00%3A00%3A00Z&until_id=2", "", posts, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Timeline(ctx, "8", x.TimelineParams{ListParams: list, TimeRange: x.TimeRange{Start: begin, End: end, SinceID: "1", UntilID: "2"}, ExcludeReplies: true, ExcludeReposts: true}))
		}},
		{"posts.mentions", "GET /2/users/8/mentions", "", posts, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Mentions(ctx, "8", x.TimelineParams{ExcludeReplies: true}))
		}},
		{"posts.home", "GET /2/users/7/timelines/reverse_chronological?exclude=retweets", "", posts, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Home(ctx, x.TimelineParams{ExcludeReposts: true}))
		}},
		{"posts.search", "GET /2/tweets/search/recent?max_results=10&pagination_token=abc&query=conversation_id%3A5&sort_order=relevancy", "", posts, false, func(ctx C, c *x.Client) error {
			return got(c.Posts.Search(ctx, x.SearchParams{Query: "conversation_id:5", ListParams: list, Relevancy: true}))
		}},
		{"posts.counts", "GET /2/tweets/counts/recent?granularity=day&query=smm&since_id=1", "", `{"data":[{"start":"2026-10-01T00:00:00Z","end":"2026-10-02T00:00:00Z","tweet_count":3}],"meta":{"total_tweet_count":3}}`, true, func(ctx C, c *x.Client) error {
			return got(c.Posts.Counts(ctx, x.CountParams{Query: "smm", Granularity: "day", TimeRange: x.TimeRange{SinceID: "1"}}))
		}},
		{"posts.search-all", "GET /2/tweets/search/all?query=smm&until_id=2", "", posts, true, func(ctx C, c *x.Client) error {
			return got(c.Posts.SearchAll(ctx, x.SearchParams{Query: "smm", TimeRange: x.TimeRange{UntilID: "2"}}))
		}},
		{"posts.counts-all", "GET /2/tweets/counts/all?pagination_token=abc&query=smm", "", `{"data":[{"start":"2026-10-01T00:00:00Z","end":"2026-10-02T00:00:00Z","post_count":3}],"meta":{"total_post_count":3}}`, true, func(ctx C, c *x.Client) error {
			return got(c.Posts.CountsAll(ctx, x.CountParams{Query: "smm", Cursor: "abc"}))
		}},
		{"posts.quotes", "GET /2/tweets/5/quote_tweets?max_results=10&pagination_token=abc", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.Quotes(ctx, "5", list, nil)) }},
		{"posts.reposts", "GET /2/tweets/5/retweets", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.Reposts(ctx, "5", x.ListParams{}, nil)) }},
		{"posts.liked", "GET /2/users/8/liked_tweets", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.Liked(ctx, "8", x.ListParams{}, nil)) }},
		{"posts.reposts-of-me", "GET /2/users/reposts_of_me", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.RepostsOfMe(ctx, x.ListParams{}, nil)) }},
		{"posts.bookmarks", "GET /2/users/7/bookmarks", "", posts, false, func(ctx C, c *x.Client) error { return got(c.Posts.Bookmarks(ctx, x.ListParams{}, nil)) }},
		{"posts.liking-users", "GET /2/tweets/5/liking_users", "", people, false, func(ctx C, c *x.Client) error { return got(c.Posts.LikingUsers(ctx, "5", x.ListParams{}, nil)) }},
		{"posts.reposted-by", "GET /2/tweets/5/retweeted_by", "", people, false, func(ctx C, c *x.Client) error { return got(c.Posts.RepostedBy(ctx, "5", x.ListParams{}, nil)) }},
		{"posts.repost", "POST /2/users/7/retweets", `{"tweet_id":"5"}`, `{"data":{"retweeted":true,"rest_id":"9"}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Repost(ctx, "5") }},
		{"posts.undo-repost", "DELETE /2/users/7/retweets/5", "", `{"data":{"retweeted":false}}`, false, func(ctx C, c *x.Client) error { return c.Posts.UndoRepost(ctx, "5") }},
		{"posts.like", "POST /2/users/7/likes", `{"tweet_id":"5"}`, `{"data":{"liked":true}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Like(ctx, "5") }},
		{"posts.unlike", "DELETE /2/users/7/likes/5", "", `{"data":{"liked":false}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Unlike(ctx, "5") }},
		{"posts.bookmark", "POST /2/users/7/bookmarks", `{"tweet_id":"5"}`, `{"data":{"bookmarked":true}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Bookmark(ctx, "5") }},
		{"posts.remove-bookmark", "DELETE /2/users/7/bookmarks/5", "", `{"data":{"bookmarked":false}}`, false, func(ctx C, c *x.Client) error { return c.Posts.RemoveBookmark(ctx, "5") }},
		{"posts.hide", "PUT /2/tweets/5/hidden", `{"hidden":true}`, `{"data":{"hidden":true}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Hide(ctx, "5", true) }},
		{"posts.hide", "PUT /2/tweets/5/hidden", `{"hidden":false}`, `{"data":{"hidden":false}}`, false, func(ctx C, c *x.Client) error { return c.Posts.Hide(ctx, "5", false) }},
	}
}

func userCalls() []call {
	type C = context.Context
	list := x.ListParams{Limit: 10, Cursor: "abc"}
	return []call{
		{"users.me", "GET /2/users/me", "", aUser, false, func(ctx C, c *x.Client) error { return got(c.Users.Me(ctx, nil)) }},
		{"users.get", "GET /2/users/8", "", aUser, false, func(ctx C, c *x.Client) error { return got(c.Users.Get(ctx, "8", nil)) }},
		{"users.by-username", "GET /2/users/by/username/shop", "", aUser, false, func(ctx C, c *x.Client) error { return got(c.Users.ByUsername(ctx, "@shop", nil)) }},
		{"users.lookup", "GET /2/users?ids=8%2C9", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.Lookup(ctx, nil, "8", "9")) }},
		{"users.by-usernames", "GET /2/users/by?usernames=shop%2Cmaker", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.ByUsernames(ctx, nil, "shop", "maker")) }},
		{"users.followers", "GET /2/users/8/followers?max_results=10&pagination_token=abc", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.Followers(ctx, "8", list, nil)) }},
		{"users.following", "GET /2/users/8/following", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.Following(ctx, "8", x.ListParams{}, nil)) }},
		{"users.blocking", "GET /2/users/7/blocking", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.Blocking(ctx, x.ListParams{}, nil)) }},
		{"users.muting", "GET /2/users/7/muting", "", people, false, func(ctx C, c *x.Client) error { return got(c.Users.Muting(ctx, x.ListParams{}, nil)) }},
		{"users.follow", "POST /2/users/7/following", `{"target_user_id":"8"}`, `{"data":{"following":true,"pending_follow":false}}`, false, func(ctx C, c *x.Client) error {
			_, err := c.Users.Follow(ctx, "8")
			return err
		}},
		{"users.unfollow", "DELETE /2/users/7/following/8", "", `{"data":{"following":false}}`, false, func(ctx C, c *x.Client) error { return c.Users.Unfollow(ctx, "8") }},
		{"users.mute", "POST /2/users/7/muting", `{"target_user_id":"8"}`, `{"data":{"muting":true}}`, false, func(ctx C, c *x.Client) error { return c.Users.Mute(ctx, "8") }},
		{"users.unmute", "DELETE /2/users/7/muting/8", "", `{"data":{"muting":false}}`, false, func(ctx C, c *x.Client) error { return c.Users.Unmute(ctx, "8") }},
		{"users.block-dms", "POST /2/users/8/dm/block", "", `{"data":{"blocked":true}}`, false, func(ctx C, c *x.Client) error { return c.Users.BlockDMs(ctx, "8") }},
		{"users.unblock-dms", "POST /2/users/8/dm/unblock", "", `{"data":{"blocked":false}}`, false, func(ctx C, c *x.Client) error { return c.Users.UnblockDMs(ctx, "8") }},
	}
}

func messageCalls() []call {
	type C = context.Context
	hi := x.MessageParams{Text: "Hi", Attachments: []x.MessageAttachment{{MediaID: "88"}}}
	const hiBody = `{"text":"Hi","attachments":[{"media_id":"88"}]}`
	return []call{
		{"messages.events", "GET /2/dm_events?event_types=MessageCreate%2CParticipantsJoin&max_results=10", "", events, false, func(ctx C, c *x.Client) error {
			return got(c.Messages.Events(ctx, x.DMParams{ListParams: x.ListParams{Limit: 10}, Types: []string{x.EventMessage, x.EventJoin}}))
		}},
		{"messages.with", "GET /2/dm_conversations/with/8/dm_events", "", events, false, func(ctx C, c *x.Client) error { return got(c.Messages.EventsWith(ctx, "8", x.DMParams{})) }},
		{"messages.in", "GET /2/dm_conversations/7-8/dm_events", "", events, false, func(ctx C, c *x.Client) error { return got(c.Messages.EventsIn(ctx, "7-8", x.DMParams{})) }},
		{"messages.event", "GET /2/dm_events/3", "", `{"data":{"id":"3","event_type":"MessageCreate"}}`, false, func(ctx C, c *x.Client) error { return got(c.Messages.Event(ctx, "3", nil)) }},
		{"messages.send", "POST /2/dm_conversations/with/8/messages", hiBody, aSend, false, func(ctx C, c *x.Client) error { return got(c.Messages.Send(ctx, "8", hi)) }},
		{"messages.send-to", "POST /2/dm_conversations/7-8/messages", hiBody, aSend, false, func(ctx C, c *x.Client) error { return got(c.Messages.SendTo(ctx, "7-8", hi)) }},
		{"messages.create", "POST /2/dm_conversations", `{"conversation_type":"Group","participant_ids":["8","9"],"message":` + hiBody + `}`, aSend, false, func(ctx C, c *x.Client) error {
			return got(c.Messages.CreateGroup(ctx, []x.ID{"8", "9"}, hi))
		}},
		{"messages.delete", "DELETE /2/dm_events/3", "", `{"data":{"deleted":true}}`, false, func(ctx C, c *x.Client) error { return c.Messages.Delete(ctx, "3") }},
	}
}

func mediaCalls() []call {
	type C = context.Context
	const analytics = `{"data":[{"id":"5","timestamped_metrics":[{"timestamp":"2026-10-01T00:00:00Z","metrics":{"impressions":7}}]}]}`
	const videos = `{"data":[{"media_key":"13_88","timestamped_metrics":[{"timestamp":"2026-10-01T00:00:00Z","metrics":{"video_views":"7"}}]}]}`
	return []call{
		{"media.upload", "POST /2/media/upload", "", anUpload, false, func(ctx C, c *x.Client) error {
			return got(c.Media.UploadImage(ctx, x.Upload{Reader: strings.NewReader("png"), Size: 3, Type: "image/png", AdditionalOwners: []x.ID{"8", "9"}}))
		}},
		{"media.initialize", "POST /2/media/upload/initialize", `{"media_type":"video/mp4","total_bytes":3,"media_category":"tweet_video","additional_owners":["8"],"shared":true}`, anUpload, false, func(ctx C, c *x.Client) error {
			return got(c.Media.Initialize(ctx, x.Upload{Size: 3, Type: "video/mp4", AdditionalOwners: []x.ID{"8"}, Shared: true}))
		}},
		{"media.append", "POST /2/media/upload/88/append", "", `{"data":{"expires_at":1790000000}}`, false, func(ctx C, c *x.Client) error {
			return c.Media.Append(ctx, "88", 0, strings.NewReader("mp4"), 3)
		}},
		{"media.finalize", "POST /2/media/upload/88/finalize", "", anUpload, false, func(ctx C, c *x.Client) error { return got(c.Media.Finalize(ctx, "88")) }},
		{"media.status", "GET /2/media/upload?command=STATUS&media_id=88", "", anUpload, false, func(ctx C, c *x.Client) error { return got(c.Media.Status(ctx, "88")) }},
		{"media.metadata", "POST /2/media/metadata", `{"id":"88","metadata":{"alt_text":{"text":"A red square"},"sensitive_media_warning":{"other":true},"allow_download_status":{"allow_download":false},"content_expiration":{"timestamp_sec":1790000000}}}`, `{"data":{"id":"88"}}`, false, func(ctx C, c *x.Client) error {
			return c.Media.SetMetadata(ctx, "88", x.MetadataParams{
				AltText: &x.AltText{Text: "A red square"}, SensitiveWarning: &x.SensitiveWarning{Other: true}, AllowDownload: &x.AllowDownload{}, Expiration: &x.MediaExpiration{Timestamp: 1790000000},
			})
		}},
		{"media.metadata", "POST /2/media/metadata", `{"id":"88","metadata":{"alt_text":{"text":"A red square"}}}`, `{"data":{"id":"88"}}`, false, func(ctx C, c *x.Client) error { return c.Media.SetAltText(ctx, "88", "A red square") }},
		{"media.subtitles", "POST /2/media/subtitles", `{"id":"88","media_category":"TweetVideo","subtitles":{"id":"89","language_code":"EN","display_name":"English"}}`, `{"data":{"id":"88"}}`, false, func(ctx C, c *x.Client) error {
			return c.Media.AddSubtitles(ctx, "88", x.CategoryVideo, x.Subtitles{ID: "89", Language: "EN", DisplayName: "English"})
		}},
		{"media.no-subtitles", "DELETE /2/media/subtitles", `{"id":"88","media_category":"AmplifyVideo","language_code":"EN"}`, `{"data":{"deleted":true}}`, false, func(ctx C, c *x.Client) error {
			return c.Media.RemoveSubtitles(ctx, "88", x.CategoryAmplify, "EN")
		}},
		{"media.get", "GET /2/media/13_88", "", `{"data":{"media_key":"13_88","type":"video"}}`, false, func(ctx C, c *x.Client) error { return got(c.Media.Get(ctx, "13_88", nil)) }},
		{"media.lookup", "GET /2/media?media_keys=13_88%2C13_89", "", `{"data":[{"media_key":"13_88","type":"video"}]}`, false, func(ctx C, c *x.Client) error { return got(c.Media.Lookup(ctx, nil, "13_88", "13_89")) }},
		{"analytics.posts", "GET /2/tweets/analytics?end_time=2026-10-02T12%3A30%3A00Z&granularity=hourly&ids=5&start_time=2026-10-01T00%3A00%3A00Z", "", analytics, false, func(ctx C, c *x.Client) error {
			return got(c.Analytics.Posts(ctx, x.AnalyticsParams{IDs: []x.ID{"5"}, TimeRange: x.TimeRange{Start: begin, End: end}, Granularity: "hourly"}))
		}},
		{"analytics.media", "GET /2/media/analytics?end_time=2026-10-02T12%3A30%3A00Z&media_keys=13_88&start_time=2026-10-01T00%3A00%3A00Z", "", videos, false, func(ctx C, c *x.Client) error {
			return got(c.Analytics.Media(ctx, x.AnalyticsParams{IDs: []x.ID{"13_88"}, TimeRange: x.TimeRange{Start: begin, End: end}}))
		}},
	}
}

func appCalls() []call {
	type C = context.Context
	const aHook = `{"data":{"id":"6","url":"https://h.example/x","valid":true,"created_at":"2026-10-01T00:00:00Z"}}`
	return []call{
		{"usage.get", "GET /2/usage/tweets?days=30", "", `{"data":{"project_id":"1","project_usage":"12","project_cap":"3000000"}}`, true, func(ctx C, c *x.Client) error { return got(c.Usage.Get(ctx, 30)) }},
		{"webhooks.create", "POST /2/webhooks", `{"url":"https://h.example/x"}`, aHook, true, func(ctx C, c *x.Client) error { return got(c.Webhooks.Create(ctx, "https://h.example/x")) }},
		{"webhooks.list", "GET /2/webhooks", "", `{"data":[{"id":"6","url":"https://h.example/x","valid":true}],"meta":{"result_count":1}}`, true, func(ctx C, c *x.Client) error { return got(c.Webhooks.List(ctx)) }},
		{"webhooks.validate", "PUT /2/webhooks/6", "", `{"data":{"valid":true}}`, true, func(ctx C, c *x.Client) error { return c.Webhooks.Validate(ctx, "6") }},
		{"webhooks.delete", "DELETE /2/webhooks/6", "", `{"data":{"deleted":true}}`, true, func(ctx C, c *x.Client) error { return c.Webhooks.Delete(ctx, "6") }},
		{"webhooks.replay", "POST /2/webhooks/replay", `{"webhook_id":"6","from_date":"202610010000","to_date":"202610021230"}`, `{"data":{"job_id":"2","created_at":"2026-10-02T12:30:00Z"}}`, true, func(ctx C, c *x.Client) error {
			return got(c.Webhooks.Replay(ctx, "6", begin, end))
		}},
		{"activity.subscribe", "POST /2/activity/subscriptions", `{"event_type":"post.create","filter":{"user_id":"7","direction":"inbound"},"tag":"shop","webhook_id":"6"}`, aSub, true, func(ctx C, c *x.Client) error {
			return got(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: x.EventPostCreate, Filter: x.ActivityFilter{UserID: "7", Direction: "inbound"}, Tag: "shop", WebhookID: "6"}))
		}},
		{"activity.list", "GET /2/activity/subscriptions?max_results=100", "", `{"data":[{"subscription_id":"4","event_type":"post.create"}],"meta":{"result_count":1}}`, true, func(ctx C, c *x.Client) error {
			return got(c.Activity.List(ctx, x.ListParams{Limit: 100}))
		}},
		{"activity.update", "PUT /2/activity/subscriptions/4", `{"tag":"new","webhook_id":"6"}`, aSub, true, func(ctx C, c *x.Client) error { return got(c.Activity.Update(ctx, "4", "new", "6")) }},
		{"activity.delete", "DELETE /2/activity/subscriptions/4", "", `{"data":{"deleted":true}}`, true, func(ctx C, c *x.Client) error { return c.Activity.Delete(ctx, "4") }},
		{"activity.delete-all", "DELETE /2/activity/subscriptions?ids=4%2C5", "", `{"data":[{"subscription_id":"4","deleted":true},{"subscription_id":"5","deleted":false}],"errors":[{"subscription_id":"5","message":"not there"}]}`, true, func(ctx C, c *x.Client) error {
			p, err := c.Activity.DeleteAll(ctx, "4", "5")
			if err == nil && !(slices.Equal(p.Items, []x.ID{"4"}) && len(p.Problems) == 1 && p.Problems[0].SubscriptionID == "5" && p.Problems[0].String() == "not there") {
				panic("not what was deleted")
			}
			return err
		}},
	}
}

// TestRequests: every method sends one request, by the right credential, and
// reads its answer.
func TestRequests(t *testing.T) {
	b := open(t)
	c := b.vendor()
	driven := map[string]bool{}
	for _, tc := range calls() {
		driven[tc.op] = true
		b.says(200, tc.say)
		require.NoError(t, tc.do(t.Context(), c), tc.op)
		sent := b.requests()
		require.Len(t, sent, 1, tc.op)
		require.Equal(t, tc.line, sent[0].line(), tc.op)
		token := userToken
		if tc.app {
			token = appToken
		}
		require.Equal(t, "Bearer "+token, sent[0].Header.Get("Authorization"), tc.op)
		require.NotContains(t, sent[0].URL.String(), "nobody-may-see")
		switch {
		case tc.body != "":
			require.JSONEq(t, tc.body, string(sent[0].body), tc.op)
			require.Equal(t, "application/json", sent[0].Header.Get("Content-Type"))
		case !strings.HasPrefix(sent[0].Header.Get("Content-Type"), "multipart/"):
			require.Empty(t, sent[0].body, tc.op)
		}
	}
	for _, op := range x.Operations() {
		require.True(t, driven[op], "%s is not driven", op)
		delete(driven, op)
	}
	require.Empty(t, driven)
}

// TestErrorsOfEveryMethod: a refusal of any method is typed, bears its name, and
// a write is not repeated after a failure of the server, nor redirected.
func TestErrorsOfEveryMethod(t *testing.T) {
	b := open(t)
	c := b.vendor()
	for _, tc := range calls() {
		b.says(403, `{"title":"Forbidden","detail":"no","type":"https://api.x.com/2/problems/client-forbidden","status":403}`)
		e := asError(t, tc.do(t.Context(), c))
		require.Equal(t, tc.op, e.Op)
		require.Equal(t, "client-forbidden", e.Code)
		require.Equal(t, "t-1", e.RequestID)
		b.requests()
		if strings.HasPrefix(tc.line, "GET ") {
			continue
		}
		for _, status := range []int{503, 500, 307, 308} {
			b.says(status, `{}`)
			require.Error(t, tc.do(t.Context(), c), tc.op)
			require.Len(t, b.requests(), 1, "%s was sent again after %d", tc.op, status)
		}
	}
}

// TestHostileAnswers: what is no answer of the API is an error of a type, for
// every method, and quotes nothing.
func TestHostileAnswers(t *testing.T) {
	b := open(t)
	c := b.vendor()
	for name, body := range map[string]string{
		"page": "<!doctype html><title>One moment</title>", "cut": `{"data":{"id":"5"`, "list": `[]`, "null": `null`, "text": `"data"`, "empty": ``,
		"no data": `{}`, "null data": `{"data":null}`, "text as data": `{"data":"5"}`, "number as data": `{"data":5}`,
		"other object": `{"data":{"nobody-may-see":1}}`, "other errors": `{"errors":"nobody-may-see"}`,
		"deep":             `{"data":` + strings.Repeat(`{"id":`, 5000) + "1" + strings.Repeat("}", 5000) + "}",
		"error in success": `{"errors":[{"title":"Not Found","detail":"no","type":"https://api.x.com/2/problems/resource-not-found","status":404}]}`,
	} {
		b.says(200, body)
		for _, tc := range calls() {
			if tc.op == "media.append" && name == "empty" {
				continue // its older form answers nothing
			}
			if (tc.op == "media.append" || tc.op == "media.subtitles") && (strings.Contains(name, "as data") || name == "other object") {
				continue // their answers say nothing that is read
			}
			err := tc.do(t.Context(), c)
			require.Error(t, err, "%s: %s", tc.op, name)
			e := asError(t, err)
			require.Equal(t, 200, e.Status)
			require.NotContains(t, err.Error(), "may-see")
			if name == "error in success" {
				require.Equal(t, "resource-not-found", e.Code, tc.op)
				require.Empty(t, e.Outcome, "nothing is known of what was done")
			}
		}
		b.requests()
	}
}

// TestLargeAnswers: an answer of 10 MB is refused, however it is made.
func TestLargeAnswers(t *testing.T) {
	for _, body := range []string{
		`{"data":{"id":"5","text":"` + strings.Repeat("x", 10<<20) + `"}}`,
		strings.Repeat(`{"data":[`, 1<<20),
	} {
		c := cannedClient(t, canned{status: 200, body: []byte(body)})
		_, err := c.Posts.Get(t.Context(), "5", nil)
		asError(t, err)
		_, err = c.Posts.Create(t.Context(), x.PostParams{Text: "Hello"})
		asError(t, err)
	}
}
