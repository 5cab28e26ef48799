package facebook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta"
	"github.com/smmkit/smmkit/smm"
)

// MessageService sends and reads the Page's private messages (Messenger). People
// are known by ids of their own here, which hold for this Page alone.
type MessageService struct{ c *Client }

// The windows in which a person may be written to, counted from what they did
// last (send messages, updated 2026-05-05).
const (
	ReplyWindow      = 24 * time.Hour
	HumanAgentWindow = 7 * 24 * time.Hour
)

// MessagingType says why a message is sent.
type MessagingType string

// The types of messages.
const (
	TypeResponse MessagingType = "RESPONSE" // answers within ReplyWindow
	TypeUpdate   MessagingType = "UPDATE"   // without being asked, within ReplyWindow
	TypeTag      MessagingType = "MESSAGE_TAG"
	TypeUtility  MessagingType = "UTILITY" // by an approved template
)

// TagHumanAgent opens HumanAgentWindow for what a person wrote by hand. The app
// needs the feature of that name. Of the other tags all but one for news died on
// 2026-04-27: they answer error 100.
const TagHumanAgent = "HUMAN_AGENT"

// Recipient is whom a message is for; exactly one is set.
type Recipient struct {
	ID        ID     `json:"id,omitempty"` // of a sender
	CommentID ID     `json:"comment_id,omitempty"`
	PostID    ID     `json:"post_id,omitempty"` // a visitor's post
	UserRef   string `json:"user_ref,omitempty"`
}

func (r Recipient) set() int {
	n := 0
	for _, s := range []string{string(r.ID), string(r.CommentID), string(r.PostID), r.UserRef} {
		if s != "" {
			n++
		}
	}
	return n
}

// QuickReply is a button above the keyboard, up to 13 of them.
type QuickReply struct {
	Type     string `json:"content_type"` // "text"
	Title    string `json:"title,omitempty"`
	Payload  string `json:"payload,omitempty"`
	ImageURL string `json:"image_url,omitempty"`
}

// SendParams are a message.
type SendParams struct {
	To   Recipient
	Type MessagingType // "" for TypeResponse
	Tag  string        // with TypeTag
	Text string        // up to 2,000 characters

	// AttachmentID is one of Attach, AttachmentURL an address that anybody may
	// read; Kind is "image", "video", "audio" or "file". A message has a text or an
	// attachment.
	Kind          string
	AttachmentID  ID
	AttachmentURL string
	Template      json.RawMessage // payload of a template

	QuickReplies []QuickReply
	ReplyTo      ID     // a message
	Metadata     string // comes back in the echo and is seen by nobody
	Silent       bool   // no sound
	PersonaID    ID
}

// Sent is a message that was sent.
type Sent struct {
	Recipient ID `json:"recipient_id"`
	MessageID ID `json:"message_id"`
}

type wireAttachment struct {
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

type wirePayload struct {
	URL      string `json:"url,omitempty"`
	ID       ID     `json:"attachment_id,omitempty"`
	Reusable *bool  `json:"is_reusable,omitempty"`
}

type wireMessage struct {
	Text         string          `json:"text,omitempty"`
	Attachment   *wireAttachment `json:"attachment,omitempty"`
	QuickReplies []QuickReply    `json:"quick_replies,omitempty"`
	Metadata     string          `json:"metadata,omitempty"`
}

type wireSend struct {
	Recipient Recipient    `json:"recipient"`
	Type      string       `json:"messaging_type,omitempty"`
	Tag       string       `json:"tag,omitempty"`
	Message   *wireMessage `json:"message,omitempty"`
	Action    string       `json:"sender_action,omitempty"`
	Payload   any          `json:"payload,omitempty"`
	ReplyTo   *wireReplyTo `json:"reply_to,omitempty"`
	Notify    string       `json:"notification_type,omitempty"`
	Persona   ID           `json:"persona_id,omitempty"`
}

type wireReplyTo struct {
	ID ID `json:"mid"`
}

func (p *SendParams) wire() *wireSend {
	w := &wireSend{Recipient: p.To, Type: string(p.Type), Tag: p.Tag, Persona: p.PersonaID, Message: &wireMessage{
		Text: p.Text, QuickReplies: p.QuickReplies, Metadata: p.Metadata,
	}}
	if w.Type == "" {
		w.Type = string(TypeResponse)
	}
	if p.Silent {
		w.Notify = "SILENT_PUSH"
	}
	if p.ReplyTo != "" {
		w.ReplyTo = &wireReplyTo{p.ReplyTo}
	}
	switch {
	case len(p.Template) > 0:
		w.Message.Attachment = &wireAttachment{"template", p.Template}
	case p.AttachmentID != "" || p.AttachmentURL != "":
		w.Message.Attachment = &wireAttachment{p.Kind, json.RawMessage(encode(wirePayload{URL: p.AttachmentURL, ID: p.AttachmentID}))}
	}
	return w
}

// Send sends a message. An error may come back although it was sent: then the
// outcome is unknown.
func (s *MessageService) Send(ctx context.Context, p SendParams) (Sent, smm.Outcome, error) {
	r := &meta.Request{Op: "page.messages", Path: []string{string(s.c.page), "messages"}, JSON: p.wire(), Priority: smm.PriorityReply}
	if p.To.set() != 1 {
		return Sent{}, smm.Outcome{State: smm.OutcomeNotSent}, refuse(r.Op, fmt.Errorf("%w: facebook: a message is for exactly one recipient", smm.ErrInvalid))
	}
	var v Sent
	o, err := s.c.graph.Commit(ctx, r, &v)
	if err == nil && v.MessageID == "" {
		return v, smm.Outcome{}, unreadable(r, "no id of the message")
	}
	return v, o, err
}

// Actions of Act.
const (
	TypingOn  = "typing_on"
	TypingOff = "typing_off"
	MarkSeen  = "mark_seen"
)

// Act shows a person that the Page types, or saw what they wrote.
func (s *MessageService) Act(ctx context.Context, to ID, action string) error {
	return s.c.graph.Write(ctx, &meta.Request{
		Op: "messages.action", Path: []string{string(s.c.page), "messages"}, JSON: &wireSend{Recipient: Recipient{ID: to}, Action: action},
	}, nil)
}

// React reacts to a message, "love" for example; "" takes it back.
func (s *MessageService) React(ctx context.Context, to, message ID, reaction string) error {
	type payload struct {
		ID       ID     `json:"message_id"`
		Reaction string `json:"reaction,omitempty"`
	}
	action := "react"
	if reaction == "" {
		action = "unreact"
	}
	return s.c.graph.Write(ctx, &meta.Request{
		Op: "messages.react", Path: []string{string(s.c.page), "messages"},
		JSON: &wireSend{Recipient: Recipient{ID: to}, Action: action, Payload: payload{message, reaction}},
	}, nil)
}

// Attach uploads what an address leads to, once for many messages.
func (s *MessageService) Attach(ctx context.Context, kind, address string) (ID, error) {
	type body struct {
		Message  wireMessage `json:"message"`
		Platform string      `json:"platform"`
	}
	yes := true
	var made struct {
		ID ID `json:"attachment_id"`
	}
	r := &meta.Request{
		Op: "page.message-attachments", Path: []string{string(s.c.page), "message_attachments"},
		JSON: body{wireMessage{Attachment: &wireAttachment{kind, json.RawMessage(encode(wirePayload{URL: address, Reusable: &yes}))}}, "MESSENGER"},
	}
	if err := s.c.graph.Write(ctx, r, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", unreadable(r, "no id of the attachment")
	}
	return made.ID, nil
}

// Thread is a private conversation.
type Thread struct { //nolint:recvcheck // decoding needs a pointer, the type set of ids a value
	ID           ID     `json:"id"`
	Link         string `json:"link"`
	Updated      Time   `json:"updated_time"`
	Snippet      string `json:"snippet"`
	Messages     Count  `json:"message_count"`
	Unread       Count  `json:"unread_count"`
	CanReply     *bool  `json:"can_reply"`
	Participants struct {
		Data []Actor `json:"data"`
	} `json:"participants"`
	Newest struct {
		Data []Message `json:"data"`
	} `json:"messages"`

	Raw json.RawMessage `json:"-"`
}

func (t Thread) identified() bool { return t.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (t *Thread) UnmarshalJSON(b []byte) error {
	type plain Thread
	return keepRaw(b, (*plain)(t), &t.Raw)
}

// Other is the participant that is not the Page.
func (t *Thread) Other(page ID) (Actor, bool) {
	for _, a := range t.Participants.Data {
		if a.ID != "" && a.ID != page {
			return a, true
		}
	}
	return Actor{}, false
}

// has reports whether a person can be in the conversation: one that names nobody
// is not held against them.
func (t *Thread) has(person ID) bool {
	return len(t.Participants.Data) == 0 || slices.ContainsFunc(t.Participants.Data, func(a Actor) bool { return a.ID == person })
}

// person is the one the Page talks to, "" if it cannot be told: by the
// participants or, without those, by the newest messages.
func (t *Thread) person(page ID) ID {
	var found ID
	for _, a := range t.Participants.Data {
		if a.ID == "" || a.ID == page || a.ID == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = a.ID
	}
	for i := 0; found == "" && i < len(t.Newest.Data); i++ {
		found = t.Newest.Data[i].person(page)
	}
	return found
}

// Message is a private message.
type Message struct { //nolint:recvcheck // as Thread
	ID      ID     `json:"id"`
	Created Time   `json:"created_time"`
	From    *Actor `json:"from"`
	To      struct {
		Data []Actor `json:"data"`
	} `json:"to"`
	Text        string `json:"message"`
	Sticker     string `json:"sticker"`
	Attachments struct {
		Data []MessageFile `json:"data"`
	} `json:"attachments"`
	ReplyTo *struct {
		ID ID `json:"mid"`
	} `json:"reply_to"`

	Raw json.RawMessage `json:"-"`
}

// person is who wrote the message or, if the Page did, who got it; "" if it cannot
// be told.
func (m *Message) person(page ID) ID {
	if m.From != nil && m.From.ID != "" && m.From.ID != page {
		return m.From.ID
	}
	for _, a := range m.To.Data {
		if a.ID != "" && a.ID != page {
			return a.ID
		}
	}
	return ""
}

func (m Message) identified() bool { return m.ID != "" }

// UnmarshalJSON implements json.Unmarshaler. Raw is the whole object.
func (m *Message) UnmarshalJSON(b []byte) error {
	type plain Message
	return keepRaw(b, (*plain)(m), &m.Raw)
}

// MessageFile is what came with a message. Its addresses end soon.
type MessageFile struct {
	ID    ID     `json:"id"`
	Type  string `json:"mime_type"`
	Name  string `json:"name"`
	URL   string `json:"file_url"`
	Image *Image `json:"image_data"`
	Video *Image `json:"video_data"`
}

const messageFields = "id,created_time,from,to,message,attachments,sticker,reply_to"

// ThreadFilter says which conversations to list.
type ThreadFilter struct {
	User   ID     // with one person
	Folder string // "inbox", "page_done", "spam", "other"; "" for the inbox
}

// Threads lists conversations, most recently active first, each with its newest
// message.
func (s *MessageService) Threads(ctx context.Context, f ThreadFilter, p ListParams) (List[Thread], error) {
	return meta.List[Thread](ctx, s.c.graph, &meta.Request{
		Op: "page.conversations", Path: []string{string(s.c.page), "conversations"},
		Params: form{}.text("platform", "MESSENGER").id("user_id", f.User).text("folder", f.Folder).values(), Fields: threadFields,
	}, p)
}

// With returns the conversation with a person, and false if there is none. That the
// vendor filters by user_id is documented, and checked: an answer about somebody
// else is an error and does not say that there is none.
func (s *MessageService) With(ctx context.Context, person ID) (Thread, bool, error) {
	p := ListParams{Limit: 1}
	for range maxEmptyPages {
		l, err := s.Threads(ctx, ThreadFilter{User: person}, p)
		switch {
		case err != nil || len(l.Items) == 0 && l.Next == "":
			return Thread{}, false, err
		case len(l.Items) > 0 && (l.Items[0].ID == "" || !l.Items[0].has(person)):
			return Thread{}, false, unreadable(&meta.Request{Op: "page.conversations"}, "a conversation with somebody else")
		case len(l.Items) > 0:
			return l.Items[0], true, nil
		}
		p = ListParams{Limit: 1, Cursor: l.Next}
	}
	return Thread{}, false, unreadable(&meta.Request{Op: "page.conversations"}, "a list without an end")
}

var threadFields = []string{
	"id", "link", "updated_time", "message_count", "unread_count", "snippet", "can_reply", "participants", "messages.limit(5){" + messageFields + "}",
}

// Thread reads a conversation.
func (s *MessageService) Thread(ctx context.Context, thread ID) (Thread, error) {
	return node[Thread](ctx, &meta.Request{Op: "conversation.get", Path: []string{string(thread)}, Fields: threadFields}, s.c.graph.Read)
}

// List lists the messages of a conversation, newest first. Of those before the
// last twenty the vendor tells little (unverified).
func (s *MessageService) List(ctx context.Context, thread ID, p ListParams) (List[Message], error) {
	return meta.List[Message](ctx, s.c.graph, &meta.Request{
		Op: "conversation.messages", Path: []string{string(thread), "messages"}, Fields: []string{messageFields},
	}, p)
}

// Get reads a message.
func (s *MessageService) Get(ctx context.Context, message ID) (Message, error) {
	return node[Message](ctx, &meta.Request{Op: "message.get", Path: []string{string(message)}, Fields: []string{messageFields}}, s.c.graph.Read)
}

// Person is somebody who wrote to the Page.
type Person struct {
	ID       ID      `json:"id"`
	First    string  `json:"first_name"`
	Last     string  `json:"last_name"`
	Picture  string  `json:"profile_pic"`
	Locale   string  `json:"locale"`
	Timezone float64 `json:"timezone"` // hours from UTC
}

func (p Person) identified() bool { return p.ID != "" }

// Person reads what a person who wrote to the Page lets it know.
func (s *MessageService) Person(ctx context.Context, psid ID) (Person, error) {
	return node[Person](ctx, &meta.Request{
		Op: "person.get", Path: []string{string(psid)}, Fields: []string{"id", "first_name", "last_name", "profile_pic", "locale", "timezone"},
	}, s.c.graph.Read)
}
