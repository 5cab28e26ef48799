package blueskytest

import (
	"slices"
	"strings"
	"time"
)

type noteView struct {
	URI       string      `json:"uri"`
	CID       string      `json:"cid"`
	Author    profileView `json:"author"`
	Reason    string      `json:"reason"`
	Subject   string      `json:"reasonSubject,omitempty"`
	Record    object      `json:"record"`
	IsRead    bool        `json:"isRead"`
	IndexedAt string      `json:"indexedAt"`
	Labels    []object    `json:"labels"`
}

func (c *call) notes(reasons []string) []*note {
	var out []*note
	for _, n := range slices.Backward(c.s.index.notes) {
		if n.to == c.me && (len(reasons) == 0 || slices.Contains(reasons, n.reason)) {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b *note) int { return strings.Compare(b.key(), a.key()) })
	return out
}

func (c *call) listNotifications() (any, error) {
	limit, err := c.limit(50)
	if err != nil {
		return nil, err
	}
	found, next := page(c.notes(c.r.URL.Query()["reasons"]), (*note).key, c.query("cursor"), limit)
	out := struct {
		Cursor string     `json:"cursor,omitempty"`
		Notes  []noteView `json:"notifications"`
		SeenAt string     `json:"seenAt,omitempty"`
	}{Cursor: next, Notes: []noteView{}}
	seen := c.me.seenAt
	if seen.IsZero() && len(found) > 0 && c.query("cursor") == "" {
		seen = found[0].at // nothing was ever seen: as of the newest
	}
	if !seen.IsZero() {
		out.SeenAt = stamp(seen)
	}
	for _, n := range found {
		if !c.s.visible(n.by, c.me) || c.me.mutes[n.by.did] {
			continue
		}
		out.Notes = append(out.Notes, noteView{
			n.record.uri, n.record.cid, c.s.profile(n.by, c.me), n.reason, n.subject,
			n.record.value, seen.IsZero() || seen.After(n.at), stamp(n.at), []object{},
		})
	}
	return out, nil
}

func (c *call) updateSeen() (any, error) {
	var in struct{ SeenAt string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := time.Parse(time.RFC3339Nano, in.SeenAt)
	if err != nil {
		return nil, invalid("Error: seenAt must be a datetime")
	}
	c.me.seenAt = t
	return nil, nil
}

func (c *call) getUnreadCount() (any, error) {
	n := 0
	for _, v := range c.notes(nil) {
		if v.at.After(c.me.seenAt) {
			n++
		}
	}
	return object{"count": n}, nil
}
