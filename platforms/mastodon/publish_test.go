package mastodon_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// delivery plans one post and gives its request.
func (b *bench) delivery(t testing.TB, p *smm.Post, policy smm.Policy) (*smm.Client, *smm.Delivery) {
	t.Helper()
	c := b.client(t)
	ds, _, err := c.Plan(t.Context(), p, []smm.Ref{b.account.Channel}, &smm.PublishOptions{Policy: policy})
	require.NoError(t, err)
	return c, ds[0]
}

// advance takes a delivery on until it is final, needs a person, or stop says
// so.
func (b *bench) advance(t testing.TB, c *smm.Client, d *smm.Delivery, stop func(*smm.Delivery) bool) {
	t.Helper()
	for range 200 {
		if d.Phase.Final() || d.Phase == smm.PhaseHuman || (stop != nil && stop(d)) {
			return
		}
		b.world.Clock.Advance(max(d.Wake.Sub(b.world.Clock.Now()), 0))
		require.NoError(t, c.Advance(t.Context(), d, nil))
	}
	t.Fatalf("stuck in %s", d.Phase)
}

// TestKeyWindow: within the hour a lost reply is answered by the key, after it
// by reading; neither makes a second status.
func TestKeyWindow(t *testing.T) {
	for _, tc := range []struct {
		name  string
		pause time.Duration
		want  smm.Evidence
	}{
		{"at once", 0, smm.EvidenceKeyReplay},
		{"half an hour later", 30 * time.Minute, smm.EvidenceKeyReplay},
		{"near the end of the window", 50 * time.Minute, smm.EvidenceKeyReplay},
		{"after the window", 56 * time.Minute, smm.EvidenceReadBack},
		{"after the server forgot", 90 * time.Minute, smm.EvidenceReadBack},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := open(t, nil)
			b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
			c, d := b.delivery(t, &smm.Post{Text: "once"}, smm.Policy{})
			b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Attempt.Doubt })
			b.world.Clock.Advance(tc.pause)
			b.advance(t, c, d, nil)
			require.Equal(t, smm.PhasePublished, d.Phase)
			require.Equal(t, tc.want, d.Outcome.Evidence)
			require.Equal(t, sim.Counts{Posts: 1}, b.world.Ledger.Counts(mastodon.Platform))
		})
	}
}

// TestReadBackTellsApart: only the status that was sent is taken for it.
func TestReadBackTellsApart(t *testing.T) {
	b := open(t, &mastodontest.Options{Software: mastodontest.GoToSocial, Quotas: mastodontest.NoQuotas()})
	b.publish(t, &smm.Post{Text: "the same words"}) // before the first attempt
	b.world.Clock.Advance(time.Minute)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	c, d := b.delivery(t, &smm.Post{Text: "the same words"}, smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Attempt.Doubt })
	other, d2 := b.delivery(t, &smm.Post{Text: "other words"}, smm.Policy{})
	b.advance(t, other, d2, nil)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, smm.EvidenceReply, d.Outcome.Evidence, "absent, and so sent again")
	require.Equal(t, 3, b.world.Ledger.Counts(mastodon.Platform).Posts)
}

// TestReadBackAmbiguous: two statuses that fit are a case for a person.
func TestReadBackAmbiguous(t *testing.T) {
	b := open(t, &mastodontest.Options{Software: mastodontest.GoToSocial, Quotas: mastodontest.NoQuotas()})
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	c, d := b.delivery(t, &smm.Post{Text: "twice?"}, smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Attempt.Doubt })
	_, err := b.vendor(t).Statuses.Create(t.Context(), mastodon.StatusParams{Status: "twice?"}, nil) // by hand, meanwhile
	require.NoError(t, err)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase)
}

// settleCase runs Settle against statuses that a server lists.
func settleCase(t *testing.T, statuses, source, history string, post smm.Post) (smm.Outcome, error) {
	t.Helper()
	s := scripted{
		"GET /nodeinfo/2.0":               says(200, `{"software":{"name":"gotosocial","version":"0.20.1"}}`),
		"GET /api/v1/accounts/1/statuses": says(200, `[]`),
	}
	d, _, ch, clock := stub(t, s)
	r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: post, Created: epoch}
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	s["GET /api/v1/accounts/1/statuses"] = says(200, statuses)
	if source != "" {
		s["GET /api/v1/statuses/5/source"] = says(200, source)
	}
	if history != "" {
		s["GET /api/v1/statuses/5/history"] = says(200, history)
	}
	first := clock.Now()
	clock.Advance(10 * time.Minute)
	return d.Settle(t.Context(), r, p, smm.Attempt{N: 1, Doubt: true, First: first, Intent: first, Deadline: first.Add(30 * time.Second)})
}

func TestSettleCompares(t *testing.T) {
	one := func(fields string) string {
		return `[{"id":"5","created_at":"2026-11-02T09:00:05Z","visibility":"public","content":"<p>Hello</p>"` + fields + `}]`
	}
	hello := smm.Post{Text: "Hello"}
	for _, tc := range []struct {
		name, statuses, source, history string
		post                            smm.Post
		want                            smm.OutcomeState
	}{
		{"the status", one(""), "", "", hello, smm.OutcomePublished},
		{"none", `[]`, "", "", hello, smm.OutcomeAbsent},
		{"another text", `[{"id":"5","created_at":"2026-11-02T09:00:05Z","content":"<p>Bye</p>"}]`, "", "", hello, smm.OutcomeAbsent},
		{"an answer to somebody", one(`,"in_reply_to_id":"3"`), "", "", hello, smm.OutcomeAbsent},
		{"with media", one(`,"media_attachments":[{"id":"1"}]`), "", "", hello, smm.OutcomeAbsent},
		{"with a poll", one(`,"poll":{"id":"1","options":[]}`), "", "", hello, smm.OutcomeAbsent},
		{"with a quote", one(`,"quote":{"state":"accepted","quoted_status_id":"7"}`), "", "", hello, smm.OutcomeAbsent},
		{
			"the line before a quote", `[{"id":"5","content":"<p class=\"quote-inline\">RE: <a href=\"https://m.example/@a/7\"><span class=\"invisible\">https://</span><span>m.example/@a/7</span></a></p><p>Hello</p>"}]`,
			"", "", hello, smm.OutcomePublished,
		},
		{
			"the line after a quote", `[{"id":"5","content":"Hello<span class=\"quote-inline\"><br/><br/>RE: <a href=\"x\"><span>x</span></a></span>"}]`,
			"", "", hello, smm.OutcomePublished,
		},
		{"under a warning", one(`,"spoiler_text":"x"`), "", "", hello, smm.OutcomeAbsent},
		{"private", `[{"id":"5","created_at":"2026-11-02T09:00:05Z","visibility":"direct","content":"Hello"}]`, "", "", hello, smm.OutcomeAbsent},
		{"a boost", `[{"id":"5","created_at":"2026-11-02T09:00:05Z","content":"Hello","reblog":{"id":"6","content":"Hello"}}]`, "", "", hello, smm.OutcomeAbsent},
		{"too old", `[{"id":"5","created_at":"2026-11-02T08:50:00Z","content":"Hello"}]`, "", "", hello, smm.OutcomeAbsent},
		{"a clock a minute behind", `[{"id":"5","created_at":"2026-11-02T08:59:00Z","content":"Hello"}]`, "", "", hello, smm.OutcomePublished},
		{"no time given", `[{"id":"5","content":"Hello"}]`, "", "", hello, smm.OutcomePublished},
		{"two that fit", `[{"id":"6","content":"Hello"},{"id":"5","content":"Hello"}]`, "", "", hello, smm.OutcomeUnknown},
		{"markup changed, source says yes", `[{"id":"5","content":"<b>Hello</b>!"}]`, `{"id":"5","text":"Hello"}`, "", hello, smm.OutcomePublished},
		{"markup changed, source says no", `[{"id":"5","content":"<b>Hello</b>!"}]`, `{"id":"5","text":"Hello!"}`, "", hello, smm.OutcomeAbsent},
		{"markup changed, no source", `[{"id":"5","content":"<b>Hello</b>!"}]`, "", "", hello, smm.OutcomeUnknown},
		{"edited since", `[{"id":"5","content":"Bye","edited_at":"2026-11-02T09:05:00Z"}]`, `{"id":"5","text":"Bye"}`, `[{"content":"<p>Hello</p>"},{"content":"Bye"}]`, hello, smm.OutcomePublished},
		{"another, edited", `[{"id":"5","content":"Bye","edited_at":"2026-11-02T09:05:00Z"}]`, `{"id":"5","text":"Bye"}`, `[{"content":"<p>Hi</p>"}]`, hello, smm.OutcomeAbsent},
		{"pleroma's plain text", `[{"id":"5","content":"<b>x</b>","pleroma":{"content":{"text/plain":"Hello"}}}]`, "", "", hello, smm.OutcomePublished},
		{
			"mentions lose their host", `[{"id":"5","content":"<p><span class=\"h-card\"><a href=\"https://far.example/@bob\">@<span>bob</span></a></span> hi &amp; bye<br />x</p>"}]`, "", "",
			smm.Post{Text: "@bob@far.example hi & bye\nx"}, smm.OutcomePublished,
		},
		{
			"a poll", `[{"id":"5","content":"Hello","poll":{"id":"1","options":[{"title":"a"},{"title":"b"}]}}]`, "", "",
			smm.Post{Text: "Hello", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}, smm.OutcomePublished,
		},
		{
			"another poll", `[{"id":"5","content":"Hello","poll":{"id":"1","options":[{"title":"a"},{"title":"c"}]}}]`, "", "",
			smm.Post{Text: "Hello", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}, smm.OutcomeAbsent,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, err := settleCase(t, tc.statuses, tc.source, tc.history, tc.post)
			require.NoError(t, err)
			require.Equal(t, tc.want, o.State)
			if tc.want == smm.OutcomePublished {
				require.Equal(t, "5", o.Post.ID)
			}
		})
	}
	for _, broken := range []string{`{"error":"x"}`, `<html>`, ``, `[{"content":"Hello"}]`} {
		o, err := settleCase(t, broken, "", "", hello)
		require.Error(t, err)
		require.Equal(t, smm.OutcomeUnknown, o.State, "a read that failed shows nothing")
	}
}

// TestSettleReadsAllPages: also on a server that sends no Link header.
func TestSettleReadsAllPages(t *testing.T) {
	for _, links := range []bool{true, false} {
		t.Run(fmt.Sprint("links ", links), func(t *testing.T) {
			s := scripted{"GET /nodeinfo/2.0": says(200, `{"software":{"name":"pixelfed"}}`), "GET /api/v1/accounts/1/statuses": says(200, `[]`)}
			d, _, ch, clock := stub(t, s)
			r := &smm.PublishRequest{ID: "d1", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "Hello"}, Created: epoch}
			p, err := d.Prepare(t.Context(), r, smm.Prepared{})
			require.NoError(t, err)
			s["GET /api/v1/accounts/1/statuses"] = func(w http.ResponseWriter, r *http.Request) {
				top := 200
				if _, err := fmt.Sscan(r.URL.Query().Get("max_id"), &top); err == nil {
					top--
				}
				var items []string
				for id := top; id > top-40 && id > 100; id-- {
					text := "other"
					if id == 105 {
						text = "Hello"
					}
					items = append(items, fmt.Sprintf(`{"id":"%d","content":%q,"created_at":"2026-11-02T09:00:30Z"}`, id, text))
				}
				if links && len(items) > 0 {
					w.Header().Set("Link", fmt.Sprintf(`<https://m.example/x?max_id=%d>; rel="next"`, top-39))
				}
				_, _ = w.Write([]byte("[" + strings.Join(items, ",") + "]"))
			}
			o, err := d.Settle(t.Context(), r, p, smm.Attempt{N: 1, First: clock.Now(), Deadline: clock.Now()})
			require.NoError(t, err)
			require.Equal(t, smm.OutcomePublished, o.State)
			require.Equal(t, "105", o.Post.ID)
		})
	}
}

func scheduledPost(t testing.TB, text string, at time.Time) *smm.Post {
	t.Helper()
	p := &smm.Post{Text: text}
	require.NoError(t, mastodon.PostOptions{ScheduledAt: at}.Set(p))
	return p
}

func TestScheduledOnTheServer(t *testing.T) {
	for _, software := range []mastodontest.Software{mastodontest.Mastodon, mastodontest.GoToSocial} {
		t.Run(string(software), func(t *testing.T) {
			b := open(t, &mastodontest.Options{Software: software, Quotas: mastodontest.NoQuotas()})
			at := epoch.Add(26 * time.Hour)
			c, d := b.delivery(t, scheduledPost(t, "tomorrow", at), smm.Policy{})
			b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Phase == smm.PhaseSettling })
			require.Equal(t, smm.OutcomePending, d.State())
			require.Zero(t, b.world.Ledger.Counts(mastodon.Platform).Posts)
			require.False(t, d.Wake.Before(at))
			b.advance(t, c, d, nil)
			require.Equal(t, smm.PhasePublished, d.Phase)
			require.Equal(t, smm.EvidenceReadBack, d.Outcome.Evidence)
			items := b.world.Ledger.Items()
			require.Len(t, items, 1)
			require.Equal(t, at, items[0].At)
			require.Equal(t, items[0].ID, d.Outcome.Post.ID)
		})
	}
}

// TestScheduledReplyLost: the scheduled item is found by its key, or by what it
// is, and not made twice.
func TestScheduledReplyLost(t *testing.T) {
	for name, opts := range map[string]mastodontest.Options{
		"mastodon": {}, "mastodon without keys": {HideKeys: true}, "gotosocial": {Software: mastodontest.GoToSocial},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Quotas = mastodontest.NoQuotas()
			b := open(t, &opts)
			b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
			c, d := b.delivery(t, scheduledPost(t, "later", epoch.Add(2*time.Hour)), smm.Policy{MaxAttempts: 1})
			b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Outcome.State == smm.OutcomePending })
			page, err := b.vendor(t).Scheduled.List(t.Context(), mastodon.ListParams{})
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			b.advance(t, c, d, nil)
			require.Equal(t, smm.PhasePublished, d.Phase)
			require.Equal(t, sim.Counts{Posts: 1}, b.world.Ledger.Counts(mastodon.Platform))
		})
	}
}

// TestScheduledNeverArrived: what is in doubt and not there is sent again.
func TestScheduledNeverArrived(t *testing.T) {
	b := open(t, &mastodontest.Options{Software: mastodontest.GoToSocial, Quotas: mastodontest.NoQuotas()})
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	c, d := b.delivery(t, scheduledPost(t, "later", epoch.Add(2*time.Hour)), smm.Policy{})
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, sim.Counts{Posts: 1}, b.world.Ledger.Counts(mastodon.Platform))
}

// TestScheduledTakenBack: what a person cancels on the server stays cancelled.
func TestScheduledTakenBack(t *testing.T) {
	b := open(t, nil)
	c, d := b.delivery(t, scheduledPost(t, "never", epoch.Add(2*time.Hour)), smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Phase == smm.PhaseSettling })
	v := b.vendor(t)
	page, err := v.Scheduled.List(t.Context(), mastodon.ListParams{})
	require.NoError(t, err)
	require.NoError(t, v.Scheduled.Cancel(t.Context(), page.Items[0].ID))
	require.NoError(t, v.Scheduled.Cancel(t.Context(), page.Items[0].ID), "again is no error")
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Contains(t, d.Failure.Message, "cancelled on the server")
	require.Zero(t, b.world.Ledger.Counts(mastodon.Platform).Posts)
}

func TestScheduledMoved(t *testing.T) {
	b := open(t, nil)
	c, d := b.delivery(t, scheduledPost(t, "moved", epoch.Add(2*time.Hour)), smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Phase == smm.PhaseSettling })
	v := b.vendor(t)
	page, err := v.Scheduled.List(t.Context(), mastodon.ListParams{})
	require.NoError(t, err)
	_, err = v.Scheduled.Move(t.Context(), page.Items[0].ID, epoch.Add(5*time.Hour))
	require.NoError(t, err)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, epoch.Add(5*time.Hour), b.world.Ledger.Items()[0].At)
}

// TestScheduledTooSoon: never sent late, neither by the front nor by a delivery
// that waited too long.
func TestScheduledTooSoon(t *testing.T) {
	b := open(t, nil)
	r, err := b.channel(t).Publish(t.Context(), scheduledPost(t, "x", epoch.Add(4*time.Minute)), nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, smm.OutcomeNotSent, r.Outcome)

	c, d := b.delivery(t, scheduledPost(t, "y", epoch.Add(10*time.Minute)), smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Phase == smm.PhaseReady })
	b.world.Clock.Advance(6 * time.Minute)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Zero(t, b.world.Faults.RequestsOf(sim.Commit))
}

func TestThread(t *testing.T) {
	b := open(t, nil)
	r := b.publish(t, &smm.Post{Text: "one", Visibility: smm.VisibilityUnlisted, Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "by the way"})
	require.Len(t, r.Deliveries, 4)
	items := b.world.Ledger.Items()
	require.Len(t, items, 4)
	require.Equal(t, items[0].ID, items[1].Parent)
	require.Equal(t, items[1].ID, items[2].Parent)
	require.Equal(t, items[0].ID, items[3].Parent)
	require.Equal(t, "two", items[1].Text, "own posts are not mentioned")
	two, err := b.channel(t).Post(t.Context(), r.Deliveries[1].Outcome.Post)
	require.NoError(t, err)
	require.Equal(t, smm.VisibilityUnlisted, two.Visibility, "no part is shown to more people than the first")
}

func TestMentionsOfReplies(t *testing.T) {
	b := open(t, nil)
	ctx, ch := t.Context(), b.channel(t)
	post := b.publish(t, &smm.Post{Text: "first"}).Post
	comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "?")
	require.NoError(t, err)
	local, err := b.VisitorPosts(ctx, "neighbour", post.ID, "?")
	require.NoError(t, err)
	for _, tc := range []struct {
		name, text, want string
		to               smm.Ref
		opts             mastodon.PostOptions
	}{
		{"added", "yes", "@visitor@elsewhere.example yes", comment, mastodon.PostOptions{}},
		{"there already", "yes @Visitor@Elsewhere.example", "yes @Visitor@Elsewhere.example", comment, mastodon.PostOptions{}},
		{"a namesake", "yes @visitor", "@visitor@elsewhere.example yes @visitor", comment, mastodon.PostOptions{}},
		{"unwanted", "yes", "yes", comment, mastodon.PostOptions{NoMention: true}},
		{"local", "yes", "@neighbour yes", local, mastodon.PostOptions{}},
		{"local with host", "yes @neighbour@" + b.Host(), "yes @neighbour@" + b.Host(), local, mastodon.PostOptions{}},
		{"in an address", "https://x.example/@neighbour", "@neighbour https://x.example/@neighbour", local, mastodon.PostOptions{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &smm.Post{Text: tc.text}
			require.NoError(t, tc.opts.Set(p))
			_, err := ch.Reply(ctx, tc.to, p, nil)
			require.NoError(t, err)
			items := b.world.Ledger.Items()
			require.Equal(t, tc.want, items[len(items)-1].Text)
			require.Equal(t, tc.to.ID, items[len(items)-1].Parent)
		})
	}
	_, err = ch.Reply(ctx, local, &smm.Post{Text: strings.Repeat("x", 495)}, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.ErrorContains(t, err, "with the mention of whom it answers")
}

func TestMessageToAnAuthor(t *testing.T) {
	b := open(t, nil)
	r, err := b.channel(t).Reply(t.Context(), b.visitor, &smm.Post{Text: "hello there"}, nil)
	require.NoError(t, err)
	require.Equal(t, smm.KindMessage, r.Post.Kind)
	items := b.world.Ledger.Items()
	require.True(t, items[0].Private)
	require.Equal(t, "@visitor@elsewhere.example hello there", items[0].Text)
}

// TestVideoIsPolled: a commit waits until the server is done with the file, and
// a file that fails ends the delivery before anything is public.
func TestVideoIsPolled(t *testing.T) {
	b := open(t, &mastodontest.Options{MediaDelay: 20 * time.Second, Quotas: mastodontest.NoQuotas()})
	post := &smm.Post{Text: "look", Media: []smm.Media{{Name: "clip.mp4", AltText: "a clip"}}}
	b.publish(t, post)
	require.GreaterOrEqual(t, b.world.Clock.Now(), epoch.Add(20*time.Second))
	require.Less(t, b.world.Faults.Requests(sim.Op{Platform: mastodon.Platform, Name: "GET /api/v1/media/{id}", Class: sim.Read}), 8)

	c, d := b.delivery(t, post, smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Prepared.Progress == 0.5 })
	var state struct {
		Uploads []struct {
			ID string `json:"id"`
		} `json:"uploads"`
	}
	require.NoError(t, json.Unmarshal(d.Prepared.State, &state))
	b.FailMedia(state.Uploads[0].ID)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, 1, b.world.Ledger.Counts(mastodon.Platform).Posts)
}

// TestUploadsGrowOld: uploads that the server may have removed are not relied
// on.
func TestUploadsGrowOld(t *testing.T) {
	b := open(t, nil)
	c, d := b.delivery(t, &smm.Post{Text: "look", Media: []smm.Media{{Name: "red.png"}}}, smm.Policy{})
	b.advance(t, c, d, func(d *smm.Delivery) bool { return d.Phase == smm.PhaseReady })
	b.world.Clock.Advance(30 * time.Hour)
	b.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, 2, b.world.Faults.RequestsOf(sim.Prepare))
}

func TestCounting(t *testing.T) {
	for _, tc := range []struct {
		text, warning string
		want          int
	}{
		{"", "", 0},
		{"hello", "", 5},
		{"hello", "cw", 7},
		{"👩‍👩‍👧‍👦é", "", 2},
		{"https://example.com/", "", 23},
		{"see https://example.com/" + strings.Repeat("x", 300), "", 27},
		{"@alice@a.very.long.host.example hi", "", 9},
		{"@alice hi", "", 9},
		{"mail me@example.com", "", 19},
		{"a\nb", "", 3},
	} {
		require.Equal(t, tc.want, mastodon.CountStatus(tc.text, tc.warning, 0), tc.text)
	}
	require.Equal(t, 25, mastodon.CountStatus("https://example.com/", "", 25))
}

// TestLinksCountByTheServer: 25 on GoToSocial, which only the channel's limits
// tell.
func TestLinksCountByTheServer(t *testing.T) {
	b := open(t, &mastodontest.Options{Software: mastodontest.GoToSocial, Limits: mastodontest.Limits{Characters: 60}, Quotas: mastodontest.NoQuotas()})
	text := strings.Repeat("x", 12) + " https://a.example/ https://b.example/" // 60 with links of 23, 64 with 25
	found, err := b.channel(t).Validate(t.Context(), &smm.Post{Text: text})
	require.NoError(t, err)
	require.True(t, found.HasErrors())
	require.Equal(t, "text.too-long", found[0].Code)
	require.Equal(t, "64", found[0].Args["got"])
}
