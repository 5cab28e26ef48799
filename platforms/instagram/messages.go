package instagram

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// MessageService reads and sends private messages. A person must write first; an
// account may answer for 24 hours, and people of its staff for 7 days with the tag
// HUMAN_AGENT.
type MessageService struct{ c *Client }

const directPlatform = "instagram"

// threadFields has as many messages as the vendor details: the window for an
// answer is counted from the newest that the person wrote.
const threadFields = "messages.limit(20){id,created_time,from,to,message,attachments,is_unsupported}"

// Threads lists the conversations, the most recently active first.
func (s *MessageService) Threads(ctx context.Context, p ListParams) (Page[Thread], error) {
	return s.threads(ctx, "messages.threads", "", p)
}

// With returns the conversation with a person, and false if there is none.
func (s *MessageService) With(ctx context.Context, person ID) (Thread, bool, error) {
	page, err := s.threads(ctx, "messages.with", person, ListParams{})
	if err != nil || len(page.Items) == 0 {
		return Thread{}, false, err
	}
	return page.Items[0], true, nil
}

func (s *MessageService) threads(ctx context.Context, op string, person ID, p ListParams) (Page[Thread], error) {
	r := s.c.req(op, s.c.inbox(), "conversations")
	r.Params = url.Values{"platform": {directPlatform}}
	if person != "" {
		r.Params.Set("user_id", string(person))
	}
	r.Fields = []string{"id", "updated_time", "unread_count", "participants", threadFields}
	return meta.List[Thread](ctx, s.c.graph, r, p)
}

// List lists the messages of a conversation, newest first.
func (s *MessageService) List(ctx context.Context, thread ID, p ListParams) (Page[DM], error) {
	r := s.c.req("messages.list", string(thread), "messages")
	r.Fields = messageFields
	return meta.List[DM](ctx, s.c.graph, r, p)
}

var messageFields = []string{"id", "created_time", "from", "to", "message", "attachments", "is_unsupported"}

// Get reads a message.
func (s *MessageService) Get(ctx context.Context, id ID) (DM, error) {
	r := s.c.req("messages.get", string(id))
	r.Fields = messageFields
	return one[DM](ctx, s.c, r)
}

// User reads who a person is. It works once they wrote to the account.
func (s *MessageService) User(ctx context.Context, person ID) (User, error) {
	r := s.c.req("messages.user", string(person))
	r.Fields = []string{"name", "username", "profile_pic", "follower_count", "is_user_follow_business", "is_business_follow_user", "is_verified_user"}
	u, err := meta.Get[User](ctx, s.c.graph, r)
	if u.ID == "" {
		u.ID = person // the answer need not repeat it
	}
	return u, err
}

// TagHumanAgent is the tag that lets a person of the account's staff answer for 7 days. It is not
// for anything automatic.
const TagHumanAgent = "HUMAN_AGENT"

// SendParams describe a message. It has a text or an attachment.
type SendParams struct {
	To      ID // a person who wrote before
	Comment ID // in place of To: a private answer to a comment, one ever, within 7 days

	Text           string // at most 1,000 bytes
	AttachmentType string // "image", "video", "audio", "file"
	AttachmentURL  string // that anybody may read
	ShareMedia     ID     // a post of the account

	Tag     string // "" or TagHumanAgent
	ReplyTo ID     // of a message
}

type wireSend struct {
	Recipient struct {
		ID      ID `json:"id,omitempty"`
		Comment ID `json:"comment_id,omitempty"`
	} `json:"recipient"`
	Type    string       `json:"messaging_type,omitempty"`
	Tag     string       `json:"tag,omitempty"`
	Message *wireMessage `json:"message,omitempty"`
	Action  string       `json:"sender_action,omitempty"`
	Payload *wireAction  `json:"payload,omitempty"`
	ReplyTo *wireReply   `json:"reply_to,omitempty"`
}

type wireMessage struct {
	Text       string          `json:"text,omitempty"`
	Attachment *wireAttachment `json:"attachment,omitempty"`
}

type wireAttachment struct {
	Type    string `json:"type"`
	Payload struct {
		URL string `json:"url,omitempty"`
		ID  ID     `json:"id,omitempty"`
	} `json:"payload"`
}

type wireAction struct {
	Message  ID     `json:"message_id"`
	Reaction string `json:"reaction,omitempty"`
}

type wireReply struct {
	Message ID `json:"mid"`
}

func (s *MessageService) wire(p *SendParams) *wireSend {
	w := &wireSend{Message: &wireMessage{Text: p.Text}}
	if w.Recipient.ID, w.Recipient.Comment = p.To, p.Comment; p.Comment != "" {
		w.Recipient.ID = ""
	}
	switch {
	case p.Tag != "":
		w.Type, w.Tag = "MESSAGE_TAG", p.Tag
	case s.c.login == FacebookLogin && p.Comment == "":
		w.Type = "RESPONSE"
	}
	switch {
	case p.ShareMedia != "":
		w.Message.Attachment = &wireAttachment{Type: "MEDIA_SHARE"}
		w.Message.Attachment.Payload.ID = p.ShareMedia
	case p.AttachmentURL != "":
		w.Message.Attachment = &wireAttachment{Type: p.AttachmentType}
		w.Message.Attachment.Payload.URL = p.AttachmentURL
	}
	if p.ReplyTo != "" {
		w.ReplyTo = &wireReply{p.ReplyTo}
	}
	return w
}

// Send sends a message and returns its id. It is sent once; code 1/1357046 and
// answers without a code do not prove that it was not delivered.
func (s *MessageService) Send(ctx context.Context, p SendParams) (ID, error) {
	v, _, err := s.send(ctx, &p)
	return v.MessageID, err
}

func (s *MessageService) send(ctx context.Context, p *SendParams) (Created, smm.Outcome, error) {
	r := s.c.req("messages.send", s.c.inbox(), "messages")
	r.JSON = s.wire(p)
	return s.c.commit(ctx, r)
}

// React reacts to a message ("love"), or takes that back with "".
func (s *MessageService) React(ctx context.Context, person, message ID, reaction string) error {
	w := &wireSend{Action: "react", Payload: &wireAction{message, reaction}}
	if reaction == "" {
		w.Action = "unreact"
	}
	return s.action(ctx, "messages.react", person, w)
}

// The signs of life in a conversation.
const (
	ActionTyping    = "typing_on"
	ActionTypingEnd = "typing_off"
	ActionSeen      = "mark_seen"
)

// Act shows a sign of life to a person: ActionTyping, ActionTypingEnd, ActionSeen.
func (s *MessageService) Act(ctx context.Context, person ID, action string) error {
	return s.action(ctx, "messages.action", person, &wireSend{Action: action})
}

func (s *MessageService) action(ctx context.Context, op string, person ID, w *wireSend) error {
	w.Recipient.ID = person
	r := s.c.req(op, s.c.inbox(), "messages")
	r.JSON = w
	return s.c.graph.Write(ctx, r, nil)
}

// Moderation is what can be done about a person.
type Moderation string

// The moderations. Source: the enum of moderate_conversations in the vendor's SDK.
const (
	BlockUser   Moderation = "BLOCK_USER"
	UnblockUser Moderation = "UNBLOCK_USER"
	MoveToSpam  Moderation = "MOVE_TO_SPAM"
)

// Moderate blocks a person, unblocks them, or moves the conversation to the spam.
func (s *MessageService) Moderate(ctx context.Context, person ID, actions ...Moderation) error {
	who, err := json.Marshal([]struct {
		ID ID `json:"id"`
	}{{person}})
	if err != nil {
		return unreadable("messages.moderate", s.c.ref(), "an id that is no text")
	}
	what, err := json.Marshal(actions)
	if err != nil {
		return unreadable("messages.moderate", s.c.ref(), "an action that is no text")
	}
	r := s.c.req("messages.moderate", s.c.inbox(), "moderate_conversations")
	r.Params = url.Values{"user_ids": {string(who)}, "actions": {string(what)}}
	return s.c.graph.Do(ctx, r)
}

// IceBreaker is a question that a person is offered before the first message.
type IceBreaker struct {
	Question string `json:"question"`
	Payload  string `json:"payload"`
}

// SetIceBreakers replaces the questions; none removes them.
func (s *MessageService) SetIceBreakers(ctx context.Context, questions ...IceBreaker) error {
	r := s.c.req("messages.ice_breakers", s.c.inbox(), "messenger_profile")
	r.Params = url.Values{"platform": {directPlatform}}
	if len(questions) == 0 {
		r.Method = http.MethodDelete
		r.Params.Set("fields", `["ice_breakers"]`)
		return s.c.graph.Write(ctx, r, nil)
	}
	b, err := json.Marshal(questions)
	if err != nil {
		return unreadable(r.Op, s.c.ref(), "a question that is no text")
	}
	r.Params.Set("ice_breakers", string(b))
	return s.c.graph.Write(ctx, r, nil)
}
