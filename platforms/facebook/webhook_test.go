package facebook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
)

// intake is a host's callback: it keeps what came.
type intake struct {
	t      testing.TB
	driver *facebook.Driver
	now    func() time.Time
	events []smm.Event
	bodies [][]byte
}

func (i *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.driver.Handshake(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(i.t, err)
	if err := i.driver.VerifyWebhook(r.Header, body, i.now()); err != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	i.bodies = append(i.bodies, body)
	for e, err := range i.driver.DecodeWebhook(r.Header, body) {
		require.NoError(i.t, err)
		i.events = append(i.events, e)
	}
}

func (i *intake) last(t testing.TB, kind smm.EventKind) smm.Event {
	t.Helper()
	require.NotEmpty(t, i.events)
	e := i.events[len(i.events)-1]
	require.Equal(t, kind, e.Kind, string(e.Native))
	return e
}

func TestWebhooks(t *testing.T) {
	b := open(t, nil)
	ctx := t.Context()
	require.NoError(t, b.vendor(t).Pages.Subscribe(ctx, facebook.WebhookFields...))
	subs, err := b.vendor(t).Pages.Subscriptions(ctx)
	require.NoError(t, err)
	require.Equal(t, facebook.WebhookFields, subs[0].Fields)
	in := &intake{t: t, driver: b.driver(t), now: b.world.Clock.Now}
	require.Error(t, b.Subscribe(in, "wrong"))
	require.NoError(t, b.Server.Subscribe(in, "verify-me"))

	post := b.publish(t, &smm.Post{Text: "a post – ünïcode"}).Post
	require.Equal(t, 200, b.Deliver())
	e := in.last(t, smm.EventPostPublished)
	require.Equal(t, post, e.Subject)
	require.Equal(t, b.account.Channel, e.Channel)

	c, err := b.VisitorPosts(ctx, visitorHandle, post.ID, "nice 🎉")
	require.NoError(t, err)
	require.Equal(t, 200, b.Deliver())
	e = in.last(t, smm.EventMessageReceived)
	require.Equal(t, c, e.Subject)
	require.Equal(t, smm.Untrusted("nice 🎉"), e.Message.Text)
	require.Equal(t, post, e.Message.Root)
	require.Equal(t, b.visitor, e.Actor.Ref)
	again := len(in.events)
	require.Equal(t, 200, b.Redeliver())
	require.Equal(t, e.ID, in.events[again].ID, "told twice, one ID")

	b.publish(t, &smm.Post{Text: "thanks", ReplyTo: c})
	require.Equal(t, 200, b.Deliver())
	e = in.last(t, smm.EventMessageReceived)
	require.True(t, e.Message.Own, "our own word, by whichever program")
	require.Equal(t, c, e.Message.InReplyTo)

	_, err = b.VisitorPosts(ctx, visitorHandle, "", "see @shop")
	require.NoError(t, err)
	require.Equal(t, 200, b.Deliver())
	require.Equal(t, smm.KindPost, in.last(t, smm.EventMessageReceived).Subject.Kind)

	thread, err := b.VisitorWrites(ctx, visitorHandle, "shop", "hello?")
	require.NoError(t, err)
	require.Equal(t, 200, b.Deliver())
	e = in.last(t, smm.EventMessageReceived)
	require.Equal(t, smm.KindMessage, e.Subject.Kind)
	require.Equal(t, b.visitor, e.Message.Author.Ref)
	require.Equal(t, thread, e.Message.Conversation, "the same conversation as the list has")
	require.False(t, e.Message.Own)
	d := b.until(t, b.plan(t, &smm.Post{Text: "hi", ReplyTo: thread}), nil)
	require.Equal(t, 200, b.Deliver())
	e = in.last(t, smm.EventMessageReceived)
	require.True(t, e.Message.Own)
	require.Equal(t, thread, e.Message.Conversation)
	require.Equal(t, b.account.Channel.WithKind(smm.KindAuthor, b.account.Channel.ID), e.Message.Author.Ref)
	require.Equal(t, d.Outcome.Post, e.Subject)
	require.Contains(t, string(e.Native), `smmkit:`+d.ID, "the echo names the delivery")

	r, err := b.VisitorRecommends("otto", "shop", true, "great")
	require.NoError(t, err)
	require.Equal(t, 200, b.Deliver())
	e = in.last(t, smm.EventReviewReceived)
	require.Equal(t, r, e.Review.Ref)
	require.True(t, *e.Review.Recommended)
}

// TestWebhookForgeries are refused, whatever else they hold.
func TestWebhookForgeries(t *testing.T) {
	b := open(t, nil)
	d, now := b.driver(t), b.world.Clock.Now()
	body := []byte(`{"object":"page","entry":[{"id":"1","time":1,"changes":[]}]}`)
	secret := smm.NewSecret(b.AppSecret())
	good := facebook.SignWebhook(secret, body)
	require.NoError(t, d.VerifyWebhook(good, body, now))
	for name, h := range map[string]http.Header{
		"none":  {},
		"other": facebook.SignWebhook(smm.NewSecret("another secret"), body),
		"upper": {"X-Hub-Signature-256": {strings.ToUpper(good.Get("X-Hub-Signature-256"))}},
		"twice": {"X-Hub-Signature-256": {good.Get("X-Hub-Signature-256"), good.Get("X-Hub-Signature-256")}},
		"empty": facebook.SignWebhook(smm.Secret{}, body),
	} {
		require.ErrorIs(t, d.VerifyWebhook(h, body, now), smm.ErrForbidden, name)
	}
	require.ErrorIs(t, d.VerifyWebhook(good, append(body, ' '), now), smm.ErrForbidden)

	bare, err := facebook.New(facebook.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(t, err)
	require.ErrorIs(t, bare.VerifyWebhook(facebook.SignWebhook(smm.Secret{}, body), body, now), smm.ErrForbidden, "without secrets nothing is taken")
	w := httptest.NewRecorder()
	require.True(t, bare.Handshake(w, httptest.NewRequest(http.MethodGet, "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", nil)))
	require.Equal(t, http.StatusForbidden, w.Code)
}

// TestWebhookKinds reads what the simulator does not send.
func TestWebhookKinds(t *testing.T) {
	d, err := facebook.New(facebook.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(t, err)
	change := func(field, value string) string {
		return `{"object":"page","entry":[{"id":"10","time":1767322800,"changes":[{"field":"` + field + `","value":` + value + `}]}]}`
	}
	item := func(v string) string {
		return `{"object":"page","entry":[{"id":"10","time":1767322800123,"messaging":[{"sender":{"id":"9"},"recipient":{"id":"10"},"timestamp":1767322800001,` + v + `}]}]}`
	}
	for name, c := range map[string]struct {
		body    string
		kind    smm.EventKind
		subject string
	}{
		"edited":      {change("feed", `{"item":"comment","verb":"edited","comment_id":"1_2","post_id":"10_1","from":{"id":"9"},"message":"x"}`), smm.EventMessageEdited, "facebook/comment/1_2"},
		"removed":     {change("feed", `{"item":"comment","verb":"remove","comment_id":"1_2","post_id":"10_1","from":{"id":"9"}}`), smm.EventMessageDeleted, "facebook/comment/1_2"},
		"hidden":      {change("feed", `{"item":"comment","verb":"hide","comment_id":"1_2","post_id":"10_1"}`), smm.EventMessageHidden, "facebook/comment/1_2"},
		"shown":       {change("feed", `{"item":"comment","verb":"unhide","comment_id":"1_2","post_id":"10_1"}`), smm.EventOther, "facebook/comment/1_2"},
		"reaction":    {change("feed", `{"item":"reaction","verb":"add","reaction_type":"love","post_id":"10_1","from":{"id":"9"}}`), smm.EventLiked, "facebook/post/10_1"},
		"taken back":  {change("feed", `{"item":"reaction","verb":"remove","post_id":"10_1","from":{"id":"9"}}`), smm.EventOther, "facebook/post/10_1"},
		"on comment":  {change("feed", `{"item":"reaction","verb":"add","post_id":"10_1","comment_id":"1_2"}`), smm.EventLiked, "facebook/comment/1_2"},
		"post gone":   {change("feed", `{"item":"post","verb":"remove","post_id":"10_1","from":{"id":"10"}}`), smm.EventPostDeleted, "facebook/post/10_1"},
		"visitor":     {change("feed", `{"item":"post","verb":"add","post_id":"10_3","from":{"id":"9"},"message":"hi"}`), smm.EventMessageReceived, "facebook/post/10_3"},
		"numbers":     {change("feed", `{"item":"comment","verb":"add","comment_id":12,"post_id":34,"sender_id":9007199254740993,"message":"x"}`), smm.EventMessageReceived, "facebook/comment/12"},
		"path":        {change("feed", `{"item":"comment","verb":"add","comment_id":"1/2","post_id":"../x","message":"x"}`), smm.EventOther, ""},
		"integrity":   {change("business_integrity", `{"x":1}`), smm.EventAccountChanged, "facebook/channel/10"},
		"unknown":     {change("videos", `{"x":1}`), smm.EventOther, ""},
		"edit":        {item(`"message_edit":{"mid":"m_1","text":"y","num_edit":1}`), smm.EventMessageEdited, "facebook/message/m_1"},
		"unsent":      {item(`"message":{"mid":"m_1","is_deleted":true}`), smm.EventMessageDeleted, "facebook/message/m_1"},
		"postback":    {item(`"postback":{"mid":"m_2","title":"Go","payload":"P"}`), smm.EventMessageReceived, "facebook/message/m_2"},
		"react":       {item(`"reaction":{"mid":"m_1","action":"react","emoji":"x"}`), smm.EventLiked, "facebook/message/m_1"},
		"unreact":     {item(`"reaction":{"mid":"m_1","action":"unreact"}`), smm.EventOther, "facebook/message/m_1"},
		"standby":     {strings.Replace(item(`"message":{"mid":"m_4","text":"x"}`), "messaging", "standby", 1), smm.EventOther, "facebook/message/m_4"}, // another app has the conversation and answers
		"read":        {item(`"read":{"watermark":1767322800001}`), smm.EventRead, "facebook/author/9"},
		"delivered":   {item(`"delivery":{"mids":["m_1"],"watermark":1}`), smm.EventDelivered, "facebook/message/m_1"},
		"attachment":  {item(`"message":{"mid":"m_3","attachments":[{"type":"image","payload":{"url":"https://e.x/a"}}]}`), smm.EventMessageReceived, "facebook/message/m_3"},
		"broken item": {item(`"message":{"mid":5,"text":{}}`), smm.EventOther, ""},
	} {
		n := 0
		for e, err := range d.DecodeWebhook(nil, []byte(c.body)) {
			require.NoError(t, err, name)
			require.Equal(t, c.kind, e.Kind, name)
			require.Equal(t, c.subject, e.Subject.String(), name)
			require.NotEmpty(t, e.ID, name)
			require.False(t, e.At.IsZero(), name)
			if e.Message != nil && e.Message.Ref.Kind == smm.KindMessage {
				require.Equal(t, "facebook/conversation/9", e.Message.Conversation.String(), name)
			}
			n++
		}
		require.Equal(t, 1, n, name)
	}
	for range d.DecodeWebhook(nil, []byte(`{"object":"instagram","entry":[{"id":"1","time":1,"changes":[{"field":"comments","value":{"id":"1"}}]}]}`)) {
		t.Fatal("another product's")
	}
	errs := 0
	for _, err := range d.DecodeWebhook(nil, []byte(`{"object":"page","entry":[{"id":"a b","time":1,"changes":[{"field":"feed","value":{}}]},7,{"id":"10","time":1,"changes":[{"field":"feed","value":{"item":"x"}}]}]}`)) {
		if err != nil {
			errs++
			require.ErrorIs(t, err, smm.ErrInvalid)
		}
	}
	require.Equal(t, 2, errs, "one bad entry does not end the others")
}
