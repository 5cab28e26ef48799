package mastodon_test

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/smm"
)

// facts are what the calls of the vendor client are about.
type facts struct {
	me, other, visitor       mastodon.ID
	asker, stranger          mastodon.ID // who wait for an answer to their request
	status, theirs, quoting  mastodon.ID
	gone, goneMedia          mastodon.ID // to be deleted
	withMedia                mastodon.ID
	itsMedia                 []mastodon.ID
	poll, ownPoll            mastodon.ID
	media, attach, scheduled mastodon.ID
	notification, convo      mastodon.ID
	list, filter, keyword    mastodon.ID
	now                      time.Time
}

type (
	call   = func(ctx context.Context, c *mastodon.Client) error
	client = *mastodon.Client
	ctx    = context.Context
	id     = mastodon.ID
)

// serviceMethods lists what the vendor client offers, by reflection.
func serviceMethods() []string {
	var out []string
	c := reflect.TypeFor[mastodon.Client]()
	for field := range c.Fields() {
		if !field.IsExported() {
			continue
		}
		for m := range field.Type.Methods() {
			if name := field.Name + "." + m.Name; name != "Streaming.Stream" { // see TestStreamIsDocumented
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

var onePage = mastodon.ListParams{Limit: 2, MaxID: "9999999999999999999", SinceID: "1"}

// calls use every method of every service of the vendor client, with every
// parameter that Mastodon has, in the order in which they can follow each other.
func calls(f facts) map[string][]call {
	out := make(map[string][]call)
	for _, part := range []map[string][]call{statusCalls(f), accountCalls(f), inboxCalls(f), otherCalls(f)} {
		for name, list := range part {
			out[name] = list
		}
	}
	return out
}

func statusCalls(f facts) map[string][]call {
	on := func(do func(s *mastodon.StatusService, x ctx, id mastodon.ID) (mastodon.Status, error), which id) []call {
		return []call{func(x ctx, c client) error { return drain(do(c.Statuses, x, which)) }}
	}
	type svc = mastodon.StatusService
	at := f.now.Add(time.Hour)
	return map[string][]call{
		"Statuses.Create": {
			func(x ctx, c client) error {
				return drain(c.Statuses.Create(x, mastodon.StatusParams{
					Status: "with everything", Sensitive: true, SpoilerText: "cw", Visibility: mastodon.Unlisted, Language: "en",
					InReplyToID: f.theirs, Poll: &mastodon.PollParams{Options: []string{"a", "b"}, ExpiresIn: 600, Multiple: true, HideTotals: true},
				}, &mastodon.CreateOptions{IdempotencyKey: "k1"}))
			},
			func(x ctx, c client) error {
				return drain(c.Statuses.Create(x, mastodon.StatusParams{Status: "quote", QuotedStatusID: f.theirs, QuoteApprovalPolicy: "followers"}, nil))
			},
			func(x ctx, c client) error {
				return drain(c.Statuses.Create(x, mastodon.StatusParams{Status: "with media", MediaIDs: []id{f.attach}}, nil))
			},
			func(x ctx, c client) error {
				return drain(c.Statuses.Create(x, mastodon.StatusParams{Status: "later", ScheduledAt: &at}, nil))
			},
		},
		"Statuses.Get":     on((*svc).Get, f.status),
		"Statuses.Several": {func(x ctx, c client) error { return drain(c.Statuses.Several(x, f.status, f.theirs)) }},
		"Statuses.Edit": {func(x ctx, c client) error {
			return drain(c.Statuses.Edit(x, f.status, mastodon.StatusParams{
				Status: "edited", SpoilerText: "now warned", Sensitive: true, Language: "de", QuoteApprovalPolicy: "nobody",
			}))
		}, func(x ctx, c client) error {
			return drain(c.Statuses.Edit(x, f.withMedia, mastodon.StatusParams{
				Status: "images", MediaIDs: f.itsMedia, MediaAttributes: []mastodon.MediaAttributes{{ID: first(f.itsMedia), Description: "alt", Focus: "0.1,0.2"}},
			}))
		}},
		"Statuses.Delete": {
			func(x ctx, c client) error { return drain(c.Statuses.Delete(x, f.gone, false)) },
			func(x ctx, c client) error { return drain(c.Statuses.Delete(x, f.goneMedia, true)) },
		},
		"Statuses.Source":      {func(x ctx, c client) error { return drain(c.Statuses.Source(x, f.status)) }},
		"Statuses.History":     {func(x ctx, c client) error { return drain(c.Statuses.History(x, f.status)) }},
		"Statuses.Context":     {func(x ctx, c client) error { return drain(c.Statuses.Context(x, f.status)) }},
		"Statuses.Favourite":   on((*svc).Favourite, f.theirs),
		"Statuses.Unfavourite": on((*svc).Unfavourite, f.theirs),
		"Statuses.Reblog": {func(x ctx, c client) error {
			return drain(c.Statuses.Reblog(x, f.theirs, mastodon.Unlisted))
		}},
		"Statuses.Unreblog":     on((*svc).Unreblog, f.theirs),
		"Statuses.Bookmark":     on((*svc).Bookmark, f.theirs),
		"Statuses.Unbookmark":   on((*svc).Unbookmark, f.theirs),
		"Statuses.Mute":         on((*svc).Mute, f.status),
		"Statuses.Unmute":       on((*svc).Unmute, f.status),
		"Statuses.Pin":          on((*svc).Pin, f.status),
		"Statuses.Unpin":        on((*svc).Unpin, f.status),
		"Statuses.FavouritedBy": {func(x ctx, c client) error { return drain(c.Statuses.FavouritedBy(x, f.status, onePage)) }},
		"Statuses.RebloggedBy":  {func(x ctx, c client) error { return drain(c.Statuses.RebloggedBy(x, f.status, onePage)) }},
		"Statuses.Quotes":       {func(x ctx, c client) error { return drain(c.Statuses.Quotes(x, f.status, onePage)) }},
		"Statuses.RevokeQuote":  {func(x ctx, c client) error { return drain(c.Statuses.RevokeQuote(x, f.status, f.quoting)) }},

		"Polls.Get":  {func(x ctx, c client) error { return drain(c.Polls.Get(x, f.ownPoll)) }},
		"Polls.Vote": {func(x ctx, c client) error { return drain(c.Polls.Vote(x, f.poll, 0)) }},

		"Scheduled.List":   {func(x ctx, c client) error { return drain(c.Scheduled.List(x, onePage)) }},
		"Scheduled.Get":    {func(x ctx, c client) error { return drain(c.Scheduled.Get(x, f.scheduled)) }},
		"Scheduled.Move":   {func(x ctx, c client) error { return drain(c.Scheduled.Move(x, f.scheduled, at.Add(time.Hour))) }},
		"Scheduled.Cancel": {func(x ctx, c client) error { return c.Scheduled.Cancel(x, f.scheduled) }},
	}
}

// first is the first id; the table is also made without facts.
func first(ids []mastodon.ID) mastodon.ID {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func accountCalls(f facts) map[string][]call {
	type svc = mastodon.AccountService
	on := func(do func(s *svc, x ctx, id mastodon.ID) (mastodon.Relationship, error), which id) []call {
		return []call{func(x ctx, c client) error { return drain(do(c.Accounts, x, which)) }}
	}
	accounts := func(do func(s *svc, x ctx, p mastodon.ListParams) (mastodon.Page[mastodon.Account], error)) []call {
		return []call{func(x ctx, c client) error { return drain(do(c.Accounts, x, onePage)) }}
	}
	statuses := func(do func(s *svc, x ctx, p mastodon.ListParams) (mastodon.Page[mastodon.Status], error)) []call {
		return []call{func(x ctx, c client) error { return drain(do(c.Accounts, x, onePage)) }}
	}
	return map[string][]call{
		"Accounts.Verify": {func(x ctx, c client) error { return drain(c.Accounts.Verify(x)) }},
		"Accounts.Get":    {func(x ctx, c client) error { return drain(c.Accounts.Get(x, f.other)) }},
		"Accounts.Lookup": {func(x ctx, c client) error { return drain(c.Accounts.Lookup(x, "carol")) }},
		"Accounts.Statuses": {func(x ctx, c client) error {
			filter := mastodon.StatusFilter{ExcludeReplies: true, ExcludeReblogs: true, OnlyMedia: false, Pinned: false, Tagged: ""}
			return drain(c.Accounts.Statuses(x, f.me, filter, onePage))
		}, func(x ctx, c client) error {
			filter := mastodon.StatusFilter{OnlyMedia: true, Pinned: true, Tagged: "tag"}
			return drain(c.Accounts.Statuses(x, f.me, filter, mastodon.ListParams{MinID: "1"}))
		}},
		"Accounts.Followers":     {func(x ctx, c client) error { return drain(c.Accounts.Followers(x, f.me, onePage)) }},
		"Accounts.Following":     {func(x ctx, c client) error { return drain(c.Accounts.Following(x, f.me, onePage)) }},
		"Accounts.Relationships": {func(x ctx, c client) error { return drain(c.Accounts.Relationships(x, f.other, f.visitor)) }},
		"Accounts.Follow":        on((*svc).Follow, f.other),
		"Accounts.Unfollow":      on((*svc).Unfollow, f.other),
		"Accounts.Block":         on((*svc).Block, f.visitor),
		"Accounts.Unblock":       on((*svc).Unblock, f.visitor),
		"Accounts.Mute": {func(x ctx, c client) error {
			return drain(c.Accounts.Mute(x, f.visitor, mastodon.MuteOptions{Notifications: true, Duration: time.Hour}))
		}},
		"Accounts.Unmute":              on((*svc).Unmute, f.visitor),
		"Accounts.RemoveFromFollowers": on((*svc).RemoveFromFollowers, f.visitor),
		"Accounts.Note":                {func(x ctx, c client) error { return drain(c.Accounts.Note(x, f.other, "a note")) }},
		"Accounts.Blocks":              accounts((*svc).Blocks),
		"Accounts.Mutes":               accounts((*svc).Mutes),
		"Accounts.FollowRequests":      accounts((*svc).FollowRequests),
		"Accounts.Favourites":          statuses((*svc).Favourites),
		"Accounts.Bookmarks":           statuses((*svc).Bookmarks),
		"Accounts.AnswerFollowRequest": {
			func(x ctx, c client) error { return drain(c.Accounts.AnswerFollowRequest(x, f.asker, true)) },
			func(x ctx, c client) error { return drain(c.Accounts.AnswerFollowRequest(x, f.stranger, false)) },
		},
		"Accounts.BlockDomain":   {func(x ctx, c client) error { return c.Accounts.BlockDomain(x, "spam.example") }},
		"Accounts.UnblockDomain": {func(x ctx, c client) error { return c.Accounts.UnblockDomain(x, "spam.example") }},
		"Accounts.Update": {func(x ctx, c client) error {
			picture := func() *mastodon.Picture {
				b := assets["red.png"].Data
				return &mastodon.Picture{Reader: bytes.NewReader(b), Size: int64(len(b)), Type: "image/png"}
			}
			return drain(c.Accounts.Update(x, mastodon.ProfileUpdate{
				DisplayName: ptr("Alice"), Note: ptr("We sell."), Fields: &[]mastodon.Field{{Name: "site", Value: "https://example.com"}},
				Locked: ptr(true), Bot: ptr(false), Avatar: picture(), Header: picture(),
			}))
		}},
	}
}

func inboxCalls(f facts) map[string][]call {
	return map[string][]call{
		"Notifications.List": {
			func(x ctx, c client) error {
				return drain(c.Notifications.List(x, mastodon.NotificationFilter{}, mastodon.ListParams{Limit: 80}))
			},
			func(x ctx, c client) error {
				filter := mastodon.NotificationFilter{Types: []string{"mention", "poll"}, ExcludeTypes: []string{"follow"}, AccountID: f.other}
				return drain(c.Notifications.List(x, filter, onePage))
			},
		},
		"Notifications.Get":         {func(x ctx, c client) error { return drain(c.Notifications.Get(x, f.notification)) }},
		"Notifications.UnreadCount": {func(x ctx, c client) error { return drain(c.Notifications.UnreadCount(x)) }},
		"Notifications.Dismiss":     {func(x ctx, c client) error { return c.Notifications.Dismiss(x, f.notification) }},
		"Notifications.Clear":       {func(x ctx, c client) error { return c.Notifications.Clear(x) }},
		"Conversations.List":        {func(x ctx, c client) error { return drain(c.Conversations.List(x, onePage)) }},
		"Conversations.MarkRead":    {func(x ctx, c client) error { return drain(c.Conversations.MarkRead(x, f.convo)) }},
		"Conversations.Delete":      {func(x ctx, c client) error { return c.Conversations.Delete(x, f.convo) }},
	}
}

func otherCalls(f facts) map[string][]call {
	return map[string][]call{
		"Media.Upload": {func(x ctx, c client) error {
			b := assets["red.png"].Data
			_, _, err := c.Media.Upload(x, mastodon.Upload{
				Reader: bytes.NewReader(b), Size: int64(len(b)), Type: "image/png", FileName: "red.png", Description: "red", Focus: &smm.FocalPoint{X: 0.5},
			})
			return err
		}, func(x ctx, c client) error {
			b, still := assets["clip.mp4"].Data, assets["red.png"].Data
			_, _, err := c.Media.Upload(x, mastodon.Upload{
				Reader: bytes.NewReader(b), Size: int64(len(b)), Type: "video/mp4",
				Thumbnail: bytes.NewReader(still), ThumbnailSize: int64(len(still)), ThumbnailType: "image/png",
			})
			return err
		}},
		"Media.Get": {func(x ctx, c client) error {
			_, _, err := c.Media.Get(x, f.media)
			return err
		}},
		"Media.Update": {func(x ctx, c client) error {
			return drain(c.Media.Update(x, f.media, "still red", &smm.FocalPoint{X: -0.25, Y: 1}))
		}},
		"Media.Delete": {func(x ctx, c client) error { return c.Media.Delete(x, f.media) }},

		"Timelines.Home":   {func(x ctx, c client) error { return drain(c.Timelines.Home(x, onePage)) }},
		"Timelines.Public": {func(x ctx, c client) error { return drain(c.Timelines.Public(x, true, onePage)) }},
		"Timelines.Tag":    {func(x ctx, c client) error { return drain(c.Timelines.Tag(x, "tag", onePage)) }},
		"Timelines.List":   {func(x ctx, c client) error { return drain(c.Timelines.List(x, f.list, onePage)) }},
		"Timelines.Search": {func(x ctx, c client) error {
			return drain(c.Timelines.Search(x, mastodon.SearchParams{Query: "a", Resolve: true, Limit: 5, Offset: 0}))
		}, func(x ctx, c client) error {
			return drain(c.Timelines.Search(x, mastodon.SearchParams{Query: "a", Type: "statuses", AccountID: f.me, Limit: 5, Offset: 1}))
		}},

		"Lists.All": {func(x ctx, c client) error { return drain(c.Lists.All(x)) }},
		"Lists.Create": {func(x ctx, c client) error {
			return drain(c.Lists.Create(x, mastodon.ListSettings{Title: "new", RepliesPolicy: "followed", Exclusive: true}))
		}},
		"Lists.Update": {func(x ctx, c client) error {
			return drain(c.Lists.Update(x, f.list, mastodon.ListSettings{Title: "renamed"}))
		}},
		"Lists.Delete":   {func(x ctx, c client) error { return c.Lists.Delete(x, f.list) }},
		"Lists.Accounts": {func(x ctx, c client) error { return drain(c.Lists.Accounts(x, f.list, onePage)) }},
		"Lists.Add":      {func(x ctx, c client) error { return c.Lists.Add(x, f.list, f.other) }},
		"Lists.Remove":   {func(x ctx, c client) error { return c.Lists.Remove(x, f.list, f.other) }},

		"Filters.All": {func(x ctx, c client) error { return drain(c.Filters.All(x)) }},
		"Filters.Get": {func(x ctx, c client) error { return drain(c.Filters.Get(x, f.filter)) }},
		"Filters.Create": {func(x ctx, c client) error {
			return drain(c.Filters.Create(x, mastodon.FilterParams{
				Title: "more", Context: []string{"home", "thread"}, Action: "blur", ExpiresIn: 3600,
				Keywords: []mastodon.KeywordParams{{Keyword: "spiders", WholeWord: true}},
			}))
		}},
		"Filters.Update": {func(x ctx, c client) error {
			return drain(c.Filters.Update(x, f.filter, mastodon.FilterParams{
				Title: "other", Context: []string{"public"}, Action: "hide", Keywords: []mastodon.KeywordParams{{ID: f.keyword, Keyword: "bees", Destroy: true}},
			}))
		}},
		"Filters.Delete": {func(x ctx, c client) error { return c.Filters.Delete(x, f.filter) }},
		"Reports.Create": {func(x ctx, c client) error {
			return drain(c.Reports.Create(x, mastodon.ReportParams{
				AccountID: f.visitor, StatusIDs: []id{f.theirs}, Comment: "why", Forward: true, Category: "violation", RuleIDs: []id{"1"},
			}))
		}},
		"Accounts.UserInfo": {func(x ctx, c client) error { return drain(c.Accounts.UserInfo(x)) }},
		"Apps.Create": {func(x ctx, c client) error {
			return drain(c.Apps.Create(x, mastodon.AppParams{
				Name: "smm", Website: "https://app.example", Redirects: []string{"https://app.example/cb"}, Scopes: []string{"read", "write"},
			}))
		}},
		"Apps.Verify":       {func(x ctx, c client) error { return drain(c.Apps.Verify(x)) }},
		"Instance.Get":      {func(x ctx, c client) error { return drain(c.Instance.Get(x)) }},
		"Instance.NodeInfo": {func(x ctx, c client) error { return drain(c.Instance.NodeInfo(x)) }},
	}
}

// order is the order in which the methods can follow each other: what takes
// something away comes after what needs it.
func order(names []string) []string {
	late := []string{
		"Statuses.Create", "Statuses.RevokeQuote", "Statuses.Delete", "Media.Update", "Media.Delete", "Lists.Remove", "Lists.Delete",
		"Filters.Update", "Filters.Delete", "Notifications.Dismiss", "Notifications.Clear", "Conversations.Delete", "Scheduled.Cancel",
		"Accounts.Unfollow", "Accounts.Unblock", "Accounts.Unmute", "Statuses.Unfavourite", "Statuses.Unreblog", "Statuses.Unbookmark",
	}
	// Following comes before the list that only followed accounts may be on.
	out := []string{"Accounts.Follow", "Accounts.FollowRequests", "Statuses.Favourite", "Statuses.Bookmark", "Media.Get", "Media.Update"}
	for _, n := range names {
		if !slices.Contains(late, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range late {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// vendorCalls uses every method.
func (b *bench) vendorCalls(f facts) {
	t := b.t
	table := calls(f)
	require.Equal(t, serviceMethods(), keys(table), "every method of the vendor client needs an exchange here")
	for _, name := range order(keys(table)) {
		for _, do := range table[name] {
			before := len(b.recorder.Exchanges())
			require.NoError(t, do(t.Context(), b.vendor), name)
			require.Greater(t, len(b.recorder.Exchanges()), before, "%s asked nothing", name)
		}
	}
}

// TestEveryMethodIsDriven names what the table of calls lacks.
func TestEveryMethodIsDriven(t *testing.T) {
	require.Equal(t, serviceMethods(), keys(calls(facts{})))
	require.ElementsMatch(t, serviceMethods(), order(serviceMethods()))
}
