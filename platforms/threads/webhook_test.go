package threads_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/threads"
	"github.com/smmkit/smmkit/platforms/threads/threadstest"
	"github.com/smmkit/smmkit/smm"
)

// intake does what a host's callback does: it verifies, decodes and keeps.
type intake struct {
	t      testing.TB
	d      *threads.Driver
	now    func() time.Time
	events []smm.Event
	fail   bool
}

func (in *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if in.d.Handshake(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(in.t, err)
	if err := in.d.VerifyWebhook(r.Header, body, in.now()); err != nil || in.fail {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	for e, err := range in.d.DecodeWebhook(r.Header, body) {
		require.NoError(in.t, err)
		in.events = append(in.events, e)
	}
}

func TestWebhooks(t *testing.T) {
	for _, list := range []bool{false, true} {
		b := open(t, &threadstest.Options{ListValues: list})
		in := &intake{t: t, d: b.driver(t), now: b.world.Clock.Now}
		require.Error(t, b.Subscribe(in, "wrong-token"))
		require.NoError(t, b.Subscribe(in, "verify-token"))
		own := b.publish(t, &smm.Post{Text: "Hello"})
		comment := must(b.VisitorPosts(t.Context(), visitorHandle, own.Post.ID, "nice/one"))
		mention := must(b.VisitorPosts(t.Context(), visitorHandle, "", "Dear @shop"))
		require.NoError(t, b.channel(t).Delete(t.Context(), own.Post))

		in.fail = true
		require.Equal(t, http.StatusForbidden, b.Deliver())
		require.Empty(t, in.events)
		in.fail = false
		require.Equal(t, http.StatusOK, b.Deliver())
		require.Equal(t, http.StatusOK, b.Redeliver())
		require.Len(t, in.events, 5)
		require.Equal(t, in.events[3].ID, in.events[4].ID, "a repetition has the same id")

		published, reply, named, deleted := in.events[0], in.events[1], in.events[2], in.events[3]
		require.Equal(t, smm.EventPostPublished, published.Kind)
		require.Equal(t, own.Post, published.Subject)
		require.Equal(t, smm.EventMessageReceived, reply.Kind)
		require.Equal(t, comment, reply.Subject)
		require.Equal(t, comment, reply.Message.Ref)
		require.Equal(t, b.account.Channel, reply.Channel)
		require.Equal(t, own.Post, reply.Message.Root)
		require.Equal(t, own.Post, reply.Message.InReplyTo)
		require.EqualValues(t, "nice/one", reply.Message.Text)
		require.Equal(t, b.visitor, reply.Actor.Ref)
		require.False(t, reply.Message.Own)
		require.Equal(t, mention, named.Subject)
		require.Equal(t, smm.EventPostDeleted, deleted.Kind)
		require.Equal(t, own.Post.ID, deleted.Subject.ID)
		for _, e := range in.events {
			require.NotEmpty(t, e.ID)
			require.False(t, e.At.IsZero())
			require.True(t, json.Valid(e.Native))
			require.Equal(t, b.account.Channel, e.Channel)
		}
	}
}

// sheet is the update of the vendor's documentation.
const sheet = `{"app_id":"1","topic":"moderate","target_id":"78","time":1767322800,"subscription_id":"2","has_uid_field":false,
"values":{"value":{"id":"890","username":"bob","text":"Reply","media_type":"TEXT_POST","permalink":"https:\/\/www.threads.net\/@bob\/post\/P",
"replied_to":{"id":"5"},"root_post":{"id":"1","owner_id":"1","username":"me"},"shortcode":"P","timestamp":"2026-01-02T03:04:05+0000"},"field":"replies"}}`

func TestWebhookOfTheSheet(t *testing.T) {
	d := open(t, nil).driver(t)
	var got []smm.Event
	for e, err := range d.DecodeWebhook(nil, []byte(sheet)) {
		require.NoError(t, err)
		got = append(got, e)
	}
	require.Len(t, got, 1)
	e := got[0]
	require.Equal(t, "1", e.Channel.ID, "whose post it is, and not what the update names as its target")
	require.Equal(t, smm.KindComment, e.Message.InReplyTo.Kind)
	require.Equal(t, "5", e.Message.InReplyTo.ID)
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), e.At)
	require.Equal(t, "https://www.threads.net/@bob/post/P", e.Message.URL)
}

func TestWebhookSignatures(t *testing.T) {
	b := open(t, nil)
	b.config.Webhooks.AppSecrets = append([]smm.Secret{smm.NewSecret("the-next-secret")}, b.config.Webhooks.AppSecrets...)
	d, body := b.driver(t), []byte(sheet)
	header := func(values ...string) http.Header { return http.Header{"X-Hub-Signature-256": values} }
	good := threads.SignWebhook(smm.NewSecret(b.AppSecret()), body).Get("X-Hub-Signature-256")
	require.NoError(t, d.VerifyWebhook(header(good), body, epoch))
	require.NoError(t, d.VerifyWebhook(threads.SignWebhook(smm.NewSecret("the-next-secret"), body), body, epoch))
	for name, h := range map[string]http.Header{
		"none": {}, "another": threads.SignWebhook(smm.NewSecret("guess"), body), "two": header(good, good), "bare": header(good[len("sha256="):]),
	} {
		require.ErrorIs(t, d.VerifyWebhook(h, body, epoch), smm.ErrForbidden, name)
	}
	require.ErrorIs(t, d.VerifyWebhook(header(good), append(bytes.Clone(body), ' '), epoch), smm.ErrForbidden)
	bare, err := threads.New(threads.Config{Credentials: b.store})
	require.NoError(t, err)
	require.ErrorIs(t, bare.VerifyWebhook(threads.SignWebhook(smm.Secret{}, body), body, epoch), smm.ErrForbidden, "without a secret nothing is believed")
	w := httptest.NewRecorder()
	require.True(t, bare.Handshake(w, httptest.NewRequest(http.MethodGet, "/?hub.mode=subscribe&hub.verify_token=&hub.challenge=1", nil)))
	require.Equal(t, http.StatusForbidden, w.Code)

	b.config.Webhooks = threads.Webhooks{}
	caps, err := b.channel(t).Capabilities(t.Context())
	require.NoError(t, err)
	require.Equal(t, smm.StateServer, caps.Support(smm.CapWebhooks).State)
}

func TestWebhookOddities(t *testing.T) {
	d := open(t, nil).driver(t)
	for body, want := range map[string]int{
		`{}`: -1, `[]`: -1, `null`: -1, `{"values":{"field":"replies"}}`: -1, `{"values":[1,{"field":"x"}],"target_id":"1"}`: -1,
		`{"target_id":"1","values":{"field":"replies","value":{}}}`:                                                1, // no id: told as other
		`{"target_id":"1","values":{"field":"replies","value":{"id":9,"root_post":7}}}`:                            1,
		`{"target_id":"1","values":{"field":"brand_new","value":{"id":"9"}}}`:                                      1,
		`{"values":{"field":"replies","value":{"id":"9","root_post":{"owner_id":"5"}}}}`:                           1,
		`{"values":{"field":"mentions","value":{"id":"9"}}}`:                                                       -1, // whose?
		`{"target_id":"1","values":[{"field":"replies","value":3},{"field":"delete","value":{"deleted_id":"4"}}]}`: 0,
	} {
		events, errs := 0, 0
		for e, err := range d.DecodeWebhook(nil, []byte(body)) {
			if err != nil {
				require.ErrorIs(t, err, smm.ErrInvalid, body)
				errs++
				continue
			}
			require.NotEmpty(t, e.ID)
			events++
		}
		switch want {
		case -1:
			require.NotZero(t, errs, body)
			require.Zero(t, events, body)
		case 0:
			require.Equal(t, [2]int{1, 1}, [2]int{events, errs}, "one bad entry does not end it")
		default:
			require.Equal(t, [2]int{want, 0}, [2]int{events, errs}, body)
		}
	}
}
