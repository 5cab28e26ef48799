package xtest

import (
	"net/http"
	"strconv"
	"time"
)

const (
	quarter = 15 * time.Minute
	day     = 24 * time.Hour
)

// window is a budget in use. It begins with its first request.
type window struct {
	from time.Time
	used int
}

// budget is a rate limit that a request draws on.
type budget struct {
	key    string
	header string // what its headers begin with
	limit  int
	length time.Duration
}

func (s *Server) budgets(c *call) (out []budget) {
	q, replaced := s.opts.Quotas[c.route.pattern]
	if !replaced {
		q = c.route.limits
	}
	add := func(who, header string, limit int, length time.Duration) {
		if limit > 0 {
			out = append(out, budget{c.route.pattern + " " + who + " " + length.String(), header, limit, length})
		}
	}
	if c.me != nil {
		add(c.app.id+" "+c.me.id, "x-rate-limit-", q.User, quarter)
		add(c.app.id+" "+c.me.id, "x-user-limit-24hour-", q.UserDay, day)
	} else {
		add(c.app.id, "x-rate-limit-", q.App, quarter)
	}
	add(c.app.id, "x-app-limit-24hour-", q.AppDay, day)
	return out
}

// draw counts a request against every budget. If one was spent, it counts
// against none, and ok is false.
func (s *Server) draw(c *call) (headers map[string]string, ok bool) {
	headers = make(map[string]string)
	if s.opts.NoQuotas {
		return headers, true
	}
	ok = true
	budgets := s.budgets(c)
	for _, b := range budgets {
		if w := s.window(b); w.used >= b.limit {
			ok = false
		}
	}
	for _, b := range budgets {
		w := s.window(b)
		if ok {
			w.used++
		}
		headers[b.header+"limit"] = strconv.Itoa(b.limit)
		headers[b.header+"remaining"] = strconv.Itoa(b.limit - w.used)
		headers[b.header+"reset"] = strconv.FormatInt(w.from.Add(b.length).Unix(), 10)
	}
	return headers, ok
}

// window returns the window that b is in. It begins at a whole second, because
// headers tell its end in whole seconds and must not promise too early an end.
func (s *Server) window(b budget) *window {
	w := s.windows[b.key]
	if w == nil || !s.now().Before(w.from.Add(b.length)) {
		w = &window{from: s.now().Truncate(time.Second)}
		s.windows[b.key] = w
	}
	return w
}

func tooMany() reply {
	return problem(http.StatusTooManyRequests, "rate-limit-exceeded", "Too Many Requests", "Too Many Requests")
}

// throttled refuses for lack of quota by order of the fault script.
func (s *Server) throttled(w http.ResponseWriter) {
	r := tooMany()
	r.header = map[string]string{
		"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0",
		"x-rate-limit-reset": strconv.FormatInt(s.now().Add(5*time.Minute).Unix(), 10),
	}
	s.write(w, r)
}
