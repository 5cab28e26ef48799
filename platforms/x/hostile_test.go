package x_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x"
	"github.com/smmkit/smmkit/smm"
)

// scripted answers by "METHOD /path"; "" answers what is not there.
type scripted map[string]http.HandlerFunc

func (s scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, ok := s[r.Method+" "+r.URL.Path]
	if !ok {
		h = s[""]
	}
	h(w, r)
}

// answersToACommit are answers and what they prove.
var answersToACommit = []struct {
	name   string
	status int
	body   string
	want   smm.OutcomeState
	id     string
	retry  bool
}{
	{"plain", 201, `{"data":{"id":"1900000000000000001","text":"Hello"}}`, smm.OutcomePublished, "1900000000000000001", false},
	{"ok", 200, `{"data":{"id":"5"}}`, smm.OutcomePublished, "5", false},
	{"number as id", 201, `{"data":{"id":1900000000000000001}}`, smm.OutcomePublished, "1900000000000000001", false},
	{"fields of other types", 201, `{"data":{"id":"5","text":7,"edit_history_tweet_ids":"?"},"errors":"?"}`, smm.OutcomePublished, "5", false},
	{"with problems", 201, `{"data":{"id":"5"},"errors":[{"title":"x"}]}`, smm.OutcomePublished, "5", false},
	{"duplicate keys", 201, `{"data":{"id":"4"},"data":{"id":"5"}}`, smm.OutcomeUnknown, "", false},
	{"a page", 200, "<!doctype html><title>One moment</title>", smm.OutcomeUnknown, "", false},
	{"empty", 201, "", smm.OutcomeUnknown, "", false},
	{"no content", 204, "", smm.OutcomeUnknown, "", false},
	{"cut", 201, `{"data":{"id":"5","te`, smm.OutcomeUnknown, "", false},
	{"no id", 201, `{"data":{"text":"Hello"}}`, smm.OutcomeUnknown, "", false},
	{"empty id", 201, `{"data":{"id":""}}`, smm.OutcomeUnknown, "", false},
	{"a word as id", 201, `{"data":{"id":"null"}}`, smm.OutcomeUnknown, "", false},
	{"an id that is too long", 201, `{"data":{"id":"19000000000000000001"}}`, smm.OutcomeUnknown, "", false},
	{"null", 201, `null`, smm.OutcomeUnknown, "", false},
	{"a list", 201, `{"data":[{"id":"5"}]}`, smm.OutcomeUnknown, "", false},
	{"problems alone", 200, `{"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found"}]}`, smm.OutcomeUnknown, "", false},
	{"10 MB", 201, `{"data":{"id":"5","text":"` + strings.Repeat("x", 10<<20) + `"}}`, smm.OutcomeUnknown, "", false},
	{"deep", 201, strings.Repeat(`{"data":`, 20_000) + "1" + strings.Repeat("}", 20_000), smm.OutcomeUnknown, "", false},
	{"two values", 201, `{"data":{"id":"5"}}{"data":{"id":"6"}}`, smm.OutcomeUnknown, "", false},
	{"accepted", 202, "", smm.OutcomeUnknown, "", false},
	{"redirect", 307, "", smm.OutcomeUnknown, "", false},
	{"server error", 500, `{"title":"x"}`, smm.OutcomeUnknown, "", false},
	{"busy", 503, `{"title":"x"}`, smm.OutcomeUnknown, "", false},
	{"request timeout", 408, `{"title":"x"}`, smm.OutcomeUnknown, "", false},
	{
		"a duplicate", 403, `{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}`,
		smm.OutcomeUnknown, "", false,
	},
	{"a duplicate of the former API", 403, `{"errors":[{"code":187,"message":"Status is a duplicate."}]}`, smm.OutcomeUnknown, "", false},
	{"forbidden", 403, `{"detail":"You are not permitted to perform this action.","type":"about:blank","title":"Forbidden","status":403}`, smm.OutcomeRefused, "", false},
	{"a tier", 403, `{"type":"https://api.x.com/2/problems/client-forbidden","title":"Client Forbidden"}`, smm.OutcomeRefused, "", false},
	{"no credits", 402, `{"title":"CreditsDepleted"}`, smm.OutcomeRefused, "", false},
	{"invalid", 400, `{"type":"https://api.x.com/2/problems/invalid-request"}`, smm.OutcomeRefused, "", false},
	{"throttled", 429, `{"title":"Too Many Requests"}`, smm.OutcomeRefused, "", true},
	{"capped", 429, `{"type":"https://api.x.com/2/problems/usage-capped"}`, smm.OutcomeRefused, "", false},
}

// TestHostileAnswersToACommit: nothing but an id proves that the post is public,
// and nothing of the rest that it is not.
func TestHostileAnswersToACommit(t *testing.T) {
	for _, tc := range answersToACommit {
		t.Run(tc.name, func(t *testing.T) {
			b := open(t).says(tc.status, tc.body)
			d, ch := b.driver(t)
			o, err := b.committed(t, d, ch, smm.CreatePost, smm.Post{Text: "Hello"})
			require.Equal(t, tc.want, o.State, "%v", err)
			require.Equal(t, tc.id, o.Post.ID)
			require.Equal(t, tc.retry, o.Retry)
			if tc.want == smm.OutcomePublished {
				require.NoError(t, err)
				require.Equal(t, smm.EvidenceReply, o.Evidence)
				return
			}
			asError(t, err)
		})
	}
}

// TestHostileAnswersToAMessage: the same for direct messages.
func TestHostileAnswersToAMessage(t *testing.T) {
	to := smm.Post{Text: "Hello", ReplyTo: smm.Ref{Platform: x.Platform, Kind: smm.KindAuthor, ID: "8"}}
	for body, want := range map[string]smm.OutcomeState{
		`{"data":{"dm_conversation_id":"7-8","dm_event_id":"5"}}`: smm.OutcomePublished,
		`{"data":{"dm_conversation_id":"7-8"}}`:                   smm.OutcomeUnknown,
		`{"data":{}}`:                                             smm.OutcomeUnknown,
		`<html>`:                                                  smm.OutcomeUnknown,
	} {
		b := open(t).says(201, body)
		d, ch := b.driver(t)
		o, _ := b.committed(t, d, ch, smm.CreateMessage, to)
		require.Equal(t, want, o.State, body)
		require.Empty(t, o.URL)
	}
}

// settle runs Settle against what a server lists.
func settle(t *testing.T, answers scripted, kind smm.CreateKind, post smm.Post, a smm.Attempt) (smm.Outcome, []*seen, error) {
	t.Helper()
	b := open(t).says(404, `{"title":"Not Found"}`)
	d, ch := b.driver(t)
	r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: kind, Post: post, Created: epoch.Add(-time.Hour)}
	p, err := d.Prepare(t.Context(), r, smm.Prepared{})
	require.NoError(t, err)
	require.True(t, p.Ready)
	answers["GET /2/users/me"], answers[""] = says(404, ""), says(404, `{"title":"Not Found"}`)
	b.answer = answers.ServeHTTP
	b.requests()
	b.clock.Advance(10 * time.Minute)
	if a.First.IsZero() {
		a = smm.Attempt{N: 1, Doubt: true, First: epoch, Intent: epoch, Deadline: epoch.Add(30 * time.Second)}
	}
	o, err := d.Settle(t.Context(), r, p, a)
	return o, b.requests(), err
}

type settleCase struct {
	name, list string
	post       smm.Post
	want       smm.OutcomeState
}

// one is a list of one post; fields stand in place of those that it has anyway.
func one(fields string) string {
	post := `{"id":"50"`
	for _, field := range []string{`"author_id":"7"`, `"created_at":"2026-11-02T09:00:05.000Z"`, `"conversation_id":"50"`} {
		if name, _, _ := strings.Cut(field, ":"); !strings.Contains(fields, name) {
			post += "," + field
		}
	}
	return `{"data":[` + post + fields + `}]}`
}

// link is a text with a link that leads to expanded.
func link(expanded string) string {
	return `,"text":"Read https://t.co/abcdefghij now","entities":{"urls":[{"start":5,"end":28,"url":"https://t.co/abcdefghij","expanded_url":"` + expanded + `"}]}`
}

func somePost(id string) smm.Ref { return smm.Ref{Platform: x.Platform, Kind: smm.KindPost, ID: id} }

const published, absent, unknown = smm.OutcomePublished, smm.OutcomeAbsent, smm.OutcomeUnknown

var (
	read  = smm.Post{Text: "Read https://example.com/a now"}
	said  = smm.Post{Text: "Hello"}
	reply = smm.Post{Text: "Hello", ReplyTo: somePost("40")}
	quote = smm.Post{Text: "Hello", Quote: somePost("41")}
	poll  = smm.Post{Text: "Hello", Poll: &smm.Poll{Options: []string{"yes", "no"}, Duration: time.Hour}}
)

var settleCases = []settleCase{
	{"the post", one(`,"text":"Hello"`), said, published},
	{"none", `{"meta":{"result_count":0}}`, said, absent},
	{"another text", one(`,"text":"Bye"`), said, absent},
	{"too old", strings.Replace(one(`,"text":"Hello"`), "09:00:05", "08:57:00", 1), said, absent},
	{"within the skew of clocks", strings.Replace(one(`,"text":"Hello"`), "09:00:05", "08:59:00", 1), said, published},
	{"no time", one(`,"text":"Hello","created_at":"?"`), said, published},
	{"no id", `{"data":[{"text":"Hello"}]}`, said, unknown},
	{"two of them", strings.Replace(one(`,"text":"Hello"`), `]}`, `,{"id":"49","author_id":"7","text":"Hello"}]}`, 1), said, unknown},
	{"of somebody else", one(`,"text":"Hello","author_id":"8"`), said, absent},
	{"a repost", one(`,"text":"Hello","referenced_tweets":[{"type":"retweeted","id":"3"}]`), said, absent},
	{"escaped", one(`,"text":"A &amp; B &lt;c&gt;"`), smm.Post{Text: "A & B <c>"}, published},
	{"spaces", one(`,"text":"a b"`), smm.Post{Text: " a  b\n"}, published},
	{"missing in the list", `{"data":[],"errors":[{"resource_type":"tweet","parameter":"id","resource_id":"50","title":"Forbidden"}]}`, said, unknown},
	{"something it refers to is missing", `{"data":[],"errors":[{"resource_type":"tweet","parameter":"referenced_tweets.id","title":"x"}]}`, said, absent},

	{"a link", one(link("https://example.com/a")), read, published},
	{"a link with another scheme", one(link("http://EXAMPLE.com/a/")), read, published},
	{"a link elsewhere", one(link("https://other.example/a")), read, absent},
	{"a link to another page there", one(link("https://example.com/b")), read, unknown},
	{"a link without its long form", one(`,"text":"Read https://t.co/abcdefghij now"`), read, unknown},
	{"no link", one(`,"text":"Read now"`), read, absent},

	{"a reply", one(`,"text":"Hello","conversation_id":"40","referenced_tweets":[{"type":"replied_to","id":"40"}]`), reply, published},
	{"a reply with names", one(`,"text":"@bob @eve Hello","conversation_id":"40","referenced_posts":[{"type":"replied_to","id":"40"}]`), reply, published},
	{"a reply to another", one(`,"text":"Hello","conversation_id":"39","referenced_tweets":[{"type":"replied_to","id":"39"}]`), reply, absent},
	{"a reply that lost its parent", one(`,"text":"Hello","conversation_id":"40","in_reply_to_user_id":"8"`), reply, unknown},
	{"no reply", one(`,"text":"Hello"`), reply, absent},
	{"a reply in place of a post", one(`,"text":"Hello","conversation_id":"40","referenced_tweets":[{"type":"replied_to","id":"40"}]`), said, absent},
	{"names in front of what is no reply", one(`,"text":"@bob Hello"`), said, absent},

	{"a quote", one(`,"text":"Hello https://t.co/q","referenced_tweets":[{"type":"quoted","id":"41"}],"entities":{"urls":[{"url":"https://t.co/q","expanded_url":"https://x.com/a/status/41"}]}`), quote, published},
	{"another quote", one(`,"text":"Hello","referenced_tweets":[{"type":"quoted","id":"42"}]`), quote, absent},
	{"a quote that lost its post", one(`,"text":"Hello"`), quote, unknown},
	{"a quote in place of a post", one(`,"text":"Hello","referenced_tweets":[{"type":"quoted","id":"42"}]`), said, absent},

	{"a poll", `{"data":[{"id":"50","text":"Hello","attachments":{"poll_ids":["9"]}}],"includes":{"polls":[{"id":"9","options":[{"position":2,"label":"no"},{"position":1,"label":"yes"}]}]}}`, poll, published},
	{"another poll", `{"data":[{"id":"50","text":"Hello","attachments":{"poll_ids":["9"]}}],"includes":{"polls":[{"id":"9","options":[{"position":1,"label":"no"},{"position":2,"label":"yes"}]}]}}`, poll, absent},
	{"a poll that is not shown", `{"data":[{"id":"50","text":"Hello","attachments":{"poll_ids":["9"]}}]}`, poll, unknown},
	{"no poll", one(`,"text":"Hello"`), poll, absent},
	{"with a poll", one(`,"text":"Hello","attachments":{"poll_ids":["9"]}`), said, absent},
	{"with media", one(`,"text":"Hello","attachments":{"media_keys":["3_9"]}`), said, absent},

	{"a long one", one(`,"text":"Hell…","note_tweet":{"text":"Hello"}`), said, published},
	{"the beginning of a long one", one(`,"text":"` + strings.Repeat("word ", 55) + `…"`), smm.Post{Text: strings.Repeat("word ", 56)}, unknown},
}

func TestSettleCompares(t *testing.T) {
	for _, tc := range settleCases {
		t.Run(tc.name, func(t *testing.T) {
			kind := smm.CreatePost
			if !tc.post.ReplyTo.IsZero() {
				kind = smm.CreateReply
			}
			o, _, err := settle(t, scripted{"GET /2/users/7/tweets": says(200, tc.list)}, kind, tc.post, smm.Attempt{})
			require.NoError(t, err)
			require.Equal(t, tc.want, o.State)
			if tc.want == published {
				require.Equal(t, "50", o.Post.ID)
				require.Equal(t, smm.EvidenceReadBack, o.Evidence)
			}
		})
	}
}

// TestSettleOfEdited looks at the version that was sent.
func TestSettleOfEdited(t *testing.T) {
	list := says(200, `{"data":[{"id":"52","author_id":"7","created_at":"2026-11-02T09:01:05.000Z","text":"Changed","edit_history_tweet_ids":["50","51","52"]}]}`)
	hello := smm.Post{Text: "Hello"}
	for body, want := range map[string]smm.OutcomeState{
		`{"data":[{"id":"50","text":"Hello"},{"id":"51","text":"Hullo"}]}`: smm.OutcomePublished,
		`{"data":[{"id":"50","text":"Hallo"},{"id":"51","text":"Hullo"}]}`: smm.OutcomeAbsent,
		`{"data":[{"id":"51","text":"Hullo"}]}`:                            smm.OutcomeUnknown,
	} {
		o, _, err := settle(t, scripted{"GET /2/users/7/tweets": list, "GET /2/tweets": says(200, body)}, smm.CreatePost, hello, smm.Attempt{})
		require.NoError(t, err)
		require.Equal(t, want, o.State, body)
		if want == smm.OutcomePublished {
			require.Equal(t, "50", o.Post.ID)
		}
	}
}

// TestSettleReads: reads alone, bounded, and from the right time on.
func TestSettleReads(t *testing.T) {
	hello := smm.Post{Text: "Hello"}
	n := 0
	circle := says(200, `{"data":[{"id":"50","created_at":"2026-11-02T09:05:00.000Z","text":"Bye"}],"meta":{"next_token":"same"}}`)
	endless := func(w http.ResponseWriter, r *http.Request) {
		n++
		says(200, `{"data":[{"id":"50","created_at":"2026-11-02T09:05:00.000Z","text":"Bye"}],"meta":{"next_token":"`+strings.Repeat("a", n)+`"}}`)(w, r)
	}
	for _, list := range []http.HandlerFunc{circle, endless} {
		o, seen, err := settle(t, scripted{"GET /2/users/7/tweets": list}, smm.CreatePost, hello, smm.Attempt{})
		require.NoError(t, err)
		require.Equal(t, smm.OutcomeUnknown, o.State)
		require.LessOrEqual(t, len(seen), 8)
		for _, s := range seen {
			require.Equal(t, http.MethodGet, s.Method)
			require.Equal(t, "2026-11-02T08:58:00Z", s.URL.Query().Get("start_time"))
			require.Equal(t, "retweets", s.URL.Query().Get("exclude"))
		}
	}

	again := smm.Attempt{N: 2, First: epoch, Intent: epoch, Deadline: epoch.Add(time.Minute)}
	_, seen, err := settle(t, scripted{"GET /2/users/7/tweets": says(200, `{"meta":{"result_count":0}}`)}, smm.CreatePost, hello, again)
	require.NoError(t, err)
	require.Equal(t, "2026-11-02T07:58:00Z", seen[0].URL.Query().Get("start_time"), "back to when it was planned")

	again.First = epoch.Add(100 * time.Hour)
	_, seen, err = settle(t, scripted{"GET /2/users/7/tweets": says(200, `{"meta":{"result_count":0}}`)}, smm.CreatePost, hello, again)
	require.NoError(t, err)
	require.Equal(t, "2026-11-05T12:58:00Z", seen[0].URL.Query().Get("start_time"), "a day at most")

	for _, body := range []string{`{}`, `{"data":"?"}`, `<html>`, ``} {
		o, _, err := settle(t, scripted{"GET /2/users/7/tweets": says(200, body)}, smm.CreatePost, hello, smm.Attempt{})
		require.Error(t, err, body)
		require.Equal(t, smm.OutcomeUnknown, o.State, body)
	}
}

// TestSettleOfMessages reads the conversation.
func TestSettleOfMessages(t *testing.T) {
	event := func(fields string) string {
		return `{"data":[{"id":"50","event_type":"MessageCreate","dm_conversation_id":"7-8","sender_id":"7","created_at":"2026-11-02T09:00:05.000Z"` + fields + `}]}`
	}
	to := func(kind smm.Kind, id string) smm.Post {
		return smm.Post{Text: "Hello https://example.com", ReplyTo: smm.Ref{Platform: x.Platform, Kind: kind, ID: id}}
	}
	const hello = `,"text":"Hello https://t.co/a","entities":{"urls":[{"url":"https://t.co/a","expanded_url":"https://example.com"}]}`
	for _, tc := range []struct {
		name, list string
		want       smm.OutcomeState
	}{
		{"the message", event(hello), smm.OutcomePublished},
		{"without short links", event(`,"text":"Hello https://example.com"`), smm.OutcomePublished},
		{"another", event(`,"text":"Bye"`), smm.OutcomeAbsent},
		{"theirs", strings.Replace(event(hello), `"sender_id":"7"`, `"sender_id":"8"`, 1), smm.OutcomeAbsent},
		{"too old", strings.Replace(event(hello), "09:00:05", "08:50:05", 1), smm.OutcomeAbsent},
		{"with a file", event(hello + `,"attachments":{"media_keys":["3_1"]}`), smm.OutcomeAbsent},
		{"no id", strings.Replace(event(hello), `"id":"50"`, `"id":""`, 1), smm.OutcomeUnknown},
		{"none", `{"meta":{"result_count":0}}`, smm.OutcomeAbsent},
	} {
		for path, post := range map[string]smm.Post{
			"GET /2/dm_conversations/with/8/dm_events": to(smm.KindAuthor, "8"), "GET /2/dm_conversations/7-8/dm_events": to(smm.KindConversation, "7-8"),
		} {
			o, seen, err := settle(t, scripted{path: says(200, tc.list)}, smm.CreateMessage, post, smm.Attempt{})
			require.NoError(t, err, tc.name)
			require.Equal(t, tc.want, o.State, tc.name)
			require.Len(t, seen, 1)
			require.Equal(t, "MessageCreate", seen[0].URL.Query().Get("event_types"))
		}
	}
}

// TestHostileStates: a state that another version or a stranger wrote is no reason
// to send anything.
func TestHostileStates(t *testing.T) {
	b := open(t).says(500, "")
	d, ch := b.driver(t)
	r := &smm.PublishRequest{ID: "d", Channel: ch, Kind: smm.CreatePost, Post: smm.Post{Text: "a"}}
	for _, state := range []string{``, `{`, `[]`, `"x"`, `{"uploads":{}}`, `{"params":7}`} {
		p := smm.Prepared{State: []byte(state), Ready: true}
		o, err := d.Commit(t.Context(), r, p, smm.Attempt{N: 1})
		require.ErrorIs(t, err, smm.ErrInvalid, state)
		require.Equal(t, smm.OutcomeRefused, o.State, state)
		o, err = d.Settle(t.Context(), r, p, smm.Attempt{N: 1})
		require.ErrorIs(t, err, smm.ErrInvalid, state)
		require.Equal(t, smm.OutcomeUnknown, o.State, state)
	}
	o, err := d.Commit(t.Context(), r, smm.Prepared{State: []byte(`{}`)}, smm.Attempt{N: 1})
	require.ErrorIs(t, err, smm.ErrInvalid)
	require.Equal(t, smm.OutcomeNotSent, o.State)
	require.Empty(t, b.requests())
}

// TestHostileRefs: what is no id of X's leads to no request.
func TestHostileRefs(t *testing.T) {
	b := open(t).says(500, "")
	d, ch := b.driver(t)
	for _, id := range []string{"", "abc", "1/../2", "12345678901234567890", "-1", "1 2", "１"} {
		ref := smm.Ref{Platform: x.Platform, Kind: smm.KindPost, ID: id}
		for _, err := range []error{
			d.SetLiked(t.Context(), ch, ref, true), d.DeleteItem(t.Context(), ch, ref), d.SetHidden(t.Context(), ch, ref, true),
			d.EditPost(t.Context(), ch, ref, &smm.Post{Text: "a"}), d.SetLiked(t.Context(), ref.WithKind(smm.KindChannel, id), ref, true),
		} {
			require.ErrorIs(t, err, smm.ErrInvalid, "%q", id)
		}
		_, err := d.ListComments(t.Context(), ch, ref, smm.PageRequest{})
		require.ErrorIs(t, err, smm.ErrInvalid, "%q", id)
		_, err = d.ListMessages(t.Context(), ch, ref.WithKind(smm.KindConversation, id), smm.PageRequest{})
		require.ErrorIs(t, err, smm.ErrInvalid, "%q", id)
	}
	require.Empty(t, b.requests())
}
