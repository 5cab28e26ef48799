package mastodontest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (s *Server) relationship(me, a *account) object {
	_, following := me.following[a.id]
	_, followed := a.following[me.id]
	_, blocking := me.blocking[a.id]
	_, requested := me.requested[a.id]
	muting := me.mutes(a, s.now())
	return object{
		"id": s.wireID(a.id), "following": following, "showing_reblogs": following, "notifying": false, "languages": nil,
		"followed_by": followed, "blocking": blocking, "blocked_by": false, "muting": muting,
		"muting_notifications": muting && me.muting[a.id].notifications, "requested": requested, "requested_by": false,
		"domain_blocking": me.domainBlocks[a.domain], "endorsed": me.endorsed[a.id], "note": me.notes[a.id],
	}
}

func (s *Server) relationships(c *call) reply {
	out := []object{}
	for _, id := range c.list("id") {
		if a := s.accounts[id]; a != nil {
			out = append(out, s.relationship(c.me, a))
		}
	}
	return ok(out)
}

func (s *Server) follow(c *call, a *account) reply {
	_, blocked := a.blocking[c.me.id]
	if a == c.me || blocked {
		return fail(http.StatusForbidden, errForbidden)
	}
	s.followedBy(c.me, a)
	return ok(s.relationship(c.me, a))
}

func (s *Server) followedBy(by, a *account) {
	if _, does := by.following[a.id]; does {
		return
	}
	if a.locked {
		by.requested[a.id] = s.now()
		s.notify(a, "follow_request", by, nil)
		return
	}
	by.following[a.id] = s.now()
	s.notify(a, "follow", by, nil)
}

func (s *Server) unfollow(c *call, a *account) reply {
	delete(c.me.following, a.id)
	delete(c.me.requested, a.id)
	return ok(s.relationship(c.me, a))
}

func (s *Server) removeFollower(c *call, a *account) reply {
	delete(a.following, c.me.id)
	return ok(s.relationship(c.me, a))
}

// block also ends following in both directions.
func (s *Server) block(c *call, a *account) reply {
	if a == c.me {
		return fail(http.StatusForbidden, errForbidden)
	}
	c.me.blocking[a.id] = s.now()
	delete(c.me.following, a.id)
	delete(a.following, c.me.id)
	return ok(s.relationship(c.me, a))
}

func (s *Server) unblock(c *call, a *account) reply {
	delete(c.me.blocking, a.id)
	return ok(s.relationship(c.me, a))
}

func (s *Server) mute(c *call, a *account) reply {
	if a == c.me {
		return fail(http.StatusForbidden, errForbidden)
	}
	m := mute{notifications: !c.Has("notifications") || c.flag("notifications")}
	if secs, err := strconv.Atoi(c.Get("duration")); err == nil && secs > 0 {
		m.until = s.now().Add(time.Duration(secs) * time.Second)
	}
	c.me.muting[a.id] = m
	return ok(s.relationship(c.me, a))
}

func (s *Server) unmute(c *call, a *account) reply {
	delete(c.me.muting, a.id)
	return ok(s.relationship(c.me, a))
}

func (s *Server) setNote(c *call, a *account) reply {
	c.me.notes[a.id] = c.Get("comment")
	return ok(s.relationship(c.me, a))
}

// relation lists the accounts of one of the caller's own sets.
func (s *Server) relation(set func(*account) []string) func(*call) reply {
	return func(c *call) reply {
		m := make(map[string]uint64)
		for _, id := range set(c.me) {
			m[id] = s.accounts[id].serial
		}
		return s.whoDid(c, m)
	}
}

// mutes lists the muted accounts, each with the end of its mute.
func (s *Server) mutes(c *call) reply {
	r := s.relation(func(a *account) []string { return slices.Collect(maps.Keys(a.muting)) })(c)
	list, _ := r.body.([]object)
	for _, o := range list {
		id := fmt.Sprint(o["id"])
		o["mute_expires_at"] = stamp(c.me.muting[id].until)
	}
	return r
}

func (s *Server) answerRequest(accept bool) func(*call, *account) reply {
	return func(c *call, a *account) reply {
		if _, asked := a.requested[c.me.id]; !asked {
			return notFound()
		}
		delete(a.requested, c.me.id)
		if accept {
			a.following[c.me.id] = s.now()
		}
		return ok(s.relationship(c.me, a))
	}
}
