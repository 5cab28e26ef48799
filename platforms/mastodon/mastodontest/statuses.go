package mastodontest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// keyLife is how long an Idempotency-Key is remembered.
// https://docs.joinmastodon.org/methods/statuses/#create (read August 2026).
const keyLife = time.Hour

// remembered is what an Idempotency-Key led to.
type remembered struct {
	status    *status
	scheduled *scheduled
	until     time.Time
}

func (s *Server) statusRoutes() []route {
	read, wr := scopes("read:statuses"), scopes("write:statuses")
	fav, book := scopes("write:favourites"), scopes("write:bookmarks")
	return []route{
		{pattern: "POST /api/v1/statuses", class: sim.Commit, scopes: wr, budget: budgetStatuses, handler: s.createStatus},
		{pattern: "GET /api/v1/statuses", class: sim.Read, scopes: read, handler: s.severalStatuses},
		{pattern: "GET /api/v1/statuses/{id}", class: sim.Read, handler: s.withStatus(s.showStatus)},
		{pattern: "PUT /api/v1/statuses/{id}", class: sim.Write, scopes: wr, handler: s.withOwn(s.editStatus)},
		{pattern: "DELETE /api/v1/statuses/{id}", class: sim.Write, scopes: wr, budget: budgetDelete, handler: s.withOwn(s.deleteStatus)},
		{pattern: "GET /api/v1/statuses/{id}/source", class: sim.Read, scopes: read, handler: s.withOwn(s.statusSource)},
		{pattern: "GET /api/v1/statuses/{id}/history", class: sim.Read, handler: s.withStatus(s.statusHistory)},
		{pattern: "GET /api/v1/statuses/{id}/context", class: sim.Read, handler: s.withStatus(s.statusContext)},
		{pattern: "GET /api/v1/statuses/{id}/favourited_by", class: sim.Read, handler: s.withStatus(s.favouritedBy)},
		{pattern: "GET /api/v1/statuses/{id}/reblogged_by", class: sim.Read, handler: s.withStatus(s.rebloggedBy)},
		{pattern: "GET /api/v1/statuses/{id}/quotes", class: sim.Read, scopes: read, handler: s.withStatus(s.quotesOf), only: []Software{Mastodon}},
		{pattern: "POST /api/v1/statuses/{id}/quotes/{quoting}/revoke", class: sim.Write, scopes: wr, handler: s.withOwn(s.revokeQuote), only: []Software{Mastodon}},
		{pattern: "POST /api/v1/statuses/{id}/favourite", class: sim.Write, scopes: fav, handler: s.withStatus(s.favourite)},
		{pattern: "POST /api/v1/statuses/{id}/unfavourite", class: sim.Write, scopes: fav, handler: s.withStatus(s.unfavourite)},
		{pattern: "POST /api/v1/statuses/{id}/bookmark", class: sim.Write, scopes: book, handler: s.withStatus(s.bookmark)},
		{pattern: "POST /api/v1/statuses/{id}/unbookmark", class: sim.Write, scopes: book, handler: s.withStatus(s.unbookmark)},
		{pattern: "POST /api/v1/statuses/{id}/reblog", class: sim.Write, scopes: wr, handler: s.withStatus(s.reblog)},
		{pattern: "POST /api/v1/statuses/{id}/unreblog", class: sim.Write, scopes: wr, budget: budgetDelete, handler: s.withStatus(s.unreblog)},
		{pattern: "POST /api/v1/statuses/{id}/mute", class: sim.Write, scopes: scopes("write:mutes"), handler: s.withStatus(s.muteThread(true))},
		{pattern: "POST /api/v1/statuses/{id}/unmute", class: sim.Write, scopes: scopes("write:mutes"), handler: s.withStatus(s.muteThread(false))},
		{pattern: "POST /api/v1/statuses/{id}/pin", class: sim.Write, scopes: scopes("write:accounts"), handler: s.withOwn(s.pin)},
		{pattern: "POST /api/v1/statuses/{id}/unpin", class: sim.Write, scopes: scopes("write:accounts"), handler: s.withOwn(s.unpin)},
		{pattern: "GET /api/v1/polls/{id}", class: sim.Read, handler: s.showPoll, only: noPixelfed},
		{pattern: "POST /api/v1/polls/{id}/votes", class: sim.Write, scopes: wr, handler: s.vote, only: noPixelfed},
		{pattern: "GET /api/v1/scheduled_statuses", class: sim.Read, scopes: read, handler: s.listScheduled, only: noPixelfed},
		{pattern: "GET /api/v1/scheduled_statuses/{id}", class: sim.Read, scopes: read, handler: s.showScheduled, only: noPixelfed},
		{pattern: "PUT /api/v1/scheduled_statuses/{id}", class: sim.Write, scopes: wr, handler: s.moveScheduled, only: noPixelfed},
		{pattern: "DELETE /api/v1/scheduled_statuses/{id}", class: sim.Write, scopes: wr, handler: s.cancelScheduled, only: noPixelfed},
	}
}

// withStatus finds the status that the path names and that the caller may see.
func (s *Server) withStatus(h func(*call, *status) reply) func(*call) reply {
	return func(c *call) reply {
		st := s.byID[c.id()]
		if st == nil || st.gone || !s.sees(c.me, st) {
			return notFound()
		}
		return h(c, st)
	}
}

func (s *Server) withOwn(h func(*call, *status) reply) func(*call) reply {
	return s.withStatus(func(c *call, st *status) reply {
		if st.author != c.me {
			return notFound()
		}
		return h(c, st)
	})
}

// sees reports whether a may read st; nil is the public.
func (s *Server) sees(a *account, st *status) bool {
	if a == st.author {
		return true
	}
	if a != nil {
		if _, blocked := st.author.blocking[a.id]; blocked {
			return false
		}
	}
	switch st.visibility {
	case "public", "unlisted":
		return true
	case "private":
		if a == nil {
			return false
		}
		_, follows := a.following[st.author.id]
		return follows || st.mentionsAccount(a)
	}
	return a != nil && st.mentionsAccount(a)
}

func (s *Server) createStatus(c *call) reply {
	key := c.req.Header.Get("Idempotency-Key")
	if s.opts.Software != Mastodon {
		key = "" // compatible servers take the header and do nothing with it
	}
	slot := c.me.id + " " + key
	if r, found := s.keys[slot]; key != "" && found && s.now().Before(r.until) {
		if r.scheduled != nil && slices.Contains(s.scheduled, r.scheduled) {
			return ok(s.scheduledJSON(r.scheduled))
		}
		if r.status != nil && !r.status.gone {
			return ok(s.statusJSON(r.status, c.me))
		}
		if r.status != nil {
			return notFound()
		}
	}
	d, refusal := s.draft(c)
	if refusal != nil {
		return *refusal
	}
	d.key = c.req.Header.Get("Idempotency-Key")
	if at := c.Get("scheduled_at"); at != "" && s.opts.Software != Pixelfed {
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return invalid("Scheduled at is invalid")
		}
		if when.After(s.now()) {
			return s.schedule(c, d, when, slot, key)
		}
		if s.opts.Software == GoToSocial {
			return ok(s.statusJSON(s.publish(c.me, d, when), c.me)) // backdated
		}
	}
	st := s.publish(c.me, d, s.now())
	if key != "" {
		s.keys[slot] = remembered{status: st, until: s.now().Add(keyLife)}
	}
	return ok(s.statusJSON(st, c.me))
}

// publish makes a valid draft visible.
func (s *Server) publish(by *account, d draft, at time.Time) *status {
	serial, id := s.next(at)
	st := &status{
		serial: serial, id: id, author: by, text: d.text, spoiler: d.spoiler, sensitive: d.sensitive, visibility: d.visibility,
		language: d.language, created: at, inReplyTo: d.inReplyTo, thread: id, quote: d.quote, policy: d.policy,
		media: d.media, poll: d.poll, app: d.app,
		favourites: map[string]uint64{}, bookmarks: map[string]uint64{}, mutedBy: map[string]uint64{}, reblogs: map[string]*status{},
	}
	st.mentions, st.tags = s.entities(d.text)
	for _, a := range d.silent {
		if !st.mentionsAccount(a) {
			st.mentions = append(st.mentions, a)
		}
	}
	if d.inReplyTo != nil {
		st.thread = d.inReplyTo.thread
	}
	if st.poll != nil {
		_, st.poll.id = s.next(at)
		st.poll.expires = at.Add(d.pollLife)
		s.polls[st.poll.id] = st
	}
	for _, m := range st.media {
		m.used = true
	}
	s.insert(st)
	s.record(st, d.visitor)
	s.spread(st)
	return st
}

// insert keeps the list ordered, for a server that backdates.
func (s *Server) insert(st *status) {
	i, _ := slices.BinarySearchFunc(s.statuses, st.serial, func(a *status, n uint64) int { return cmp.Compare(a.serial, n) })
	s.statuses = slices.Insert(s.statuses, i, st)
	s.byID[st.id] = st
}

// record tells the ledger what became visible.
func (s *Server) record(st *status, visitor bool) {
	item := sim.Item{
		Platform: Platform, Account: st.author.acct(), Text: st.text, ID: st.id, URL: s.statusURL(st),
		At: st.created, Private: st.visibility == "direct", Visitor: visitor,
	}
	if st.inReplyTo != nil {
		item.Parent = st.inReplyTo.id
	}
	for _, m := range st.media {
		item.Media = append(item.Media, m.sum)
	}
	s.world.Ledger.Add(item)
}

// spread notifies, files and streams a new status.
func (s *Server) spread(st *status) {
	for _, a := range st.mentions {
		if a != st.author {
			s.notify(a, "mention", st.author, st)
		}
	}
	if st.quote != nil && st.quote.author != st.author {
		s.notify(st.quote.author, "quote", st.author, st)
	}
	if st.visibility == "direct" {
		s.converse(st)
	}
	for _, a := range s.accounts {
		if a.domain == "" && s.home(a, st) {
			s.emit(a, "update", s.statusJSON(st, a))
		}
	}
}

func (s *Server) showStatus(c *call, st *status) reply { return ok(s.statusJSON(st, c.me)) }

func (s *Server) severalStatuses(c *call) reply {
	out := []object{}
	for _, id := range c.list("id") {
		if st := s.byID[id]; st != nil && !st.gone && s.sees(c.me, st) {
			out = append(out, s.statusJSON(st, c.me))
		}
	}
	return ok(out)
}

func (s *Server) editStatus(c *call, st *status) reply {
	d, refusal := s.draft(c)
	if refusal != nil {
		return *refusal
	}
	for i := 0; ; i++ {
		attrs := c.list("media_attributes[][id]")
		if i >= len(attrs) {
			break
		}
		if m := s.media[attrs[i]]; m != nil && m.owner == c.me {
			if desc := c.list("media_attributes[][description]"); i < len(desc) {
				m.description = desc[i]
			}
		}
	}
	st.history = append(st.history, version{st.text, st.spoiler, st.sensitive, cmpTime(st.edited, st.created)})
	st.text, st.spoiler, st.sensitive, st.media, st.edited = d.text, d.spoiler, d.sensitive, d.media, s.now()
	if d.language != "" {
		st.language = d.language
	}
	if d.poll != nil {
		d.poll.id, d.poll.expires = "", s.now().Add(d.pollLife)
		if st.poll != nil {
			d.poll.id = st.poll.id
		}
		st.poll = d.poll
		s.polls[st.poll.id] = st
	}
	st.mentions, st.tags = s.entities(st.text)
	s.world.Ledger.Update(Platform, st.id, func(i *sim.Item) {
		i.Text, i.Media = st.text, nil
		for _, m := range st.media {
			i.Media = append(i.Media, m.sum)
		}
	})
	for _, a := range s.accounts {
		if a.domain == "" && s.home(a, st) {
			s.emit(a, "status.update", s.statusJSON(st, a))
		}
	}
	return ok(s.statusJSON(st, c.me))
}

func cmpTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// deleteStatus answers with the source, so that a client can write it anew.
func (s *Server) deleteStatus(c *call, st *status) reply {
	answer := s.statusJSON(st, c.me)
	answer["text"] = st.text
	s.remove(st)
	if c.flag("delete_media") {
		for _, m := range st.media {
			delete(s.media, m.id)
		}
	} else {
		for _, m := range st.media {
			m.used = false
		}
	}
	return ok(answer)
}

func (s *Server) remove(st *status) {
	if st.gone {
		return
	}
	st.gone = true
	s.world.Ledger.Update(Platform, st.id, func(i *sim.Item) { i.Removed = true })
	for _, r := range st.reblogs {
		s.remove(r)
	}
	if st.reblogOf != nil {
		delete(st.reblogOf.reblogs, st.author.id)
	}
	for _, a := range s.accounts {
		if a.domain == "" && s.home(a, st) {
			s.emit(a, "delete", st.id)
		}
	}
}

func (s *Server) statusSource(_ *call, st *status) reply {
	if s.opts.NoSource {
		return notFound()
	}
	return ok(object{"id": s.wireID(st.id), "text": st.text, "spoiler_text": st.spoiler})
}

func (s *Server) statusHistory(_ *call, st *status) reply {
	var out []object
	for _, v := range append(slices.Clone(st.history), version{st.text, st.spoiler, st.sensitive, cmpTime(st.edited, st.created)}) {
		out = append(out, object{
			"content": s.render(v.text, st.mentions), "spoiler_text": v.spoiler, "sensitive": v.sensitive,
			"created_at": stamp(v.at), "account": s.accountJSON(st.author), "media_attachments": []object{}, "emojis": []object{},
		})
	}
	return reply{status: http.StatusOK, body: out}
}

func (s *Server) statusContext(c *call, st *status) reply {
	ancestors, descendants := []object{}, []object{}
	for up := st.inReplyTo; up != nil; up = up.inReplyTo {
		if !up.gone && s.sees(c.me, up) {
			ancestors = append(ancestors, s.statusJSON(up, c.me))
		}
	}
	slices.Reverse(ancestors)
	under := map[*status]bool{st: true}
	for _, o := range s.statuses {
		if o.inReplyTo == nil || !under[o.inReplyTo] {
			continue
		}
		under[o] = true
		if !o.gone && s.sees(c.me, o) && (c.me == nil || !c.me.avoids(o.author, s.now())) {
			descendants = append(descendants, s.statusJSON(o, c.me))
		}
	}
	return ok(object{"ancestors": ancestors, "descendants": descendants})
}

// lower is for comparing what people typed.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
