package xtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func (s *Server) visitor(handle string) (*user, error) {
	if u := s.named(handle); u != nil {
		return u, nil
	}
	if !validName(handle) {
		return nil, fmt.Errorf("xtest: handle %q: want 1 to 15 letters, digits and underscores", handle)
	}
	return s.person(handle), nil
}

// VisitorPosts implements sim.Server. An answer names whom it answers, as those
// do that people write in the vendor's app; what follows from that is in
// Options.BareReplies and in the summon rule.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, text string) (smm.Ref, error) {
	return s.visitorPost(handle, parent, "", text)
}

// VisitorQuotes writes a public post that quotes another.
func (s *Server) VisitorQuotes(_ context.Context, handle, quoted, text string) (smm.Ref, error) {
	return s.visitorPost(handle, "", quoted, text)
}

func (s *Server) visitorPost(handle, parent, quoted, text string) (smm.Ref, error) {
	defer s.push()
	s.mu.Lock()
	defer s.mu.Unlock()
	by, err := s.visitor(handle)
	if err != nil {
		return smm.Ref{}, err
	}
	d, kind := draft{text: text, visitor: true}, smm.KindPost
	if parent != "" {
		if d.replyTo = s.visible(by, parent); d.replyTo == nil || !s.mayReply(by, d.replyTo.conversation()) {
			return smm.Ref{}, fmt.Errorf("xtest: %s cannot answer %s", handle, parent)
		}
		kind = smm.KindComment
	}
	if quoted != "" {
		if d.quote = s.visible(by, quoted); d.quote == nil {
			return smm.Ref{}, fmt.Errorf("xtest: %s cannot quote %s", handle, quoted)
		}
	}
	return ref(kind, s.publish(by, d).id), nil
}

// VisitorWrites implements sim.Server.
func (s *Server) VisitorWrites(_ context.Context, handle, to, text string) (smm.Ref, error) {
	defer s.push()
	s.mu.Lock()
	defer s.mu.Unlock()
	by, err := s.visitor(handle)
	if err != nil {
		return smm.Ref{}, err
	}
	whom := s.named(to)
	if whom == nil || !s.mayWrite(by, whom) {
		return smm.Ref{}, fmt.Errorf("xtest: %s cannot write to %q", handle, to)
	}
	e := s.say(by, s.pair(by, whom), &messageRequest{Text: &text}, nil, true)
	return ref(smm.KindMessage, e.id), nil
}

// VisitorLikes implements sim.Server.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	defer s.push()
	s.mu.Lock()
	defer s.mu.Unlock()
	by, err := s.visitor(handle)
	if err != nil {
		return err
	}
	p := s.visible(by, item)
	switch {
	case p == nil:
		return fmt.Errorf("%w: xtest: no post %q", smm.ErrNotFound, item)
	case share:
		s.shared(by, p)
	default:
		s.likedTo(by, p)
	}
	return nil
}

// VisitorFollows implements sim.Server.
func (s *Server) VisitorFollows(_ context.Context, handle, account string) error {
	defer s.push()
	s.mu.Lock()
	defer s.mu.Unlock()
	by, err := s.visitor(handle)
	if err != nil {
		return err
	}
	whom := s.named(account)
	if whom == nil || whom == by {
		return fmt.Errorf("%w: xtest: no account %q", smm.ErrNotFound, account)
	}
	s.followedBy(by, whom)
	return nil
}

// VisitorVotes votes in the poll of a post. Choices count from 0.
func (s *Server) VisitorVotes(handle, item string, choice int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	by, err := s.visitor(handle)
	if err != nil {
		return err
	}
	p := s.visible(by, item)
	if p == nil || p.poll == nil || choice < 0 || choice >= len(p.poll.options) || !s.now().Before(p.poll.ends) {
		return fmt.Errorf("xtest: no such choice in %q", item)
	}
	if !p.poll.voted[by.id] {
		p.poll.voted[by.id] = true
		p.poll.votes[choice]++
	}
	return nil
}

// Author returns the Ref of a visitor or account, which is made if it does not
// exist.
func (s *Server) Author(handle string) smm.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ref(smm.KindAuthor, s.person(handle).id)
}

// PublicPost is a post as the public sees it.
type PublicPost struct {
	ID, Text string // the text as it was sent
	Shown    string // the text as it is shown
	Parent   string // id of what it answers
	Media    []string
	Edits    int
	At       time.Time

	Community   string
	Subscribers bool     // for subscribers alone
	Subtitles   []string // of its video: language and name, sorted
}

// Public returns what the public sees of an account now, oldest first: each post
// once, in its newest version. Reposts and what was removed are not in it.
func (s *Server) Public(handle string) (out []PublicPost) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.named(handle)
	if u == nil {
		return nil
	}
	for _, p := range u.posts {
		if p.gone || p.nullcast || p.repostOf != nil || p != p.newest() {
			continue
		}
		v := PublicPost{ID: p.id, Text: p.asked, Shown: p.text, Media: sums(p.media), Edits: len(p.chain.versions) - 1, At: p.origin().created}
		if p.replyTo != nil {
			v.Parent = p.replyTo.id
		}
		v.Community, v.Subscribers = p.comm, p.super
		for _, m := range p.media {
			for language, track := range m.captions {
				v.Subtitles = append(v.Subtitles, fmt.Sprint(language, " ", track["display_name"]))
			}
		}
		slices.Sort(v.Subtitles)
		out = append(out, v)
	}
	return out
}
