package facebooktest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) messageRoutes() []metatest.Route {
	scopes := []string{"pages_messaging"}
	route := func(method, kind, edge string, class sim.Class, h func(*metatest.Call) metatest.Reply) metatest.Route {
		return metatest.Route{Method: method, Kind: kind, Edge: edge, Class: class, Scopes: scopes, Handler: h}
	}
	return []metatest.Route{
		route("POST", "page", "messages", sim.Commit, s.send),
		route("POST", "page", "messages"+acts, sim.Write, s.act),
		route("POST", "page", "message_attachments", sim.Prepare, s.attach),
		route("GET", "page", "conversations", sim.Read, s.listThreads),
		route("GET", "thread", "", sim.Read, s.getThread),
		route("GET", "thread", "messages", sim.Read, s.listMessages),
		route("GET", "message", "", sim.Read, s.getMessage),
		route("GET", "person", "", sim.Read, s.getPerson),
		route("GET", "page", "messenger_profile", sim.Read, s.getProfile),
		route("POST", "page", "messenger_profile", sim.Write, s.setProfile),
		route("DELETE", "page", "messenger_profile", sim.Write, s.clearProfile),
		route("GET", "page", "custom_labels", sim.Read, func(c *metatest.Call) metatest.Reply { return metatest.Paged(c, []object{}, 25) }),
		route("POST", "page", "moderate_conversations", sim.Write, s.moderate),
	}
}

const (
	maxMessage = 2000
	window     = 24 * time.Hour
	agent      = 7 * 24 * time.Hour
)

func outside() metatest.Reply {
	return metatest.Fail(&metatest.Error{Code: 10, Subcode: 2018278, Message: "(#10) This message is sent outside of allowed window."})
}

type wireSend struct {
	ID      string `json:"id"`
	Comment string `json:"comment_id"`
}

// send sends a message to a person who wrote before, or answers a comment.
func (s *Server) send(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	var to wireSend
	var what struct {
		Text       string          `json:"text"`
		Metadata   string          `json:"metadata"`
		Attachment json.RawMessage `json:"attachment"`
	}
	var reply struct {
		ID string `json:"mid"`
	}
	switch {
	case !owns(c, p):
		return forbidden("Only the Page itself may write")
	case !c.JSON("recipient", &to) || !c.JSON("message", &what) || (what.Text == "") == (what.Attachment == nil):
		return metatest.Fail(metatest.Invalid("recipient and message with a text or an attachment are required"))
	case utf8.RuneCountInString(what.Text) > maxMessage:
		return metatest.Fail(metatest.Invalid("Length of param message[text] must be less than or equal to 2000"))
	}
	file, refused := s.fileOf(what.Attachment)
	if refused != nil {
		return *refused
	}
	_ = c.JSON("reply_to", &reply)
	if to.Comment != "" {
		return s.answerPrivately(c, p, to.Comment, what.Text)
	}
	with := s.faces[to.ID]
	if with == nil {
		return metatest.Fail(&metatest.Error{Code: 100, Subcode: 2018001, Message: "(#100) No matching user found"})
	}
	t := p.threads[with.id]
	allowed := window
	switch tag := c.Get("tag"); {
	case tag == "HUMAN_AGENT" && c.Get("messaging_type") == "MESSAGE_TAG":
		allowed = agent
	case tag != "":
		return metatest.Fail(metatest.Invalid("Invalid message tag"))
	}
	if t == nil || s.now().Sub(t.heard()) > allowed {
		return outside()
	}
	m := s.write(t, nil, what.Text, file)
	m.metadata, m.replyTo = what.Metadata, reply.ID
	c.AddNode("message", m.id, "", m)
	s.tell(m, c.NotifyItem)
	return metatest.OK(object{"recipient_id": with.id, "message_id": m.id})
}

// answerPrivately answers a comment by a message, once and within seven days.
func (s *Server) answerPrivately(c *metatest.Call, p *page, id, text string) metatest.Reply {
	n := c.Lookup(id)
	var on *comment
	if n != nil {
		on, _ = n.Value.(*comment)
	}
	switch {
	case on == nil || on.by == nil || on.page != p:
		return metatest.Fail(metatest.NotFound(id))
	case p.repliedPrivately[id] != nil:
		return metatest.Fail(&metatest.Error{Code: 10900, Message: "(#10900) Activity already replied to"})
	case s.now().Sub(on.created) > agent:
		return outside()
	}
	t := s.threadWith(p, on.by)
	if p.repliedPrivately == nil {
		p.repliedPrivately = map[string]*thread{}
	}
	p.repliedPrivately[id] = t
	if c.Lookup(t.id) == nil {
		c.AddNode("thread", t.id, "", t)
	}
	m := s.say(t, nil, text)
	c.AddNode("message", m.id, "", m)
	s.tell(m, c.NotifyItem)
	return metatest.OK(object{"recipient_id": on.by.id, "message_id": m.id})
}

// canReplyPrivately reports whether a comment can still be answered by a message.
func (s *Server) canReplyPrivately(n *comment) bool {
	return n.by != nil && n.page != nil && n.page.repliedPrivately[n.id] == nil && s.now().Sub(n.created) <= agent
}

func (s *Server) threadWith(p *page, with *person) *thread {
	t := p.threads[with.id]
	if t == nil {
		t = &thread{id: "t_" + s.newID(), page: p, with: with}
		p.threads[with.id] = t
	}
	return t
}

func (s *Server) say(t *thread, by *person, text string) *message { return s.write(t, by, text, nil) }

func (s *Server) write(t *thread, by *person, text string, file *attachment) *message {
	m := &message{id: "m_" + s.newID(), thread: t, by: by, text: text, at: s.now(), file: file}
	t.messages = append(t.messages, m)
	if by != nil {
		t.unread++
	} else {
		t.unread = 0
	}
	item := sim.Item{ID: t.id + "/" + m.id, Text: text, Private: true, Parent: t.id}
	if file != nil {
		item.Media = []string{file.sum}
	}
	s.item(t.page, by, item)
	return m
}

// tell has a message delivered by webhook: as an echo if it is the Page's own.
func (s *Server) tell(m *message, notify func(object, account string, item any)) {
	p, with := m.thread.page, m.thread.with
	from, to, field := with.id, p.id, "messages"
	body := object{"mid": m.id, "text": m.text}
	if m.by == nil {
		from, to, field = p.id, with.id, "message_echoes"
		body["is_echo"], body["metadata"] = true, m.metadata
	}
	if m.file != nil {
		body["attachments"] = []object{{"type": m.file.kind, "payload": object{"url": m.file.cdn()}}}
	}
	if slices.Contains(p.subscribed, field) {
		notify("page", p.id, object{
			"sender": object{"id": from}, "recipient": object{"id": to}, "timestamp": m.at.UnixMilli(), "message": body,
		})
	}
}

// heard is when the person wrote last.
func (t *thread) heard() time.Time {
	for _, m := range slices.Backward(t.messages) {
		if m.by != nil {
			return m.at
		}
	}
	return time.Time{}
}

func (s *Server) act(c *metatest.Call) metatest.Reply {
	var to wireSend
	if !c.JSON("recipient", &to) || s.faces[to.ID] == nil {
		return metatest.Fail(&metatest.Error{Code: 100, Subcode: 2018001, Message: "(#100) No matching user found"})
	}
	if t := s.pages[c.Node.ID].threads[to.ID]; t != nil && c.Get("sender_action") == "mark_seen" {
		t.unread = 0
	}
	return metatest.OK(object{"recipient_id": to.ID})
}

// attach fetches a file that messages can name.
func (s *Server) attach(c *metatest.Call) metatest.Reply {
	var what struct {
		Attachment json.RawMessage `json:"attachment"`
	}
	if !c.JSON("message", &what) || what.Attachment == nil {
		return metatest.Fail(metatest.Invalid("message with an attachment is required"))
	}
	f, refused := s.fileOf(what.Attachment)
	if refused != nil {
		return *refused
	}
	s.uploads[f.id] = f
	return metatest.OK(object{"attachment_id": f.id})
}

// fileOf is the file that an attachment names or has to be fetched; nil for a
// template.
func (s *Server) fileOf(raw json.RawMessage) (*attachment, *metatest.Reply) {
	var a struct {
		Type    string `json:"type"`
		Payload struct {
			URL string `json:"url"`
			ID  string `json:"attachment_id"`
		} `json:"payload"`
	}
	fail := func(e *metatest.Error) (*attachment, *metatest.Reply) {
		r := metatest.Fail(e)
		return nil, &r
	}
	if raw == nil {
		return nil, nil
	}
	if json.Unmarshal(raw, &a) != nil {
		return fail(metatest.Invalid("Invalid attachment"))
	}
	switch {
	case a.Type == "template":
		return nil, nil
	case !slices.Contains([]string{"image", "video", "audio", "file"}, a.Type):
		return fail(metatest.Invalid("Invalid attachment type"))
	case a.Payload.ID != "":
		if f := s.uploads[a.Payload.ID]; f != nil && f.kind == a.Type {
			return f, nil
		}
		return fail(&metatest.Error{Code: 100, Subcode: 2018074, Message: "(#100) Invalid attachment id"})
	case a.Payload.URL == "":
		return fail(metatest.Invalid("An attachment needs a url or an attachment_id"))
	}
	f := &attachment{id: s.newID(), kind: a.Type, address: a.Payload.URL, sum: a.Payload.URL}
	if s.opts.Fetch != nil {
		b, err := s.opts.Fetch(a.Payload.URL)
		if err != nil {
			return fail(&metatest.Error{Code: 100, Subcode: 2018047, Message: "(#100) Upload attachment failure."})
		}
		sum := sha256.Sum256(b)
		f.sum = hex.EncodeToString(sum[:])
	}
	return f, nil
}

// cdn is where the file is read, which is not where it came from.
func (f *attachment) cdn() string { return "https://cdn.fbsbx.example/v/" + f.id }

// object is a file as the conversation shows it.
func (f *attachment) object() object {
	switch f.kind {
	case "image":
		return object{"id": f.id, "mime_type": "image/jpeg", "name": f.id, "image_data": object{"url": f.cdn(), "width": 64, "height": 48}}
	case "video":
		return object{"id": f.id, "mime_type": "video/mp4", "name": f.id, "video_data": object{"url": f.cdn(), "width": 64, "height": 48}}
	case "audio":
		return object{"id": f.id, "mime_type": "audio/mpeg", "name": f.id, "file_url": f.cdn()}
	}
	return object{"id": f.id, "mime_type": "application/pdf", "name": f.id, "file_url": f.cdn()}
}

func (s *Server) listThreads(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if !owns(c, p) {
		return forbidden("Only the Page itself may read them")
	}
	var all []*thread
	for _, id := range sortedKeys(p.threads) {
		if t := p.threads[id]; len(t.messages) > 0 && (c.Get("user_id") == "" || c.Get("user_id") == id) {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b *thread) int { return b.updated().Compare(a.updated()) })
	out := []object{}
	for _, t := range all {
		out = append(out, s.threadObject(t))
	}
	return list(c, "UnifiedThread", out)
}

func (t *thread) updated() time.Time { return t.messages[len(t.messages)-1].at }

func (s *Server) threadObject(t *thread) object {
	var latest []object
	for i, m := range newest(t.messages) {
		if i == 5 {
			break
		}
		latest = append(latest, s.messageObject(m))
	}
	return object{
		"id": t.id, "link": "/" + t.page.id + "/inbox/", "updated_time": metatest.Stamp(t.updated()), "message_count": len(t.messages),
		"unread_count": t.unread, "snippet": t.messages[len(t.messages)-1].text, "can_reply": s.now().Sub(t.heard()) <= agent,
		"participants": object{"data": []object{t.with.actor(), t.page.actor()}}, "messages": object{"data": latest},
	}
}

func (s *Server) getThread(c *metatest.Call) metatest.Reply {
	t, is := c.Node.Value.(*thread)
	if !is || !owns(c, t.page) {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "UnifiedThread", s.threadObject(t))
}

func (s *Server) messageObject(m *message) object {
	to := []object{m.thread.page.actor()}
	if m.by == nil {
		to = []object{m.thread.with.actor()}
	}
	out := object{
		"id": m.id, "created_time": metatest.Stamp(m.at), "from": who(m.by, m.thread.page), "to": object{"data": to}, "message": m.text,
	}
	if m.file != nil {
		out["attachments"] = object{"data": []object{m.file.object()}}
	}
	if m.replyTo != "" {
		out["reply_to"] = object{"mid": m.replyTo}
	}
	return out
}

func (s *Server) listMessages(c *metatest.Call) metatest.Reply {
	t, is := c.Node.Value.(*thread)
	if !is || !owns(c, t.page) {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	out := []object{}
	for _, m := range newest(lagged(s, t.messages, func(m *message) time.Time { return m.at })) {
		out = append(out, s.messageObject(m))
	}
	return list(c, "Message", out)
}

func (s *Server) getMessage(c *metatest.Call) metatest.Reply {
	m, is := c.Node.Value.(*message)
	if !is || !owns(c, m.thread.page) {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "Message", s.messageObject(m))
}

func (s *Server) getPerson(c *metatest.Call) metatest.Reply {
	p, is := c.Node.Value.(*person)
	me := s.me(c)
	if !is || me == nil || me.threads[p.id] == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "Person", object{"id": p.id, "first_name": p.name, "last_name": "Visitor", "profile_pic": "https://scontent.example/p.jpg", "locale": "en_GB", "timezone": 1})
}

func (s *Server) getProfile(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	data := []object{}
	if len(p.profile) > 0 {
		data = append(data, p.profile)
	}
	return metatest.OK(object{"data": data})
}

func (s *Server) setProfile(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if p.profile == nil {
		p.profile = object{}
	}
	for _, name := range []string{"get_started", "ice_breakers", "commands", "persistent_menu", "whitelisted_domains", "greeting"} {
		if v := c.Get(name); v != "" {
			p.profile[name] = rawJSON(v)
		}
	}
	return metatest.OK(object{"result": "success"})
}

func (s *Server) clearProfile(c *metatest.Call) metatest.Reply {
	for _, name := range c.List("fields") {
		delete(s.pages[c.Node.ID].profile, name)
	}
	return metatest.OK(object{"result": "success"})
}

func (s *Server) moderate(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	var users []wireSend
	if !c.JSON("user_ids", &users) || len(users) == 0 || len(c.List("actions")) == 0 {
		return metatest.Fail(metatest.Invalid("user_ids and actions are required"))
	}
	for _, u := range users {
		for _, a := range c.List("actions") {
			switch a {
			case "BAN_USER", "BLOCK_USER":
				p.blocked = append(remove(p.blocked, u.ID), u.ID)
			case "UNBAN_USER", "UNBLOCK_USER":
				p.blocked = remove(p.blocked, u.ID)
			}
		}
	}
	return metatest.Success()
}
