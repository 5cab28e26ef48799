package bluesky_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
	"github.com/smmkit/smmkit/internal/contract/wire"
	"github.com/smmkit/smmkit/platforms/bluesky"
	"github.com/smmkit/smmkit/smm"
)

// asAnybody adds no credential: a played back answer asks for none.
type asAnybody struct{}

func (asAnybody) Authorize(context.Context, *http.Request) error { return nil }

// typed reports whether a caller can tell what to do about an error.
func typed(err error) bool {
	if _, ok := errors.AsType[*smm.Error](err); ok {
		return true
	}
	for _, s := range []error{smm.ErrUnavailable, smm.ErrInvalid, smm.ErrNotFound, smm.ErrRejected, smm.ErrUnauthorized} {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

// TestDecodersMeetDeviations gives every method of the vendor client its own
// answers with one mistake in each. It may take it or refuse it by an error that
// says what to do; it may not panic.
func TestDecodersMeetDeviations(t *testing.T) {
	b := open(t)
	f := b.facts(b.publishAll())
	table := calls(f)
	taken, refused := 0, 0
	for _, name := range keys(table) {
		if name == "Server.DeleteSession" {
			continue // its answer is empty, and it ends what the others need
		}
		for _, call := range table[name] {
			before := len(b.recorder.Exchanges())
			require.NoError(t, call(t.Context(), b.vendor), name)
			answers := b.recorder.Exchanges()[before:]
			for i, e := range answers {
				v, ok := jsonBody(e.Got, e.Header.Get("Content-Type"))
				if !ok {
					continue
				}
				for _, m := range deviate.Some(testing.Short(), deviate.Each(v)) {
					err := b.playback(answers, i, encode(t, m.Value), call)
					if err == nil {
						taken++
						continue
					}
					refused++
					require.True(t, typed(err), "%s %s: %v", name, m, err)
				}
			}
		}
	}
	t.Logf("%d answers with a mistake: %d taken, %d refused by a typed error", taken+refused, taken, refused)
	if !testing.Short() {
		require.Greater(t, taken+refused, 2000)
		require.Greater(t, refused, 100)
	}
}

// playback calls a method with the i-th of its answers replaced.
func (b *bench) playback(answers []wire.Exchange, i int, body []byte, call func(context.Context, *bluesky.Client) error) (err error) {
	changed := append([]wire.Exchange(nil), answers...)
	changed[i].Got = body
	c, err := bluesky.NewClient(bluesky.ClientConfig{
		Server: b.URL(), DID: b.account.Channel.ID, Auth: asAnybody{}, Clock: b.world.Clock, VideoService: b.URL(),
		HTTPClient: &http.Client{Transport: &wire.Playback{Answers: changed}},
	})
	require.NoError(b.t, err)
	return call(b.t.Context(), c)
}

// TestCreatesSurviveDeviations spoils the answer to each kind of create in every
// way. The post is public all the same, so the only right ends are its own
// address and an outcome that is not success; and never a second one.
func TestCreatesSurviveDeviations(t *testing.T) {
	for _, c := range []struct {
		name, nsid string
		post       func(text string, b *bench) *smm.Post
	}{
		{"record", "com.atproto.repo.putRecord", func(text string, _ *bench) *smm.Post { return &smm.Post{Text: text} }},
		{"writes", "com.atproto.repo.applyWrites", func(text string, _ *bench) *smm.Post {
			return options(&smm.Post{Text: text}, bluesky.PostOptions{NoQuotes: true})
		}},
		{"message", "chat.bsky.convo.sendMessage", func(text string, b *bench) *smm.Post { return &smm.Post{Text: text, ReplyTo: b.visitor} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t)
			s := &wire.Spoiler{Next: b.recorder.Next, Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, c.nsid) }}
			b.recorder.Next = s
			require.NoError(t, drain(b.channel.Publish(t.Context(), c.post("the first", b), nil)))
			exchanges := b.recorder.Exchanges()
			var answer any
			for _, e := range exchanges {
				if strings.HasSuffix(e.Request.URL.Path, c.nsid) {
					answer, _ = jsonBody(e.Got, "application/json")
				}
			}
			mistakes := deviate.Some(testing.Short(), deviate.Each(answer))
			published := 0
			for i, m := range mistakes {
				b.world.Clock.Advance(time.Minute)
				text := "number " + strconv.Itoa(i)
				if b.createOnce(s, m, c.post(text, b)) {
					published++
				}
				require.Equal(t, 1, b.count(text), "%s", m)
			}
			t.Logf("%d answers with a mistake: %d creates known to be public, %d in doubt", len(mistakes), published, len(mistakes)-published)
			require.NotEmpty(t, mistakes)
		})
	}
}

// createOnce publishes with the mistake in the answer and reports whether the
// driver says that it is public.
func (b *bench) createOnce(s *wire.Spoiler, m deviate.Mistake, p *smm.Post) bool {
	var truth []byte
	s.Spoil = func(body []byte) []byte {
		truth = body
		v, ok := jsonBody(body, "application/json")
		require.True(b.t, ok)
		return encode(b.t, m.Again(v))
	}
	r, err := b.channel.Publish(b.t.Context(), p, nil)
	s.Spoil = nil
	if r.Outcome != smm.OutcomePublished {
		require.Error(b.t, err, "%s", m)
		require.True(b.t, typed(err), "%s: %v", m, err)
		return false
	}
	require.NotEmpty(b.t, r.Post.ID, "%s", m)
	id := r.Post.ID[strings.LastIndexByte(r.Post.ID, '/')+1:]
	require.Contains(b.t, string(truth), id, "%s: the driver says that %s was made", m, r.Post)
	return true
}

// count says how many items with a text the public or a recipient can see.
func (b *bench) count(text string) int {
	n := 0
	for _, item := range b.world.Ledger.Items() {
		if item.Text == text {
			n++
		}
	}
	return n
}
