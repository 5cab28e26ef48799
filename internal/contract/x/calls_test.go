package x_test

import (
	"context"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/x"
)

var (
	since = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	until = since.Add(26 * time.Hour)

	span   = x.TimeRange{Start: since, End: until, SinceID: "1", UntilID: "2"}
	paging = x.ListParams{Limit: 50, Cursor: "abcdefghijklmnopq"}

	// everything asks for all that there is a name for.
	everything = &x.Fields{
		Post: []string{
			"attachments", "author_id", "card_uri", "community_id", "context_annotations", "conversation_id", "created_at", "display_text_range", "edit_controls",
			"edit_history_tweet_ids", "entities", "geo", "id", "in_reply_to_user_id", "lang", "media_metadata", "non_public_metrics", "note_tweet", "organic_metrics",
			"paid_partnership", "possibly_sensitive", "promoted_metrics", "public_metrics", "referenced_tweets", "reply_settings", "source", "text", "withheld",
		},
		User: []string{
			"connection_status", "created_at", "description", "entities", "id", "location", "name", "pinned_tweet_id", "most_recent_tweet_id", "profile_banner_url",
			"profile_image_url", "protected", "public_metrics", "receives_your_dm", "subscription_type", "url", "username", "verified", "verified_type", "withheld",
		},
		Media: []string{"alt_text", "duration_ms", "height", "media_key", "non_public_metrics", "organic_metrics", "preview_image_url", "promoted_metrics", "public_metrics", "type", "url", "variants", "width"},
		Poll:  []string{"duration_minutes", "end_datetime", "id", "options", "voting_status"},
		Place: []string{"country", "country_code", "full_name", "id", "name", "place_type"},
	}
)

// with is everything with expansions.
func with(expansions ...string) *x.Fields {
	f := *everything
	f.Expansions = expansions
	return &f
}

var (
	postFields = with("author_id", "referenced_tweets.id", "attachments.media_keys", "attachments.poll_ids", "in_reply_to_user_id", "entities.mentions.username", "geo.place_id", "edit_history_tweet_ids")
	userFields = with("pinned_tweet_id", "most_recent_tweet_id")
	dmFields   = with("sender_id", "participant_ids", "referenced_tweets.id", "attachments.media_keys")
)

type call func(ctx context.Context, c *x.Client) error

func drop[T any](_ T, err error) error { return err }

// calls has each method by its name in x.Operations, in several forms where its
// parameters have some.
var calls = map[string][]call{
	"posts.create": {
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Posts.Create(ctx, x.PostParams{Text: "Hello"}))
		},
		func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Create(ctx, whole())) },
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Posts.Create(ctx, x.PostParams{Text: "Which?", Poll: &x.PollParams{Options: []string{"a", "b", "c", "d"}, DurationMinutes: 10_080}, ReplySettings: x.RepliesMentioned}))
		},
	},
	"posts.edit": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.Edit(ctx, "4", x.PostParams{Text: "Hello"}))
	}},
	"posts.delete": {func(ctx context.Context, c *x.Client) error { return c.Posts.Delete(ctx, "5") }},
	"posts.get": {
		func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Get(ctx, "5", nil)) },
		func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Get(ctx, "5", postFields)) },
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Posts.Get(ctx, "5", &x.Fields{Post: []string{}, Expansions: []string{}}))
		},
	},
	"posts.lookup": {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Lookup(ctx, postFields, "5", "6")) }},
	"posts.timeline": {
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Posts.Timeline(ctx, "8", x.TimelineParams{}))
		},
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Posts.Timeline(ctx, "8", x.TimelineParams{ListParams: paging, TimeRange: span, ExcludeReplies: true, ExcludeReposts: true, Fields: postFields}))
		},
	},
	"posts.mentions": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.Mentions(ctx, "8", x.TimelineParams{ListParams: paging, TimeRange: span, ExcludeReplies: true}))
	}},
	"posts.home": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.Home(ctx, x.TimelineParams{ListParams: paging, TimeRange: span, ExcludeReposts: true}))
	}},
	"posts.search": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.Search(ctx, x.SearchParams{Query: "conversation_id:5", ListParams: paging, TimeRange: span, Relevancy: true, Fields: postFields}))
	}},
	"posts.counts": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.Counts(ctx, x.CountParams{Query: "smm", TimeRange: span, Granularity: "day", Cursor: "abc"}))
	}},
	"posts.search-all": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.SearchAll(ctx, x.SearchParams{Query: "smm", ListParams: paging, TimeRange: span, Relevancy: true}))
	}},
	"posts.counts-all": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.CountsAll(ctx, x.CountParams{Query: "smm", TimeRange: span, Granularity: "day", Cursor: "abc"}))
	}},
	"posts.quotes":        {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Quotes(ctx, "5", paging, nil)) }},
	"posts.reposts":       {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Reposts(ctx, "5", paging, nil)) }},
	"posts.liked":         {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Liked(ctx, "8", paging, nil)) }},
	"posts.reposts-of-me": {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.RepostsOfMe(ctx, paging, nil)) }},
	"posts.bookmarks":     {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.Bookmarks(ctx, paging, nil)) }},
	"posts.liking-users": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Posts.LikingUsers(ctx, "5", paging, userFields))
	}},
	"posts.reposted-by":     {func(ctx context.Context, c *x.Client) error { return drop(c.Posts.RepostedBy(ctx, "5", paging, nil)) }},
	"posts.repost":          {func(ctx context.Context, c *x.Client) error { return c.Posts.Repost(ctx, "5") }},
	"posts.undo-repost":     {func(ctx context.Context, c *x.Client) error { return c.Posts.UndoRepost(ctx, "5") }},
	"posts.like":            {func(ctx context.Context, c *x.Client) error { return c.Posts.Like(ctx, "5") }},
	"posts.unlike":          {func(ctx context.Context, c *x.Client) error { return c.Posts.Unlike(ctx, "5") }},
	"posts.bookmark":        {func(ctx context.Context, c *x.Client) error { return c.Posts.Bookmark(ctx, "5") }},
	"posts.remove-bookmark": {func(ctx context.Context, c *x.Client) error { return c.Posts.RemoveBookmark(ctx, "5") }},
	"posts.hide":            {func(ctx context.Context, c *x.Client) error { return c.Posts.Hide(ctx, "5", true) }},

	"users.me": {
		func(ctx context.Context, c *x.Client) error { return drop(c.Users.Me(ctx, nil)) },
		func(ctx context.Context, c *x.Client) error { return drop(c.Users.Me(ctx, userFields)) },
	},
	"users.get":         {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Get(ctx, "8", userFields)) }},
	"users.by-username": {func(ctx context.Context, c *x.Client) error { return drop(c.Users.ByUsername(ctx, "@shop", nil)) }},
	"users.lookup":      {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Lookup(ctx, nil, "8", "9")) }},
	"users.by-usernames": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Users.ByUsernames(ctx, nil, "shop", "maker"))
	}},
	"users.followers":   {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Followers(ctx, "8", paging, nil)) }},
	"users.following":   {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Following(ctx, "8", paging, nil)) }},
	"users.blocking":    {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Blocking(ctx, paging, nil)) }},
	"users.muting":      {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Muting(ctx, paging, nil)) }},
	"users.follow":      {func(ctx context.Context, c *x.Client) error { return drop(c.Users.Follow(ctx, "8")) }},
	"users.unfollow":    {func(ctx context.Context, c *x.Client) error { return c.Users.Unfollow(ctx, "8") }},
	"users.mute":        {func(ctx context.Context, c *x.Client) error { return c.Users.Mute(ctx, "8") }},
	"users.unmute":      {func(ctx context.Context, c *x.Client) error { return c.Users.Unmute(ctx, "8") }},
	"users.block-dms":   {func(ctx context.Context, c *x.Client) error { return c.Users.BlockDMs(ctx, "8") }},
	"users.unblock-dms": {func(ctx context.Context, c *x.Client) error { return c.Users.UnblockDMs(ctx, "8") }},

	"messages.events": {
		func(ctx context.Context, c *x.Client) error { return drop(c.Messages.Events(ctx, x.DMParams{})) },
		func(ctx context.Context, c *x.Client) error {
			return drop(c.Messages.Events(ctx, x.DMParams{ListParams: paging, Types: []string{x.EventMessage, x.EventJoin, x.EventLeave}, Fields: dmFields}))
		},
	},
	"messages.with": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Messages.EventsWith(ctx, "8", x.DMParams{}))
	}},
	"messages.in": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Messages.EventsIn(ctx, "7-8", x.DMParams{}))
	}},
	"messages.event": {func(ctx context.Context, c *x.Client) error { return drop(c.Messages.Event(ctx, "3", nil)) }},
	"messages.send": {func(ctx context.Context, c *x.Client) error { return drop(c.Messages.Send(ctx, "8", hello)) }, func(ctx context.Context, c *x.Client) error {
		return drop(c.Messages.Send(ctx, "8", x.MessageParams{Text: "Hi"}))
	}},
	"messages.send-to": {func(ctx context.Context, c *x.Client) error { return drop(c.Messages.SendTo(ctx, "7-8", hello)) }},
	"messages.create": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Messages.CreateGroup(ctx, []x.ID{"8", "9"}, hello))
	}},
	"messages.delete": {func(ctx context.Context, c *x.Client) error { return c.Messages.Delete(ctx, "3") }},

	"media.upload": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Media.UploadImage(ctx, x.Upload{Reader: strings.NewReader("png"), Size: 3, Type: "image/png", AdditionalOwners: []x.ID{"8"}}))
	}},
	"media.initialize": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Media.Initialize(ctx, x.Upload{Size: 3, Type: "video/mp4", Category: x.CategoryAmplify, AdditionalOwners: []x.ID{"8"}, Shared: true}))
	}},
	"media.append": {func(ctx context.Context, c *x.Client) error {
		return c.Media.Append(ctx, "88", 999, strings.NewReader("mp4"), 3)
	}},
	"media.finalize": {func(ctx context.Context, c *x.Client) error { return drop(c.Media.Finalize(ctx, "88")) }},
	"media.status":   {func(ctx context.Context, c *x.Client) error { return drop(c.Media.Status(ctx, "88")) }},
	"media.metadata": {
		func(ctx context.Context, c *x.Client) error { return c.Media.SetAltText(ctx, "88", "A red square") },
		func(ctx context.Context, c *x.Client) error {
			return c.Media.SetMetadata(ctx, "88", x.MetadataParams{
				AltText: &x.AltText{Text: "A red square"}, SensitiveWarning: &x.SensitiveWarning{Other: true}, AllowDownload: &x.AllowDownload{Allow: true}, Expiration: &x.MediaExpiration{Timestamp: 1790000000},
			})
		},
	},
	"media.subtitles": {func(ctx context.Context, c *x.Client) error {
		return c.Media.AddSubtitles(ctx, "88", x.CategoryVideo, x.Subtitles{ID: "89", Language: "EN", DisplayName: "English"})
	}},
	"media.no-subtitles": {func(ctx context.Context, c *x.Client) error {
		return c.Media.RemoveSubtitles(ctx, "88", x.CategoryAmplify, "EN")
	}},
	"media.get":    {func(ctx context.Context, c *x.Client) error { return drop(c.Media.Get(ctx, "13_88", everything)) }},
	"media.lookup": {func(ctx context.Context, c *x.Client) error { return drop(c.Media.Lookup(ctx, nil, "13_88", "13_89")) }},

	"analytics.posts": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Analytics.Posts(ctx, x.AnalyticsParams{IDs: []x.ID{"5", "6"}, TimeRange: span, Granularity: "weekly"}))
	}},
	"analytics.media": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Analytics.Media(ctx, x.AnalyticsParams{IDs: []x.ID{"13_88"}, TimeRange: span, Granularity: "hourly"}))
	}},
	"usage.get": {func(ctx context.Context, c *x.Client) error { return drop(c.Usage.Get(ctx, 90)) }},

	"webhooks.create": {func(ctx context.Context, c *x.Client) error {
		return drop(c.Webhooks.Create(ctx, "https://h.example/x"))
	}},
	"webhooks.list":     {func(ctx context.Context, c *x.Client) error { return drop(c.Webhooks.List(ctx)) }},
	"webhooks.validate": {func(ctx context.Context, c *x.Client) error { return c.Webhooks.Validate(ctx, "6") }},
	"webhooks.delete":   {func(ctx context.Context, c *x.Client) error { return c.Webhooks.Delete(ctx, "6") }},
	"webhooks.replay":   {func(ctx context.Context, c *x.Client) error { return drop(c.Webhooks.Replay(ctx, "6", since, until)) }},

	"activity.subscribe": subscriptions(
		x.EventPostCreate, x.EventPostDelete, x.EventPostMention, x.EventPostReply, x.EventPostQuote, x.EventPostRepost, x.EventLike, x.EventFollow, x.EventUnfollow,
		x.EventDMReceived, x.EventDMSent, x.EventDMRead, x.EventMute, x.EventUnmute, x.EventBlock, x.EventUnblock, x.EventRevoke,
	),
	"activity.list":       {func(ctx context.Context, c *x.Client) error { return drop(c.Activity.List(ctx, paging)) }},
	"activity.update":     {func(ctx context.Context, c *x.Client) error { return drop(c.Activity.Update(ctx, "4", "new", "6")) }},
	"activity.delete":     {func(ctx context.Context, c *x.Client) error { return c.Activity.Delete(ctx, "4") }},
	"activity.delete-all": {func(ctx context.Context, c *x.Client) error { return drop(c.Activity.DeleteAll(ctx, "4", "5")) }},
}

var hello = x.MessageParams{Text: "Hi", Attachments: []x.MessageAttachment{{MediaID: "88"}}}

// whole is a post with every field of a create.
func whole() x.PostParams {
	yes := true
	return x.PostParams{
		Text: "Hello", Reply: &x.ReplyParams{InReplyToTweetID: "1", ExcludeUserIDs: []x.ID{"2"}, AutoPopulateNames: true}, QuoteTweetID: "3",
		Media: &x.MediaParams{
			MediaIDs: []x.ID{"4"}, TaggedUserIDs: []x.ID{"5"}, PreviewID: "6", Title: "T", Description: "D", Embeddable: &yes,
			CallToActions: &x.CallToActions{
				VisitSite: &x.LinkAction{URL: "https://a.example"}, WatchNow: &x.LinkAction{URL: "https://b.example"},
				AppInstall: &x.AppAction{AppStoreID: "7", IPadAppStoreID: "8", PlayStoreID: "9"},
			},
		},
		Poll:          &x.PollParams{Options: []string{"a", "b"}, DurationMinutes: 5, ReplySettings: x.RepliesVerified},
		ReplySettings: x.RepliesFollowing, Geo: &x.GeoParams{PlaceID: "p"}, CommunityID: "10", CardURI: "card://1", ShareWithFollowers: true, ForSuperFollowersOnly: true,
		Nullcast: true, DirectMessageDeepLink: "https://x.com/messages/compose?recipient_id=1", MadeWithAI: true, PaidPartnership: true,
	}
}

func subscriptions(types ...string) []call {
	var out []call
	for _, typ := range types {
		out = append(out, func(ctx context.Context, c *x.Client) error {
			return drop(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: typ, Filter: x.ActivityFilter{UserID: "7", Direction: "inbound"}, Tag: "shop", WebhookID: "6"}))
		})
	}
	return append(out, func(ctx context.Context, c *x.Client) error {
		return drop(c.Activity.Subscribe(ctx, x.SubscriptionParams{EventType: "news.new", Filter: x.ActivityFilter{Keyword: "smm", Direction: "outbound"}}))
	})
}
