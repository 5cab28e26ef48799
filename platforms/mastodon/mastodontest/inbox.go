package mastodontest

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) inboxRoutes() []route {
	notes, change := scopes("read:notifications"), scopes("write:notifications")
	return []route{
		{pattern: "GET /api/v1/notifications", class: sim.Read, scopes: notes, handler: s.listNotifications},
		{pattern: "GET /api/v1/notifications/unread_count", class: sim.Read, scopes: notes, handler: s.unreadCount},
		{pattern: "GET /api/v1/notifications/{id}", class: sim.Read, scopes: notes, handler: s.showNotification},
		{pattern: "POST /api/v1/notifications/{id}/dismiss", class: sim.Write, scopes: change, handler: s.dismiss},
		{pattern: "POST /api/v1/notifications/clear", class: sim.Write, scopes: change, handler: s.clearNotifications},
		{pattern: "GET /api/v1/conversations", class: sim.Read, scopes: scopes("read:statuses"), handler: s.listConversations, only: noPixelfed},
		{pattern: "POST /api/v1/conversations/{id}/read", class: sim.Write, scopes: scopes("write:conversations"), handler: s.readConversation, only: noPixelfed},
		{pattern: "DELETE /api/v1/conversations/{id}", class: sim.Write, scopes: scopes("write:conversations"), handler: s.dropConversation, only: noPixelfed},
	}
}

// notify tells a local account of something, unless it does not want to know.
func (s *Server) notify(to *account, kind string, from *account, st *status) {
	if to == from || to.domain != "" {
		return
	}
	if _, blocks := to.blocking[from.id]; blocks || to.domainBlocks[from.domain] && from.domain != "" {
		return
	}
	if to.mutes(from, s.now()) && to.muting[from.id].notifications {
		return
	}
	serial, id := s.next(s.now())
	n := &notification{serial: serial, id: id, kind: kind, at: s.now(), from: from, status: st}
	to.notifications = append(to.notifications, n)
	s.emit(to, "notification", s.notificationJSON(n, to))
}

func (s *Server) visibleNotifications(c *call) []*notification {
	types, without := c.list("types"), c.list("exclude_types")
	var out []*notification
	for _, n := range slices.Backward(c.me.notifications) {
		switch {
		case n.status != nil && n.status.gone,
			len(types) > 0 && !slices.Contains(types, n.kind),
			slices.Contains(without, n.kind),
			c.Has("account_id") && n.from.id != c.Get("account_id"):
			continue
		}
		out = append(out, n)
	}
	return out
}

func (s *Server) listNotifications(c *call) reply {
	page, link := paged(s, c, s.visibleNotifications(c), func(n *notification) uint64 { return n.serial }, 40, 80)
	out := []object{}
	for _, n := range page {
		out = append(out, s.notificationJSON(n, c.me))
	}
	return reply{status: http.StatusOK, body: out, link: link}
}

func (s *Server) unreadCount(c *call) reply {
	return ok(object{"count": min(len(s.visibleNotifications(c)), 100)})
}

func (s *Server) showNotification(c *call) reply {
	for _, n := range c.me.notifications {
		if n.id == c.id() {
			return ok(s.notificationJSON(n, c.me))
		}
	}
	return notFound()
}

func (s *Server) dismiss(c *call) reply {
	before := len(c.me.notifications)
	c.me.notifications = slices.DeleteFunc(c.me.notifications, func(n *notification) bool { return n.id == c.id() })
	if len(c.me.notifications) == before {
		return notFound()
	}
	return ok(object{})
}

func (s *Server) clearNotifications(c *call) reply {
	c.me.notifications = nil
	return ok(object{})
}

func (s *Server) notificationJSON(n *notification, to *account) object {
	o := object{"id": s.wireID(n.id), "type": n.kind, "created_at": stamp(n.at), "account": s.accountJSON(n.from)}
	if n.status != nil {
		o["status"] = s.statusJSON(n.status, to)
	}
	if s.opts.Software == Mastodon {
		o["group_key"] = "ungrouped-" + n.id
	}
	return o
}

// converse files a direct status in the conversations of everybody local who
// takes part.
func (s *Server) converse(st *status) {
	people := append([]*account{st.author}, st.mentions...)
	for _, a := range people {
		if a.domain != "" {
			continue
		}
		var conv *conversation
		for _, o := range a.conversations {
			if o.thread == st.thread {
				conv = o
			}
		}
		if conv == nil {
			_, id := s.next(s.now())
			conv = &conversation{id: id, thread: st.thread}
			a.conversations = append(a.conversations, conv)
		}
		for _, o := range people {
			if o != a && !slices.Contains(conv.others, o) {
				conv.others = append(conv.others, o)
			}
		}
		conv.last, conv.serial, conv.unread = st, st.serial, a != st.author
		s.emit(a, "conversation", s.conversationJSON(conv, a))
	}
}

func (s *Server) listConversations(c *call) reply {
	all := slices.Clone(c.me.conversations)
	slices.SortFunc(all, func(a, b *conversation) int { return cmp.Compare(b.serial, a.serial) })
	page, link := paged(s, c, all, func(o *conversation) uint64 { return o.serial }, 20, 40)
	out := []object{}
	for _, o := range page {
		out = append(out, s.conversationJSON(o, c.me))
	}
	return reply{status: http.StatusOK, body: out, link: link}
}

func (s *Server) conversationJSON(o *conversation, to *account) object {
	others := []object{}
	for _, a := range o.others {
		others = append(others, s.accountJSON(a))
	}
	var last any
	if o.last != nil && !o.last.gone {
		last = s.statusJSON(o.last, to)
	}
	return object{"id": s.wireID(o.id), "unread": o.unread, "accounts": others, "last_status": last}
}

func (s *Server) readConversation(c *call) reply {
	for _, o := range c.me.conversations {
		if o.id == c.id() {
			o.unread = false
			return ok(s.conversationJSON(o, c.me))
		}
	}
	return notFound()
}

func (s *Server) dropConversation(c *call) reply {
	c.me.conversations = slices.DeleteFunc(c.me.conversations, func(o *conversation) bool { return o.id == c.id() })
	return ok(object{})
}
