package bluesky_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/platforms/bluesky/identity"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// record reads an own record as the repository holds it.
func (b *bench) record(t testing.TB, collection, uri string) *bluesky.Record {
	t.Helper()
	c, ok := smm.As[*bluesky.Client](t.Context(), b.channel(t))
	require.True(t, ok)
	u, err := identity.ParseURI(uri)
	require.NoError(t, err)
	r, err := c.Repo.GetRecord(t.Context(), u.Repo, collection, u.Rkey)
	require.NoError(t, err)
	return r
}

// TestGoldenRecords holds the records that posts become against the files of
// testdata, which were read through by a person; TestDocumented has the
// vendor's own.
func TestGoldenRecords(t *testing.T) {
	b := open(t, nil)
	quoted, err := b.VisitorPosts(t.Context(), visitorHandle, "", "a post to quote")
	require.NoError(t, err)
	posts := map[string]*smm.Post{
		"rich": {
			Text:      "Grüße @visitor.example.org 👋 see example.com/x?a=1&b=2 #Straße <3",
			Languages: []string{"de", "en-GB"}, ContentWarning: bluesky.LabelNudity,
		},
		"unknown-mention": {Text: "hi @nobody.example.net"},
		"given-entities": {Text: "read this", Entities: []smm.Entity{
			{Kind: smm.EntityLink, Start: 5, End: 9, Target: "https://example.com/long"},
		}},
		"images": {Text: "", Media: []smm.Media{{Name: "red.png", AltText: "a \"red\" one"}, {Name: "blue.jpg"}}, Sensitive: true},
		"video": {Text: "v", Media: []smm.Media{{
			Name: "clip.mp4", AltText: "clip", GIF: true, Captions: []smm.Captions{{Language: "en", Name: "captions.vtt"}},
		}}},
		"card":         {Text: "c", Card: &smm.Card{URL: "https://example.com/", Title: "T", Description: "D", Thumbnail: &smm.Media{Name: "white.png"}}},
		"quote":        {Text: "q", Quote: quoted},
		"quote-images": {Text: "qi", Quote: quoted, Media: []smm.Media{{Name: "red.png"}}},
	}
	for name, p := range posts {
		t.Run(name, func(t *testing.T) {
			r := b.publish(t, p)
			golden(t, "record_"+name+".json", b.record(t, bluesky.PostCollection, r.Post.ID).Value)
		})
	}
}

// golden compares JSON with a file of testdata, after indenting both. Run with
// SMMKIT_UPDATE=1 to write the file; then read the difference.
func golden(t *testing.T, name string, got json.RawMessage) {
	t.Helper()
	path := filepath.Join("testdata", name)
	var v any
	require.NoError(t, json.Unmarshal(got, &v))
	withoutDigests(v)
	pretty, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	if os.Getenv("SMMKIT_UPDATE") == "1" {
		require.NoError(t, os.WriteFile(path, append(pretty, '\n'), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(pretty))
}

// withoutDigests takes out what depends on the bytes of the test's pictures.
func withoutDigests(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			withoutDigests(x)
		}
	case map[string]any:
		if v["$type"] == "blob" {
			delete(v, "ref")
			delete(v, "size")
		}
		for _, x := range v {
			withoutDigests(x)
		}
	}
}

func TestFacetsIndexBytes(t *testing.T) {
	b := open(t, nil)
	const text = "👩‍👩‍👧‍👦 ñ @visitor.example.org #größe https://example.com/ü."
	r := b.publish(t, &smm.Post{Text: text})
	var rec bluesky.Post
	require.NoError(t, json.Unmarshal(b.record(t, bluesky.PostCollection, r.Post.ID).Value, &rec))
	var spans []string
	for _, f := range rec.Facets {
		spans = append(spans, text[f.Index.Start:f.Index.End]+" "+f.Features[0].DID+f.Features[0].Tag+f.Features[0].URI)
	}
	require.Equal(t, []string{
		"@visitor.example.org " + b.visitor.ID, "#größe größe", "https://example.com/ü https://example.com/ü",
	}, spans)
}

func TestThreadRefersToRootAndParent(t *testing.T) {
	b := open(t, nil)
	p := &smm.Post{Text: "one", Thread: []smm.Post{{Text: "two"}, {Text: "three"}}, FirstComment: "links below"}
	r := b.publish(t, p)
	require.Len(t, r.Deliveries, 4)
	root := b.record(t, bluesky.PostCollection, r.Post.ID)
	parents := []int{-1, 0, 1, 0}
	keys := make(map[string]bool)
	for i, d := range r.Deliveries {
		rec := b.record(t, bluesky.PostCollection, d.Outcome.Post.ID)
		keys[rec.URI] = true
		var post bluesky.Post
		require.NoError(t, json.Unmarshal(rec.Value, &post))
		if i == 0 {
			require.Nil(t, post.Reply)
			continue
		}
		parent := b.record(t, bluesky.PostCollection, r.Deliveries[parents[i]].Outcome.Post.ID)
		require.Equal(t, bluesky.StrongRef{URI: root.URI, CID: root.CID}, post.Reply.Root)
		require.Equal(t, bluesky.StrongRef{URI: parent.URI, CID: parent.CID}, post.Reply.Parent)
	}
	require.Len(t, keys, 4, "parts planned in the same millisecond need keys of their own")
}

// prepared takes a delivery to the point where it may be committed.
func (b *bench) prepared(t testing.TB, c *smm.Client, p *smm.Post) *smm.Delivery {
	t.Helper()
	ds, _, err := c.Plan(t.Context(), p, []smm.Ref{b.account.Channel}, nil)
	require.NoError(t, err)
	for range 20 {
		if ds[0].Phase == smm.PhaseReady {
			return ds[0]
		}
		require.NoError(t, c.Advance(t.Context(), ds[0], nil))
		require.NotEqual(t, smm.PhaseFailed, ds[0].Phase, "%+v", ds[0].Failure)
	}
	t.Fatal("never ready")
	return nil
}

func TestRepeatingACommitIsHarmless(t *testing.T) {
	b := open(t, nil)
	d := b.prepared(t, b.client(t), &smm.Post{Text: "once <&>\u2028"})
	r, a := d.Request.WithMedia(nil), smm.Attempt{N: 1, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)}
	first, err := b.driver(t).Commit(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, first.State)
	require.Equal(t, smm.EvidenceReply, first.Evidence)
	for range 3 {
		b.world.Clock.Advance(24 * time.Hour) // the key has no window
		a.N, a.Doubt = a.N+1, true
		again, err := b.driver(t).Commit(t.Context(), r, d.Prepared, a)
		require.NoError(t, err)
		require.Equal(t, smm.EvidenceKeyReplay, again.Evidence)
		require.Equal(t, first.Post, again.Post)
	}
	require.Equal(t, sim.Counts{Posts: 1, Visitors: 1}, b.world.Ledger.Counts(bluesky.Platform))
	settled, err := b.driver(t).Settle(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.Outcome{State: smm.OutcomePublished, Post: first.Post, URL: first.URL, Evidence: smm.EvidenceKey}, settled)
}

// TestPreparingTwiceGivesTheSameRecord: a delivery that is prepared anew, in
// another process or after its uploads expired, must ask for the same bytes.
func TestPreparingTwiceGivesTheSameRecord(t *testing.T) {
	b := open(t, nil)
	d := b.prepared(t, b.client(t), &smm.Post{Text: "same #tag", Media: []smm.Media{{Name: "red.png"}}})
	p := smm.Prepared{}
	r := d.Request.WithMedia(smm.FSMedia(assets))
	for !p.Ready {
		var err error
		p, err = b.driver(t).Prepare(t.Context(), r, p)
		require.NoError(t, err)
	}
	pick := func(raw json.RawMessage) (v struct {
		URI    string          `json:"uri"`
		Record json.RawMessage `json:"record"`
	}) {
		require.NoError(t, json.Unmarshal(raw, &v))
		return v
	}
	require.Equal(t, pick(d.Prepared.State), pick(p.State))
	require.Equal(t, epoch.Add(time.Hour), p.Expires)
}

func TestGatesArePublishedWithThePost(t *testing.T) {
	b := open(t, nil)
	p := &smm.Post{Text: "do not answer"}
	require.NoError(t, bluesky.PostOptions{Replies: bluesky.RepliesNobody, NoQuotes: true}.Set(p))
	d := b.prepared(t, b.client(t), p)
	require.Equal(t, smm.ClassHandle, d.Prepared.Guarantee.Class)
	r, a := d.Request.WithMedia(nil), smm.Attempt{N: 1, First: epoch, Deadline: epoch.Add(time.Minute)}
	out, err := b.driver(t).Commit(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, out.State)
	gate := b.record(t, bluesky.ThreadgateCollection, out.Post.ID)
	require.Contains(t, string(gate.Value), `"allow":[]`, "an absent list would admit everybody")
	require.Contains(t, string(gate.Value), out.Post.ID)
	require.Contains(t, string(b.record(t, bluesky.PostgateCollection, out.Post.ID).Value), "disableRule")

	// A repeat fails as a whole, says nothing, and reading tells.
	again, err := b.driver(t).Commit(t.Context(), r, d.Prepared, a)
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeUnknown, again.State)
	settled, err := b.driver(t).Settle(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, settled.State)
	require.Equal(t, smm.EvidenceHandle, settled.Evidence)

	// The gate holds: the answer of a stranger is not shown.
	_, err = b.VisitorPosts(t.Context(), visitorHandle, out.Post.ID, "let me in")
	require.NoError(t, err)
	comments, err := b.channel(t).Comments(out.Post, nil).Collect(t.Context(), 0)
	require.NoError(t, err)
	require.Empty(t, comments)
}

func TestAnswersThatAreNotWanted(t *testing.T) {
	b := open(t, nil)
	other, err := b.NewAccount("other.example.com")
	require.NoError(t, err)
	b.connect(t, other)
	p := &smm.Post{Text: "closed"}
	require.NoError(t, bluesky.PostOptions{Replies: bluesky.RepliesNobody, NoQuotes: true}.Set(p))
	c := b.client(t)
	r, err := c.Channel(other.Channel).Publish(t.Context(), p, nil)
	require.NoError(t, err)
	_, err = b.channel(t).Reply(t.Context(), r.Post, &smm.Post{Text: "but"}, nil)
	require.ErrorIs(t, err, smm.ErrRejected)
	_, err = b.channel(t).Publish(t.Context(), &smm.Post{Text: "look", Quote: r.Post}, nil)
	require.ErrorIs(t, err, smm.ErrRejected)
	_, err = b.channel(t).Reply(t.Context(), smm.Ref{Platform: bluesky.Platform, Kind: smm.KindPost, ID: r.Post.ID + "x"}, &smm.Post{Text: "where"}, nil)
	require.Error(t, err)
	require.Equal(t, 1, b.world.Ledger.Counts(bluesky.Platform).Posts)
}

func TestSettlingAMessageIgnoresOlderWords(t *testing.T) {
	b := open(t, nil)
	ch := b.channel(t)
	to := b.visitor
	_, err := ch.Reply(t.Context(), to, &smm.Post{Text: "Hello"}, nil)
	require.NoError(t, err)

	d := b.prepared(t, b.client(t), &smm.Post{Text: "Hello", ReplyTo: to})
	r := d.Request.WithMedia(nil)
	now := b.world.Clock.Now()
	a := smm.Attempt{N: 1, Doubt: true, First: now, Intent: now, Deadline: now.Add(time.Minute)}
	out, err := b.driver(t).Settle(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeAbsent, out.State, "the earlier Hello is not this one")
	_, err = b.VisitorWrites(t.Context(), visitorHandle, b.account.Handle, "Hello")
	require.NoError(t, err)
	out, err = b.driver(t).Settle(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeAbsent, out.State, "nor is what the other side said")

	sent, err := b.driver(t).Commit(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	for i := range 120 { // beyond one page
		_, err = b.VisitorWrites(t.Context(), visitorHandle, b.account.Handle, "chatter "+strings.Repeat("x", i))
		require.NoError(t, err)
	}
	out, err = b.driver(t).Settle(t.Context(), r, d.Prepared, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, out.State)
	require.Equal(t, sent.Post, out.Post)
}

func TestMessageRecipients(t *testing.T) {
	b := open(t, nil)
	for who, want := range map[string]error{"all": nil, "following": smm.ErrForbidden, "none": smm.ErrForbidden} {
		b.AllowMessages(visitorHandle, who)
		_, err := b.channel(t).Reply(t.Context(), b.visitor, &smm.Post{Text: "to " + who}, nil)
		if want == nil {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, want)
	}
	_, err := b.channel(t).Reply(t.Context(), b.visitor, &smm.Post{Text: "with media", Media: []smm.Media{{Name: "red.png"}}}, nil)
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, 1, b.world.Ledger.Counts(bluesky.Platform).Messages)
}

func TestAssetsThatCannotBeTaken(t *testing.T) {
	b := open(t, nil)
	for name, p := range map[string]*smm.Post{
		"captions that are not WebVTT": {Text: "a", Media: []smm.Media{{Name: "clip.mp4", Captions: []smm.Captions{{Language: "en", Name: "captions.srt"}}}}},
		"a card picture that moves":    {Text: "b", Card: &smm.Card{URL: "https://example.com", Thumbnail: &smm.Media{Name: "moving.gif"}}},
		"a card picture too large":     {Text: "c", Card: &smm.Card{URL: "https://example.com", Thumbnail: &smm.Media{Name: "large.png"}}},
		"a card picture not there":     {Text: "d", Card: &smm.Card{URL: "https://example.com", Thumbnail: &smm.Media{Name: "nothing.png"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := b.channel(t).Publish(t.Context(), p, nil)
			require.Error(t, err)
			require.Equal(t, smm.PhaseFailed, r.Deliveries[0].Phase, "%+v", r.Deliveries[0].Failure)
		})
	}
	require.Zero(t, b.world.Faults.RequestsOf(sim.Commit))
}
