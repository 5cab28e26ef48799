package blueskytest

import (
	"maps"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

func (c *call) getProfile() (any, error) {
	a := c.s.lookup(c.query("actor"))
	if a == nil {
		return nil, invalid("Profile not found")
	}
	if a.takenDown {
		return nil, fail(400, "AccountTakedown", "Account has been suspended")
	}
	return c.s.detailed(a, c.me), nil
}

func (c *call) getProfiles() (any, error) {
	actors := c.r.URL.Query()["actors"]
	if len(actors) == 0 || len(actors) > 25 {
		return nil, invalid("Error: actors must have 1 to 25 elements")
	}
	views := []profileDetailed{}
	for _, id := range actors {
		if a := c.s.lookup(id); a != nil && !a.takenDown {
			views = append(views, c.s.detailed(a, c.me))
		}
	}
	return object{"profiles": views}, nil
}

func (c *call) setMuted(on bool) (any, error) {
	var in struct{ Actor string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a := c.s.lookup(in.Actor)
	switch {
	case a == nil:
		return nil, invalid("Actor not found")
	case a == c.me:
		return nil, invalid("Cannot mute oneself")
	case on:
		c.me.mutes[a.did] = true
	default:
		delete(c.me.mutes, a.did)
	}
	return nil, nil
}

func (c *call) muteActor() (any, error)   { return c.setMuted(true) }
func (c *call) unmuteActor() (any, error) { return c.setMuted(false) }

// actors lists accounts by DID, descending.
func (c *call) actors(dids []string, field string) (any, error) {
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	slices.Sort(dids)
	slices.Reverse(dids)
	found, next := page(dids, func(s string) string { return s }, c.query("cursor"), limit)
	views := []profileView{}
	for _, did := range found {
		if a := c.s.accounts[did]; a != nil {
			views = append(views, c.s.profile(a, c.me))
		}
	}
	out := object{field: views}
	if next != "" {
		out["cursor"] = next
	}
	return out, nil
}

func (c *call) getMutes() (any, error) {
	return c.actors(slices.Collect(maps.Keys(c.me.mutes)), "mutes")
}

func (c *call) getBlocks() (any, error) {
	return c.actors(slices.Collect(maps.Keys(c.s.index.blocks[c.me.did])), "blocks")
}

func (c *call) setBookmark(on bool) (any, error) {
	var in struct{ URI, CID string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case !on:
		delete(c.me.marks, in.URI)
	case c.s.index.posts[in.URI] == nil:
		return nil, fail(400, "UnsupportedCollection", "Bookmarks are supported for posts only")
	default:
		c.me.marks[in.URI] = in.CID
	}
	return nil, nil
}

func (c *call) createBookmark() (any, error) { return c.setBookmark(true) }
func (c *call) deleteBookmark() (any, error) { return c.setBookmark(false) }

// Holds reports whether something is on for an account, as its repository and
// its private state have it: smm.CapLike and smm.CapRepost for a post,
// smm.CapFollow, smm.CapBlock and smm.CapMute for an account.
func (s *Server) Holds(handle string, x smm.Capability, target smm.Ref) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.lookup(handleOf(handle))
	if a == nil {
		return false
	}
	if x == smm.CapMute {
		return a.mutes[target.ID]
	}
	collection := map[smm.Capability]string{
		smm.CapLike: likeType, smm.CapRepost: repostType, smm.CapFollow: followType, smm.CapBlock: blockType,
	}[x]
	for _, r := range a.records[collection] {
		if subject := r.value["subject"]; subject == target.ID || text(child(r.value, "subject"), "uri") == target.ID {
			return true
		}
	}
	return false
}
