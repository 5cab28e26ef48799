package inboxtest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

func testAppend(t *testing.T, s inbox.Store) {
	edited := said("a", 0, "hello!")
	edited.Version = minute(5)
	for i, step := range []struct {
		it   inbox.Item
		want inbox.Change
	}{
		{said("a", 0, "hello"), inbox.ChangeNew},
		{said("a", 0, "hello"), inbox.ChangeNone},
		{edited, inbox.ChangeEdited},
		{said("a", 0, "hello"), inbox.ChangeNone}, // the older text comes late
		{said("b", 1, "hello"), inbox.ChangeNew},
		{own("c", 2), inbox.ChangeNew},
	} {
		if got := put(t, s, step.it); got != step.want {
			t.Errorf("step %d: change %q, want %q", i, got, step.want)
		}
	}
	if got, want := texts(collect(t, s.Items(t.Context(), tenant, channel, post))), `a="hello!" b="hello" c="we" `; got != want {
		t.Errorf("items %s, want %s", got, want)
	}
	it, err := s.Item(t.Context(), tenant, channel, comment("a"))
	if err != nil || it.Message.Text != "hello!" || !it.Message.At.Equal(minute(0)) || it.Thread != post {
		t.Errorf("item %+v, %v", it, err)
	}
	c := thread(t, s, post)
	if !c.LastInbound.Equal(minute(1)) || !c.LastOwn.Equal(minute(2)) || c.Unanswered() || c.State != inbox.StateOpen || c.About != post || c.Kind != smm.ConversationComments {
		t.Errorf("conversation %+v", c)
	}
}

func testDeletion(t *testing.T, s inbox.Store) {
	put(t, s, said("a", 0, "one"), said("b", 5, "two"))
	if got := put(t, s, gone("b", 6)); got != inbox.ChangeDeleted {
		t.Errorf("deleting: %q", got)
	}
	if got := put(t, s, gone("b", 6), said("b", 5, "two")); got != inbox.ChangeNone {
		t.Errorf("the deleted text came back: %q", got)
	}
	if got := put(t, s, gone("c", 7)); got != inbox.ChangeDeleted {
		t.Errorf("deleting what was never seen: %q", got)
	}
	if got := put(t, s, said("c", 6, "three")); got != inbox.ChangeNone {
		t.Errorf("a text that comes after its deletion: %q", got)
	}
	if got, want := texts(collect(t, s.Items(t.Context(), tenant, channel, post))), `a="one" b="" c="" `; got != want {
		t.Errorf("items %s, want %s", got, want)
	}
	if c := thread(t, s, post); !c.LastInbound.Equal(minute(0)) {
		t.Errorf("last inbound %v: a deleted message needs no answer", c.LastInbound)
	}
}

func testMove(t *testing.T, s inbox.Store) {
	bare := said("a", 0, "hi")
	bare.Thread, bare.ThreadRank = bare.Message.Ref, 0
	put(t, s, bare)
	if c := thread(t, s, comment("a")); c.Kind != smm.ConversationMention {
		t.Errorf("a thread that begins with somebody else's item is a %s", c.Kind)
	}
	put(t, s, said("a", 0, "hi"), bare)
	if _, err := s.Conversation(t.Context(), tenant, channel, comment("a")); err == nil {
		t.Error("the conversation that lost its only item is still there")
	}
	if got := collect(t, s.Items(t.Context(), tenant, channel, post)); len(got) != 1 {
		t.Errorf("items %s", texts(got))
	}
	if got := collect(t, s.List(t.Context(), tenant, inbox.Query{})); len(got) != 1 || got[0].Ref != post {
		t.Errorf("conversations %+v", got)
	}
}

// testOrder tells stores of the same kind the same things in other orders.
func testOrder(t *testing.T, s inbox.Store) {
	want := ""
	for round := range 12 {
		tenant := smm.Tenant(fmt.Sprintf("round %d", round))
		told := slices.Repeat(happenings(), 3)
		rand.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		for _, it := range told {
			if _, err := s.Append(t.Context(), tenant, it); err != nil {
				t.Fatal(err)
			}
		}
		got := dump(t, s, tenant)
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("round %d ended as\n%s\nand another order as\n%s", round, got, want)
		}
	}
}

// happenings are messages in several threads, told by several ways, edited,
// hidden and deleted.
func happenings() []inbox.Item {
	var out []inbox.Item
	for i := range 40 {
		id := fmt.Sprint("m", i)
		first := said(id, i, fmt.Sprint("text ", i))
		mention := first
		mention.Thread, mention.ThreadRank = comment(id), 0
		mention.Seen = minute(i + 1)
		out = append(out, first, mention)
		if i%3 == 0 {
			edit := first
			edit.Message.Text, edit.Message.Edited, edit.Version = smm.Untrusted(fmt.Sprint("edit ", i)), minute(i+2), minute(i+2)
			out = append(out, edit)
		}
		if i%4 == 0 {
			hide, _ := inbox.FromEvent(smm.Event{Kind: smm.EventMessageHidden, Channel: channel, Subject: comment(id), At: minute(i + 3)})
			out = append(out, hide)
		}
		if i%5 == 0 {
			out = append(out, gone(id, i+4))
		}
		if i%7 == 0 {
			mine := first
			mine.Message.Own = true
			out = append(out, mine)
		}
	}
	return out
}

func dump(t *testing.T, s inbox.Store, tenant smm.Tenant) string {
	t.Helper()
	var out strings.Builder
	for _, c := range collect(t, s.List(t.Context(), tenant, inbox.Query{})) {
		c.Version = 0 // counts changes, which come in another order
		out.WriteString(line(t, c))
		for _, it := range collect(t, s.Items(t.Context(), tenant, channel, c.Ref)) {
			out.WriteString("  " + line(t, it))
		}
	}
	return out.String()
}

func line(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func testTenants(t *testing.T, s inbox.Store) {
	put(t, s, said("a", 0, "ours"))
	if err := s.SetMark(t.Context(), tenant, channel, "x", "1"); err != nil {
		t.Fatal(err)
	}
	const other smm.Tenant = "t2"
	if _, err := s.Item(t.Context(), other, channel, comment("a")); err == nil {
		t.Error("another tenant sees the item")
	}
	if _, err := s.Conversation(t.Context(), other, channel, post); err == nil {
		t.Error("another tenant sees the conversation")
	}
	if n := len(collect(t, s.Items(t.Context(), other, channel, post))) + len(collect(t, s.List(t.Context(), other, inbox.Query{}))) +
		len(collect(t, s.Undecided(t.Context(), other))); n != 0 {
		t.Errorf("another tenant lists %d things", n)
	}
	if m, err := s.Mark(t.Context(), other, channel, "x"); m != "" || err != nil {
		t.Errorf("another tenant's mark %q, %v", m, err)
	}
	if got, err := s.Append(t.Context(), other, said("a", 0, "theirs")); got != inbox.ChangeNew || err != nil {
		t.Errorf("the same channel held by another tenant: %q, %v", got, err)
	}
	if it, err := s.Item(t.Context(), tenant, channel, comment("a")); err != nil || it.Message.Text != "ours" {
		t.Errorf("item %q, %v", it.Message.Text, err)
	}
}
