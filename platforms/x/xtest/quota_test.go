package xtest_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

func TestWindowsBeginWithTheFirstRequest(t *testing.T) {
	w := open(t, &xtest.Options{Quotas: map[string]xtest.Quotas{"POST /2/tweets": {User: 2, AppDay: 4}}, TokenLife: -1})
	w.advance(7*time.Minute + 1234*time.Millisecond)
	reset := strconv.FormatInt(w.world.Clock.Now().Truncate(time.Second).Add(15*time.Minute).Unix(), 10)
	a := w.post("1").want(201)
	require.Equal(t, "2", a.header.Get("x-rate-limit-limit"))
	require.Equal(t, "1", a.header.Get("x-rate-limit-remaining"))
	require.Equal(t, reset, a.header.Get("x-rate-limit-reset"))
	require.Equal(t, "4", a.header.Get("x-app-limit-24hour-limit"))
	require.Equal(t, "3", a.header.Get("x-app-limit-24hour-remaining"))
	w.advance(time.Minute)
	w.post("2").want(201)
	a = w.post("3")
	require.JSONEq(t, `{"title":"Too Many Requests","detail":"Too Many Requests","type":"https://api.x.com/2/problems/rate-limit-exceeded","status":429}`, a.want(429).body)
	require.Equal(t, "0", a.header.Get("x-rate-limit-remaining"))
	require.Equal(t, reset, a.header.Get("x-rate-limit-reset"))
	require.Equal(t, "2", a.header.Get("x-app-limit-24hour-remaining"), "what is refused counts nowhere")
	require.Empty(t, a.header.Get("Retry-After"))
	w.get("/2/users/me").want(200)
	w.as("bob").post("3").want(201)

	secs, err := strconv.ParseInt(reset, 10, 64)
	require.NoError(t, err)
	w.advance(time.Unix(secs, 0).Sub(w.world.Clock.Now()) - time.Millisecond)
	w.post("3").want(429)
	w.advance(time.Millisecond)
	w.post("3").want(201)
	w.post("4").want(429) // the day of the app
	require.Equal(t, 4, w.world.Ledger.Counts("").Posts)
	w.LegacyErrors(true)
	require.JSONEq(t, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`, w.post("4").want(429).body)
	w.advance(24 * time.Hour)
	w.post("4").want(201)
}

func TestDocumentedLimits(t *testing.T) {
	w := open(t, nil)
	id := w.posted("x")
	e := open(t, enterprise)
	for _, tc := range []struct {
		w           *wire
		method      string
		path        string
		name, limit string
	}{
		{w, "POST", "/2/tweets", "x-rate-limit-limit", "100"},
		{w, "POST", "/2/tweets", "x-app-limit-24hour-limit", "10000"},
		{w, "DELETE", "/2/tweets/" + id, "x-rate-limit-limit", "50"},
		{w, "GET", "/2/tweets?ids=1", "x-rate-limit-limit", "5000"},
		{w.bearer(), "GET", "/2/tweets?ids=1", "x-rate-limit-limit", "3500"},
		{w, "GET", "/2/tweets/" + id, "x-rate-limit-limit", "900"},
		{w.bearer(), "GET", "/2/tweets/" + id, "x-rate-limit-limit", "450"},
		{w, "GET", "/2/users/" + w.me + "/tweets", "x-rate-limit-limit", "900"},
		{w.bearer(), "GET", "/2/users/" + w.me + "/tweets", "x-rate-limit-limit", "10000"},
		{w, "GET", "/2/users/" + w.me + "/mentions", "x-rate-limit-limit", "300"},
		{w, "GET", "/2/users/" + w.me + "/timelines/reverse_chronological", "x-rate-limit-limit", "180"},
		{w, "GET", "/2/tweets/search/recent?query=x", "x-rate-limit-limit", "300"},
		{w.bearer(), "GET", "/2/tweets/search/recent?query=x", "x-rate-limit-limit", "450"},
		{w, "GET", "/2/tweets/" + id + "/retweeted_by", "x-rate-limit-limit", "75"},
		{e, "POST", "/2/users/" + e.me + "/likes", "x-rate-limit-limit", "50"},
		{e, "POST", "/2/users/" + e.me + "/likes", "x-user-limit-24hour-limit", "1000"},
		{w, "GET", "/2/users/me", "x-rate-limit-limit", "75"},
		{w, "GET", "/2/users/" + w.me + "/muting", "x-rate-limit-limit", "15"},
		{w, "GET", "/2/dm_events", "x-rate-limit-limit", "15"},
		{w, "POST", "/2/dm_conversations/with/1/messages", "x-rate-limit-limit", "15"},
		{w, "POST", "/2/dm_conversations/with/1/messages", "x-app-limit-24hour-limit", "1440"},
		{w, "DELETE", "/2/dm_events/1", "x-user-limit-24hour-limit", "1500"},
		{w, "POST", "/2/media/upload", "x-rate-limit-limit", "500"},
		{w, "GET", "/2/media/upload?media_id=1", "x-rate-limit-limit", "1000"},
		{w, "POST", "/2/media/upload/initialize", "x-rate-limit-limit", "1875"},
		{w, "POST", "/2/media/upload/1/append", "x-app-limit-24hour-limit", "180000"},
		{w, "GET", "/2/tweets/analytics", "x-rate-limit-limit", "300"},
		{w.bearer(), "GET", "/2/usage/tweets", "x-rate-limit-limit", "50"},
		{w.bearer(), "GET", "/2/webhooks", "x-rate-limit-limit", "450"},
		{w.bearer(), "GET", "/2/activity/subscriptions", "x-rate-limit-limit", "500"},
	} {
		require.Equal(t, tc.limit, tc.w.do(tc.method, tc.path, nil).header.Get(tc.name), tc.method+" "+tc.path+" "+tc.name)
	}
	free := open(t, &xtest.Options{NoQuotas: true})
	require.Empty(t, free.post("x").want(201).header.Get("x-rate-limit-limit"))
}

func TestPrices(t *testing.T) {
	w := open(t, nil)
	cost := func(want int64, what string, f func()) {
		t.Helper()
		before := w.Spent()
		f()
		require.Equal(t, want, w.Spent()-before, what)
	}
	var id, visitor string
	cost(15_000, "a post", func() { id = w.posted("hello") })
	cost(200_000, "a post with an address", func() { w.posted("see https://example.com") })
	cost(15_000, "one's own thread", func() { w.reply(id, "more").want(201) })
	cost(0, "a refusal", func() { w.post("hello").want(403) })
	cost(0, "what visitors do", func() { visitor = w.visit("carol", id, "nice") })
	cost(10_000, "a summoned answer", func() { w.reply(visitor, "thanks").want(201) })
	cost(5_000, "a read", func() { w.get("/2/tweets/" + visitor).want(200) })
	cost(0, "the same again on the same day", func() { w.get("/2/tweets/" + visitor).want(200) })
	cost(10_000, "the author beside it", func() { w.get("/2/tweets/"+visitor, "expansions", "author_id").want(200) })
	cost(0, "nothing was found", func() { w.get("/2/tweets/7").want(200) })
	cost(20_000, "four of one's own posts", func() { require.Len(t, w.get("/2/users/"+w.me+"/tweets").want(200).ids(), 4) })
	cost(15_000, "a repost", func() { w.do("POST", "/2/users/"+w.me+"/retweets", m{"tweet_id": visitor}).want(200) })
	cost(10_000, "its end", func() { w.do("DELETE", "/2/users/"+w.me+"/retweets/"+visitor, nil).want(200) })
	cost(5_000, "hiding", func() { w.do("PUT", "/2/tweets/"+visitor+"/hidden", m{"hidden": true}).want(200) })
	cost(5_000, "a bookmark", func() { w.do("POST", "/2/users/"+w.me+"/bookmarks", m{"tweet_id": visitor}).want(200) })
	cost(15_000, "a message", func() {
		w.do("POST", "/2/dm_conversations/with/"+w.Author("carol").ID+"/messages", m{"text": "hi"}).want(201)
	})
	cost(10_000, "reading it", func() { w.get("/2/dm_events").want(200) })
	cost(5_000, "counting", func() { w.bearer().get("/2/tweets/counts/recent", "query", "x").want(200) })
	w.advance(24 * time.Hour)
	w.token = w.IssueToken("alice", "tweet.read", "users.read")
	cost(5_000, "the same on another day", func() { w.get("/2/tweets/" + visitor).want(200) })
	w.SetOwner("alice")
	cost(4_000, "own data, for the developer", func() { w.get("/2/users/" + w.me + "/tweets").want(200) })
	cost(1_000, "and oneself", func() { w.get("/2/users/me").want(200) })
	require.Equal(t, "POST /2/tweets", w.Charges()[0].Op)
	require.Equal(t, int64(15_000), xtest.Prices()[w.Charges()[0].Kind])

	e := open(t, enterprise)
	e.posted("see https://example.com")
	require.Zero(t, e.Spent(), "other contracts, other prices")
	require.Len(t, e.Charges(), 1)
}

func TestCreditsRunOut(t *testing.T) {
	w := open(t, &xtest.Options{Credits: 40_000})
	w.posted("1")
	w.posted("2")
	w.posted("3")
	require.Equal(t, int64(-5_000), w.Balance(), "the last call may cost more than was left")
	a := w.post("4").want(402)
	require.Equal(t, "CreditsDepleted", a.str("title"))
	w.get("/2/users/me").want(402)
	require.Equal(t, 3, w.world.Ledger.Counts("").Posts)
	w.AddCredits(5_000)
	w.post("4").want(402)
	w.AddCredits(1)
	w.post("4").want(201)
	c := open(t, &xtest.Options{Credits: 1, CreditsCap: true})
	c.posted("1")
	require.Equal(t, "https://api.x.com/2/problems/usage-capped", c.post("2").want(429).str("type"))
}

func TestMonthlyCap(t *testing.T) {
	w := open(t, &xtest.Options{MonthlyReads: 2})
	ids := w.posted("1") + "," + w.posted("2")
	w.get("/2/tweets", "ids", ids).want(200)
	a := w.get("/2/tweets", "ids", ids).want(429)
	require.Equal(t, "https://api.x.com/2/problems/usage-capped", a.str("type"))
	require.Equal(t, "Monthly", a.str("period"))
	w.advance(29 * 24 * time.Hour)
	w.token = w.IssueToken("alice", "tweet.read", "users.read")
	w.get("/2/tweets", "ids", ids).want(200)
}

func TestUsage(t *testing.T) {
	w := open(t, nil)
	for i := range 3 {
		w.get("/2/tweets/" + w.posted(fmt.Sprint(i))).want(200)
	}
	a := w.bearer().get("/2/usage/tweets", "usage.fields", "daily_project_usage").want(200)
	require.Equal(t, "3", a.str("data.project_usage"))
	require.Equal(t, "3000000", a.str("data.project_cap"))
	require.Equal(t, "3", a.str("data.daily_project_usage.usage.0.usage"))
	w.bearer().get("/2/usage/tweets", "usage.fields", "mood").refused(400, "usage.fields")
	w.bearer().get("/2/usage/tweets", "days", "91").refused(400, "between 1 and 90")
}
