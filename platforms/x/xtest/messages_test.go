package xtest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/x/xtest"
)

func js(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// patient has no limits on messages, which allow for no test.
var patient = &xtest.Options{NoQuotas: true}

func TestMessages(t *testing.T) {
	w := open(t, patient)
	bob := w.as("bob")
	a := w.do("POST", "/2/dm_conversations/with/"+bob.me+"/messages", m{"text": "hi"}).want(201)
	conv, first := a.str("data.dm_conversation_id"), a.str("data.dm_event_id")
	require.Equal(t, w.me+"-"+bob.me, conv, "the smaller id comes first")
	second := bob.do("POST", "/2/dm_conversations/"+conv+"/messages", m{"text": "hello"}).want(201).str("data.dm_event_id")
	fields := []string{"dm_event.fields", "sender_id,created_at,dm_conversation_id", "expansions", "sender_id"}
	for _, path := range []string{"/2/dm_events", "/2/dm_conversations/with/" + bob.me + "/dm_events", "/2/dm_conversations/" + conv + "/dm_events"} {
		a := w.get(path, fields...).want(200)
		require.Equal(t, []string{second, first}, a.ids(), path)
		require.Equal(t, bob.me, a.str("data.0.sender_id"))
		require.Equal(t, "hello", a.str("data.0.text"))
		require.Nil(t, a.get("data.0.participant_ids"))
		require.Equal(t, 2.0, a.get("meta.result_count"))
		require.Len(t, a.get("includes.users"), 2)
	}
	require.JSONEq(t, `{"id":"`+first+`","event_type":"MessageCreate","text":"hi"}`, js(t, w.get("/2/dm_events/"+first).get("data")))
	require.Equal(t, "Not Found Error", w.as("carol").get("/2/dm_events/"+first).want(200).str("errors.0.title"))
	w.as("carol").get("/2/dm_conversations/"+conv+"/dm_events").refused(403, "not a member")
	w.get("/2/dm_conversations/1-2/dm_events").refused(400, "does not exist")

	require.JSONEq(t, `{"data":{"deleted":true}}`, w.do("DELETE", "/2/dm_events/"+first, nil).want(200).body)
	require.Equal(t, []string{second}, w.get("/2/dm_events").ids())
	require.Equal(t, []string{second, first}, bob.get("/2/dm_events").ids(), "the other still has it")
	require.Equal(t, "Not Found Error", w.do("DELETE", "/2/dm_events/7", nil).want(200).str("errors.0.title"))

	c := w.world.Ledger.Counts("")
	require.Equal(t, 2, c.Messages)
	require.Zero(t, c.Posts)
	_, err := w.VisitorWrites(t.Context(), "dave", "alice", "psst")
	require.NoError(t, err)
	require.Equal(t, "psst", w.get("/2/dm_events").str("data.0.text"))
	require.Equal(t, 1, w.world.Ledger.Counts("").Visitors)
	w.advance(30*24*time.Hour + time.Second)
	w = w.with(w.IssueToken("alice", "tweet.read", "users.read", "dm.read"))
	require.Empty(t, w.get("/2/dm_events").want(200).ids(), "lists reach back 30 days")
}

func TestMessagesAreChecked(t *testing.T) {
	w := open(t, patient)
	bob := w.as("bob")
	to := "/2/dm_conversations/with/" + bob.me + "/messages"
	w.do("POST", to, m{}).refused(400, "at least one of [text, attachments]")
	w.do("POST", to, m{"text": ""}).refused(400, "at least 1 characters")
	w.do("POST", to, m{"text": "x", "attachments": []m{{"media_id": "7"}}}).refused(400, "Your media IDs are invalid")
	w.do("POST", "/2/dm_conversations/with/7/messages", m{"text": "x"}).refused(400, "recipient")
	w.do("POST", "/2/dm_conversations/with/"+w.me+"/messages", m{"text": "x"}).refused(400, "recipient")

	require.JSONEq(t, `{"data":{"blocked":true}}`, bob.do("POST", "/2/users/"+w.me+"/dm/block", nil).want(200).body)
	w.do("POST", to, m{"text": "x"}).refused(403, "do not have permission to DM")
	require.JSONEq(t, `{"data":{"blocked":false}}`, bob.do("POST", "/2/users/"+w.me+"/dm/unblock", nil).want(200).body)
	w.do("POST", to, m{"text": "x"}).want(201)

	carol := w.as("carol")
	w.CloseMessages("carol")
	shut := "/2/dm_conversations/with/" + carol.me + "/messages"
	w.do("POST", shut, m{"text": "x"}).want(403)
	require.Equal(t, false, w.get("/2/users/"+carol.me, "user.fields", "receives_your_dm").get("data.receives_your_dm"))
	carol.do("POST", "/2/dm_conversations/with/"+w.me+"/messages", m{"text": "write to me"}).want(201)
	w.do("POST", shut, m{"text": "x"}).want(201)
}

func TestGroups(t *testing.T) {
	w := open(t, patient)
	bob, carol := w.as("bob"), w.as("carol")
	group := func(text string, who ...string) answer {
		return w.do("POST", "/2/dm_conversations", m{"conversation_type": "Group", "participant_ids": who, "message": m{"text": text}})
	}
	a := group("welcome", bob.me, carol.me).want(201)
	conv := a.str("data.dm_conversation_id")
	carol.do("POST", "/2/dm_conversations/"+conv+"/messages", m{"text": "thanks"}).want(201)
	l := bob.get("/2/dm_conversations/"+conv+"/dm_events", "dm_event.fields", "participant_ids", "expansions", "participant_ids").want(200)
	require.Equal(t, "thanks", l.str("data.0.text"))
	require.Equal(t, "ParticipantsJoin", l.str("data.2.event_type"))
	require.Len(t, l.get("data.2.participant_ids"), 3)
	require.Len(t, l.get("includes.users"), 3)
	require.Len(t, bob.get("/2/dm_events", "event_types", "MessageCreate").ids(), 2)
	bob.get("/2/dm_events", "event_types", "Wave").refused(400, "event_types")
	bob.get("/2/dm_events", "dm_event.fields", "mood").refused(400, "dm_event.fields")
	w.as("dave").do("POST", "/2/dm_conversations/"+conv+"/messages", m{"text": "me too"}).refused(403, "not a member")
	group("x", bob.me).refused(400, "2 to 49")
	group("x", bob.me, "7").refused(400, "participant")
	w.do("POST", "/2/dm_conversations", m{"conversation_type": "Pair", "participant_ids": []string{bob.me, carol.me}, "message": m{"text": "x"}}).refused(400, "[Group]")
}

func TestMessagePages(t *testing.T) {
	w := open(t, patient)
	bob := w.as("bob")
	for i := range 5 {
		w.do("POST", "/2/dm_conversations/with/"+bob.me+"/messages", m{"text": fmt.Sprint(i)}).want(201)
	}
	a := w.get("/2/dm_events", "max_results", "3")
	require.Equal(t, "4", a.str("data.0.text"))
	b := w.get("/2/dm_events", "max_results", "3", "pagination_token", a.str("meta.next_token"))
	require.Equal(t, "1", b.str("data.0.text"))
	require.Nil(t, b.get("meta.next_token"))
	w.get("/2/dm_events", "max_results", "101").refused(400, "max_results")
}
