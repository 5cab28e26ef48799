package threads_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// TestMentions: what names the channel, in posts and in answers of others; an
// answer without its name is a comment and not here.
func TestMentions(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	own := b.publish(t, &smm.Post{Text: "mine, says @shop"})
	in, err := b.VisitorPosts(ctx, visitorHandle, "", "Dear @shop, hello")
	require.NoError(t, err)
	answer, err := b.VisitorPosts(ctx, "other", in.ID, "@Shop they mean you")
	require.NoError(t, err)
	for _, text := range []string{"@shopping is fun", "shop"} {
		_, err = b.VisitorPosts(ctx, visitorHandle, "", text)
		require.NoError(t, err)
	}
	_, err = b.VisitorPosts(ctx, visitorHandle, own.Post.ID, "no name")
	require.NoError(t, err)
	got, err := b.channel(t).Mentions(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, answer, got[0].Ref)
	require.Equal(t, smm.KindComment, got[0].Ref.Kind)
	require.Equal(t, in.ID, got[0].InReplyTo.ID)
	require.Equal(t, in, got[1].Ref)
	require.Equal(t, b.visitor, got[1].Author.Ref)
	require.False(t, got[1].Own)
	require.Equal(t, []smm.Entity{{Kind: smm.EntityMention, Start: 5, End: 10, Target: "threads/author/shop"}}, got[1].Entities)
}

func TestGone(t *testing.T) {
	b := open(t, nil)
	ch, ctx := b.channel(t), t.Context()
	r := b.publish(t, &smm.Post{Text: "Hello"})
	require.NoError(t, ch.Delete(ctx, r.Post))
	_, err := ch.Post(ctx, r.Post)
	require.ErrorIs(t, err, smm.ErrNotFound)
	require.NoError(t, ch.Delete(ctx, r.Post))
	_, err = ch.Post(ctx, b.account.Channel.WithKind(smm.KindPost, "999999"))
	require.ErrorIs(t, err, smm.ErrNotFound)
	metrics, err := ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{r.Post}})
	require.NoError(t, err)
	for _, m := range metrics {
		require.Equal(t, smm.MetricNotReported, m.State)
	}
}

func TestPostsWithinTimes(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	var at []time.Time
	for i := range 4 {
		b.world.Clock.Advance(time.Hour)
		at = append(at, b.world.Clock.Now())
		b.publish(t, &smm.Post{Text: fmt.Sprint("post ", i)})
	}
	require.NoError(t, b.channel(t).SetReposted(ctx, must(b.VisitorPosts(ctx, visitorHandle, "", "share me")), true))
	got, err := b.channel(t).Posts(&smm.ListOptions{Since: at[1], Until: at[2].Add(time.Minute), PageSize: 1}).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.EqualValues(t, "post 2", got[0].Text)
	all, err := b.channel(t).Posts(nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.Len(t, all, 4, "the repost is none of the channel's posts")
}

func must(r smm.Ref, err error) smm.Ref {
	if err != nil {
		panic(err)
	}
	return r
}

func TestCarouselReadsBack(t *testing.T) {
	b := open(t, nil)
	r := b.publish(t, &smm.Post{Text: "both", Media: []smm.Media{{Name: "red.png", AltText: "red"}, {Name: "clip.mp4", AltText: "a clip"}}})
	p, err := b.channel(t).Post(t.Context(), r.Post)
	require.NoError(t, err)
	require.Len(t, p.Attachments, 2)
	require.Equal(t, smm.MediaImage, p.Attachments[0].Class)
	require.EqualValues(t, "red", p.Attachments[0].AltText)
	require.Equal(t, smm.MediaVideo, p.Attachments[1].Class)
	require.NotEmpty(t, p.Attachments[1].URL)
}

func TestSearch(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	tagged := smm.Post{Text: "about beans"}
	require.NoError(t, threads.PostOptions{TopicTag: "Coffee"}.Set(&tagged))
	own := b.publish(t, &tagged)
	theirs := must(b.VisitorPosts(ctx, visitorHandle, "", "beans again"))
	for name, tc := range map[string]struct {
		q    smm.SearchQuery
		want []smm.Ref
	}{
		"text": {smm.SearchQuery{Text: "beans"}, []smm.Ref{theirs, own.Post}}, "topic": {smm.SearchQuery{Hashtag: "coffee"}, []smm.Ref{own.Post}},
		"of an author": {smm.SearchQuery{Text: "beans", Author: b.visitor}, []smm.Ref{theirs}}, "author": {smm.SearchQuery{Author: b.visitor}, []smm.Ref{theirs}},
	} {
		got, err := ch.Search(tc.q, nil).Collect(ctx, 0)
		require.NoError(t, err, name)
		var refs []smm.Ref
		for _, p := range got {
			refs = append(refs, p.Ref)
		}
		require.Equal(t, tc.want, refs, name)
	}
	for _, q := range []smm.SearchQuery{{}, {Text: "x", Language: "de"}, {Text: "x", Hashtag: "y"}} {
		_, err := ch.Search(q, nil).Collect(ctx, 0)
		require.ErrorIs(t, err, smm.ErrUnsupported)
	}
}

func TestSearchBudget(t *testing.T) {
	b := open(t, &threadstest.Options{Searches: 1})
	ctx, ch := t.Context(), b.channel(t)
	_, err := ch.Search(smm.SearchQuery{Text: "x"}, nil).Collect(ctx, 1)
	require.NoError(t, err)
	_, err = ch.Search(smm.SearchQuery{Text: "x"}, nil).Collect(ctx, 1)
	require.ErrorIs(t, err, smm.ErrRateLimited)
	caps, err := b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	require.Equal(t, smm.StateQuota, caps.Support(smm.CapSearch).State)
}

func TestProfiles(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	b.SetProfile("shop", "The Shop", "We sell.")
	b.SetProfile(visitorHandle, "A Visitor", "I buy.")
	require.NoError(t, b.VisitorFollows(ctx, "other", visitorHandle))
	me, err := ch.Profile(ctx, smm.Ref{})
	require.NoError(t, err)
	require.Equal(t, "The Shop", me.Name)
	require.Equal(t, "We sell.", me.Bio)
	require.Equal(t, "shop", me.Handle)
	they, err := ch.Profile(ctx, b.visitor)
	require.NoError(t, err)
	require.Equal(t, "A Visitor", they.Name)
	require.Equal(t, "I buy.", they.Bio)
	require.EqualValues(t, 1, they.Metrics[0].Value)
	_, err = ch.Profile(ctx, b.account.Channel.WithKind(smm.KindAuthor, "nobody"))
	require.ErrorIs(t, err, smm.ErrNotFound)

	channels, err := b.driver(t).ListChannels(ctx, smm.PageRequest{})
	require.NoError(t, err)
	require.Len(t, channels.Items, 1)
	require.Equal(t, b.account.Channel, channels.Items[0].Ref)
	require.Equal(t, "The Shop", channels.Items[0].Name)
}

// TestPostMetrics: a number that was not reported is none, and a 0 is a 0.
func TestPostMetrics(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	r := b.publish(t, &smm.Post{Text: "Hello"})
	b.VisitorViews(r.Post.ID, 7)
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, r.Post.ID, false))
	byName := func(ms []smm.Metric, err error) map[smm.MetricName]smm.Metric {
		require.NoError(t, err)
		out := map[smm.MetricName]smm.Metric{}
		for _, m := range ms {
			out[m.Name] = m
		}
		return out
	}
	got := byName(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{r.Post}}))
	require.Len(t, got, 6)
	require.EqualValues(t, 7, got[smm.MetricViews].Value)
	require.Equal(t, smm.MetricZero, got[threads.MetricSends].State)
	require.Equal(t, smm.MetricZero, got[smm.MetricShares].State)
	require.Equal(t, "reposts", got[smm.MetricShares].Native.Name)

	got = byName(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{r.Post}, Names: []smm.MetricName{smm.MetricSaves, smm.MetricLikes}}))
	require.Equal(t, smm.MetricNotReported, got[smm.MetricSaves].State)
	require.Equal(t, smm.MetricMeasured, got[smm.MetricLikes].State)
	got = byName(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{r.Post}, Window: smm.Window{From: epoch.Add(-time.Hour), To: epoch}}))
	require.Equal(t, smm.MetricNotReported, got[smm.MetricLikes].State, "a day of a post is not told")

	comment := must(b.VisitorPosts(ctx, visitorHandle, r.Post.ID, "a comment"))
	nested := b.publish(t, &smm.Post{Text: "an answer to it", ReplyTo: comment})
	got = byName(ch.Metrics(ctx, smm.MetricRequest{Subjects: []smm.Ref{nested.Post}}))
	require.Equal(t, smm.MetricNotReported, got[smm.MetricLikes].State, "answers to answers have none")
}

func TestAccountMetrics(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	r := b.publish(t, &smm.Post{Text: "Hello"})
	b.VisitorViews(r.Post.ID, 3)
	b.world.Clock.Advance(72 * time.Hour)
	b.VisitorViews(r.Post.ID, 4)
	b.VisitorClicks("shop", "https://a.example/", 2)
	b.VisitorClicks("shop", "https://b.example/", 3)
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, r.Post.ID, false))
	require.NoError(t, b.VisitorFollows(ctx, visitorHandle, "shop"))
	read := func(w smm.Window) map[smm.MetricName]smm.Metric {
		all, err := ch.Metrics(ctx, smm.MetricRequest{Window: w})
		require.NoError(t, err)
		out := map[smm.MetricName]smm.Metric{}
		for _, m := range all {
			out[m.Name] = m
		}
		return out
	}
	life := read(smm.Window{})
	require.EqualValues(t, 7, life[smm.MetricViews].Value)
	require.EqualValues(t, 5, life[smm.MetricClicks].Value)
	require.EqualValues(t, 1, life[smm.MetricFollowers].Value)
	require.True(t, life[smm.MetricFollowers].Window.Lifetime())
	require.Equal(t, time.Unix(1712991600, 0).UTC(), life[smm.MetricViews].Window.From, "the vendor has nothing before")

	now := b.world.Clock.Now()
	last := read(smm.Window{From: now.Add(-time.Hour), To: now})
	require.EqualValues(t, 4, last[smm.MetricViews].Value)
	require.EqualValues(t, 1, last[smm.MetricLikes].Value)
	require.Equal(t, now.Add(-time.Hour), last[smm.MetricViews].Window.From)
	before := read(smm.Window{From: epoch, To: epoch.Add(time.Hour)})
	require.Equal(t, smm.MetricZero, before[smm.MetricLikes].State)
	ancient := read(smm.Window{From: epoch.AddDate(-5, 0, 0), To: epoch.AddDate(-4, 0, 0)})
	require.Equal(t, smm.MetricNotReported, ancient[smm.MetricLikes].State)
}

func TestAudience(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	got, err := ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, smm.MetricNotYet, got[0].State)
	for i := range 100 {
		require.NoError(t, b.VisitorFollows(ctx, fmt.Sprint("fan", i), "shop"))
	}
	got, err = ch.Audience(ctx, smm.Window{})
	require.NoError(t, err)
	sums := map[string]int64{}
	for _, m := range got {
		require.Equal(t, smm.MetricMeasured, m.State)
		sums[m.Breakdown[0].Name] += m.Value
	}
	require.Equal(t, map[string]int64{"country": 100, "city": 100, "age": 100, "gender": 100}, sums)
}

func TestActions(t *testing.T) {
	b := open(t, &threadstest.Options{Deletes: 1})
	ctx, ch := t.Context(), b.channel(t)
	one, two := b.publish(t, &smm.Post{Text: "one"}), b.publish(t, &smm.Post{Text: "two"})
	comment := must(b.VisitorPosts(ctx, visitorHandle, one.Post.ID, "rude"))
	require.ErrorIs(t, b.driver(t).DeleteItem(ctx, b.account.Channel, comment), smm.ErrForbidden, "only own items")
	require.NoError(t, ch.Hide(ctx, comment))
	all, err := ch.Comments(one.Post, nil).Collect(ctx, 0)
	require.NoError(t, err)
	require.True(t, all[0].Hidden)

	require.NoError(t, ch.Delete(ctx, one.Post))
	err = b.driver(t).DeleteItem(ctx, b.account.Channel, two.Post)
	require.ErrorIs(t, err, smm.ErrRateLimited)
	require.Zero(t, errStatus(err), "the budget was read, and no deletion tried")
	caps, err := b.channel(t).Capabilities(ctx)
	require.NoError(t, err)
	require.Equal(t, smm.StateQuota, caps.Support(smm.CapDelete).State)
	b.world.Clock.Advance(25 * time.Hour)
	require.NoError(t, b.driver(t).DeleteItem(ctx, b.account.Channel, two.Post))

	b.RemoveByHand(comment.ID)
	require.ErrorIs(t, b.driver(t).SetHidden(ctx, b.account.Channel, comment, true), smm.ErrNotFound)
	require.NoError(t, b.driver(t).SetHidden(ctx, b.account.Channel, comment, false))
	for _, ref := range []smm.Ref{{}, b.visitor, {Platform: "bluesky", Kind: smm.KindPost, ID: "1"}} {
		require.ErrorIs(t, b.driver(t).SetHidden(ctx, b.account.Channel, ref, true), smm.ErrInvalid)
	}
}

// TestRepostIsSoughtSinceThePost: own posts before the item was written are not
// read, and where the item does not show, not being found is no absence.
func TestRepostIsSoughtSinceThePost(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	for range 105 {
		say("noise")(b)
	}
	b.world.Clock.Advance(time.Hour)
	item := must(b.VisitorPosts(ctx, visitorHandle, "", "share me"))
	lists := sim.Op{Platform: threads.Platform, Name: "GET user/threads", Class: sim.Read}
	before := b.world.Faults.Requests(lists)
	for range 2 {
		require.NoError(t, b.driver(t).SetReposted(ctx, b.account.Channel, item, true))
	}
	require.Equal(t, 2, b.world.Faults.Requests(lists)-before)
	require.Equal(t, 1, b.world.Faults.Requests(sim.Op{Platform: threads.Platform, Name: "POST thread/repost", Class: sim.Commit}))
	require.True(t, b.Reposted("shop", item.ID))
	require.NoError(t, b.driver(t).SetReposted(ctx, b.account.Channel, item, false))
	require.NoError(t, b.driver(t).SetReposted(ctx, b.account.Channel, item, false))
	require.False(t, b.Reposted("shop", item.ID))

	body, n := `{"data":[{"id":"9","media_type":"TEXT_POST"}],"paging":{"cursors":{"after":"%d"}}}`, 0
	posted := false
	d, ch, _ := stub(t, scripted{
		"GET /1/threads":  func(w http.ResponseWriter, r *http.Request) { n++; says(200, fmt.Sprintf(body, n))(w, r) },
		"POST /77/repost": func(w http.ResponseWriter, r *http.Request) { posted = true; says(200, `{"id":"8"}`)(w, r) },
	})
	require.ErrorIs(t, d.SetReposted(ctx, ch, ch.WithKind(smm.KindPost, "77"), true), smm.ErrUnsupported)
	require.False(t, posted)
}
