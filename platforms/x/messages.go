package x

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/smm"
)

// MessageService reads and writes direct messages. What X encrypts from end to
// end is not among them and needs keys that this client does not manage.
// https://docs.x.com/x-api/direct-messages (read August 2026).
type MessageService struct{ c *Client }

const conversationsPath = "2/dm_conversations"

// DMParams select events: 1 to 100 on a page, newest first, of about the last
// 30 days.
type DMParams struct {
	ListParams

	Types  []string // of EventMessage, EventJoin, EventLeave; nil for all
	Fields *Fields
}

func (s *MessageService) events(ctx context.Context, op, path string, p DMParams) (Page[DMEvent], error) {
	q := s.c.dmQuery(p.Fields)
	if err := p.into(q); err != nil {
		return Page[DMEvent]{}, err
	}
	for _, t := range p.Types {
		if !slices.Contains([]string{EventMessage, EventJoin, EventLeave}, t) {
			return Page[DMEvent]{}, invalid("event type %q is not known", t)
		}
	}
	if len(p.Types) > 0 {
		q.Set("event_types", strings.Join(p.Types, ","))
	}
	resp, err := s.c.get(ctx, op, path, q)
	return page[DMEvent](op, resp, err)
}

// Events lists what happened in all conversations.
func (s *MessageService) Events(ctx context.Context, p DMParams) (Page[DMEvent], error) {
	return s.events(ctx, "messages.events", "2/dm_events", p)
}

// EventsWith lists what happened in the conversation with one user.
func (s *MessageService) EventsWith(ctx context.Context, user ID, p DMParams) (Page[DMEvent], error) {
	if err := ids(user); err != nil {
		return Page[DMEvent]{}, err
	}
	return s.events(ctx, "messages.with", httpx.Path(conversationsPath+"/with", string(user), "dm_events"), p)
}

// EventsIn lists what happened in a conversation.
func (s *MessageService) EventsIn(ctx context.Context, conversation ID, p DMParams) (Page[DMEvent], error) {
	if err := isConversation(conversation); err != nil {
		return Page[DMEvent]{}, err
	}
	return s.events(ctx, "messages.in", httpx.Path(conversationsPath, string(conversation), "dm_events"), p)
}

// isConversation checks an id of a conversation: of a group a number, of two
// people their ids with a hyphen between.
func isConversation(id ID) error {
	a, b, pair := strings.Cut(string(id), "-")
	if !isID(ID(a)) || pair && !isID(ID(b)) {
		return invalid("%q is no id of a conversation", id)
	}
	return nil
}

// Event reads one event.
func (s *MessageService) Event(ctx context.Context, id ID, f *Fields) (Result[DMEvent], error) {
	if err := ids(id); err != nil {
		return Result[DMEvent]{}, err
	}
	resp, err := s.c.get(ctx, "messages.event", httpx.Path("2/dm_events", string(id)), s.c.dmQuery(f))
	return one("messages.event", idOfEvent, resp, err)
}

// MessageParams are the fields of a message: text, a file, or both. More files
// than one are not documented.
type MessageParams struct {
	Text        string              `json:"text,omitempty"`
	Attachments []MessageAttachment `json:"attachments,omitempty"`
}

// MessageAttachment is a file that was uploaded with a category for messages.
type MessageAttachment struct {
	MediaID ID `json:"media_id"`
}

func (p *MessageParams) check() error {
	if p.Text == "" && len(p.Attachments) == 0 {
		return invalid("a message needs text or a file")
	}
	for _, a := range p.Attachments {
		if err := ids(a.MediaID); err != nil {
			return err
		}
	}
	return nil
}

// SentMessage says what a message became.
type SentMessage struct {
	ConversationID ID `json:"dm_conversation_id"`
	EventID        ID `json:"dm_event_id"`
}

// Send writes a message to a user, beginning a conversation if there is none.
// It is sent once, and the doubt about what has no answer is that of
// PostService.Create.
func (s *MessageService) Send(ctx context.Context, user ID, p MessageParams) (SentMessage, error) {
	if err := ids(user); err != nil {
		return SentMessage{}, err
	}
	resp, _, err := s.send(ctx, smm.Ref{}, "messages.send", httpx.Path(conversationsPath+"/with", string(user), "messages"), &p)
	return sent("messages.send", resp, err)
}

// SendTo writes a message to a conversation. All that is said of Send is true
// of it.
func (s *MessageService) SendTo(ctx context.Context, conversation ID, p MessageParams) (SentMessage, error) {
	if err := isConversation(conversation); err != nil {
		return SentMessage{}, err
	}
	resp, _, err := s.send(ctx, smm.Ref{}, "messages.send-to", httpx.Path(conversationsPath, string(conversation), "messages"), &p)
	return sent("messages.send-to", resp, err)
}

// send is Send and SendTo with what is known of how it ended.
func (s *MessageService) send(ctx context.Context, ch smm.Ref, op, path string, p *MessageParams) (*httpx.Response, httpx.Fate, error) {
	if err := p.check(); err != nil {
		return nil, httpx.FateNotSent, err
	}
	return s.c.http.Commit(ctx, &httpx.Request{
		Op: op, Channel: ch, Method: http.MethodPost, URL: path, Body: httpx.JSON(p), Auth: s.c.auth,
		Charges: s.c.charges(ctx, op, s.c.asApp), Priority: smm.PriorityReply,
	})
}

func sent(op string, resp *httpx.Response, err error) (SentMessage, error) {
	r, err := one(op, idOfSent, resp, err)
	return r.Item, err
}

// CreateGroup begins a conversation with 2 to 49 users and a first message. All
// that is said of Send is true of it.
func (s *MessageService) CreateGroup(ctx context.Context, users []ID, p MessageParams) (SentMessage, error) {
	if len(users) < MinGroup || len(users) > MaxGroup {
		return SentMessage{}, invalid("a group with %d others: want %d to %d", len(users), MinGroup, MaxGroup)
	}
	if err := ids(users...); err != nil {
		return SentMessage{}, err
	}
	if err := p.check(); err != nil {
		return SentMessage{}, err
	}
	body := struct {
		Type    string         `json:"conversation_type"`
		Users   []ID           `json:"participant_ids"`
		Message *MessageParams `json:"message"`
	}{"Group", users, &p}
	resp, err := s.c.commit(ctx, "messages.create", http.MethodPost, conversationsPath, httpx.JSON(body))
	return sent("messages.create", resp, err)
}

// Delete removes an event from the account's own view; others keep it.
func (s *MessageService) Delete(ctx context.Context, event ID) error {
	if err := ids(event); err != nil {
		return err
	}
	resp, err := s.c.commit(ctx, "messages.delete", http.MethodDelete, httpx.Path("2/dm_events", string(event)), httpx.Body{})
	return done("messages.delete", "deleted", true, resp, err)
}
