package xtest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

// receiver is a webhook, and the way to it.
type receiver struct {
	mu     sync.Mutex
	secret string
	lies   bool
	slow   func()
	fails  bool
	events []string // bodies
}

func (r *receiver) sign(b string) string {
	mac := hmac.New(sha256.New, []byte(r.secret))
	mac.Write([]byte(b))
	return "sha256=" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rec := httptest.NewRecorder()
	if token := req.URL.Query().Get("crc_token"); req.Method == http.MethodGet {
		if r.slow != nil {
			r.slow()
		}
		if r.lies {
			token += "x"
		}
		_ = json.NewEncoder(rec).Encode(m{"response_token": r.sign(token)})
		return rec.Result(), nil
	}
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case r.fails:
		rec.WriteHeader(http.StatusInternalServerError)
	case !hmac.Equal([]byte(req.Header.Get("x-twitter-webhooks-signature")), []byte(r.sign(string(b)))):
		rec.WriteHeader(http.StatusUnauthorized)
	default:
		r.events = append(r.events, string(b))
	}
	return rec.Result(), nil
}

// kinds lists what arrived, and forgets it.
func (r *receiver) kinds(t testing.TB) (out []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		out = append(out, answer{t: t, body: e}.str("data.event_type"))
	}
	r.events = nil
	return out
}

const hookURL = "https://hooks.example/x?tenant=1"

// hooked is a server with a webhook and the id of it.
func hooked(t *testing.T, opts xtest.Options) (*wire, *receiver, string) {
	t.Helper()
	r := &receiver{}
	opts.Webhooks = r
	opts.NoQuotas = true
	w := open(t, &opts)
	r.secret = w.login["X_CONSUMER_SECRET"]
	return w, r, w.bearer().do("POST", "/2/webhooks", m{"url": hookURL}).want(200).str("data.id")
}

func (w *wire) subscribe(kind, hook string, filter m) answer {
	w.t.Helper()
	return w.bearer().do("POST", "/2/activity/subscriptions", m{"event_type": kind, "filter": filter, "webhook_id": hook, "tag": "t"})
}

func TestWebhooksProveThemselves(t *testing.T) {
	w, r, id := hooked(t, xtest.Options{})
	app := w.bearer()
	a := app.get("/2/webhooks").want(200)
	require.Equal(t, hookURL, a.str("data.0.url"))
	require.Equal(t, true, a.get("data.0.valid"))
	app.do("POST", "/2/webhooks", m{"url": hookURL}).refused(400, "exists already")
	for _, u := range []string{"http://hooks.example/", "https://hooks.example:8443/", "https://hooks.example/" + strings.Repeat("x", 200), "nonsense", ""} {
		app.do("POST", "/2/webhooks", m{"url": u}).refused(400, "https address without a port")
	}
	r.lies = true
	a = app.do("POST", "/2/webhooks", m{"url": "https://other.example/"})
	a.refused(400, "Crc validation failed")
	require.JSONEq(t, `{"data":{"valid":false}}`, app.do("PUT", "/2/webhooks/"+id, nil).want(200).body)
	require.Equal(t, false, app.get("/2/webhooks").get("data.0.valid"))
	r.lies = false
	w.CheckWebhooks(t.Context())
	require.Equal(t, true, app.get("/2/webhooks").get("data.0.valid"))
	r.slow = func() { w.advance(10 * time.Second) }
	require.JSONEq(t, `{"data":{"valid":true}}`, app.do("PUT", "/2/webhooks/"+id, nil).want(200).body)
	r.slow = func() { w.advance(10*time.Second + time.Millisecond) }
	require.JSONEq(t, `{"data":{"valid":false}}`, app.do("PUT", "/2/webhooks/"+id, nil).want(200).body)
	require.JSONEq(t, `{"data":{"deleted":true}}`, app.do("DELETE", "/2/webhooks/"+id, nil).want(200).body)
	require.Equal(t, "Not Found Error", app.do("DELETE", "/2/webhooks/"+id, nil).want(200).str("errors.0.title"))
	w.do("POST", "/2/webhooks", m{"url": hookURL}).refused(403, "OAuth 2.0 User Context is forbidden")

	loose := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		resp, err := r.RoundTrip(req)
		if err == nil {
			_, _ = io.Copy(rw, resp.Body)
			_ = resp.Body.Close()
		}
	}))
	defer loose.Close()
	l := open(t, &xtest.Options{LooseWebhooks: true})
	r.slow, r.secret = nil, l.login["X_CONSUMER_SECRET"]
	l.bearer().do("POST", "/2/webhooks", m{"url": loose.URL}).want(200)
}

func TestEvents(t *testing.T) {
	w, r, hook := hooked(t, xtest.Options{})
	w.token = w.IssueToken("alice", "tweet.read", "tweet.write", "users.read", "mute.write", "dm.write")
	for _, kind := range []string{"post.create", "post.delete", "post.mention.create", "post.reply.create", "post.repost.create", "like.create", "follow.follow", "dm.received", "dm.sent", "mute.mute", "mute.unmute"} {
		w.subscribe(kind, hook, m{"user_id": w.me}).want(200)
	}
	deliver := func() []string {
		t.Helper()
		_, failed := w.Deliver(t.Context(), nil)
		require.Zero(t, failed)
		return r.kinds(t)
	}
	id := w.posted("hello")
	before := w.Spent()
	w.Deliver(t.Context(), nil)
	require.Equal(t, int64(5000), w.Spent()-before)
	e := answer{t: t, body: r.events[0]}
	require.Equal(t, "post.create", e.str("data.event_type"))
	require.Equal(t, id, e.str("data.payload.id"))
	require.Equal(t, "hello", e.str("data.payload.text"))
	require.Equal(t, w.me, e.str("data.filter.user_id"))
	require.Equal(t, "t", e.str("data.tag"))
	require.Regexp(t, `^[0-9]{19}$`, e.str("data.event_uuid"))
	r.kinds(t)

	w.visit("carol", id, "nice")
	require.ElementsMatch(t, []string{"post.mention.create", "post.reply.create"}, deliver())
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", id, false))
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", id, false))
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", id, true))
	require.NoError(t, w.VisitorFollows(t.Context(), "carol", "alice"))
	require.Equal(t, []string{"like.create", "post.repost.create", "follow.follow"}, deliver())
	_, err := w.VisitorWrites(t.Context(), "carol", "alice", "psst")
	require.NoError(t, err)
	w.do("POST", "/2/dm_conversations/with/"+w.Author("carol").ID+"/messages", m{"text": "yes?"}).want(201)
	require.Equal(t, []string{"dm.received", "dm.sent"}, deliver())
	carol := w.Author("carol").ID
	w.do("POST", "/2/users/"+w.me+"/muting", m{"target_user_id": carol}).want(200)
	w.do("DELETE", "/2/users/"+w.me+"/muting/"+carol, nil).want(200)
	w.do("DELETE", "/2/tweets/"+id, nil).want(200)
	require.Equal(t, []string{"mute.mute", "mute.unmute", "post.delete"}, deliver())
	w.visit("carol", "", "nothing to do with alice")
	require.Empty(t, deliver())
	w.subscribe("block.block", hook, m{"user_id": w.me}).want(200)
	w.subscribe("oauth.revoke", hook, m{"user_id": w.me}).want(200)
	w.Block("alice", "carol")
	w.RevokeTokens("alice")
	require.Equal(t, []string{"block.block", "oauth.revoke"}, deliver())
}

func TestEventsOfEnterprise(t *testing.T) {
	w, r, hook := hooked(t, xtest.Options{Tier: xtest.Enterprise})
	carol := w.Author("carol").ID
	for _, kind := range []string{"follow.follow", "follow.unfollow", "like.create", "post.quote.create"} {
		w.subscribe(kind, hook, m{"user_id": w.me}).want(200)
	}
	id := w.visit("carol", "", "hello")
	w.do("POST", "/2/users/"+w.me+"/following", m{"target_user_id": carol}).want(200)
	w.do("DELETE", "/2/users/"+w.me+"/following/"+carol, nil).want(200)
	w.do("DELETE", "/2/users/"+w.me+"/following/"+carol, nil).want(200)
	w.do("POST", "/2/users/"+w.me+"/likes", m{"tweet_id": id}).want(200)
	w.do("POST", "/2/tweets", m{"text": "see", "quote_tweet_id": id}).want(201)
	_, err := w.VisitorQuotes(t.Context(), "carol", w.posted("mine"), "look")
	require.NoError(t, err)
	w.Deliver(t.Context(), nil)
	require.Equal(t, []string{"follow.follow", "follow.unfollow", "like.create", "post.quote.create", "post.quote.create"}, r.kinds(t), "what one does is outbound, and told too")
}

func TestSubscriptions(t *testing.T) {
	w, r, hook := hooked(t, xtest.Options{})
	carol := w.Author("carol").ID
	a := w.subscribe("follow.follow", hook, m{"user_id": w.me, "direction": "outbound"}).want(200)
	sub := a.str("data.subscription.subscription_id")
	require.Equal(t, hook, a.str("data.subscription.webhook_id"))
	w.subscribe("follow.follow", hook, m{"user_id": w.me, "direction": "outbound"}).refused(400, "exists already")
	w.subscribe("PostCreate", hook, m{"user_id": w.me}).refused(400, "event_type")
	w.subscribe("post.create", hook, m{}).refused(400, "at least one of [user_id, keyword]")
	w.subscribe("post.create", hook, m{"user_id": "7"}).refused(400, "user does not exist")
	w.subscribe("post.create", "7", m{"user_id": w.me}).refused(400, "webhook does not exist")
	w.subscribe("follow.follow", hook, m{"user_id": w.me, "direction": "up"}).refused(400, "direction")
	w.subscribe("dm.received", hook, m{"user_id": carol}).refused(403, "has not authorized your app")
	w.subscribe("mute.mute", hook, m{"user_id": w.me, "direction": "outbound"}).refused(400, "have no direction")
	by := func(kind, user string, scopes ...string) answer {
		return w.with(w.IssueToken("alice", scopes...)).do("POST", "/2/activity/subscriptions", m{"event_type": kind, "filter": m{"user_id": user}})
	}
	by("mute.mute", carol, "mute.read").refused(400, "about the authenticated user")
	by("mute.mute", w.me, "tweet.read").want(403)
	by("dm.sent", w.me, "mute.read").want(403)
	by("like.create", w.me, "mute.read").want(403)
	by("post.delete", w.me, "mute.read").want(403)
	for _, kind := range []string{"mute.mute", "dm.sent"} {
		id := by(kind, w.me, "mute.read", "dm.read").want(200).str("data.subscription.subscription_id")
		w.bearer().do("DELETE", "/2/activity/subscriptions/"+id, nil).want(200)
	}
	w.subscribe("post.create", hook, m{"user_id": carol}).want(200) // public: needs no consent
	w.subscribe("post.create", hook, m{"keyword": "coffee"}).want(200)

	require.NoError(t, w.VisitorFollows(t.Context(), "carol", "alice"))
	require.NoError(t, w.VisitorFollows(t.Context(), "alice", "carol"))
	w.visit("dave", "", "tea")
	w.visit("dave", "", "Coffee")
	w.Deliver(t.Context(), nil)
	require.Equal(t, []string{"follow.follow", "post.create"}, r.kinds(t), "outbound alone, and the keyword alone")

	l := w.get("/2/activity/subscriptions", "max_results", "2").want(200)
	require.Len(t, l.get("data"), 2)
	require.Len(t, w.get("/2/activity/subscriptions", "max_results", "2", "pagination_token", l.str("meta.next_token")).get("data"), 1)
	app := w.bearer()
	require.Equal(t, "new", app.do("PUT", "/2/activity/subscriptions/"+sub, m{"tag": "new"}).want(200).str("data.subscription.tag"))
	app.do("PUT", "/2/activity/subscriptions/"+sub, m{"webhook_id": "7"}).refused(400, "webhook does not exist")
	require.JSONEq(t, `{"data":{"deleted":true}}`, app.do("DELETE", "/2/activity/subscriptions/"+sub, nil).want(200).body)
	app.do("DELETE", "/2/activity/subscriptions/"+sub, nil).want(200)
	other := l.str("data.0.subscription_id")
	d := app.do("DELETE", "/2/activity/subscriptions?ids="+other+",7", nil).want(200)
	require.Equal(t, other, d.str("data.0.subscription_id"))
	require.Equal(t, "7", d.str("errors.0.subscription_id"))
	require.Equal(t, 1.0, d.get("meta.total_subscriptions"))
}

func TestBatchesAndReplay(t *testing.T) {
	w, r, hook := hooked(t, xtest.Options{})
	w.subscribe("post.create", hook, m{"user_id": w.me}).want(200)
	texts := func() (out []string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.events {
			out = append(out, answer{t: t, body: e}.str("data.payload.text"))
		}
		r.events = nil
		return out
	}
	three := func() {
		for _, text := range []string{"1", "2", "3"} {
			w.do("DELETE", "/2/tweets/"+w.posted(text), nil).want(200)
		}
	}
	three()
	taken, _ := w.Deliver(t.Context(), &xtest.Order{Most: 2})
	require.Equal(t, 2, taken)
	require.Equal(t, []string{"1", "2"}, texts())
	w.Deliver(t.Context(), nil)
	require.Equal(t, []string{"3"}, texts())
	three()
	w.Deliver(t.Context(), &xtest.Order{Reversed: true, Twice: true})
	require.Equal(t, []string{"3", "2", "1", "3", "2", "1"}, texts())
	w.advance(time.Hour)
	three()
	r.fails = true
	_, failed := w.Deliver(t.Context(), nil)
	require.Equal(t, 3, failed)
	r.fails = false
	w.Deliver(t.Context(), nil)
	require.Empty(t, texts(), "what failed does not come by itself")
	replay := func(from, to string) answer {
		return w.bearer().do("POST", "/2/webhooks/replay", m{"webhook_id": hook, "from_date": from, "to_date": to})
	}
	require.NotEmpty(t, replay("202611021000", "202611021000").want(200).str("data.job_id"))
	w.Deliver(t.Context(), nil)
	require.Equal(t, []string{"1", "2", "3"}, texts())
	replay("202611020900", "202611020959").want(200)
	w.Deliver(t.Context(), nil)
	require.Len(t, texts(), 6)
	replay("yesterday", "202611020959").refused(400, "yyyymmddhhmm")
	replay("202611021000", "202611020959").want(400)
}

func TestPushedEvents(t *testing.T) {
	w, r, hook := hooked(t, xtest.Options{PushEvents: true})
	w.subscribe("post.create", hook, m{"user_id": w.me}).want(200)
	w.subscribe("post.mention.create", hook, m{"user_id": w.me}).want(200)
	w.posted("hello")
	require.Equal(t, []string{"post.create"}, r.kinds(t), "when the answer is there, so is the event")
	w.visit("carol", "", "@alice hello")
	require.Equal(t, []string{"post.mention.create"}, r.kinds(t))
	r.lies = true
	w.CheckWebhooks(t.Context())
	w.posted("unheard")
	require.Empty(t, r.kinds(t), "a webhook that failed its check gets nothing")
}
