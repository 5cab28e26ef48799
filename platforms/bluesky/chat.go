package bluesky

import (
	"context"
	"net/url"

	"github.com/smmkit/smmkit/internal/httpx"
)

// ConvoService has the methods of chat.bsky.convo, which the account's server
// passes on to the chat service. The app password must have been made with
// access to direct messages; otherwise they fail with smm.ErrForbidden.
type ConvoService service

// ConvoPage is a page of conversations, most recently active first.
type ConvoPage struct {
	Cursor string  `json:"cursor"`
	Convos []Convo `json:"convos"`
}

// MessagePage is a page of messages, newest first.
type MessagePage struct {
	Cursor   string        `json:"cursor"`
	Messages []ChatMessage `json:"messages"`
}

// MessageInput is a message to send.
type MessageInput struct {
	Text    string       `json:"text"`
	Facets  []Facet      `json:"facets,omitempty"`
	Embed   *EmbedRecord `json:"embed,omitempty"`
	ReplyTo *MessageRef  `json:"replyTo,omitempty"`
}

// MessageRef names a message of the same conversation.
type MessageRef struct {
	ID string `json:"messageId"`
}

func (s *ConvoService) query(method string, v url.Values) *httpx.Request {
	return proxied(s.c.query("chat.bsky.convo."+method, v), ChatService)
}

// List lists conversations, requests included.
func (s *ConvoService) List(ctx context.Context, p Page) (*ConvoPage, error) {
	out, err := read[ConvoPage](ctx, s.c, s.query("listConvos", p.values()))
	return out, chatError(err)
}

// ForMembers finds the conversation with an account, and makes it if the
// account lets the client write. Nobody sees an empty conversation.
func (s *ConvoService) ForMembers(ctx context.Context, did string) (*Convo, error) {
	out, err := read[struct {
		Convo Convo `json:"convo"`
	}](ctx, s.c, s.query("getConvoForMembers", url.Values{"members": {did}}))
	if err != nil {
		return nil, chatError(err)
	}
	return &out.Convo, nil
}

// Messages lists the messages of a conversation.
func (s *ConvoService) Messages(ctx context.Context, convo string, p Page) (*MessagePage, error) {
	v := p.values()
	v.Set("convoId", convo)
	out, err := read[MessagePage](ctx, s.c, s.query("getMessages", v))
	return out, chatError(err)
}

// send prepares a message. There is no key: sending it twice makes two.
func (s *ConvoService) send(convo string, m MessageInput) *httpx.Request {
	return proxied(s.c.procedure("chat.bsky.convo.sendMessage", struct {
		ConvoID string       `json:"convoId"`
		Message MessageInput `json:"message"`
	}{convo, m}, 0), ChatService)
}

// UpdateRead marks a conversation as read.
func (s *ConvoService) UpdateRead(ctx context.Context, convo string) error {
	_, err := s.c.http.Write(ctx, proxied(s.c.procedure("chat.bsky.convo.updateRead", struct {
		ConvoID string `json:"convoId"`
	}{convo}, 0), ChatService))
	return chatError(err)
}
