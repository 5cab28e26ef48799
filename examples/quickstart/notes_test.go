package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
	"github.com/smmkit/smmkit/smm/inbox/inboxtest"
)

func openNotes(t *testing.T, path string) *journaled {
	t.Helper()
	s, err := openJournaled(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestNotesAreAnInboxStore(t *testing.T) {
	inboxtest.Run(t, func(t *testing.T) inbox.Store { return openNotes(t, filepath.Join(t.TempDir(), "inbox.jsonl")) })
}

// TestNotesOutliveTheProcess closes the file without a word after each kind of
// write, and cuts the last line at every byte.
func TestNotesOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inbox.jsonl")
	at := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	ch := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "1"}
	post, comment, talk := ch.WithKind(smm.KindPost, "2"), ch.WithKind(smm.KindComment, "3"), ch.WithKind(smm.KindConversation, "4")
	it := inbox.Observe(ch, smm.Message{Ref: comment, Root: post, Text: "When do you open?", At: at}, at)
	decision := inbox.Decision{Action: inbox.ActionBlock, At: at, Revision: it.Revision(), Outcome: inbox.OutcomeDone}
	answer := inbox.Answer{Channel: ch, Conversation: post, Message: comment, Token: "t", Deliveries: []string{"d"}, At: at}

	s := openNotes(t, path)
	_, err := s.Append(t.Context(), "", it)
	require.NoError(t, err)
	require.NoError(t, s.Describe(t.Context(), "", smm.Conversation{Ref: talk, Channel: ch, Kind: smm.ConversationDirect}, at))
	require.NoError(t, s.Decide(t.Context(), "", ch, comment, decision))
	require.NoError(t, s.SetState(t.Context(), "", ch, post, 0, inbox.Update{State: inbox.StateResolved, Assignee: "mara"}))
	require.NoError(t, s.SetMark(t.Context(), "", ch, "mentions", "here"))
	_, _, err = s.Claim(t.Context(), "", answer, true)
	require.NoError(t, err)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)

	check := func(s *journaled, answers int) {
		t.Helper()
		got, err := s.Item(t.Context(), "", ch, comment)
		require.NoError(t, err)
		require.Equal(t, it.Message.Text, got.Message.Text)
		require.Equal(t, decision, got.Decision)
		c, err := s.Conversation(t.Context(), "", ch, post)
		require.NoError(t, err)
		require.Equal(t, inbox.StateResolved, c.State)
		require.Equal(t, "mara", c.Assignee)
		_, err = s.Conversation(t.Context(), "", ch, talk)
		require.NoError(t, err)
		mark, err := s.Mark(t.Context(), "", ch, "mentions")
		require.NoError(t, err)
		require.Equal(t, "here", mark)
		known, err := s.Answers(t.Context(), "", ch, comment)
		require.NoError(t, err)
		require.Len(t, known, answers)
	}
	check(openNotes(t, path), 1)

	last := slices.Index(whole, '\n')
	for n := slices.Index(whole[last+1:], '\n'); n >= 0 && last+1+n < len(whole)-1; n = slices.Index(whole[last+1:], '\n') {
		last += 1 + n
	}
	for cut := last + 1; cut < len(whole); cut++ {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		torn := openNotes(t, path)
		check(torn, 0)
		_, fresh, err := torn.Claim(t.Context(), "", answer, true)
		require.NoError(t, err)
		require.True(t, fresh)
		check(openNotes(t, path), 1)
	}
}

func TestDamagedFilesSayWhatToDo(t *testing.T) {
	for _, name := range []string{"connect-campaign.json", "connect-sessions.json", "connect-inbox.jsonl", "connect-campaign.db"} {
		t.Run(name, func(t *testing.T) {
			web, dir := simulators(t), t.TempDir()
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte("{no\n"), 0o600))
			code, _, errOut := runHere(t, nil, "-connect", web.URL(), "-data", dir)
			require.NotZero(t, code)
			require.Contains(t, errOut, path)
		})
	}
}
