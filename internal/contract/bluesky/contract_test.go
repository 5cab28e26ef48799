package bluesky_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/evidence"
)

// drive makes every exchange there is.
func drive(t testing.TB) *bench {
	t.Helper()
	b := open(t)
	posts := b.publishAll()
	b.portable(posts)
	b.stream()
	f := b.facts(posts)
	b.byHand(posts)
	b.vendorCalls(f)
	b.renew()
	b.refusals(posts)
	return b
}

// TestBothSides is the contract: every request of the client and every answer of
// the simulator is valid by the vendor's lexicons, in their strict reading.
func TestBothSides(t *testing.T) {
	b := drive(t)
	slices.Sort(b.judge.wrong)
	require.Empty(t, b.judge.wrong)
	require.ElementsMatch(t, keys(b.judge.excuses), keys(b.judge.excepted), "exceptions that nothing needs any more")

	var undriven []string
	for _, nsid := range served(t) {
		if b.judge.methods[nsid] == 0 {
			undriven = append(undriven, nsid)
		}
	}
	require.Empty(t, undriven, "the simulator serves these, and no exchange succeeded")
	t.Logf("%d exchanges, %d methods, errors %s", len(b.recorder.Exchanges()), len(b.judge.methods), strings.Join(keys(b.judge.errors), " "))
}

// TestReasonsAndViews shows that the run met what is rare on the wire.
func TestReasonsAndViews(t *testing.T) {
	b := drive(t)
	var all strings.Builder
	for _, e := range b.recorder.Exchanges() {
		all.Write(e.Sent)
		all.Write(e.Got)
	}
	for _, want := range []string{
		`"reason":"like"`, `"reason":"repost"`, `"reason":"follow"`, `"reason":"mention"`, `"reason":"reply"`, `"reason":"quote"`,
		"app.bsky.embed.images#view", "app.bsky.embed.video#view", "app.bsky.embed.external#view", "app.bsky.embed.record#viewRecord",
		"app.bsky.embed.recordWithMedia#view", "app.bsky.feed.defs#reasonRepost", "chat.bsky.convo.defs#deletedMessageView",
		"app.bsky.feed.threadgate#listRule", "app.bsky.feed.postgate#disableRule", "com.atproto.label.defs#selfLabels",
	} {
		require.True(t, strings.Contains(all.String(), want), "no exchange has %s", want) // Contains would print them all
	}
}

// TestEvidence holds what the run saw succeed against the committed claim, and
// the operations that the scan of the source finds against those that the
// client asked for.
func TestEvidence(t *testing.T) {
	b := drive(t)
	require.Empty(t, b.judge.wrong)
	found, err := evidence.Operations("../../../platforms/bluesky")
	require.NoError(t, err)
	require.ElementsMatch(t, found, keys(b.ops.Seen()), "the scan of the source and the wire must agree")

	evidence.Check(t, "bluesky", "contract", evidence.File{
		Level: evidence.Contract, Against: "bluesky-social/atproto lexicons", Version: "d6296a1cfdb4 of 2026-08-20",
	}, b.ops.Succeeded())
}

// field returns a string field of a JSON object.
func field(t testing.TB, body []byte, name string) string {
	t.Helper()
	var o map[string]any
	require.NoError(t, json.Unmarshal(body, &o))
	s, _ := o[name].(string)
	require.NotEmpty(t, s)
	return s
}

// cid returns the version of a post.
func (b *bench) cid(uri string) string {
	posts, err := b.vendor.Feed.GetPosts(b.t.Context(), []string{uri})
	require.NoError(b.t, err)
	require.Len(b.t, posts, 1)
	return posts[0].CID
}
