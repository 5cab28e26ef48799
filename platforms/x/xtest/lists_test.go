package xtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

func TestFieldsAreAskedFor(t *testing.T) {
	w := open(t, nil)
	id := w.posted("hello")
	require.JSONEq(t, `{"data":{"id":"`+id+`","text":"hello","edit_history_tweet_ids":["`+id+`"]}}`, w.get("/2/tweets/"+id).want(200).body)
	require.JSONEq(t, `{"data":{"id":"`+w.me+`","name":"alice","username":"alice"}}`, w.get("/2/users/me").want(200).body)
	a := w.get("/2/tweets/"+id, "expansions", "author_id", "user.fields", "created_at,public_metrics,verified,protected,profile_image_url,most_recent_tweet_id")
	require.Equal(t, w.me, a.str("data.author_id"), "an expansion shows what it expands")
	require.Equal(t, 1.0, a.get("includes.users.0.public_metrics.tweet_count"))
	require.Equal(t, id, a.str("includes.users.0.most_recent_tweet_id"))
	w.get("/2/tweets/"+id, "tweet.fields", "colour").refused(400, "The `tweet.fields` query parameter value [colour] is not one of")
	w.get("/2/tweets/"+id, "expansions", "author").refused(400, "expansions")
	w.get("/2/tweets/"+id, "colour", "red").refused(400, "The query parameter [colour] is not one of")
	w.get("/2/tweets/x").refused(400, "[x] is not valid")
	w.get("/2/nonsense").want(404)
}

func TestSpellings(t *testing.T) {
	fields := []string{"post.fields", "public_metrics,referenced_tweets", "expansions", "referenced_posts", "user.fields", "public_metrics"}
	for spelling, want := range map[xtest.Spelling][2]bool{xtest.Old: {true, false}, xtest.New: {false, true}, xtest.Both: {true, true}} {
		w := open(t, &xtest.Options{Spelling: spelling})
		id := w.reply(w.posted("root"), "leaf").want(201).str("data.id")
		a := w.get("/2/tweets/"+id, fields...)
		me := w.get("/2/users/me", "user.fields", "public_metrics")
		for i, names := range [][]string{
			{"data.edit_history_tweet_ids", "data.public_metrics.retweet_count", "data.referenced_tweets.0", "includes.tweets"},
			{"data.edit_history_post_ids", "data.public_metrics.repost_count", "data.referenced_posts.0", "includes.posts"},
		} {
			for _, n := range names {
				require.Equal(t, want[i], a.get(n) != nil, "%s: %s", spelling, n)
			}
		}
		require.Equal(t, want[0], me.get("data.public_metrics.tweet_count") != nil)
		require.Equal(t, want[1], me.get("data.public_metrics.post_count") != nil)
	}
}

func TestMissingIsAnErrorWithin200(t *testing.T) {
	w := open(t, nil)
	id := w.posted("here")
	a := w.get("/2/tweets", "ids", id+",7").want(200)
	require.Equal(t, []string{id}, a.ids())
	require.Equal(t, "https://api.x.com/2/problems/resource-not-found", a.str("errors.0.type"))
	require.Equal(t, "7", a.str("errors.0.resource_id"))
	require.Equal(t, "ids", a.str("errors.0.parameter"))
	require.Nil(t, w.get("/2/tweets/7").want(200).get("data"))
	bob := w.as("bob")
	secret := bob.posted("for friends")
	w.Protect("bob", true)
	a = w.get("/2/tweets/" + secret).want(200)
	require.Equal(t, "https://api.x.com/2/problems/not-authorized-for-resource", a.str("errors.0.type"))
	require.Equal(t, "Authorization Error", w.get("/2/users/"+bob.me+"/tweets").want(200).str("errors.0.title"))
	require.NoError(t, w.VisitorFollows(t.Context(), "alice", "bob"))
	require.Equal(t, "for friends", w.get("/2/tweets/"+secret).str("data.text"))
	w.Suspend("bob", true)
	require.Nil(t, w.get("/2/tweets/"+secret).want(200).get("data"))
	require.Contains(t, w.get("/2/users/"+bob.me).want(200).str("errors.0.detail"), "suspended")
	bob.post("hello?").refused(403, "suspended")
	w.Block("dave", "alice")
	require.Nil(t, w.get("/2/tweets/"+w.visit("dave", "", "not for alice")).want(200).get("data"))
	many := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	w.get("/2/tweets", "ids", many).refused(400, "not between 1 and 100")
	w.get("/2/tweets").refused(400, "ids")
	w.get("/2/tweets", "ids", "x").refused(400, "ids")
}

func TestPagesLeadBothWays(t *testing.T) {
	w := open(t, nil)
	var all []string
	for i := range 12 {
		all = append(all, w.posted(fmt.Sprint("post ", i)))
		w.advance(time.Minute)
	}
	slices.Reverse(all)
	path := "/2/users/" + w.me + "/tweets"
	a := w.get(path, "max_results", "5").want(200)
	require.Equal(t, all[:5], a.ids())
	require.Equal(t, all[0], a.str("meta.newest_id"))
	require.Equal(t, all[4], a.str("meta.oldest_id"))
	require.Equal(t, 5.0, a.get("meta.result_count"))
	require.Nil(t, a.get("meta.previous_token"))
	w.posted("in between") // moves nothing
	b := w.get(path, "max_results", "5", "pagination_token", a.str("meta.next_token"))
	require.Equal(t, all[5:10], b.ids())
	require.NotEmpty(t, b.str("meta.previous_token"))
	c := w.get(path, "max_results", "5", "pagination_token", b.str("meta.next_token"))
	require.Equal(t, all[10:], c.ids())
	require.Nil(t, c.get("meta.next_token"))
	require.Equal(t, all[:5], w.get(path, "max_results", "5", "pagination_token", b.str("meta.previous_token")).ids())
	require.Equal(t, all[5:10], w.get(path, "max_results", "5", "pagination_token", c.str("meta.previous_token")).ids())
	w.get(path, "pagination_token", "7140w00000000000000x").want(200)
	w.get(path, "pagination_token", "nonsense").refused(400, "pagination_token")
	w.get(path, "max_results", "4").refused(400, "not between 5 and 100")
	w.get(path, "max_results", "101").refused(400, "not between 5 and 100")
}

func TestTimelineBounds(t *testing.T) {
	w := open(t, nil)
	var ids []string
	for i := range 5 {
		ids = append(ids, w.posted(fmt.Sprint("post ", i)))
		w.advance(time.Minute)
	}
	path := "/2/users/" + w.me + "/tweets"
	require.Equal(t, []string{ids[4], ids[3]}, w.get(path, "since_id", ids[2]).ids())
	require.Equal(t, []string{ids[1], ids[0]}, w.get(path, "until_id", ids[2]).ids())
	require.Equal(t, []string{ids[4], ids[3]}, w.get(path, "start_time", "2026-11-02T09:03:00Z").ids(), "the start counts")
	require.Equal(t, []string{ids[2], ids[1], ids[0]}, w.get(path, "end_time", "2026-11-02T09:03:00Z").ids(), "the end does not")
	w.get(path, "start_time", "yesterday").refused(400, "RFC3339")
	w.get(path, "end_time", "2026-11-02T09:00:00Z", "start_time", "2026-11-02T10:00:00Z").refused(400, "must be later")
	w.get(path, "since_id", "x").refused(400, "since_id")
	w.get(path, "since_id", ids[2], "until_id", ids[2]).refused(400, "must be less than 'until_id'")
	re := w.reply(ids[0], "more").want(201).str("data.id")
	other := w.visit("carol", "", "by somebody else")
	rt := w.do("POST", "/2/users/"+w.me+"/retweets", m{"tweet_id": other}).want(200).str("data.rest_id")
	require.Equal(t, []string{rt, re}, w.get(path).ids()[:2])
	require.NotContains(t, w.get(path, "exclude", "retweets").ids(), rt)
	require.NotContains(t, w.get(path, "exclude", "replies,retweets").ids(), re)
	w.get(path, "exclude", "everything").refused(400, "exclude")
	require.JSONEq(t, `{"meta":{"result_count":0}}`, w.get("/2/users/"+w.Author("quiet").ID+"/tweets").want(200).body)
	require.Equal(t, "Not Found Error", w.get("/2/users/1/tweets").want(200).str("errors.0.title"))
}

func TestMentionsAndHome(t *testing.T) {
	w := open(t, nil)
	one := w.visit("carol", "", "hello @alice")
	w.visit("carol", "", "hello everybody")
	two := w.visit("dave", w.posted("root"), "named by answering")
	require.Equal(t, []string{two, one}, w.get("/2/users/"+w.me+"/mentions").ids())
	require.NoError(t, w.VisitorFollows(t.Context(), "alice", "carol"))
	home := w.get("/2/users/" + w.me + "/timelines/reverse_chronological").want(200).ids()
	require.Contains(t, home, one)
	require.NotContains(t, home, two)
	w.do("POST", "/2/users/"+w.me+"/muting", m{"target_user_id": w.Author("carol").ID}).want(200)
	require.NotContains(t, w.get("/2/users/"+w.me+"/timelines/reverse_chronological").ids(), one)
	w.get("/2/users/"+w.Author("carol").ID+"/timelines/reverse_chronological").refused(400, "must be the same as the authenticating user")
}

func TestReadLag(t *testing.T) {
	w := open(t, &xtest.Options{ReadLag: time.Minute})
	id := w.posted("slow to show")
	require.Empty(t, w.get("/2/users/"+w.me+"/tweets").ids())
	require.Equal(t, "slow to show", w.get("/2/tweets/"+id).str("data.text"))
	w.advance(time.Minute)
	require.Equal(t, []string{id}, w.get("/2/users/"+w.me+"/tweets").ids())
}

func TestSearch(t *testing.T) {
	w := open(t, nil)
	old := w.posted("ancient words")
	w.advance(7*24*time.Hour + time.Second)
	w = w.with(w.IssueToken("alice", "tweet.read", "tweet.write", "users.read"))
	root := w.posted("Ordering coffee https://example.com/beans #Monday")
	answer := w.visit("carol", root, "tea please")
	deep := w.visit("dave", answer, "coffee for me")
	w.do("POST", "/2/users/"+w.me+"/retweets", m{"tweet_id": deep}).want(200)
	for query, want := range map[string][]string{
		"ancient":                          nil,
		"coffee":                           {deep, root},
		"COFFEE":                           {deep, root},
		"coff":                             nil,
		"conversation_id:" + root:          {deep, answer, root},
		"in_reply_to_tweet_id:" + root:     {answer},
		"conversation_id:" + root + " tea": {answer},
		"from:carol":                       {answer},
		"from:alice coffee":                {root},
		"to:alice":                         {answer},
		"coffee -from:alice":               {deep},
		"tea OR ordering":                  {answer, root},
		"(tea OR coffee) is:reply":         {deep, answer},
		"coffee -(from:alice OR from:x)":   {deep},
		`"coffee for"`:                     {deep},
		"#monday":                          {root},
		"@alice":                           {deep, answer},
		"url:beans":                        {root},
		"coffee has:links":                 {root},
		"coffee -is:retweet":               {deep, root},
	} {
		require.Equal(t, want, w.get("/2/tweets/search/recent", "query", query).want(200).ids(), query)
	}
	for query, words := range map[string]string{
		"":                       "1 to 512",
		strings.Repeat("x", 513): "1 to 512",
		"colour:red":             "invalid operator 'colour'",
		"(coffee":                "missing ')'",
		"coffee)":                "no viable alternative",
		`"coffee`:                "missing closing quote",
		"OR":                     "no viable alternative",
		"from:":                  "needs a value",
		"is:nice":                "invalid value",
	} {
		w.get("/2/tweets/search/recent", "query", query).refused(400, words)
	}
	w.get("/2/tweets/search/recent", "query", "x", "max_results", "9").refused(400, "not between 10 and 100")
	w.get("/2/tweets/search/recent", "query", "x", "start_time", "2026-11-01T00:00:00Z").refused(400, "must be on or after 2026-11-02T09:00Z")
	w.get("/2/tweets/search/recent", "query", "x", "since_id", "1", "start_time", "2026-11-09T09:00:00Z").refused(400, "At most one of `start_time`, `since_id`")
	w.get("/2/tweets/search/recent", "query", "x", "sort_order", "random").refused(400, "sort_order")
	require.Equal(t, []string{deep}, w.get("/2/tweets/search/recent", "query", "coffee", "since_id", answer).ids())
	require.Equal(t, "ancient words", w.get("/2/tweets/"+old).str("data.text"), "search forgets, posts stay")
	e := open(t, enterprise)
	e.get("/2/tweets/search/recent", "query", strings.Repeat("x", 4096)).want(200)
}

func TestSearchTraits(t *testing.T) {
	w := open(t, enterprise)
	root := w.posted("plain")
	quote := w.do("POST", "/2/tweets", m{"text": "quoting", "quote_tweet_id": root}).want(201).str("data.id")
	link := w.posted("see https://example.com")
	photo := w.withMedia("photo", w.upload("image/png", "tweet_image", png()).want(200).str("data.id")).want(201).str("data.id")
	w.SetPremium("alice", true)
	visitor := w.visit("carol", "", "hello @alice")
	for query, want := range map[string][]string{
		"is:quote":                     {quote},
		"quotes_of_tweet_id:" + root:   {quote},
		"has:links":                    {link},
		"has:media":                    {photo},
		"has:mentions":                 {visitor},
		"is:verified":                  {photo, link, quote, root},
		"-is:verified lang:en":         {visitor},
		"lang:de":                      nil,
		"from:@carol":                  {visitor},
		"from:" + w.me + " -has:links": {photo, quote, root},
	} {
		require.Equal(t, want, w.get("/2/tweets/search/recent", "query", query).want(200).ids(), query)
	}
	w.Protect("carol", true)
	require.NoError(t, w.VisitorFollows(t.Context(), "alice", "carol"))
	require.Empty(t, w.get("/2/tweets/search/recent", "query", "hello").want(200).ids(), "search finds what everybody may see")
}

func TestSearchPages(t *testing.T) {
	w := open(t, nil)
	var all []string
	for i := range 11 {
		all = append(all, w.posted(fmt.Sprint("coffee ", i)))
	}
	slices.Reverse(all)
	a := w.get("/2/tweets/search/recent", "query", "coffee")
	require.Equal(t, all[:10], a.ids())
	require.Equal(t, all[0], a.str("meta.newest_id"))
	for _, name := range []string{"next_token", "pagination_token"} {
		require.Equal(t, all[10:], w.get("/2/tweets/search/recent", "query", "coffee", name, a.str("meta.next_token")).ids())
	}
}

func TestCounts(t *testing.T) {
	w := open(t, nil)
	w.posted("coffee 1")
	w.advance(90 * time.Minute)
	w.posted("coffee 2")
	w.posted("tea")
	w.advance(time.Minute)
	q := []string{"query", "coffee", "start_time", "2026-11-02T09:00:00Z", "end_time", "2026-11-02T10:31:00Z"}
	a := w.bearer().get("/2/tweets/counts/recent", q...).want(200)
	require.JSONEq(t, `{"data":[
		{"start":"2026-11-02T09:00:00.000Z","end":"2026-11-02T10:00:00.000Z","tweet_count":1},
		{"start":"2026-11-02T10:00:00.000Z","end":"2026-11-02T10:31:00.000Z","tweet_count":1}],"meta":{"total_tweet_count":2}}`, a.body)
	require.Len(t, w.bearer().get("/2/tweets/counts/recent", append(q, "granularity", "day")...).get("data"), 1)
	require.Len(t, w.bearer().get("/2/tweets/counts/recent", append(q, "granularity", "minute")...).get("data"), 91)
	w.bearer().get("/2/tweets/counts/recent", append(q, "granularity", "year")...).refused(400, "granularity")
}

func TestUsers(t *testing.T) {
	w := open(t, nil)
	bob := w.Author("bob").ID
	require.Equal(t, bob, w.get("/2/users/by/username/BOB").str("data.id"))
	require.Equal(t, "bob", w.get("/2/users/"+bob).str("data.username"))
	require.Equal(t, []string{bob, w.me}, w.get("/2/users", "ids", bob+","+w.me).ids())
	a := w.get("/2/users/by", "usernames", "bob,nobody")
	require.Equal(t, []string{bob}, a.ids())
	require.Equal(t, "nobody", a.str("errors.0.value"))
	w.get("/2/users/by/username/not-a-name").refused(400, "username")
	w.get("/2/users").refused(400, "ids")
	for _, h := range []string{"carol", "dave", "erin"} {
		require.NoError(t, w.VisitorFollows(t.Context(), h, "alice"))
	}
	require.NoError(t, w.VisitorFollows(t.Context(), "alice", "bob"))
	a = w.get("/2/users/"+w.me+"/followers", "max_results", "2", "user.fields", "connection_status")
	require.Equal(t, []string{w.Author("erin").ID, w.Author("dave").ID}, a.ids(), "the latest first")
	require.Equal(t, []any{"followed_by"}, a.get("data.0.connection_status"))
	require.Equal(t, []string{w.Author("carol").ID}, w.get("/2/users/"+w.me+"/followers", "max_results", "2", "pagination_token", a.str("meta.next_token")).ids())
	require.Equal(t, []string{bob}, w.get("/2/users/"+w.me+"/following").ids())
	me := w.get("/2/users/me", "user.fields", "public_metrics,subscription_type,verified_type")
	require.Equal(t, 3.0, me.get("data.public_metrics.followers_count"))
	require.Equal(t, 1.0, me.get("data.public_metrics.following_count"))
	require.Equal(t, "None", me.str("data.subscription_type"))
	w.Block("alice", "dave")
	require.Equal(t, []string{w.Author("dave").ID}, w.get("/2/users/"+w.me+"/blocking").ids())
	require.Equal(t, 2.0, w.get("/2/users/me", "user.fields", "public_metrics").get("data.public_metrics.followers_count"))
	_, err := w.NewAccount("not a handle")
	require.Error(t, err)
	require.Len(t, w.Accounts(), 1)
}
