package mastodon_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/mastodon"
	"github.com/smmkit/smmkit/platforms/mastodon/mastodontest"
	"github.com/smmkit/smmkit/smm"
)

// listen streams into a channel until the test ends, and waits until the server
// has the stream.
func (b *bench) listen(t testing.TB) (<-chan smm.Event, <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	events, errs := make(chan smm.Event, 100), make(chan error, 1)
	d := b.driver(t)
	go func() {
		for e, err := range d.StreamEvents(ctx, b.account.Channel) {
			if err != nil {
				errs <- err
				return
			}
			events <- e
		}
	}()
	require.Eventually(t, func() bool { return b.Streams() == 1 }, 5*time.Second, time.Millisecond)
	return events, errs
}

func take(t testing.TB, events <-chan smm.Event) smm.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(5 * time.Second):
		t.Fatal("no event came")
		return smm.Event{}
	}
}

func TestStream(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	post := b.publish(t, &smm.Post{Text: "before"}).Post
	events, errs := b.listen(t)

	comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "hello")
	require.NoError(t, err)
	e := take(t, events)
	require.Equal(t, smm.EventMessageReceived, e.Kind)
	require.Equal(t, comment, e.Message.Ref)
	require.Equal(t, b.visitor, e.Actor.Ref)
	require.NotEmpty(t, e.Native)

	b.Heartbeat()
	message, err := b.VisitorWrites(ctx, visitorHandle, "shop", "psst")
	require.NoError(t, err)
	first, second, update := take(t, events), take(t, events), take(t, events)
	require.Equal(t, smm.EventMessageReceived, first.Kind)
	require.Equal(t, message, first.Message.Ref)
	require.Equal(t, first.ID, second.ID, "one happening, told as notification and as conversation")
	require.Equal(t, smm.EventOther, update.Kind)

	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, post.ID, false))
	e = take(t, events)
	require.Equal(t, smm.EventLiked, e.Kind)
	require.Equal(t, post, e.Subject)
	require.NoError(t, b.VisitorLikes(ctx, visitorHandle, post.ID, true))
	require.Equal(t, smm.EventReposted, take(t, events).Kind)
	require.NoError(t, b.VisitorFollows(ctx, visitorHandle, "shop"))
	require.Equal(t, smm.EventFollowed, take(t, events).Kind)

	own := b.publish(t, &smm.Post{Text: "during"}).Post
	e = take(t, events)
	require.Equal(t, smm.EventPostPublished, e.Kind)
	require.Equal(t, own, e.Subject)
	require.NoError(t, b.channel(t).Delete(ctx, own))
	e = take(t, events)
	require.Equal(t, smm.EventPostDeleted, e.Kind)
	require.Equal(t, own, e.Subject)

	b.SendRaw("event: from_tomorrow\ndata: {\"x\":1}\n\nevent: filters_changed\n\nid: 7\nretry: 3\nnonsense\n\n: comment\r\nevent: delete\r\ndata: 9\r\n\r\n")
	tomorrow := take(t, events)
	require.Equal(t, smm.EventOther, tomorrow.Kind)
	require.JSONEq(t, `{"x":1}`, string(tomorrow.Native))
	require.NotEmpty(t, tomorrow.ID)
	require.Equal(t, smm.EventOther, take(t, events).Kind)
	require.Equal(t, "9", take(t, events).Subject.ID)

	b.CutStreams()
	select {
	case err := <-errs:
		require.ErrorIs(t, err, smm.ErrUnavailable)
	case <-time.After(5 * time.Second):
		t.Fatal("the end of the stream was not told")
	}
}

func TestStreamRefusals(t *testing.T) {
	b := open(t, &mastodontest.Options{Quotas: mastodontest.NoQuotas(), Scopes: []string{"write"}})
	for _, err := range b.driver(t).StreamEvents(t.Context(), b.account.Channel) {
		require.ErrorIs(t, err, smm.ErrUnauthorized)
	}

	stream := "GET /api/v1/streaming/user"
	for name, tc := range map[string]struct {
		h    http.HandlerFunc
		want error
	}{
		"page":      {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }, smm.ErrUnavailable},
		"not there": {says(404, `{"error":"x"}`), smm.ErrNotFound},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, smm.ErrUnavailable},
		"endless line": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("data: " + strings.Repeat("x", 2<<20)))
		}, smm.ErrUnavailable},
		"endless event": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n", 2000)))
		}, smm.ErrUnavailable},
		"endless comment": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(":" + strings.Repeat("x", 2<<20)))
		}, smm.ErrUnavailable},
		"cut event": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("event: update\ndata: {")) }, smm.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			_, c, _, _ := stub(t, scripted{stream: tc.h})
			n := 0
			for _, err := range c.Streaming.Stream(t.Context(), c.Server(), "user", nil) {
				n++
				require.ErrorIs(t, err, tc.want)
				if strings.HasPrefix(name, "endless") {
					require.ErrorContains(t, err, "larger than 1 MiB")
				}
			}
			require.Equal(t, 1, n)
		})
	}
}

// TestStreamStaysEncrypted: a server reached over https cannot ask for the
// token over http.
func TestStreamStaysEncrypted(t *testing.T) {
	c, err := mastodon.NewClient(mastodon.ClientConfig{Server: "https://m.example", Token: smm.NewSecret("t")})
	require.NoError(t, err)
	for _, err := range c.Streaming.Stream(t.Context(), "http://m.example", "user", nil) {
		require.ErrorIs(t, err, smm.ErrForbidden)
	}
	for _, err := range c.Streaming.Stream(t.Context(), "wss://m.example", "user", nil) {
		require.ErrorIs(t, err, smm.ErrInvalid)
	}
}

func TestStreamEndsWithItsContext(t *testing.T) {
	b := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	d := b.driver(t)
	done := make(chan error, 1)
	go func() {
		for _, err := range d.StreamEvents(ctx, b.account.Channel) {
			done <- err
		}
	}()
	require.Eventually(t, func() bool { return b.Streams() == 1 }, 5*time.Second, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}
