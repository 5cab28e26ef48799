package xtest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

var eventKinds = []string{
	"profile.update.bio", "profile.update.profile_picture", "profile.update.banner_picture", "profile.update.screenname",
	"profile.update.geo", "profile.update.url", "profile.update.verified_badge", "profile.update.affiliate_badge",
	"profile.update.handle", "news.new", "follow.follow", "follow.unfollow", "spaces.start", "spaces.end", "chat.received", "chat.sent",
	"chat.conversation_join", "dm.sent", "dm.received", "dm.indicate_typing", "dm.read", "post.create", "post.delete",
	"post.mention.create", "like.create", "mute.mute", "mute.unmute", "block.block", "block.unblock",
	// In prose, and not in the specification.
	"post.reply.create", "post.quote.create", "post.repost.create", "oauth.revoke",
}

// scopeOf is what a user's token must hold to subscribe to a kind of event.
func scopeOf(kind string) string {
	switch first, _, _ := strings.Cut(kind, "."); first {
	case "dm", "chat":
		return "dm.read"
	case "like", "mute", "block":
		return first + ".read"
	}
	return "tweet.read"
}

// private reports whether a kind of event needs the user's consent.
func private(kind string) bool { return scopeOf(kind) != "tweet.read" }

// actorOnly reports whether a kind of event is told to the user who did it alone.
func actorOnly(kind string) bool {
	return strings.HasPrefix(kind, "mute.") || strings.HasPrefix(kind, "block.")
}

func (sub *subscription) filter() object {
	o := object{}
	if sub.user != nil {
		o["user_id"] = sub.user.id
	}
	if sub.keyword != "" {
		o["keyword"] = sub.keyword
	}
	if sub.direction != "" {
		o["direction"] = sub.direction
	}
	return o
}

func (sub *subscription) json() object {
	o := object{
		"subscription_id": sub.id, "event_type": sub.kind, "filter": sub.filter(), "created_at": stamp(sub.created), "updated_at": stamp(sub.updated),
	}
	if sub.tag != "" {
		o["tag"] = sub.tag
	}
	if sub.hook != nil {
		o["webhook_id"] = sub.hook.id
	}
	return o
}

func (s *Server) subscribe(c *call) reply {
	var q struct {
		Kind   string `json:"event_type"`
		Tag    string `json:"tag"`
		Hook   string `json:"webhook_id"`
		Filter *struct {
			User      string `json:"user_id"`
			Keyword   string `json:"keyword"`
			Direction string `json:"direction"`
		} `json:"filter"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	switch {
	case !slices.Contains(eventKinds, q.Kind):
		return invalid("event_type", q.Kind, "$.event_type: does not have a value in the enumeration")
	case q.Filter == nil:
		return lacking("filter")
	case q.Filter.User == "" && q.Filter.Keyword == "":
		return invalid("filter", "", "$.filter: must contain at least one of [user_id, keyword]")
	case !slices.Contains([]string{"", "inbound", "outbound"}, q.Filter.Direction):
		return invalid("filter.direction", q.Filter.Direction, "$.filter.direction: does not have a value in the enumeration [inbound, outbound]")
	case len(q.Tag) > 200:
		return invalid("tag", q.Tag, "$.tag: must be at most 200 characters long")
	}
	sub := &subscription{
		app: c.app, kind: q.Kind, tag: q.Tag, keyword: q.Filter.Keyword, direction: q.Filter.Direction, created: s.now(), updated: s.now(),
		user: s.users[q.Filter.User], hook: s.hook(c.app, q.Hook),
	}
	if c.token.how == byOAuth2 && !slices.Contains(c.token.scopes, scopeOf(sub.kind)) {
		return forbidden("Forbidden")
	}
	if actorOnly(sub.kind) && (sub.direction != "" || c.me != nil && c.me != sub.user) {
		return invalid("filter", q.Filter.User, "Subscriptions to "+sub.kind+" are about the authenticated user, and have no direction.")
	}
	if refused := s.admissible(sub, q.Filter.User, q.Hook); refused != nil {
		return *refused
	}
	sub.serial, sub.id = s.next(s.now())
	s.subs = append(s.subs, sub)
	return ok(object{"data": object{"subscription": sub.json()}})
}

func (s *Server) admissible(sub *subscription, user, hook string) *reply {
	own := 0
	for _, o := range s.subs {
		if o.app != sub.app {
			continue
		}
		own++
		if o.kind == sub.kind && o.user == sub.user && o.keyword == sub.keyword && o.direction == sub.direction && o.hook == sub.hook {
			return refuse(invalid("", "", "A subscription with this event_type and filter exists already."))
		}
	}
	switch {
	case user != "" && sub.user == nil:
		return refuse(invalid("filter.user_id", user, "The user does not exist."))
	case hook != "" && sub.hook == nil:
		return refuse(invalid("webhook_id", hook, "The webhook does not exist."))
	case own >= maxSubscriptions:
		return refuse(problem(http.StatusForbidden, "client-forbidden", "Client Forbidden", "The subscription limit of your access level is reached."))
	case private(sub.kind) && !s.consented(sub.app, sub.user):
		return refuse(forbidden("The user has not authorized your app."))
	}
	return nil
}

// consented reports whether a user has given an app a token of OAuth 2.0 that
// was not taken back.
func (s *Server) consented(a *app, u *user) bool {
	for _, t := range s.tokens {
		if t.how == byOAuth2 && t.app == a && t.user == u && u != nil && !t.revoked {
			return true
		}
	}
	return false
}

func (s *Server) listSubscriptions(c *call) reply {
	n, refused := c.size(100)
	if refused != nil {
		return *refused
	}
	var all []*subscription
	for _, sub := range s.subs {
		if sub.app == c.app {
			all = append(all, sub)
		}
	}
	slices.SortFunc(all, func(a, b *subscription) int { return cmp.Compare(b.serial, a.serial) })
	part, meta, refused := page(c, all, func(sub *subscription) uint64 { return sub.serial }, n, "pagination_token")
	if refused != nil {
		return *refused
	}
	out := []object{}
	for _, sub := range part {
		out = append(out, sub.json())
	}
	body := object{"data": out}
	if len(part) < len(all) { // the specification has a token in requests, and no place for it in answers
		body["meta"] = meta
	}
	return ok(body)
}

func (s *Server) withSubscription(h func(*call, *subscription) reply) func(*call) reply {
	return func(c *call) reply {
		id := c.path("subscription_id")
		for _, sub := range s.subs {
			if sub.id == id && sub.app == c.app {
				return h(c, sub)
			}
		}
		return ok(withErrors(object{}, []object{missing("subscription", "subscription_id", id)}))
	}
}

func (s *Server) changeSubscription(c *call, sub *subscription) reply {
	var q struct {
		Tag  *string `json:"tag"`
		Hook *string `json:"webhook_id"`
	}
	if refused := c.bind(&q); refused != nil {
		return *refused
	}
	if q.Hook != nil {
		h := s.hook(c.app, *q.Hook)
		if h == nil {
			return invalid("webhook_id", *q.Hook, "The webhook does not exist.")
		}
		sub.hook = h
	}
	if q.Tag != nil {
		sub.tag = *q.Tag
	}
	sub.updated = s.now()
	return ok(object{"data": object{"subscription": sub.json(), "total_subscriptions": len(s.subs)}})
}

func (s *Server) unsubscribe(sub *subscription) {
	s.subs = slices.DeleteFunc(s.subs, func(o *subscription) bool { return o == sub })
}

func (s *Server) dropSubscription(_ *call, sub *subscription) reply {
	s.unsubscribe(sub)
	return data(object{"deleted": true})
}

func (s *Server) dropSubscriptions(c *call) reply {
	var out, errs []object
	for _, id := range c.list("ids") {
		i := slices.IndexFunc(s.subs, func(o *subscription) bool { return o.id == id && o.app == c.app })
		if i < 0 {
			errs = append(errs, object{"subscription_id": id, "message": "Not found", "reason": "not-found"})
			continue
		}
		s.subs = slices.Delete(s.subs, i, i+1)
		out = append(out, object{"subscription_id": id, "deleted": true})
	}
	body := object{"meta": object{"total_subscriptions": len(s.subs)}}
	if out != nil {
		body["data"] = out
	}
	return ok(withErrors(body, errs))
}
