package threadstest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

var threadFields = []string{
	"id", "media_product_type", "media_type", "media_url", "gif_url", "thumbnail_url", "permalink", "shortcode", "owner", "username",
	"text", "timestamp", "children", "is_quote_post", "quoted_post", "reposted_post", "has_replies", "is_reply", "is_reply_owned_by_me",
	"root_post", "replied_to", "hide_status", "reply_audience", "reply_approval_status", "alt_text", "link_attachment_url",
	"poll_attachment", "topic_tag", "is_spoiler_media", "text_entities", "text_attachment", "location_id", "location",
	"allowlisted_country_codes", "ghost_post_status", "ghost_post_expiration_timestamp", "is_verified", "profile_picture_url",
}

// stamp is a time as the vendor writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+0000") }

// render writes a thread as me sees it.
func (s *Server) render(t *thread, me *account) object {
	o := object{
		"id": t.id, "media_product_type": "THREADS", "media_type": t.kind, "permalink": t.permalink(), "shortcode": t.shortcode,
		"username": t.author.username, "timestamp": stamp(t.at), "is_quote_post": t.quote != nil, "is_reply": t.parent != nil,
		"has_replies": s.hasReplies(t), "is_spoiler_media": t.spoiler, "profile_picture_url": s.base.URL() + "/pictures/" + t.author.id,
	}
	if t.text != "" {
		o["text"] = t.text
	}
	if t.author == me && t.parent == nil { // ids are told of own posts alone
		o["owner"] = object{"id": t.author.id}
	}
	if t.media != nil {
		o["media_url"] = s.base.URL() + "/media/" + t.id
		if t.media.alt != "" {
			o["alt_text"] = t.media.alt
		}
	}
	if len(t.children) > 0 {
		list := []object{}
		for _, c := range t.children {
			list = append(list, object{"id": c.id})
		}
		o["children"] = object{"data": list}
	}
	for name, to := range map[string]*thread{"quoted_post": t.quote, "reposted_post": t.facade, "root_post": t.root, "replied_to": t.parent} {
		if to != nil {
			o[name] = object{"id": to.id}
		}
	}
	if t.parent != nil {
		o["is_reply_owned_by_me"], o["hide_status"] = t.author == me, "NOT_HUSHED"
		if t.hidden {
			o["hide_status"] = "HIDDEN"
		}
	}
	if t.waiting != "" {
		o["reply_approval_status"] = t.waiting
	}
	for name, v := range map[string]string{"link_attachment_url": t.link, "topic_tag": t.topic, "location_id": t.location} {
		if v != "" {
			o[name] = v
		}
	}
	if len(t.poll) > 0 {
		poll := object{"total_votes": 0, "expiration_timestamp": stamp(t.at.Add(day))}
		for i, option := range t.poll {
			poll["option_"+string(rune('a'+i))] = option
		}
		o["poll_attachment"] = poll
	}
	return o
}

func (s *Server) hasReplies(t *thread) bool {
	return slices.ContainsFunc(s.order, func(o *thread) bool { return o.parent == t && o.visible(s.now()) })
}

// seen returns a thread that can be read, or nil.
func (s *Server) seen(id string) *thread {
	if t := s.threads[id]; t != nil && t.visible(s.now()) {
		return t
	}
	return nil
}

func (s *Server) getThread(c *call) metatest.Reply {
	t := s.seen(c.Node.ID)
	if t == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return c.answer(s.render(t, c.me), threadFields)
}

// list answers a page of threads, 25 unless limit asks for others.
func (s *Server) list(c *call, all []*thread) metatest.Reply {
	since, until := c.Number("since", 0), c.Number("until", 0)
	all = slices.DeleteFunc(all, func(t *thread) bool {
		return since > 0 && t.at.Unix() < since || until > 0 && t.at.Unix() > until
	})
	n := int(min(max(c.Number("limit", 25), 1), 100))
	from := 0
	if after := c.Get("after"); after != "" {
		i := slices.IndexFunc(all, func(t *thread) bool { return cursorOf(t) == after })
		if i < 0 {
			return failure(100, 0, "The cursor is invalid")
		}
		from = i + 1
	}
	page := all[from:min(from+n, len(all))]
	data := []any{}
	for _, t := range page {
		v, fault := c.show(s.render(t, c.me), threadFields)
		if fault != nil {
			return *fault
		}
		data = append(data, v)
	}
	body := object{"data": data}
	if len(page) > 0 {
		paging := object{"cursors": object{"before": cursorOf(page[0]), "after": cursorOf(page[len(page)-1])}}
		if s.opts.NextPage && from+len(page) < len(all) {
			paging["next"] = s.base.URL() + "/v1.0/" + c.Path + "?access_token=" + c.Token.Value + "&after=" + cursorOf(page[len(page)-1])
		}
		body["paging"] = paging
	}
	return metatest.OK(body)
}

func cursorOf(t *thread) string { return base64.StdEncoding.EncodeToString([]byte("at" + t.id)) }

var paging = []string{"limit", "since", "until", "after", "before"}

func (s *Server) ownThreads(c *call) metatest.Reply {
	return s.listed(c, func(t *thread) bool { return t.author == c.me && t.parent == nil && !t.ghost })
}

func (s *Server) ownGhosts(c *call) metatest.Reply {
	return s.listed(c, func(t *thread) bool { return t.author == c.me && t.ghost })
}

func (s *Server) ownReplies(c *call) metatest.Reply {
	return s.listed(c, func(t *thread) bool { return t.author == c.me && t.parent != nil })
}

func (s *Server) ownMentions(c *call) metatest.Reply {
	return s.listed(c, func(t *thread) bool {
		return t.author != c.me && t.visible(s.now()) && names(t.text, c.me.username)
	})
}

func (s *Server) listed(c *call, fits func(*thread) bool) metatest.Reply {
	if r, ok := c.only(paging...); !ok {
		return r
	}
	return s.list(c, s.newest(fits))
}

// under lists answers to a thread of a conversation that is the account's own.
func (s *Server) under(c *call, fits func(top, t *thread) bool) metatest.Reply {
	if r, ok := c.only(append([]string{"reverse", "approval_status"}, paging...)...); !ok {
		return r
	}
	top := s.seen(c.Node.ID)
	switch {
	case top == nil:
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	case top.author != c.me && top.top().author != c.me:
		return denied()
	}
	all := s.newest(func(t *thread) bool { return fits(top, t) })
	if c.Get("reverse") == "false" {
		slices.Reverse(all)
	}
	return s.list(c, all)
}

func (s *Server) directReplies(c *call) metatest.Reply {
	return s.under(c, func(top, t *thread) bool { return t.parent == top && t.waiting == "" })
}

func (s *Server) conversation(c *call) metatest.Reply {
	return s.under(c, func(top, t *thread) bool {
		for up := t.parent; up != nil; up = up.parent {
			if up == top {
				return t.waiting == ""
			}
		}
		return false
	})
}

func (s *Server) pendingReplies(c *call) metatest.Reply {
	want := c.Get("approval_status")
	return s.under(c, func(top, t *thread) bool {
		return t.root == top && t.waiting != "" && (want == "" || t.waiting == want)
	})
}

func (s *Server) deleteThread(c *call) metatest.Reply {
	t := s.threads[c.Node.ID]
	switch {
	case t == nil || t.gone:
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	case t.author != c.me:
		return denied()
	case !c.me.spend("deletes", s.opts.Deletes, s.now()):
		return failure(613, 0, "Calls to this api have exceeded the rate limit.")
	}
	s.remove(t)
	return metatest.OK(object{"success": true, "deleted_id": t.id})
}

func (s *Server) repost(c *call) metatest.Reply {
	of := s.seen(c.Node.ID)
	if of == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	if !c.me.spend("posts", s.opts.Posts, s.now()) {
		return failure(9, 2207042, "The user has reached the maximum number of posts.")
	}
	t := &thread{author: c.me, kind: "REPOST_FACADE", facade: of}
	s.publish(t, c.AddNode("thread", "", "", nil).ID)
	return metatest.OK(object{"id": t.id})
}

// manageReply hides an answer at the top of an own thread.
func (s *Server) manageReply(c *call) metatest.Reply {
	if r, ok := c.only("hide"); !ok {
		return r
	}
	t := s.seen(c.Node.ID)
	hide, err := strconv.ParseBool(c.Get("hide"))
	switch {
	case err != nil:
		return failure(100, 0, "Param hide must be a boolean")
	case t == nil:
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	case t.parent == nil || t.root.author != c.me:
		return denied()
	case t.parent != t.root:
		return failure(100, 0, "Only top-level replies can be hidden")
	}
	t.hidden = hide
	s.mark(t)
	return metatest.Success()
}

func (s *Server) managePending(c *call) metatest.Reply {
	t := s.threads[c.Node.ID]
	if t == nil || t.gone || t.waiting == "" || t.root.author != c.me {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	if t.waiting = "ignored"; c.Flag("approve") {
		t.waiting = ""
		s.record(t)
	}
	return metatest.Success()
}
