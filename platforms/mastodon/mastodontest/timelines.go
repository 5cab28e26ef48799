package mastodontest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm/sim"
)

func (s *Server) timelineRoutes() []route {
	read := scopes("read:statuses")
	return []route{
		{pattern: "GET /api/v1/timelines/home", class: sim.Read, scopes: read, handler: s.homeTimeline},
		{pattern: "GET /api/v1/timelines/public", class: sim.Read, handler: s.publicTimeline},
		{pattern: "GET /api/v1/timelines/tag/{id}", class: sim.Read, handler: s.tagTimeline},
		{pattern: "GET /api/v1/timelines/list/{id}", class: sim.Read, scopes: scopes("read:lists"), handler: s.listTimeline},
		{pattern: "GET /api/v1/favourites", class: sim.Read, scopes: scopes("read:favourites"), handler: s.ownMarks(func(st *status) map[string]uint64 { return st.favourites })},
		{pattern: "GET /api/v1/bookmarks", class: sim.Read, scopes: scopes("read:bookmarks"), handler: s.ownMarks(func(st *status) map[string]uint64 { return st.bookmarks })},
		{pattern: "GET /api/v2/search", class: sim.Read, handler: s.search},
	}
}

// statusPage lists the statuses that match, newest first.
func (s *Server) statusPage(c *call, match func(*status) bool) reply {
	var all []*status
	for _, st := range slices.Backward(s.statuses) {
		if !st.gone && (st.reblogOf == nil || !st.reblogOf.gone) && match(st) {
			all = append(all, st)
		}
	}
	page, link := paged(s, c, all, func(st *status) uint64 { return st.serial }, 20, 40)
	out := []object{}
	for _, st := range page {
		out = append(out, s.statusJSON(st, c.me))
	}
	return reply{status: http.StatusOK, body: out, link: link}
}

// home reports whether st stands in a's home timeline.
func (s *Server) home(a *account, st *status) bool {
	if st.visibility == "direct" {
		return st.author == a || st.mentionsAccount(a)
	}
	_, follows := a.following[st.author.id]
	return (follows || st.author == a) && s.sees(a, st) && !a.avoids(st.author, s.now())
}

func (s *Server) homeTimeline(c *call) reply {
	return s.statusPage(c, func(st *status) bool { return st.visibility != "direct" && s.home(c.me, st) })
}

func (s *Server) publicTimeline(c *call) reply {
	return s.statusPage(c, func(st *status) bool {
		return st.visibility == "public" && st.reblogOf == nil && s.sees(c.me, st) &&
			(!c.flag("local") || st.author.domain == "") && (!c.flag("remote") || st.author.domain != "")
	})
}

func (s *Server) tagTimeline(c *call) reply {
	tag := lower(c.id())
	return s.statusPage(c, func(st *status) bool {
		return st.visibility == "public" && slices.Contains(st.tags, tag) && s.sees(c.me, st) && (c.me == nil || !c.me.avoids(st.author, s.now()))
	})
}

func (s *Server) listTimeline(c *call) reply {
	l := c.me.list(c.id())
	if l == nil {
		return notFound()
	}
	return s.statusPage(c, func(st *status) bool {
		_, member := l.members[st.author.id]
		return member && st.visibility != "direct" && s.sees(c.me, st)
	})
}

// ownMarks lists what the caller favourited or bookmarked. The page runs on
// hidden ids: those of the marks, not of the statuses.
func (s *Server) ownMarks(marks func(*status) map[string]uint64) func(*call) reply {
	return func(c *call) reply {
		var all []*status
		at := make(map[*status]uint64)
		for _, st := range s.statuses {
			if n, marked := marks(st)[c.me.id]; marked && !st.gone {
				at[st] = n
				all = append(all, st)
			}
		}
		slices.SortFunc(all, func(a, b *status) int { return cmp.Compare(at[b], at[a]) })
		page, link := paged(s, c, all, func(st *status) uint64 { return at[st] }, 20, 40)
		out := []object{}
		for _, st := range page {
			out = append(out, s.statusJSON(st, c.me))
		}
		return reply{status: http.StatusOK, body: out, link: link}
	}
}

func (s *Server) search(c *call) reply {
	q, kind := lower(c.Get("q")), c.Get("type")
	limit, offset := c.number("limit", 20, 40), c.number("offset", 0, 1<<20)
	accounts, statuses, tags := []object{}, []object{}, []object{}
	if kind == "" || kind == "accounts" {
		for _, a := range s.accounts {
			if strings.Contains(strings.ToLower(a.acct()), strings.TrimPrefix(q, "@")) {
				accounts = append(accounts, s.accountJSON(a))
			}
		}
	}
	if (kind == "" || kind == "statuses") && c.me != nil {
		for _, st := range slices.Backward(s.statuses) {
			if c.Has("account_id") && st.author.id != c.Get("account_id") {
				continue
			}
			if !st.gone && st.reblogOf == nil && st.visibility == "public" && strings.Contains(strings.ToLower(st.text), q) && s.sees(c.me, st) {
				statuses = append(statuses, s.statusJSON(st, c.me))
			}
		}
	}
	if kind == "" || kind == "hashtags" {
		for _, t := range s.knownTags() {
			if strings.HasPrefix(t, strings.TrimPrefix(q, "#")) {
				tags = append(tags, object{"name": t, "url": s.url + "/tags/" + t, "history": []object{}})
			}
		}
	}
	return ok(object{"accounts": cut(accounts, offset, limit), "statuses": cut(statuses, offset, limit), "hashtags": cut(tags, offset, limit)})
}

func cut(all []object, offset, limit int) []object {
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))]
}

func (s *Server) knownTags() []string {
	seen := make(map[string]bool)
	var out []string
	for _, st := range s.statuses {
		for _, t := range st.tags {
			if !seen[t] {
				seen[t] = true
				out = append(out, t)
			}
		}
	}
	slices.Sort(out)
	return out
}
