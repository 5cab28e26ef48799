package instagram_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// both runs f with each login.
func both(t *testing.T, f func(t *testing.T, o *instagramtest.Options)) {
	t.Helper()
	for _, l := range []instagramtest.Login{instagramtest.Facebook, instagramtest.Instagram} {
		t.Run(string(l), func(t *testing.T) { f(t, &instagramtest.Options{Login: l}) })
	}
}

// run takes a post to its end.
func (b *bench) run(t testing.TB, p *smm.Post, opts *smm.PublishOptions) *smm.Delivery {
	t.Helper()
	ds, _, err := b.client(t).Plan(t.Context(), p, []smm.Ref{b.account.Channel}, opts)
	require.NoError(t, err)
	require.Len(t, ds, 1)
	return b.finish(t, ds[0])
}

func (b *bench) finish(t testing.TB, d *smm.Delivery) *smm.Delivery {
	t.Helper()
	for range 400 {
		if d.Phase.Final() || d.Phase == smm.PhaseHuman {
			return d
		}
		b.step(t, d)
	}
	t.Fatalf("stuck in phase %s: %+v", d.Phase, d.Log)
	return nil
}

func (b *bench) step(t testing.TB, d *smm.Delivery) {
	t.Helper()
	if wait := d.Wake.Sub(b.world.Clock.Now()); wait > 0 {
		require.NoError(t, b.world.Clock.Sleep(t.Context(), wait))
	}
	require.NoError(t, b.client(t).Advance(t.Context(), d, nil))
}

// until advances to a phase.
func (b *bench) until(t testing.TB, d *smm.Delivery, p smm.Phase) {
	t.Helper()
	for range 100 {
		if d.Phase == p {
			return
		}
		b.step(t, d)
	}
	t.Fatalf("never in phase %s: %+v", p, d.Log)
}

func TestAnswersThatLie(t *testing.T) {
	for _, c := range []struct {
		answer instagramtest.Answer
		times  int
		phase  smm.Phase
		posts  int
	}{
		// Published although an error came back.
		{instagramtest.Answer{Code: 4, Subcode: 2207051, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: -1, Subcode: 2207001, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 10, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 200, Status: 403, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 100, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 31337, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 2, Status: 200, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 1, Status: 500, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 9007, Subcode: 2207027, Public: true}, 1, smm.PhasePublished, 1},
		// Nothing happened: what may pass is repeated, what is refused is not.
		{instagramtest.Answer{Code: 4, Subcode: 2207051}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 4, Subcode: 2207051}, 99, smm.PhaseFailed, 0},
		{instagramtest.Answer{Code: 9007, Subcode: 2207027}, 2, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 24, Subcode: 2207008}, 2, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 9, Subcode: 2207042}, 2, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 4, Status: 403, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 9, Subcode: 2207042, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 24, Subcode: 2207008, Public: true}, 1, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 4, Status: 403}, 2, smm.PhasePublished, 1},
		{instagramtest.Answer{Code: 25, Subcode: 2207050}, 1, smm.PhaseFailed, 0},
		{instagramtest.Answer{Code: 100}, 1, smm.PhaseFailed, 0},
		{instagramtest.Answer{Code: 10}, 1, smm.PhaseFailed, 0},
		{instagramtest.Answer{Code: 36004, Subcode: 2207010}, 1, smm.PhaseFailed, 0},
	} {
		t.Run(fmt.Sprintf("%d-%d-%d-%t-x%d", c.answer.Status, c.answer.Code, c.answer.Subcode, c.answer.Public, c.times), func(t *testing.T) {
			t.Parallel()
			b := open(t, nil)
			for range c.times {
				b.Answer(instagramtest.Publish, c.answer)
			}
			d := b.run(t, picture("what the answer says is not so"), nil)
			require.Equal(t, c.phase, d.Phase, "%+v", d.Log)
			counts := b.world.Ledger.Counts(instagram.Platform)
			require.Equal(t, c.posts, counts.Posts)
			require.Zero(t, counts.Duplicates)
			if c.posts == 1 {
				require.Equal(t, b.world.Ledger.Items()[0].ID, d.Outcome.Post.ID)
			} else {
				require.NotNil(t, d.Failure)
				require.True(t, strings.HasPrefix(d.Failure.Code, fmt.Sprint(c.answer.Code)), d.Failure.Code)
			}
		})
	}
}

// A refusal for good is told after one look and not repeated.
func TestARefusalIsNotRepeated(t *testing.T) {
	b := open(t, nil)
	b.Answer(instagramtest.Publish, instagramtest.Answer{Code: 25, Subcode: 2207050})
	d := b.run(t, picture("restricted"), nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, 1, b.world.Faults.RequestsOf(sim.Commit))
	require.Equal(t, "forbidden", d.Failure.Kind)
}

// A spam answer is met with patience: the pause between attempts grows to hours.
func TestSpamIsMetWithPatience(t *testing.T) {
	b := open(t, nil)
	for range 4 {
		b.Answer(instagramtest.Publish, instagramtest.Answer{Code: 4, Subcode: 2207051})
	}
	begun := b.world.Clock.Now()
	d := b.run(t, picture("not spam"), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, 5, b.world.Faults.RequestsOf(sim.Commit))
	require.Greater(t, b.world.Clock.Now().Sub(begun), 2*time.Hour)
}

func TestStories(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		for _, name := range []string{"tall.jpg", "clip.mp4"} {
			p := &smm.Post{Media: []smm.Media{{Name: name}}}
			require.NoError(t, instagram.PostOptions{Format: instagram.FormatStory}.Set(p))
			b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
			d := b.run(t, p, nil)
			require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
			items := b.world.Ledger.Items()
			require.Equal(t, items[len(items)-1].ID, d.Outcome.Post.ID)
		}
		stories, err := b.vendor(t).Media.Stories(t.Context(), instagram.ListParams{})
		require.NoError(t, err)
		require.Len(t, stories.Items, 2)
		posts, err := b.channel(t).Posts(nil).Collect(t.Context(), 0)
		require.NoError(t, err)
		require.Empty(t, posts, "the vendor's list has no stories")

		p := &smm.Post{Text: "words", FirstComment: "no", Media: []smm.Media{{Name: "red.jpg"}, {Name: "blue.jpg"}}}
		require.NoError(t, instagram.PostOptions{Format: instagram.FormatStory}.Set(p))
		found, err := b.channel(t).Validate(t.Context(), p)
		require.NoError(t, err)
		require.Subset(t, codes(found), []string{"story.text", "story.comment", "media.too-many"})
	})
}

func codes(found smm.Findings) []string {
	out := make([]string, 0, len(found))
	for _, f := range found {
		out = append(out, f.Code)
	}
	return out
}

func TestQuotaIsReadBeforeAnythingIsMade(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		o.Posts = 1
		b := open(t, o)
		b.publish(t, picture("the only one"))
		made := b.Containers()
		caps, err := b.channel(t).Capabilities(t.Context())
		require.NoError(t, err)
		require.Equal(t, smm.StateQuota, caps.Support(smm.CapPost).State)
		require.NotEmpty(t, caps.Support(smm.CapPost).Cure)
		require.True(t, caps.Has(smm.CapReply), "answers are not counted")

		r, err := b.channel(t).Publish(t.Context(), picture("too many"), &smm.PublishOptions{Wait: time.Minute, SkipValidation: true})
		require.Error(t, err)
		require.Equal(t, smm.OutcomeNotSent, r.Outcome)
		require.ErrorContains(t, err, smm.ErrRateLimited.Error())
		require.Equal(t, made, b.Containers(), "nothing was made in vain")

		d := b.run(t, picture("patient"), &smm.PublishOptions{SkipValidation: true, Policy: smm.Policy{GiveUp: 48 * time.Hour}})
		require.Equal(t, smm.PhasePublished, d.Phase)
		facts, err := b.driver(t).ReadFacts(t.Context(), b.account.Channel)
		require.NoError(t, err)
		require.Len(t, facts.Quotas, 1)
		require.EqualValues(t, 0, facts.Quotas[0].Remaining)
		require.EqualValues(t, 1, facts.Quotas[0].Limit)
	})
}

func TestContainersExpire(t *testing.T) {
	b := open(t, nil)
	ds, _, err := b.client(t).Plan(t.Context(), picture("late"), []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	d := ds[0]
	b.until(t, d, smm.PhaseReady)
	require.Equal(t, 1, b.Containers())
	require.WithinDuration(t, b.world.Clock.Now().Add(23*time.Hour), d.Prepared.Expires, time.Minute)
	b.world.Clock.Advance(25 * time.Hour)
	d = b.finish(t, d)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, 2, b.Containers(), "an expired container is made anew")
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
}

// A container that ran out while an attempt was in doubt proves that nothing is public.
func TestAnExpiredContainerIsProof(t *testing.T) {
	b := open(t, nil)
	ds, _, err := b.client(t).Plan(t.Context(), picture("in doubt"), []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	d := ds[0]
	b.until(t, d, smm.PhaseReady)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	b.step(t, d)
	require.Equal(t, smm.PhaseSettling, d.Phase)
	b.world.Clock.Advance(25 * time.Hour)
	d = b.finish(t, d)
	require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
}

func TestBrokenFilesAreRefused(t *testing.T) {
	b := open(t, nil)
	ds, _, err := b.client(t).Plan(t.Context(), picture("broken"), []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	b.step(t, ds[0])
	b.step(t, ds[0])
	b.Break("2207026")
	d := b.finish(t, ds[0])
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "2207026", d.Failure.Code)
	require.Equal(t, "rejected", d.Failure.Kind)

	for name, code := range map[string]string{"green.png": "36001/2207005", "tall.jpg": "36003/2207009", "huge.jpg": "36000/2207004"} {
		d := b.run(t, &smm.Post{Text: name, Media: []smm.Media{{Name: name}}}, &smm.PublishOptions{SkipValidation: true})
		require.Equal(t, smm.PhaseFailed, d.Phase, name)
		require.Equal(t, code, d.Failure.Code, name)
	}
	reel := picture("a picture")
	require.NoError(t, instagram.PostOptions{Format: instagram.FormatReel}.Set(reel))
	d = b.run(t, reel, nil)
	require.Equal(t, "invalid", d.Failure.Kind)
	require.Zero(t, b.world.Ledger.Counts("").Posts)
}

// What may pass is tried with new containers, a few times.
func TestFilesThatCouldNotBeFetched(t *testing.T) {
	b := open(t, nil)
	ds, _, err := b.client(t).Plan(t.Context(), picture("slow media host"), []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	b.step(t, ds[0])
	b.step(t, ds[0])
	b.Break("2207052")
	d := b.finish(t, ds[0])
	require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
	require.Equal(t, 2, b.Containers())

	ds, _, err = b.client(t).Plan(t.Context(), picture("never"), []smm.Ref{b.account.Channel}, &smm.PublishOptions{Policy: smm.Policy{GiveUp: 2 * time.Hour}})
	require.NoError(t, err)
	d = ds[0]
	for range 300 {
		if d.Phase.Final() {
			break
		}
		b.step(t, d)
		b.Break("2207052")
	}
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "2207052", d.Failure.Code)
	require.LessOrEqual(t, b.Containers(), 8, "an account may make 400 a day")
}

func TestUploadsGoOnWhereTheyBroke(t *testing.T) {
	b := open(t, nil)
	size := int64(len(assets["clip.mp4"].Data))
	b.CutUploads(size/3, size/3)
	d := b.run(t, &smm.Post{Text: "a reel", Media: []smm.Media{{Name: "clip.mp4", Thumbnail: "blue.jpg", AltText: "of no use here"}}}, nil)
	require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
	require.Equal(t, 1, b.Containers())
	post, err := b.channel(t).Post(t.Context(), d.Outcome.Post)
	require.NoError(t, err)
	require.Contains(t, post.URL, "/reel/")
	require.Equal(t, smm.MediaVideo, post.Attachments[0].Class)
}

func TestListsThatLag(t *testing.T) {
	for _, c := range []struct {
		lag   time.Duration
		named bool
	}{{time.Minute, true}, {time.Hour, false}} {
		b := open(t, &instagramtest.Options{Lag: c.lag})
		b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
		d := b.run(t, picture("slow lists"), nil)
		require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
		require.Equal(t, smm.EvidenceHandle, d.Outcome.Evidence)
		require.Equal(t, c.named, !d.Outcome.Post.IsZero(), c.lag)
		require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
	}
}

// Of two equal posts nobody can say which is whose; that it is public is certain.
func TestEqualPostsAreNotGuessedAt(t *testing.T) {
	b := open(t, nil)
	b.publish(t, picture("the same"))
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d := b.run(t, picture("the same"), nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.True(t, d.Outcome.Post.IsZero())
	require.Equal(t, 2, b.world.Ledger.Counts("").Posts)
}

func TestFirstComment(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		p := picture("with a comment")
		p.FirstComment = "first!"
		r := b.publish(t, p)
		items := b.world.Ledger.Items()
		require.Len(t, items, 2)
		require.Equal(t, r.Post.ID, items[1].Parent)
		require.Equal(t, "first!", items[1].Text)
	})
}

// What was said before in the same words is not taken for the attempt's own.
func TestEqualAnswers(t *testing.T) {
	b := open(t, nil)
	convo, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello")
	require.NoError(t, err)
	post := b.publish(t, picture("a post")).Post
	for _, to := range []smm.Ref{convo, post} {
		p := &smm.Post{Text: "thanks", ReplyTo: to}
		b.publish(t, p)
		b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
		d := b.run(t, p, nil)
		require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
		b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
		d = b.run(t, p, nil)
		require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
	}
	n := map[bool]int{}
	for _, i := range b.world.Ledger.Items() {
		if i.Text == "thanks" {
			n[i.Private]++
		}
	}
	require.Equal(t, map[bool]int{true: 3, false: 3}, n)
}

func TestMessagesHaveAWindow(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx := t.Context()
		convo, err := b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
		require.NoError(t, err)
		get := func() smm.Conversation {
			all, err := b.channel(t).Conversations(nil).Collect(ctx, 0)
			require.NoError(t, err)
			require.Len(t, all, 1)
			return all[0]
		}
		require.Equal(t, smm.WindowOpen, get().Window.State)
		require.Equal(t, convo, get().Ref)
		message := get().Last.Ref
		b.publish(t, &smm.Post{Text: "hello yourself", ReplyTo: message})
		b.publish(t, &smm.Post{Media: []smm.Media{{Name: "red.jpg"}}, ReplyTo: b.visitor})
		messages, err := b.channel(t).Messages(convo, nil).Collect(ctx, 0)
		require.NoError(t, err)
		require.Len(t, messages, 3)
		require.Equal(t, smm.MediaImage, messages[0].Attachments[0].Class)

		b.world.Clock.Advance(25 * time.Hour)
		require.Equal(t, smm.WindowClosed, get().Window.State)
		require.Equal(t, instagram.ReasonWindow, get().Window.Reason)
		commits := b.world.Faults.RequestsOf(sim.Commit)
		late := &smm.Post{Text: "sorry for the wait", ReplyTo: convo}
		d := b.run(t, late, nil)
		require.Equal(t, smm.PhaseFailed, d.Phase)
		require.Equal(t, "forbidden", d.Failure.Kind)
		require.Equal(t, commits, b.world.Faults.RequestsOf(sim.Commit), "nothing was sent")

		require.NoError(t, instagram.PostOptions{HumanAgent: true}.Set(late))
		require.Equal(t, smm.PhasePublished, b.run(t, late, nil).Phase)
		b.world.Clock.Advance(7 * 24 * time.Hour)
		commits = b.world.Faults.RequestsOf(sim.Commit)
		require.Equal(t, smm.PhaseFailed, b.run(t, late, nil).Phase, "seven days are over")
		require.Equal(t, commits, b.world.Faults.RequestsOf(sim.Commit), "nothing was sent")

		stranger := &smm.Post{Text: "buy!", ReplyTo: b.Author("stranger")}
		require.Equal(t, smm.PhaseFailed, b.run(t, stranger, nil).Phase, "they never wrote")
	})
}

func TestMentionsAreAnswered(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	ref, err := b.VisitorPosts(ctx, visitorHandle, "", "look at @shop")
	require.NoError(t, err)
	p := &smm.Post{Text: "thank you", ReplyTo: ref}
	require.NoError(t, instagram.PostOptions{MentionMedia: ref.ID}.Set(p))
	d := b.run(t, p, nil)
	require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
	require.Equal(t, smm.ClassBlind, d.Prepared.Guarantee.Class)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	require.Equal(t, smm.PhaseHuman, b.run(t, p, nil).Phase)

	own := b.publish(t, picture("a post")).Post
	in, err := b.VisitorPosts(ctx, visitorHandle, own.ID, "@shop is it open?")
	require.NoError(t, err)
	p = &smm.Post{Text: "it is", ReplyTo: in}
	require.NoError(t, instagram.PostOptions{MentionMedia: own.ID}.Set(p))
	require.Equal(t, smm.PhasePublished, b.run(t, p, nil).Phase)
	items := b.world.Ledger.Items()
	require.Equal(t, in.ID, items[len(items)-1].Parent)
}

// After a restore from a backup the post is found by what it shows.
func TestRestoredPostsAreFound(t *testing.T) {
	b := open(t, nil)
	ds, _, err := b.client(t).Plan(t.Context(), picture("from a backup"), []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	backup, err := json.Marshal(ds[0])
	require.NoError(t, err)
	at := b.world.Clock.Now()
	require.Equal(t, smm.PhasePublished, b.finish(t, ds[0]).Phase)
	b.world.Clock.Advance(time.Hour)

	var d smm.Delivery
	require.NoError(t, json.Unmarshal(backup, &d))
	require.NoError(t, d.Restore(at, b.world.Clock.Now()))
	got := b.finish(t, &d)
	require.Equal(t, smm.PhasePublished, got.Phase, "%+v", got.Log)
	require.Equal(t, 1, b.world.Ledger.Counts("").Posts)
	require.Equal(t, b.world.Ledger.Items()[0].ID, got.Outcome.Post.ID)
}
