package blueskytest

import (
	"context"
	"fmt"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/smm"
)

// VisitorPosts writes a public post, or an answer if parent is the at-uri of a
// post. Handles in the text that exist here become mentions.
func (s *Server) VisitorPosts(_ context.Context, handle, parent, body string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(handle, true)
	if err != nil {
		return smm.Ref{}, err
	}
	v := object{"$type": postType, "text": body, "createdAt": stamp(s.now()), "langs": []any{"en"}}
	if facets := s.facets(body); len(facets) > 0 {
		v["facets"] = facets
	}
	kind := smm.KindPost
	if parent != "" {
		reply, err := s.replyTo(parent)
		if err != nil {
			return smm.Ref{}, err
		}
		v["reply"], kind = reply, smm.KindComment
	}
	r := s.put(a, postType, s.tid(), v)
	return smm.Ref{Platform: platform, Kind: kind, ID: r.uri}, nil
}

func (s *Server) replyTo(parent string) (object, error) {
	did, collection, rkey, ok := splitURI(parent)
	a := s.accounts[did]
	if !ok || a == nil || a.find(collection, rkey) == nil {
		return nil, fmt.Errorf("%w: no post %s", smm.ErrNotFound, parent)
	}
	p := a.find(collection, rkey)
	ref := object{"uri": p.uri, "cid": p.cid}
	root := ref
	if up := child(child(p.value, "reply"), "root"); up != nil {
		root = up
	}
	return object{"root": root, "parent": ref}, nil
}

func (s *Server) facets(body string) []any {
	var out []any
	for _, e := range textx.Extract(body, textx.BlueskyRules()) {
		did := s.handles[e.Value]
		if e.Kind != textx.Mention || did == "" {
			continue
		}
		out = append(out, object{
			"index":    object{"byteStart": e.Start, "byteEnd": e.End},
			"features": []any{object{"$type": "app.bsky.richtext.facet#mention", "did": did}},
		})
	}
	return out
}

// VisitorWrites sends a direct message to an account under test, named by its
// handle or DID. The Ref is of the conversation.
func (s *Server) VisitorWrites(_ context.Context, handle, to, body string) (smm.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(handle, true)
	if err != nil {
		return smm.Ref{}, err
	}
	b := s.lookup(to)
	if b == nil {
		b = s.lookup(handleOf(to))
	}
	if b == nil {
		return smm.Ref{}, fmt.Errorf("%w: no account %s", smm.ErrNotFound, to)
	}
	v := s.convoOf(a, b)
	s.say(v, a, object{"text": body})
	return smm.Ref{Platform: platform, Kind: smm.KindConversation, ID: v.id}, nil
}

// VisitorLikes likes a post, or with share reposts it.
func (s *Server) VisitorLikes(_ context.Context, handle, item string, share bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(handle, true)
	if err != nil {
		return err
	}
	ref, err := s.replyTo(item)
	if err != nil {
		return err
	}
	collection := likeType
	if share {
		collection = repostType
	}
	s.put(a, collection, s.tid(), object{"$type": collection, "subject": ref["parent"], "createdAt": stamp(s.now())})
	return nil
}

// VisitorFollows follows an account, named by its handle or DID.
func (s *Server) VisitorFollows(_ context.Context, handle, account string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(handle, true)
	if err != nil {
		return err
	}
	b := s.lookup(account)
	if b == nil {
		b = s.lookup(handleOf(account))
	}
	if b == nil {
		return fmt.Errorf("%w: no account %s", smm.ErrNotFound, account)
	}
	s.put(a, followType, s.tid(), object{"$type": followType, "subject": b.did, "createdAt": stamp(s.now())})
	return nil
}
