package mastodontest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
)

func (s *Server) favourite(c *call, st *status) reply {
	if _, did := st.favourites[c.me.id]; !did {
		st.favourites[c.me.id], _ = s.next(s.now())
		s.notify(st.author, "favourite", c.me, st)
	}
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) unfavourite(c *call, st *status) reply {
	delete(st.favourites, c.me.id)
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) bookmark(c *call, st *status) reply {
	if _, did := st.bookmarks[c.me.id]; !did {
		st.bookmarks[c.me.id], _ = s.next(s.now())
	}
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) unbookmark(c *call, st *status) reply {
	delete(st.bookmarks, c.me.id)
	return ok(s.statusJSON(st, c.me))
}

// reblog answers with the boost, which is a status of its own.
func (s *Server) reblog(c *call, st *status) reply {
	if st.visibility == "direct" || st.visibility == "private" && st.author != c.me {
		return fail(http.StatusForbidden, errForbidden)
	}
	return ok(s.statusJSON(s.boost(c.me, st), c.me))
}

func (s *Server) boost(by *account, st *status) *status {
	if st.reblogOf != nil {
		st = st.reblogOf
	}
	if b := st.reblogs[by.id]; b != nil {
		return b
	}
	serial, id := s.next(s.now())
	b := &status{
		serial: serial, id: id, author: by, visibility: st.visibility, created: s.now(), thread: st.thread, reblogOf: st,
		favourites: map[string]uint64{}, bookmarks: map[string]uint64{}, mutedBy: map[string]uint64{}, reblogs: map[string]*status{},
	}
	st.reblogs[by.id] = b
	s.insert(b)
	s.notify(st.author, "reblog", by, st)
	return b
}

func (s *Server) unreblog(c *call, st *status) reply {
	if b := st.reblogs[c.me.id]; b != nil {
		s.remove(b)
	}
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) muteThread(on bool) func(*call, *status) reply {
	return func(c *call, st *status) reply {
		delete(st.mutedBy, c.me.id)
		if on {
			st.mutedBy[c.me.id] = 1
		}
		return ok(s.statusJSON(st, c.me))
	}
}

func (s *Server) pin(c *call, st *status) reply {
	n := 0
	for _, o := range s.statuses {
		if o.author == c.me && o.pinned && !o.gone {
			n++
		}
	}
	if st.pinned || n >= 5 {
		return invalid("You have already pinned the maximum number of posts")
	}
	st.pinned = true
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) unpin(c *call, st *status) reply {
	st.pinned = false
	return ok(s.statusJSON(st, c.me))
}

func (s *Server) favouritedBy(c *call, st *status) reply { return s.whoDid(c, st.favourites) }

func (s *Server) rebloggedBy(c *call, st *status) reply {
	m := make(map[string]uint64, len(st.reblogs))
	for id, b := range st.reblogs {
		m[id] = b.serial
	}
	return s.whoDid(c, m)
}

func (s *Server) whoDid(c *call, m map[string]uint64) reply {
	type deed struct {
		who *account
		n   uint64
	}
	var all []deed
	for id, n := range m {
		all = append(all, deed{s.accounts[id], n})
	}
	slices.SortFunc(all, func(a, b deed) int { return cmp.Compare(b.n, a.n) })
	page, link := paged(s, c, all, func(d deed) uint64 { return d.n }, 40, 80)
	out := []object{}
	for _, d := range page {
		out = append(out, s.accountJSON(d.who))
	}
	return reply{status: http.StatusOK, body: out, link: link}
}

func (s *Server) quotesOf(c *call, st *status) reply {
	return s.statusPage(c, func(o *status) bool { return o.quote == st && !o.revoked && s.sees(c.me, o) })
}

// revokeQuote detaches an own status from one that quotes it.
func (s *Server) revokeQuote(c *call, st *status) reply {
	o := s.byID[c.req.PathValue("quoting")]
	if o == nil || o.gone || o.quote != st {
		return notFound()
	}
	o.revoked = true
	return ok(s.statusJSON(o, c.me))
}

func (s *Server) showPoll(c *call) reply {
	st := s.polls[c.id()]
	if st == nil || st.gone || !s.sees(c.me, st) {
		return notFound()
	}
	return ok(s.pollJSON(st.poll, st.author == c.me, c.me))
}

func (s *Server) vote(c *call) reply {
	st := s.polls[c.id()]
	if st == nil || st.gone || !s.sees(c.me, st) {
		return notFound()
	}
	p := st.poll
	if !s.now().Before(p.expires) {
		return invalid("The poll has already ended")
	}
	if st.author == c.me || p.voters[c.me.id] != nil {
		return invalid("You have already voted on this poll")
	}
	var choices []int
	for _, v := range c.list("choices") {
		i, err := strconv.Atoi(v)
		if err != nil || i < 0 || i >= len(p.options) || (len(choices) > 0 && !p.multiple) {
			return invalid("Choice is invalid")
		}
		choices = append(choices, i)
	}
	if len(choices) == 0 {
		return invalid("Choice can't be blank")
	}
	p.voters[c.me.id] = choices
	for _, i := range choices {
		p.votes[i]++
	}
	return ok(s.pollJSON(p, false, c.me))
}

func (s *Server) pollJSON(p *poll, own bool, viewer *account) object {
	over := !s.now().Before(p.expires)
	options, total := []object{}, 0
	for i, o := range p.options {
		total += p.votes[i]
		var n any = p.votes[i]
		if p.hide && !over {
			n = nil
		}
		options = append(options, object{"title": o, "votes_count": n})
	}
	o := object{
		"id": s.wireID(p.id), "expires_at": stamp(p.expires), "expired": over, "multiple": p.multiple,
		"votes_count": total, "voters_count": len(p.voters), "options": options, "emojis": []object{},
	}
	if viewer != nil {
		mine := p.voters[viewer.id]
		o["voted"], o["own_votes"] = own || mine != nil, append([]int{}, mine...)
	}
	return o
}
