package facebooktest

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) postRoutes() []metatest.Route {
	posts, read := []string{"pages_manage_posts"}, []string{"pages_read_engagement"}
	content, engage := []string{"pages_read_user_content"}, []string{"pages_manage_engagement"}
	route := func(method, kind, edge string, class sim.Class, scopes []string, h func(*metatest.Call) metatest.Reply) metatest.Route {
		return metatest.Route{Method: method, Kind: kind, Edge: edge, Class: class, Scopes: scopes, Handler: h}
	}
	return []metatest.Route{
		route("POST", "page", "feed", sim.Commit, posts, s.createPost),
		route("POST", "page", "feed"+hidden, sim.Prepare, posts, s.createPost),
		route("GET", "page", "published_posts", sim.Read, read, s.listPosts(func(p *post) bool { return p.published })),
		route("GET", "page", "posts", sim.Read, read, s.listPosts(func(p *post) bool { return p.published })),
		route("GET", "page", "feed", sim.Read, read, s.listPosts(func(p *post) bool { return p.published })),
		route("GET", "page", "scheduled_posts", sim.Read, read, s.listPosts(func(p *post) bool { return !p.published && !p.scheduled.IsZero() })),
		route("GET", "page", "tagged", sim.Read, content, s.foreign(func(p *page) []*post { return p.tagged })),
		route("GET", "page", "visitor_posts", sim.Read, content, s.foreign(func(p *page) []*post { return p.visitors })),
		route("GET", "post", "", sim.Read, read, s.getPost),
		route("POST", "post", "", sim.Write, posts, s.updatePost),
		route("POST", "post", publishes, sim.Commit, posts, s.updatePost),
		route("DELETE", "post", "", sim.Write, posts, s.deletePost),
		route("POST", "post", "likes", sim.Write, engage, s.like(true)),
		route("DELETE", "post", "likes", sim.Write, engage, s.like(false)),
		route("POST", "comment", "likes", sim.Write, engage, s.like(true)),
		route("DELETE", "comment", "likes", sim.Write, engage, s.like(false)),
		route("GET", "post", "reactions", sim.Read, read, s.reactions),
	}
}

const maxText = 63206

// createPost makes a post of the feed, or a draft.
func (s *Server) createPost(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if !owns(c, p) {
		return forbidden("Only the Page itself may publish on it")
	}
	d := &post{
		owner: p, message: c.Get("message"), link: c.Get("link"), created: s.now(), updated: s.now(), statusType: "mobile_status_update",
		published: c.Get("published") != "false", draft: c.Get("unpublished_content_type") == "DRAFT",
	}
	var attached []struct {
		ID string `json:"media_fbid"`
	}
	if c.Get("attached_media") != "" && !c.JSON("attached_media", &attached) {
		return metatest.Fail(metatest.Invalid("attached_media must be a list"))
	}
	for _, a := range attached {
		f := s.photos[a.ID]
		if f == nil || f.owner != p {
			return metatest.Fail(metatest.NotFound(a.ID))
		}
		if f.published || f.post != nil && f.post.published {
			return metatest.Fail(&metatest.Error{Code: 100, Subcode: 1366051, Message: "These photos were already posted."})
		}
		d.photos = append(d.photos, f)
	}
	if utf8.RuneCountInString(d.message) > maxText || d.message == "" && d.link == "" && len(d.photos) == 0 {
		return metatest.Fail(metatest.Invalid("Missing or invalid message"))
	}
	at, bad := s.schedule(c, d.published, 75*24*time.Hour)
	if bad != nil {
		return *bad
	}
	d.scheduled = at
	switch {
	case len(d.photos) > 0:
		d.statusType = "added_photos"
	case d.link != "":
		d.statusType = "shared_story"
	}
	d.id = p.id + "_" + s.newID()
	for _, f := range d.photos {
		f.post = d
	}
	p.posts = append(p.posts, d)
	s.posts[d.id] = d
	c.AddNode("post", d.id, "", d)
	if d.published {
		s.show(p, d, c.Notify)
	}
	s.await(c, d)
	return metatest.OK(c.Select(s.createdPost(d)))
}

func (s *Server) createdPost(d *post) object {
	return object{"id": d.id, "permalink_url": permalink(d.id)}
}

func permalink(id string) string { return "https://www.facebook.com/" + id }

// schedule reads when something shall be published.
func (s *Server) schedule(c *metatest.Call, published bool, most time.Duration) (time.Time, *metatest.Reply) {
	v := c.Get("scheduled_publish_time")
	if v == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	at := time.Unix(n, 0).UTC()
	ahead := at.Sub(s.now())
	if err != nil || published || ahead < 10*time.Minute || ahead > most {
		r := metatest.Fail(metatest.Invalid("The specified scheduled publish time is invalid."))
		return time.Time{}, &r
	}
	return at, nil
}

// await publishes a scheduled post in its time, unless that was changed.
func (s *Server) await(c *metatest.Call, d *post) {
	at := d.scheduled
	if at.IsZero() || d.published {
		return
	}
	c.After(at.Sub(s.now()), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.posts[d.id] == d && !d.published && d.scheduled.Equal(at) {
			s.publish(d, c.Notify)
		}
	})
}

// publish makes a draft public.
func (s *Server) publish(d *post, tell func(string, string, string, any)) {
	d.published, d.draft, d.created, d.updated, d.scheduled = true, false, s.now(), s.now(), time.Time{}
	p := d.owner // it takes its place by when it went public
	p.posts = append(remove(p.posts, d), d)
	s.show(p, d, tell)
}

// show records that a post of a Page went public.
func (s *Server) show(p *page, d *post, tell func(string, string, string, any)) {
	var media []string
	for _, f := range d.photos {
		media = append(media, f.hash)
	}
	if d.video != nil {
		media = append(media, d.video.hash)
	}
	s.item(p, nil, sim.Item{ID: d.id, Text: d.message, Media: media, URL: permalink(d.id)})
	s.notify(p, "feed", object{
		"item": "status", "verb": "add", "post_id": d.id, "from": p.actor(), "message": d.message, "created_time": s.now().Unix(), "published": 1,
	}, tell)
}

// updatePost edits, hides, pins, schedules or publishes a post.
func (s *Server) updatePost(c *metatest.Call) metatest.Reply {
	d := s.posts[c.Node.ID]
	if d == nil || !owns(c, d.owner) {
		return forbidden("Only the Page's own posts can be changed")
	}
	if d.foreign {
		return metatest.Fail(metatest.Invalid("This post wasn't created by the application"))
	}
	if c.Get("scheduled_publish_time") != "" {
		if s.opts.NoFlip {
			return metatest.Fail(metatest.Invalid("This post can't be scheduled"))
		}
		at, bad := s.schedule(c, d.published, 75*24*time.Hour)
		if bad != nil {
			return *bad
		}
		d.scheduled, d.draft = at, false
		s.await(c, d)
	}
	if c.Get("is_published") == "true" && !d.published {
		if s.opts.NoFlip && d.draft {
			return metatest.Fail(metatest.Invalid("This post can't be published"))
		}
		s.publish(d, c.Notify)
	}
	if c.Params.Has("message") {
		d.message, d.updated = c.Get("message"), s.now()
	}
	if c.Params.Has("is_pinned") {
		d.pinned = c.Flag("is_pinned")
	}
	return metatest.Success()
}

func (s *Server) deletePost(c *metatest.Call) metatest.Reply {
	d := s.posts[c.Node.ID]
	if d == nil || !owns(c, d.owner) {
		return forbidden("Only the Page's own posts can be deleted")
	}
	d.owner.posts = remove(d.owner.posts, d)
	delete(s.posts, d.id)
	c.RemoveNode(d.id)
	if d.published {
		s.removed(d.id)
	}
	return metatest.Success()
}

// listPosts lists posts of a Page, newest first.
func (s *Server) listPosts(want func(*post) bool) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		p := s.pages[c.Node.ID]
		out := []object{}
		for _, d := range newest(lagged(s, p.posts, func(d *post) time.Time { return d.created })) {
			if want(d) {
				out = append(out, s.postObject(c, d))
			}
		}
		return list(c, "PagePost", out)
	}
}

func (s *Server) foreign(of func(*page) []*post) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		p := s.pages[c.Node.ID]
		if !owns(c, p) {
			return forbidden("Only the Page itself may read them")
		}
		out := []object{}
		for _, d := range newest(of(p)) {
			out = append(out, s.postObject(c, d))
		}
		return list(c, "PagePost", out)
	}
}

func (s *Server) getPost(c *metatest.Call) metatest.Reply {
	d := s.posts[c.Node.ID]
	if d == nil || !d.published && !owns(c, d.owner) {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "PagePost", s.postObject(c, d))
}

func (s *Server) postObject(c *metatest.Call, d *post) object {
	out := object{
		"id": d.id, "created_time": metatest.Stamp(d.created), "updated_time": metatest.Stamp(d.updated), "permalink_url": permalink(d.id),
		"status_type": d.statusType, "is_published": d.published, "is_hidden": false,
		"reactions": summary(len(d.likes)), "comments": summary(len(d.comments)), "from": who(d.by, d.owner),
	}
	if d.message != "" {
		out["message"] = d.message
	}
	if d.by != nil {
		delete(out, "is_published")
	}
	if !d.scheduled.IsZero() {
		out["scheduled_publish_time"] = d.scheduled.Unix()
	}
	if n := len(d.sharedBy); n > 0 {
		out["shares"] = object{"count": n}
	}
	if a := s.attachments(c, d); len(a) > 0 {
		out["attachments"] = object{"data": a}
	}
	return out
}

func (s *Server) attachments(c *metatest.Call, d *post) []object {
	var photos []object
	for _, f := range d.photos {
		photos = append(photos, photoAttachment(f))
	}
	switch {
	case len(photos) == 1:
		return photos
	case len(photos) > 1:
		return []object{{"media_type": "album", "type": "album", "subattachments": object{"data": photos}}}
	case d.video != nil:
		return []object{{
			"media_type": "video", "type": "video_inline", "target": object{"id": d.video.id},
			"media": object{"image": object{"src": c.URL() + "/still.jpg", "height": 360, "width": 640}, "source": c.URL() + "/video.mp4"},
		}}
	case d.link != "":
		return []object{{"media_type": "link", "type": "share", "url": d.link, "title": "A page"}}
	}
	return nil
}

func photoAttachment(f *photo) object {
	return object{
		"media_type": "photo", "type": "photo", "target": object{"id": f.id}, "description": f.alt,
		"media": object{"image": object{"src": "https://scontent.example/" + f.id + ".jpg", "height": 48, "width": 64}},
	}
}

// talkOf is what can be liked and commented on under an id.
func (s *Server) talkOf(n *metatest.Node) *talk {
	switch v := n.Value.(type) {
	case *post:
		return &v.talk
	case *video:
		return &v.talk
	case *comment:
		return &v.talk
	case *rating:
		return &v.talk
	case *photo:
		if v.post != nil {
			return &v.post.talk
		}
	}
	return nil
}

func (s *Server) like(on bool) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		t := s.talkOf(c.Node)
		if t == nil || s.me(c) == nil {
			return metatest.Fail(metatest.NotFound(c.Node.ID))
		}
		t.likes = remove(t.likes, c.Me.ID)
		if on {
			t.likes = append(t.likes, c.Me.ID)
		}
		return metatest.Success()
	}
}

func (s *Server) reactions(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, id := range s.posts[c.Node.ID].likes {
		if want := c.Get("type"); want == "" || want == "LIKE" {
			out = append(out, object{"id": id, "type": "LIKE", "name": "somebody"})
		}
	}
	return metatest.Paged(c, out, 25)
}

func rawJSON(s string) json.RawMessage { return json.RawMessage(s) }
