package mastodontest

import (
	"slices"
	"time"
)

const minAhead = 5 * time.Minute

func (s *Server) schedule(c *call, d draft, at time.Time, slot, key string) reply {
	if refusal := s.checkSlot(c.me, at); refusal != nil {
		return *refusal
	}
	serial, id := s.next(s.now())
	sch := &scheduled{serial: serial, id: id, owner: c.me, at: at, draft: d}
	s.scheduled = append(s.scheduled, sch)
	if key != "" {
		s.keys[slot] = remembered{scheduled: sch, until: s.now().Add(keyLife)}
	}
	s.world.Clock.AfterFunc(at.Sub(s.now()), func() { s.due(sch) })
	return ok(s.scheduledJSON(sch))
}

func (s *Server) checkSlot(a *account, at time.Time) *reply {
	var total, day int
	for _, o := range s.scheduled {
		if o.owner != a {
			continue
		}
		total++
		if o.at.Truncate(24 * time.Hour).Equal(at.Truncate(24 * time.Hour)) {
			day++
		}
	}
	switch {
	case at.Before(s.now().Add(minAhead)):
		return refuse(invalid("Scheduled at is too soon"))
	case total >= s.opts.Limits.Scheduled:
		return refuse(invalid("You have exceeded the limit of scheduled posts"))
	case day >= s.opts.Limits.ScheduledDay:
		return refuse(invalid("You have exceeded the limit of scheduled posts for that day"))
	}
	return nil
}

// due publishes a scheduled status whose time has come, unless it was moved or
// cancelled.
func (s *Server) due(sch *scheduled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.scheduled, sch) {
		return
	}
	if left := sch.at.Sub(s.now()); left > 0 {
		s.world.Clock.AfterFunc(left, func() { s.due(sch) })
		return
	}
	s.scheduled = slices.DeleteFunc(s.scheduled, func(o *scheduled) bool { return o == sch })
	s.publish(sch.owner, sch.draft, s.now())
}

func (s *Server) listScheduled(c *call) reply {
	var own []*scheduled
	for _, o := range slices.Backward(s.scheduled) {
		if o.owner == c.me {
			own = append(own, o)
		}
	}
	page, link := paged(s, c, own, func(o *scheduled) uint64 { return o.serial }, 20, 40)
	out := []object{}
	for _, o := range page {
		out = append(out, s.scheduledJSON(o))
	}
	return reply{status: 200, body: out, link: link}
}

func (s *Server) ownScheduled(c *call) *scheduled {
	for _, o := range s.scheduled {
		if o.id == c.id() && o.owner == c.me {
			return o
		}
	}
	return nil
}

func (s *Server) showScheduled(c *call) reply {
	if o := s.ownScheduled(c); o != nil {
		return ok(s.scheduledJSON(o))
	}
	return notFound()
}

func (s *Server) moveScheduled(c *call) reply {
	o := s.ownScheduled(c)
	if o == nil {
		return notFound()
	}
	at, err := time.Parse(time.RFC3339Nano, c.Get("scheduled_at"))
	if err != nil {
		return invalid("Scheduled at is invalid")
	}
	if at.Before(s.now().Add(minAhead)) {
		return invalid("Scheduled at is too soon")
	}
	o.at = at
	s.world.Clock.AfterFunc(at.Sub(s.now()), func() { s.due(o) })
	return ok(s.scheduledJSON(o))
}

func (s *Server) cancelScheduled(c *call) reply {
	o := s.ownScheduled(c)
	if o == nil {
		return notFound()
	}
	s.scheduled = slices.DeleteFunc(s.scheduled, func(x *scheduled) bool { return x == o })
	return ok(object{})
}

func (s *Server) scheduledJSON(o *scheduled) object {
	ids, attachments := []string{}, []object{}
	for _, m := range o.draft.media {
		ids = append(ids, m.id)
		attachments = append(attachments, s.mediaJSON(m))
	}
	params := object{
		"text": o.draft.text, "visibility": o.draft.visibility, "spoiler_text": orNull(o.draft.spoiler), "sensitive": o.draft.sensitive,
		"language": orNull(o.draft.language), "media_ids": nil, "poll": nil, "in_reply_to_id": nil, "scheduled_at": nil,
		"idempotency": nil, "application_id": 1, "with_rate_limit": false,
	}
	if s.opts.Software == Mastodon && !s.opts.HideKeys {
		params["idempotency"] = orNull(o.draft.key)
	}
	if len(ids) > 0 {
		params["media_ids"] = ids
	}
	if o.draft.inReplyTo != nil {
		params["in_reply_to_id"] = s.wireID(o.draft.inReplyTo.id)
	}
	if p := o.draft.poll; p != nil {
		params["poll"] = object{"options": p.options, "expires_in": int(o.draft.pollLife.Seconds()), "multiple": p.multiple, "hide_totals": p.hide}
	}
	return object{"id": s.wireID(o.id), "scheduled_at": stamp(o.at), "params": params, "media_attachments": attachments}
}
