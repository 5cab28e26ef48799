package xtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// keptMessages is how far back lists of messages reach.
const keptMessages = 30 * day

const saysClosed = "You do not have permission to DM one or more participants."

func (s *Server) messageRoutes() []route {
	read, write := need("dm.read"), need("dm.write")
	rare := Quotas{User: 15}
	send := Quotas{AppDay: 1440, User: 15, UserDay: 1440}
	list := join(userParams, pageParams, []string{"dm_event.fields", "event_types", "media.fields"})
	return []route{
		{pattern: "GET /2/dm_events", class: sim.Read, auth: users, scopes: read, query: list, limits: rare, page: [2]int{1, 100}, handler: s.allEvents},
		{pattern: "GET /2/dm_events/{event_id}", class: sim.Read, auth: users, scopes: read, query: list, limits: rare, handler: s.oneEvent},
		{pattern: "DELETE /2/dm_events/{event_id}", class: sim.Write, auth: users, scopes: []string{"dm.read", "dm.write"}, limits: Quotas{AppDay: 4000, User: 300, UserDay: 1500}, handler: s.deleteEvent},
		{pattern: "GET /2/dm_conversations/with/{participant_id}/dm_events", class: sim.Read, auth: users, scopes: read, query: list, limits: rare, page: [2]int{1, 100}, handler: s.eventsWith},
		{pattern: "GET /2/dm_conversations/{conversation}/dm_events", class: sim.Read, auth: users, scopes: read, query: list, limits: rare, page: [2]int{1, 100}, handler: s.eventsIn},
		{pattern: "POST /2/dm_conversations/with/{participant_id}/messages", class: sim.Commit, auth: users, scopes: write, limits: send, handler: s.sendTo},
		{pattern: "POST /2/dm_conversations/{conversation}/messages", class: sim.Commit, auth: users, scopes: write, limits: send, handler: s.sendIn},
		{pattern: "POST /2/dm_conversations", class: sim.Commit, auth: users, scopes: write, limits: send, handler: s.sendGroup},
	}
}

type messageRequest struct {
	Text        *string `json:"text"`
	Attachments []struct {
		Media string `json:"media_id"`
	} `json:"attachments"`
}

// mayWrite reports whether a may send b a message. Whom b follows or wrote to
// may answer, closed or not.
func (s *Server) mayWrite(a, b *user) bool {
	if _, blocked := b.dmBlocked[a.id]; blocked {
		return false
	}
	if _, blocked := b.blocking[a.id]; blocked || b.suspended {
		return false
	}
	return !b.closed || s.follows(b, a) || s.wrote(b, a)
}

func (s *Server) wrote(from, to *user) bool {
	conv := s.convs[pairID(from, to)]
	return conv != nil && slices.ContainsFunc(s.events, func(e *dmEvent) bool { return e.conv == conv && e.sender == from })
}

// pairID names the conversation of two people: the smaller id comes first.
func pairID(a, b *user) string {
	if a.serial > b.serial {
		a, b = b, a
	}
	return a.id + "-" + b.id
}

func (s *Server) pair(a, b *user) *conversation {
	id := pairID(a, b)
	if s.convs[id] == nil {
		s.convs[id] = &conversation{id: id, members: []*user{a, b}}
	}
	return s.convs[id]
}

// content checks what a message says, and returns its attachments.
func (s *Server) content(c *call, q *messageRequest) ([]*media, *reply) {
	if q.Text == nil && len(q.Attachments) == 0 {
		return nil, refuse(invalid("", "", "$: must contain at least one of [text, attachments]"))
	}
	if q.Text != nil && *q.Text == "" {
		return nil, refuse(invalid("text", "", "$.text: must be at least 1 characters long"))
	}
	if len(q.Attachments) > 1 {
		return nil, refuse(invalid("", "", "$.attachments: there must be a maximum of 1 items in the array"))
	}
	var out []*media
	for _, a := range q.Attachments {
		m := s.media[a.Media]
		if m == nil || !s.usable(m, c.me, "dm") {
			return nil, refuse(invalid("attachments.media_id", a.Media, "Your media IDs are invalid."))
		}
		out = append(out, m)
	}
	return out, nil
}

func (s *Server) sendTo(c *call) reply {
	var q messageRequest
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	to := s.users[c.path("participant_id")]
	if to == nil || to == c.me {
		return invalid("participant_id", c.path("participant_id"), "The recipient does not exist or is yourself.")
	}
	files, refused := s.content(c, &q)
	if refused != nil {
		return *refused
	}
	if !s.mayWrite(c.me, to) {
		return forbidden(saysClosed)
	}
	return sent(s.say(c.me, s.pair(c.me, to), &q, files, false))
}

func (s *Server) sendIn(c *call) reply {
	var q messageRequest
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	conv, refused := s.joined(c)
	if refused != nil {
		return *refused
	}
	files, refused := s.content(c, &q)
	if refused != nil {
		return *refused
	}
	for _, u := range conv.members {
		if u != c.me && !conv.group && !s.mayWrite(c.me, u) {
			return forbidden(saysClosed)
		}
	}
	return sent(s.say(c.me, conv, &q, files, false))
}

// joined finds the conversation in the path, of which the user must be a
// member. One of two people exists before anybody said anything.
func (s *Server) joined(c *call) (*conversation, *reply) {
	id := c.path("conversation")
	conv := s.convs[id]
	if a, b, two := strings.Cut(id, "-"); conv == nil && two && s.users[a] != nil && s.users[b] != nil && pairID(s.users[a], s.users[b]) == id {
		conv = s.pair(s.users[a], s.users[b])
	}
	if conv == nil {
		return nil, refuse(invalid("dm_conversation_id", id, "The conversation does not exist."))
	}
	if !slices.Contains(conv.members, c.me) {
		return nil, refuse(forbidden("You are not a member of this conversation."))
	}
	return conv, nil
}

func (s *Server) sendGroup(c *call) reply {
	var q struct {
		Type         string          `json:"conversation_type"`
		Participants []string        `json:"participant_ids"`
		Message      *messageRequest `json:"message"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	switch n := len(q.Participants); {
	case q.Type != "Group":
		return invalid("conversation_type", q.Type, "$.conversation_type: does not have a value in the enumeration [Group]")
	case n < 2 || n > 49:
		return invalid("", "", fmt.Sprintf("$.participant_ids: there must be 2 to 49 items in the array, %d found", n))
	case q.Message == nil:
		return lacking("message")
	}
	members := []*user{c.me}
	for _, id := range q.Participants {
		u := s.users[id]
		if u == nil || slices.Contains(members, u) {
			return invalid("participant_ids", id, "A participant does not exist or is named twice.")
		}
		if !s.mayWrite(c.me, u) {
			return forbidden(saysClosed)
		}
		members = append(members, u)
	}
	files, refused := s.content(c, q.Message)
	if refused != nil {
		return *refused
	}
	_, id := s.next(s.now())
	conv := &conversation{id: id, members: members, group: true}
	s.convs[id] = conv
	s.log(&dmEvent{kind: "ParticipantsJoin", conv: conv, sender: c.me, parties: members})
	return sent(s.say(c.me, conv, q.Message, files, false))
}

func sent(e *dmEvent) reply {
	r := data(object{"dm_conversation_id": e.conv.id, "dm_event_id": e.id}, cost{kind: "dm.create"})
	r.status = http.StatusCreated
	return r
}

func (s *Server) log(e *dmEvent) {
	e.serial, e.id = s.next(s.now())
	e.at, e.deleted = s.now(), map[string]bool{}
	s.events = append(s.events, e)
}

// say sends a valid message.
func (s *Server) say(by *user, conv *conversation, q *messageRequest, files []*media, visitor bool) *dmEvent {
	e := &dmEvent{kind: "MessageCreate", conv: conv, sender: by, media: files}
	if q.Text != nil {
		e.text = *q.Text
	}
	s.log(e)
	for _, m := range files {
		m.used = true
	}
	s.world.Ledger.Add(sim.Item{
		Platform: Platform, Account: by.name, Parent: conv.id, Text: e.text, Media: sums(files), ID: e.id, At: e.at, Private: true, Visitor: visitor,
	})
	payload := object{"id": e.id, "event_type": e.kind, "text": e.text, "sender_id": by.id, "dm_conversation_id": conv.id, "created_at": stamp(e.at)}
	for _, u := range conv.members {
		kind := "dm.received"
		if u == by {
			kind = "dm.sent"
		}
		s.emit(kind, u, nil, payload)
	}
	return e
}

func (s *Server) deleteEvent(c *call) reply {
	for _, e := range s.events {
		if e.id == c.path("event_id") && slices.Contains(e.conv.members, c.me) {
			e.deleted[c.me.id] = true
			return data(object{"deleted": true}, undoing)
		}
	}
	return ok(withErrors(object{}, []object{missing("dm_event", "event_id", c.path("event_id"))}))
}

func (s *Server) allEvents(c *call) reply {
	return s.listEvents(c, func(e *dmEvent) bool { return slices.Contains(e.conv.members, c.me) })
}

func (s *Server) eventsWith(c *call) reply {
	u := s.users[c.path("participant_id")]
	if u == nil {
		return ok(withErrors(object{"meta": object{"result_count": 0}}, []object{missing("user", "participant_id", c.path("participant_id"))}))
	}
	conv := s.convs[pairID(c.me, u)]
	return s.listEvents(c, func(e *dmEvent) bool { return e.conv == conv })
}

func (s *Server) eventsIn(c *call) reply {
	conv, refused := s.joined(c)
	if refused != nil {
		return *refused
	}
	return s.listEvents(c, func(e *dmEvent) bool { return e.conv == conv })
}

func (s *Server) oneEvent(c *call) reply {
	v, fields, refused := s.eventView(c)
	if refused != nil {
		return *refused
	}
	for _, e := range s.events {
		if e.id == c.path("event_id") && slices.Contains(e.conv.members, c.me) && !e.deleted[c.me.id] {
			return v.answer(object{"data": v.event(e, fields)})
		}
	}
	v.errors = append(v.errors, missing("dm_event", "event_id", c.path("event_id")))
	return v.answer(object{})
}

func (s *Server) listEvents(c *call, in func(*dmEvent) bool) reply {
	v, fields, refused := s.eventView(c)
	if refused != nil {
		return *refused
	}
	n, refused := c.size(100)
	if refused != nil {
		return *refused
	}
	kinds := c.list("event_types")
	var all []*dmEvent
	for _, e := range slices.Backward(s.events) {
		old := s.now().Sub(e.at) > keptMessages
		if !old && in(e) && !e.deleted[c.me.id] && (len(kinds) == 0 || slices.Contains(kinds, e.kind)) {
			all = append(all, e)
		}
	}
	part, meta, refused := page(c, all, func(e *dmEvent) uint64 { return e.serial }, n, "pagination_token")
	if refused != nil {
		return *refused
	}
	var out []object
	for _, e := range part {
		out = append(out, v.event(e, fields))
	}
	body := object{"meta": meta}
	if out != nil {
		body["data"] = out
	}
	return v.answer(body)
}

var eventTypes = []string{"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"}

var eventFields = []string{
	"id", "event_type", "text", "sender_id", "dm_conversation_id", "created_at", "attachments", "referenced_posts", "participant_ids", "entities",
}

func (s *Server) eventView(c *call) (*view, map[string]bool, *reply) {
	v, refused := s.view(c, "id")
	if refused != nil {
		return nil, nil, refused
	}
	for _, k := range c.list("event_types") {
		if !slices.Contains(eventTypes, k) {
			return nil, nil, refuse(wrongValue("event_types", k, oneOf(eventTypes...)))
		}
	}
	fields := map[string]bool{"id": true, "event_type": true, "text": true}
	for _, f := range c.list("dm_event.fields") {
		if !slices.Contains(eventFields, canonical(f)) {
			return nil, nil, refuse(wrongValue("dm_event.fields", f, oneOf(eventFields...)))
		}
		fields[canonical(f)] = true
	}
	fields["sender_id"] = fields["sender_id"] || v.expand["sender_id"]
	fields["attachments"] = fields["attachments"] || v.expand["attachments.media_keys"]
	return v, fields, nil
}

func (v *view) event(e *dmEvent, fields map[string]bool) object {
	v.costs = append(v.costs, cost{kind: "dm.read", id: e.id})
	o := object{"id": e.id, "event_type": e.kind, "sender_id": e.sender.id, "dm_conversation_id": e.conv.id, "created_at": stamp(e.at)}
	if e.kind == "MessageCreate" {
		o["text"] = e.text
	} else { // since June 2025 messages do not tell who takes part
		var ids []string
		for _, u := range e.parties {
			ids = append(ids, u.id)
		}
		o["participant_ids"] = ids
	}
	if len(e.media) > 0 {
		o["attachments"] = object{"media_keys": []string{e.media[0].key}}
		if v.expand["attachments.media_keys"] {
			m := e.media[0]
			v.include("media", m.key, func() object { return v.medium(m, nil) })
		}
	}
	if v.expand["sender_id"] {
		v.includeUser(e.sender)
	}
	if v.expand["participant_ids"] {
		for _, u := range e.parties {
			v.includeUser(u)
		}
	}
	return only(fields, o)
}

// since is how long ago something was.
func (s *Server) since(t time.Time) time.Duration { return s.now().Sub(t) }
