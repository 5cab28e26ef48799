package facebooktest

import (
	"encoding/json"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) pageRoutes() []metatest.Route {
	read, manage := []string{"pages_read_engagement"}, []string{"pages_manage_metadata"}
	content, engage := []string{"pages_read_user_content"}, []string{"pages_manage_engagement"}
	return []metatest.Route{
		{Method: "GET", Kind: "page", Class: sim.Read, Scopes: read, Handler: s.getPage},
		{Method: "POST", Kind: "page", Class: sim.Write, Scopes: manage, Handler: s.updatePage},
		{Method: "GET", Kind: "user", Class: sim.Read, Handler: func(c *metatest.Call) metatest.Reply {
			return show(c, "User", object{"id": c.Node.ID, "name": c.Node.Name})
		}},
		{Method: "GET", Kind: "user", Edge: "businesses", Class: sim.Read, Scopes: []string{"business_management"}, Handler: s.businesses},
		{Method: "GET", Kind: "business", Edge: "owned_pages", Class: sim.Read, Scopes: []string{"business_management"}, Handler: s.businessPages},
		{Method: "GET", Kind: "business", Edge: "client_pages", Class: sim.Read, Scopes: []string{"business_management"}, Handler: func(c *metatest.Call) metatest.Reply {
			return metatest.Paged(c, []object{}, 25)
		}},
		{Method: "GET", Kind: "page", Edge: "blocked", Class: sim.Read, Scopes: engage, Handler: s.listBlocked},
		{Method: "POST", Kind: "page", Edge: "blocked", Class: sim.Write, Scopes: engage, Handler: s.block},
		{Method: "DELETE", Kind: "page", Edge: "blocked", Class: sim.Write, Scopes: engage, Handler: s.unblock},
		{Method: "GET", Kind: "page", Edge: "ratings", Class: sim.Read, Scopes: content, Handler: s.listRatings},
		{Method: "GET", Kind: "page", Edge: "subscribed_apps", Class: sim.Read, Scopes: manage, Handler: s.subscriptions},
		{Method: "POST", Kind: "page", Edge: "subscribed_apps", Class: sim.Write, Scopes: manage, Handler: s.subscribe},
		{Method: "DELETE", Kind: "page", Edge: "subscribed_apps", Class: sim.Write, Scopes: manage, Handler: s.unsubscribe},
		{Method: "GET", Kind: "page", Edge: "live_videos", Class: sim.Read, Scopes: read, Handler: func(c *metatest.Call) metatest.Reply {
			return metatest.Paged(c, []object{}, 25)
		}},
	}
}

func (s *Server) getPage(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	out := object{
		"id": p.id, "name": p.name, "username": p.handle, "about": p.about, "description": p.description, "category": "Shop", "website": p.website,
		"link": "https://www.facebook.com/" + p.handle, "picture": object{"data": object{"url": "https://scontent.example/" + p.id + ".jpg"}},
		"fan_count": len(p.followers), "followers_count": len(p.followers), "rating_count": len(p.ratings), "verification_status": "not_verified",
		"is_published": true, "has_transitioned_to_new_page_experience": true,
	}
	if p.cover != "" {
		out["cover"] = object{"id": p.cover, "source": "https://scontent.example/" + p.cover + ".jpg"}
	}
	return show(c, "Page", out)
}

func (s *Server) updatePage(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if !owns(c, p) {
		return forbidden("Only the Page itself may be changed")
	}
	for name, into := range map[string]*string{
		"about": &p.about, "description": &p.description, "website": &p.website, "phone": &p.phone, "cover": &p.cover,
	} {
		if c.Params.Has(name) {
			*into = c.Get(name)
		}
	}
	return metatest.Success()
}

// business is a company with Pages that its people may not list otherwise.
type business struct{ pages map[string]string } // tokens by the id of the Page

// NewBusiness makes a business of which a person is a member, that owns a Page.
// The Page's token has the given scopes.
func (s *Server) NewBusiness(user, page string, scopes ...string) string {
	token := s.base.IssueToken(page, scopes...)
	s.mu.Lock()
	id := s.newID()
	s.mu.Unlock()
	s.base.AddNode("business", id, user, &business{pages: map[string]string{page: token}})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.employers = append(s.employers, employer{user, id})
	return id
}

type employer struct{ user, business string }

func (s *Server) businesses(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, e := range s.employers {
		if e.user == c.Node.ID {
			out = append(out, object{"id": e.business, "name": "A business"})
		}
	}
	return metatest.Paged(c, out, 25)
}

func (s *Server) businessPages(c *metatest.Call) metatest.Reply {
	b, is := c.Node.Value.(*business)
	if !is {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	out := []object{}
	for _, id := range sortedKeys(b.pages) {
		p := s.pages[id]
		out = append(out, object{"id": id, "name": p.name, "username": p.handle, "access_token": b.pages[id], "tasks": []string{"CREATE_CONTENT"}})
	}
	return metatest.Paged(c, out, 25)
}

func (s *Server) listBlocked(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, id := range s.pages[c.Node.ID].blocked {
		o := object{"id": id}
		if who := s.faces[id]; who != nil {
			o["name"] = who.name
		}
		out = append(out, o)
	}
	return metatest.Paged(c, out, 25)
}

// ids reads a list of ids, which may be written as text or numbers.
func ids(c *metatest.Call, names ...string) []string {
	for _, name := range names {
		var nums []json.Number
		if c.JSON(name, &nums) {
			out := make([]string, len(nums))
			for i, n := range nums {
				out[i] = n.String()
			}
			return out
		}
		if l := c.List(name); len(l) > 0 {
			return l
		}
	}
	return nil
}

func (s *Server) block(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	if !owns(c, p) {
		return forbidden("Only the Page itself may block")
	}
	out := object{}
	all := ids(c, "user", "psid", "asid", "uid")
	for _, id := range all {
		if s.faces[id] == nil {
			return metatest.Fail(metatest.Invalid("User not found"))
		}
		p.blocked = append(remove(p.blocked, id), id)
		out[id] = true
	}
	if len(all) == 0 {
		return metatest.Fail(metatest.Invalid("user is required"))
	}
	return metatest.OK(out)
}

func (s *Server) unblock(c *metatest.Call) metatest.Reply {
	p := s.pages[c.Node.ID]
	all := ids(c, "user", "psid", "asid", "uid")
	if len(all) != 1 {
		return metatest.Fail(metatest.Invalid("exactly one user is required"))
	}
	p.blocked = remove(p.blocked, all[0])
	return metatest.Success()
}

func (s *Server) listRatings(c *metatest.Call) metatest.Reply {
	out := []object{}
	for _, r := range newest(s.pages[c.Node.ID].ratings) {
		kind := "negative"
		if r.positive {
			kind = "positive"
		}
		out = append(out, object{
			"created_time": metatest.Stamp(r.created), "recommendation_type": kind, "review_text": r.text, "has_review": r.text != "",
			"has_rating": false, "reviewer": r.by.actor(), "open_graph_story": object{"id": r.id},
		})
	}
	return list(c, "Rating", out)
}

func (s *Server) subscriptions(c *metatest.Call) metatest.Reply {
	out := []object{}
	if f := s.pages[c.Node.ID].subscribed; len(f) > 0 {
		out = append(out, object{"id": s.base.AppID(), "name": "simulated app", "subscribed_fields": f})
	}
	return metatest.OK(object{"data": out})
}

func (s *Server) subscribe(c *metatest.Call) metatest.Reply {
	f := c.List("subscribed_fields")
	if len(f) == 0 {
		return metatest.Fail(metatest.Invalid("subscribed_fields is required"))
	}
	s.pages[c.Node.ID].subscribed = f
	return metatest.Success()
}

func (s *Server) unsubscribe(c *metatest.Call) metatest.Reply {
	s.pages[c.Node.ID].subscribed = nil
	return metatest.Success()
}
