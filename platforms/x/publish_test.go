package x_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// delivery plans one post.
func (g *ground) delivery(t testing.TB, p *smm.Post, policy smm.Policy) (*smm.Client, *smm.Delivery) {
	t.Helper()
	c := g.client(t)
	ds, _, err := c.Plan(t.Context(), p, []smm.Ref{g.account.Channel}, &smm.PublishOptions{Policy: policy})
	require.NoError(t, err)
	return c, ds[0]
}

// advance takes a delivery on until it is final, needs a person, or stop says
// so.
func (g *ground) advance(t testing.TB, c *smm.Client, d *smm.Delivery, stop func(*smm.Delivery) bool) {
	t.Helper()
	for range 300 {
		if d.Phase.Final() || d.Phase == smm.PhaseHuman || (stop != nil && stop(d)) {
			return
		}
		g.world.Clock.Advance(max(d.Wake.Sub(g.world.Clock.Now()), 0))
		require.NoError(t, c.Advance(t.Context(), d, nil))
	}
	t.Fatalf("stuck in %s", d.Phase)
}

func doubted(d *smm.Delivery) bool { return d.Attempt.Doubt }

func (g *ground) public() int { return g.world.Ledger.Counts(x.Platform).Posts }

// vendor is the vendor client of the account under test.
func (g *ground) vendor(t testing.TB) *x.Client {
	t.Helper()
	v, ok := smm.As[*x.Client](t.Context(), g.channel(t))
	require.True(t, ok)
	return v
}

// TestLostReply: what X made of the lost attempt is found by reading.
func TestLostReply(t *testing.T) {
	for _, kind := range []sim.FaultKind{sim.DropReply, sim.CutReply, sim.ErrorAfter} {
		t.Run(string(kind), func(t *testing.T) {
			g := stand(t, nil)
			g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind, Status: 503})
			c, d := g.delivery(t, &smm.Post{Text: "once https://example.com/a?b=c"}, smm.Policy{})
			g.advance(t, c, d, nil)
			require.Equal(t, smm.PhasePublished, d.Phase)
			require.Equal(t, smm.EvidenceReadBack, d.Outcome.Evidence)
			require.Equal(t, g.Public("shop")[0].ID, d.Outcome.Post.ID)
			require.Equal(t, "https://x.com/shop/status/"+d.Outcome.Post.ID, d.Outcome.URL)
			require.Equal(t, 1, g.public())
			require.Equal(t, 1, d.Attempt.N)
		})
	}
}

// TestDuplicateOfALateAttempt: an attempt that was proved absent arrives all the
// same, the next one is refused as its duplicate, and that leads to it.
func TestDuplicateOfALateAttempt(t *testing.T) {
	g := stand(t, nil)
	late := x.RequestLife + x.ReadLag + 3*time.Minute // beyond all that is believed of X
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.Late, Delay: late})
	c, d := g.delivery(t, &smm.Post{Text: "late"}, smm.Policy{})
	g.advance(t, c, d, func(d *smm.Delivery) bool {
		return d.Attempt.N == 1 && d.Phase == smm.PhasePreparing && d.Outcome.State == smm.OutcomeAbsent
	})
	g.world.Clock.Advance(late)
	require.Equal(t, 1, g.public())
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Failure)
	require.Equal(t, smm.EvidenceReadBack, d.Outcome.Evidence)
	require.Equal(t, 1, g.public())
}

// TestDuplicateOfAnotherPost: words that the account posted before are refused in
// the end, and never taken for the earlier post.
func TestDuplicateOfAnotherPost(t *testing.T) {
	g := stand(t, nil)
	g.publish(t, &smm.Post{Text: "the same words"})
	g.world.Clock.Advance(time.Hour)
	c, d := g.delivery(t, &smm.Post{Text: "the same words"}, smm.Policy{MaxAttempts: 2})
	g.advance(t, c, d, doubted)
	require.Equal(t, smm.PhaseSettling, d.Phase, "not a plain failure: it may be an attempt of its own")
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, "duplicate-content", d.Failure.Code)
	require.Equal(t, 1, g.public())
}

// TestReadBackTellsApart: only the post that was sent is taken for it.
func TestReadBackTellsApart(t *testing.T) {
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, DuplicateWindow: time.Second})
	g.publish(t, &smm.Post{Text: "the same words"}) // before the first attempt
	g.world.Clock.Advance(10 * time.Minute)
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	c, d := g.delivery(t, &smm.Post{Text: "the same words"}, smm.Policy{})
	g.advance(t, c, d, doubted)
	g.publish(t, &smm.Post{Text: "other words"})
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, smm.EvidenceReply, d.Outcome.Evidence, "absent, and so sent again")
	require.Equal(t, 3, g.public())
}

// TestReadBackAmbiguous: two posts that fit are a case for a person.
func TestReadBackAmbiguous(t *testing.T) {
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, DuplicateWindow: time.Second})
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	c, d := g.delivery(t, &smm.Post{Text: "twice?"}, smm.Policy{})
	g.advance(t, c, d, doubted)
	g.world.Clock.Advance(10 * time.Second)
	_, err := g.vendor(t).Posts.Create(t.Context(), x.PostParams{Text: "twice?"}) // by hand, meanwhile
	require.NoError(t, err)
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase)
}

// TestOtherFiles: the same words with another picture are not taken for the post,
// and since it is not certain that keys tell files apart, nothing is sent again.
func TestOtherFiles(t *testing.T) {
	g := stand(t, nil)
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	c, d := g.delivery(t, &smm.Post{Text: "the day's picture", Media: []smm.Media{{Name: "red.png"}}}, smm.Policy{})
	g.advance(t, c, d, doubted)
	g.publish(t, &smm.Post{Text: "the day's picture", Media: []smm.Media{{Name: "blue.jpg"}}})
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase)
}

// TestEditedMeanwhile: a post that was edited before anybody looked is found by
// its first version.
func TestEditedMeanwhile(t *testing.T) {
	g := stand(t, nil)
	g.SetPremium("shop", true)
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	c, d := g.delivery(t, &smm.Post{Text: "as it was sent"}, smm.Policy{})
	g.advance(t, c, d, doubted)
	id := x.ID(g.Public("shop")[0].ID)
	_, err := g.vendor(t).Posts.Edit(t.Context(), id, x.PostParams{Text: "as somebody made it"})
	require.NoError(t, err)
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Equal(t, string(id), d.Outcome.Post.ID)
}

// TestThread: parts answer each other, in the self-serve tier as well.
func TestThread(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true})
	r := g.publish(t, &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "by the way"})
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	all := g.Public("shop")
	require.Len(t, all, 4)
	parent := map[string]string{}
	text := map[string]string{}
	for _, p := range all {
		text[p.ID] = p.Text
		parent[p.Text] = p.Parent
	}
	require.Equal(t, "one", text[parent["two"]])
	require.Equal(t, "two", text[parent["three"]])
	for _, d := range r.Deliveries {
		require.Equal(t, smm.ClassReadBack, d.Prepared.Guarantee.Class)
	}
}

// TestReplyNobodyAskedFor: the refusal of the self-serve tier is final and says
// why.
func TestReplyNobodyAskedFor(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true})
	to, err := g.VisitorPosts(t.Context(), visitorHandle, "", "nobody asked for an answer")
	require.NoError(t, err)
	c, d := g.delivery(t, &smm.Post{Text: "an answer", ReplyTo: to}, smm.Policy{})
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Equal(t, 1, d.Attempt.N)
	require.Contains(t, d.Failure.Message, "not allowed because")
	require.Empty(t, g.Public("shop"))

	asked, err := g.VisitorPosts(t.Context(), visitorHandle, "", "@shop what do you say?")
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, g.publish(t, &smm.Post{Text: "an answer", ReplyTo: asked}).Outcome)
}

// TestLongPost: a Premium account's long post is found by the whole of its text.
func TestLongPost(t *testing.T) {
	g := stand(t, nil)
	long := strings.Repeat("many words ", 40)
	_, err := g.channel(t).Publish(t.Context(), &smm.Post{Text: long}, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)

	g.SetPremium("shop", true)
	g.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	r := g.publish(t, &smm.Post{Text: long + "https://example.com/at/the/end"})
	require.Equal(t, smm.EvidenceReadBack, r.Deliveries[0].Outcome.Evidence)
	require.Equal(t, 1, g.public())
}

// TestSegments: a long file goes in segments that are on record, is processed, and
// a process that begins anew goes on where another was.
func TestSegments(t *testing.T) {
	clip := mediatest.MP4(640, 360, 3*time.Second)
	files := fstest.MapFS{"long.mp4": {Data: append(bytes.Clone(clip), mediatest.Box("free", make([]byte, 9<<20))...)}}
	g := stand(t, nil)
	r := &smm.PublishRequest{ID: "d", Channel: g.account.Channel, Kind: smm.CreatePost, Post: smm.Post{Text: "a clip", Media: []smm.Media{{Name: "long.mp4"}}}, Created: epoch}
	r = r.WithMedia(smm.FSMedia(files))
	var p smm.Prepared
	for steps := 0; !p.Ready; steps++ {
		require.Less(t, steps, 20)
		var err error
		last := p.Progress
		p, err = g.driver(t).Prepare(t.Context(), r, p)
		require.NoError(t, err)
		require.GreaterOrEqual(t, p.Progress, last)
		if p.Next.After(g.world.Clock.Now()) {
			g.world.Clock.Advance(p.Next.Sub(g.world.Clock.Now()))
		}
		require.Zero(t, g.public())
	}
	require.InDelta(t, 1, p.Progress, 0)
	require.WithinDuration(t, epoch.Add(20*time.Hour), p.Expires, time.Hour)
	o, err := g.driver(t).Commit(t.Context(), r, p, smm.Attempt{N: 1, First: epoch, Intent: epoch, Deadline: g.world.Clock.Now().Add(time.Minute)})
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, o.State)
	require.Len(t, g.Public("shop")[0].Media, 1)
}

// TestSegmentsThatFail: what was sent is on record, and a segment that fails alone
// is an error to wait after.
func TestSegmentsThatFail(t *testing.T) {
	files := fstest.MapFS{"long.mp4": {Data: append(mediatest.MP4(640, 360, 3*time.Second), mediatest.Box("free", make([]byte, 9<<20))...)}}
	for failing, kept := range map[int]int{0: 0, 1: 1} {
		var sent []string
		b := open(t).says(500, `{"title":"x"}`)
		d, ch := b.driver(t)
		b.answer = scripted{
			"GET /2/users/me":                 says(200, `{"data":{"id":"7","username":"shop"}}`),
			"POST /2/media/upload/initialize": says(200, `{"data":{"id":"9","expires_after_secs":3600}}`),
			"POST /2/media/upload/9/append": func(w http.ResponseWriter, r *http.Request) {
				if len(sent) == failing {
					says(503, `{"title":"x"}`)(w, r)
					return
				}
				sent = append(sent, r.URL.Path)
				says(200, `{"data":{"expires_at":1}}`)(w, r)
			},
		}.ServeHTTP
		r := (&smm.PublishRequest{ID: "d", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "a", Media: []smm.Media{{Name: "long.mp4"}}}}).WithMedia(smm.FSMedia(files))
		p, err := d.Prepare(t.Context(), r, smm.Prepared{})
		require.NoError(t, err)
		p, err = d.Prepare(t.Context(), r, p)
		require.NoError(t, err)
		require.Equal(t, epoch.Add(48*time.Minute), p.Expires, "well before X forgets the file")
		if kept > 0 {
			p, err = d.Prepare(t.Context(), r, p)
			require.NoError(t, err, "progress is kept")
			require.Contains(t, string(p.State), `"segment":1`)
		}
		_, err = d.Prepare(t.Context(), r, p)
		require.ErrorIs(t, err, smm.ErrUnavailable)
		require.Len(t, sent, kept)
	}
}

// TestFailedMedia: a file that X cannot process ends the delivery with its reason.
func TestFailedMedia(t *testing.T) {
	g := stand(t, nil)
	c, d := g.delivery(t, &smm.Post{Text: "a clip", Media: []smm.Media{{Name: "clip.mp4"}}}, smm.Policy{})
	g.advance(t, c, d, func(d *smm.Delivery) bool { return len(uploads(t, d)) > 0 })
	g.FailMedia(uploads(t, d)[0])
	g.advance(t, c, d, nil)
	require.Equal(t, smm.PhaseFailed, d.Phase)
	require.Zero(t, g.public())
}

// uploads are the ids of the files that a delivery has sent.
func uploads(t testing.TB, d *smm.Delivery) []string {
	t.Helper()
	if len(d.Prepared.State) == 0 {
		return nil
	}
	var st struct {
		Uploads []struct {
			ID string `json:"id"`
		} `json:"uploads"`
	}
	require.NoError(t, json.Unmarshal(d.Prepared.State, &st))
	var out []string
	for _, u := range st.Uploads {
		out = append(out, u.ID)
	}
	return out
}

// TestRefusedBeforeSending: what X has no place for is said before anything is
// sent, and so is what the tier does not have.
func TestRefusedBeforeSending(t *testing.T) {
	quoted := smm.Ref{Platform: x.Platform, Kind: smm.KindPost, ID: "5"}
	for name, tc := range map[string]struct {
		post *smm.Post
		code string
	}{
		"characters":  {&smm.Post{Text: "a\uFFFE"}, "text.characters"},
		"warning":     {&smm.Post{Text: "a", ContentWarning: "b"}, "warning.unsupported"},
		"followers":   {&smm.Post{Text: "a", Visibility: smm.VisibilityFollowers}, "visibility.unsupported"},
		"multiple":    {&smm.Post{Text: "a", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour, Multiple: true}}, "poll.multiple"},
		"hidden":      {&smm.Post{Text: "a", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour, HideTotals: true}}, "poll.hide-totals"},
		"quote":       {&smm.Post{Text: "a", Quote: quoted}, "capability.plan"},
		"quote+media": {&smm.Post{Text: "a", Quote: quoted, Media: []smm.Media{{Name: "red.png"}}}, "quote.media"},
		"quote+poll":  {&smm.Post{Text: "a", Quote: quoted, Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}, "quote.poll"},
		"message":     {&smm.Post{Text: "a", ReplyTo: quoted.WithKind(smm.KindAuthor, "5"), Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}}, "message.media"},
		"cashtags":    {&smm.Post{Text: "$AAPL and $MSFT"}, "cashtags.too-many"},
	} {
		t.Run(name, func(t *testing.T) {
			g := stand(t, &xtest.Options{NoQuotas: true})
			_, err := g.channel(t).Publish(t.Context(), tc.post, nil)
			found, ok := errors.AsType[*smm.FindingsError](err)
			require.True(t, ok, "%v", err)
			require.True(t, slices.ContainsFunc(found.Findings, func(f smm.Finding) bool { return f.Code == tc.code }), "%v", found.Findings)
			require.Zero(t, g.world.Faults.RequestsOf(sim.Commit)+g.world.Faults.RequestsOf(sim.Prepare))
		})
	}
}

// TestTierInPrepare: what the tier does not take is said before files are sent for
// it.
func TestTierInPrepare(t *testing.T) {
	g := stand(t, &xtest.Options{NoQuotas: true})
	r := &smm.PublishRequest{ID: "d", Channel: g.account.Channel, Kind: smm.CreatePost, Post: smm.Post{Text: "$AAPL $MSFT", Media: []smm.Media{{Name: "red.png"}}}}
	_, err := g.driver(t).Prepare(t.Context(), r, smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrForbidden)
	require.Equal(t, smm.OutcomeNotSent, asError(t, err).Outcome)
}

func TestOptions(t *testing.T) {
	g := stand(t, nil)
	for name, o := range map[string]any{
		"unknown key": map[string]string{"reply_setting": "following"}, "unknown value": x.PostOptions{ReplySettings: "nobody"},
		"no id": x.PostOptions{TaggedUserIDs: []x.ID{"bob"}}, "too many": x.PostOptions{TaggedUserIDs: make([]x.ID, 11)},
	} {
		var p smm.Post
		p.Text = "a"
		require.NoError(t, p.SetOptions(x.Platform, o))
		_, err := g.channel(t).Publish(t.Context(), &p, nil)
		require.ErrorIs(t, err, smm.ErrInvalid, name)
	}
	b := open(t).says(201, `{"data":{"id":"5"}}`)
	d, ch := b.driver(t)
	p := smm.Post{Text: "a", Disclosure: smm.Disclosure{Paid: true, AI: true}}
	require.NoError(t, x.PostOptions{ReplySettings: x.RepliesVerified, PlaceID: "df51dec6f4ee2b2c"}.Set(&p))
	b.committed(t, d, ch, smm.CreatePost, p)
	seen := b.requests()
	require.JSONEq(t, `{"text":"a","reply_settings":"verified","geo":{"place_id":"df51dec6f4ee2b2c"},"made_with_ai":true,"paid_partnership":true}`, string(seen[len(seen)-1].body))
}

// TestCostOf holds the list prices, in millionths of a dollar.
func TestCostOf(t *testing.T) {
	post := smm.Ref{Platform: x.Platform, Kind: smm.KindPost, ID: "5"}
	for _, tc := range []struct {
		post *smm.Post
		want int64
	}{
		{&smm.Post{Text: "a"}, 15_000},
		{&smm.Post{Text: "a https://example.com"}, 200_000},
		{&smm.Post{Text: "a", Card: &smm.Card{URL: "https://example.com"}}, 200_000},
		{&smm.Post{Text: "a", ReplyTo: post}, 10_000},
		{&smm.Post{Text: "a example.com", ReplyTo: post}, 200_000},
		{&smm.Post{Text: "a", ReplyTo: smm.Ref{Platform: x.Platform, Kind: smm.KindAuthor, ID: "5"}}, 15_000},
		{&smm.Post{Text: "a https://example.com", Media: []smm.Media{{Name: "a", AltText: "a"}}, ReplyTo: smm.Ref{Platform: x.Platform, Kind: smm.KindAuthor, ID: "5"}}, 15_000},
		{&smm.Post{Text: "a", Media: []smm.Media{{Name: "a", AltText: "a"}, {Name: "b"}}}, 20_000},
		{&smm.Post{Text: "a", Thread: []smm.Post{{Text: "b"}, {Text: "https://example.com"}}, FirstComment: "c"}, 245_000},
		{&smm.Post{Text: "https://example.com", Variants: map[smm.Platform]smm.Variant{x.Platform: {Text: ptr("a")}}}, 15_000},
	} {
		got, err := x.CostOf(tc.post)
		require.NoError(t, err)
		require.Equal(t, smm.Money{Micros: tc.want, Currency: "USD"}, got, "%+v", tc.post)
	}
	_, err := x.CostOf(&smm.Post{ReplyTo: smm.Ref{Platform: x.Platform, Kind: smm.KindReview, ID: "5"}})
	require.ErrorIs(t, err, smm.ErrUnsupported)

	g := stand(t, nil)
	plan, _, err := g.client(t).Plan(t.Context(), &smm.Post{Text: "a", Thread: []smm.Post{{Text: "b"}}}, []smm.Ref{g.account.Channel}, nil)
	require.NoError(t, err)
	sum, err := x.CostOfPlan(append(plan, &smm.Delivery{Request: smm.PublishRequest{Channel: smm.Ref{Platform: "other"}}}))
	require.NoError(t, err)
	require.Equal(t, "0.03 USD", sum.String())
}

// TestCostIsWhatIsCharged compares with what the simulator takes for the commits.
func TestCostIsWhatIsCharged(t *testing.T) {
	for _, p := range []*smm.Post{{Text: "a"}, {Text: "a https://example.com"}, {Text: "a", Media: []smm.Media{{Name: "red.png", AltText: "red"}}}} {
		g := stand(t, &xtest.Options{NoQuotas: true})
		ch := g.channel(t)
		_, err := ch.Capabilities(t.Context())
		require.NoError(t, err)
		before := g.Spent()
		_, err = ch.Publish(t.Context(), p, &smm.PublishOptions{Wait: time.Hour})
		require.NoError(t, err)
		want, err := x.CostOf(p)
		require.NoError(t, err)
		require.Equal(t, want.Micros, g.Spent()-before)
	}
}

func ptr[T any](v T) *T { return &v }

// driver is a driver of account 7 against the server, which needs an answer for
// the account itself.
func (b *bench) driver(t testing.TB) (*x.Driver, smm.Ref) {
	t.Helper()
	ch := smm.Ref{Platform: x.Platform, Kind: smm.KindChannel, ID: "7"}
	d, err := x.New(x.Config{Credentials: smm.StaticToken(ch, "", userToken), BaseURL: b.URL, HTTPClient: b.client, Clock: b.clock})
	require.NoError(t, err)
	answer := b.answer
	b.answer = scripted{
		"GET /2/users/me": says(200, `{"data":{"id":"7","name":"Shop","username":"shop"}}`), "": answer,
	}.ServeHTTP
	return d, ch
}

// committed prepares and commits a post.
func (b *bench) committed(t testing.TB, d *x.Driver, ch smm.Ref, kind smm.CreateKind, p smm.Post) (smm.Outcome, error) {
	t.Helper()
	r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: kind, Post: p, Created: epoch}
	prepared, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	require.True(t, prepared.Ready)
	now := b.clock.Now()
	return d.Commit(context.Background(), r, prepared, smm.Attempt{N: 1, First: now, Intent: now, Deadline: now.Add(time.Minute)})
}
