package threadstest

import (
	"slices"
	"strings"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
	"github.com/smmkit/smmkit/smm/sim"
)

// call is a request on its way through a handler. Both locks are held.
type call struct {
	*metatest.Call

	me *account
}

type handler func(*call) metatest.Reply

// scope names are the vendor's.
const (
	basic     = "threads_basic"
	publish   = "threads_content_publish"
	insights  = "threads_manage_insights"
	manage    = "threads_manage_replies"
	readReply = "threads_read_replies"
	search    = "threads_keyword_search"
	mentions  = "threads_manage_mentions"
	remove    = "threads_delete"
	locations = "threads_location_tagging"
	profiles  = "threads_profile_discovery"
)

func (s *Server) routes() {
	for _, r := range []struct {
		method, kind, edge string
		class              sim.Class
		scopes             []string
		handler            handler
	}{
		{"GET", "user", "", sim.Read, []string{basic}, s.getUser},
		{"POST", "user", "threads", sim.Prepare, []string{basic, publish}, s.createContainer},
		{"POST", "user", "threads_publish", sim.Commit, []string{basic, publish}, s.publishContainer},
		{"GET", "user", "threads_publishing_limit", sim.Read, []string{basic, publish}, s.publishingLimit},
		{"GET", "container", "", sim.Read, []string{basic}, s.getContainer},
		{"GET", "user", "threads", sim.Read, []string{basic}, s.ownThreads},
		{"GET", "user", "ghost_posts", sim.Read, []string{basic}, s.ownGhosts},
		{"GET", "user", "replies", sim.Read, []string{basic, readReply}, s.ownReplies},
		{"GET", "user", "mentions", sim.Read, []string{basic, mentions}, s.ownMentions},
		{"GET", "user", "threads_insights", sim.Read, []string{basic, insights}, s.userInsights},
		{"GET", "thread", "", sim.Read, []string{basic}, s.getThread},
		{"DELETE", "thread", "", sim.Write, []string{basic, remove}, s.deleteThread},
		{"POST", "thread", "repost", sim.Commit, []string{basic, publish}, s.repost},
		{"GET", "thread", "replies", sim.Read, []string{basic, readReply}, s.directReplies},
		{"GET", "thread", "conversation", sim.Read, []string{basic, readReply}, s.conversation},
		{"GET", "thread", "pending_replies", sim.Read, []string{basic, readReply}, s.pendingReplies},
		{"POST", "thread", "manage_reply", sim.Write, []string{basic, manage}, s.manageReply},
		{"POST", "thread", "manage_pending_reply", sim.Write, []string{basic, manage}, s.managePending},
		{"GET", "thread", "insights", sim.Read, []string{basic, insights}, s.threadInsights},
		{"GET", "", "keyword_search", sim.Read, []string{basic, search}, s.keywordSearch},
		{"GET", "", "profile_lookup", sim.Read, []string{basic, profiles}, s.profileLookup},
		{"GET", "", "profile_posts", sim.Read, []string{basic, profiles}, s.profilePosts},
		{"GET", "", "location_search", sim.Read, []string{basic, locations}, s.locationSearch},
		{"GET", "location", "", sim.Read, []string{basic, locations}, s.getLocation},
		{"GET", "", "oembed", sim.Read, nil, s.oembed},
	} {
		s.base.Handle(metatest.Route{Method: r.method, Kind: r.kind, Edge: r.edge, Class: r.class, Scopes: r.scopes, Handler: s.locked(r.handler, r.kind == "user")})
	}
	for _, l := range places() {
		s.base.AddNode("location", l.id, l.name, nil)
	}
}

// locked takes the server's own lock. Nobody acts for another user.
func (s *Server) locked(h handler, own bool) func(*metatest.Call) metatest.Reply {
	return func(c *metatest.Call) metatest.Reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		in := &call{Call: c}
		if c.Me != nil {
			in.me = s.byID[c.Me.ID]
		}
		if own && (in.me == nil || c.Node == nil || c.Node.ID != in.me.id) {
			return denied()
		}
		return h(in)
	}
}

// failure is an error in the form of this host.
func failure(code, subcode int, message string) metatest.Reply {
	return metatest.Fail(&metatest.Error{Code: code, Subcode: subcode, Type: "THApiException", Message: message})
}

func denied() metatest.Reply {
	return metatest.Fail(&metatest.Error{Status: 403, Code: 10, Type: "THApiException", Message: "Application does not have permission for this action"})
}

func missing() metatest.Reply {
	return failure(24, 4279009, "The requested resource does not exist")
}

// common are parameters that every call may have.
var common = []string{"access_token", "fields", "appsecret_proof"}

// only refuses parameters that the vendor does not have there.
func (c *call) only(allowed ...string) (metatest.Reply, bool) {
	for name := range c.Params {
		if !slices.Contains(allowed, name) && !slices.Contains(common, name) {
			return failure(100, 0, "Unknown parameter "+name), false
		}
	}
	return metatest.Reply{}, true
}

type object map[string]any

// show selects the fields that were asked for, the id alone without any, and
// refuses those that the vendor does not have.
func (c *call) show(o object, known []string) (any, *metatest.Reply) {
	want := strings.Split(c.Get("fields"), ",")
	out := object{}
	for _, f := range want {
		f = strings.TrimSpace(f)
		if f == "" {
			continue
		}
		if !slices.Contains(known, f) {
			r := failure(100, 0, "Tried accessing nonexisting field ("+f+")")
			return nil, &r
		}
		if v, ok := o[f]; ok {
			out[f] = v
		}
	}
	if id, ok := o["id"]; ok {
		out["id"] = id
	}
	return out, nil
}

func (c *call) answer(o object, known []string) metatest.Reply {
	v, fault := c.show(o, known)
	if fault != nil {
		return *fault
	}
	return metatest.OK(v)
}
