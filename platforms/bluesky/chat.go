package bluesky

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/httpx"
	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
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

func (p *ConvoPage) lacking() bool { return p.Convos == nil }

// MessagePage is a page of messages, newest first.
type MessagePage struct {
	Cursor   string        `json:"cursor"`
	Messages []ChatMessage `json:"messages"`
}

func (p *MessagePage) lacking() bool { return p.Messages == nil }

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

// messageState is what a direct message needs. Last is the newest message
// before ours: what comes up to it is not ours, however alike.
type messageState struct {
	Convo   string       `json:"convo"`
	Input   MessageInput `json:"input"`
	Last    string       `json:"last,omitempty"`     // id
	LastRev string       `json:"last_rev,omitempty"` //
}

// messageSkew allows for clocks that differ between us and the chat service.
const messageSkew = 2 * time.Minute

// messageRef names a message: conversation and message id.
func messageRef(convo, id string) smm.Ref {
	return smm.Ref{Platform: Platform, Kind: smm.KindMessage, ID: convo + "/" + id}
}

// prepareMessage finds the conversation and remembers how it ends now.
func (d *Driver) prepareMessage(ctx context.Context, c *Client, r *smm.PublishRequest) (smm.Prepared, error) {
	if err := checkMessage(&r.Post); err != nil {
		return smm.Prepared{}, d.fail("prepare", r.Channel, err)
	}
	m := &messageState{Input: MessageInput{Text: r.Post.Text}}
	switch to := r.Post.ReplyTo; to.Kind {
	case smm.KindConversation:
		m.Convo = to.ID
	case smm.KindMessage:
		convo, id, ok := strings.Cut(to.ID, "/")
		if !ok {
			return smm.Prepared{}, d.fail("prepare", r.Channel, fmt.Errorf("%w: message %q: want conversation/message", smm.ErrInvalid, to.ID))
		}
		m.Convo, m.Input.ReplyTo = convo, &MessageRef{id}
	default:
		convo, err := c.Chat.ForMembers(ctx, to.ID)
		if err != nil {
			return smm.Prepared{}, d.fail("prepare", r.Channel, err)
		}
		m.Convo = convo.ID
	}
	if !r.Post.Quote.IsZero() {
		ref, err := quoteRef(ctx, c, r.Post.Quote)
		if err != nil {
			return smm.Prepared{}, d.fail("prepare", r.Channel, err)
		}
		m.Input.Embed = &EmbedRecord{"app.bsky.embed.record", *ref}
	}
	var err error
	if m.Input.Facets, err = d.facets(ctx, c, &r.Post); err != nil {
		return smm.Prepared{}, d.fail("prepare", r.Channel, err)
	}
	page, err := c.Chat.Messages(ctx, m.Convo, Page{Limit: 1})
	if err != nil {
		return smm.Prepared{}, d.fail("prepare", r.Channel, err)
	}
	if len(page.Messages) > 0 && r.Restored.IsZero() { // else the last one may be this one
		m.Last, m.LastRev = page.Messages[0].ID, page.Messages[0].Rev
	}
	raw, err := json.Marshal(state{Message: m})
	return smm.Prepared{State: raw, Ready: true, Progress: 1, Guarantee: guaranteeMessage}, err
}

func checkMessage(p *smm.Post) error {
	if len(p.Media) > 0 || p.Card != nil {
		return fmt.Errorf("%w: a direct message carries text and a quoted post only", smm.ErrInvalid)
	}
	return nil
}

func (d *Driver) commitMessage(ctx context.Context, c *Client, st *state) (smm.Outcome, error) {
	m := st.Message
	req := c.Chat.send(m.Convo, m.Input)
	req.Priority = smm.PriorityReply
	resp, fate, err := c.http.Commit(ctx, req)
	o := c.http.Outcome(fate, resp)
	if err != nil {
		return o, chatError(err)
	}
	var sent ChatMessage
	if err := resp.JSON(&sent); err != nil {
		return smm.Outcome{}, err
	}
	if sent.ID == "" || sent.Sender.DID != c.DID() {
		return smm.Outcome{}, d.fail("commit", ChannelRef(c.DID()), fmt.Errorf("%w: the answer names no message", smm.ErrUnavailable))
	}
	return smm.Outcome{State: smm.OutcomePublished, Post: messageRef(m.Convo, sent.ID), Evidence: smm.EvidenceReply}, nil
}

// settleMessage looks for our words among what was written since: there is no
// key, so the text, the sender and the time must do.
func (d *Driver) settleMessage(ctx context.Context, c *Client, st *state, a smm.Attempt) (smm.Outcome, error) {
	m := st.Message
	since := a.First.Add(-messageSkew)
	cursor := ""
	for range maxSettlePages {
		page, err := c.Chat.Messages(ctx, m.Convo, Page{Cursor: cursor, Limit: 100})
		if err != nil {
			return smm.Outcome{}, err
		}
		for _, v := range page.Messages {
			if m.before(v) || parseTime(v.SentAt).Before(since) {
				return smm.Outcome{State: smm.OutcomeAbsent}, nil
			}
			if v.Sender.DID == c.DID() && !v.Deleted() && !v.System() && textx.SameText(v.Text, m.Input.Text) {
				return smm.Outcome{State: smm.OutcomePublished, Post: messageRef(m.Convo, v.ID), Evidence: smm.EvidenceReadBack}, nil
			}
		}
		if cursor = page.Cursor; cursor == "" {
			return smm.Outcome{State: smm.OutcomeAbsent}, nil
		}
	}
	return smm.Outcome{}, d.fail("settle", ChannelRef(c.DID()), fmt.Errorf("%w: too much was written in the conversation since", smm.ErrUnavailable))
}

const maxSettlePages = 20

// before reports whether v was there when the message was prepared. Revs sort
// by time.
func (m *messageState) before(v ChatMessage) bool {
	return m.Last != "" && (v.ID == m.Last || (v.Rev != "" && m.LastRev != "" && len(v.Rev) == len(m.LastRev) && v.Rev <= m.LastRev))
}
