package mastodon_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// forms are the posts that the driver can make.
func (b *bench) forms(quoted smm.Ref) map[string]*smm.Post {
	images := []smm.Media{{Name: "red.png", AltText: "red", Focus: &smm.FocalPoint{X: 0.5, Y: -0.5}}, {Name: "blue.jpg"}}
	return map[string]*smm.Post{
		"text":      {Text: "plain #tag", Languages: []string{"en-GB"}},
		"rich":      {Text: "@" + visitor + " #tag https://example.com/a/rather/long/path?b=c&d=<e>\n\nA & B"},
		"images":    {Text: "images", Media: images, Sensitive: true},
		"video":     {Text: "video", Media: []smm.Media{{Name: "clip.mp4", AltText: "a clip"}}},
		"gif":       {Text: "gif", Media: []smm.Media{{Name: "moving.gif"}}},
		"poll":      {Text: "poll", Poll: &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour, Multiple: true}},
		"warning":   {Text: "warned", ContentWarning: "spiders"},
		"followers": {Text: "followers", Visibility: smm.VisibilityFollowers},
		"unlisted":  {Text: "unlisted", Visibility: smm.VisibilityUnlisted},
		"card":      {Text: "card https://example.com/", Card: &smm.Card{URL: "https://example.com/"}},
		"quote":     {Text: "quote", Quote: quoted},
		"thread":    {Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}},
		"policy":    options(&smm.Post{Text: "nobody quotes"}, mastodon.PostOptions{QuotePolicy: "nobody"}),
		"reply":     {Text: "an answer", ReplyTo: quoted},
		"message":   {Text: "a message", ReplyTo: b.Author(visitor)},
		"scheduled": options(&smm.Post{Text: "later"}, mastodon.PostOptions{ScheduledAt: epoch.Add(30 * time.Minute)}),
	}
}

func options(p *smm.Post, o mastodon.PostOptions) *smm.Post {
	if err := o.Set(p); err != nil {
		panic(err) // a mistake in the table
	}
	return p
}

// portable publishes every form and uses each part of the driver.
func (b *bench) portable() map[string]smm.Result {
	t, ctx, ch := b.t, b.t.Context(), b.channel
	quoted, err := b.VisitorPosts(ctx, visitor, "", "to quote @alice")
	require.NoError(t, err)
	posts := make(map[string]smm.Result)
	for name, p := range b.forms(quoted) {
		r, err := ch.Publish(ctx, p, &smm.PublishOptions{Wait: time.Hour})
		require.NoError(t, err, name)
		posts[name] = r
	}
	post := posts["text"].Post
	comment, err := b.VisitorPosts(ctx, visitor, post.ID, "@alice a comment")
	require.NoError(t, err)
	require.NoError(t, b.VisitorLikes(ctx, visitor, post.ID, false))
	require.NoError(t, b.VisitorLikes(ctx, visitor, post.ID, true))
	require.NoError(t, b.VisitorFollows(ctx, visitor, "alice"))
	require.NoError(t, b.VisitorVotes(visitor, posts["poll"].Post.ID, 0))
	require.NoError(t, drain(b.VisitorWrites(ctx, visitor, "alice", "a question")))
	for _, on := range []bool{true, false} {
		require.NoError(t, ch.SetLiked(ctx, comment, on))
		require.NoError(t, ch.SetReposted(ctx, comment, on))
		require.NoError(t, ch.SetFollowing(ctx, b.Author(visitor), on))
		require.NoError(t, ch.SetMuted(ctx, b.Author(visitor), on))
		require.NoError(t, ch.SetBlocked(ctx, b.Author(visitor), on))
	}
	for _, reason := range []smm.ReportReason{smm.ReasonSpam, smm.ReasonIllegal, smm.ReasonRules, smm.ReasonOther} {
		require.NoError(t, ch.Report(ctx, comment, smm.Report{Reason: reason, Comment: "an advertisement"}))
	}
	require.NoError(t, ch.Report(ctx, b.Author(visitor), smm.Report{Reason: smm.ReasonAbuse}))
	b.read(post)
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{
		Name: ptr("Alice"), Bio: ptr("We sell."), Links: &[]smm.ProfileLink{{Label: "site", Value: "https://example.com/"}}, Avatar: &smm.Media{Name: "red.png"},
	}))
	require.NoError(t, ch.Edit(ctx, post, &smm.Post{Text: "plain, edited", Languages: []string{"en"}}))
	require.NoError(t, ch.Delete(ctx, posts["warning"].Post))
	return posts
}

func (b *bench) read(post smm.Ref) {
	t, ctx, ch := b.t, b.t.Context(), b.channel
	for _, err := range []error{
		drain(ch.Posts(nil).Collect(ctx, 0)), drain(ch.Timeline(nil).Collect(ctx, 0)), drain(ch.Mentions(nil).Collect(ctx, 0)),
		drain(ch.Comments(post, nil).Collect(ctx, 0)), drain(ch.Conversations(nil).Collect(ctx, 0)),
		drain(ch.Search(smm.SearchQuery{Text: "a"}, nil).Collect(ctx, 0)),
		drain(ch.Health(ctx)),
		drain(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{post, b.account.Channel}})),
		drain(ch.Profile(ctx, smm.Ref{})), drain(ch.Profile(ctx, b.Author(visitor))),
	} {
		require.NoError(t, err)
	}
	convos, err := ch.Conversations(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.NotEmpty(t, convos)
	require.NoError(t, drain(ch.Messages(convos[0].Ref, nil).Collect(ctx, 0)))
}

// facts makes what the calls of the vendor client are about.
func (b *bench) facts(posts map[string]smm.Result) facts {
	t, x := b.t, b.t.Context()
	must := func(err error) { t.Helper(); require.NoError(t, err) }
	f := facts{
		me: id(b.account.Channel.ID), other: id(b.other.Channel.ID), visitor: id(b.Author(visitor).ID), now: b.world.Clock.Now(),
		status: id(posts["text"].Post.ID), ownPoll: id(posts["poll"].Post.ID),
		gone: id(posts["rich"].Post.ID), goneMedia: id(posts["gif"].Post.ID),
	}
	theirs, err := b.VisitorPosts(x, visitor, "", "something #tag of another's")
	must(err)
	f.theirs = id(theirs.ID)
	poll, err := b.theirs.Statuses.Create(x, mastodon.StatusParams{Status: "choose", Poll: &mastodon.PollParams{Options: []string{"a", "b"}, ExpiresIn: 3600}}, nil)
	must(err)
	f.poll = poll.Status.Poll.ID
	own, err := b.vendor.Statuses.Get(x, f.ownPoll)
	must(err)
	f.ownPoll = own.Poll.ID
	quoting, err := b.theirs.Statuses.Create(x, mastodon.StatusParams{Status: "quoting", QuotedStatusID: f.status}, nil)
	must(err)
	f.quoting = quoting.Status.ID
	f.withMedia = id(posts["images"].Post.ID)
	withMedia, err := b.vendor.Statuses.Get(x, f.withMedia)
	must(err)
	for _, a := range withMedia.MediaAttachments {
		f.itsMedia = append(f.itsMedia, a.ID)
	}
	b.Lock("alice")
	must(drain(b.theirs.Accounts.Follow(x, f.me)))
	f.asker = f.other
	dave, err := b.NewAccount("dave")
	must(err)
	stranger, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: b.URL(), Token: smm.NewSecret(dave.Login["MASTODON_TOKEN"]), Clock: b.world.Clock, HTTPClient: &http.Client{Transport: b.recorder.Next},
	})
	must(err)
	must(drain(stranger.Accounts.Follow(x, f.me)))
	f.stranger = id(dave.Channel.ID)
	for _, m := range []*mastodon.ID{&f.media, &f.attach} {
		png := assets["red.png"].Data
		media, _, err := b.vendor.Media.Upload(x, mastodon.Upload{Reader: bytes.NewReader(png), Size: int64(len(png)), Type: "image/png"})
		must(err)
		*m = media.ID
	}
	at := f.now.Add(2 * time.Hour)
	scheduled, err := b.vendor.Statuses.Create(x, mastodon.StatusParams{Status: "much later", ScheduledAt: &at}, nil)
	must(err)
	f.scheduled = scheduled.Scheduled.ID
	notes, err := b.vendor.Notifications.List(x, mastodon.NotificationFilter{}, mastodon.ListParams{})
	must(err)
	f.notification = notes.Items[0].ID
	convos, err := b.vendor.Conversations.List(x, mastodon.ListParams{})
	must(err)
	f.convo = convos.Items[0].ID
	list, err := b.vendor.Lists.Create(x, mastodon.ListSettings{Title: "a list"})
	must(err)
	f.list = list.ID
	filter, err := b.vendor.Filters.Create(x, mastodon.FilterParams{
		Title: "bees", Context: []string{"home"}, Keywords: []mastodon.KeywordParams{{Keyword: "bees"}},
	})
	must(err)
	f.filter, f.keyword = filter.ID, filter.Keywords[0].ID
	return f
}

// refusals draws errors out of the simulator.
func (b *bench) refusals() {
	t, token := b.t, b.account.Login["MASTODON_TOKEN"]
	const jsonType = "application/json"
	soon := b.world.Clock.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	narrow := b.IssueToken("alice", "read:accounts")
	for _, c := range []struct{ verb, path, token, contentType, body string }{
		{"GET", "/api/v1/statuses/0", token, "", ""},
		{"GET", "/api/v1/timelines/home", "", "", ""},
		{"GET", "/api/v1/timelines/home", "wrong", "", ""},
		{"GET", "/api/v1/timelines/home", narrow, "", ""},
		{"POST", "/api/v1/statuses", token, jsonType, `{`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":""}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"` + strings.Repeat("x", 501) + `"}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"x","visibility":"nobody"}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"x","in_reply_to_id":"0"}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"x","scheduled_at":"` + soon + `"}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"x","media_ids":["0"]}`},
		{"POST", "/api/v1/statuses", token, jsonType, `{"status":"x","poll":{"options":["a"],"expires_in":1}}`},
		{"PUT", "/api/v1/scheduled_statuses/0", token, jsonType, `{"scheduled_at":"x"}`},
		{"POST", "/api/v2/media", token, jsonType, `{}`},
		{"GET", "/api/v1/media/0", token, "", ""},
		{"POST", "/api/v1/polls/0/votes", token, jsonType, `{"choices":["0"]}`},
		{"POST", "/api/v1/reports", token, jsonType, `{}`},
		{"POST", "/api/v2/filters", token, jsonType, `{}`},
		{"POST", "/api/v1/lists", token, jsonType, `{}`},
	} {
		require.GreaterOrEqual(t, b.wrongOn(c.verb, c.path, c.token, c.contentType, c.body), 400, "%+v", c)
	}
	for _, f := range []sim.Fault{{Kind: sim.Throttle}, {Kind: sim.Expire}, {Kind: sim.ErrorBefore, Status: 500}, {Kind: sim.ErrorBefore, Status: 503}} {
		b.world.Faults.Add(f)
		require.GreaterOrEqual(t, b.wrongOn("GET", "/api/v1/timelines/home", token, "", ""), 400, f.Kind)
	}
}

// old asks a server that has the first version of the instance document only.
func (b *bench) old() {
	t := b.t
	server := mastodontest.NewServer(b.world, &mastodontest.Options{Version: version, InstanceV1Only: true})
	t.Cleanup(server.Close)
	c, err := mastodon.NewClient(mastodon.ClientConfig{
		Server: server.URL(), Clock: b.world.Clock, Logger: slog.New(b.ops), HTTPClient: &http.Client{Transport: b.recorder},
	})
	require.NoError(t, err)
	require.NoError(t, drain(c.Instance.Get(t.Context())))
}

// drive makes every exchange there is.
func drive(t testing.TB) *bench {
	t.Helper()
	b := open(t)
	posts := b.portable()
	b.vendorCalls(b.facts(posts))
	b.old()
	b.refusals()
	return b
}

// TestBothSides is the contract: every request of the client and every answer of
// the simulator is what the documentation of the simulator's version says.
func TestBothSides(t *testing.T) {
	b := drive(t)
	slices.Sort(b.judge.wrong)
	require.Empty(t, strings.Join(b.judge.wrong, "\n"))
	var unused []string
	for key := range b.judge.sheet.Methods {
		if b.judge.methods[key] == 0 {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	require.Empty(t, unused, "the sheet has methods that nothing asked for with success")
	t.Logf("%d exchanges, %d methods, %d errors", len(b.recorder.Exchanges()), len(b.judge.methods), b.judge.failed)
}

// TestEvidence holds what the run saw succeed against the committed claim. The
// scan of the source and the wire must agree on what operations there are.
func TestEvidence(t *testing.T) {
	b := drive(t)
	require.Empty(t, b.judge.wrong)
	found, err := evidence.Operations("../../../platforms/mastodon")
	require.NoError(t, err)
	require.ElementsMatch(t, found, keys(b.ops.Seen()), "the scan of the source and the wire must agree")

	evidence.Check(t, "mastodon", "documentation", evidence.File{
		Level: evidence.Documentation, Against: "docs.joinmastodon.org, field by field", Version: "2903485d of 2026-07-02, as of Mastodon " + version,
	}, b.ops.Succeeded())
}
