package facebooktest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// person finds or makes a member of the public.
func (s *Server) person(handle string) *person {
	s.mu.Lock()
	p := s.people[handle]
	if p != nil {
		s.mu.Unlock()
		return p
	}
	p = &person{id: s.newID(), handle: handle, name: "Visitor " + handle}
	s.people[handle], s.faces[p.id] = p, p
	s.mu.Unlock()
	s.base.AddNode("person", p.id, p.name, p)
	return p
}

// Author returns the Ref of a visitor, who is made if they do not exist.
func (s *Server) Author(handle string) smm.Ref { return ref(smm.KindAuthor, s.person(handle).id) }

func ref(kind smm.Kind, id string) smm.Ref { return smm.Ref{Platform: Platform, Kind: kind, ID: id} }

// VisitorPosts implements sim.Server. A post that names a Page by "@" and its
// handle is one that the Page is tagged in; a parent is a post, video, comment or
// recommendation.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	by := s.person(handle)
	if parent != "" {
		return s.visitorComments(by, parent, text)
	}
	s.mu.Lock()
	d := &post{id: by.id + "_" + s.newID(), by: by, message: text, created: s.now(), updated: s.now(), published: true, statusType: "mobile_status_update"}
	s.posts[d.id] = d
	var told []string
	for _, h := range sortedKeys(s.handles) {
		if p := s.handles[h]; strings.Contains(text, "@"+h) {
			p.tagged = append(p.tagged, d)
			if slices.Contains(p.subscribed, "mention") {
				told = append(told, p.id)
			}
		}
	}
	s.item(nil, by, sim.Item{ID: d.id, Text: text, URL: permalink(d.id)})
	s.mu.Unlock()
	s.base.AddNode("post", d.id, "", d)
	for _, page := range told {
		s.base.Notify("page", page, "mention", object{
			"item": "post", "verb": "add", "post_id": d.id, "sender_id": by.id, "sender_name": by.name, "message": text, "created_time": d.created.Unix(),
		})
	}
	return ref(smm.KindPost, d.id), nil
}

// VisitorPostsOn writes on a Page.
func (s *Server) VisitorPostsOn(handle, pageHandle, text string) (smm.Ref, error) {
	by := s.person(handle)
	s.mu.Lock()
	p := s.handles[pageHandle]
	if p == nil {
		s.mu.Unlock()
		return smm.Ref{}, fmt.Errorf("%w: facebooktest: no Page %q", smm.ErrNotFound, pageHandle)
	}
	d := &post{
		id: p.id + "_" + s.newID(), wall: p, by: by, message: text, created: s.now(), updated: s.now(), published: true, statusType: "wall_post",
	}
	s.posts[d.id] = d
	p.visitors = append(p.visitors, d)
	s.item(nil, by, sim.Item{ID: d.id, Text: text, URL: permalink(d.id)})
	s.mu.Unlock()
	s.base.AddNode("post", d.id, "", d)
	return ref(smm.KindPost, d.id), nil
}

func (s *Server) visitorComments(by *person, parent, text string) (smm.Ref, error) {
	on, ok := s.base.Node(parent)
	if !ok {
		return smm.Ref{}, fmt.Errorf("%w: facebooktest: nothing to comment on: %q", smm.ErrNotFound, parent)
	}
	s.mu.Lock()
	if s.talkOf(on) == nil {
		s.mu.Unlock()
		return smm.Ref{}, fmt.Errorf("facebooktest: %q cannot be commented on", parent)
	}
	n := s.newComment(on, by, nil, text)
	s.put(on, n)
	var told []func()
	s.heard(parent, n, func(object, account, field string, value any) {
		told = append(told, func() { s.base.Notify(object, account, field, value) })
	})
	s.mu.Unlock()
	s.base.AddNode("comment", n.id, "", n)
	for _, f := range told {
		f()
	}
	return ref(smm.KindComment, n.id), nil
}

// VisitorWrites implements sim.Server. The Ref has the id of the visitor, as the
// driver names conversations.
func (s *Server) VisitorWrites(_ context.Context, handle, to, text string) (smm.Ref, error) {
	by := s.person(handle)
	s.mu.Lock()
	p := s.handles[strings.TrimPrefix(to, "@")]
	if p == nil {
		s.mu.Unlock()
		return smm.Ref{}, fmt.Errorf("%w: facebooktest: no Page %q", smm.ErrNotFound, to)
	}
	t := s.threadWith(p, by)
	m := s.say(t, by, text)
	var told []func()
	s.tell(m, func(object, account string, item any) {
		told = append(told, func() { s.base.NotifyItem(object, account, item) })
	})
	s.mu.Unlock()
	if _, ok := s.base.Node(t.id); !ok {
		s.base.AddNode("thread", t.id, "", t)
	}
	s.base.AddNode("message", m.id, "", m)
	for _, f := range told {
		f()
	}
	return ref(smm.KindConversation, by.id), nil
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	by := s.person(handle)
	n, ok := s.base.Node(item)
	if !ok {
		return fmt.Errorf("%w: facebooktest: nothing to like: %q", smm.ErrNotFound, item)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.talkOf(n)
	if t == nil {
		return fmt.Errorf("facebooktest: %q cannot be liked", item)
	}
	if d, is := n.Value.(*post); is && share {
		d.sharedBy = append(remove(d.sharedBy, by.id), by.id)
		return nil
	}
	t.likes = append(remove(t.likes, by.id), by.id)
	return nil
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, account string) error {
	by := s.person(handle)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.handles[strings.TrimPrefix(account, "@")]
	if p == nil {
		return fmt.Errorf("%w: facebooktest: no Page %q", smm.ErrNotFound, account)
	}
	p.followers = append(remove(p.followers, by.id), by.id)
	return nil
}

// VisitorRecommends leaves a recommendation, or its opposite, and returns its Ref.
func (s *Server) VisitorRecommends(handle, account string, positive bool, text string) (smm.Ref, error) {
	by := s.person(handle)
	s.mu.Lock()
	p := s.handles[account]
	if p == nil {
		s.mu.Unlock()
		return smm.Ref{}, fmt.Errorf("%w: facebooktest: no Page %q", smm.ErrNotFound, account)
	}
	r := &rating{id: s.newID(), by: by, positive: positive, text: text, created: s.now(), page: p}
	p.ratings = append(p.ratings, r)
	subscribed := slices.Contains(p.subscribed, "ratings")
	kind := "negative"
	if positive {
		kind = "positive"
	}
	s.item(nil, by, sim.Item{ID: r.id, Text: text, Parent: p.id})
	s.mu.Unlock()
	s.base.AddNode("rating", r.id, "", r)
	if subscribed {
		s.base.Notify("page", p.id, "ratings", object{
			"item": "rating", "verb": "add", "reviewer_id": by.id, "reviewer_name": by.name, "recommendation_type": kind, "review_text": text,
			"open_graph_story_id": r.id, "created_time": r.created.Unix(),
		})
	}
	return ref(smm.KindReview, r.id), nil
}

// Likes reports whether a Page likes a post or comment.
func (s *Server) Likes(page, item string) bool {
	n, ok := s.base.Node(item)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.talkOf(n)
	return t != nil && slices.Contains(t.likes, page)
}

// Blocks reports whether a Page blocks a person.
func (s *Server) Blocks(page, person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[page]
	return p != nil && slices.Contains(p.blocked, person)
}

// Drafts counts what a Page keeps that nobody sees.
func (s *Server) Drafts(page string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, d := range s.pages[page].posts {
		if !d.published {
			n++
		}
	}
	return n
}

// MakeForeign marks a post as made by another app, which this one cannot edit.
func (s *Server) MakeForeign(post string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.posts[post]; d != nil {
		d.foreign = true
	}
}

// Remove takes a post away as an admin of the Page would.
func (s *Server) Remove(post string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.posts[post]; d != nil {
		delete(s.posts, post)
		if d.owner != nil {
			d.owner.posts = remove(d.owner.posts, d)
		}
		s.removed(post)
	}
}
