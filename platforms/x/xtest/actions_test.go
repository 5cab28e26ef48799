package xtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

func TestReposts(t *testing.T) {
	w := open(t, nil)
	id := w.visit("carol", "", "worth sharing")
	mine := "/2/users/" + w.me + "/retweets"
	a := w.do("POST", mine, m{"tweet_id": id}).want(200)
	rest := a.str("data.rest_id")
	require.JSONEq(t, `{"data":{"retweeted":true,"rest_id":"`+rest+`"}}`, a.body)
	require.Equal(t, rest, w.do("POST", mine, m{"tweet_id": id}).str("data.rest_id"), "once is enough")
	a = w.get("/2/tweets/"+rest, "tweet.fields", "referenced_tweets")
	require.Equal(t, "retweeted", a.str("data.referenced_tweets.0.type"))
	require.Equal(t, "RT @carol: worth sharing", a.str("data.text"))
	require.Equal(t, []string{w.me}, w.get("/2/tweets/"+id+"/retweeted_by").ids())
	require.Equal(t, []string{rest}, w.get("/2/tweets/"+id+"/retweets").ids())
	require.Equal(t, 1.0, w.get("/2/tweets/"+id, "tweet.fields", "public_metrics").get("data.public_metrics.retweet_count"))
	require.JSONEq(t, `{"data":{"retweeted":false}}`, w.do("DELETE", mine+"/"+id, nil).want(200).body)
	require.Empty(t, w.get("/2/tweets/"+id+"/retweeted_by").ids())
	require.Empty(t, w.get("/2/users/"+w.me+"/tweets").ids())
	own := w.posted("mine")
	require.NoError(t, w.VisitorLikes(t.Context(), "dave", own, true))
	require.Equal(t, []string{own}, w.get("/2/users/reposts_of_me").ids())
	w.do("POST", "/2/users/1/retweets", m{"tweet_id": id}).refused(400, "must be the same as the authenticating user")
	w.do("POST", mine, m{}).refused(400, "tweet_id: is missing")
	require.Equal(t, "Not Found Error", w.do("POST", mine, m{"tweet_id": "7"}).want(200).str("errors.0.title"))
	require.Zero(t, w.world.Ledger.Counts("").Duplicates)
}

func TestLikesAndFollowsAreNotSelfServe(t *testing.T) {
	w := open(t, nil)
	id := w.visit("carol", "", "hello")
	for _, c := range [][2]string{
		{"POST", "/2/users/" + w.me + "/likes"},
		{"DELETE", "/2/users/" + w.me + "/likes/" + id},
		{"POST", "/2/users/" + w.me + "/following"},
		{"DELETE", "/2/users/" + w.me + "/following/" + id},
	} {
		a := w.do(c[0], c[1], m{})
		a.refused(403, "not available on your current access level")
		require.Equal(t, "https://api.x.com/2/problems/client-forbidden", a.str("type"))
	}
	require.Zero(t, w.get("/2/tweets/"+id, "tweet.fields", "public_metrics").get("data.public_metrics.like_count"))
}

func TestLikesAndFollows(t *testing.T) {
	w := open(t, enterprise)
	id := w.visit("carol", "", "hello")
	likes := "/2/users/" + w.me + "/likes"
	require.JSONEq(t, `{"data":{"liked":true}}`, w.do("POST", likes, m{"tweet_id": id}).want(200).body)
	w.do("POST", likes, m{"tweet_id": id}).want(200)
	require.Equal(t, 1.0, w.get("/2/tweets/"+id, "tweet.fields", "public_metrics").get("data.public_metrics.like_count"))
	require.Equal(t, []string{id}, w.get("/2/users/"+w.me+"/liked_tweets").ids())
	require.JSONEq(t, `{"data":{"liked":false}}`, w.do("DELETE", likes+"/"+id, nil).want(200).body)
	require.Empty(t, w.get("/2/users/"+w.me+"/liked_tweets").ids())
	own := w.posted("mine")
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", own, false))
	require.Equal(t, []string{w.Author("carol").ID}, w.get("/2/tweets/"+own+"/liking_users").ids())
	require.Equal(t, "Authorization Error", w.get("/2/tweets/"+id+"/liking_users").want(200).str("errors.0.title"), "likes of others are private")

	carol := w.Author("carol").ID
	follows := "/2/users/" + w.me + "/following"
	require.JSONEq(t, `{"data":{"following":true,"pending_follow":false}}`, w.do("POST", follows, m{"target_user_id": carol}).want(200).body)
	require.Equal(t, []string{carol}, w.get(follows).ids())
	require.JSONEq(t, `{"data":{"following":false}}`, w.do("DELETE", follows+"/"+carol, nil).want(200).body)
	require.Empty(t, w.get(follows).ids())
	w.Protect("carol", true)
	require.JSONEq(t, `{"data":{"following":false,"pending_follow":true}}`, w.do("POST", follows, m{"target_user_id": carol}).want(200).body)
	w.do("POST", follows, m{"target_user_id": w.me}).refused(403, "yourself")
	w.do("DELETE", "/2/users/"+carol+"/following/"+w.me, nil).refused(400, "must be the same")
}

func TestMutesAndBookmarks(t *testing.T) {
	w := open(t, nil)
	carol := w.Author("carol").ID
	mutes := "/2/users/" + w.me + "/muting"
	require.JSONEq(t, `{"data":{"muting":true}}`, w.do("POST", mutes, m{"target_user_id": carol}).want(200).body)
	require.Equal(t, []string{carol}, w.get(mutes).ids())
	require.JSONEq(t, `{"data":{"muting":false}}`, w.do("DELETE", mutes+"/"+carol, nil).want(200).body)
	require.Empty(t, w.get(mutes).ids())

	first, second := w.visit("carol", "", "one"), w.visit("carol", "", "two")
	marks := "/2/users/" + w.me + "/bookmarks"
	require.JSONEq(t, `{"data":{"bookmarked":true}}`, w.do("POST", marks, m{"tweet_id": second}).want(200).body)
	w.do("POST", marks, m{"tweet_id": first}).want(200)
	w.do("POST", marks, m{"tweet_id": first}).want(200)
	require.Equal(t, []string{second, first}, w.get(marks).ids())
	require.JSONEq(t, `{"data":{"bookmarked":false}}`, w.do("DELETE", marks+"/"+first, nil).want(200).body)
	require.Equal(t, []string{second}, w.get(marks).ids())
	w.as("bob").get(marks).want(400)
}

func TestMetrics(t *testing.T) {
	w := open(t, enterprise)
	id := w.posted("measured")
	require.NoError(t, w.SetMetrics(id, xtest.Metrics{Impressions: 100, LinkClicks: 3, ProfileClicks: 2, Engagements: 9}))
	require.Error(t, w.SetMetrics("7", xtest.Metrics{}))
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", id, false))
	fields := []string{"tweet.fields", "public_metrics,non_public_metrics,organic_metrics"}
	a := w.get("/2/tweets/"+id, fields...).want(200)
	require.JSONEq(t, `{"impression_count":100,"like_count":1,"reply_count":0,"retweet_count":0,"quote_count":0,"bookmark_count":0}`, js(t, a.get("data.public_metrics")))
	require.JSONEq(t, `{"impression_count":100,"url_link_clicks":3,"user_profile_clicks":2,"engagements":9}`, js(t, a.get("data.non_public_metrics")))
	require.JSONEq(t, `{"impression_count":100,"like_count":1,"reply_count":0,"retweet_count":0,"url_link_clicks":3,"user_profile_clicks":2}`, js(t, a.get("data.organic_metrics")))
	require.Nil(t, a.get("errors"))
	for name, other := range map[string]*wire{"another account": w.as("bob"), "an app": w.bearer()} {
		b := other.get("/2/tweets/"+id, fields...).want(200)
		require.NotNil(t, b.get("data.public_metrics"), name)
		require.Nil(t, b.get("data.non_public_metrics"), name)
		require.Equal(t, "non_public_metrics", b.str("errors.0.field"), name)
		require.Equal(t, "https://api.x.com/2/problems/not-authorized-for-field", b.str("errors.0.type"), name)
	}
	require.Equal(t, "promoted_metrics", w.get("/2/tweets/"+id, "tweet.fields", "promoted_metrics").str("errors.0.field"))
	w.advance(30 * 24 * time.Hour)
	w = w.with(w.IssueToken("alice", "tweet.read", "users.read"))
	require.NotNil(t, w.get("/2/tweets/"+id, fields...).get("data.non_public_metrics"))
	w.advance(time.Second)
	a = w.get("/2/tweets/"+id, fields...)
	require.Nil(t, a.get("data.non_public_metrics"))
	require.Contains(t, a.str("errors.0.detail"), "older than 30 days")
	require.NotNil(t, a.get("data.public_metrics"))
}

func TestAnalytics(t *testing.T) {
	w := open(t, enterprise)
	id := w.posted("measured")
	require.NoError(t, w.SetMetrics(id, xtest.Metrics{Impressions: 100, LinkClicks: 3}))
	q := []string{"ids", id + ",7," + w.visit("carol", "", "not mine"), "start_time", "2026-11-01T00:00:00Z", "end_time", "2026-11-03T00:00:00Z", "analytics.fields", "impressions,url_clicks"}
	a := w.get("/2/tweets/analytics", q...).want(200)
	require.JSONEq(t, `[{"id":"`+id+`","timestamped_metrics":[{"timestamp":"2026-11-01T00:00:00.000Z","metrics":{"impressions":100,"url_clicks":3}}]}]`, js(t, a.get("data")))
	require.Equal(t, "Not Found Error", a.str("errors.0.title"))
	require.Equal(t, "Authorization Error", a.str("errors.1.title"))
	a = w.get("/2/tweets/analytics", append(q, "granularity", "daily")...)
	require.Equal(t, 0.0, a.get("data.0.timestamped_metrics.0.metrics.impressions"))
	require.Equal(t, 100.0, a.get("data.0.timestamped_metrics.1.metrics.impressions"))
	w.get("/2/tweets/analytics", append(q, "granularity", "yearly")...).refused(400, "granularity")
	w.get("/2/tweets/analytics", "ids", id).refused(400, "start_time")
	w.get("/2/tweets/analytics", append(q, "analytics.fields", "mood")...).refused(400, "analytics.fields")
	open(t, nil).get("/2/tweets/analytics", q...).refused(403, "not available on your current access level")
}
