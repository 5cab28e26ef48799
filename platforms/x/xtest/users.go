package xtest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) userRoutes() []route {
	follows := Quotas{App: 300, User: 300}
	few := Quotas{User: 15}
	look := Quotas{App: 300, User: 900}
	paged := join(userParams, pageParams)
	return []route{
		{pattern: "GET /2/users/me", class: sim.Read, auth: users, scopes: need(), query: userParams, limits: Quotas{User: 75}, handler: s.showMe},
		{pattern: "GET /2/users", class: sim.Read, auth: anyone, scopes: need(), query: join(userParams, []string{"ids"}), limits: look, handler: s.showUsers("ids")},
		{pattern: "GET /2/users/by", class: sim.Read, auth: anyone, scopes: need(), query: join(userParams, []string{"usernames"}), limits: look, handler: s.showUsers("usernames")},
		{pattern: "GET /2/users/{id}", class: sim.Read, auth: anyone, scopes: need(), query: userParams, limits: look, handler: s.showUser("id")},
		{pattern: "GET /2/users/by/username/{username}", class: sim.Read, auth: anyone, scopes: need(), query: userParams, limits: look, handler: s.showUser("username")},
		{pattern: "GET /2/users/{id}/followers", class: sim.Read, auth: anyone, scopes: need("follows.read"), query: paged, limits: follows, page: [2]int{1, 1000}, handler: s.related("follow.read", s.followersOf)},
		{pattern: "GET /2/users/{id}/following", class: sim.Read, auth: anyone, scopes: need("follows.read"), query: paged, limits: follows, page: [2]int{1, 1000}, handler: s.related("follow.read", func(u *user) map[string]uint64 { return u.following })},
		{pattern: "GET /2/users/{id}/muting", class: sim.Read, auth: users, scopes: need("mute.read"), query: paged, limits: few, self: true, page: [2]int{1, 1000}, handler: s.related("mute.read", func(u *user) map[string]uint64 { return u.muting })},
		{pattern: "GET /2/users/{id}/blocking", class: sim.Read, auth: users, scopes: need("block.read"), query: paged, limits: few, self: true, page: [2]int{1, 1000}, handler: s.related("block.read", func(u *user) map[string]uint64 { return u.blocking })},
	}
}

func (s *Server) followersOf(u *user) map[string]uint64 {
	out := make(map[string]uint64)
	for _, o := range s.users {
		if at, follows := o.following[u.id]; follows {
			out[o.id] = at
		}
	}
	return out
}

// user is a user as the request wants to see it, and its expansions.
func (v *view) user(u *user) object {
	v.costs = append(v.costs, cost{kind: "user.read", id: u.id, own: v.c.owns(u)})
	return v.plainUser(u)
}

func (v *view) plainUser(u *user) object {
	o := object{}
	for _, f := range slices.Sorted(maps.Keys(v.users)) {
		if val, has := v.userField(u, f); has {
			v.s.put(o, f, val)
		}
	}
	if v.expand["most_recent_post_id"] {
		if p := v.s.latest(u); p != nil {
			v.include("posts", p.id, func() object { return v.plainPost(p) })
		}
	}
	return o
}

func (v *view) userField(u *user, f string) (val any, has bool) {
	switch f {
	case "id":
		return u.id, true
	case "name", "username":
		return u.name, true
	case "created_at":
		return stamp(u.created), true
	case "description":
		return "", true
	case "protected":
		return u.protected, true
	case "verified":
		return u.premium, true
	case "verified_type":
		if u.premium {
			return "blue", true
		}
		return "none", true
	case "subscription_type":
		if u != v.c.me {
			return nil, false
		}
		if u.premium {
			return "Premium", true
		}
		return "None", true
	case "profile_image_url":
		return "https://pbs.twimg.com/profile_images/" + u.id + "/normal.png", true
	case "receives_your_dm":
		return v.c.me != nil && v.s.mayWrite(v.c.me, u), v.c.me != nil
	case "most_recent_post_id":
		if p := v.s.latest(u); p != nil {
			return p.id, true
		}
		return nil, false
	case "connection_status":
		return v.connection(u)
	case "public_metrics":
		return v.userMetrics(u), true
	}
	return nil, false
}

func (v *view) connection(u *user) (any, bool) {
	me := v.c.me
	if me == nil {
		return nil, false
	}
	out := []string{}
	for _, r := range []struct {
		name string
		of   map[string]uint64
		id   string
	}{
		{"blocking", me.blocking, u.id},
		{"followed_by", u.following, me.id},
		{"following", me.following, u.id},
		{"muting", me.muting, u.id},
	} {
		if _, is := r.of[r.id]; is {
			out = append(out, r.name)
		}
	}
	return out, true
}

func (v *view) userMetrics(u *user) object {
	posts, media := 0, 0
	for _, p := range u.posts {
		if p.gone || p != p.newest() {
			continue
		}
		posts++
		if len(p.media) > 0 {
			media++
		}
	}
	o := object{
		"followers_count": len(v.s.followersOf(u)), "following_count": len(u.following), "listed_count": 0, "like_count": len(u.liked),
		"media_count": media,
	}
	v.s.put(o, "post_count", posts)
	return o
}

func (s *Server) latest(u *user) *post {
	for _, p := range slices.Backward(u.posts) {
		if !p.gone && s.settled(p) {
			return p
		}
	}
	return nil
}

func (s *Server) showMe(c *call) reply {
	v, refused := s.view(c, "id")
	if refused != nil {
		return *refused
	}
	return v.answer(object{"data": v.user(c.me)})
}

func (s *Server) find(parameter, value string) *user {
	if parameter == "username" || parameter == "usernames" {
		return s.names[lower(value)]
	}
	return s.users[value]
}

func (s *Server) showUser(parameter string) func(*call) reply {
	return func(c *call) reply {
		v, refused := s.view(c, parameter)
		if refused != nil {
			return *refused
		}
		value := c.path(parameter)
		if parameter == "username" && !validName(value) {
			return wrongValue(parameter, value, "does not match ^[A-Za-z0-9_]{1,15}$")
		}
		if e := s.absent(parameter, value); e != nil {
			v.errors = append(v.errors, e)
			return v.answer(object{})
		}
		return v.answer(object{"data": v.user(s.find(parameter, value))})
	}
}

// absent is the partial error about a user who is not shown, nil for one who is.
func (s *Server) absent(parameter, value string) object {
	u := s.find(parameter, value)
	if u == nil {
		return missing("user", parameter, value)
	}
	if u.suspended {
		e := missing("user", parameter, value)
		e["title"], e["detail"] = "Forbidden", "User has been suspended: ["+value+"]."
		return e
	}
	return nil
}

func (s *Server) showUsers(parameter string) func(*call) reply {
	return func(c *call) reply {
		v, refused := s.view(c, parameter)
		if refused != nil {
			return *refused
		}
		values := c.list(parameter)
		if len(values) == 0 || len(values) > 100 {
			return invalid(parameter, c.query.Get(parameter), "The number of values in the `"+parameter+"` query parameter list is not between 1 and 100")
		}
		out := []object{}
		for _, value := range values {
			if e := s.absent(parameter, value); e != nil {
				v.errors = append(v.errors, e)
				continue
			}
			out = append(out, v.user(s.find(parameter, value)))
		}
		body := object{}
		if len(out) > 0 {
			body["data"] = out
		}
		return v.answer(body)
	}
}

// related lists people who stand in a relation to the user in the path, the
// latest first.
func (s *Server) related(kind string, of func(*user) map[string]uint64) func(*call) reply {
	return func(c *call) reply {
		u := s.users[c.path("id")]
		if u == nil {
			return ok(withErrors(object{}, []object{missing("user", "id", c.path("id"))}))
		}
		return s.people(c, of(u), kind, c.owns(u))
	}
}

// people lists users by when they did something.
func (s *Server) people(c *call, when map[string]uint64, kind string, own bool) reply {
	v, refused := s.view(c, "id")
	if refused != nil {
		return *refused
	}
	n, refused := c.size(100)
	if refused != nil {
		return *refused
	}
	ids := slices.SortedFunc(maps.Keys(when), func(a, b string) int { return cmp.Compare(when[b], when[a]) })
	part, meta, refused := page(c, ids, func(id string) uint64 { return when[id] }, n, "pagination_token")
	if refused != nil {
		return *refused
	}
	out := []object{}
	for _, id := range part {
		out = append(out, v.plainUser(s.users[id]))
		v.costs = append(v.costs, cost{kind: kind, id: id, own: own})
	}
	body := object{"meta": meta}
	if len(out) > 0 {
		body["data"] = out
	}
	return v.answer(body)
}
