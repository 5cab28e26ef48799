package threads_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
)

// settleCase is one thing that stands beside the post that is sought.
type settleCase struct {
	name   string
	before func(*bench) // published long before
	beside func(*bench) // published after the container was made
	post   func(*bench) smm.Post
	found  bool
}

func settleCases(t *testing.T) []settleCase {
	t.Helper()
	quote := func(b *bench) smm.Ref {
		ref, _ := b.VisitorPosts(t.Context(), visitorHandle, "", "quoted")
		return ref
	}
	return []settleCase{
		{"alone", nil, nil, nil, true},
		{"the same text yesterday", say("Hello"), nil, nil, true},
		{"another text", nil, say("Hullo"), nil, true},
		{"the same text at once", nil, say("Hello"), nil, false},
		{"the same text with an image", nil, func(b *bench) {
			b.publish(t, &smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png"}}})
		}, nil, true},
		{"the same text as an answer", nil, func(b *bench) { b.publish(t, &smm.Post{Text: "Hello", ReplyTo: quote(b)}) }, nil, true},
		{"a repost", nil, func(b *bench) {
			if err := b.channel(t).SetReposted(t.Context(), quote(b), true); err != nil {
				t.Error(err)
			}
		}, nil, true},
		{"an answer", nil, say("Hello"), func(b *bench) smm.Post { return smm.Post{Text: "Hello", ReplyTo: quote(b)} }, true},
		{"answers to others", nil, func(b *bench) { b.publish(t, &smm.Post{Text: "Hello", ReplyTo: quote(b)}) }, func(b *bench) smm.Post {
			return smm.Post{Text: "Hello", ReplyTo: quote(b)}
		}, true},
		{"a quote", nil, func(b *bench) { b.publish(t, &smm.Post{Text: "Hello", Quote: quote(b)}) }, func(b *bench) smm.Post {
			return smm.Post{Text: "Hello", Quote: quote(b)}
		}, true},
		{"one image less", nil, func(b *bench) {
			b.publish(t, &smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png"}, {Name: "red.png"}}})
		}, func(*bench) smm.Post {
			return smm.Post{Text: "Hello", Media: []smm.Media{{Name: "red.png"}, {Name: "red.png"}, {Name: "red.png"}}}
		}, true},
	}
}

// TestSettleFindsTheRightPost: which post a container became is told by content
// and time; where that is not clear the item has no Ref, rather than another's.
func TestSettleFindsTheRightPost(t *testing.T) {
	for _, tc := range settleCases(t) {
		t.Run(tc.name, func(t *testing.T) {
			b := open(t, nil)
			if tc.before != nil {
				tc.before(b)
				b.world.Clock.Advance(24 * time.Hour)
			}
			post := smm.Post{Text: "Hello"}
			if tc.post != nil {
				post = tc.post(b)
			}
			d, r := b.driver(t), b.request(post)
			p := b.prepare(t, d, r)
			if tc.beside != nil {
				tc.beside(b)
			}
			want, err := d.Commit(t.Context(), r, p, b.attempt())
			require.NoError(t, err)
			o, err := d.Settle(t.Context(), r, p, b.attempt())
			require.NoError(t, err)
			require.Equal(t, smm.OutcomePublished, o.State)
			require.Equal(t, smm.EvidenceHandle, o.Evidence)
			if tc.found {
				require.Equal(t, want.Post, o.Post)
			} else {
				require.True(t, o.Post.IsZero(), o.Post)
			}
		})
	}
}

func say(text string) func(*bench) {
	return func(b *bench) {
		d, err := threads.New(threads.Config{Credentials: b.store, Clock: b.world.Clock, BaseURL: b.URL()})
		if err != nil {
			panic(err)
		}
		c, err := smm.New([]smm.Driver{d}, smm.WithClock(b.world.Clock))
		if err != nil {
			panic(err)
		}
		if _, err := c.Channel(b.account.Channel).Publish(noTest(), &smm.Post{Text: text}, &smm.PublishOptions{Wait: time.Hour}); err != nil {
			panic(err)
		}
	}
}

// TestListsLag: a post that the list does not show yet is pending, and in the end
// published without a Ref: people may have deleted it.
func TestListsLag(t *testing.T) {
	b := open(t, &threadstest.Options{ListLag: 25 * time.Second})
	b.LieOnPublish(500, 1, 0)
	r := b.publish(t, &smm.Post{Text: "Hello"})
	require.Equal(t, smm.OutcomePublished, r.Outcome)
	require.Equal(t, b.world.Ledger.Items()[0].ID, r.Post.ID)

	d, rq := b.driver(t), b.request(smm.Post{Text: "Hello again"})
	p := b.prepare(t, d, rq)
	a := b.attempt()
	o, err := d.Commit(t.Context(), rq, p, a)
	require.NoError(t, err)
	b.RemoveByHand(o.Post.ID)
	o, err = d.Settle(t.Context(), rq, p, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePending, o.State)
	b.world.Clock.Advance(10 * time.Minute)
	o, err = d.Settle(t.Context(), rq, p, a)
	require.NoError(t, err)
	require.Equal(t, smm.OutcomePublished, o.State)
	require.True(t, o.Post.IsZero())
}

// TestRestoredFromABackup: the container of the lost time is not known, so only
// the post itself can settle, and its absence proves nothing.
func TestRestoredFromABackup(t *testing.T) {
	for _, lost := range []bool{true, false} {
		b := open(t, nil)
		d, r := b.driver(t), b.request(smm.Post{Text: "Hello"})
		r.Restored = epoch
		if lost {
			_, err := d.Commit(t.Context(), r, b.prepare(t, d, r), b.attempt())
			require.NoError(t, err)
		}
		p := b.prepare(t, d, r)
		a := b.attempt()
		a.Doubt, a.Lost, a.First = true, true, epoch
		o, err := d.Settle(t.Context(), r, p, a)
		require.NoError(t, err)
		if !lost {
			require.Equal(t, smm.OutcomeUnknown, o.State)
			continue
		}
		require.Equal(t, smm.OutcomePublished, o.State)
		require.Equal(t, b.world.Ledger.Items()[0].ID, o.Post.ID)
		require.Equal(t, smm.EvidenceReadBack, o.Evidence)
	}
}
