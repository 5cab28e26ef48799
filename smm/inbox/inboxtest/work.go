package inboxtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/inbox"
)

func testDescribe(t *testing.T, s inbox.Store) {
	ref := channel.WithKind(smm.KindConversation, "dm")
	describe := func(reason string, seen int) {
		t.Helper()
		d := smm.Conversation{
			Ref: ref, Channel: channel, Kind: smm.ConversationDirect,
			Window: smm.ReplyWindow{State: smm.WindowClosed, Reason: reason},
		}
		if err := s.Describe(t.Context(), tenant, d, minute(seen)); err != nil {
			t.Fatal(err)
		}
	}
	describe("new", 5)
	describe("old", 4)
	if c := thread(t, s, ref); c.Window.Reason != "new" || c.Kind != smm.ConversationDirect || c.State != inbox.StateOpen {
		t.Errorf("conversation %+v", c)
	}
}

func testState(t *testing.T, s inbox.Store) {
	put(t, s, said("a", 0, "hi"))
	set := func(version int64, u inbox.Update) error {
		return s.SetState(t.Context(), tenant, channel, post, version, u)
	}
	v := thread(t, s, post).Version
	if err := set(v, inbox.Update{State: inbox.StateResolved, Assignee: "ann"}); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "with the version of before", set(v, inbox.Update{State: inbox.StateOpen}), smm.ErrConflict)
	c := thread(t, s, post)
	if c.State != inbox.StateResolved || c.Assignee != "ann" || c.Version == v {
		t.Errorf("conversation %+v", c)
	}
	put(t, s, own("b", 1), said("a", 0, "hi"), gone("z", 2))
	if c := thread(t, s, post); c.State != inbox.StateResolved {
		t.Errorf("%s: our own word, a repetition and a deletion open nothing", c.State)
	}
	put(t, s, said("c", 3, "but"))
	if c := thread(t, s, post); c.State != inbox.StateOpen || c.Assignee != "ann" {
		t.Errorf("%s, assigned to %q: a new word of somebody else opens the conversation", c.State, c.Assignee)
	}
	v = thread(t, s, post).Version
	if err := set(v, inbox.Update{State: inbox.StateSnoozed, SnoozedUntil: minute(60)}); err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int]int{59: 0, 60: 1} {
		q := inbox.Query{States: []inbox.State{inbox.StateOpen}, Now: minute(at)}
		if got := collect(t, s.List(t.Context(), tenant, q)); len(got) != want {
			t.Errorf("%d open at minute %d, want %d", len(got), at, want)
		}
	}
	put(t, s, said("d", 4, "hello?"))
	if c := thread(t, s, post); c.State != inbox.StateOpen || !c.SnoozedUntil.IsZero() {
		t.Errorf("%s until %v after a new word", c.State, c.SnoozedUntil)
	}
}

func testList(t *testing.T, s inbox.Store) {
	for i := range 20 {
		it := said(fmt.Sprint("c", i), i/2, "x") // two of each time
		it.Thread = channel.WithKind(smm.KindPost, fmt.Sprintf("p%02d", i))
		put(t, s, it)
	}
	put(t, s, gone("never seen", 99))
	got := collect(t, s.List(t.Context(), tenant, inbox.Query{}))
	if len(got) != 20 {
		t.Fatalf("%d conversations, want 20: one of which only a deletion is known is none", len(got))
	}
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if b.Active().After(a.Active()) || b.Active().Equal(a.Active()) && b.Ref.String() < a.Ref.String() {
			t.Errorf("%s comes before %s", a.Ref, b.Ref)
		}
	}
	answered := own("re", 50)
	answered.Thread = channel.WithKind(smm.KindPost, "p07")
	put(t, s, answered)
	other := channel
	other.ID = "else"
	for name, q := range map[string]struct {
		inbox.Query
		want int
	}{
		"unanswered":      {inbox.Query{Unanswered: true}, 19},
		"channel":         {inbox.Query{Channels: []smm.Ref{channel}}, 20},
		"another channel": {inbox.Query{Channels: []smm.Ref{other}}, 0},
		"state":           {inbox.Query{States: []inbox.State{inbox.StateResolved, inbox.StatePending}}, 0},
		"assignee":        {inbox.Query{Assignee: "ann"}, 0},
	} {
		if n := len(collect(t, s.List(t.Context(), tenant, q.Query))); n != q.want {
			t.Errorf("%s: %d, want %d", name, n, q.want)
		}
	}
	for _, err := range s.List(t.Context(), tenant, inbox.Query{}) {
		if err != nil {
			t.Error(err)
		}
		break // stopping early must not hold anything
	}
	put(t, s, said("after", 60, "x"))
}

func testDecisions(t *testing.T, s inbox.Store) {
	put(t, s, said("b", 1, "two"), said("a", 0, "one"), own("o", 2), gone("g", 3))
	undecided := func(want string) {
		t.Helper()
		if got := texts(collect(t, s.Undecided(t.Context(), tenant))); got != want {
			t.Errorf("undecided %s, want %s", got, want)
		}
	}
	undecided(`a="one" b="two" `)
	for it, err := range s.Undecided(t.Context(), tenant) {
		if err != nil {
			t.Fatal(err)
		}
		d := inbox.Decision{Action: inbox.ActionAllow, At: minute(10), Revision: it.Revision()}
		if err := s.Decide(t.Context(), tenant, channel, it.Message.Ref, d); err != nil {
			t.Fatal(err)
		}
	}
	undecided("")
	put(t, s, said("a", 0, "one"))
	undecided("")
	edited := said("a", 0, "changed")
	edited.Version = minute(20)
	put(t, s, edited)
	undecided(`a="changed" `)
	late := inbox.Decision{Action: inbox.ActionHide, At: minute(9), Revision: "old"}
	if err := s.Decide(t.Context(), tenant, channel, comment("b"), late); err != nil {
		t.Fatal(err)
	}
	if it, err := s.Item(t.Context(), tenant, channel, comment("b")); err != nil || it.Decision.Action != inbox.ActionAllow {
		t.Errorf("decision %+v, %v: the one with the later time wins", it.Decision, err)
	}
}

func answer(token string) inbox.Answer {
	return inbox.Answer{Channel: channel, Conversation: post, Message: comment("a"), Token: token, Deliveries: []string{"d" + token}, At: minute(1)}
}

func testClaims(t *testing.T, s inbox.Store) {
	ctx := t.Context()
	if got, err := s.Answers(ctx, tenant, channel, comment("a")); err != nil || len(got) != 0 {
		t.Errorf("answers %v, %v", got, err)
	}
	if _, fresh, err := s.Claim(ctx, tenant, answer("1"), true); !fresh || err != nil {
		t.Fatalf("first claim: fresh %v, %v", fresh, err)
	}
	again := answer("1")
	again.At, again.Deliveries = minute(2), []string{"other"}
	if got, fresh, err := s.Claim(ctx, tenant, again, true); fresh || err != nil || !got.At.Equal(minute(1)) || got.Deliveries[0] != "d1" {
		t.Errorf("the same claim again: %+v fresh %v, %v", got, fresh, err)
	}
	got, fresh, err := s.Claim(ctx, tenant, answer("2"), true)
	wantErr(t, "a second exclusive claim", err, smm.ErrConflict)
	if fresh || got.Token != "1" {
		t.Errorf("it gave %+v, fresh %v", got, fresh)
	}
	if _, fresh, err := s.Claim(ctx, tenant, answer("2"), false); !fresh || err != nil {
		t.Errorf("a second claim: fresh %v, %v", fresh, err)
	}
	if got, err := s.Answers(ctx, tenant, channel, comment("a")); err != nil || len(got) != 2 || got[0].Token != "1" || got[1].Token != "2" {
		t.Errorf("answers %+v, %v", got, err)
	}
	if got, err := s.Answers(ctx, "t2", channel, comment("a")); err != nil || len(got) != 0 {
		t.Errorf("answers of another tenant %v, %v", got, err)
	}
}

func testRace(t *testing.T, s inbox.Store) {
	var (
		wg            sync.WaitGroup
		won, appeared atomic.Int64
	)
	for i := range 8 {
		wg.Go(func() {
			if _, fresh, err := s.Claim(t.Context(), tenant, answer(fmt.Sprint(i)), true); err == nil && fresh {
				won.Add(1)
			}
			for j := range 20 {
				change, err := s.Append(t.Context(), tenant, said(fmt.Sprint("r", j), j, "x"))
				if err != nil {
					t.Error(err)
				}
				if change == inbox.ChangeNew {
					appeared.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d exclusive claims won, want 1", won.Load())
	}
	if appeared.Load() != 20 {
		t.Errorf("20 messages were new %d times", appeared.Load())
	}
}

func testMarks(t *testing.T, s inbox.Store) {
	ctx := t.Context()
	for _, mark := range []string{"", "one", "two", ""} {
		if mark != "" {
			if err := s.SetMark(ctx, tenant, channel, "mentions", mark); err != nil {
				t.Fatal(err)
			}
		} else if err := s.SetMark(ctx, tenant, channel, "mentions", ""); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Mark(ctx, tenant, channel, "mentions"); got != mark || err != nil {
			t.Errorf("mark %q, %v; want %q", got, err, mark)
		}
	}
	if got, err := s.Mark(ctx, tenant, channel, "never set"); got != "" || err != nil {
		t.Errorf("mark %q, %v", got, err)
	}
}

func testRefusals(t *testing.T, s inbox.Store) {
	ctx := t.Context()
	put(t, s, said("a", 0, "hi"))
	_, err := s.Item(ctx, tenant, channel, comment("none"))
	wantErr(t, "unknown item", err, smm.ErrNotFound)
	_, err = s.Conversation(ctx, tenant, channel, comment("none"))
	wantErr(t, "unknown conversation", err, smm.ErrNotFound)
	wantErr(t, "state of an unknown conversation",
		s.SetState(ctx, tenant, channel, comment("none"), 0, inbox.Update{State: inbox.StateOpen}), smm.ErrNotFound)
	wantErr(t, "decision about an unknown item", s.Decide(ctx, tenant, channel, comment("none"), inbox.Decision{}), smm.ErrNotFound)
	_, err = s.Append(ctx, tenant, inbox.Item{})
	wantErr(t, "empty item", err, smm.ErrInvalid)
	wantErr(t, "empty description", s.Describe(ctx, tenant, smm.Conversation{}, time.Time{}), smm.ErrInvalid)
	v := thread(t, s, post).Version
	for _, u := range []inbox.Update{{}, {State: "done"}, {State: inbox.StateSnoozed}, {State: inbox.StateOpen, SnoozedUntil: minute(1)}} {
		wantErr(t, fmt.Sprintf("update %+v", u), s.SetState(ctx, tenant, channel, post, v, u), smm.ErrInvalid)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = s.Append(ended, tenant, said("b", 0, "hi"))
	wantErr(t, "after the context ended", err, context.Canceled)
}
