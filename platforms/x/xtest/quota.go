package xtest

import (
	"maps"
	"net/http"
	"slices"
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

// Charge is what a call cost.
type Charge struct {
	Op     string // "POST /2/tweets"; "webhook" for delivered events
	Kind   string // of Prices
	Units  int    // resources, after those that were paid for the same day
	Micros int64  // millionths of a US dollar
	At     time.Time
}

// cost is what a call will be charged for: one thing, or one resource that is
// read, which costs once a day.
type cost struct {
	kind string
	id   string
	own  bool // of the developer, who asks
}

var prices = map[string]int64{
	"post.read": 5000, "user.read": 10000, "dm.read": 10000, "follow.read": 10000,
	"like.read": 1000, "mute.read": 1000, "block.read": 1000, "own.read": 1000,
	"post.create": 15000, "post.create.url": 200000, "reply.summoned": 10000, "dm.create": 15000,
	"interaction": 15000, "interaction.delete": 10000, "content.manage": 5000, "media.metadata": 5000,
	"bookmark": 5000, "counts": 5000, "event.post": 5000, "event.follow": 10000, "event.dm": 10000,
}

// Prices are what things cost on the self-serve tier, in millionths of a US
// dollar, by Charge.Kind.
func Prices() map[string]int64 { return maps.Clone(prices) }

// bill charges the app of a call.
func (s *Server) bill(c *call, costs []cost) { s.charge(c.app, c.route.pattern, costs) }

func (s *Server) charge(a *app, op string, costs []cost) {
	now := s.now()
	today, units := now.Format(time.DateOnly), map[string]int{}
	var kinds []string
	for _, k := range costs {
		if k.own {
			k.kind = "own.read"
		}
		if k.id != "" {
			slot := k.kind + " " + k.id
			if a.readOn[slot] == today {
				continue
			}
			a.readOn[slot] = today
		}
		if units[k.kind] == 0 {
			kinds = append(kinds, k.kind)
		}
		units[k.kind]++
		if k.kind == "post.read" || k.kind == "own.read" {
			a.countRead(now)
		}
	}
	for _, kind := range kinds {
		ch := Charge{Op: op, Kind: kind, Units: units[kind], At: now}
		if a.tier == SelfServe {
			ch.Micros = int64(units[kind]) * prices[kind]
		}
		a.credits -= ch.Micros
		a.charges = append(a.charges, ch)
	}
}

func (a *app) countRead(now time.Time) {
	if m := now.Format("2006-01"); a.readsIn != m {
		a.readsIn, a.reads = m, 0
	}
	a.reads++
}

// broke refuses the calls of an app that has nothing left to pay with, or has
// read all that it may this month.
func (s *Server) broke(a *app) *reply {
	if a.tier == SelfServe && a.prepaid && a.credits <= 0 {
		if s.opts.CreditsCap {
			r := capped()
			return &r
		}
		r := problem(http.StatusPaymentRequired, "credits", "CreditsDepleted", "Your enrolled account does not have any credits to fulfill this request.")
		return &r
	}
	if a.readsIn == s.now().Format("2006-01") && a.reads >= s.opts.MonthlyReads {
		r := capped().with("period", "Monthly")
		return &r
	}
	return nil
}

func capped() reply {
	return problem(http.StatusTooManyRequests, "usage-capped", "UsageCapExceeded", "Usage cap exceeded").with("scope", "Product")
}

// Charges returns what the app of NewAccount's tokens was charged.
func (s *Server) Charges() []Charge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.app.charges)
}

// Spent sums up Charges.
func (s *Server) Spent() (micros int64) {
	for _, c := range s.Charges() {
		micros += c.Micros
	}
	return micros
}

// Balance returns the credits that are left; it can be below zero by what the
// last call cost.
func (s *Server) Balance() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.app.credits
}

// AddCredits pays ahead, in millionths of a US dollar.
func (s *Server) AddCredits(micros int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.prepaid = true
	s.app.credits += micros
}

// SetOwner makes an account the developer of the app, who reads own data for
// less.
func (s *Server) SetOwner(handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.owner = s.person(handle)
}

// owns reports whether a user reads own data with an app of its own.
func (c *call) owns(u *user) bool { return c.me != nil && c.me == u && c.app.owner == u }

// usage reports consumption of posts in this month.
func (s *Server) usage(c *call) reply {
	days, refused := c.number("days", 7, 1, 90)
	if refused != nil {
		return *refused
	}
	since := s.now().AddDate(0, 0, -days)
	perDay := map[string]int{}
	var order []string
	for _, ch := range c.app.charges {
		if (ch.Kind != "post.read" && ch.Kind != "own.read") || ch.At.Before(since) {
			continue
		}
		d := ch.At.Truncate(day).Format("2006-01-02T15:04:05.000Z")
		if !slices.Contains(order, d) {
			order = append(order, d)
		}
		perDay[d] += ch.Units
	}
	usage := []object{}
	for _, d := range order {
		usage = append(usage, object{"date": d, "usage": strconv.Itoa(perDay[d])})
	}
	used := 0
	if c.app.readsIn == s.now().Format("2006-01") {
		used = c.app.reads
	}
	full := object{
		"cap_reset_day": 1, "project_cap": strconv.Itoa(s.opts.MonthlyReads), "project_id": "1", "project_usage": strconv.Itoa(used),
		"daily_project_usage":    object{"project_id": "1", "usage": usage},
		"daily_client_app_usage": []object{{"client_app_id": c.app.id, "usage": usage, "usage_result_count": len(usage)}},
	}
	out := object{}
	fields := append([]string{"cap_reset_day", "project_cap", "project_id", "project_usage"}, c.list("usage.fields")...)
	for _, f := range fields {
		v, known := full[f]
		if !known {
			return wrongValue("usage.fields", f, "is not known")
		}
		out[f] = v
	}
	return data(out)
}
