package x_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// cannedDriver is a driver to which everything is answered alike.
func cannedDriver(t testing.TB, body []byte) (*x.Driver, smm.Ref) {
	t.Helper()
	ch := smm.Ref{Platform: x.Platform, Kind: smm.KindChannel, ID: "7"}
	d, err := x.New(x.Config{
		Credentials: smm.StaticToken(ch, "", userToken), Clock: sim.NewClock(epoch, true),
		HTTPClient: &http.Client{Transport: canned{status: 200, body: body}},
	})
	require.NoError(t, err)
	return d, ch
}

// FuzzSettle feeds whatever may stand in a list to the comparison with what was
// sent: it says that the post is there only with an id, and that it is absent
// only of an answer that is a list.
func FuzzSettle(f *testing.F) {
	seeds(f)
	for _, s := range []string{
		`{"data":[{"id":"50","author_id":"7","text":"Hello","created_at":"2026-11-02T09:00:05Z"}]}`,
		`{"data":[{"id":"50","text":"@a @b Hello https://t.co/a","entities":{"urls":[{"url":"https://t.co/a","expanded_url":"https://x.com/a/status/1/photo/1"}]},"attachments":{"media_keys":["3_9"]}}]}`,
		`{"data":[{"id":"52","text":"Bye","edit_history_tweet_ids":["50","51","52"]}],"meta":{"next_token":"a"}}`,
		`{"meta":{"result_count":0}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		d, ch := cannedDriver(t, body)
		a := smm.Attempt{N: 1, Doubt: true, First: epoch, Intent: epoch, Deadline: epoch}
		for kind, state := range map[smm.CreateKind]string{
			smm.CreatePost:    `{"params":{"text":"Hello https://example.com"},"kind":"post"}`,
			smm.CreateReply:   `{"params":{"text":"Hello","reply":{"in_reply_to_tweet_id":"40"},"media":{"media_ids":["9"]}},"kind":"comment","uploads":[{"id":"9"}]}`,
			smm.CreateMessage: `{"message":{"text":"Hello"},"to":"8","kind":"message"}`,
		} {
			r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: kind, Created: epoch}
			o, err := d.Settle(t.Context(), r, smm.Prepared{State: []byte(state)}, a)
			if err != nil {
				e, ok := errors.AsType[*smm.Error](err)
				require.True(t, ok, "%v", err)
				require.Less(t, len(e.Error()), 700)
				require.Equal(t, smm.OutcomeUnknown, o.State)
				continue
			}
			switch o.State {
			case smm.OutcomePublished:
				require.Regexp(t, `^[0-9]{1,19}$`, o.Post.ID)
			case smm.OutcomeAbsent:
				require.Equal(t, byte('{'), firstByte(body))
			default:
				require.Equal(t, smm.OutcomeUnknown, o.State)
			}
		}
	})
}

func firstByte(b []byte) byte {
	for _, c := range b {
		if c > ' ' && c != 0xEF && c != 0xBB && c != 0xBF {
			return c
		}
	}
	return 0
}

// FuzzDriver feeds the lists of the portable surface: what comes out has Refs that
// can be given back.
func FuzzDriver(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"data":[{"id":"5","event_type":"MessageCreate","dm_conversation_id":"7-8","sender_id":"8","text":"a"}],"includes":{"users":[{"id":"8","username":"a"}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, ch := cannedDriver(t, body)
		ctx, post := t.Context(), ch.WithKind(smm.KindPost, "5")
		check := func(refs ...smm.Ref) {
			for _, r := range refs {
				require.NoError(t, r.Check())
			}
		}
		if p, err := d.GetPost(ctx, ch, post); err == nil {
			check(p.Ref, p.Channel)
		}
		if p, err := d.SearchPosts(ctx, ch, smm.SearchQuery{Text: "a"}, smm.PageRequest{}); err == nil {
			for _, i := range p.Items {
				check(i.Ref)
			}
		}
		for _, list := range []func() (smm.Page[smm.Message], error){
			func() (smm.Page[smm.Message], error) { return d.ListMentions(ctx, ch, smm.PageRequest{}) },
			func() (smm.Page[smm.Message], error) { return d.ListComments(ctx, ch, post, smm.PageRequest{}) },
			func() (smm.Page[smm.Message], error) {
				return d.ListMessages(ctx, ch, ch.WithKind(smm.KindConversation, "7-8"), smm.PageRequest{})
			},
		} {
			if p, err := list(); err == nil {
				for _, i := range p.Items {
					check(i.Ref)
				}
			}
		}
		if p, err := d.ListConversations(ctx, ch, smm.PageRequest{}); err == nil {
			for _, i := range p.Items {
				check(i.Ref, i.Last.Ref)
			}
		}
		if m, err := d.ReadMetrics(ctx, ch, smm.MetricRequest{Subjects: []smm.Ref{post, ch}}); err == nil {
			for _, v := range m {
				require.True(t, v.State.Known() || v.Value == 0)
			}
		}
		_, _ = d.Capabilities(ctx, ch)
		_, _ = d.ReadProfile(ctx, ch, ch.WithKind(smm.KindAuthor, "8"))
	})
}

// FuzzEvents feeds the body of a delivery: every event has an ID and a channel.
func FuzzEvents(f *testing.F) {
	seeds(f)
	f.Add([]byte(`{"data":[{"event_type":"post.create","filter":{"user_id":"7"},"payload":{"id":"1"}},{"event_type":"like.create","filter":{"user_id":"7"},"payload":{"id":"1"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, _ := cannedDriver(t, nil)
		for e, err := range d.DecodeWebhook(nil, body) {
			if err != nil {
				require.ErrorIs(t, err, smm.ErrInvalid)
				continue
			}
			require.NotEmpty(t, e.ID)
			require.NoError(t, e.Channel.Check())
			require.NotEmpty(t, e.Kind)
		}
	})
}
