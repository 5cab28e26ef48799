package mastodontest

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/smm"
)

// The visitors of this file write as federated servers do: whom they answer is
// mentioned without being named in the text.

// VisitorPosts implements sim.Server. A handle with a host, "bob@other.example",
// makes a remote account.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := s.person(handle)
	d := draft{text: text, visibility: "public", visitor: true}
	kind := smm.KindPost
	if parent != "" {
		to := s.byID[parent]
		if to == nil || to.gone || !s.sees(by, to) {
			return smm.Ref{}, fmt.Errorf("mastodontest: %s cannot answer %s: no such status", handle, parent)
		}
		kind = smm.KindComment
		d.inReplyTo, d.silent = to, []*account{to.author}
		d.visibility = to.visibility
	}
	st := s.publish(by, d, s.now())
	return s.ref(kind, st.id), nil
}

// VisitorWrites implements sim.Server: a direct status that mentions an account.
// A visitor's further messages to the same account go on in the same
// conversation.
func (s *Server) VisitorWrites(_ context.Context, handle, to, text string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by, whom := s.person(handle), s.lookup(to)
	if whom == nil {
		return smm.Ref{}, fmt.Errorf("mastodontest: no account %q", to)
	}
	d := draft{text: text, visibility: "direct", visitor: true, silent: []*account{whom}}
	for _, c := range whom.conversations {
		if len(c.others) == 1 && c.others[0] == by && c.last != nil && !c.last.gone {
			d.inReplyTo = c.last
		}
	}
	return s.ref(smm.KindMessage, s.publish(by, d, s.now()).id), nil
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by, st := s.person(handle), s.byID[item]
	if st == nil || st.gone {
		return fmt.Errorf("mastodontest: no status %q", item)
	}
	if share {
		s.boost(by, st)
		return nil
	}
	if _, did := st.favourites[by.id]; !did {
		st.favourites[by.id], _ = s.next(s.now())
		s.notify(st.author, "favourite", by, st)
	}
	return nil
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	whom := s.lookup(account)
	if whom == nil {
		return fmt.Errorf("mastodontest: no account %q", account)
	}
	s.followedBy(s.person(handle), whom)
	return nil
}

// VisitorVotes votes in the poll of a status.
func (s *Server) VisitorVotes(handle, item string, choice int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by, st := s.person(handle), s.byID[item]
	if st == nil || st.poll == nil || choice < 0 || choice >= len(st.poll.options) {
		return fmt.Errorf("mastodontest: no such choice in %q", item)
	}
	if st.poll.voters[by.id] == nil {
		st.poll.voters[by.id] = []int{choice}
		st.poll.votes[choice]++
	}
	return nil
}

// Author returns the Ref of a visitor or account, which is made if it does not
// exist.
func (s *Server) Author(handle string) smm.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ref(smm.KindAuthor, s.person(handle).id)
}

// Lock makes an account approve its followers by hand.
func (s *Server) Lock(handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person(handle).locked = true
}

func (s *Server) ref(kind smm.Kind, id string) smm.Ref {
	return smm.Ref{Platform: Platform, Space: s.host, Kind: kind, ID: id}
}
