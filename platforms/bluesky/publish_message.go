package bluesky

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

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
	if len(page.Messages) > 0 {
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
