package blueskytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// index is what the app view knows: it follows the repositories with a lag.
type index struct {
	posts   map[string]*post
	likes   map[string]map[string]string // post uri to liker's DID to record uri
	reposts map[string]map[string]string
	follows map[string]map[string]string // follower's DID to followed DID to record uri
	blocks  map[string]map[string]string
	feed    []*feedItem // posts and reposts, oldest first
	notes   []*note
}

func newIndex() *index {
	return &index{
		posts: make(map[string]*post),
		likes: make(map[string]map[string]string), reposts: make(map[string]map[string]string),
		follows: make(map[string]map[string]string), blocks: make(map[string]map[string]string),
	}
}

// post is an indexed post.
type post struct {
	*record
	author       *account
	at           time.Time // indexedAt
	root, parent string
	quote        string
	replies      []string
	violates     bool // of the root's threadgate: not shown as a reply
	violatesGate bool // of the quoted post's postgate: the quote is not shown
}

// feedItem is a line of the feeds; by is set for a repost.
type feedItem struct {
	post string
	by   *account
	uri  string // of the repost record
	at   time.Time
}

func (f *feedItem) key() string { return sortKey(f.at, f.uri+f.post) }

// note is a notification.
type note struct {
	to, by  *account
	reason  string
	subject string
	record  *record
	at      time.Time
}

func (n *note) key() string { return sortKey(n.at, n.record.uri+n.reason) }

func sortKey(t time.Time, id string) string { return fmt.Sprintf("%020d::%s", t.UnixNano(), id) }

// indexRecord applies one change of a repository. The app view ignores edits
// of posts.
func (s *Server) indexRecord(a *account, old, now *record) {
	r := now
	if r == nil {
		r = old
	}
	ix := s.index
	switch r.collection {
	case postType:
		switch {
		case now == nil:
			s.unindexPost(r.uri)
		case old == nil:
			s.indexPost(a, now)
		}
	case likeType:
		s.indexEdge(ix.likes, text(child(r.value, "subject"), "uri"), a.did, a, old, now, "like")
	case repostType:
		uri := text(child(r.value, "subject"), "uri")
		s.indexEdge(ix.reposts, uri, a.did, a, old, now, "repost")
		ix.feed = slices.DeleteFunc(ix.feed, func(f *feedItem) bool { return f.uri == r.uri })
		if now != nil && old == nil {
			ix.feed = append(ix.feed, &feedItem{post: uri, by: a, uri: r.uri, at: s.now()})
		}
	case followType:
		s.indexEdge(ix.follows, a.did, text(r.value, "subject"), a, old, now, "follow")
	case blockType:
		s.indexEdge(ix.blocks, a.did, text(r.value, "subject"), a, old, now, "")
	}
}

// indexEdge keeps one record for each pair; a second one is ignored, as the
// app view does, and losing the kept one removes the edge.
func (s *Server) indexEdge(m map[string]map[string]string, from, to string, by *account, old, now *record, reason string) {
	edges := m[from]
	if edges == nil {
		edges = make(map[string]string)
		m[from] = edges
	}
	if now == nil {
		if edges[to] == old.uri {
			delete(edges, to)
		}
		s.unnotify(old.uri)
		return
	}
	if _, dup := edges[to]; dup {
		return
	}
	edges[to] = now.uri
	switch reason {
	case "follow":
		s.notify(to, by, reason, "", now)
	case "like", "repost":
		if did, _, _, ok := splitURI(from); ok {
			s.notify(did, by, reason, from, now)
		}
	}
}

func (s *Server) notify(did string, by *account, reason, subject string, r *record) {
	to := s.accounts[did]
	if to == nil || to == by {
		return
	}
	s.index.notes = append(s.index.notes, &note{to, by, reason, subject, r, s.now()})
}

func (s *Server) unnotify(uri string) {
	s.index.notes = slices.DeleteFunc(s.index.notes, func(n *note) bool { return n.record.uri == uri })
}

func (s *Server) indexPost(a *account, r *record) {
	p := &post{record: r, author: a, at: s.now()}
	reply := child(r.value, "reply")
	p.root, p.parent = text(child(reply, "root"), "uri"), text(child(reply, "parent"), "uri")
	p.quote = quoted(child(r.value, "embed"))
	s.index.posts[r.uri] = p
	s.index.feed = append(s.index.feed, &feedItem{post: r.uri, at: p.at})
	told := map[string]bool{a.did: true}
	tell := func(did, reason, subject string) {
		if !told[did] {
			told[did] = true
			s.notify(did, a, reason, subject, r)
		}
	}
	for _, did := range mentioned(r.value) {
		tell(did, "mention", "")
	}
	if p.quote != "" {
		p.violatesGate = s.quoteForbidden(p.quote, a)
		if did, _, _, ok := splitURI(p.quote); ok {
			tell(did, "quote", p.quote)
		}
	}
	if p.parent == "" {
		return
	}
	if parent := s.index.posts[p.parent]; parent != nil {
		parent.replies = append(parent.replies, r.uri)
	}
	if p.violates = s.replyForbidden(p.root, a); p.violates {
		return
	}
	for uri, height := p.parent, 0; uri != "" && height < 5; height++ {
		up := s.index.posts[uri]
		if up == nil {
			return
		}
		tell(up.author.did, "reply", uri)
		uri = up.parent
	}
}

func (s *Server) unindexPost(uri string) {
	p := s.index.posts[uri]
	if p == nil {
		return
	}
	delete(s.index.posts, uri)
	if parent := s.index.posts[p.parent]; parent != nil {
		parent.replies = slices.DeleteFunc(parent.replies, func(u string) bool { return u == uri })
	}
	s.index.feed = slices.DeleteFunc(s.index.feed, func(f *feedItem) bool { return f.post == uri })
	s.unnotify(uri)
}

func quoted(embed object) string {
	switch text(embed, "$type") {
	case "app.bsky.embed.record":
		return text(child(embed, "record"), "uri")
	case "app.bsky.embed.recordWithMedia":
		return text(child(child(embed, "record"), "record"), "uri")
	}
	return ""
}

func mentioned(v object) []string {
	var out []string
	facets, _ := v["facets"].([]any)
	for _, f := range facets {
		o, _ := f.(object)
		features, _ := o["features"].([]any)
		for _, x := range features {
			if feature, _ := x.(object); text(feature, "$type") == "app.bsky.richtext.facet#mention" {
				out = append(out, text(feature, "did"))
			}
		}
	}
	return out
}

// publish writes the ledger: what becomes visible the moment the PDS has it.
func (s *Server) publish(a *account, old, now *record) {
	switch {
	case now != nil && now.collection == gateType:
		s.markHidden(old, now)
	case old != nil && old.collection == gateType:
		s.markHidden(old, nil)
	}
	if (now == nil || now.collection != postType) && (old == nil || old.collection != postType) {
		return
	}
	if old != nil {
		s.world.Ledger.Update(platform, old.uri, func(i *sim.Item) { i.Removed = true })
	}
	if now == nil {
		return
	}
	s.world.Ledger.Add(sim.Item{
		Platform: platform, Account: a.handle, Parent: text(child(child(now.value, "reply"), "parent"), "uri"),
		Text: text(now.value, "text"), Media: a.fingerprints(child(now.value, "embed")),
		ID: now.uri, URL: "https://bsky.app/profile/" + a.handle + "/post/" + now.rkey,
		At: s.now(), Visitor: a.visitor,
	})
}

func (s *Server) markHidden(old, now *record) {
	mark := func(r *record, hidden bool) {
		if r == nil {
			return
		}
		for _, uri := range hiddenReplies(r.value) {
			s.world.Ledger.Update(platform, uri, func(i *sim.Item) { i.Hidden = hidden })
		}
	}
	mark(old, false)
	mark(now, true)
}

// fingerprints returns the SHA-256 of the media of a post, in order.
func (a *account) fingerprints(embed object) []string {
	var refs []object
	switch text(embed, "$type") {
	case "app.bsky.embed.images":
		images, _ := embed["images"].([]any)
		for _, x := range images {
			image, _ := x.(object)
			refs = append(refs, child(image, "image"))
		}
	case "app.bsky.embed.video":
		refs = append(refs, child(embed, "video"))
	case "app.bsky.embed.recordWithMedia":
		return a.fingerprints(child(embed, "media"))
	}
	var out []string
	for _, ref := range refs {
		sum := sha256.Sum256(a.blobs[text(child(ref, "ref"), "$link")].bytes)
		out = append(out, hex.EncodeToString(sum[:]))
	}
	return out
}
