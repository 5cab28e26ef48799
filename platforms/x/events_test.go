package x_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm"
)

// intake is a host's address for webhooks: what package inbox does, without its
// store.
type intake struct {
	receiver smm.WebhookReceiver

	mu     sync.Mutex
	events []smm.Event
	errs   []error
}

func (in *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if in.receiver.Handshake(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = in.receiver.VerifyWebhook(r.Header, body, epoch)
	}
	if err != nil {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for e, err := range in.receiver.DecodeWebhook(r.Header, body) {
		if err != nil {
			in.errs = append(in.errs, err)
			continue
		}
		in.events = append(in.events, e)
	}
}

// toHost carries what goes to https://host.example to a handler.
type toHost struct{ to *http.Handler }

func (h toHost) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	(*h.to).ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// TestWebhooks takes events from the handshake to the portable model.
func TestWebhooks(t *testing.T) {
	var handler http.Handler
	g := stand(t, &xtest.Options{Tier: xtest.Enterprise, NoQuotas: true, Webhooks: toHost{&handler}})
	g.config.Webhooks.ConsumerSecrets = []smm.Secret{smm.NewSecret(g.App().KeySecret)}
	in := &intake{receiver: g.driver(t)}
	handler = in
	g.subscribe(t)

	own := g.publish(t, &smm.Post{Text: "own"}).Post
	_, err := g.VisitorPosts(t.Context(), visitorHandle, own.ID, "a comment")
	require.NoError(t, err)
	_, err = g.VisitorWrites(t.Context(), visitorHandle, "shop", "a message")
	require.NoError(t, err)
	require.NoError(t, g.VisitorLikes(t.Context(), visitorHandle, own.ID, false))
	require.NoError(t, g.VisitorLikes(t.Context(), visitorHandle, own.ID, true))
	require.NoError(t, g.VisitorFollows(t.Context(), visitorHandle, "shop"))
	require.NoError(t, g.channel(t).Delete(t.Context(), own))
	g.Deliver(t.Context(), nil)

	in.mu.Lock()
	defer in.mu.Unlock()
	require.Empty(t, in.errs)
	kinds := map[smm.EventKind][]smm.Event{}
	for _, e := range in.events {
		require.Equal(t, g.account.Channel, e.Channel)
		require.NotEmpty(t, e.ID)
		require.False(t, e.At.IsZero())
		require.NotEmpty(t, e.Native)
		kinds[e.Kind] = append(kinds[e.Kind], e)
	}
	require.Equal(t, own, kinds[smm.EventPostPublished][0].Subject)
	require.Equal(t, own, kinds[smm.EventPostDeleted][0].Subject)
	require.Equal(t, g.visitor, kinds[smm.EventFollowed][0].Actor.Ref)
	require.Equal(t, own.ID, kinds[smm.EventLiked][0].Subject.ID)
	require.Equal(t, g.visitor, kinds[smm.EventLiked][0].Actor.Ref)
	require.Equal(t, own.ID, kinds[smm.EventReposted][0].Subject.ID)
	received := map[smm.Kind]map[string]int{}
	for _, e := range kinds[smm.EventMessageReceived] {
		require.Equal(t, g.visitor, e.Message.Author.Ref)
		if received[e.Subject.Kind] == nil {
			received[e.Subject.Kind] = map[string]int{}
		}
		received[e.Subject.Kind][e.ID]++
	}
	require.Len(t, received[smm.KindMessage], 1)
	require.Len(t, received[smm.KindComment], 1, "told as a mention and as a reply, with one ID")
}

// subscribe subscribes a host to what happens to the account under test.
func (g *ground) subscribe(t testing.TB) {
	t.Helper()
	g.config.AppToken = smm.NewSecret(g.App().Bearer)
	v := g.vendor(t)
	hook, err := v.Webhooks.Create(t.Context(), "https://host.example/x")
	require.NoError(t, err)
	for _, typ := range []string{
		x.EventPostCreate, x.EventPostDelete, x.EventPostMention, x.EventPostReply, x.EventPostRepost, x.EventLike, x.EventFollow, x.EventDMReceived, x.EventDMSent,
	} {
		_, err := v.Activity.Subscribe(t.Context(), x.SubscriptionParams{EventType: typ, Filter: x.ActivityFilter{UserID: x.ID(g.account.Channel.ID)}, WebhookID: hook.ID})
		require.NoError(t, err, typ)
	}
}

// TestHandshake answers what X asks, and signs nothing else.
func TestHandshake(t *testing.T) {
	secret := smm.NewSecret("consumer-secret")
	with, err := x.New(x.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: x.Webhooks{ConsumerSecrets: []smm.Secret{secret, smm.NewSecret("older")}}})
	require.NoError(t, err)
	without, err := x.New(x.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(t, err)
	for _, tc := range []struct {
		d              *x.Driver
		method, target string
		handled        bool
		status         int
	}{
		{with, http.MethodGet, "/?crc_token=abc", true, 200},
		{with, http.MethodGet, "/?crc_token=", true, 400},
		{with, http.MethodGet, "/?crc_token=a&crc_token=b", true, 400},
		{with, http.MethodGet, `/?crc_token=%7B%22data%22%3A1%7D`, true, 400},
		{with, http.MethodGet, "/", false, 200},
		{with, http.MethodPost, "/?crc_token=abc", false, 200},
		{without, http.MethodGet, "/?crc_token=abc", true, 400},
	} {
		w := httptest.NewRecorder()
		require.Equal(t, tc.handled, tc.d.Handshake(w, httptest.NewRequest(tc.method, tc.target, http.NoBody)), tc.target)
		require.Equal(t, tc.status, w.Code, tc.target)
		if tc.handled && tc.status == 200 {
			require.JSONEq(t, `{"response_token":"`+x.Sign(secret, []byte("abc"))+`"}`, w.Body.String())
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		}
		require.NotContains(t, w.Body.String(), "consumer-secret")
	}
}

// TestVerifyWebhook takes the signatures of all secrets and nothing else.
func TestVerifyWebhook(t *testing.T) {
	old, fresh := smm.NewSecret("older-secret"), smm.NewSecret("newer-secret")
	d, err := x.New(x.Config{Credentials: smm.NewMemoryCredentials(), Webhooks: x.Webhooks{ConsumerSecrets: []smm.Secret{fresh, old}}})
	require.NoError(t, err)
	body := []byte(`{"data":{}}`)
	head := func(v ...string) http.Header { return http.Header{x.SignatureHeader: v} }
	require.NoError(t, d.VerifyWebhook(x.SignWebhook(fresh, body), body, epoch))
	require.NoError(t, d.VerifyWebhook(head(x.Sign(old, body)), body, epoch))
	good := x.Sign(fresh, body)
	for name, h := range map[string]http.Header{
		"none": {}, "empty": head(""), "two": head(good, good), "another secret": head(x.Sign(smm.NewSecret("nobody's"), body)),
		"another body": head(x.Sign(fresh, []byte(`{}`))), "upper case": head(strings.ToUpper(good)), "no prefix": head(good[7:]), "cut": head(good[:20]),
	} {
		require.ErrorIs(t, d.VerifyWebhook(h, body, epoch), smm.ErrForbidden, name)
	}
	without, err := x.New(x.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(t, err)
	require.ErrorIs(t, without.VerifyWebhook(head(x.Sign(smm.NewSecret("a"), body)), body, epoch), smm.ErrForbidden)
}

// TestDecodeWebhook: one bad entry does not end the rest.
func TestDecodeWebhook(t *testing.T) {
	d, err := x.New(x.Config{Credentials: smm.NewMemoryCredentials()})
	require.NoError(t, err)
	body := `{"data":[
		{"event_type":"post.create","filter":{"keyword":"shoes"},"payload":{"id":"1"}},
		{"event_type":"post.create","filter":{"user_id":"7"},"payload":{"id":"1","author_id":"7","text":"a","created_at":"2026-11-02T09:00:00Z"}},
		{"event_type":"post.create","filter":{"user_id":"7"},"payload":{"id":"2","author_id":"7","text":"a","edit_history_tweet_ids":["1","2"]}},
		{"event_type":"post.mention.create","filter":{"user_id":"7"},"payload":{"id":"3","author_id":"8","text":"@shop a"}},
		{"event_type":"post.mention.create","filter":{"user_id":"7"},"payload":{"id":"4","author_id":"8","text":"b","edit_history_post_ids":["3","4"]}},
		{"event_type":"dm.read","filter":{"user_id":"7"},"payload":{"id":"5","sender_id":"8"}},
		{"event_type":"dm.sent","filter":{"user_id":"7"},"payload":{"id":"6","sender_id":"7","event_type":"MessageCreate","text":"c"}},
		{"event_type":"oauth.revoke","filter":{"user_id":"7"}},
		{"event_type":"profile.update.bio","filter":{"user_id":"7"},"payload":{"before":"a","after":"b"}},
		{"event_type":"like.create","filter":{"user_id":"7"},"payload":"?"},
		{"event_type":"follow.follow","filter":{"user_id":"7"},"payload":{"source":{"id":"8"},"target":{"id":"7"}}},
		{"event_type":"follow.follow","filter":{"user_id":"7"},"payload":{"source":{"id":"7"},"target":{"id":"8"}}},
		{"event_type":"something.new","filter":{"user_id":"7"},"event_uuid":"9"}
	]}`
	var kinds []smm.EventKind
	ids := map[string]bool{}
	bad := 0
	for e, err := range d.DecodeWebhook(nil, []byte(body)) {
		if err != nil {
			require.ErrorIs(t, err, smm.ErrInvalid)
			bad++
			continue
		}
		require.False(t, ids[e.ID], e.ID)
		ids[e.ID] = true
		kinds = append(kinds, e.Kind)
	}
	require.Equal(t, 1, bad)
	other := smm.EventOther
	require.Equal(t, []smm.EventKind{
		smm.EventPostPublished, other, smm.EventMessageReceived, smm.EventMessageEdited, smm.EventRead, other,
		smm.EventAccountChanged, smm.EventAccountChanged, other, smm.EventFollowed, other, other,
	}, kinds)
	require.Contains(t, ids, "event:9")
	for _, body := range []string{``, `{`, `[]`, `{"data":7}`} {
		for _, err := range d.DecodeWebhook(nil, []byte(body)) {
			require.ErrorIs(t, err, smm.ErrInvalid, body)
		}
	}
}
