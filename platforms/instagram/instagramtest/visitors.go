package instagramtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

func ref(kind smm.Kind, id string) smm.Ref { return smm.Ref{Platform: Platform, Kind: kind, ID: id} }

// VisitorPosts implements sim.Server. Without a parent it is a picture, in which
// every account that the text names is tagged as well; else a comment.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	who := s.person(handle)
	if parent == "" {
		return s.visitorPicture(who, text), nil
	}
	r := &remark{author: who, text: text, at: s.now()}
	s.mu.Lock()
	if r.on = s.mediaByID(parent); r.on == nil {
		if up := s.commentByID(parent); up != nil && !up.gone {
			if r.on, r.parent = up.on, up; up.parent != nil {
				r.parent = up.parent
			}
		}
	}
	s.mu.Unlock()
	if r.on == nil || r.on.gone {
		return smm.Ref{}, fmt.Errorf("%w: instagramtest: nothing to comment on: %s", smm.ErrNotFound, parent)
	}
	n := s.base.AddNode(kindComment, "", "comment", r)
	s.mu.Lock()
	r.id = n.ID
	s.comments = append(s.comments, r)
	item := s.remarkItem(r, true)
	s.mu.Unlock()
	s.world.Ledger.Add(item)
	value := object{
		"id": r.id, "text": text, "from": object{"id": who.id, "username": who.username},
		"media": object{"id": r.on.id, "media_product_type": r.on.product},
	}
	if r.parent != nil {
		value["parent_id"] = r.parent.id
	}
	s.base.Notify(object0, r.on.owner.id, "comments", value)
	for _, a := range s.named(text) {
		s.base.Notify(object0, a.id, "mentions", object{"media_id": r.on.id, "comment_id": r.id})
	}
	return ref(smm.KindComment, r.id), nil
}

func (s *Server) visitorPicture(who *account, text string) smm.Ref {
	named := s.named(text)
	m := &media{owner: who, caption: text, kind: "IMAGE", product: "FEED", visitor: true, digest: "visitor", tagged: named}
	id := s.newMedia(m)
	s.mu.Lock()
	item := s.ledger(m)
	s.mu.Unlock()
	s.world.Ledger.Add(item)
	for _, a := range named {
		s.base.Notify(object0, a.id, "mentions", object{"media_id": id})
	}
	return ref(smm.KindPost, id)
}

// named are the professional accounts that a text names.
func (s *Server) named(text string) []*account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.accounts), func(a *account) bool {
		return a.token == "" || !strings.Contains(text, "@"+a.username)
	})
}

// VisitorWrites implements sim.Server. The Ref is that of the conversation, whose id
// is the person's.
func (s *Server) VisitorWrites(_ context.Context, handle, to, text string) (smm.Ref, error) {
	who, a := s.person(handle), s.account(to)
	if a == nil {
		return smm.Ref{}, fmt.Errorf("%w: instagramtest: no account %s", smm.ErrNotFound, to)
	}
	s.mu.Lock()
	t, blocked := s.threadOf(a, who.id), a.blocked[who.id]
	s.mu.Unlock()
	if blocked {
		return smm.Ref{}, errors.New("instagramtest: the account has blocked this person")
	}
	if t == nil {
		t = &thread{owner: a, with: who}
		n := s.base.AddNode(kindThread, "", "thread", t)
		s.mu.Lock()
		t.id = n.ID
		s.threads = append(s.threads, t)
		s.mu.Unlock()
	}
	m := &dm{in: t, from: who, text: text, at: s.now()}
	n := s.base.AddNode(kindMessage, "", "message", m)
	s.mu.Lock()
	m.id = n.ID
	t.messages = append(t.messages, m)
	t.lastHeard, t.unread = m.at, t.unread+1
	s.mu.Unlock()
	s.world.Ledger.Add(sim.Item{Platform: Platform, Account: who.username, Text: text, ID: m.id, At: m.at, Private: true, Visitor: true})
	s.base.NotifyItem(object0, a.id, object{
		"sender": object{"id": who.id}, "recipient": object{"id": a.id}, "timestamp": m.at.UnixMilli(), "message": object{"mid": m.id, "text": text},
	})
	return ref(smm.KindConversation, who.id), nil
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	who := s.person(handle)
	s.mu.Lock()
	defer s.mu.Unlock()
	set := func(m *map[string]bool) {
		if *m == nil {
			*m = make(map[string]bool)
		}
		(*m)[who.username] = true
	}
	switch m, c := s.mediaByID(item), s.commentByID(item); {
	case m != nil && !m.gone && share:
		set(&m.shares)
	case m != nil && !m.gone:
		set(&m.likes)
	case c != nil && !c.gone && !share:
		set(&c.likes)
	default:
		return fmt.Errorf("%w: instagramtest: nothing to like: %s", smm.ErrNotFound, item)
	}
	return nil
}

// findHashtag gives a hashtag an id.
func (s *Server) findHashtag(c *metatest.Call) metatest.Reply {
	name := strings.ToLower(c.Get("q"))
	if a := me(c); a == nil || c.Get("user_id") != a.id || name == "" {
		return metatest.Fail(metatest.Invalid("user_id and q are required"))
	}
	for id, known := range s.tags {
		if known == name {
			return metatest.OK(object{"data": []object{{"id": id}}})
		}
	}
	if len(s.hashtag(name)) == 0 {
		return metatest.Fail(&metatest.Error{Code: 24, Subcode: 2207024, Message: "The requested resource does not exist", UserTitle: "Invalid hashtag"})
	}
	n := c.AddNode(kindHashtag, "", name, name)
	s.tags[n.ID] = name
	return metatest.OK(object{"data": []object{{"id": n.ID}}})
}

// hashtag are the posts of the last day with a hashtag, newest first.
func (s *Server) hashtag(name string) []*media {
	var out []*media
	for _, m := range slices.Backward(s.media) {
		if !m.gone && m.at.After(s.now().Add(-containerLife)) && slices.Contains(strings.Fields(strings.ToLower(m.caption)), "#"+name) {
			out = append(out, m)
		}
	}
	return out
}

func (s *Server) listHashtag(c *metatest.Call) metatest.Reply {
	name, _ := c.Node.Value.(string)
	if a := me(c); a == nil || c.Get("user_id") != a.id {
		return metatest.Fail(metatest.Invalid("user_id"))
	}
	var out []object
	for _, m := range s.hashtag(name) {
		o := s.mediaJSON(m)
		delete(o, "username")
		delete(o, "owner")
		out = append(out, o)
	}
	return metatest.Paged(c, out, 25)
}

func (s *Server) searchAudio(c *metatest.Call) metatest.Reply {
	a := me(c)
	if kind := c.Get("audio_type"); a == nil || c.Get("user_id") != a.id || kind != "music" && kind != "original_sound" {
		return metatest.Fail(metatest.Invalid("audio_type"))
	}
	return metatest.OK(object{"audio": []object{{
		"audio_id": "77", "title": "A song about " + c.Get("search_query"), "display_artist": "somebody", "duration_in_ms": 30000,
		"download_url": "https://cdn.example/77.m4a", "cover_artwork_thumbnail_uri": "https://cdn.example/77.jpg",
	}}})
}
