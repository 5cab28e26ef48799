package mastodontest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// ownRoutes are about what only the account itself sees: lists, filters, and
// whom it blocks or mutes.
func (s *Server) ownRoutes() []route {
	lists, lw := scopes("read:lists"), scopes("write:lists")
	filters, fw := scopes("read:filters"), scopes("write:filters")
	follows, fo := scopes("read:follows"), scopes("write:follows")
	noFilters := []Software{Mastodon, GoToSocial}
	return []route{
		{pattern: "GET /api/v1/blocks", class: sim.Read, scopes: scopes("read:blocks"), handler: s.relation(func(a *account) []string { return slices.Collect(maps.Keys(a.blocking)) })},
		{pattern: "GET /api/v1/mutes", class: sim.Read, scopes: scopes("read:mutes"), handler: s.mutes},
		{pattern: "GET /api/v1/follow_requests", class: sim.Read, scopes: follows, handler: s.relation(s.requesters)},
		{pattern: "POST /api/v1/follow_requests/{id}/authorize", class: sim.Write, scopes: fo, handler: s.withAccount(s.answerRequest(true))},
		{pattern: "POST /api/v1/follow_requests/{id}/reject", class: sim.Write, scopes: fo, handler: s.withAccount(s.answerRequest(false))},
		{pattern: "GET /api/v1/domain_blocks", class: sim.Read, scopes: scopes("read:blocks"), handler: s.listDomainBlocks},
		{pattern: "POST /api/v1/domain_blocks", class: sim.Write, scopes: scopes("write:blocks"), handler: s.setDomainBlock(true)},
		{pattern: "DELETE /api/v1/domain_blocks", class: sim.Write, scopes: scopes("write:blocks"), handler: s.setDomainBlock(false)},
		{pattern: "GET /api/v1/lists", class: sim.Read, scopes: lists, handler: s.allLists},
		{pattern: "POST /api/v1/lists", class: sim.Write, scopes: lw, handler: s.createList},
		{pattern: "GET /api/v1/lists/{id}", class: sim.Read, scopes: lists, handler: s.withList(s.showList)},
		{pattern: "PUT /api/v1/lists/{id}", class: sim.Write, scopes: lw, handler: s.withList(s.editList)},
		{pattern: "DELETE /api/v1/lists/{id}", class: sim.Write, scopes: lw, handler: s.withList(s.dropList)},
		{pattern: "GET /api/v1/lists/{id}/accounts", class: sim.Read, scopes: lists, handler: s.withList(s.listMembers)},
		{pattern: "POST /api/v1/lists/{id}/accounts", class: sim.Write, scopes: lw, handler: s.withList(s.addMembers)},
		{pattern: "DELETE /api/v1/lists/{id}/accounts", class: sim.Write, scopes: lw, handler: s.withList(s.dropMembers)},
		{pattern: "GET /api/v2/filters", class: sim.Read, scopes: filters, handler: s.listFilters, only: noFilters},
		{pattern: "POST /api/v2/filters", class: sim.Write, scopes: fw, handler: s.createFilter, only: noFilters},
		{pattern: "GET /api/v2/filters/{id}", class: sim.Read, scopes: filters, handler: s.withFilter(s.showFilter), only: noFilters},
		{pattern: "PUT /api/v2/filters/{id}", class: sim.Write, scopes: fw, handler: s.withFilter(s.editFilter), only: noFilters},
		{pattern: "DELETE /api/v2/filters/{id}", class: sim.Write, scopes: fw, handler: s.withFilter(s.dropFilter), only: noFilters},
	}
}

func (s *Server) requesters(a *account) []string {
	var out []string
	for _, o := range s.accounts {
		if _, asked := o.requested[a.id]; asked {
			out = append(out, o.id)
		}
	}
	return out
}

func (s *Server) listDomainBlocks(c *call) reply {
	return ok(slices.Sorted(maps.Keys(c.me.domainBlocks)))
}

func (s *Server) setDomainBlock(on bool) func(*call) reply {
	return func(c *call) reply {
		delete(c.me.domainBlocks, c.Get("domain"))
		if on {
			c.me.domainBlocks[c.Get("domain")] = true
		}
		return ok(object{})
	}
}

func (a *account) list(id string) *userList {
	for _, l := range a.lists {
		if l.id == id {
			return l
		}
	}
	return nil
}

func (s *Server) withList(h func(*call, *userList) reply) func(*call) reply {
	return func(c *call) reply {
		l := c.me.list(c.id())
		if l == nil {
			return notFound()
		}
		return h(c, l)
	}
}

func (s *Server) listJSON(l *userList) object {
	return object{"id": s.wireID(l.id), "title": l.title, "replies_policy": l.policy, "exclusive": l.exclusive}
}

func (s *Server) allLists(c *call) reply {
	out := []object{}
	for _, l := range c.me.lists {
		out = append(out, s.listJSON(l))
	}
	return ok(out)
}

func (s *Server) createList(c *call) reply {
	if c.Get("title") == "" {
		return invalid("Title can't be blank")
	}
	_, id := s.next(s.now())
	l := &userList{id: id, members: map[string]uint64{}, policy: "list"}
	c.me.lists = append(c.me.lists, l)
	return s.editList(c, l)
}

func (s *Server) showList(_ *call, l *userList) reply { return ok(s.listJSON(l)) }

func (s *Server) editList(c *call, l *userList) reply {
	if c.Has("title") {
		l.title = c.Get("title")
	}
	if c.Has("replies_policy") {
		l.policy = c.Get("replies_policy")
	}
	if c.Has("exclusive") {
		l.exclusive = c.flag("exclusive")
	}
	return ok(s.listJSON(l))
}

func (s *Server) dropList(c *call, l *userList) reply {
	c.me.lists = slices.DeleteFunc(c.me.lists, func(o *userList) bool { return o == l })
	return ok(object{})
}

func (s *Server) listMembers(c *call, l *userList) reply { return s.whoDid(c, l.members) }

func (s *Server) addMembers(c *call, l *userList) reply {
	for _, id := range c.list("account_ids") {
		if _, follows := c.me.following[id]; !follows {
			return notFound() // only followed accounts can be added
		}
		if _, member := l.members[id]; member {
			return invalid("Account has already been taken")
		}
		l.members[id], _ = s.next(s.now())
	}
	return ok(object{})
}

func (s *Server) dropMembers(c *call, l *userList) reply {
	for _, id := range c.list("account_ids") {
		delete(l.members, id)
	}
	return ok(object{})
}

func (s *Server) withFilter(h func(*call, *filter) reply) func(*call) reply {
	return func(c *call) reply {
		for _, f := range c.me.filters {
			if f.id == c.id() {
				return h(c, f)
			}
		}
		return notFound()
	}
}

func (s *Server) filterJSON(f *filter) object {
	words := []object{}
	for _, k := range f.keywords {
		words = append(words, object{"id": k.id, "keyword": k.word, "whole_word": k.whole})
	}
	return object{
		"id": s.wireID(f.id), "title": f.title, "context": f.context, "expires_at": stamp(f.expires), "filter_action": f.action,
		"keywords": words, "statuses": []object{},
	}
}

func (s *Server) listFilters(c *call) reply {
	out := []object{}
	for _, f := range c.me.filters {
		out = append(out, s.filterJSON(f))
	}
	return ok(out)
}

func (s *Server) createFilter(c *call) reply {
	if c.Get("title") == "" || len(c.list("context")) == 0 {
		return invalid("Title can't be blank, Context can't be blank")
	}
	_, id := s.next(s.now())
	f := &filter{id: id, action: "warn"}
	c.me.filters = append(c.me.filters, f)
	return s.editFilter(c, f)
}

func (s *Server) showFilter(_ *call, f *filter) reply { return ok(s.filterJSON(f)) }

func (s *Server) editFilter(c *call, f *filter) reply {
	if c.Has("title") {
		f.title = c.Get("title")
	}
	if ctx := c.list("context"); len(ctx) > 0 {
		f.context = ctx
	}
	if action := c.Get("filter_action"); action != "" {
		f.action = action
	}
	if secs, err := strconv.Atoi(c.Get("expires_in")); err == nil {
		f.expires = s.now().Add(time.Duration(secs) * time.Second)
	}
	for i, w := range c.list("keywords_attributes[][keyword]") {
		_, id := s.next(s.now())
		k := &keyword{id: id, word: w}
		if whole := c.list("keywords_attributes[][whole_word]"); i < len(whole) {
			k.whole = whole[i] == "true"
		}
		f.keywords = append(f.keywords, k)
	}
	return reply{status: http.StatusOK, body: s.filterJSON(f)}
}

func (s *Server) dropFilter(c *call, f *filter) reply {
	c.me.filters = slices.DeleteFunc(c.me.filters, func(o *filter) bool { return o == f })
	return ok(object{})
}
