package instagramtest

import (
	"slices"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func permalink(m *media) string {
	kind := "p"
	if m.product == "REELS" {
		kind = "reel"
	}
	return "https://www.instagram.com/" + kind + "/" + m.shortcode + "/"
}

// newMedia makes a media of somebody outside any call.
func (s *Server) newMedia(m *media) string {
	n := s.base.AddNode(kindMedia, "", "media", m)
	s.mu.Lock()
	defer s.mu.Unlock()
	m.id, m.shortcode, m.at = n.ID, "V"+n.ID, s.now()
	s.media = append(s.media, m)
	return m.id
}

// mediaOf are the media of an account, newest first, as far as lists show them.
func (s *Server) mediaOf(a *account, stories bool) []*media {
	var out []*media
	seen := s.now().Add(-s.opts.Lag)
	for _, m := range slices.Backward(s.media) {
		if m.owner == a && !m.gone && (m.product == "STORY") == stories && (!stories || m.at.After(s.now().Add(-containerLife))) && !m.at.After(seen) {
			out = append(out, m)
		}
	}
	return out
}

func (s *Server) mediaJSON(m *media) object {
	o := object{
		"id": m.id, "media_type": m.kind, "media_product_type": m.product, "permalink": permalink(m), "shortcode": m.shortcode,
		"timestamp": metatest.Stamp(m.at), "username": m.owner.username, "like_count": len(m.likes),
		"comments_count": len(s.remarksOn(m, nil)), "is_comment_enabled": !m.closed, "owner": object{"id": m.owner.id},
	}
	if m.caption != "" {
		o["caption"] = m.caption
	}
	if m.alt != "" {
		o["alt_text"] = m.alt
	}
	if m.kind != "CAROUSEL_ALBUM" {
		o["media_url"] = "https://cdn.example/" + m.id
	}
	if m.kind == "VIDEO" {
		o["thumbnail_url"] = "https://cdn.example/" + m.id + ".jpg"
	}
	if len(m.children) > 0 {
		var list []object
		for _, child := range m.children {
			list = append(list, s.mediaJSON(child))
		}
		o["children"] = object{"data": list}
	}
	return o
}

// list answers a list of media.
func (s *Server) list(c *metatest.Call, items []*media) metatest.Reply {
	if bad := s.fieldsOf(c, kindMedia); bad != nil {
		return *bad
	}
	since, until := c.Number("since", 0), c.Number("until", 1<<40)
	var out []object
	for _, m := range items {
		if at := m.at.Unix(); at >= since && at <= until {
			out = append(out, s.mediaJSON(m))
		}
	}
	return metatest.Paged(c, out, 25)
}

func (s *Server) listMedia(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	return s.list(c, s.mediaOf(a, false))
}

func (s *Server) listStories(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	return s.list(c, s.mediaOf(a, true))
}

func (s *Server) listLive(c *metatest.Call) metatest.Reply { return s.list(c, nil) }

// listTagged lists the media of others in which an account is tagged. Whoever
// mentions it here tags it as well, which in reality is not so.
func (s *Server) listTagged(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	var out []*media
	for _, m := range slices.Backward(s.media) {
		if !m.gone && slices.Contains(m.tagged, a) {
			out = append(out, m)
		}
	}
	return s.list(c, out)
}

func (s *Server) getMedia(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	if bad := s.fieldsOf(c, kindMedia); bad != nil {
		return *bad
	}
	return metatest.OK(c.Select(s.mediaJSON(m)))
}

func (s *Server) listChildren(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	return s.list(c, m.children)
}

func (s *Server) openComments(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	m.closed = !c.Flag("comment_enabled")
	return metatest.Success()
}

func (s *Server) deleteMedia(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	m.gone = true
	c.Ledger().Update(Platform, m.id, func(i *sim.Item) { i.Removed = true })
	c.RemoveNode(m.id)
	return metatest.OK(object{"success": true, "deleted_id": m.id})
}

// likable is what can be liked, by handle: anybody's media, and comments. ok is
// false for anything else.
func likable(c *metatest.Call) (likes map[string]bool, ok bool) {
	switch v := c.Node.Value.(type) {
	case *media:
		if v.likes == nil {
			v.likes = make(map[string]bool)
		}
		return v.likes, !v.gone
	case *remark:
		if v.likes == nil {
			v.likes = make(map[string]bool)
		}
		return v.likes, !v.gone
	}
	return nil, false
}

func (s *Server) like(c *metatest.Call) metatest.Reply { return s.setLike(c, true) }

func (s *Server) unlike(c *metatest.Call) metatest.Reply { return s.setLike(c, false) }

func (s *Server) setLike(c *metatest.Call, on bool) metatest.Reply {
	likes, ok := likable(c)
	who := me(c)
	if !ok || who == nil {
		return *theirs(c)
	}
	if delete(likes, who.username); on {
		likes[who.username] = true
	}
	return metatest.Success()
}
