package xtest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/mediax/mediatest"
	"github.com/smmkit/smmkit/platforms/x/xtest"
)

// everything asks for all fields and expansions that the simulator knows.
func everything() string {
	return "?" + url.Values{
		"post.fields": {"attachments,author_id,community_id,conversation_id,created_at,display_text_range,edit_controls,entities,id,in_reply_to_user_id,lang,non_public_metrics,note_post,organic_metrics,paid_partnership,possibly_sensitive,public_metrics,referenced_posts,reply_settings,text"},
		"user.fields": {"connection_status,created_at,description,id,most_recent_post_id,name,profile_image_url,protected,public_metrics,receives_your_dm,subscription_type,username,verified,verified_type"},
		"expansions":  {"attachments.media_keys,attachments.poll_ids,author_id,entities.mentions.username,in_reply_to_user_id,referenced_posts,most_recent_post_id"},
	}.Encode()
}

const files = "&media.fields=alt_text,duration_ms,height,media_key,non_public_metrics,organic_metrics,preview_image_url,public_metrics,type,url,variants,width" +
	"&poll.fields=duration_minutes,end_datetime,id,options,voting_status"

// tour goes by every operation of the simulator.
func tour(t *testing.T, tier xtest.Tier, spelling xtest.Spelling) {
	w, _, hook := hooked(t, xtest.Options{Tier: tier, Spelling: spelling, MediaDelay: time.Second})
	bob := w.as("bob")
	w.SetPremium("alice", true)
	me := "/2/users/" + w.me
	video := tourMedia(w)
	root := w.posted("hello @bob #tag $TAG https://example.com " + strings.Repeat("long ", 60))
	film := w.withMedia("film", video).want(201).str("data.id")
	vote := w.do("POST", "/2/tweets", m{"text": "vote", "community_id": "1", "poll": m{"options": []string{"a", "b"}, "duration_minutes": 5}}).want(201).str("data.id")
	answer := w.visit("carol", root, "nice @bob")
	w.reply(answer, "thanks").want(201)
	quoted, err := w.VisitorQuotes(t.Context(), "carol", root, "look @alice")
	require.NoError(t, err)
	w.do("POST", "/2/tweets", m{"text": "fixed", "edit_options": m{"previous_post_id": w.posted("typo")}}).want(201)
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", root, false))
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", root, true))
	require.NoError(t, w.VisitorFollows(t.Context(), "carol", "alice"))
	carol := w.Author("carol").ID
	full := everything()

	for _, path := range []string{
		"/2/tweets" + full + files + "&ids=" + strings.Join([]string{root, film, vote, answer, quoted.ID, "7"}, ","),
		"/2/tweets/" + root + full, "/2/tweets/7", me + "/tweets" + full + files, me + "/mentions" + full + files,
		me + "/timelines/reverse_chronological" + full, "/2/tweets/" + root + "/quote_tweets" + full, "/2/tweets/" + root + "/retweets" + full,
		"/2/tweets/" + root + "/retweeted_by", "/2/tweets/" + root + "/liking_users", "/2/users/reposts_of_me" + full,
		"/2/tweets/search/recent" + full + "&query=hello", "/2/users/me?user.fields=public_metrics,most_recent_post_id&expansions=most_recent_post_id",
		"/2/users?ids=" + w.me + ",7", "/2/users/by?usernames=alice,nobody", me, "/2/users/by/username/bob", me + "/followers?user.fields=public_metrics", me + "/following",
		me + "/muting", me + "/blocking", me + "/liked_tweets", "/2/dm_events", "/2/media/7_" + video + "?media.fields=public_metrics,organic_metrics,variants", "/2/media?media_keys=7_" + video + ",3_7",
		"/2/tweets/analytics?ids=" + root + "&start_time=2026-11-01T00:00:00Z&end_time=2026-11-03T00:00:00Z&granularity=daily&analytics.fields=impressions,likes",
		"/2/activity/subscriptions",
	} {
		w.do("GET", path, nil)
	}
	tourActions(w, carol, root, answer)
	tourMessages(w, bob, carol)
	tourHooks(w, hook)
	w.do("DELETE", "/2/tweets/"+film, nil).want(200)
	w.do("POST", "/2/tweets", m{"text": "x", "colour": 1}).want(400)
	w.with("nonsense").get("/2/users/me").want(401)
	w.Protect("bob", true)
	w.get("/2/users/" + bob.me + "/tweets").want(200)
}

func tourMedia(w *wire) string {
	w.t.Helper()
	one := w.multi("/2/media/upload", png(), "media_category", "tweet_image").want(200).str("data.id")
	w.withMedia("picture", one).want(201)
	video := w.upload("video/mp4", "tweet_video", mediatest.MP4(64, 64, time.Second)).want(200).str("data.id")
	w.get("/2/media/upload", "media_id", video).want(200)
	w.do("POST", "/2/media/metadata", m{"id": video, "metadata": m{"alt_text": m{"text": "film"}}}).want(200)
	srt := w.upload("text/srt", "subtitles", []byte("1 --> 2")).want(200).str("data.id")
	w.do("POST", "/2/media/subtitles", m{"id": video, "media_category": "TweetVideo", "subtitles": m{"id": srt, "language_code": "EN", "display_name": "E"}}).want(200)
	w.do("DELETE", "/2/media/subtitles", m{"id": video, "media_category": "TweetVideo", "language_code": "EN"}).want(200)
	w.advance(time.Second)
	return video
}

func tourActions(w *wire, carol, root, answer string) {
	w.t.Helper()
	me := "/2/users/" + w.me
	w.do("POST", me+"/likes", m{"tweet_id": root})
	w.get(me + "/liked_tweets").want(200)
	w.do("DELETE", me+"/likes/"+root, nil)
	w.do("POST", me+"/following", m{"target_user_id": carol})
	w.do("DELETE", me+"/following/"+carol, nil)
	w.do("POST", me+"/retweets", m{"tweet_id": answer}).want(200)
	w.do("DELETE", me+"/retweets/"+answer, nil).want(200)
	w.do("POST", me+"/muting", m{"target_user_id": carol}).want(200)
	w.get(me + "/muting").want(200)
	w.do("DELETE", me+"/muting/"+carol, nil).want(200)
	w.do("POST", me+"/bookmarks", m{"tweet_id": answer}).want(200)
	w.get(me + "/bookmarks").want(200)
	w.do("DELETE", me+"/bookmarks/"+answer, nil).want(200)
	w.do("POST", "/2/users/"+carol+"/dm/block", nil).want(200)
	w.do("POST", "/2/users/"+carol+"/dm/unblock", nil).want(200)
	w.do("PUT", "/2/tweets/"+answer+"/hidden", m{"hidden": true}).want(200)
}

func tourMessages(w, bob *wire, carol string) {
	w.t.Helper()
	a := w.do("POST", "/2/dm_conversations/with/"+bob.me+"/messages", m{"text": "hi"}).want(201)
	conv := a.str("data.dm_conversation_id")
	w.do("POST", "/2/dm_conversations/"+conv+"/messages", m{"text": "hi again"}).want(201)
	w.do("POST", "/2/dm_conversations", m{"conversation_type": "Group", "participant_ids": []string{bob.me, carol}, "message": m{"text": "all"}}).want(201)
	all := "?dm_event.fields=id,event_type,text,sender_id,dm_conversation_id,created_at,attachments,participant_ids&expansions=sender_id,participant_ids"
	for _, path := range []string{"/2/dm_events", "/2/dm_conversations/" + conv + "/dm_events", "/2/dm_conversations/with/" + bob.me + "/dm_events", "/2/dm_events/" + a.str("data.dm_event_id")} {
		w.do("GET", path+all, nil).want(200)
	}
	w.do("DELETE", "/2/dm_events/"+a.str("data.dm_event_id"), nil).want(200)
}

func tourHooks(w *wire, hook string) {
	w.t.Helper()
	app := w.bearer()
	app.get("/2/webhooks").want(200)
	sub := w.subscribe("post.create", hook, m{"user_id": w.me}).want(200).str("data.subscription.subscription_id")
	second := w.subscribe("post.delete", hook, m{"user_id": w.me}).want(200).str("data.subscription.subscription_id")
	w.get("/2/activity/subscriptions").want(200)
	app.do("PUT", "/2/activity/subscriptions/"+sub, m{"tag": "t"}).want(200)
	app.do("DELETE", "/2/activity/subscriptions/"+sub, nil).want(200)
	app.do("DELETE", "/2/activity/subscriptions?ids="+second+",7", nil).want(200)
	app.do("POST", "/2/webhooks/replay", m{"webhook_id": hook, "from_date": "202611020000", "to_date": "202611030000"}).want(200)
	app.do("PUT", "/2/webhooks/"+hook, nil).want(200)
	app.do("DELETE", "/2/webhooks/"+hook, nil).want(200)
	app.get("/2/usage/tweets", "usage.fields", "daily_project_usage,daily_client_app_usage").want(200)
	app.get("/2/tweets/counts/recent", "query", "hello").want(200)
}

// newNames turns an answer in the old spelling into the new one, in which alone
// the specification is written.
func newNames(v any) any {
	names := map[string]string{
		"retweet_count": "repost_count", "tweet_count": "post_count", "total_tweet_count": "total_post_count", "referenced_tweets": "referenced_posts",
		"note_tweet": "note_post", "edit_history_tweet_ids": "edit_history_post_ids", "most_recent_tweet_id": "most_recent_post_id", "tweets": "posts",
	}
	switch v := v.(type) {
	case m:
		out := m{}
		for k, e := range v {
			if fresh, old := names[k]; old {
				k = fresh
			}
			out[k] = newNames(e)
		}
		return out
	case []any:
		for i := range v {
			v[i] = newNames(v[i])
		}
	}
	return v
}

// beyond are the types of problems that prose or practice know and the
// specification does not list. Their shape is checked all the same.
var beyond = []string{
	"about:blank", "https://api.x.com/2/problems/rate-limit-exceeded", "https://api.x.com/2/problems/usage-capped",
	"https://api.x.com/2/problems/client-forbidden", "https://api.x.com/2/problems/unsupported-authentication", "https://api.x.com/2/problems/credits",
}

func (s *specification) judge(e exchange) (wrong []string, template string) {
	op, template := s.operation(e.method, e.path)
	if op == nil {
		return nil, ""
	}
	var v any
	if err := json.Unmarshal([]byte(e.body), &v); err != nil {
		return []string{err.Error()}, template
	}
	if e.status < 400 {
		if e.spelling != xtest.New {
			v = newNames(v)
		}
		if o, _ := v.(m); template == "/2/activity/subscriptions" && e.method == "GET" {
			delete(o, "meta") // see listSubscriptions
		}
		if _, documented := op["responses"].(m)[fmt.Sprint(e.status)]; !documented {
			return []string{fmt.Sprintf("%d is not documented", e.status)}, template
		}
		return s.check(s.answer(op, e.status, e.kind), v, "", true), template
	}
	if o, isObject := v.(m); isObject && o["errors"] != nil && o["title"] == nil { // version 1.1, by order
		return nil, template
	}
	schema := s.answer(op, e.status, e.kind)
	if o, _ := v.(m); o != nil {
		if kind, _ := o["type"].(string); slices.Contains(beyond, kind) {
			schema = m{"type": "object", "required": []any{"type", "title", "detail", "status"}}
		}
	}
	if schema == nil {
		return []string{"refused as " + e.kind}, template
	}
	return s.check(schema, v, "", false), template
}

// outside are answers that tests ordered to be spoilt.
func outside(e exchange) bool { return e.kind == "text/html" }

// TestAnswersFitTheSpecification judges every answer that the tests of this
// package have seen so far, and those of a tour of its own.
func TestAnswersFitTheSpecification(t *testing.T) {
	s := loadSpecification(t)
	for _, tier := range []xtest.Tier{xtest.Enterprise, xtest.SelfServe} {
		for _, spelling := range []xtest.Spelling{xtest.New, xtest.Old} {
			tour(t, tier, spelling)
		}
	}
	recordedMu.Lock()
	seen := slices.Clone(recorded)
	recordedMu.Unlock()
	good := map[string]bool{}
	judged := 0
	for _, e := range seen {
		if outside(e) {
			continue
		}
		wrong, template := s.judge(e)
		for _, words := range wrong {
			t.Errorf("%s %s: %d %s\n\t%s", e.method, e.path, e.status, words, e.body)
		}
		if template != "" {
			judged++
		}
		if template != "" && e.status < 300 {
			good[e.method+" "+template] = true
		}
	}
	require.Len(t, good, 68, "operations of the specification that were answered")
	t.Logf("%d of %d answers judged, %d operations", judged, len(seen), len(good))
}
