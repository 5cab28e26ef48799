package x_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/quota"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestNewRefuses(t *testing.T) {
	store := smm.NewMemoryCredentials()
	for name, cfg := range map[string]x.Config{
		"no credentials": {}, "a tier": {Credentials: store, Tier: "gold"}, "an address": {Credentials: store, BaseURL: "ftp://x"},
		"an empty secret": {Credentials: store, Webhooks: x.Webhooks{ConsumerSecrets: []smm.Secret{smm.NewSecret("a"), {}}}},
	} {
		_, err := x.New(cfg)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
}

// TestCapabilitiesOfTiers: what a tier lost in 2026 says so.
func TestCapabilitiesOfTiers(t *testing.T) {
	for tier, lost := range map[xtest.Tier][]smm.Capability{
		xtest.SelfServe: {smm.CapLike, smm.CapFollow, smm.CapQuote}, xtest.Enterprise: nil,
	} {
		g := stand(t, &xtest.Options{Tier: tier, NoQuotas: true})
		caps, err := g.channel(t).Capabilities(t.Context())
		require.NoError(t, err)
		for _, c := range []smm.Capability{smm.CapLike, smm.CapFollow, smm.CapQuote} {
			s := caps.Support(c)
			if len(lost) == 0 {
				require.Equal(t, smm.StateGranted, s.State, c)
				continue
			}
			require.Equal(t, smm.StatePlan, s.State, c)
			require.Contains(t, s.Cure, "2026-04-20", c)
			require.ErrorIs(t, caps.Err(c), smm.ErrForbidden)
		}
		require.True(t, caps.Has(smm.CapReply))
		require.Equal(t, &smm.Guarantee{Class: smm.ClassReadBack, RequestLife: 2 * time.Minute, ReadLag: time.Minute}, caps.Support(smm.CapReply).Guarantee)
		require.Equal(t, len(lost) > 0, strings.Contains(caps.Support(smm.CapReply).Cure, "2026-02-23"))
		require.Equal(t, smm.StateNever, caps.Support(smm.CapBlock).State)
		require.Equal(t, smm.StateAccountType, caps.Support(smm.CapEdit).State)
		require.Equal(t, smm.StateServer, caps.Support(smm.CapWebhooks).State)
		require.Equal(t, 280, caps.Limits().Text.Max)
		require.Empty(t, caps.Limits().Live)
	}
}

// TestCapabilitiesOfPremium: limits that the account has stand above the
// documented ones.
func TestCapabilitiesOfPremium(t *testing.T) {
	g := stand(t, nil)
	g.SetPremium("shop", true)
	g.config.Webhooks.ConsumerSecrets = []smm.Secret{smm.NewSecret("consumer-secret")}
	caps, err := g.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, x.LongText, caps.Limits().Text.Max)
	require.Equal(t, []string{"text.max", "media.video_length", "media.video_bytes"}, caps.Limits().Live)
	require.Zero(t, caps.Limits().Media.VideoLength)
	require.True(t, caps.Has(smm.CapEdit, smm.CapWebhooks))
}

// TestCapabilitiesOfScopes names what is missing.
func TestCapabilitiesOfScopes(t *testing.T) {
	g := stand(t, nil)
	cred, err := g.store.Load(t.Context(), "", g.account.Channel)
	require.NoError(t, err)
	cred.Scopes = []string{"tweet.read", "users.read", "tweet.write"}
	_, err = g.store.Swap(t.Context(), "", g.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	caps, err := g.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.True(t, caps.Has(smm.CapPost, smm.CapReply, smm.CapThread, smm.CapDelete, smm.CapRepost, smm.CapSearch))
	require.Equal(t, []string{"media.write"}, caps.Support(smm.CapImage).Missing)
	require.Equal(t, []string{"dm.read", "dm.write"}, caps.Support(smm.CapMessage).Missing)
	require.Equal(t, smm.StateScope, caps.Support(smm.CapLike).State)
	require.Contains(t, caps.Support(smm.CapHide).Cure, "tweet.moderate.write")
}

// TestAccountIsAskedOnce: X charges for each look.
func TestAccountIsAskedOnce(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true})
	d := g.driver(t)
	for range 5 {
		_, err := d.Capabilities(t.Context(), g.account.Channel)
		require.NoError(t, err)
	}
	require.Equal(t, 1, g.world.Faults.RequestsOf(sim.Read))
	require.Equal(t, int64(10_000), g.Spent())
	g.world.Clock.Advance(7 * time.Hour)
	_, err := d.Capabilities(t.Context(), g.account.Channel)
	require.NoError(t, err)
	require.Equal(t, 2, g.world.Faults.RequestsOf(sim.Read))
}

// TestEdit: all ids of a post lead to its newest version.
func TestEdit(t *testing.T) {
	g := stand(t, nil)
	g.SetPremium("shop", true)
	r := g.publish(t, &smm.Post{Text: "first", Media: []smm.Media{{Name: "red.png"}}})
	ch := g.channel(t)
	require.NoError(t, ch.Edit(t.Context(), r.Post, &smm.Post{Text: "second"}))
	require.NoError(t, ch.Edit(t.Context(), r.Post, &smm.Post{Text: "third"}), "by the id of the first version")
	all := g.Public("shop")
	require.Len(t, all, 1)
	require.Equal(t, "third", all[0].Text)
	require.Equal(t, 2, all[0].Edits)
	require.Len(t, all[0].Media, 1)

	p, err := ch.Post(t.Context(), r.Post)
	require.NoError(t, err)
	require.Equal(t, r.Post, p.Ref)
	require.Equal(t, smm.Untrusted("third"), p.Text)
	require.False(t, p.Edited.IsZero())
	require.Len(t, p.Attachments, 1)

	require.ErrorIs(t, ch.Edit(t.Context(), r.Post, &smm.Post{Text: "a", Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}}), smm.ErrUnsupported)
	require.ErrorIs(t, ch.Edit(t.Context(), r.Post, &smm.Post{Text: "a", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}), smm.ErrUnsupported)
	require.NoError(t, ch.Delete(t.Context(), r.Post))
	require.Empty(t, g.Public("shop"))
}

func TestDelete(t *testing.T) {
	g := stand(t, nil)
	ch := g.channel(t)
	theirs, err := g.VisitorPosts(t.Context(), visitorHandle, "", "theirs")
	require.NoError(t, err)
	require.ErrorIs(t, ch.Delete(t.Context(), theirs), smm.ErrForbidden)
	own := g.publish(t, &smm.Post{Text: "own"}).Post
	for range 2 {
		require.NoError(t, ch.Delete(t.Context(), own), "what is gone counts as deleted")
	}
	_, err = ch.Post(t.Context(), own)
	require.ErrorIs(t, err, smm.ErrNotFound)
}

// TestLists reads as people see it.
func TestLists(t *testing.T) {
	for _, spelling := range []xtest.Spelling{xtest.Old, xtest.New} {
		for _, names := range []x.Names{x.NamesTweet, x.NamesPost} {
			t.Run(string(spelling)+string(names), func(t *testing.T) { lists(t, spelling, names) })
		}
	}
}

func lists(t *testing.T, spelling xtest.Spelling, names x.Names) {
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, Spelling: spelling, EscapeText: true})
	g.config.Names = names
	ch := g.channel(t)
	own := g.publish(t, &smm.Post{Text: "A & B #tag https://example.com/a?b=c&copy=1 &lt; @visitor", Thread: []smm.Post{{Text: "part two"}}})
	theirs, err := g.VisitorPosts(t.Context(), visitorHandle, "", "hello @shop")
	require.NoError(t, err)
	comment, err := g.VisitorPosts(t.Context(), visitorHandle, own.Post.ID, "a comment")
	require.NoError(t, err)
	require.Equal(t, smm.KindComment, g.publish(t, &smm.Post{Text: "an answer", ReplyTo: comment}).Post.Kind)
	require.NoError(t, ch.SetReposted(t.Context(), theirs, true))

	posts, err := ch.Posts(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, posts, 2, "neither the repost nor the answer to somebody")
	p := posts[1]
	require.Equal(t, own.Post, p.Ref)
	require.Equal(t, smm.Untrusted("A & B #tag https://example.com/a?b=c&copy=1 &lt; @visitor"), p.Text)
	require.Equal(t, "https://x.com/shop/status/"+own.Post.ID, p.URL)
	require.Equal(t, "shop", p.Author.Handle)
	require.Equal(t, g.account.Channel.ID, p.Author.Ref.ID)
	require.Equal(t, own.Post.ID, posts[0].InReplyTo.ID)
	require.True(t, p.Edited.IsZero())
	targets := map[smm.EntityKind]string{}
	for _, e := range p.Entities {
		targets[e.Kind] = e.Target
	}
	require.Equal(t, map[smm.EntityKind]string{
		smm.EntityHashtag: "tag", smm.EntityLink: "https://example.com/a?b=c&copy=1", smm.EntityMention: g.visitor.String(),
	}, targets)

	around(t, g, own.Post, comment)
}

// around reads what others say.
func around(t *testing.T, g *ground, own, comment smm.Ref) {
	t.Helper()
	ch := g.channel(t)
	comments, err := ch.Comments(own, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	texts := map[string]smm.Message{}
	for _, m := range comments {
		texts[strings.TrimPrefix(string(m.Text), "@"+visitorHandle+" ")] = m
		require.Equal(t, smm.KindComment, m.Ref.Kind)
		require.Equal(t, own.ID, m.Root.ID)
	}
	require.Contains(t, texts, "part two")
	require.True(t, texts["an answer"].Own)
	require.Equal(t, comment.WithKind(smm.KindComment, comment.ID), texts["an answer"].InReplyTo)
	under, err := ch.Comments(comment, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, under, 1)

	mentions, err := ch.Mentions(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, mentions, 2)
	require.Equal(t, smm.KindComment, mentions[0].Ref.Kind)
	require.Equal(t, smm.KindPost, mentions[1].Ref.Kind)
	require.Equal(t, visitorHandle, mentions[1].Author.Handle)

	found, err := ch.Search(smm.SearchQuery{Text: "hello OR nothing", Author: g.visitor}, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, found, 1)
	tagged, err := ch.Search(smm.SearchQuery{Hashtag: "tag"}, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, tagged, 1)
	_, err = ch.Search(smm.SearchQuery{Language: "en"}, nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrUnsupported)
	_, err = ch.Search(smm.SearchQuery{Hashtag: "a OR b"}, nil).Collect(t.Context(), 0)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestConversations: each once, over pages, the last message first.
func TestConversations(t *testing.T) {
	g := stand(t, nil)
	for i := range 150 {
		who := []string{"ann", "bob", "cid"}[i%3]
		if i < 3 {
			who = []string{"dan", "eve", "fay"}[i]
		}
		_, err := g.VisitorWrites(t.Context(), who, "shop", "a message")
		require.NoError(t, err)
		g.world.Clock.Advance(time.Second)
	}
	all, err := g.channel(t).Conversations(nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, all, 6)
	for i, c := range all {
		require.Equal(t, []string{"cid", "bob", "ann", "fay", "eve", "dan"}[i], c.Participants[0].Handle)
		require.Contains(t, c.Ref.ID, "-")
		require.Equal(t, c.Ref, c.Last.Conversation)
	}
	r := g.publish(t, &smm.Post{Text: "hello dan", ReplyTo: all[5].Ref})
	require.Equal(t, smm.KindMessage, r.Post.Kind)
	require.Empty(t, r.URL)
	r = g.publish(t, &smm.Post{Text: "once more", ReplyTo: r.Post, Media: []smm.Media{{Name: "red.png"}}})
	msgs, err := g.channel(t).Messages(all[5].Ref, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, msgs, 3)
	require.Equal(t, r.Post, msgs[0].Ref)
	require.True(t, msgs[0].Own)
	require.Len(t, msgs[0].Attachments, 1)
}

// TestNumbers: zero, not reported, and withdrawn are three things.
func TestNumbers(t *testing.T) {
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, Spelling: xtest.New})
	own := g.publish(t, &smm.Post{Text: "own", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}).Post
	clip := g.publish(t, &smm.Post{Text: "clip", Media: []smm.Media{{Name: "clip.mp4"}}}).Post
	theirs, err := g.VisitorPosts(t.Context(), visitorHandle, "", "theirs")
	require.NoError(t, err)
	require.NoError(t, g.SetMetrics(own.ID, xtest.Metrics{Impressions: 100, LinkClicks: 7, Engagements: 9}))
	require.NoError(t, g.SetMetrics(clip.ID, xtest.Metrics{VideoViews: 12}))
	require.NoError(t, g.VisitorVotes(visitorHandle, own.ID, 1))
	require.NoError(t, g.VisitorLikes(t.Context(), visitorHandle, own.ID, true))
	gone := smm.Ref{Platform: x.Platform, Kind: smm.KindPost, ID: "1"}

	read := func() map[string]smm.Metric {
		got, err := g.channel(t).Metrics(t.Context(), smm.MetricRequest{
			Subjects: []smm.Ref{own, clip, theirs, gone},
			Names: []smm.MetricName{
				smm.MetricImpressions, smm.MetricShares, smm.MetricClicks, smm.MetricProfileViews, smm.MetricEngagements, smm.MetricVotes,
				smm.MetricViews, smm.MetricReach,
			},
		})
		require.NoError(t, err)
		out := map[string]smm.Metric{}
		names := map[string]string{own.ID: "own", clip.ID: "clip", theirs.ID: "theirs", gone.ID: "gone"}
		for _, m := range got {
			out[names[m.Subject.ID]+" "+string(m.Name)] = m
		}
		return out
	}
	type number struct {
		state smm.MetricState
		value int64
	}
	check := func(got map[string]smm.Metric, want map[string]number) {
		t.Helper()
		for name, n := range want {
			require.Equal(t, n, number{got[name].State, got[name].Value}, name)
		}
	}
	check(read(), map[string]number{
		"own impressions": {smm.MetricMeasured, 100}, "own shares": {smm.MetricMeasured, 1}, "own clicks": {smm.MetricMeasured, 7},
		"own profile_views": {smm.MetricZero, 0}, "own engagements": {smm.MetricMeasured, 9}, "own votes": {smm.MetricMeasured, 1},
		"own views": {"", 0}, "own reach": {"", 0}, "clip views": {smm.MetricMeasured, 12}, "clip votes": {"", 0}, "clip clicks": {smm.MetricZero, 0},
		"theirs impressions": {smm.MetricZero, 0}, "theirs clicks": {"", 0}, "gone impressions": {"", 0}, "gone clicks": {"", 0},
	})
	g.world.Clock.Advance(31 * 24 * time.Hour)
	check(read(), map[string]number{
		"own impressions": {smm.MetricMeasured, 100}, "own clicks": {smm.MetricWithdrawn, 0}, "own engagements": {smm.MetricWithdrawn, 0},
		"theirs clicks": {"", 0},
	})

	account, err := g.channel(t).Metrics(t.Context(), smm.MetricRequest{})
	require.NoError(t, err)
	require.Len(t, account, 3)
	require.Equal(t, int64(2), account[2].Value)
}

// TestPrivateNumbers: one post of somebody else's among them makes X refuse them
// all, so that they are asked for of own posts alone.
func TestPrivateNumbers(t *testing.T) {
	b := open(t).says(200, `{"data":[
		{"id":"5","author_id":"7","created_at":"2026-11-01T09:00:00Z"},{"id":"6","author_id":"8","created_at":"2026-11-01T09:00:00Z"},
		{"id":"4","author_id":"7","created_at":"2026-09-01T09:00:00Z"}]}`)
	d, ch := b.driver(t)
	subjects := []smm.Ref{ch.WithKind(smm.KindPost, "4"), ch.WithKind(smm.KindPost, "5"), ch.WithKind(smm.KindComment, "6")}
	_, err := d.ReadMetrics(t.Context(), ch, smm.MetricRequest{Subjects: subjects, Names: []smm.MetricName{smm.MetricLikes}})
	require.NoError(t, err)
	require.Len(t, b.requests(), 1, "what nobody asked for is not paid for")
	_, err = d.ReadMetrics(t.Context(), ch, smm.MetricRequest{Subjects: subjects})
	require.NoError(t, err)
	seen := b.requests()
	require.Len(t, seen, 2)
	require.Equal(t, "4,5,6", seen[0].URL.Query().Get("ids"))
	require.NotContains(t, seen[0].URL.RawQuery, "non_public")
	require.Equal(t, "5", seen[1].URL.Query().Get("ids"))
	require.Equal(t, "non_public_metrics", seen[1].URL.Query().Get("tweet.fields"))
}

// TestTariffs agree with what CostOf says of a post of each kind.
func TestTariffs(t *testing.T) {
	to := smm.Ref{Platform: x.Platform, Kind: smm.KindAuthor, ID: "5"}
	posts := []*smm.Post{
		{Text: "a https://example.com", ReplyTo: to}, {Text: "a https://example.com"}, {Text: "a", ReplyTo: to.WithKind(smm.KindPost, "5")}, {Text: "a"},
	}
	all := x.Tariffs()
	require.Len(t, all, len(posts))
	for i, v := range all {
		want, err := x.CostOf(posts[i])
		require.NoError(t, err)
		require.Equal(t, want, v.Price)
		require.Equal(t, x.Platform, v.Platform)
		require.NotEmpty(t, v.Source)
		key := v.Charges[0].Key
		key.Account = "7"
		_, known := x.QuotaLimit(key)
		require.True(t, known, key.Bucket)
	}
}

// TestTimes: times that X refuses, and that change nothing, are left out.
func TestTimes(t *testing.T) {
	b := open(t).says(200, `{"meta":{"result_count":0}}`)
	d, ch := b.driver(t)
	week := smm.PageRequest{Since: epoch.Add(-8 * 24 * time.Hour), Until: epoch}
	day := smm.PageRequest{Since: epoch.Add(-48 * time.Hour), Until: epoch.Add(-24 * time.Hour), Limit: 1}
	for _, r := range []smm.PageRequest{week, day} {
		_, err := d.SearchPosts(t.Context(), ch, smm.SearchQuery{Text: "a"}, r)
		require.NoError(t, err)
		_, err = d.ListMentions(t.Context(), ch, r)
		require.NoError(t, err)
	}
	var got []string
	for _, s := range b.requests() {
		q := s.URL.Query()
		got = append(got, q.Get("start_time")+" "+q.Get("end_time")+" "+q.Get("max_results"))
	}
	require.Equal(t, []string{
		"  ", "2026-10-25T09:00:00Z  ", "2026-10-31T09:00:00Z 2026-11-01T09:00:00Z 10", "2026-10-31T09:00:00Z 2026-11-01T09:00:00Z 5",
	}, got)
}

func TestProfile(t *testing.T) {
	g := stand(t, nil)
	for _, who := range []smm.Ref{g.account.Channel, g.visitor} {
		p, err := g.channel(t).Profile(t.Context(), who)
		require.NoError(t, err)
		require.Equal(t, who, p.Ref)
		require.NotEmpty(t, p.Handle)
		require.Equal(t, "https://x.com/"+p.Handle, p.URL)
	}
}

// TestHealth tells the plan and what is left of the budgets.
func TestHealth(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true})
	q, err := quota.New(quota.Config{Limit: x.QuotaLimit, Clock: g.world.Clock})
	require.NoError(t, err)
	g.config.Quota, g.config.App = q, "app"
	g.publish(t, &smm.Post{Text: "a"})
	h, err := g.channel(t).Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.ConnectionWorks, h.State)
	require.Equal(t, "self-serve", h.Facts.Plan)
	require.True(t, h.Facts.Token.Renews)
	left := map[string]int64{}
	for _, s := range h.Facts.Quotas {
		left[s.Key.Bucket] = s.Remaining
	}
	require.Equal(t, int64(99), left["posts.create/user-15m"])
	require.Equal(t, int64(9_999), left["posts.create/app-24h"])
	require.Contains(t, left, "users.me/user-15m")
}

// TestForeignToken: a token of another account is not used for this one.
func TestForeignToken(t *testing.T) {
	g := stand(t, nil)
	other, err := g.NewAccount("other")
	require.NoError(t, err)
	cred, err := g.store.Load(t.Context(), "", g.account.Channel)
	require.NoError(t, err)
	cred.AccessToken = smm.NewSecret(other.Login["X_ACCESS_TOKEN"])
	_, err = g.store.Swap(t.Context(), "", g.account.Channel, cred.Version, cred)
	require.NoError(t, err)
	_, err = g.channel(t).Publish(t.Context(), &smm.Post{Text: "a"}, nil)
	require.ErrorIs(t, err, smm.ErrUnauthorized)
	require.Empty(t, g.Public("other"))
}
