package instagram

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// maxThreadPage is how many conversations are asked for at once: each comes with its
// newest messages.
const maxThreadPage = 25

// ListConversations implements smm.MessageLister. The id of a conversation is that
// of the person in it. The window tells whether an answer is allowed.
func (d *Driver) ListConversations(ctx context.Context, channel smm.Ref, r smm.PageRequest) (smm.Page[smm.Conversation], error) {
	var out smm.Page[smm.Conversation]
	s, err := d.client(ctx, channel)
	if err != nil {
		return out, err
	}
	now := d.cfg.Clock.Now()
	self, err := s.own(ctx, now)
	if err != nil {
		return out, err
	}
	p, err := s.Messages.Threads(ctx, ListParams{Limit: min(r.Limit, maxThreadPage), Cursor: r.Cursor})
	if err != nil {
		return out, err
	}
	out.Next = p.Next
	for i := range p.Items {
		t := &p.Items[i]
		who := t.with(channel, &self)
		if t.ID == "" || who == nil {
			continue // without a person, or with several, there is nobody to answer
		}
		out.Items = append(out.Items, conversationOf(channel, t, who, &self, now))
	}
	return out, nil
}

// ListMessages implements smm.MessageLister. The vendor details the newest 20
// messages of a conversation only.
func (d *Driver) ListMessages(ctx context.Context, channel, conversation smm.Ref, r smm.PageRequest) (smm.Page[smm.Message], error) {
	var out smm.Page[smm.Message]
	s, err := d.client(ctx, channel)
	if err != nil {
		return out, err
	}
	if err := onChannel(channel, conversation, smm.KindConversation); err != nil {
		return out, err
	}
	self, err := s.own(ctx, d.cfg.Clock.Now())
	if err != nil {
		return out, err
	}
	t, there, err := s.Messages.With(ctx, ID(conversation.ID))
	if err != nil {
		return out, err
	}
	if !there {
		return out, &smm.Error{Op: "messages.with", Platform: Platform, Channel: channel, Err: fmt.Errorf("%w: no conversation with %s", smm.ErrNotFound, conversation.ID)}
	}
	p, err := s.Messages.List(ctx, t.ID, ListParams{Limit: min(r.Limit, maxCommentPage), Cursor: r.Cursor})
	if err != nil {
		return out, err
	}
	out.Next = p.Next
	for i := range p.Items {
		if p.Items[i].ID != "" {
			out.Items = append(out.Items, messageOfDM(channel, conversation, &p.Items[i], &self))
		}
	}
	return out, nil
}
