package blueskytest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm/sim"
)

// convo is a direct conversation.
type convo struct {
	id       string
	members  []*account
	messages []*message          // oldest first
	accepted map[string]bool     // by DID
	read     map[string]int      // messages read, by DID
	gone     map[string]struct{} // message id + DID: deleted for oneself
	rev      string
}

type message struct {
	id, rev, text string
	input         object
	from          *account
	at            time.Time
}

func (s *Server) convoOf(a, b *account) *convo {
	dids := []string{a.did, b.did}
	slices.Sort(dids)
	sum := sha256.Sum256([]byte(strings.Join(dids, " ")))
	id := "3k" + hex.EncodeToString(sum[:])[:11]
	v, ok := s.convos[id]
	if !ok {
		v = &convo{
			id: id, members: []*account{a, b}, rev: s.tid(), accepted: map[string]bool{a.did: true},
			read: make(map[string]int), gone: make(map[string]struct{}),
		}
		if _, follows := s.index.follows[b.did][a.did]; follows {
			v.accepted[b.did] = true
		}
		s.convos[id] = v
	}
	return v
}

func (s *Server) say(v *convo, from *account, in object) *message {
	id := s.tid()
	m := &message{id: id, rev: id, text: text(in, "text"), input: in, from: from, at: s.now()}
	v.messages = append(v.messages, m)
	v.rev, v.accepted[from.did], v.read[from.did] = m.rev, true, len(v.messages)
	s.world.Ledger.Add(sim.Item{
		Platform: platform, Account: from.handle, Parent: v.id, Text: m.text, ID: v.id + "/" + m.id,
		At: m.at, Private: true, Visitor: from.visitor,
	})
	return m
}

func (m *message) view() object {
	out := object{
		"$type": "chat.bsky.convo.defs#messageView", "id": m.id, "rev": m.rev, "text": m.text,
		"sender": object{"did": m.from.did}, "sentAt": stamp(m.at),
	}
	if f, ok := m.input["facets"]; ok {
		out["facets"] = f
	}
	return out
}

// shown is the view of a message for one member.
func (v *convo) shown(m *message, to *account) object {
	if _, deleted := v.gone[m.id+to.did]; deleted {
		return object{
			"$type": "chat.bsky.convo.defs#deletedMessageView", "id": m.id, "rev": m.rev,
			"sender": object{"did": m.from.did}, "sentAt": stamp(m.at),
		}
	}
	return m.view()
}

func (v *convo) view(s *Server, me *account) object {
	members := []profileBasic{}
	for _, a := range v.members {
		members = append(members, s.basic(a, me))
	}
	status := "request"
	if v.accepted[me.did] {
		status = "accepted"
	}
	out := object{
		"id": v.id, "rev": v.rev, "members": members, "muted": false, "status": status,
		"unreadCount": len(v.messages) - v.read[me.did], "kind": object{"$type": "chat.bsky.convo.defs#directConvo"},
	}
	if n := len(v.messages); n > 0 {
		out["lastMessage"] = v.shown(v.messages[n-1], me)
	}
	return out
}

// mine finds a conversation that the caller is part of.
func (c *call) mine(id string) (*convo, error) {
	if v := c.s.convos[id]; v != nil && slices.Contains(v.members, c.me) {
		return v, nil
	}
	return nil, fail(400, "InvalidConvo", "Convo not found")
}

func (c *call) listConvos() (any, error) {
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	var all []*convo
	for _, v := range c.s.convos {
		status := c.query("status")
		if slices.Contains(v.members, c.me) && (status == "" || (status == "accepted") == v.accepted[c.me.did]) &&
			(c.query("readState") != "unread" || len(v.messages) > v.read[c.me.did]) {
			all = append(all, v)
		}
	}
	key := func(v *convo) string { return v.rev + v.id }
	slices.SortFunc(all, func(a, b *convo) int { return strings.Compare(key(b), key(a)) })
	found, next := page(all, key, c.query("cursor"), limit)
	views := []object{}
	for _, v := range found {
		views = append(views, v.view(c.s, c.me))
	}
	out := object{"convos": views}
	if next != "" {
		out["cursor"] = next
	}
	return out, nil
}

func (c *call) getConvo() (any, error) {
	v, err := c.mine(c.query("convoId"))
	if err != nil {
		return nil, err
	}
	return object{"convo": v.view(c.s, c.me)}, nil
}

func (c *call) getConvoForMembers() (any, error) {
	members := c.r.URL.Query()["members"]
	members = slices.DeleteFunc(members, func(did string) bool { return did == c.me.did })
	if len(members) != 1 {
		return nil, invalid("Error: only direct conversations are supported here")
	}
	to := c.s.accounts[members[0]]
	if to == nil {
		return nil, fail(400, "RecipientNotFound", "recipient not found")
	}
	if c.s.blocked(to, c.me) {
		return nil, fail(400, "BlockedActor", "block between recipient and sender")
	}
	_, follows := c.s.index.follows[to.did][c.me.did]
	switch {
	case to.incoming == "none":
		return nil, fail(400, "MessagesDisabled", "recipient has disabled incoming messages")
	case to.incoming == "following" && !follows:
		return nil, fail(400, "NotFollowedBySender", "recipient requires incoming messages to come from someone they follow")
	}
	return object{"convo": c.s.convoOf(c.me, to).view(c.s, c.me)}, nil
}

func (c *call) getMessages() (any, error) {
	v, err := c.mine(c.query("convoId"))
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	newest := slices.Clone(v.messages)
	slices.Reverse(newest)
	found, next := page(newest, func(m *message) string { return m.rev }, c.query("cursor"), limit)
	views := []object{}
	for _, m := range found {
		views = append(views, v.shown(m, c.me))
	}
	out := object{"messages": views}
	if next != "" {
		out["cursor"] = next
	}
	return out, nil
}

func (c *call) sendMessage() (any, error) {
	var in struct {
		ConvoID string `json:"convoId"`
		Message object
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	v, err := c.mine(in.ConvoID)
	if err != nil {
		return nil, err
	}
	body := text(in.Message, "text")
	if len(body) > 10_000 || textx.Graphemes(body) > 1000 {
		return nil, invalid("Error: Input/message/text must not be longer than 1000 graphemes")
	}
	if _, hasText := in.Message["text"].(string); !hasText {
		return nil, invalid(`Error: Input/message must have the property "text"`)
	}
	for _, a := range v.members {
		if c.s.blocked(a, c.me) {
			return nil, fail(400, "BlockedActor", "block between recipient and sender")
		}
	}
	if id := text(child(in.Message, "replyTo"), "messageId"); id != "" && v.find(id) == nil {
		return nil, fail(400, "ReplyTargetNotFound", "message to reply to not found")
	}
	return c.s.say(v, c.me, in.Message).view(), nil
}

func (v *convo) find(id string) *message {
	for _, m := range v.messages {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (c *call) updateRead() (any, error) {
	var in struct {
		ConvoID, MessageID string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	v, err := c.mine(in.ConvoID)
	if err != nil {
		return nil, err
	}
	v.read[c.me.did] = len(v.messages)
	return object{"convo": v.view(c.s, c.me)}, nil
}

func (c *call) acceptConvo() (any, error) {
	var in struct{ ConvoID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	v, err := c.mine(in.ConvoID)
	if err != nil {
		return nil, err
	}
	v.accepted[c.me.did] = true
	return object{"rev": v.rev}, nil
}

func (c *call) deleteMessageForSelf() (any, error) {
	var in struct{ ConvoID, MessageID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	v, err := c.mine(in.ConvoID)
	if err != nil {
		return nil, err
	}
	m := v.find(in.MessageID)
	if m == nil {
		return nil, invalid("Message not found")
	}
	v.gone[m.id+c.me.did] = struct{}{}
	return v.shown(m, c.me), nil
}
