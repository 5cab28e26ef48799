package facebook_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/platforms/facebook"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// oldRef is the conversation's Ref of before, with the id of the thread.
func (b *bench) oldRef(t testing.TB, person smm.Ref) smm.Ref {
	t.Helper()
	l, err := b.vendor(t).Messages.Threads(t.Context(), facebook.ThreadFilter{User: facebook.ID(person.ID)}, facebook.ListParams{})
	require.NoError(t, err)
	require.Len(t, l.Items, 1)
	return person.WithKind(smm.KindConversation, string(l.Items[0].ID))
}

// TestOldConversations: a Ref with the id of the thread, which hosts have stored,
// is read and answered, and its messages are in the conversation with the person.
func TestOldConversations(t *testing.T) {
	for _, kind := range []sim.FaultKind{"", sim.DropReply, sim.CutBefore} {
		b := open(t, nil)
		talk, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello?")
		require.NoError(t, err)
		require.Equal(t, b.visitor.ID, talk.ID)
		old := b.oldRef(t, talk)
		require.Equal(t, "t_", old.ID[:2])
		if kind != "" {
			b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: kind})
		}
		d := b.until(t, b.plan(t, &smm.Post{Text: "hi", ReplyTo: old}), nil)
		require.Equal(t, smm.PhasePublished, d.Phase, "%s %v", kind, d.Log)
		require.Len(t, b.items(), 1, kind)
		for _, ref := range []smm.Ref{old, talk} {
			got, err := b.channel(t).Messages(ref, nil).Collect(t.Context(), 0)
			require.NoError(t, err)
			require.Len(t, got, 2)
			require.Equal(t, d.Outcome.Post, got[0].Ref)
			require.Equal(t, talk, got[0].Conversation, "by the recipient")
			require.Equal(t, talk, got[1].Conversation, "by the sender")
		}
	}
}

// TestUpgradeInFlight: a delivery that was prepared and tried before conversations
// were named by people has its thread in its state, and is settled by it.
func TestUpgradeInFlight(t *testing.T) {
	b := open(t, nil)
	talk, err := b.VisitorWrites(t.Context(), visitorHandle, "shop", "hello?")
	require.NoError(t, err)
	old := b.oldRef(t, talk)
	d := b.until(t, b.plan(t, &smm.Post{Text: "hi", ReplyTo: old}), ready)
	state, err := json.Marshal(map[string]string{"route": "message", "target": talk.ID, "text": "hi", "thread": old.ID})
	require.NoError(t, err)
	d.Prepared.State = state
	b.world.Faults.Add(sim.Fault{Class: sim.Commit, Kind: sim.DropReply})
	d = b.until(t, d, settling)
	require.Len(t, b.items(), 1)
	d = b.until(t, d, nil)
	require.Equal(t, smm.PhasePublished, d.Phase, d.Log)
	require.Equal(t, smm.EvidenceReadBack, d.Outcome.Evidence)
	require.Len(t, b.items(), 1)
}

// TestThreadOfSomebodyElse: a platform that does not filter by the person proves
// nothing, and least of all that nothing was sent.
func TestThreadOfSomebodyElse(t *testing.T) {
	other := `{"data":[{"id":"t_8","participants":{"data":[{"id":"8"},{"id":"10"}]}}]}`
	d, _ := stub(t, map[string]string{"GET /10/conversations": other, "GET /t_8/messages": `{"data":[]}`})
	o, err := d.Settle(t.Context(), request(smm.CreateMessage), prepared("message", `,"target":"9","text":"hi"`), smm.Attempt{N: 1, Doubt: true, First: epoch})
	require.ErrorIs(t, err, smm.ErrUnavailable)
	require.Equal(t, smm.OutcomeUnknown, o.State)
	talk := hostilePage.WithKind(smm.KindConversation, "9")
	_, err = d.ListMessages(t.Context(), hostilePage, talk, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrUnavailable)
	r := request(smm.CreateMessage)
	r.Post.ReplyTo = talk
	_, err = d.Prepare(t.Context(), r, smm.Prepared{})
	require.ErrorIs(t, err, smm.ErrUnavailable)

	// An empty page with more behind it is not the end.
	d, s := stub(t, map[string]string{"GET /10/conversations": `{"data":[],"paging":{"cursors":{"after":"x"},"next":"https://graph.facebook.com/x?after=x"}}`})
	o, err = d.Settle(t.Context(), request(smm.CreateMessage), prepared("message", `,"target":"9","text":"hi"`), smm.Attempt{N: 1, Doubt: true, First: epoch})
	require.Error(t, err)
	require.Equal(t, smm.OutcomeUnknown, o.State)
	require.Greater(t, len(s.asked), 1)
	d, _ = stub(t, map[string]string{"GET /10/conversations": `{"data":[]}`})
	o, err = d.Settle(t.Context(), request(smm.CreateMessage), prepared("message", `,"target":"9","text":"hi"`), smm.Attempt{N: 1, Doubt: true, First: epoch})
	require.NoError(t, err)
	require.Equal(t, smm.OutcomeAbsent, o.State)
	_, err = d.ListMessages(t.Context(), hostilePage, talk, smm.PageRequest{})
	require.ErrorIs(t, err, smm.ErrNotFound)
}

// TestThreadsAreRemembered for lists, until one is not there any more.
func TestThreadsAreRemembered(t *testing.T) {
	thread := func(id string) string {
		return `{"data":[{"id":"` + id + `","participants":{"data":[{"id":"9"},{"id":"10"}]}}]}`
	}
	said := `{"data":[{"id":"m_1","message":"hi","from":{"id":"9"}}]}`
	d, s := stub(t, map[string]string{"GET /10/conversations": thread("t_1"), "GET /t_1/messages": said})
	talk := hostilePage.WithKind(smm.KindConversation, "9")
	read := func() int {
		t.Helper()
		before := len(s.asked)
		p, err := d.ListMessages(t.Context(), hostilePage, talk, smm.PageRequest{})
		require.NoError(t, err)
		require.Len(t, p.Items, 1)
		require.Equal(t, talk, p.Items[0].Conversation)
		return len(s.asked) - before
	}
	require.Equal(t, 2, read())
	require.Equal(t, 1, read())
	delete(s.says, "GET /t_1/messages")
	s.says["GET /10/conversations"], s.says["GET /t_2/messages"] = thread("t_2"), said
	require.Equal(t, 3, read())
	require.Equal(t, 1, read())

	d, s = stub(t, s.says)
	_, err := d.ListConversations(t.Context(), hostilePage, smm.PageRequest{})
	require.NoError(t, err)
	require.Equal(t, 1, read(), "the list of conversations told it")
}

// TestConversationsNeedAPerson: one is named by who is in it, told by the newest
// messages where there are no participants; nobody and several cannot be answered.
func TestConversationsNeedAPerson(t *testing.T) {
	d, _ := stub(t, map[string]string{"GET /10/conversations": `{"data":[
		{"id":"t_1","participants":{"data":[{"id":"10"},{"id":"7"}]}},
		{"id":"t_2","messages":{"data":[{"id":"m_1","from":{"id":"10"},"to":{"data":[{"id":"8"}]}}]}},
		{"id":"t_3","participants":{"data":[{"id":"10"}]}},
		{"id":"t_4","participants":{"data":[{"id":"10"},{"id":"5"},{"id":"6"}]}},
		{"id":"t_5","participants":{"data":[{"id":"../x"}]}}]}`})
	p, err := d.ListConversations(t.Context(), hostilePage, smm.PageRequest{})
	require.NoError(t, err)
	var ids []string
	for _, c := range p.Items {
		ids = append(ids, c.Ref.ID)
	}
	require.Equal(t, []string{"7", "8"}, ids)
}
