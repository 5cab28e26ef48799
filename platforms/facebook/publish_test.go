package facebook_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// plan makes the one delivery of a post.
func (b *bench) plan(t testing.TB, p *smm.Post) *smm.Delivery {
	t.Helper()
	ds, findings, err := b.client(t).Plan(t.Context(), p, []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err, findings)
	require.Len(t, ds, 1)
	return ds[0]
}

// until advances a delivery, each time as a new process, until stop or its end.
func (b *bench) until(t testing.TB, d *smm.Delivery, stop func(*smm.Delivery) bool) *smm.Delivery {
	t.Helper()
	for range 300 {
		if d.Phase.Final() || d.Phase == smm.PhaseHuman || stop != nil && stop(d) {
			return d
		}
		if wait := d.Wake.Sub(b.world.Clock.Now()); wait > 0 {
			b.world.Clock.Advance(wait)
		}
		raw, err := json.Marshal(d)
		require.NoError(t, err)
		d = new(smm.Delivery)
		require.NoError(t, json.Unmarshal(raw, d))
		require.NoError(t, b.client(t).Advance(t.Context(), d, nil))
	}
	t.Fatalf("no end: %s %v", d.Phase, d.Log)
	return nil
}

func ready(d *smm.Delivery) bool { return d.Phase == smm.PhaseReady }

func settling(d *smm.Delivery) bool { return d.Phase == smm.PhaseSettling }

func TestStories(t *testing.T) {
	for name, file := range map[string]string{"photo": "red.png", "video": "tall.mp4"} {
		t.Run(name, func(t *testing.T) {
			post := func() *smm.Post {
				return options(t, &smm.Post{Media: []smm.Media{{Name: file}}}, facebook.PostOptions{Format: facebook.FormatStory})
			}
			for _, f := range []sim.Fault{{Kind: sim.DropReply}, {Kind: sim.CutBefore}, {Kind: sim.Garbage}, {Kind: sim.ErrorAfter}, {Kind: sim.Late, Delay: time.Minute}} {
				b := open(t, nil)
				f.Class = sim.Commit
				b.world.Faults.Add(f)
				d := b.until(t, b.plan(t, post()), nil)
				b.world.Clock.Advance(time.Hour)
				require.Equal(t, smm.PhasePublished, d.Phase, "%s: %v", f.Kind, d.Log)
				require.Equal(t, smm.ClassReadBack, d.Prepared.Guarantee.Class)
				require.Len(t, b.items(), 1, f.Kind)
				require.Equal(t, b.items()[0].ID, d.Outcome.Post.ID)
				got, err := b.channel(t).Post(t.Context(), d.Outcome.Post)
				require.NoError(t, err)
				require.Len(t, got.Attachments, 1)
				require.NotEmpty(t, got.URL)
			}
		})
	}
}

// TestADraftThatSomebodyRemoved proves nothing: it may have been public before.
func TestADraftThatSomebodyRemoved(t *testing.T) {
	b := open(t, nil)
	d := b.until(t, b.plan(t, &smm.Post{Text: "here and gone"}), ready)
	require.Empty(t, b.items(), "a draft is seen by nobody")
	require.Equal(t, 1, b.Drafts(b.account.Channel.ID))
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d = b.until(t, d, settling)
	require.Len(t, b.items(), 1)
	b.Remove(b.items()[0].ID)
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase)
	require.Len(t, b.items(), 1)
}

// TestARefusedFlip: a platform that does not publish drafts says so, and nothing
// is public.
func TestARefusedFlip(t *testing.T) {
	opts := noQuotas()
	opts.NoFlip = true
	b := open(t, opts)
	d := b.until(t, b.plan(t, &smm.Post{Text: "never"}), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "rejected", d.Failure.Kind)
	require.Empty(t, b.items())
	b.config.OneStep = true
	d = b.until(t, b.plan(t, &smm.Post{Text: "at once"}), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, smm.ClassReadBack, d.Prepared.Guarantee.Class)
}

// TestEqualTexts: read-back looks only at what came after the newest post before
// the first attempt, and asks a person where two fit.
func TestEqualTexts(t *testing.T) {
	b := open(t, nil)
	b.config.OneStep = true
	again := func() *smm.Post { return &smm.Post{Text: "Good morning!"} }
	b.until(t, b.plan(t, again()), nil)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d := b.until(t, b.plan(t, again()), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Len(t, b.items(), 2)
	require.Equal(t, b.items()[1].ID, d.Outcome.Post.ID, "the one before the attempt is not it")

	d = b.until(t, b.plan(t, again()), ready)
	b.until(t, b.plan(t, again()), nil) // another process, another delivery
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase, "two fit")
}

// TestPhotosAreMatchedByTheirIds, whatever became of the text.
func TestPhotosAreMatchedByTheirIds(t *testing.T) {
	b := open(t, nil)
	b.config.OneStep = true
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d := b.until(t, b.plan(t, &smm.Post{Text: "two", Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}}), settling)
	require.NoError(t, b.vendor(t).Posts.Update(t.Context(), facebook.ID(b.items()[0].ID), facebook.PostUpdate{Message: ptr("edited by a colleague")}))
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, b.items()[0].ID, d.Outcome.Post.ID)
}

func TestScheduled(t *testing.T) {
	at := epoch.Add(5 * time.Hour)
	for _, oneStep := range []bool{false, true} {
		b := open(t, nil)
		b.config.OneStep = oneStep
		p := options(t, &smm.Post{Text: "later"}, facebook.PostOptions{ScheduledAt: at})
		d := b.until(t, b.plan(t, p), settling)
		require.Equal(t, smm.OutcomePending, d.Outcome.State)
		require.Empty(t, b.items())
		l, err := b.vendor(t).Posts.List(t.Context(), facebook.EdgeScheduled, facebook.ListParams{})
		require.NoError(t, err)
		require.Len(t, l.Items, 1)
		require.Equal(t, at, l.Items[0].Scheduled.Time)
		d = b.until(t, d, nil)
		require.Equal(t, smm.PhasePublished, d.Phase)
		require.Equal(t, at, b.items()[0].At)
		require.Less(t, b.world.Clock.Now().Sub(at), time.Minute, "somebody looked soon after")

		// One that somebody took back is no success.
		p = options(t, &smm.Post{Text: "never"}, facebook.PostOptions{ScheduledAt: b.world.Clock.Now().Add(time.Hour)})
		d = b.until(t, b.plan(t, p), settling)
		l, err = b.vendor(t).Posts.List(t.Context(), facebook.EdgeScheduled, facebook.ListParams{})
		require.NoError(t, err)
		require.NoError(t, b.vendor(t).Posts.Delete(t.Context(), l.Items[0].ID))
		d = b.until(t, d, nil)
		require.NotEqual(t, smm.PhasePublished, d.Phase)
		require.Len(t, b.items(), 1)
	}
}

func TestScheduledReel(t *testing.T) {
	b := open(t, nil)
	at := epoch.Add(5 * time.Hour)
	p := options(t, &smm.Post{Text: "later", Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel, ScheduledAt: at})
	d := b.until(t, b.plan(t, p), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, at, b.items()[0].At)
}

func TestAVideoThatCannotBeProcessed(t *testing.T) {
	b := open(t, nil)
	b.FailVideos(1)
	d := b.until(t, b.plan(t, &smm.Post{Text: "broken", Media: []smm.Media{{Name: "clip.mp4"}}}), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Contains(t, d.Failure.Message, "not supported")
	require.Empty(t, b.items())
}

// TestUploadsGoOn where a connection broke, and begin anew where a chunk is
// refused because it came before.
func TestUploadsGoOn(t *testing.T) {
	b := open(t, nil)
	b.CutUploads(100, 300)
	p := options(t, &smm.Post{Text: "cut", Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel})
	require.Equal(t, smm.PhasePublished, b.until(t, b.plan(t, p), nil).Phase)

	b.world.Faults.Add(sim.Fault{Op: "POST page/videos~transfer", Kind: sim.DropReply})
	d := b.until(t, b.plan(t, &smm.Post{Text: "chunks", Media: []smm.Media{{Name: "clip.mp4"}}}), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, 2, b.world.Faults.Requests(sim.Op{Platform: facebook.Platform, Name: "POST page/videos~start", Class: sim.Prepare}))
	require.NotEqual(t, b.items()[0].Media, b.items()[1].Media)

	// What passes by itself is no reason to begin anew.
	b.world.Faults.Add(sim.Fault{Op: "POST page/videos~transfer", Kind: sim.ErrorBefore, Status: 503, Times: 2})
	require.Equal(t, smm.PhasePublished, b.until(t, b.plan(t, &smm.Post{Text: "busy", Media: []smm.Media{{Name: "clip.mp4"}}}), nil).Phase)
	require.Equal(t, 3, b.world.Faults.Requests(sim.Op{Platform: facebook.Platform, Name: "POST page/videos~start", Class: sim.Prepare}))
	require.Len(t, b.items(), 3)
}

func TestReelsOfADay(t *testing.T) {
	opts := noQuotas()
	opts.ReelsPerDay = 1
	b := open(t, opts)
	reel := func(text string) *smm.Post {
		return options(t, &smm.Post{Text: text, Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel})
	}
	require.Equal(t, smm.PhasePublished, b.until(t, b.plan(t, reel("one")), nil).Phase)
	d := b.until(t, b.plan(t, reel("two")), func(d *smm.Delivery) bool { return d.Failure != nil })
	require.Equal(t, "rate-limited", d.Failure.Kind)
	require.False(t, d.Phase.Final(), "it waits for the day to pass")
}

func TestFirstComment(t *testing.T) {
	b := open(t, nil)
	r := b.publish(t, &smm.Post{Text: "a post", FirstComment: "the first word"})
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	require.Len(t, b.items(), 2)
	require.Equal(t, b.items()[0].ID, b.items()[1].Parent)
	require.Equal(t, "the first word", b.items()[1].Text)
}

// TestReplies hang where the platform puts them: a reply to a reply under the
// comment above both.
func TestReplies(t *testing.T) {
	b := open(t, nil)
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	top, err := b.VisitorPosts(t.Context(), visitorHandle, post.ID, "first")
	require.NoError(t, err)
	below, err := b.VisitorPosts(t.Context(), visitorHandle, top.ID, "second")
	require.NoError(t, err)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d := b.until(t, b.plan(t, &smm.Post{Text: "thanks", ReplyTo: below}), nil)
	require.Equal(t, smm.PhasePublished, d.Phase, d.Log)
	require.Equal(t, smm.EvidenceReadBack, d.Outcome.Evidence)

	// The same words once more, to the same: a second item, as was asked for.
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	e := b.until(t, b.plan(t, &smm.Post{Text: "thanks", ReplyTo: below}), nil)
	require.Equal(t, smm.PhasePublished, e.Phase, e.Log)
	require.NotEqual(t, d.Outcome.Post, e.Outcome.Post)

	r := b.publish(t, &smm.Post{Text: "look", ReplyTo: top, Media: []smm.Media{{Name: "red.png"}}})
	require.Equal(t, smm.KindComment, r.Post.Kind)
	items := b.items()
	require.Len(t, items[len(items)-1].Media, 1)
}

func TestReviewAnswer(t *testing.T) {
	b := open(t, nil)
	review, err := b.VisitorRecommends(visitorHandle, "shop", false, "cold coffee")
	require.NoError(t, err)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d := b.until(t, b.plan(t, &smm.Post{Text: "we are sorry", ReplyTo: review}), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, review.ID, b.items()[0].Parent)
	got, err := b.channel(t).Comments(review.WithKind(smm.KindReview, review.ID), nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.True(t, got[0].Own)
}

func TestMessageWindow(t *testing.T) {
	b := open(t, nil)
	thread, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello?")
	require.NoError(t, err)
	post := &smm.Post{Text: "hi", ReplyTo: thread}
	b.world.Clock.Advance(25 * time.Hour)
	d := b.until(t, b.plan(t, post), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "forbidden", d.Failure.Kind)
	require.Contains(t, d.Failure.Message, "window")
	require.Zero(t, b.world.Faults.RequestsOf(sim.Commit), "what cannot succeed is not sent")

	d = b.until(t, b.plan(t, options(t, post, facebook.PostOptions{HumanAgent: true})), nil)
	require.Equal(t, smm.PhasePublished, d.Phase, d.Log)
	b.world.Clock.Advance(7 * 24 * time.Hour)
	d = b.until(t, b.plan(t, post), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)

	// To somebody who never wrote the platform itself says no.
	d = b.until(t, b.plan(t, &smm.Post{Text: "hi", ReplyTo: b.Author("nobody")}), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "10/2018278", d.Failure.Code)

	m, err := b.channel(t).Messages(thread, nil).Collect(t.Context(), 1)
	require.NoError(t, err)
	_, err = b.VisitorWrites(t.Context(), visitorHandle, "shop", "again")
	require.NoError(t, err)
	r := b.publish(t, &smm.Post{Text: "quoting", ReplyTo: m[0].Ref})
	require.Equal(t, smm.KindMessage, r.Post.Kind)
}

func TestPrivateReply(t *testing.T) {
	b := open(t, nil)
	post := b.publish(t, &smm.Post{Text: "a post"}).Post
	c, err := b.VisitorPosts(t.Context(), visitorHandle, post.ID, "price?")
	require.NoError(t, err)
	v := b.vendor(t)
	sent, o, err := v.Comments.ReplyPrivately(t.Context(), facebook.ID(c.ID), "ten")
	require.NoError(t, err)
	require.NotEmpty(t, sent.MessageID)
	require.Equal(t, facebook.ID(b.visitor.ID), sent.Recipient)
	require.Equal(t, smm.EvidenceReply, o.Evidence)
	_, o, err = v.Comments.ReplyPrivately(t.Context(), facebook.ID(c.ID), "ten")
	require.Error(t, err)
	require.Equal(t, smm.OutcomeRefused, o.State)
	b.world.Clock.Advance(8 * 24 * time.Hour)
	c, err = b.VisitorPosts(t.Context(), visitorHandle, post.ID, "and now?")
	require.NoError(t, err)
	b.world.Clock.Advance(facebook.PrivateReplyWindow + time.Minute)
	_, _, err = v.Comments.ReplyPrivately(t.Context(), facebook.ID(c.ID), "too late")
	require.ErrorIs(t, err, smm.ErrForbidden)
}

func TestOptionsAreChecked(t *testing.T) {
	b := open(t, nil)
	at := func(d time.Duration) time.Time { return epoch.Add(d) }
	red := []smm.Media{{Name: "red.png"}}
	for name, c := range map[string]struct {
		post *smm.Post
		o    facebook.PostOptions
	}{
		"format":       {&smm.Post{Text: "x"}, facebook.PostOptions{Format: "tale"}},
		"no file":      {&smm.Post{Text: "x"}, facebook.PostOptions{Format: facebook.FormatReel}},
		"story text":   {&smm.Post{Text: "x", Media: red}, facebook.PostOptions{Format: facebook.FormatStory}},
		"story time":   {&smm.Post{Media: red}, facebook.PostOptions{Format: facebook.FormatStory, ScheduledAt: at(time.Hour)}},
		"too soon":     {&smm.Post{Text: "x"}, facebook.PostOptions{ScheduledAt: at(9 * time.Minute)}},
		"too late":     {&smm.Post{Text: "x"}, facebook.PostOptions{ScheduledAt: at(31 * 24 * time.Hour)}},
		"reel so late": {&smm.Post{Text: "x", Media: []smm.Media{{Name: "tall.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel, ScheduledAt: at(29*24*time.Hour + time.Hour)}},
		"tags":         {&smm.Post{Text: "x"}, facebook.PostOptions{Tags: []facebook.ID{"1"}}},
		"one card":     {&smm.Post{Text: "x", Card: &smm.Card{URL: "https://e.x"}}, facebook.PostOptions{Carousel: []facebook.LinkCard{{Link: "a"}}}},
		"no link":      {&smm.Post{Text: "x"}, facebook.PostOptions{Carousel: []facebook.LinkCard{{Link: "a"}, {Link: "b"}}}},
		"background":   {&smm.Post{Text: strings.Repeat("x", 131)}, facebook.PostOptions{Background: "1"}},
	} {
		found, err := b.channel(t).Validate(t.Context(), options(t, c.post, c.o))
		require.NoError(t, err, name)
		require.True(t, found.HasErrors(), name)
	}
	found, err := b.channel(t).Validate(t.Context(), options(t, &smm.Post{Text: strings.Repeat("é", 130)}, facebook.PostOptions{Background: "1"}))
	require.NoError(t, err)
	require.False(t, found.HasErrors(), found)
	found, err = b.channel(t).Validate(t.Context(), options(t, &smm.Post{Text: "x"}, facebook.PostOptions{ScheduledAt: at(30*24*time.Hour - time.Minute)}))
	require.NoError(t, err)
	require.False(t, found.HasErrors(), found)
	_, err = b.channel(t).Publish(t.Context(), &smm.Post{Text: "x", Visibility: smm.VisibilityFollowers}, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
}

// TestQuotaIsWaitedFor: a spent budget of the Page delays and loses nothing.
func TestQuotaIsWaitedFor(t *testing.T) {
	b := open(t, &facebooktest.Options{AppCalls: -1, PageCalls: 3})
	_, err := b.vendor(t).Pages.Get(t.Context())
	require.NoError(t, err)
	d := b.until(t, b.plan(t, &smm.Post{Text: "one"}), nil)
	require.Equal(t, smm.PhasePublished, d.Phase, d.Log)
	_, err = b.vendor(t).Pages.Get(t.Context())
	var limited *smm.RateLimitError
	require.True(t, errors.As(err, &limited), err)
	require.Greater(t, limited.After, 23*time.Hour)
	d = b.until(t, b.plan(t, &smm.Post{Text: "two"}), func(d *smm.Delivery) bool { return d.Failure != nil })
	require.Equal(t, "rate-limited", d.Failure.Kind)
	require.Equal(t, "80001", d.Failure.Code)
	require.Len(t, b.items(), 1)
}

// TestVideosAreChecked before anything is sent.
func TestVideosAreChecked(t *testing.T) {
	b := open(t, nil)
	for name, p := range map[string]*smm.Post{
		"wide reel":  options(t, &smm.Post{Text: "x", Media: []smm.Media{{Name: "clip.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel}),
		"long reel":  options(t, &smm.Post{Text: "x", Media: []smm.Media{{Name: "long.mp4"}}}, facebook.PostOptions{Format: facebook.FormatReel}),
		"photo reel": options(t, &smm.Post{Text: "x", Media: []smm.Media{{Name: "red.png"}}}, facebook.PostOptions{Format: facebook.FormatReel}),
		"long story": options(t, &smm.Post{Media: []smm.Media{{Name: "long.mp4"}}}, facebook.PostOptions{Format: facebook.FormatStory}),
	} {
		d := b.until(t, b.plan(t, p), nil)
		require.Equal(t, smm.PhaseFailed, d.Phase, name)
		require.Equal(t, "invalid", d.Failure.Kind, name)
	}
	require.Zero(t, b.world.Faults.RequestsOf(sim.Prepare)+b.world.Faults.RequestsOf(sim.Commit))
	r := b.publish(t, &smm.Post{Text: "with a still", Media: []smm.Media{{Name: "long.mp4", Thumbnail: "blue.jpg"}}})
	require.Equal(t, smm.OutcomePublished, r.Outcome)
}
