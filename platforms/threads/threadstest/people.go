package threadstest

import (
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

var userFields = []string{
	"id", "username", "name", "is_verified", "threads_profile_picture_url", "threads_biography", "recently_searched_keywords",
	"is_eligible_for_geo_gating",
}

func (s *Server) getUser(c *call) metatest.Reply {
	return c.answer(object{
		"id": c.me.id, "username": c.me.username, "name": c.me.name, "is_verified": false, "threads_biography": c.me.bio,
		"threads_profile_picture_url": s.base.URL() + "/pictures/" + c.me.id, "is_eligible_for_geo_gating": false,
	}, userFields)
}

// SetProfile changes how an account presents itself.
func (s *Server) SetProfile(handle, name, bio string) {
	a := s.ensure(handle)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.name, a.bio = name, bio
}

var profileFields = []string{
	"username", "name", "profile_picture_url", "biography", "is_verified", "follower_count", "likes_count", "quotes_count",
	"replies_count", "reposts_count", "views_count",
}

func (s *Server) profileLookup(c *call) metatest.Reply {
	if r, ok := c.only("username"); !ok {
		return r
	}
	a := s.person(c.Get("username"))
	if a == nil {
		return metatest.Fail(metatest.NotFound(c.Get("username")))
	}
	return c.answer(object{
		"username": a.username, "name": a.name, "biography": a.bio, "is_verified": false, "follower_count": len(a.followers),
		"profile_picture_url": s.base.URL() + "/pictures/" + a.id, "likes_count": 0, "quotes_count": 0, "replies_count": 0,
		"reposts_count": 0, "views_count": len(a.views),
	}, profileFields)
}

func (s *Server) profilePosts(c *call) metatest.Reply {
	if r, ok := c.only(append([]string{"username"}, paging...)...); !ok {
		return r
	}
	a := s.person(c.Get("username"))
	if a == nil {
		return metatest.Fail(metatest.NotFound(c.Get("username")))
	}
	return s.list(c, s.newest(func(t *thread) bool { return t.author == a && t.parent == nil && t.facade == nil }))
}

func (s *Server) keywordSearch(c *call) metatest.Reply {
	if r, ok := c.only(append([]string{"q", "search_type", "search_mode", "media_type", "author_username"}, paging...)...); !ok {
		return r
	}
	q := strings.ToLower(c.Get("q"))
	switch {
	case q == "":
		return failure(100, 0, "Param q is required")
	case c.Get("search_type") != "TOP" && c.Get("search_type") != "RECENT" && c.Get("search_type") != "":
		return failure(100, 0, "Param search_type is invalid")
	case c.Get("after") == "" && !c.me.spend("searches", s.opts.Searches, s.now()):
		return failure(613, 0, "Calls to this api have exceeded the rate limit.")
	}
	kind, author, tag := c.Get("media_type"), c.Get("author_username"), c.Get("search_mode") == "TAG"
	return s.list(c, s.newest(func(t *thread) bool {
		found := strings.Contains(strings.ToLower(t.text), q)
		if tag {
			found = strings.EqualFold(t.topic, q)
		}
		return found && t.visible(s.now()) && !t.hidden && t.facade == nil && (!s.opts.SearchOwnOnly || t.author == c.me) &&
			(kind == "" || t.kind == kind || kind == "TEXT" && t.kind == "TEXT_POST") && (author == "" || strings.EqualFold(author, t.author.username))
	}))
}

type place struct{ id, name, city, country string }

func places() []place {
	return []place{{"7001", "Central Station", "Berlin", "DE"}, {"7002", "Central Park", "New York", "US"}}
}

var placeFields = []string{"id", "name", "address", "city", "country", "latitude", "longitude", "postal_code"}

func (p place) object() object {
	return object{"id": p.id, "name": p.name, "city": p.city, "country": p.country, "latitude": 52.5, "longitude": 13.4}
}

func (s *Server) locationSearch(c *call) metatest.Reply {
	if r, ok := c.only("q", "latitude", "longitude"); !ok {
		return r
	}
	if !c.me.spend("locations", s.opts.Locations, s.now()) {
		return failure(613, 0, "Calls to this api have exceeded the rate limit.")
	}
	data := []any{}
	for _, p := range places() {
		if !strings.Contains(strings.ToLower(p.name), strings.ToLower(c.Get("q"))) {
			continue
		}
		v, fault := c.show(p.object(), placeFields)
		if fault != nil {
			return *fault
		}
		data = append(data, v)
	}
	return metatest.OK(object{"data": data})
}

func (s *Server) getLocation(c *call) metatest.Reply {
	for _, p := range places() {
		if p.id == c.Node.ID {
			return c.answer(p.object(), placeFields)
		}
	}
	return metatest.Fail(metatest.NotFound(c.Node.ID))
}

func (s *Server) oembed(c *call) metatest.Reply {
	for _, t := range s.order {
		if t.permalink() == c.Get("url") && t.visible(s.now()) {
			return metatest.OK(object{"html": "<blockquote></blockquote>", "provider_name": "Threads", "version": "1.0", "width": 658})
		}
	}
	return metatest.Fail(metatest.NotFound(c.Get("url")))
}
