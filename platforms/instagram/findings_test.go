package instagram_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestFindingsOfAnswers(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	post := b.publish(t, picture("a post")).Post
	convo, err := b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
	require.NoError(t, err)
	image := []smm.Media{{Name: "red.jpg"}}
	for name, c := range map[string]struct {
		post *smm.Post
		code string
	}{
		"comment with a picture": {&smm.Post{Text: "x", Media: image, ReplyTo: post}, "reply.media"},
		"long comment":           {&smm.Post{Text: strings.Repeat("x", 301), ReplyTo: post}, "text.long-comment"},
		"too long a comment":     {&smm.Post{Text: strings.Repeat("x", 2201), ReplyTo: post}, "text.too-long"},
		"two in one message":     {&smm.Post{Text: "x", Media: image, ReplyTo: convo}, "message.parts"},
		"bytes of a message":     {&smm.Post{Text: strings.Repeat("é", 501), ReplyTo: convo}, "text.too-many-bytes"},
		"a poll":                 {&smm.Post{Text: "x", Poll: &smm.Poll{Options: []string{"a", "b"}, Duration: time.Hour}}, "capability.never"},
		"words alone":            {&smm.Post{Text: "x"}, "media.required"},
	} {
		found, err := b.channel(t).Validate(ctx, c.post)
		require.NoError(t, err)
		require.Contains(t, codes(found), c.code, name)
	}
	// What was not checked is refused before anything is sent.
	commits := b.world.Faults.RequestsOf(sim.Commit)
	for _, p := range []*smm.Post{
		{Text: "x", Media: image, ReplyTo: post}, {Text: "x", Media: image, ReplyTo: convo}, {Text: "x"},
		{Text: "x", Media: []smm.Media{{Name: "gone.jpg"}}},
	} {
		d := b.run(t, p, &smm.PublishOptions{SkipValidation: true})
		require.Equal(t, smm.PhaseFailed, d.Phase)
		require.Equal(t, "invalid", d.Failure.Kind)
	}
	require.Equal(t, commits, b.world.Faults.RequestsOf(sim.Commit))
}

func TestWithoutAMediaHost(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		b.config.MediaHost = nil
		film := &smm.Post{Text: "a film", Media: []smm.Media{{Name: "clip.mp4"}}}
		d := b.run(t, film, &smm.PublishOptions{SkipValidation: true})
		want := smm.PhaseFailed
		if o.Login == instagramtest.Facebook {
			want = smm.PhasePublished // it takes the bytes
		}
		require.Equal(t, want, d.Phase)
		film.Media[0].Thumbnail = "blue.jpg"
		found, err := b.channel(t).Validate(t.Context(), film)
		require.NoError(t, err)
		require.Contains(t, codes(found), "media.host")
		found, err = b.channel(t).Validate(t.Context(), picture("a picture"))
		require.NoError(t, err)
		require.Contains(t, codes(found), "capability.server")
	})
}

func TestPrivateAnswersToComments(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx := t.Context()
		post := b.publish(t, picture("a post")).Post
		for i, kind := range []sim.FaultKind{"", sim.DropReply, sim.CutBefore} {
			comment, err := b.VisitorPosts(ctx, "buyer"+string(kind), post.ID, "how much?")
			require.NoError(t, err)
			p := &smm.Post{Text: "ten", ReplyTo: comment}
			require.NoError(t, instagram.PostOptions{Private: true}.Set(p))
			if kind != "" {
				b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind})
			}
			d := b.run(t, p, nil)
			require.Equal(t, smm.PhasePublished, d.Phase, "%+v", d.Log)
			require.Equal(t, smm.KindMessage, d.Outcome.Post.Kind)
			require.Equal(t, i+1, b.world.Ledger.Counts("").Messages)
			again := b.run(t, p, nil)
			require.Equal(t, smm.PhaseFailed, again.Phase, "one ever")
		}
		p := &smm.Post{Text: "ten", ReplyTo: post}
		require.NoError(t, instagram.PostOptions{Private: true}.Set(p))
		require.Equal(t, "invalid", b.run(t, p, nil).Failure.Kind)
		p.Text = strings.Repeat("é", 501)
		found, err := b.channel(t).Validate(ctx, p)
		require.NoError(t, err)
		require.Contains(t, codes(found), "text.too-many-bytes")
	})
}

func TestQuotaLimit(t *testing.T) {
	for bucket, window := range map[string]time.Duration{"app": time.Hour, "instagram": 24 * time.Hour} {
		l, ok := instagram.QuotaLimit(smm.QuotaKey{Platform: instagram.Platform, Bucket: bucket})
		require.True(t, ok, bucket)
		require.Equal(t, window, l.Window)
	}
	_, ok := instagram.QuotaLimit(smm.QuotaKey{Platform: "mastodon", Bucket: "app"})
	require.False(t, ok)
}

func TestCountsSurviveJSON(t *testing.T) {
	for text, want := range map[string]instagram.Count{
		"7": {Value: 7, Known: true}, `"7"`: {Value: 7, Known: true}, "0": {Known: true}, "null": {}, "-1": {}, "1.5": {}, `"x"`: {}, "{}": {},
	} {
		var c instagram.Count
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		require.Equal(t, want, c, text)
		b, err := json.Marshal(c)
		require.NoError(t, err)
		var again instagram.Count
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, want, again)
	}
}
