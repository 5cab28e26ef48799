package bluesky_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/bluesky"
)

// reads says which definitions each of the client's types reads.
var reads = []struct {
	wire reflect.Type
	defs []string
}{
	{reflect.TypeFor[bluesky.StrongRef](), []string{"com.atproto.repo.strongRef"}},
	{reflect.TypeFor[bluesky.ProfileView](), []string{"app.bsky.actor.defs#profileViewDetailed"}},
	{reflect.TypeFor[bluesky.Verification](), []string{"app.bsky.actor.defs#verificationState"}},
	{reflect.TypeFor[bluesky.ActorState](), []string{"app.bsky.actor.defs#viewerState"}},
	{reflect.TypeFor[bluesky.Label](), []string{"com.atproto.label.defs#label"}},
	{reflect.TypeFor[bluesky.PostView](), []string{"app.bsky.feed.defs#postView"}},
	{reflect.TypeFor[bluesky.PostState](), []string{"app.bsky.feed.defs#viewerState"}},
	{reflect.TypeFor[bluesky.GateView](), []string{"app.bsky.feed.defs#threadgateView"}},
	{reflect.TypeFor[bluesky.FeedItem](), []string{"app.bsky.feed.defs#feedViewPost"}},
	{reflect.TypeFor[bluesky.ThreadNode](), []string{"app.bsky.feed.defs#threadViewPost", "app.bsky.feed.defs#notFoundPost"}},
	{reflect.TypeFor[bluesky.Notification](), []string{"app.bsky.notification.listNotifications#notification"}},
	{reflect.TypeFor[bluesky.Convo](), []string{"chat.bsky.convo.defs#convoView"}},
	{reflect.TypeFor[bluesky.ChatMessage](), []string{"chat.bsky.convo.defs#messageView"}},
	{reflect.TypeFor[bluesky.VideoJob](), []string{"app.bsky.video.defs#jobStatus"}},
	{reflect.TypeFor[bluesky.Post](), []string{"app.bsky.feed.post"}},
	{reflect.TypeFor[bluesky.Facet](), []string{"app.bsky.richtext.facet"}},
	{reflect.TypeFor[bluesky.ByteSlice](), []string{"app.bsky.richtext.facet#byteSlice"}},
	{reflect.TypeFor[bluesky.Record](), []string{"com.atproto.repo.listRecords#record"}},
}

// TestClientReadsWhatIsInTheLexicon compares the fields that the client's types
// read with the lexicons: a misspelt one would always be empty.
func TestClientReadsWhatIsInTheLexicon(t *testing.T) {
	c := official(t)
	n := 0
	for _, r := range reads {
		for field := range r.wire.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "-" || name == "$type" {
				continue
			}
			n++
			known := slices.ContainsFunc(r.defs, func(id string) bool { return c.Properties(id)[name] != nil })
			require.True(t, known, "%v reads %q, which %v does not have", r.wire, name, r.defs)
		}
	}
	t.Logf("%d fields of %d types", n, len(reads))
}
