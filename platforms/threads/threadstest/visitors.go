package threadstest

import (
	"context"
	"errors"
	"fmt"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// VisitorPosts implements sim.Server.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	a := s.ensure(handle)
	id := s.base.AddNode("thread", "", "", nil).ID
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &thread{author: a, kind: "TEXT_POST", text: text}
	kind := smm.KindPost
	if parent != "" {
		if t.parent = s.seen(parent); t.parent == nil {
			return smm.Ref{}, fmt.Errorf("%w: threadstest: no post %q to answer", smm.ErrNotFound, parent)
		}
		kind = smm.KindComment
	}
	s.publish(t, id)
	return smm.Ref{Platform: Platform, Kind: kind, ID: id}, nil
}

// VisitorWrites implements sim.Server: the vendor lets no program read or write
// private messages.
func (s *Server) VisitorWrites(context.Context, string, string, string) (smm.Ref, error) {
	return smm.Ref{}, fmt.Errorf("threadstest: private messages: %w", errors.ErrUnsupported)
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	a := s.ensure(handle)
	id := s.base.AddNode("thread", "", "", nil).ID
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.seen(item)
	switch {
	case t == nil:
		return fmt.Errorf("%w: threadstest: no post %q", smm.ErrNotFound, item)
	case !share:
		t.likes[a.id] = s.now()
	case !s.reposted(a, t):
		s.publish(&thread{author: a, kind: "REPOST_FACADE", facade: t}, id)
	}
	return nil
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, of string) error {
	a, b := s.ensure(handle), s.ensure(of)
	s.mu.Lock()
	defer s.mu.Unlock()
	b.followers[a.id] = true
	return nil
}

// VisitorViews counts views of an item, and of the profile of its author.
func (s *Server) VisitorViews(item string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.threads[item]
	if t == nil {
		return
	}
	t.views += n
	for range n {
		t.author.views = append(t.author.views, s.now())
	}
}

// VisitorClicks counts clicks on a link in the posts of an account.
func (s *Server) VisitorClicks(of, address string, n int) {
	a := s.ensure(of)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.clicks[address] += n
}

// Reposted reports whether an account shares a post.
func (s *Server) Reposted(handle, item string) bool {
	a := s.ensure(handle)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.threads[item]
	return t != nil && s.reposted(a, t)
}

func (s *Server) reposted(a *account, of *thread) bool { return s.reposts(of, a) > 0 }

// reposts counts the reposts of a post, by one account or by all.
func (s *Server) reposts(of *thread, by *account) int {
	n := 0
	for _, t := range s.order {
		if t.facade == of && !t.gone && (by == nil || t.author == by) {
			n++
		}
	}
	return n
}

// RemoveByHand deletes an item as a person with the app on the phone would.
func (s *Server) RemoveByHand(item string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.threads[item]; t != nil {
		s.remove(t)
	}
}

func (s *Server) remove(t *thread) {
	t.gone = true
	s.mark(t)
	s.tellDeleted(t)
}

// mark tells the ledger what became of an item.
func (s *Server) mark(t *thread) {
	s.world.Ledger.Update(Platform, t.id, func(i *sim.Item) { i.Removed, i.Hidden = t.gone, t.hidden })
}
