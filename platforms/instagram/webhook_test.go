package instagram_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/instagram"
	"github.com/smmkit/smmkit/platforms/instagram/instagramtest"
	"github.com/smmkit/smmkit/smm"
)

// receiver is a host's endpoint.
type receiver struct {
	t      testing.TB
	d      *instagram.Driver
	events []smm.Event
	fail   bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.d.Handshake(w, req) {
		return
	}
	body := make([]byte, req.ContentLength)
	_, _ = req.Body.Read(body)
	if err := r.d.VerifyWebhook(req.Header, body, epoch); err != nil {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	if r.fail {
		http.Error(w, "later", http.StatusInternalServerError)
		return
	}
	for e, err := range r.d.DecodeWebhook(req.Header, body) {
		require.NoError(r.t, err)
		r.events = append(r.events, e)
	}
}

func TestWebhooks(t *testing.T) {
	both(t, func(t *testing.T, o *instagramtest.Options) {
		b := open(t, o)
		ctx := context.Background()
		b.config.Webhooks = instagram.Webhooks{
			VerifyToken: smm.NewSecret("verify-me"), AppSecrets: []smm.Secret{smm.NewSecret("another"), smm.NewSecret(b.AppSecret())},
		}
		r := &receiver{t: t, d: b.driver(t)}
		require.Error(t, b.Subscribe(r, "wrong"))
		require.NoError(t, b.Subscribe(r, "verify-me"))
		caps, err := b.channel(t).Capabilities(ctx)
		require.NoError(t, err)
		require.True(t, caps.Has(smm.CapWebhooks))

		post := b.publish(t, picture("a post")).Post
		comment, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "schön /@shop")
		require.NoError(t, err)
		reply, err := b.VisitorPosts(ctx, visitorHandle, comment.ID, "really")
		require.NoError(t, err)
		convo, err := b.VisitorWrites(ctx, visitorHandle, "shop", "hello")
		require.NoError(t, err)
		sent := b.publish(t, &smm.Post{Text: "good day", ReplyTo: convo}).Post
		require.NoError(t, b.VisitorFollows(ctx, visitorHandle, "shop"))
		r.fail = true
		require.Equal(t, http.StatusInternalServerError, b.Deliver())
		r.fail = false
		require.Equal(t, http.StatusOK, b.Deliver())
		require.Len(t, r.events, 6)
		byKind := map[smm.Ref]smm.Event{}
		for _, e := range r.events {
			require.Equal(t, b.account.Channel, e.Channel)
			require.NotEmpty(t, e.ID)
			require.False(t, e.At.IsZero())
			byKind[e.Subject] = e
		}
		got := r.events[0]
		require.Equal(t, smm.EventMessageReceived, got.Kind)
		require.Equal(t, comment, got.Message.Ref)
		require.Equal(t, post, got.Message.InReplyTo)
		require.Equal(t, smm.Untrusted("schön /@shop"), got.Message.Text)
		require.Equal(t, b.visitor, got.Actor.Ref)
		require.Equal(t, comment, byKind[reply].Message.InReplyTo)
		message := r.events[4] // within an entry changes come first
		require.Equal(t, smm.Untrusted("hello"), message.Message.Text)
		require.Equal(t, convo, message.Message.Conversation, "the same conversation as the list has")
		require.False(t, message.Message.Own)
		require.True(t, byKind[sent].Message.Own, "an echo")
		require.Equal(t, convo, byKind[sent].Message.Conversation)
		require.Equal(t, smm.EventFollowed, byKind[b.account.Channel].Kind)

		n := len(r.events)
		ids := map[string]int{}
		require.Equal(t, http.StatusOK, b.Redeliver())
		require.Greater(t, len(r.events), n)
		for _, e := range r.events {
			ids[e.ID]++
		}
		require.Len(t, ids, 6, "a repetition has the same id")
	})
}

func TestForgedWebhooks(t *testing.T) {
	b := open(t, nil)
	d := b.driver(t)
	body := []byte(`{"object":"instagram","entry":[]}`)
	secret := smm.NewSecret(b.AppSecret())
	require.ErrorIs(t, d.VerifyWebhook(instagram.SignWebhook(secret, body), body, epoch), smm.ErrForbidden, "nothing is configured")
	b.config.Webhooks = instagram.Webhooks{VerifyToken: smm.NewSecret("verify-me"), AppSecrets: []smm.Secret{secret}}
	d = b.driver(t)
	require.NoError(t, d.VerifyWebhook(instagram.SignWebhook(secret, body), body, epoch))
	require.ErrorIs(t, d.VerifyWebhook(instagram.SignWebhook(secret, body), append(body, ' '), epoch), smm.ErrForbidden)
	require.ErrorIs(t, d.VerifyWebhook(instagram.SignWebhook(smm.NewSecret("x"), body), body, epoch), smm.ErrForbidden)
	require.ErrorIs(t, d.VerifyWebhook(http.Header{}, body, epoch), smm.ErrForbidden)
	require.False(t, d.Handshake(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil)))
}

// The items of the sheets that the simulator does not send.
func TestWebhookItems(t *testing.T) {
	d := open(t, nil).driver(t)
	for _, c := range []struct {
		name, entry string
		kind        smm.EventKind
		subject     string
		text        string
	}{
		{"edit", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"message_edit":{"mid":"m1","text":"new","num_edit":1}}]`, smm.EventMessageEdited, "message/m1", "new"},
		{"deleted", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"message":{"mid":"m1","is_deleted":true}}]`, smm.EventMessageDeleted, "message/m1", ""},
		{"reaction", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"reaction":{"mid":"m1","action":"react","reaction":"love"}}]`, smm.EventLiked, "message/m1", ""},
		{"unreact", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"reaction":{"mid":"m1","action":"unreact"}}]`, smm.EventOther, "message/m1", ""},
		{"read", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"read":{"mid":"m1"}}]`, smm.EventRead, "message/m1", ""},
		{"postback", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"postback":{"mid":"m2","title":"Go","payload":"P"}}]`, smm.EventMessageReceived, "message/m2", "Go"},
		{"standby", `"standby":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"message":{"mid":"m3","text":"hi","attachments":[{"type":"video","payload":{"url":"https://x"}}]}}]`, smm.EventMessageReceived, "message/m3", "hi"},
		{"live", `"changes":[{"field":"live_comments","value":{"id":"C1","text":"hi","from":{"id":"P","username":"bob"},"media":{"id":"M1"}}}]`, smm.EventMessageReceived, "comment/C1", "hi"},
		{"mention", `"changes":[{"field":"mentions","value":{"media_id":"M1","comment_id":"C1"}}]`, smm.EventMessageReceived, "comment/C1", ""},
		{"story", `"changes":[{"field":"story_insights","value":{"media_id":"M1","reach":-1}}]`, smm.EventOther, "channel/IG", ""},
		{"odd", `"changes":[{"field":"comments","value":{"id":7}}]`, smm.EventOther, "channel/IG", ""},
		{"future", `"messaging":[{"sender":{"id":"P"},"recipient":{"id":"IG"},"timestamp":1767322800001,"hologram":{"x":1}}]`, smm.EventOther, "channel/IG", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(`{"object":"instagram","entry":[{"id":"IG","time":1767322800,` + c.entry + `}]}`)
			require.True(t, json.Valid(body))
			n := 0
			for e, err := range d.DecodeWebhook(nil, body) {
				require.NoError(t, err)
				require.Equal(t, c.kind, e.Kind)
				require.Equal(t, "instagram/"+c.subject, e.Subject.String())
				require.EqualValues(t, 1767322800, e.At.Unix())
				require.NotEmpty(t, e.Native)
				if c.text != "" {
					require.Equal(t, smm.Untrusted(c.text), e.Message.Text)
				}
				n++
			}
			require.Equal(t, 1, n)
		})
	}
	n := 0
	for _, err := range d.DecodeWebhook(nil, []byte(`{"object":"page","entry":[{"id":"P","time":1,"changes":[{"field":"feed","value":{}}]}]}`)) {
		require.NoError(t, err)
		n++
	}
	require.Zero(t, n, "another product's")
	for _, err := range d.DecodeWebhook(nil, []byte(`{"object":"instagram","entry":[{"time":1},{"id":"IG","time":1,"changes":[{"field":"follow","value":{}}]}]}`)) {
		if err != nil {
			require.ErrorIs(t, err, smm.ErrInvalid)
		}
		n++
	}
	require.Equal(t, 2, n, "a bad entry does not end the rest")
}
