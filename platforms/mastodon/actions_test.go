package mastodon_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestSetters(t *testing.T) {
	b := open(t, nil)
	ctx, ch, v := t.Context(), b.channel(t), b.vendor(t)
	post, err := b.VisitorPosts(ctx, visitorHandle, "", "like me")
	require.NoError(t, err)
	status := func() mastodon.Status {
		s, err := v.Statuses.Get(ctx, mastodon.ID(post.ID))
		require.NoError(t, err)
		return s
	}
	relation := func() mastodon.Relationship {
		rs, err := v.Accounts.Relationships(ctx, mastodon.ID(b.visitor.ID))
		require.NoError(t, err)
		require.Len(t, rs, 1)
		return rs[0]
	}
	for name, tc := range map[string]struct {
		set  func(on bool) error
		held func() bool
	}{
		"like":   {func(on bool) error { return ch.SetLiked(ctx, post, on) }, func() bool { return bool(status().Favourited) }},
		"repost": {func(on bool) error { return ch.SetReposted(ctx, post, on) }, func() bool { return bool(status().Reblogged) }},
		"follow": {func(on bool) error { return ch.SetFollowing(ctx, b.visitor, on) }, func() bool { return bool(relation().Following) }},
		"mute":   {func(on bool) error { return ch.SetMuted(ctx, b.visitor, on) }, func() bool { return bool(relation().MutingNotifications) }},
		"block":  {func(on bool) error { return ch.SetBlocked(ctx, b.visitor, on) }, func() bool { return bool(relation().Blocking) }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, on := range []bool{true, true, false, false, true, false} {
				require.NoError(t, tc.set(on))
				require.Equal(t, on, tc.held())
			}
		})
	}
	gone := post.WithKind(smm.KindPost, "1")
	require.ErrorIs(t, ch.SetLiked(ctx, gone, true), smm.ErrNotFound)
	require.NoError(t, ch.SetLiked(ctx, gone, false))
	require.NoError(t, ch.SetReposted(ctx, gone, false))
	require.ErrorIs(t, ch.SetLiked(ctx, b.visitor, true), smm.ErrInvalid)
}

func TestDelete(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	own := b.publish(t, &smm.Post{Text: "mine"}).Post
	comment, err := b.VisitorPosts(ctx, visitorHandle, own.ID, "not yours")
	require.NoError(t, err)
	require.ErrorIs(t, ch.Delete(ctx, comment), smm.ErrForbidden)
	require.ErrorIs(t, ch.DeleteComment(ctx, comment), smm.ErrUnsupported)
	require.NoError(t, ch.Delete(ctx, own))
	require.NoError(t, ch.Delete(ctx, own), "what is gone is deleted")
	require.Equal(t, 1, b.world.Ledger.Counts(mastodon.Platform).Removed)

	again, err := b.vendor(t).Statuses.Delete(ctx, mastodon.ID(b.publish(t, &smm.Post{Text: "redraft @" + visitorHandle}).Post.ID), true)
	require.NoError(t, err)
	require.Equal(t, mastodon.Text("redraft @"+visitorHandle), again.Text)

	// The answer of a proxy is not the server's word that something is gone.
	d, _, channel, _ := stub(t, scripted{"DELETE /api/v1/statuses/5": says(404, "<html>"), "GET /api/v1/statuses/5": says(404, "<html>")})
	require.ErrorIs(t, d.DeleteItem(ctx, channel, channel.WithKind(smm.KindPost, "5")), smm.ErrUnavailable)
}

// TestEditKeepsWhatItDoesNotName: the server's method would drop media and poll.
func TestEditKeepsWhatItDoesNotName(t *testing.T) {
	b := open(t, nil)
	ctx, ch, v := t.Context(), b.channel(t), b.vendor(t)
	get := func(ref smm.Ref) mastodon.Status {
		s, err := v.Statuses.Get(ctx, mastodon.ID(ref.ID))
		require.NoError(t, err)
		return s
	}
	media := []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "blue.jpg", AltText: "blue"}}
	withMedia := b.publish(t, &smm.Post{Text: "before", Media: media, Languages: []string{"de"}}).Post
	require.NoError(t, ch.Edit(ctx, withMedia, &smm.Post{Text: "after"}))
	s := get(withMedia)
	require.Contains(t, string(s.Content), "after")
	require.Len(t, s.MediaAttachments, 2)
	require.Equal(t, mastodon.Text("red"), s.MediaAttachments[0].Description)
	require.Equal(t, mastodon.Text("de"), s.Language)
	require.False(t, s.EditedAt.IsZero())

	media[0].AltText = "a red square"
	require.NoError(t, ch.Edit(ctx, withMedia, &smm.Post{Text: "after", Media: media, ContentWarning: "colours"}))
	s = get(withMedia)
	require.Equal(t, mastodon.Text("a red square"), s.MediaAttachments[0].Description)
	require.Equal(t, mastodon.Text("blue"), s.MediaAttachments[1].Description)
	require.Equal(t, mastodon.Text("colours"), s.SpoilerText)
	require.NoError(t, ch.Edit(ctx, withMedia, &smm.Post{Text: "after"}))
	require.Empty(t, get(withMedia).SpoilerText, "a warning that is left out is taken off")
	require.ErrorIs(t, ch.Edit(ctx, withMedia, &smm.Post{Text: "x", Media: media[:1]}), smm.ErrUnsupported)

	poll := b.publish(t, &smm.Post{Text: "poll", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}).Post
	require.NoError(t, ch.Edit(ctx, poll, &smm.Post{Text: "poll!"}))
	require.Len(t, get(poll).Poll.Options, 2)
	b.world.Clock.Advance(58 * time.Minute)
	require.ErrorIs(t, ch.Edit(ctx, poll, &smm.Post{Text: "poll?"}), smm.ErrUnsupported)
	require.Contains(t, string(get(poll).Content), "poll!")

	message, err := ch.Reply(ctx, b.visitor, &smm.Post{Text: "psst"}, nil)
	require.NoError(t, err)
	require.NoError(t, ch.Edit(ctx, message.Post, &smm.Post{Text: "psst!"}))
	require.Len(t, get(message.Post).Mentions, 1, "a private message stays addressed")

	versions, err := v.Statuses.History(ctx, mastodon.ID(withMedia.ID))
	require.NoError(t, err)
	require.Len(t, versions, 4)
}

func TestReport(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	post, err := b.VisitorPosts(ctx, visitorHandle, "", "buy pills")
	require.NoError(t, err)
	require.NoError(t, ch.Report(ctx, post, smm.Report{Reason: smm.ReasonSpam, Comment: "pills", Forward: true}))
	require.NoError(t, ch.Report(ctx, b.visitor, smm.Report{Reason: smm.ReasonAbuse}))
	require.Equal(t, []mastodontest.Report{
		{Reporter: "shop", Target: visitorHandle, Statuses: []string{post.ID}, Category: "spam", Comment: "pills", Forward: true},
		{Reporter: "shop", Target: visitorHandle, Category: "other"},
	}, b.Reports())
}

func TestMetrics(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	poll := b.publish(t, &smm.Post{Text: "poll", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}).Post
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, poll.ID, false))
	require.NoError(t, b.VisitorLikes(ctx, "second", poll.ID, false))
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, poll.ID, true))
	require.NoError(t, b.VisitorVotes(visitorHandle, poll.ID, 1))
	require.NoError(t, b.VisitorFollows(ctx, visitorHandle, "shop"))
	_, err := b.VisitorPosts(ctx, visitorHandle, poll.ID, "b!")
	require.NoError(t, err)

	got, err := ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{poll}})
	require.NoError(t, err)
	values := func(ms []smm.Metric) map[smm.MetricName]string {
		out := map[smm.MetricName]string{}
		for _, m := range ms {
			out[m.Name] = fmt.Sprintf("%s %d", m.State, m.Value)
			require.Equal(t, smm.UnitCount, m.Unit)
			require.True(t, m.Window.Lifetime())
		}
		return out
	}
	require.Equal(t, map[smm.MetricName]string{
		smm.MetricLikes: "measured 2", smm.MetricShares: "measured 1", smm.MetricComments: "measured 1", smm.MetricQuotes: "zero 0",
		smm.MetricVotes: "measured 1", smm.MetricVoters: "measured 1",
	}, values(got))

	got, err = ch.Metrics(ctx, smm.MetricRequest{Names: []smm.MetricName{smm.MetricFollowers, smm.MetricPosts, smm.MetricImpressions}})
	require.NoError(t, err)
	require.Equal(t, map[smm.MetricName]string{smm.MetricFollowers: "measured 1", smm.MetricPosts: "measured 1", smm.MetricImpressions: " 0"}, values(got))

	window := smm.Window{From: epoch, To: epoch.Add(time.Hour)}
	got, err = ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{poll}, Names: []smm.MetricName{smm.MetricLikes}, Window: window})
	require.NoError(t, err)
	require.Equal(t, smm.MetricNotReported, got[0].State)
	require.Equal(t, window, got[0].Window)
}

// TestMetricsOfMany: many posts are few requests; one that is gone is stated.
func TestMetricsOfMany(t *testing.T) {
	for _, version := range []string{"4.5.2", "4.2.9"} {
		t.Run(version, func(t *testing.T) {
			b := open(t, &mastodontest.Options{Version: version, Quotas: mastodontest.NoQuotas()})
			var subjects []smm.Ref
			for i := range 25 {
				subjects = append(subjects, b.publish(t, &smm.Post{Text: fmt.Sprint("post ", i)}).Post)
			}
			subjects = append(subjects, subjects[0].WithKind(smm.KindPost, "1"))
			before := b.world.Faults.RequestsOf(sim.Read)
			got, err := b.channel(t).Metrics(t.Context(), smm.MetricRequest{Subjects: subjects, Names: []smm.MetricName{smm.MetricLikes}})
			require.NoError(t, err)
			require.Len(t, got, 26)
			require.Equal(t, smm.MetricZero, got[0].State)
			require.Equal(t, smm.MetricNotReported, got[25].State)
			asked := b.world.Faults.RequestsOf(sim.Read) - before
			if version == "4.5.2" {
				require.LessOrEqual(t, asked, 5) // two for the instance, one for nodeinfo, two for the statuses
			} else {
				require.GreaterOrEqual(t, asked, 26)
			}
		})
	}
}

func TestProfile(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	links := []smm.ProfileLink{{Label: "Web", Value: "https://example.com"}, {Label: "Pronouns", Value: "they/them"}}
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{
		Name: ptr("The Shop"), Bio: ptr("We sell <things> & more"), Links: &links, Avatar: &smm.Media{Name: "red.png"},
	}))
	p, err := ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.Equal(t, "The Shop", p.Name)
	require.Equal(t, "We sell <things> & more", p.Bio)
	require.Equal(t, "shop@"+b.Host(), p.Handle)
	require.Len(t, p.Links, 2)
	require.Equal(t, "https://example.com", p.Links[0].Value)
	sum := sha256.Sum256(assets["red.png"].Data)
	require.Contains(t, p.AvatarURL, hex.EncodeToString(sum[:]))

	shorter := links[:1]
	require.NoError(t, ch.EditProfile(ctx, smm.ProfileEdit{Links: &shorter}))
	p, err = ch.Profile(ctx, b.account.Channel)
	require.NoError(t, err)
	require.Len(t, p.Links, 1)
	require.Equal(t, "The Shop", p.Name, "what is not named stays")

	theirs, err := ch.Profile(ctx, b.visitor)
	require.NoError(t, err)
	require.Equal(t, visitorHandle, theirs.Handle)
	require.ErrorIs(t, ch.EditProfile(ctx, smm.ProfileEdit{Avatar: &smm.Media{Name: "clip.mp4"}}), smm.ErrInvalid)
}

func TestCapabilities(t *testing.T) {
	for _, tc := range []struct {
		opts    mastodontest.Options
		granted []smm.Capability
		server  []smm.Capability
		class   smm.Class
	}{
		{mastodontest.Options{}, []smm.Capability{smm.CapPost, smm.CapQuote, smm.CapPoll, smm.CapStream}, nil, smm.ClassKey},
		{mastodontest.Options{Version: "4.4.8"}, []smm.Capability{smm.CapPost}, []smm.Capability{smm.CapQuote}, smm.ClassKey},
		{mastodontest.Options{Version: "3.3.0", InstanceV1Only: true}, []smm.Capability{smm.CapPost, smm.CapVideo}, []smm.Capability{smm.CapQuote}, smm.ClassKey},
		{mastodontest.Options{NoNodeInfo: true}, []smm.Capability{smm.CapPost}, nil, smm.ClassReadBack},
		{mastodontest.Options{Software: mastodontest.GoToSocial}, []smm.Capability{smm.CapPoll, smm.CapMessage}, []smm.Capability{smm.CapQuote}, smm.ClassReadBack},
		{mastodontest.Options{Software: mastodontest.Pleroma}, []smm.Capability{smm.CapPoll}, []smm.Capability{smm.CapQuote, smm.CapStream}, smm.ClassReadBack},
		{mastodontest.Options{Software: mastodontest.Pixelfed}, []smm.Capability{smm.CapImages}, []smm.Capability{smm.CapPoll, smm.CapMessage}, smm.ClassReadBack},
	} {
		t.Run(string(tc.opts.Software)+tc.opts.Version, func(t *testing.T) {
			tc.opts.Quotas = mastodontest.NoQuotas()
			b := open(t, &tc.opts)
			caps, err := b.channel(t).Capabilities(t.Context())
			require.NoError(t, err)
			require.Empty(t, caps.Missing(tc.granted...))
			for _, x := range tc.server {
				require.Equal(t, smm.StateServer, caps.Support(x).State, x)
				require.NotEmpty(t, caps.Support(x).Cure)
			}
			for _, x := range []smm.Capability{smm.CapHide, smm.CapDeleteComment, smm.CapAudience, smm.CapWebhooks, smm.CapReviewAnswer} {
				require.ErrorIs(t, caps.Err(x), smm.ErrUnsupported)
			}
			require.Equal(t, tc.class, caps.Support(smm.CapPost).Guarantee.Class)
		})
	}
}

// TestVendorServices goes through what only the vendor client has.
func TestVendorServices(t *testing.T) {
	b := open(t, nil)
	ctx, v := t.Context(), b.vendor(t)
	visitor := mastodon.ID(b.visitor.ID)

	f, err := v.Filters.Create(ctx, mastodon.FilterParams{Title: "spoilers", Context: []string{"home"}, Action: "hide", Keywords: []mastodon.KeywordParams{{Keyword: "ending", WholeWord: true}}})
	require.NoError(t, err)
	require.Equal(t, mastodon.Text("ending"), f.Keywords[0].Keyword)
	f, err = v.Filters.Update(ctx, f.ID, mastodon.FilterParams{Action: "warn"})
	require.NoError(t, err)
	require.Equal(t, mastodon.Text("warn"), f.Action)
	require.NoError(t, v.Filters.Delete(ctx, f.ID))
	require.NoError(t, v.Filters.Delete(ctx, f.ID))
	all, err := v.Filters.All(ctx)
	require.NoError(t, err)
	require.Empty(t, all)

	l, err := v.Lists.Create(ctx, mastodon.ListSettings{Title: "press"})
	require.NoError(t, err)
	_, err = v.Accounts.Follow(ctx, visitor)
	require.NoError(t, err)
	require.NoError(t, v.Lists.Add(ctx, l.ID, visitor))
	members, err := v.Lists.Accounts(ctx, l.ID, mastodon.ListParams{})
	require.NoError(t, err)
	require.Len(t, members.Items, 1)
	_, err = b.VisitorPosts(ctx, visitorHandle, "", "news")
	require.NoError(t, err)
	timeline, err := v.Timelines.List(ctx, l.ID, mastodon.ListParams{})
	require.NoError(t, err)
	require.Len(t, timeline.Items, 1)
	require.NoError(t, v.Lists.Remove(ctx, l.ID, visitor))
	require.NoError(t, v.Lists.Delete(ctx, l.ID))

	a, err := v.Accounts.Lookup(ctx, visitorHandle)
	require.NoError(t, err)
	require.Equal(t, visitor, a.ID)
	_, err = v.Accounts.Mute(ctx, visitor, mastodon.MuteOptions{Duration: time.Hour})
	require.NoError(t, err)
	b.world.Clock.Advance(2 * time.Hour)
	rs, err := v.Accounts.Relationships(ctx, visitor)
	require.NoError(t, err)
	require.False(t, bool(rs[0].Muting))
	require.NoError(t, v.Accounts.BlockDomain(ctx, "elsewhere.example"))
	require.NoError(t, v.Accounts.UnblockDomain(ctx, "elsewhere.example"))

	b.Lock("shop")
	require.NoError(t, b.VisitorFollows(ctx, "asker", "shop"))
	asking, err := v.Accounts.FollowRequests(ctx, mastodon.ListParams{})
	require.NoError(t, err)
	require.Len(t, asking.Items, 1)
	_, err = v.Accounts.AnswerFollowRequest(ctx, asking.Items[0].ID, true)
	require.NoError(t, err)

	_, err = b.VisitorPosts(ctx, visitorHandle, "", "hi @shop")
	require.NoError(t, err)
	ns, err := v.Notifications.List(ctx, mastodon.NotificationFilter{ExcludeTypes: []string{"follow_request"}}, mastodon.ListParams{})
	require.NoError(t, err)
	require.Len(t, ns.Items, 1)
	count, err := v.Notifications.UnreadCount(ctx)
	require.NoError(t, err)
	require.True(t, count.Known)
	require.NoError(t, v.Notifications.Dismiss(ctx, ns.Items[0].ID))
	require.NoError(t, v.Notifications.Dismiss(ctx, ns.Items[0].ID))
}
