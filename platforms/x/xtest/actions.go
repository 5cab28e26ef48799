package xtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) actionRoutes() []route {
	some := Quotas{User: 50}
	return []route{
		{pattern: "POST /2/users/{id}/retweets", class: sim.Write, auth: users, scopes: need("tweet.write"), limits: some, self: true, handler: s.onPost(s.repost)},
		{pattern: "DELETE /2/users/{id}/retweets/{source_tweet_id}", class: sim.Write, auth: users, scopes: need("tweet.write"), limits: some, self: true, handler: s.unrepost},
		{pattern: "POST /2/users/{id}/likes", class: sim.Write, auth: users, scopes: need("like.write"), limits: Quotas{User: 50, UserDay: 1000}, self: true, handler: s.enterprise(s.onPost(s.like))},
		{pattern: "DELETE /2/users/{id}/likes/{tweet_id}", class: sim.Write, auth: users, scopes: need("like.write"), limits: Quotas{User: 50, UserDay: 1000}, self: true, handler: s.enterprise(s.unlike)},
		{pattern: "POST /2/users/{id}/following", class: sim.Write, auth: users, scopes: need("follows.write"), limits: some, self: true, handler: s.enterprise(s.onUser(s.follow))},
		{pattern: "DELETE /2/users/{source_user_id}/following/{target_user_id}", class: sim.Write, auth: users, scopes: need("follows.write"), limits: some, self: true, handler: s.enterprise(s.unfollow)},
		{pattern: "POST /2/users/{id}/muting", class: sim.Write, auth: users, scopes: need("mute.write"), limits: some, self: true, handler: s.onUser(s.mute)},
		{pattern: "DELETE /2/users/{source_user_id}/muting/{target_user_id}", class: sim.Write, auth: users, scopes: need("mute.write"), limits: some, self: true, handler: s.unmute},
		{pattern: "POST /2/users/{id}/bookmarks", class: sim.Write, auth: oauth2, scopes: need("bookmark.write"), limits: some, self: true, handler: s.onPost(s.bookmark)},
		{pattern: "DELETE /2/users/{id}/bookmarks/{tweet_id}", class: sim.Write, auth: oauth2, scopes: need("bookmark.write"), limits: some, self: true, handler: s.unbookmark},
		{pattern: "POST /2/users/{id}/dm/block", class: sim.Write, auth: users, scopes: need("dm.write"), limits: some, handler: s.blockMessages(true)},
		{pattern: "POST /2/users/{id}/dm/unblock", class: sim.Write, auth: users, scopes: need("dm.write"), limits: some, handler: s.blockMessages(false)},
	}
}

// enterprise refuses what the self-serve tier lost in April 2026.
func (s *Server) enterprise(h func(*call) reply) func(*call) reply {
	return func(c *call) reply {
		if c.app.tier == SelfServe {
			return problem(http.StatusForbidden, "client-forbidden", "Client Forbidden", "This endpoint is not available on your current access level.").
				with("client_id", c.app.id).with("reason", "client-not-enrolled").with("required_enrollment", "Enterprise")
		}
		return h(c)
	}
}

// onPost reads the post that a body names.
func (s *Server) onPost(h func(*call, *post) reply) func(*call) reply {
	return func(c *call) reply {
		var q struct {
			Tweet  string `json:"tweet_id"`
			Folder string `json:"folder_id"`
		}
		if refused := c.bind(&q); refused != nil {
			return *refused
		}
		if refused := wantID("tweet_id", q.Tweet); refused != nil {
			return *refused
		}
		p := s.visible(c.me, q.Tweet)
		if p == nil {
			return ok(withErrors(object{}, []object{missing("tweet", "tweet_id", q.Tweet)}))
		}
		return h(c, p)
	}
}

func (s *Server) onUser(h func(*call, *user) reply) func(*call) reply {
	return func(c *call) reply {
		var q struct {
			Target string `json:"target_user_id"`
		}
		if refused := c.bind(&q); refused != nil {
			return *refused
		}
		if refused := wantID("target_user_id", q.Target); refused != nil {
			return *refused
		}
		u := s.users[q.Target]
		if u == nil || u.suspended {
			return ok(withErrors(object{}, []object{missing("user", "target_user_id", q.Target)}))
		}
		if u == c.me {
			return forbidden("You cannot do this to yourself.")
		}
		return h(c, u)
	}
}

var (
	interaction = cost{kind: "interaction"}
	undoing     = cost{kind: "interaction.delete"}
)

func (s *Server) repost(c *call, p *post) reply {
	r := s.shared(c.me, p)
	return data(object{"retweeted": true, "rest_id": r.id}, interaction)
}

// shared makes a repost, or finds the one that is there.
func (s *Server) shared(by *user, p *post) *post {
	if p.repostOf != nil {
		p = p.repostOf
	}
	if r := p.chain.reposts[by.id]; r != nil {
		return r
	}
	serial, id := s.next(s.now())
	r := &post{serial: serial, id: id, author: by, created: s.now(), repostOf: p.newest(), chain: &chain{likes: map[string]uint64{}, bookmarks: map[string]uint64{}, reposts: map[string]*post{}}}
	r.asked = p.newest().asked
	r.text = "RT @" + p.author.name + ": " + p.newest().text
	r.chain.versions = []*post{r}
	p.chain.reposts[by.id] = r
	s.add(r)
	s.emit("post.repost.create", p.author, by, s.eventPost(r))
	return r
}

func (s *Server) unrepost(c *call) reply {
	if p := s.byID[c.path("source_tweet_id")]; p != nil {
		if p.repostOf != nil {
			p = p.repostOf
		}
		if r := p.chain.reposts[c.me.id]; r != nil {
			s.remove(r)
		}
	}
	return data(object{"retweeted": false}, undoing)
}

func (s *Server) like(c *call, p *post) reply {
	s.likedTo(c.me, p)
	return data(object{"liked": true}, interaction)
}

func (s *Server) likedTo(by *user, p *post) {
	if _, did := p.chain.likes[by.id]; did {
		return
	}
	p.chain.likes[by.id], _ = s.next(s.now())
	by.liked = append(by.liked, p)
	s.emit("like.create", p.author, by, object{"id": p.id, "author_id": p.author.id, "liked_by": by.id})
}

func (s *Server) unlike(c *call) reply {
	if p := s.byID[c.path("tweet_id")]; p != nil {
		delete(p.chain.likes, c.me.id)
		c.me.liked = slices.DeleteFunc(c.me.liked, func(o *post) bool { return o.chain == p.chain })
	}
	return data(object{"liked": false}, undoing)
}

func (s *Server) follow(c *call, u *user) reply {
	pending := u.protected
	if !pending {
		s.followedBy(c.me, u)
	}
	return data(object{"following": !pending, "pending_follow": pending}, interaction)
}

func (s *Server) followedBy(by, whom *user) {
	if _, does := by.following[whom.id]; does {
		return
	}
	by.following[whom.id], _ = s.next(s.now())
	s.emit("follow.follow", whom, by, object{"source": object{"id": by.id, "username": by.name}, "target": object{"id": whom.id, "username": whom.name}})
}

func (s *Server) unfollow(c *call) reply {
	id := c.path("target_user_id")
	if u := s.users[id]; u != nil && s.follows(c.me, u) {
		delete(c.me.following, id)
		s.emit("follow.unfollow", u, c.me, object{"source": object{"id": c.me.id}, "target": object{"id": id}})
	}
	return data(object{"following": false}, undoing)
}

func (s *Server) mute(c *call, u *user) reply {
	if _, does := c.me.muting[u.id]; !does {
		c.me.muting[u.id], _ = s.next(s.now())
		s.emit("mute.mute", c.me, nil, object{"source": object{"id": c.me.id}, "target": object{"id": u.id}})
	}
	return data(object{"muting": true}, interaction)
}

func (s *Server) unmute(c *call) reply {
	id := c.path("target_user_id")
	if _, does := c.me.muting[id]; does {
		delete(c.me.muting, id)
		s.emit("mute.unmute", c.me, nil, object{"source": object{"id": c.me.id}, "target": object{"id": id}})
	}
	return data(object{"muting": false}, undoing)
}

func (s *Server) bookmark(c *call, p *post) reply {
	if _, did := p.chain.bookmarks[c.me.id]; !did {
		p.chain.bookmarks[c.me.id], _ = s.next(s.now())
		c.me.bookmarks = append(c.me.bookmarks, p)
	}
	return data(object{"bookmarked": true}, cost{kind: "bookmark"})
}

func (s *Server) unbookmark(c *call) reply {
	if p := s.byID[c.path("tweet_id")]; p != nil {
		delete(p.chain.bookmarks, c.me.id)
		c.me.bookmarks = slices.DeleteFunc(c.me.bookmarks, func(o *post) bool { return o.chain == p.chain })
	}
	return data(object{"bookmarked": false}, cost{kind: "bookmark"})
}

// blockMessages refuses, or admits again, the direct messages of the user in
// the path.
func (s *Server) blockMessages(on bool) func(*call) reply {
	return func(c *call) reply {
		u := s.users[c.path("id")]
		if u == nil || u == c.me {
			return ok(withErrors(object{}, []object{missing("user", "id", c.path("id"))}))
		}
		delete(c.me.dmBlocked, u.id)
		kind := undoing
		if on {
			c.me.dmBlocked[u.id], _ = s.next(s.now())
			kind = interaction
		}
		return data(object{"blocked": on}, kind)
	}
}

// Block makes an account block another, which neither sees nor answers it any
// more. There is no call for it in the API.
func (s *Server) Block(handle, other string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.person(handle), s.person(other)
	a.blocking[b.id], _ = s.next(s.now())
	delete(a.following, b.id)
	delete(b.following, a.id)
	s.emit("block.block", a, nil, object{"source": object{"id": a.id}, "target": object{"id": b.id}})
}

// eventPrice is what a kind of event costs: "event.post" and the like.
func eventPrice(kind string) string {
	switch first, _, _ := strings.Cut(kind, "."); first {
	case "follow", "dm":
		return "event." + first
	}
	return "event.post"
}
