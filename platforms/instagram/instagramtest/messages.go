package instagramtest

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

// The windows of an answer.
const (
	window      = 24 * time.Hour
	humanWindow = 7 * 24 * time.Hour
)

// threadOf finds a conversation.
func (s *Server) threadOf(a *account, person string) *thread {
	for _, t := range s.threads {
		if t.owner == a && t.with.id == person {
			return t
		}
	}
	return nil
}

func personJSON(a *account) object { return object{"id": a.id, "username": a.username} }

func (s *Server) dmJSON(m *dm) object {
	to := m.in.with
	if m.from == to {
		to = m.in.owner
	}
	o := object{
		"id": m.id, "created_time": metatest.Stamp(m.at), "from": personJSON(m.from), "to": object{"data": []object{personJSON(to)}}, "message": m.text,
	}
	if m.file != "" {
		o["attachments"] = object{"data": []object{{"mime_type": m.kind + "/x", m.kind + "_data": object{"url": m.file, "width": 1, "height": 1}}}}
	}
	return o
}

func (s *Server) newest(t *thread, most int) []object {
	var out []object
	for _, m := range slices.Backward(t.messages) {
		if len(out) == most {
			break
		}
		out = append(out, s.dmJSON(m))
	}
	return out
}

func (s *Server) listThreads(c *metatest.Call) metatest.Reply {
	a := me(c)
	if a == nil || c.Node != c.Me {
		return *theirs(c)
	}
	if bad := s.fieldsOf(c, kindThread); bad != nil {
		return *bad
	}
	if c.Get("platform") != "instagram" {
		return metatest.Fail(metatest.Invalid("platform"))
	}
	var mine []*thread
	for _, t := range s.threads {
		if t.owner == a && (c.Get("user_id") == "" || c.Get("user_id") == t.with.id) {
			mine = append(mine, t)
		}
	}
	slices.SortStableFunc(mine, func(x, y *thread) int { return cmp.Compare(y.last(), x.last()) })
	var out []object
	for _, t := range mine {
		out = append(out, object{
			"id": t.id, "updated_time": metatest.Stamp(time.Unix(t.last(), 0)), "unread_count": t.unread,
			"participants": object{"data": []object{personJSON(a), personJSON(t.with)}}, "messages": object{"data": s.newest(t, 20)},
		})
	}
	return metatest.Paged(c, out, 25)
}

func (t *thread) last() int64 {
	if len(t.messages) == 0 {
		return 0
	}
	return t.messages[len(t.messages)-1].at.Unix()
}

func (s *Server) listMessages(c *metatest.Call) metatest.Reply {
	t, _ := c.Node.Value.(*thread)
	if t == nil || t.owner != me(c) {
		return *theirs(c)
	}
	if bad := s.fieldsOf(c, kindMessage); bad != nil {
		return *bad
	}
	return metatest.Paged(c, s.newest(t, -1), 20)
}

func (s *Server) getMessage(c *metatest.Call) metatest.Reply {
	m, _ := c.Node.Value.(*dm)
	if m == nil || m.in.owner != me(c) {
		return *theirs(c)
	}
	return metatest.OK(c.Select(s.dmJSON(m)))
}

// getPerson tells who wrote to the account, and nothing of others.
func (s *Server) getPerson(c *metatest.Call) metatest.Reply {
	p, _ := c.Node.Value.(*account)
	a := me(c)
	if p == nil || a == nil || s.threadOf(a, p.id) == nil {
		return metatest.Fail(&metatest.Error{Code: 230, Message: "(#230) User consent is required to access user profile"})
	}
	return metatest.OK(c.Select(object{
		"id": p.id, "name": p.name, "username": p.username, "profile_pic": s.pictureURL(p.username), "follower_count": 12,
		"is_user_follow_business": a.followers[p.id], "is_business_follow_user": false, "is_verified_user": false,
	}))
}

type wireRecipient struct {
	ID      json.RawMessage `json:"id"`
	Comment json.RawMessage `json:"comment_id"`
}

type wireMessage struct {
	Text       string `json:"text"`
	Attachment *struct {
		Type    string `json:"type"`
		Payload struct {
			URL string `json:"url"`
		} `json:"payload"`
	} `json:"attachment"`
}

func (s *Server) sendMessage(c *metatest.Call) metatest.Reply {
	a := me(c)
	var to wireRecipient
	if a == nil || c.Node != c.Me || !c.JSON("recipient", &to) {
		return metatest.Fail(metatest.Invalid("recipient"))
	}
	if c.Get("sender_action") != "" {
		return s.act(c, a, quoted(to.ID))
	}
	var w wireMessage
	if !c.JSON("message", &w) || (w.Text == "") == (w.Attachment == nil) {
		return metatest.Fail(metatest.Invalid("message must have a text or an attachment"))
	}
	if len(w.Text) > 1000 {
		return metatest.Fail(metatest.Invalid("Length of param message[text] must be less than or equal to 1000"))
	}
	t, refusal := s.reachable(c, a, to)
	if refusal != nil {
		return *refusal
	}
	return s.lied(Message, func() metatest.Reply {
		m := &dm{in: t, from: a, text: w.Text, at: s.now()}
		if w.Attachment != nil {
			m.file, m.kind = w.Attachment.Payload.URL, w.Attachment.Type
		}
		m.id = c.AddNode(kindMessage, "aWdf"+c.NewID(), "message", m).ID
		t.messages = append(t.messages, m)
		c.Ledger().Add(sim.Item{Platform: Platform, Account: a.username, Text: m.text, ID: m.id, At: m.at, Private: true})
		c.NotifyItem(object0, a.id, object{
			"sender": object{"id": a.id}, "recipient": object{"id": t.with.id}, "timestamp": m.at.UnixMilli(),
			"message": object{"mid": m.id, "text": m.text, "is_echo": true},
		})
		return metatest.OK(object{"recipient_id": t.with.id, "message_id": m.id})
	})
}

// reachable finds the conversation that a message belongs to, and whether the time
// for it is over.
func (s *Server) reachable(c *metatest.Call, a *account, to wireRecipient) (*thread, *metatest.Reply) {
	if id := quoted(to.Comment); id != "" {
		return s.privately(c, a, id)
	}
	t := s.threadOf(a, quoted(to.ID))
	if t == nil {
		return nil, refused(100, 2534014, "(#100) No matching user found")
	}
	allowed := window
	if c.Get("messaging_type") == "MESSAGE_TAG" {
		if c.Get("tag") != "HUMAN_AGENT" {
			return nil, refused(100, 0, "(#100) This tag is no longer supported")
		}
		allowed = humanWindow
	}
	if t.lastHeard.IsZero() || !s.now().Before(t.lastHeard.Add(allowed)) {
		return nil, refused(10, 2534022, "(#10) This message is sent outside of allowed window.")
	}
	return t, nil
}

// privately is the answer to a comment that one message may be.
func (s *Server) privately(c *metatest.Call, a *account, id string) (*thread, *metatest.Reply) {
	r := s.commentByID(id)
	switch {
	case r == nil || r.gone || r.on.owner != a:
		return nil, refused(100, 33, "Object with ID '"+id+"' does not exist")
	case r.asked || !s.now().Before(r.at.Add(humanWindow)):
		return nil, refused(10, 2534022, "(#10) This message is sent outside of allowed window.")
	}
	r.asked = true
	t := s.threadOf(a, r.author.id)
	if t == nil {
		t = &thread{owner: a, with: r.author}
		t.id = c.AddNode(kindThread, "aWdt"+c.NewID(), "thread", t).ID
		s.threads = append(s.threads, t)
	}
	return t, nil
}

func (s *Server) act(c *metatest.Call, a *account, person string) metatest.Reply {
	t := s.threadOf(a, person)
	if t == nil {
		return *refused(100, 2534014, "(#100) No matching user found")
	}
	if c.Get("sender_action") == "mark_seen" {
		t.unread = 0
	}
	return metatest.OK(object{"recipient_id": person})
}

func (s *Server) moderate(c *metatest.Call) metatest.Reply {
	a := me(c)
	var who []struct {
		ID string `json:"id"`
	}
	if a == nil || c.Node != c.Me || !c.JSON("user_ids", &who) || len(who) == 0 {
		return metatest.Fail(metatest.Invalid("user_ids"))
	}
	if a.blocked == nil {
		a.blocked = make(map[string]bool)
	}
	for _, p := range who {
		if _, is := valueOf(c.Lookup(p.ID)).(*account); !is {
			return *refused(100, 2534014, "(#100) No matching user found")
		}
		for _, action := range c.List("actions") {
			switch action {
			case "BLOCK_USER":
				a.blocked[p.ID] = true
			case "UNBLOCK_USER":
				delete(a.blocked, p.ID)
			case "MOVE_TO_SPAM":
			default:
				return metatest.Fail(metatest.Invalid("actions"))
			}
		}
	}
	return metatest.Success()
}
