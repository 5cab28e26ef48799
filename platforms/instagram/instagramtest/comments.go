package instagramtest

import (
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

// remarksOn are the comments on a media: all, or with a parent the answers to that.
func (s *Server) remarksOn(m *media, parent *remark) []*remark {
	var out []*remark
	for _, r := range s.comments {
		if r.on == m && !r.gone && (parent == nil || r.parent == parent) {
			out = append(out, r)
		}
	}
	return out
}

// nested is how many answers come with a comment.
const nested = 3

// commentJSON is a comment as the owner of the media sees it.
func (s *Server) commentJSON(r *remark, viewer *account) object {
	o := object{
		"id": r.id, "text": r.text, "timestamp": metatest.Stamp(r.at), "username": r.author.username, "like_count": len(r.likes), "hidden": r.hidden,
		"from": object{"id": r.author.id, "username": r.author.username}, "media": object{"id": r.on.id, "permalink": permalink(r.on)},
	}
	if r.author == viewer {
		o["user"] = object{"id": viewer.id}
	}
	if r.parent != nil {
		o["parent_id"] = r.parent.id
	}
	replies := s.remarksOn(r.on, r)
	if r.parent != nil || len(replies) == 0 {
		return o
	}
	var list []object
	for _, x := range replies[:min(nested, len(replies))] {
		list = append(list, s.commentJSON(x, viewer))
	}
	answers := object{"data": list}
	if len(replies) > nested {
		answers["paging"] = object{"next": "https://graph.example/" + r.id + "/replies?after=x"}
	}
	o["replies"] = answers
	return o
}

func (s *Server) commentList(c *metatest.Call, items []*remark) metatest.Reply {
	if bad := s.fieldsOf(c, kindComment); bad != nil {
		return *bad
	}
	out := make([]object, 0, len(items))
	for _, r := range items {
		out = append(out, s.commentJSON(r, me(c)))
	}
	if c.Number("limit", 25) > 50 {
		c.Params.Set("limit", "50")
	}
	return metatest.Paged(c, out, 25)
}

// listComments lists the comments on a media, newest first, without answers.
func (s *Server) listComments(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	var top []*remark
	for _, r := range slices.Backward(s.comments) {
		if r.on == m && !r.gone && r.parent == nil {
			top = append(top, r)
		}
	}
	return s.commentList(c, top)
}

func (s *Server) listReplies(c *metatest.Call) metatest.Reply {
	r, refusal := ownComment(c)
	if refusal != nil {
		return *refusal
	}
	return s.commentList(c, s.remarksOn(r.on, r))
}

func (s *Server) getComment(c *metatest.Call) metatest.Reply {
	r, refusal := ownComment(c)
	if refusal != nil {
		return *refusal
	}
	if bad := s.fieldsOf(c, kindComment); bad != nil {
		return *bad
	}
	return metatest.OK(c.Select(s.commentJSON(r, me(c))))
}

func (s *Server) makeComment(c *metatest.Call) metatest.Reply {
	m, refusal := ownMedia(c)
	if refusal != nil {
		return *refusal
	}
	return s.remark(c, m, nil)
}

func (s *Server) makeReply(c *metatest.Call) metatest.Reply {
	r, refusal := ownComment(c)
	if refusal != nil {
		return *refusal
	}
	return s.remark(c, r.on, r)
}

// answerMention answers somebody who named the account.
func (s *Server) answerMention(c *metatest.Call) metatest.Reply {
	a, refusal := ownAccount(c)
	if refusal != nil {
		return *refusal
	}
	m := s.mediaByID(c.Get("media_id"))
	var parent *remark
	text := ""
	if id := c.Get("comment_id"); id != "" {
		if parent = s.commentByID(id); parent == nil || parent.gone || parent.on != m {
			return metatest.Fail(metatest.NotFound(id))
		}
		text = parent.text
	} else if m != nil {
		text = m.caption
	}
	if m == nil || m.gone || !strings.Contains(text, "@"+a.username) {
		return metatest.Fail(metatest.NotFound(c.Get("media_id")))
	}
	return s.remark(c, m, parent)
}

// remark makes a comment of the account. An answer to an answer hangs on the
// comment above.
func (s *Server) remark(c *metatest.Call, m *media, parent *remark) metatest.Reply {
	text := c.Get("message")
	switch {
	case text == "":
		return metatest.Fail(metatest.Invalid("The parameter message is required"))
	case len([]rune(text)) > 2200:
		return metatest.Fail(metatest.Invalid("The comment is too long"))
	case m.closed:
		return metatest.Fail(&metatest.Error{Code: 10, Message: "(#10) Comments are turned off for this media"})
	}
	return s.lied(Comment, func() metatest.Reply {
		r := &remark{on: m, parent: parent, author: me(c), text: text, at: s.now()}
		if parent != nil && parent.parent != nil {
			r.parent = parent.parent
		}
		r.id = c.AddNode(kindComment, "", "comment", r).ID
		s.comments = append(s.comments, r)
		c.Ledger().Add(s.remarkItem(r, false))
		return metatest.OK(object{"id": r.id})
	})
}

func (s *Server) remarkItem(r *remark, visitor bool) sim.Item {
	parent := r.on.id
	if r.parent != nil {
		parent = r.parent.id
	}
	return sim.Item{Platform: Platform, Account: r.author.username, Parent: parent, Text: r.text, ID: r.id, URL: permalink(r.on), At: r.at, Visitor: visitor}
}

func (s *Server) hideComment(c *metatest.Call) metatest.Reply {
	r, refusal := ownComment(c)
	if refusal != nil {
		return *refusal
	}
	if c.Get("hide") == "" {
		return metatest.Fail(metatest.Invalid("The parameter hide is required"))
	}
	r.hidden = c.Flag("hide")
	c.Ledger().Update(Platform, r.id, func(i *sim.Item) { i.Hidden = r.hidden })
	return metatest.Success()
}

// deleteComment removes a comment and the answers to it.
func (s *Server) deleteComment(c *metatest.Call) metatest.Reply {
	r, refusal := ownComment(c)
	if refusal != nil {
		return *refusal
	}
	for _, x := range append(s.remarksOn(r.on, r), r) {
		x.gone = true
		c.Ledger().Update(Platform, x.id, func(i *sim.Item) { i.Removed = true })
		c.RemoveNode(x.id)
	}
	return metatest.Success()
}
