package xtest_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
	"github.com/smmkit/smmkit/smm/sim"
)

func TestPosting(t *testing.T) {
	w := open(t, nil)
	a := w.post("Hello").want(201)
	id := a.str("data.id")
	require.Regexp(t, `^[0-9]{19}$`, id)
	require.JSONEq(t, `{"data":{"id":"`+id+`","text":"Hello","edit_history_tweet_ids":["`+id+`"]}}`, a.body)
	require.Equal(t, "application/json; charset=utf-8", a.header.Get("Content-Type"))
	require.Equal(t, "Mon, 02 Nov 2026 09:00:00 GMT", a.header.Get("Date"))
	require.NotEmpty(t, a.header.Get("X-Transaction-Id"))

	items := w.world.Ledger.Items()
	require.Len(t, items, 1)
	require.Equal(t, sim.Item{Platform: "x", Account: "alice", Text: "Hello", ID: id, URL: "https://x.com/alice/status/" + id, At: epoch}, items[0])

	require.JSONEq(t, `{"data":{"deleted":true}}`, w.do("DELETE", "/2/tweets/"+id, nil).want(200).body)
	require.JSONEq(t, `{"data":{"deleted":false}}`, w.do("DELETE", "/2/tweets/"+id, nil).want(200).body)
	require.True(t, w.world.Ledger.Items()[0].Removed)
	other := w.as("bob").posted("mine")
	w.do("DELETE", "/2/tweets/"+other, nil).refused(403, "not authorized to delete")
}

func TestDuplicatesAreRefusedWithoutAnID(t *testing.T) {
	w := open(t, nil)
	id := w.posted("one")
	a := w.post("one").want(403)
	require.JSONEq(t, `{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}`, a.body)
	w.post(" one ").want(403)
	w.post("two").want(201)
	w.post("one").want(403)
	w.as("bob").post("one").want(201)
	w.reply(id, "one").want(201)
	w.reply(id, "one").want(403)
	w.advance(12*time.Hour - time.Second)
	w = w.with(w.IssueToken("alice", "tweet.read", "tweet.write", "users.read"))
	w.post("one").want(403)
	w.advance(time.Second)
	w.post("one").want(201)
	w.do("DELETE", "/2/tweets/"+w.posted("gone"), nil).want(200)
	w.post("gone").want(201)

	w.LegacyErrors(true)
	require.JSONEq(t, `{"errors":[{"code":187,"message":"Status is a duplicate."}]}`, w.post("one").want(403).body)
}

func TestPostsAreChecked(t *testing.T) {
	w := open(t, nil)
	for name, tc := range map[string]struct {
		body   any
		status int
		words  string
	}{
		"nothing":           {m{}, 400, "$.text: is missing"},
		"blank":             {m{"text": " "}, 400, "$.text: is missing"},
		"not JSON":          {"{", 400, "must be valid JSON"},
		"unknown field":     {m{"text": "x", "colour": "red"}, 400, "$.colour: is not defined in the schema"},
		"unknown inside":    {m{"text": "x", "reply": m{"in_reply_to_tweet_id": "1", "when": 1}}, 400, "$.when: is not defined in the schema"},
		"another type":      {m{"text": 1}, 400, "$.text: number found"},
		"too long":          {m{"text": strings.Repeat("x", 281)}, 403, "You are not permitted to perform this action"},
		"settings":          {m{"text": "x", "reply_settings": "nobody"}, 400, "does not have a value in the enumeration"},
		"reply to no id":    {m{"text": "x", "reply": m{"in_reply_to_tweet_id": "x"}}, 400, "does not match the regex pattern"},
		"reply to nothing":  {m{"text": "x", "reply": m{"in_reply_to_tweet_id": "1"}}, 403, "deleted or not visible"},
		"quote":             {m{"text": "x", "quote_tweet_id": "1"}, 403, "not allowed on your current access level"},
		"media and poll":    {m{"text": "x", "media": m{"media_ids": []string{"1"}}, "poll": m{"options": []string{"a", "b"}, "duration_minutes": 5}}, 400, "Only one of"},
		"unknown media":     {m{"text": "x", "media": m{"media_ids": []string{"1"}}}, 400, "Your media IDs are invalid"},
		"no media":          {m{"text": "x", "media": m{"media_ids": []string{}}}, 400, "1 to 4 items"},
		"one option":        {m{"text": "x", "poll": m{"options": []string{"a"}, "duration_minutes": 5}}, 400, "2 to 4 items"},
		"short poll":        {m{"text": "x", "poll": m{"options": []string{"a", "b"}, "duration_minutes": 4}}, 400, "between 5 and 10080"},
		"long poll":         {m{"text": "x", "poll": m{"options": []string{"a", "b"}, "duration_minutes": 10081}}, 400, "between 5 and 10080"},
		"endless poll":      {m{"text": "x", "poll": m{"options": []string{"a", "b"}}}, 400, "duration_minutes: is missing"},
		"long option":       {m{"text": "x", "poll": m{"options": []string{"a", strings.Repeat("b", 26)}, "duration_minutes": 5}}, 400, "1 to 25 characters"},
		"two cashtags":      {m{"text": "$AAA and $BBB"}, 403, "at most one cashtag"},
		"community":         {m{"text": "x", "community_id": "abc"}, 400, "community_id"},
		"edit of nothing":   {m{"text": "x", "edit_options": m{"previous_post_id": "1"}}, 400, "does not exist"},
		"edit without plan": {m{"text": "x", "edit_options": m{"previous_post_id": w.posted("ordinary")}}, 403, "not permitted to edit"},
	} {
		t.Run(name, func(t *testing.T) { w.do("POST", "/2/tweets", tc.body).refused(tc.status, tc.words) })
	}
	require.Equal(t, 1, w.world.Ledger.Counts("").Posts)
	w.post("$AAA alone").want(201)
	w.post(strings.Repeat("x", 280)).want(201)
	full := m{
		"text": "all at once", "reply_settings": "following", "made_with_ai": true, "paid_partnership": true, "community_id": "12",
		"share_with_followers": false, "for_super_followers_only": false, "geo": m{"place_id": "p"}, "direct_message_deep_link": "https://x.com/messages/compose",
	}
	id := w.do("POST", "/2/tweets", full).want(201).str("data.id")
	a := w.get("/2/tweets/"+id, "tweet.fields", "reply_settings,paid_partnership,community_id")
	require.Equal(t, "following", a.str("data.reply_settings"))
	require.Equal(t, "12", a.str("data.community_id"))
	require.Equal(t, true, a.get("data.paid_partnership"))
	hidden := w.do("POST", "/2/tweets", m{"text": "only for adverts", "nullcast": true}).want(201).str("data.id")
	require.NotContains(t, w.get("/2/users/"+w.me+"/tweets").ids(), hidden)
	for _, p := range w.Public("alice") {
		require.NotEqual(t, hidden, p.ID, "the public does not see it")
	}
}

func TestLengthIsAFunction(t *testing.T) {
	w := open(t, &xtest.Options{Length: func(s string) int { return 2 * utf8.RuneCountInString(s) }})
	w.post(strings.Repeat("x", 141)).want(403)
	w.post(strings.Repeat("x", 140)).want(201)
}

func TestLongPosts(t *testing.T) {
	w := open(t, nil)
	w.SetPremium("alice", true)
	long := strings.Repeat("word ", 100) + "end"
	id := w.posted(long)
	a := w.get("/2/tweets/"+id, "tweet.fields", "note_tweet")
	require.Equal(t, long, a.str("data.note_tweet.text"))
	require.Equal(t, 280, utf8.RuneCountInString(a.str("data.text")))
	w.post(strings.Repeat("x", 25001)).want(403)
	require.Nil(t, w.get("/2/tweets/"+w.posted("short"), "tweet.fields", "note_tweet").get("data.note_tweet"))
}

func TestSummonRule(t *testing.T) {
	w := open(t, nil)
	root := w.posted("ask me")
	w.reply(root, "my own thread").want(201)
	a := w.reply(w.visit("carol", root, "a question"), "an answer").want(201)
	require.Equal(t, "@carol an answer", a.str("data.text"), "whom it answers stands in front")
	stranger := w.visit("dave", "", "nobody asked")
	w.reply(stranger, "buy this").refused(403, "have not been mentioned or otherwise engaged")
	w.reply(w.visit("dave", "", "hey @alice"), "hello").want(201)
	r, err := w.VisitorQuotes(t.Context(), "dave", root, "look at that")
	require.NoError(t, err)
	w.reply(r.ID, "thanks").want(201)
	deep := w.visit("erin", stranger, "what @alice sells is good")
	w.reply(deep, "thank you").want(201)
	w.reply(w.visit("erin", stranger, "indeed"), "buy this").want(403)

	// A mention counts if it is by whom one answers, or by who began.
	big := &program{w, w.NewApp(xtest.AppConfig{Tier: xtest.Enterprise, Confidential: true})}
	w.as("gina")
	gina := w.with(big.redeem(big.code("login_as", "gina", "scope", "tweet.read tweet.write users.read")).want(200).str("access_token"))
	named := w.visit("erin", w.visit("dave", "", "hello world"), "ask @alice")
	silent := gina.do("POST", "/2/tweets", m{"text": "rather not", "reply": m{"in_reply_to_tweet_id": named, "exclude_reply_user_ids": []string{w.me}}}).want(201).str("data.id")
	w.reply(silent, "do ask me").want(403)
	w.reply(named, "here I am").want(201)

	e := open(t, enterprise)
	e.reply(e.visit("dave", "", "nobody asked"), "buy this").want(201)
	strict := open(t, &xtest.Options{NoOwnThreads: true})
	strict.reply(strict.posted("one"), "two").want(403)
}

func TestReplySettings(t *testing.T) {
	w := open(t, enterprise)
	bob := w.as("bob")
	set := func(who, text string) string {
		return w.do("POST", "/2/tweets", m{"text": text, "reply_settings": who}).want(201).str("data.id")
	}
	bob.reply(set("mentionedUsers", "for you alone"), "hi").refused(403, "limits who may reply")
	bob.reply(set("mentionedUsers", "for you @bob"), "hi").want(201)
	f := set("following", "for friends")
	bob.reply(f, "hi").want(403)
	w.do("POST", "/2/users/"+w.me+"/following", m{"target_user_id": bob.me}).want(200)
	bob.reply(f, "hi").want(201)
	v := set("verified", "for subscribers")
	bob.reply(v, "hi").want(403)
	w.SetPremium("bob", true)
	bob.reply(v, "hi").want(201)
	_, err := w.VisitorPosts(t.Context(), "zoe", v, "hi")
	require.Error(t, err)
}

func TestEnterpriseMay(t *testing.T) {
	w := open(t, enterprise)
	id := w.visit("carol", "", "first")
	q := w.do("POST", "/2/tweets", m{"text": "see", "quote_tweet_id": id}).want(201)
	require.Regexp(t, `^see https://t\.co/\w{10}$`, q.str("data.text"))
	a := w.get("/2/tweets/"+q.str("data.id"), "tweet.fields", "referenced_tweets,entities")
	require.Equal(t, "quoted", a.str("data.referenced_tweets.0.type"))
	require.Equal(t, id, a.str("data.referenced_tweets.0.id"))
	require.Equal(t, "https://x.com/carol/status/"+id, a.str("data.entities.urls.0.expanded_url"))
	require.Equal(t, []string{q.str("data.id")}, w.get("/2/tweets/"+id+"/quote_tweets").ids())
	w.post("$AAA and $BBB").want(201)
	w.do("POST", "/2/tweets", m{"text": "x", "quote_tweet_id": "1"}).want(400)
}

func TestWordsOnTheWire(t *testing.T) {
	w := open(t, nil)
	w.Author("bob")
	text := "Hé @bob @nobody #Tag $CASH https://www.example.com/a/rather/long/path?x=1 example.org"
	a := w.post(text).want(201)
	require.Regexp(t, `^Hé @bob @nobody #Tag \$CASH https://t\.co/\w{10} https://t\.co/\w{10}$`, a.str("data.text"))
	a = w.get("/2/tweets/"+a.str("data.id"), "tweet.fields", "entities,text,display_text_range", "expansions", "entities.mentions.username")
	runes := []rune(a.str("data.text"))
	at := func(path string) string {
		return string(runes[int(a.get(path+".start").(float64)):int(a.get(path+".end").(float64))])
	}
	require.Equal(t, "@bob", at("data.entities.mentions.0"))
	require.Equal(t, w.Author("bob").ID, a.str("data.entities.mentions.0.id"))
	require.Equal(t, "nobody", a.str("data.entities.mentions.1.username"))
	require.Nil(t, a.get("data.entities.mentions.1.id"))
	require.Equal(t, "#Tag", at("data.entities.hashtags.0"))
	require.Equal(t, "$CASH", at("data.entities.cashtags.0"))
	require.Equal(t, a.str("data.entities.urls.0.url"), at("data.entities.urls.0"))
	require.Equal(t, "https://www.example.com/a/rather/long/path?x=1", a.str("data.entities.urls.0.expanded_url"))
	require.Equal(t, "example.com/a/rather/long/…", a.str("data.entities.urls.0.display_url"))
	require.Equal(t, "http://example.org", a.str("data.entities.urls.1.expanded_url"))
	require.Equal(t, "bob", a.str("includes.users.0.username"))
	require.Equal(t, text, w.Public("alice")[0].Text, "the ledger and tests see what was sent")

	e := open(t, &xtest.Options{EscapeText: true, BareReplies: true})
	root := e.visit("carol", "", "hi @alice")
	a = e.reply(root, "a < b & c #Tag").want(201)
	require.Equal(t, "a &lt; b &amp; c #Tag", a.str("data.text"))
	a = e.get("/2/tweets/"+a.str("data.id"), "tweet.fields", "entities")
	require.Equal(t, 17.0, a.get("data.entities.hashtags.0.start"), "parts are where the escaped text has them")
}

func TestConversations(t *testing.T) {
	w := open(t, nil)
	root := w.posted("root")
	first := w.reply(root, "second part").want(201).str("data.id")
	visitor := w.visit("carol", first, "nice")
	w.visit("dave", visitor, "indeed")
	require.Equal(t, visitor, w.world.Ledger.Items()[3].Parent)
	a := w.get("/2/tweets", "ids", root+","+first+","+visitor, "tweet.fields", "conversation_id,in_reply_to_user_id,referenced_tweets,public_metrics,display_text_range", "expansions", "referenced_tweets.id,referenced_tweets.id.author_id,in_reply_to_user_id,author_id")
	for _, i := range []string{"0", "1", "2"} {
		require.Equal(t, root, a.str("data."+i+".conversation_id"))
	}
	require.Nil(t, a.get("data.0.referenced_tweets"))
	require.Equal(t, "replied_to", a.str("data.2.referenced_tweets.0.type"))
	require.Equal(t, first, a.str("data.2.referenced_tweets.0.id"))
	require.Equal(t, w.me, a.str("data.2.in_reply_to_user_id"))
	require.Equal(t, "@alice nice", a.str("data.2.text"))
	require.Equal(t, 7.0, a.get("data.2.display_text_range.0"))
	require.Equal(t, 1.0, a.get("data.0.public_metrics.reply_count"), "only direct answers count")
	require.Len(t, a.get("includes.tweets"), 2)
	require.Len(t, a.get("includes.users"), 2)

	ex := w.do("POST", "/2/tweets", m{"text": "bare", "reply": m{"in_reply_to_tweet_id": visitor, "exclude_reply_user_ids": []string{w.Author("carol").ID}}})
	require.Equal(t, "bare", ex.want(201).str("data.text"))
	w.do("PUT", "/2/tweets/"+visitor+"/hidden", m{"hidden": true}).want(200)
	require.True(t, w.world.Ledger.Items()[2].Hidden)
	w.do("PUT", "/2/tweets/"+root+"/hidden", m{"hidden": true}).refused(403, "conversations that you started")
	w.do("PUT", "/2/tweets/"+visitor+"/hidden", m{}).refused(400, "$.hidden: is missing")
	w.as("bob").do("PUT", "/2/tweets/"+visitor+"/hidden", m{"hidden": true}).want(403)
}

func TestEditing(t *testing.T) {
	w := open(t, nil)
	w.SetPremium("alice", true)
	edit := func(id, text string) answer {
		return w.do("POST", "/2/tweets", m{"text": text, "edit_options": m{"previous_post_id": id}})
	}
	first := w.posted("tpyo")
	require.NoError(t, w.VisitorLikes(t.Context(), "carol", first, false))
	a := edit(first, "typo").want(201)
	second := a.str("data.id")
	require.NotEqual(t, first, second)
	require.Equal(t, []any{first, second}, a.get("data.edit_history_tweet_ids"))
	edit(first, "again").refused(403, "not permitted to edit")
	require.Equal(t, []string{second}, w.get("/2/users/"+w.me+"/tweets").ids(), "lists show the newest version")
	require.Equal(t, "tpyo", w.get("/2/tweets/"+first).str("data.text"))
	a = w.get("/2/tweets/"+second, "tweet.fields", "edit_controls,public_metrics,conversation_id")
	require.Equal(t, 4.0, a.get("data.edit_controls.edits_remaining"))
	require.Equal(t, "2026-11-02T09:30:00.000Z", a.str("data.edit_controls.editable_until"))
	require.Equal(t, true, a.get("data.edit_controls.is_edit_eligible"))
	require.Equal(t, 1.0, a.get("data.public_metrics.like_count"))
	require.Equal(t, first, a.str("data.conversation_id"))

	last := second
	for _, text := range []string{"c", "d", "e", "f"} {
		last = edit(last, text).want(201).str("data.id")
	}
	edit(last, "one too many").want(403)
	require.Equal(t, 1, w.world.Ledger.Counts("").Posts, "the public sees one post")
	require.Equal(t, "f", w.world.Ledger.Items()[0].Text)
	require.Equal(t, 5, w.Public("alice")[0].Edits)

	late := w.posted("late")
	w.advance(30 * time.Minute)
	edited := edit(late, "just in time").want(201).str("data.id")
	w.advance(time.Second)
	edit(edited, "too late").want(403)
	vote := w.do("POST", "/2/tweets", m{"text": "?", "poll": m{"options": []string{"a", "b"}, "duration_minutes": 5}}).want(201).str("data.id")
	edit(vote, "!").want(403)
	edit(w.reply(w.visit("carol", "", "@alice hi"), "hello").want(201).str("data.id"), "bye").want(403)
	edit(w.do("POST", "/2/tweets", m{"text": "club", "community_id": "1"}).want(201).str("data.id"), "!").want(403)
	edit(w.reply(last, "own thread").want(201).str("data.id"), "own thread, better").want(201)

	w.do("DELETE", "/2/tweets/"+last, nil).want(200)
	require.Equal(t, "Not Found Error", w.get("/2/tweets/"+first).want(200).str("errors.0.title"), "all versions are gone")
}

func TestPolls(t *testing.T) {
	w := open(t, nil)
	id := w.do("POST", "/2/tweets", m{"text": "?", "poll": m{"options": []string{"yes", "no"}, "duration_minutes": 60}}).want(201).str("data.id")
	require.NoError(t, w.VisitorVotes("carol", id, 1))
	require.NoError(t, w.VisitorVotes("carol", id, 0))
	require.Error(t, w.VisitorVotes("carol", id, 2))
	a := w.get("/2/tweets/"+id, "expansions", "attachments.poll_ids", "poll.fields", "duration_minutes,end_datetime,voting_status")
	require.Equal(t, a.str("data.attachments.poll_ids.0"), a.str("includes.polls.0.id"))
	require.Equal(t, "no", a.str("includes.polls.0.options.1.label"))
	require.Equal(t, 1.0, a.get("includes.polls.0.options.1.votes"))
	require.Equal(t, 0.0, a.get("includes.polls.0.options.0.votes"))
	require.Equal(t, "open", a.str("includes.polls.0.voting_status"))
	w.advance(time.Hour)
	require.Error(t, w.VisitorVotes("dave", id, 1))
	require.Equal(t, "closed", w.get("/2/tweets/"+id, "expansions", "attachments.poll_ids", "poll.fields", "voting_status").str("includes.polls.0.voting_status"))
}

func TestPostsIn3Hours(t *testing.T) {
	w := open(t, &xtest.Options{PostsIn3Hours: 2, TokenLife: -1})
	w.post("1").want(201)
	w.post("2").want(201)
	w.post("3").want(429)
	w.advance(3 * time.Hour)
	w.post("3").want(201)
}
