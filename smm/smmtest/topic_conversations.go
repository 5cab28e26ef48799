package smmtest

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// conversations talks with a visitor.
func conversations(t tester, s *suite) {
	s.needCount(t)
	s.sub(t, "conversations", "comments", func(t tester) { s.comments(t) })
	s.sub(t, "conversations", "mentions", func(t tester) { s.mentions(t) })
	s.sub(t, "conversations", "messages", func(t tester) { s.messages(t) })
}

func (s *suite) form(t tester, k smm.CreateKind) Form {
	t.Helper()
	for _, f := range s.forms {
		if f.Kind == k {
			return f
		}
	}
	t.Skipf("no form makes a %s", k)
	return Form{}
}

// say publishes the form and returns its item's Ref.
func (l *lab) say(c *smm.Client, f Form) (smm.Ref, string) {
	l.t.Helper()
	p, mark := l.post(f)
	r, err := l.channel(c).Publish(l.ctx, p, nil)
	if err != nil {
		l.t.Fatalf("publish a %s: %v", f.Kind, err)
	}
	if n := len(l.items(mark)); n != 1 {
		l.t.Errorf("%d items, want one", n)
	}
	return r.Post, mark
}

// heard finds the one message with a text.
func (l *lab) heard(list func() *smm.List[smm.Message], text string) smm.Message {
	l.t.Helper()
	var m smm.Message
	if err := l.eventually(func() error {
		all, err := list().Collect(l.ctx, 0)
		if err != nil {
			return fmt.Errorf("list: %w", err)
		}
		n := 0
		for _, v := range all {
			if strings.Contains(string(v.Text), text) {
				m = v
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("%q is in the list %d times; it has %d messages", text, n, len(all))
		}
		return nil
	}); err != nil {
		l.t.Fatal(err)
	}
	if m.Channel != l.h.Channel || m.Ref.Check() != nil || m.At.IsZero() || m.At.After(l.clock.Now()) {
		l.t.Errorf("a message needs ref, channel and time: %+v", m)
	}
	return m
}

// byVisitor checks who wrote a message.
func (l *lab) byVisitor(m smm.Message) {
	l.t.Helper()
	if m.Own {
		l.t.Errorf("%s counts as the channel's own", m.Ref)
	}
	if m.Author.Ref.ID != l.h.Author.ID || m.Author.Ref.Kind != smm.KindAuthor {
		l.t.Errorf("the author is %s, want %s", m.Author.Ref, l.h.Author)
	}
}

func (s *suite) comments(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapListComments)
	target := l.visitorComment()
	list := func() *smm.List[smm.Message] { return l.channel(c).Comments(l.own, nil) }
	m := l.heard(list, "a visitor's comment")
	l.byVisitor(m)
	if m.Ref.ID != target.ID || m.InReplyTo.ID != l.own.ID {
		t.Errorf("comment %s answers %s, want %s answering %s", m.Ref, m.InReplyTo, target, l.own)
	}
	f := s.form(t, smm.CreateReply)
	reply, mark := l.say(c, f)
	if got := l.items(mark)[0]; got.Parent != target.ID || got.Private {
		t.Errorf("the reply hangs on %q, want %q", got.Parent, target.ID)
	}
	if m = l.heard(list, mark); !m.Own || m.Ref.ID != reply.ID || m.InReplyTo.ID != target.ID {
		t.Errorf("our reply is listed as %s, own %t, answering %s", m.Ref, m.Own, m.InReplyTo)
	}
}

func (s *suite) mentions(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapListMentions)
	text := l.mark()
	server := l.public()
	ref, err := server.VisitorPosts(l.ctx, l.h.Visitor, "", "Dear @"+l.h.Handle+" "+text)
	if err != nil {
		t.Fatalf("VisitorPosts: %v", err)
	}
	answer := l.mark()
	if _, err := server.VisitorPosts(l.ctx, l.h.Visitor, l.publishText("a post").ID, answer); err != nil {
		t.Fatalf("VisitorPosts: %v", err)
	}
	list := func() *smm.List[smm.Message] { return l.channel(c).Mentions(nil) }
	m := l.heard(list, text)
	l.byVisitor(m)
	if m.Ref.ID != ref.ID {
		t.Errorf("the mention is %s, want %s", m.Ref, ref)
	}
	l.byVisitor(l.heard(list, answer))
}

func (s *suite) messages(t tester) {
	l := s.lab(t)
	c := l.client()
	l.need(c, smm.CapListMessages)
	convo := l.visitorConversation()
	list := func() *smm.List[smm.Message] { return l.channel(c).Messages(convo, nil) }
	l.byVisitor(l.heard(list, "a visitor's message"))
	f := s.form(t, smm.CreateMessage)
	_, mark := l.say(c, f)
	if got := l.items(mark)[0]; !got.Private {
		t.Error("the message is public")
	}
	if m := l.heard(list, mark); !m.Own || m.Conversation.ID != convo.ID {
		t.Errorf("our message is listed as own %t in %s, want %s", m.Own, m.Conversation, convo)
	}
	all, err := l.channel(c).Conversations(nil).Collect(l.ctx, 0)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d conversations, want one: %v", len(all), err)
	}
	got := all[0]
	if got.Ref != convo || got.Kind != smm.ConversationDirect || got.Channel != l.h.Channel || got.Updated.IsZero() {
		t.Errorf("the conversation is %+v", got)
	}
}
