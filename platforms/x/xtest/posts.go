package xtest

import (
	"net/http"
	"slices"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) postRoutes() []route {
	write := need("tweet.write")
	return []route{
		{pattern: "POST /2/tweets", class: sim.Commit, auth: users, scopes: write, limits: Quotas{AppDay: 10000, User: 100}, handler: s.createPost},
		{pattern: "DELETE /2/tweets/{id}", class: sim.Write, auth: users, scopes: write, limits: Quotas{User: 50}, handler: s.deletePost},
		{pattern: "GET /2/tweets", class: sim.Read, auth: anyone, scopes: need(), query: join(postParams, []string{"ids"}), limits: Quotas{App: 3500, User: 5000}, handler: s.showPosts},
		{pattern: "GET /2/tweets/{id}", class: sim.Read, auth: anyone, scopes: need(), query: postParams, limits: Quotas{App: 450, User: 900}, handler: s.showPost},
		{pattern: "PUT /2/tweets/{tweet_id}/hidden", class: sim.Write, auth: users, scopes: need("tweet.moderate.write"), limits: Quotas{User: 50}, handler: s.hide},
		{pattern: "GET /2/tweets/analytics", class: sim.Read, auth: users, scopes: need(), query: []string{"ids", "start_time", "end_time", "granularity", "analytics.fields"}, limits: Quotas{App: 300, User: 300}, handler: s.analytics},
	}
}

// visible finds a post that u may see.
func (s *Server) visible(u *user, id string) *post {
	p := s.byID[id]
	if p == nil || p.gone || p.author.suspended || !s.sees(u, p) {
		return nil
	}
	return p
}

func (s *Server) createPost(c *call) reply {
	d, refused := s.draft(c)
	if refused != nil {
		return *refused
	}
	var p *post
	if d.edits != nil {
		p = s.edit(d)
	} else {
		p = s.publish(c.me, d)
	}
	kind := "post.create"
	switch {
	case p.links > 0:
		kind = "post.create.url"
	case d.summoned:
		kind = "reply.summoned"
	}
	o := object{"id": p.id, "text": p.text}
	s.rename(o, "edit_history_tweet_ids", "edit_history_post_ids", history(p))
	r := data(o, cost{kind: kind})
	r.status = http.StatusCreated
	return r
}

func history(p *post) (ids []string) {
	for _, v := range p.chain.versions {
		ids = append(ids, v.id)
	}
	return ids
}

// publish makes a valid draft visible.
func (s *Server) publish(by *user, d draft) *post {
	p := s.compose(by, d)
	p.chain = &chain{likes: map[string]uint64{}, bookmarks: map[string]uint64{}, reposts: map[string]*post{}}
	p.chain.versions = []*post{p}
	if p.replyTo != nil {
		p.root = p.replyTo.conversation()
		p.replyTo.chain.replies++
	}
	if p.quote != nil {
		p.quote.chain.quotes++
	}
	for _, m := range p.media {
		m.used = true
	}
	s.add(p)
	if !p.nullcast {
		s.record(p)
	}
	s.announce(p)
	return p
}

// add files a post under everything that it is found by.
func (s *Server) add(p *post) {
	s.posts = append(s.posts, p)
	s.byID[p.id] = p
	p.author.posts = append(p.author.posts, p)
	for _, u := range p.mentions {
		if u != p.author {
			u.mentioned = append(u.mentioned, p)
		}
	}
}

// edit puts a new version in the place of an old one, under an id of its own. To
// the ledger it is the same item: the public sees one post.
func (s *Server) edit(d draft) *post {
	old := d.edits
	p := s.compose(old.author, d)
	p.chain, p.root, p.quote = old.chain, old.root, old.quote
	p.chain.versions = append(p.chain.versions, p)
	for _, m := range p.media {
		m.used = true
	}
	s.add(p)
	s.world.Ledger.Update(Platform, old.id, func(i *sim.Item) {
		i.ID, i.Text, i.URL, i.Media = p.id, p.asked, permalink(p), sums(p.media)
	})
	return p
}

func (s *Server) compose(by *user, d draft) *post {
	serial, id := s.next(s.now())
	p := &post{
		serial: serial, id: id, author: by, asked: d.text, created: s.now(), replyTo: d.replyTo, quote: d.quote, media: d.media,
		poll: d.poll, settings: d.settings, comm: d.comm, ai: d.ai, paid: d.paid, nullcast: d.null, super: d.super, visitor: d.visitor,
	}
	if p.poll != nil {
		_, p.poll.id = s.next(s.now())
		p.poll.ends = s.now().Add(minutes(p.poll.duration))
	}
	s.word(p, s.answered(p, d.exclude))
	return p
}

// answered are those whom a reply names without being told to: the author of
// what it answers, and whom that names.
func (s *Server) answered(p *post, exclude []string) (out []*user) {
	if p.replyTo == nil {
		return nil
	}
	to := p.replyTo.newest()
	for _, u := range append([]*user{to.author}, to.mentions...) {
		if u != p.author && !slices.Contains(out, u) && !slices.Contains(exclude, u.id) {
			out = append(out, u)
		}
	}
	return out
}

func (s *Server) deletePost(c *call) reply {
	p := s.byID[c.path("id")]
	if p == nil || p.gone {
		return data(object{"deleted": false})
	}
	if p.author != c.me {
		return forbidden("You are not authorized to delete this Tweet.")
	}
	s.remove(p)
	return data(object{"deleted": true}, cost{kind: "content.manage"})
}

// remove takes a post away with all its versions and reposts.
func (s *Server) remove(p *post) {
	if p.repostOf != nil {
		p.gone = true
		delete(p.repostOf.chain.reposts, p.author.id)
		return
	}
	for _, v := range p.chain.versions {
		v.gone = true
	}
	for _, r := range p.chain.reposts {
		r.gone = true
	}
	if p.replyTo != nil {
		p.replyTo.chain.replies--
	}
	if p.quote != nil {
		p.quote.chain.quotes--
	}
	s.world.Ledger.Update(Platform, p.newest().id, func(i *sim.Item) { i.Removed = true })
	s.emit("post.delete", p.author, nil, object{"id": p.id, "author_id": p.author.id})
}

// hide takes a reply out of sight in a conversation of the account's own.
func (s *Server) hide(c *call) reply {
	var q struct {
		Hidden *bool `json:"hidden"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	if q.Hidden == nil {
		return lacking("hidden")
	}
	p := s.visible(c.me, c.path("tweet_id"))
	if p == nil {
		return ok(withErrors(object{}, []object{missing("tweet", "tweet_id", c.path("tweet_id"))}))
	}
	if p.replyTo == nil || p.conversation().author != c.me {
		return forbidden("You can only hide replies in conversations that you started.")
	}
	p.hidden = *q.Hidden
	s.world.Ledger.Update(Platform, p.id, func(i *sim.Item) { i.Hidden = p.hidden })
	return data(object{"hidden": p.hidden}, cost{kind: "content.manage"})
}

func (s *Server) showPost(c *call) reply {
	return s.showThese(c, []string{c.path("id")}, "id", true)
}

func (s *Server) showPosts(c *call) reply {
	ids := c.list("ids")
	if len(ids) == 0 || len(ids) > 100 {
		return invalid("ids", c.query.Get("ids"), "The number of values in the `ids` query parameter list is not between 1 and 100")
	}
	for _, id := range ids {
		if _, isID := parseID(id); !isID {
			return wrongValue("ids", id, "is not valid")
		}
	}
	return s.showThese(c, ids, "ids", false)
}

// showThese answers with posts by their ids. What is missing is an error within
// an answer that went well.
func (s *Server) showThese(c *call, ids []string, parameter string, single bool) reply {
	v, refused := s.view(c, parameter)
	if refused != nil {
		return *refused
	}
	out := []object{}
	for _, id := range ids {
		p := s.byID[id]
		switch {
		case p == nil || p.gone || p.author.suspended:
			v.errors = append(v.errors, missing("tweet", parameter, id))
		case !s.sees(c.me, p):
			v.errors = append(v.errors, closed("tweet", parameter, id))
		default:
			out = append(out, v.post(p))
		}
	}
	var body object
	switch {
	case len(out) == 0:
		body = object{}
	case single:
		body = object{"data": out[0]}
	default:
		body = object{"data": out}
	}
	return v.answer(body)
}
