package facebook_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/platforms/facebook/facebooktest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// files is a media host whose addresses end in the names of assets.
type files struct{ clock smm.Clock }

const filesAt = "https://files.example/"

func (h files) MediaURL(_ context.Context, _ smm.Tenant, m smm.Media, ttl time.Duration) (string, time.Time, error) {
	return filesAt + m.Name, h.clock.Now().Add(ttl), nil
}

// fetch is the vendor's crawler.
func fetch(address string) ([]byte, error) {
	f, ok := assets[strings.TrimPrefix(address, filesAt)]
	if !ok || !strings.HasPrefix(address, filesAt) {
		return nil, errors.New("not there")
	}
	return f.Data, nil
}

// hosted is a bench whose driver has a media host, with a conversation.
func hosted(t testing.TB) (*bench, smm.Ref) {
	t.Helper()
	opts := noQuotas()
	opts.Fetch = fetch
	b := open(t, opts)
	b.config.MediaHost = files{b.world.Clock}
	talk, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "can you show me?")
	require.NoError(t, err)
	return b, talk
}

func fingerprint(name string) string {
	sum := sha256.Sum256(assets[name].Data)
	return hex.EncodeToString(sum[:])
}

// TestMessageFiles: a file of a message is with the vendor before it is sent, and a
// lost reply becomes no second message.
func TestMessageFiles(t *testing.T) {
	for _, kind := range []sim.FaultKind{"", sim.DropReply, sim.CutBefore, sim.Garbage, sim.ErrorAfter} {
		for name, class := range map[string]smm.MediaClass{"red.png": smm.MediaImage, "clip.mp4": smm.MediaVideo} {
			b, talk := hosted(t)
			b.publish(t, &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: name}}}) // an earlier one is another
			b.world.Clock.Advance(time.Second)
			if kind != "" {
				b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind, Status: 500})
				b.world.Faults.Add(sim.Fault{Op: "POST page/message_attachments", Kind: kind, Status: 500})
			}
			d := b.until(t, b.plan(t, &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: name}}}), nil)
			require.Equal(t, smm.PhasePublished, d.Phase, "%s %v", kind, d.Log)
			require.Equal(t, smm.KindMessage, d.Outcome.Post.Kind)
			require.Equal(t, smm.ClassReadBack, d.Prepared.Guarantee.Class)
			items := b.items()
			require.Len(t, items, 2, kind)
			require.True(t, strings.HasSuffix(items[1].ID, "/"+d.Outcome.Post.ID))
			require.Equal(t, []string{fingerprint(name)}, items[1].Media)
			seen, err := b.channel(t).Messages(talk, nil).Collect(t.Context(), 0)
			require.NoError(t, err)
			require.Equal(t, d.Outcome.Post, seen[0].Ref)
			require.Len(t, seen[0].Attachments, 1)
			require.Equal(t, class, seen[0].Attachments[0].Class)
		}
	}
}

// TestMessageFilesTellApart: what the Page sent beside it is not taken for it.
func TestMessageFilesTellApart(t *testing.T) {
	b, talk := hosted(t)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBefore})
	d := b.until(t, b.plan(t, &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: "red.png"}}}), settling)
	b.publish(t, &smm.Post{ReplyTo: talk, Text: "just a word"})
	b.publish(t, &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: "clip.mp4"}}})
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase)
	require.Len(t, b.items(), 3)
	require.Equal(t, []string{fingerprint("red.png")}, b.items()[2].Media)
}

// TestMessageFilesThatCannot: each is said before anybody is written to.
func TestMessageFilesThatCannot(t *testing.T) {
	find := func(b *bench, p *smm.Post) []string {
		found, err := b.driver(t).ValidatePost(t.Context(), b.account.Channel, p, smm.Capabilities{})
		require.NoError(t, err)
		var out []string
		for _, f := range found {
			out = append(out, f.Code)
		}
		return out
	}
	prepare := func(b *bench, p *smm.Post) error {
		_, err := b.driver(t).Prepare(t.Context(), &smm.PublishRequest{ID: "d", Channel: b.account.Channel, Kind: smm.CreateMessage, Post: *p}, smm.Prepared{})
		return err
	}
	b, talk := hosted(t)
	one := &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: "red.png"}}}
	require.Empty(t, find(b, one))
	for _, p := range []*smm.Post{
		{ReplyTo: talk, Text: "see", Media: one.Media}, {ReplyTo: talk, Card: &smm.Card{URL: "https://example.com"}, Media: one.Media},
		{ReplyTo: talk, Media: []smm.Media{{Name: "red.png"}, {Name: "blue.jpg"}}},
	} {
		require.Contains(t, find(b, p), "message.parts")
		require.ErrorIs(t, prepare(b, p), smm.ErrInvalid)
	}
	b.config.MediaHost = nil
	require.Equal(t, []string{"media.host"}, find(b, one))
	require.ErrorIs(t, prepare(b, one), smm.ErrInvalid)

	large := fstest.MapFS{"large.mp4": {Data: append(append([]byte(nil), assets["clip.mp4"].Data...), make([]byte, facebook.MaxFile)...)}, "lost.png": assets["red.png"]}
	b.config.MediaHost = files{b.world.Clock}
	c, err := smm.New([]smm.Driver{b.driver(t)}, smm.WithClock(b.world.Clock), smm.WithMediaStore(smm.FSMedia(large)))
	require.NoError(t, err)
	for name, why := range map[string]error{"large.mp4": smm.ErrInvalid, "lost.png": smm.ErrRejected} {
		_, err = c.Channel(b.account.Channel).Publish(t.Context(), &smm.Post{ReplyTo: talk, Media: []smm.Media{{Name: name}}}, &smm.PublishOptions{Wait: time.Hour})
		require.ErrorIs(t, err, why, name)
	}
	require.Equal(t, 1, b.world.Faults.Requests(sim.Op{Platform: facebook.Platform, Name: "POST page/message_attachments", Class: sim.Prepare}))
	require.Empty(t, b.items())
}

func (b *bench) comment(t testing.TB) smm.Ref {
	t.Helper()
	post := b.publish(t, &smm.Post{Text: "on sale " + b.world.Clock.Now().String()})
	c, err := b.VisitorPosts(t.Context(), visitorHandle, post.Post.ID, "how much?")
	require.NoError(t, err)
	return c
}

func private(t testing.TB, to smm.Ref, text string) *smm.Post {
	t.Helper()
	return options(t, &smm.Post{Text: text, ReplyTo: to}, facebook.PostOptions{Private: true})
}

// TestPrivateReplies: a comment is answered by a message, which is there once
// whatever becomes of the reply.
func TestPrivateReplies(t *testing.T) {
	for _, kind := range []sim.FaultKind{"", sim.DropReply, sim.CutBefore, sim.Garbage, sim.ErrorAfter} {
		b := open(t, nil)
		b.publish(t, private(t, b.comment(t), "ten euros")) // the same words, on another comment of theirs
		b.world.Clock.Advance(time.Second)
		to := b.comment(t)
		if kind != "" {
			b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind, Status: 500})
		}
		d := b.until(t, b.plan(t, private(t, to, "ten euros")), nil)
		require.Equal(t, smm.PhasePublished, d.Phase, "%s %v", kind, d.Log)
		require.Equal(t, smm.KindMessage, d.Outcome.Post.Kind)
		var sent []sim.Item
		for _, i := range b.items() {
			if i.Private {
				sent = append(sent, i)
			}
		}
		require.Len(t, sent, 2, kind)
		require.True(t, strings.HasSuffix(sent[1].ID, "/"+d.Outcome.Post.ID), "the second and not the first")
		comments, err := b.channel(t).Comments(d.Request.Post.ReplyTo, nil).Collect(t.Context(), 0)
		require.NoError(t, err)
		require.Empty(t, comments, "nothing is under the comment")
	}
}

// TestPrivateRepliesAreOneEver: and within seven days, to comments alone.
func TestPrivateRepliesAreOneEver(t *testing.T) {
	b := open(t, nil)
	to := b.comment(t)
	prepare := func(p *smm.Post, restored time.Time) error {
		_, err := b.driver(t).Prepare(t.Context(), &smm.PublishRequest{ID: "d", Channel: b.account.Channel, Kind: smm.CreateReply, Post: *p, Restored: restored}, smm.Prepared{})
		return err
	}
	require.NoError(t, prepare(private(t, to, "a"), time.Time{}))
	b.publish(t, private(t, to, "a"))
	require.ErrorIs(t, prepare(private(t, to, "b"), time.Time{}), smm.ErrForbidden)
	require.NoError(t, prepare(private(t, to, "a"), epoch), "after a restored backup it may be the answer itself")
	other := b.comment(t)
	b.world.Clock.Advance(7*24*time.Hour + time.Second)
	require.ErrorIs(t, prepare(private(t, other, "a"), time.Time{}), smm.ErrForbidden)

	post := to.WithKind(smm.KindPost, "1_2")
	withMedia := private(t, to, "a")
	withMedia.Media = []smm.Media{{Name: "red.png"}}
	message := private(t, b.visitor, "a")
	for code, p := range map[string]*smm.Post{
		"options.invalid": private(t, post, "a"), "reply.media": withMedia, "text.too-long": private(t, to, strings.Repeat("x", facebook.MaxMessage+1)),
	} {
		found, err := b.driver(t).ValidatePost(t.Context(), b.account.Channel, p, smm.Capabilities{})
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.Equal(t, code, found[0].Code)
		require.ErrorIs(t, prepare(p, time.Time{}), smm.ErrInvalid, code)
	}
	found, err := b.driver(t).ValidatePost(t.Context(), b.account.Channel, message, smm.Capabilities{})
	require.NoError(t, err)
	require.Equal(t, "options.invalid", found[0].Code)
}

// TestPrivateReplyOfSomebodyElse: a comment that was answered meanwhile, by words
// that are not ours, leaves open what became of the lost attempt.
func TestPrivateReplyOfSomebodyElse(t *testing.T) {
	b := open(t, &facebooktest.Options{AppCalls: -1, PageCalls: -1, Scopes: nil})
	to := b.comment(t)
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.CutBody})
	d := b.until(t, b.plan(t, private(t, to, "ten euros")), settling)
	_, _, err := b.vendor(t).Messages.Send(t.Context(), facebook.SendParams{To: facebook.Recipient{CommentID: facebook.ID(to.ID)}, Text: "by a colleague"})
	require.NoError(t, err)
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhaseHuman, d.Phase, "%v", d.Log)
	reply, err := b.vendor(t).Comments.PrivateReply(t.Context(), facebook.ID(to.ID))
	require.NoError(t, err)
	require.False(t, reply.Can)
	require.NotEmpty(t, reply.Conversation.ID)
}
