package xtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// How far back lists of posts reach.
const (
	newestPosts    = 3200
	newestMentions = 800
)

func (s *Server) listRoutes() []route {
	rare := Quotas{App: 75, User: 75}
	timeline := join(postParams, pageParams, rangeParams)
	paged := join(postParams, pageParams)
	people := join(userParams, pageParams)
	return []route{
		{pattern: "GET /2/users/{id}/tweets", class: sim.Read, auth: anyone, scopes: need(), query: join(timeline, []string{"exclude"}), limits: Quotas{App: 10000, User: 900}, page: [2]int{5, 100}, handler: s.timeline(newestPosts, true, s.postsOf)},
		{pattern: "GET /2/users/{id}/mentions", class: sim.Read, auth: anyone, scopes: need(), query: timeline, limits: Quotas{App: 450, User: 300}, page: [2]int{5, 100}, handler: s.timeline(newestMentions, true, s.mentionsOf)},
		{pattern: "GET /2/users/{id}/timelines/reverse_chronological", class: sim.Read, auth: users, scopes: need(), query: join(timeline, []string{"exclude"}), limits: Quotas{User: 180}, self: true, page: [2]int{1, 100}, handler: s.timeline(newestPosts, true, s.home)},
		{pattern: "GET /2/users/{id}/liked_tweets", class: sim.Read, auth: users, scopes: need("like.read"), query: paged, limits: rare, page: [2]int{5, 100}, handler: s.timeline(newestPosts, false, s.likedBy)},
		{pattern: "GET /2/users/{id}/bookmarks", class: sim.Read, auth: users, scopes: need("bookmark.read"), query: paged, limits: Quotas{User: 180}, self: true, page: [2]int{1, 100}, handler: s.timeline(newestMentions, false, s.bookmarksOf)},
		{pattern: "GET /2/users/reposts_of_me", class: sim.Read, auth: users, scopes: []string{"timeline.read", "tweet.read"}, query: paged, limits: rare, page: [2]int{1, 100}, handler: s.repostsOfMe},
		{pattern: "GET /2/tweets/{id}/quote_tweets", class: sim.Read, auth: anyone, scopes: need(), query: join(paged, []string{"exclude"}), limits: rare, page: [2]int{10, 100}, handler: s.quotes},
		{pattern: "GET /2/tweets/{id}/retweets", class: sim.Read, auth: anyone, scopes: need(), query: paged, limits: rare, page: [2]int{1, 100}, handler: s.reposts},
		{pattern: "GET /2/tweets/{id}/retweeted_by", class: sim.Read, auth: anyone, scopes: need(), query: people, limits: rare, page: [2]int{1, 100}, handler: s.repostedBy},
		{pattern: "GET /2/tweets/{id}/liking_users", class: sim.Read, auth: users, scopes: need("like.read"), query: people, limits: rare, page: [2]int{1, 100}, handler: s.likingUsers},
		{pattern: "GET /2/tweets/search/recent", class: sim.Read, auth: anyone, scopes: need(), query: join(timeline, []string{"query", "next_token", "sort_order"}), limits: Quotas{App: 450, User: 300}, page: [2]int{10, 100}, handler: s.searchRecent},
		{pattern: "GET /2/tweets/counts/recent", class: sim.Read, auth: []credential{byOAuth2, byApp}, query: join(rangeParams, []string{"query", "granularity", "next_token", "pagination_token", "search_count.fields"}), limits: Quotas{App: 300}, handler: s.countsRecent},
	}
}

// listed reports whether a post is in lists that u reads.
func (s *Server) listed(u *user, p *post) bool {
	if s.opts.Apart && (p.comm != "" || p.super) {
		return false
	}
	return !p.gone && !p.nullcast && p == p.newest() && !p.author.suspended && s.settled(p) && s.sees(u, p)
}

func (s *Server) newestFirst(c *call, from []*post) (out []*post) {
	exclude := c.list("exclude")
	for _, p := range slices.Backward(from) {
		if !s.listed(c.me, p) || slices.Contains(exclude, "replies") && p.replyTo != nil || slices.Contains(exclude, "retweets") && p.repostOf != nil {
			continue
		}
		out = append(out, p)
	}
	return out
}

func (s *Server) postsOf(c *call, u *user) []*post { return s.newestFirst(c, u.posts) }

func (s *Server) mentionsOf(c *call, u *user) []*post { return s.newestFirst(c, u.mentioned) }

func (s *Server) home(c *call, u *user) (out []*post) {
	for _, p := range s.newestFirst(c, s.posts) {
		_, follows := u.following[p.author.id]
		_, mutes := u.muting[p.author.id]
		if (follows || p.author == u) && !mutes {
			out = append(out, p)
		}
	}
	return out
}

func (s *Server) likedBy(c *call, u *user) []*post { return s.newestFirst(c, today(u.liked)) }

func (s *Server) bookmarksOf(c *call, u *user) []*post { return s.newestFirst(c, today(u.bookmarks)) }

// today are the versions of posts that are shown now, by their ids.
func today(posts []*post) []*post {
	out := make([]*post, 0, len(posts))
	for _, p := range posts {
		out = append(out, p.newest())
	}
	slices.SortFunc(out, bySerial)
	return out
}

func bySerial(a, b *post) int { return cmp.Compare(a.serial, b.serial) }

func (s *Server) timeline(reach int, ends bool, of func(*call, *user) []*post) func(*call) reply {
	return func(c *call) reply {
		for _, x := range c.list("exclude") {
			if x != "replies" && x != "retweets" {
				return wrongValue("exclude", x, oneOf("replies", "retweets"))
			}
		}
		u := s.users[c.path("id")]
		switch {
		case u == nil:
			return ok(withErrors(object{}, []object{missing("user", "id", c.path("id"))}))
		case u.protected && c.me != u && !s.follows(c.me, u):
			return ok(withErrors(object{}, []object{closed("user", "id", u.id)}))
		}
		all := of(c, u)
		return s.listPosts(c, all[:min(len(all), reach)], 10, c.owns(u), ends)
	}
}

func (s *Server) follows(a, b *user) bool {
	if a == nil {
		return false
	}
	_, does := a.following[b.id]
	return does
}

// listPosts answers with a page of a newest-first list; with ends, its meta
// object names the first and the last.
func (s *Server) listPosts(c *call, all []*post, def int, own, ends bool) reply {
	v, refused := s.view(c, "id")
	if refused != nil {
		return *refused
	}
	n, refused := c.size(def)
	if refused != nil {
		return *refused
	}
	sp, refused := c.span()
	if refused != nil {
		return *refused
	}
	var within []*post
	for _, p := range all {
		if sp.holds(p) {
			within = append(within, p)
		}
	}
	part, meta, refused := page(c, within, func(p *post) uint64 { return p.serial }, n, "pagination_token", "next_token")
	if refused != nil {
		return *refused
	}
	out := []object{}
	for _, p := range part {
		out = append(out, v.post(p))
	}
	if own {
		for i := range v.costs {
			v.costs[i].own = true
		}
	}
	body := object{"meta": meta}
	if len(out) > 0 {
		body["data"] = out
		if ends {
			meta["newest_id"], meta["oldest_id"] = part[0].id, part[len(part)-1].id
		}
	}
	return v.answer(body)
}

// about finds the post in the path, or answers that there is none.
func (s *Server) about(c *call) (*post, *reply) {
	p := s.visible(c.me, c.path("id"))
	if p == nil {
		r := ok(withErrors(object{}, []object{missing("tweet", "id", c.path("id"))}))
		return nil, &r
	}
	return p, nil
}

func (s *Server) quotes(c *call) reply {
	p, refused := s.about(c)
	if refused != nil {
		return *refused
	}
	var of []*post
	for _, q := range s.posts {
		if q.quote != nil && q.quote.chain == p.chain {
			of = append(of, q)
		}
	}
	return s.listPosts(c, s.newestFirst(c, of), 10, false, false)
}

func (s *Server) repostsIn(p *post) (out []*post) {
	for _, r := range p.chain.reposts {
		out = append(out, r)
	}
	slices.SortFunc(out, bySerial)
	return out
}

func (s *Server) reposts(c *call) reply {
	p, refused := s.about(c)
	if refused != nil {
		return *refused
	}
	return s.listPosts(c, s.newestFirst(c, s.repostsIn(p)), 100, false, false)
}

// repostsOfMe lists the posts of the account that others reposted.
func (s *Server) repostsOfMe(c *call) reply {
	var of []*post
	for _, p := range c.me.posts {
		if len(p.chain.reposts) > 0 && p.repostOf == nil {
			of = append(of, p)
		}
	}
	return s.listPosts(c, s.newestFirst(c, of), 100, c.owns(c.me), false)
}

func (s *Server) repostedBy(c *call) reply {
	p, refused := s.about(c)
	if refused != nil {
		return *refused
	}
	when := make(map[string]uint64)
	for id, r := range p.chain.reposts {
		when[id] = r.serial
	}
	return s.people(c, when, "user.read", false)
}

// likingUsers shows who liked a post to its author alone: likes are private.
func (s *Server) likingUsers(c *call) reply {
	p, refused := s.about(c)
	if refused != nil {
		return *refused
	}
	if p.author != c.me {
		return ok(withErrors(object{"meta": object{"result_count": 0}}, []object{closed("tweet", "id", p.id)}))
	}
	return s.people(c, p.chain.likes, "like.read", false)
}

// week is how far back recent search reaches.
const week = 7 * day

func (s *Server) recent(c *call) ([]*post, *reply) {
	text := c.query.Get("query")
	most := 512
	if c.app.tier == Enterprise {
		most = 4096
	}
	if text == "" || len([]rune(text)) > most {
		r := invalid("query", text, "The `query` query parameter must be 1 to "+itoa(most)+" characters long")
		return nil, &r
	}
	for _, pair := range [][2]string{{"start_time", "since_id"}, {"end_time", "until_id"}, {"pagination_token", "next_token"}} {
		if c.query.Get(pair[0]) != "" && c.query.Get(pair[1]) != "" {
			r := invalid(pair[1], c.query.Get(pair[1]), "At most one of `"+pair[0]+"`, `"+pair[1]+"` may be provided.")
			return nil, &r
		}
	}
	match, err := parseQuery(text)
	if err != nil {
		r := invalid("query", text, "There were errors processing your request: "+err.Error())
		return nil, &r
	}
	oldest := s.now().Add(-week)
	for _, name := range []string{"start_time", "end_time"} {
		at, refused := c.time(name)
		if refused != nil {
			return nil, refused
		}
		if !at.IsZero() && at.Before(oldest.Truncate(time.Minute)) {
			r := invalid(name, c.query.Get(name), "Invalid '"+name+"'. '"+name+"' must be on or after "+oldest.UTC().Format("2006-01-02T15:04Z")+".")
			return nil, &r
		}
	}
	var out []*post
	for _, p := range slices.Backward(s.posts) {
		if p.created.Before(oldest) {
			break
		}
		// Since May 2026 search no longer returns reposts.
		if p.repostOf == nil && !p.author.protected && s.listed(c.me, p) && match(p) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *Server) searchRecent(c *call) reply {
	if o := c.query.Get("sort_order"); o != "" && o != "recency" && o != "relevancy" {
		return wrongValue("sort_order", o, oneOf("recency", "relevancy"))
	}
	all, refused := s.recent(c)
	if refused != nil {
		return *refused
	}
	return s.listPosts(c, all, 10, false, true)
}

// countsRecent counts posts in buckets that end at whole minutes, hours or days.
func (s *Server) countsRecent(c *call) reply {
	g := c.query.Get("granularity")
	pick(&g, "hour")
	step, known := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": day}[g]
	if !known {
		return wrongValue("granularity", g, oneOf("minute", "hour", "day"))
	}
	all, refused := s.recent(c)
	if refused != nil {
		return *refused
	}
	sp, refused := c.span()
	if refused != nil {
		return *refused
	}
	from, to := sp.from, sp.to
	if from.IsZero() {
		from = s.now().Add(-week)
	}
	if to.IsZero() {
		to = s.now()
	}
	out, total := []object{}, 0
	for at := from; at.Before(to); {
		end := at.Truncate(step).Add(step)
		if end.After(to) {
			end = to
		}
		n := 0
		for _, p := range all {
			if sp.holds(p) && !p.created.Before(at) && p.created.Before(end) {
				n++
			}
		}
		o := object{"start": stamp(at), "end": stamp(end)}
		s.rename(o, "tweet_count", "post_count", n)
		out = append(out, o)
		total += n
		at = end
	}
	meta := object{}
	s.rename(meta, "total_tweet_count", "total_post_count", total)
	r := ok(object{"data": out, "meta": meta})
	r.cost = []cost{{kind: "counts"}}
	return r
}
