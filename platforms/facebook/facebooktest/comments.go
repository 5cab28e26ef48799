package facebooktest

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) commentRoutes() []metatest.Route {
	read, write := []string{"pages_read_engagement"}, []string{"pages_manage_engagement"}
	var out []metatest.Route
	for _, kind := range []string{"post", "video", "comment", "rating", "photo"} {
		out = append(out,
			metatest.Route{Method: "GET", Kind: kind, Edge: "comments", Class: sim.Read, Scopes: read, Handler: s.listComments},
			metatest.Route{Method: "POST", Kind: kind, Edge: "comments", Class: sim.Commit, Scopes: write, Handler: s.createComment},
		)
	}
	return append(out,
		metatest.Route{Method: "GET", Kind: "comment", Class: sim.Read, Scopes: read, Handler: s.getComment},
		metatest.Route{Method: "POST", Kind: "comment", Class: sim.Write, Scopes: write, Handler: s.updateComment},
		metatest.Route{Method: "DELETE", Kind: "comment", Class: sim.Write, Scopes: write, Handler: s.deleteComment},
	)
}

const maxComment = 8000

// pageOf is the Page that something commented on belongs to, nil if to none.
func pageOf(n *metatest.Node) *page {
	switch v := n.Value.(type) {
	case *post:
		return cmp.Or(v.owner, v.wall)
	case *video:
		return v.owner
	case *rating:
		return v.page
	case *comment:
		return v.page
	case *photo:
		return v.owner
	}
	return nil
}

func (s *Server) createComment(c *metatest.Call) metatest.Reply {
	me, t := s.me(c), s.talkOf(c.Node)
	text := c.Get("message")
	switch {
	case me == nil || t == nil:
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	case utf8.RuneCountInString(text) > maxComment || text == "" && c.Get("attachment_id") == "" && c.Get("attachment_url") == "":
		return metatest.Fail(metatest.Invalid("Missing or invalid message"))
	}
	n := s.newComment(c.Node, nil, me, text)
	if id := c.Get("attachment_id"); id != "" {
		if n.photo = s.photos[id]; n.photo == nil {
			return metatest.Fail(metatest.NotFound(id))
		}
	}
	s.put(c.Node, n)
	c.AddNode("comment", n.id, "", n)
	s.heard(c.Node.ID, n, c.Notify)
	return metatest.OK(c.Select(s.commentObject(c, n)))
}

// newComment makes a comment on a node. A reply to a reply hangs on the comment
// above both.
func (s *Server) newComment(on *metatest.Node, by *person, me *page, text string) *comment {
	n := &comment{page: pageOf(on), by: by, message: text, created: s.now(), on: on.ID}
	if n.page == nil {
		n.page = me
	}
	if up, is := on.Value.(*comment); is {
		n.on, n.parent = up.on, up
		if up.parent != nil {
			n.parent = up.parent
		}
	}
	tail := n.on
	if _, after, cut := strings.Cut(n.on, "_"); cut {
		tail = after
	}
	n.id = tail + "_" + s.newID()
	return n
}

// put places a comment among those of what it is on.
func (s *Server) put(on *metatest.Node, n *comment) {
	if n.parent != nil {
		n.parent.comments = append(n.parent.comments, n)
		return
	}
	t := s.talkOf(on)
	t.comments = append(t.comments, n)
}

// heard records that a comment became visible under a node.
func (s *Server) heard(parent string, n *comment, tell func(string, string, string, any)) {
	i := sim.Item{ID: n.id, Parent: parent, Text: n.message, URL: permalink(n.id)}
	if n.photo != nil {
		i.Media = []string{n.photo.hash}
	}
	s.item(n.page, n.by, i)
	if n.page != nil {
		s.notify(n.page, "feed", s.change(n, "add"), tell)
	}
}

func (s *Server) change(n *comment, verb string) object {
	out := object{
		"item": "comment", "verb": verb, "comment_id": n.id, "post_id": n.on, "parent_id": n.on, "from": who(n.by, n.page),
		"message": n.message, "created_time": n.created.Unix(), "post": object{"permalink_url": permalink(n.on), "is_published": true},
	}
	if n.parent != nil {
		out["parent_id"] = n.parent.id
	}
	return out
}

// listComments lists comments, with filter=stream their replies too.
func (s *Server) listComments(c *metatest.Call) metatest.Reply {
	t := s.talkOf(c.Node)
	if t == nil {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	all := slices.Clone(t.comments)
	if c.Get("filter") == "stream" {
		for _, n := range t.comments {
			all = append(all, n.comments...)
		}
	}
	all = lagged(s, all, func(n *comment) time.Time { return n.created })
	slices.SortStableFunc(all, func(a, b *comment) int {
		if d := a.created.Compare(b.created); d != 0 {
			return d
		}
		return strings.Compare(a.id, b.id)
	})
	if c.Get("order") == "reverse_chronological" {
		slices.Reverse(all)
	}
	out := []object{}
	for _, n := range all {
		if since := c.Number("since", 0); since > n.created.Unix() {
			continue
		}
		out = append(out, s.commentObject(c, n))
	}
	return list(c, "Comment", out)
}

func (s *Server) commentObject(c *metatest.Call, n *comment) object {
	own := s.me(c)
	out := object{
		"id": n.id, "message": n.message, "created_time": metatest.Stamp(n.created), "permalink_url": permalink(n.on + "?comment_id=" + n.id),
		"is_hidden": n.hidden, "is_private": false, "can_hide": n.by != nil, "can_remove": true, "can_comment": true, "can_like": true,
		"can_reply_privately": s.canReplyPrivately(n), "like_count": len(n.likes), "comment_count": len(n.comments),
		"user_likes": own != nil && slices.Contains(n.likes, own.id), "object": object{"id": n.on},
	}
	// Who wrote it is told to apps with that permission alone; the Page knows itself.
	if n.by == nil || slices.Contains(c.Token.Scopes, "pages_read_user_content") {
		out["from"] = who(n.by, n.page)
	}
	if n.page != nil && n.page.repliedPrivately[n.id] != nil {
		out["private_reply_conversation"] = object{"id": n.page.repliedPrivately[n.id].id}
	}
	if n.parent != nil {
		out["parent"] = object{"id": n.parent.id}
	}
	if n.photo != nil {
		out["attachment"] = photoAttachment(n.photo)
	}
	return out
}

func (s *Server) getComment(c *metatest.Call) metatest.Reply {
	n, is := c.Node.Value.(*comment)
	if !is {
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	}
	return show(c, "Comment", s.commentObject(c, n))
}

func (s *Server) updateComment(c *metatest.Call) metatest.Reply {
	n, is := c.Node.Value.(*comment)
	if !is || !owns(c, n.page) {
		return forbidden("The comment is not on a post of the Page")
	}
	if c.Params.Has("is_hidden") {
		if n.by == nil {
			return metatest.Fail(metatest.Invalid("A Page cannot hide its own comment"))
		}
		n.hidden = c.Flag("is_hidden")
		s.world.Ledger.Update(Platform, n.id, func(i *sim.Item) { i.Hidden = n.hidden })
	}
	if c.Params.Has("message") {
		if n.by != nil {
			return forbidden("Only own comments can be edited")
		}
		n.message = c.Get("message")
	}
	return metatest.Success()
}

func (s *Server) deleteComment(c *metatest.Call) metatest.Reply {
	n, is := c.Node.Value.(*comment)
	if !is || !owns(c, n.page) {
		return forbidden("The comment is not on a post of the Page")
	}
	if n.by != nil && !slices.Contains(c.Token.Scopes, "pages_read_user_content") {
		return forbidden("Requires pages_read_user_content permission to delete the comment")
	}
	if n.parent != nil {
		n.parent.comments = remove(n.parent.comments, n)
	} else if on := c.Lookup(n.on); on != nil {
		t := s.talkOf(on)
		t.comments = remove(t.comments, n)
	}
	c.RemoveNode(n.id)
	s.removed(n.id)
	return metatest.Success()
}
