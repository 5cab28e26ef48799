package threadstest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// account is somebody, under test or of the public.
type account struct {
	id, username, name, bio string
	token                   string // of one under test
	followers               map[string]bool
	views                   []time.Time
	clicks                  map[string]int // by address
	spent                   map[string][]time.Time
}

func (a *account) own() bool { return a.token != "" }

// thread is a post, reply or repost.
type thread struct {
	id, shortcode, text, kind   string
	author                      *account
	at                          time.Time
	media                       *asset
	children                    []*thread
	parent, root, quote, facade *thread
	likes                       map[string]time.Time
	views                       int
	topic, link, control        string
	poll                        []string
	location                    string
	spoiler, ghost              bool
	gone, hidden                bool
	waiting                     string // "pending" or "ignored" where replies wait for approval
	approvals                   bool
}

// asset is something that was fetched.
type asset struct{ url, sum, alt string }

// container is what is going to be a thread.
type container struct {
	id        string
	owner     *account
	kind      string
	made      time.Time
	ready     time.Time
	failure   string
	item      bool
	published bool
	items     []*container // of a carousel
	draft     *thread
}

const (
	day           = 24 * time.Hour
	containerLife = day
)

func (c *container) status(now time.Time) string {
	switch {
	case c.published:
		return "PUBLISHED"
	case !now.Before(c.made.Add(containerLife)):
		return "EXPIRED"
	case now.Before(c.ready):
		return "IN_PROGRESS"
	case c.failure != "":
		return "ERROR"
	}
	return "FINISHED"
}

func (t *thread) permalink() string {
	return "https://www.threads.com/@" + t.author.username + "/post/" + t.shortcode
}

// visible reports whether the public sees it.
func (t *thread) visible(now time.Time) bool {
	return !t.gone && t.waiting == "" && (!t.ghost || now.Before(t.at.Add(day)))
}

func (t *thread) top() *thread {
	if t.root != nil {
		return t.root
	}
	return t
}

// spend takes one of a budget, and reports whether there was one.
func (a *account) spend(budget string, limit int, now time.Time) bool {
	if limit < 0 {
		return true
	}
	if a.used(budget, now) >= limit {
		return false
	}
	a.spent[budget] = append(a.spent[budget], now)
	return true
}

func (a *account) used(budget string, now time.Time) int {
	a.spent[budget] = slices.DeleteFunc(a.spent[budget], func(t time.Time) bool { return !now.Before(t.Add(day)) })
	return len(a.spent[budget])
}

// person returns an account by its name, nil if there is none.
func (s *Server) person(username string) *account {
	return s.people[strings.ToLower(strings.TrimPrefix(username, "@"))]
}

// publish makes t public. at is its time.
func (s *Server) publish(t *thread, id string) {
	t.id, t.at, t.likes = id, s.now(), make(map[string]time.Time)
	n, _ := strconv.ParseInt(id, 10, 64)
	t.shortcode = "D" + strings.ToUpper(strconv.FormatInt(n*7919, 36))
	if t.parent != nil {
		t.root = t.parent.top()
	}
	s.threads[id] = t
	s.order = append(s.order, t)
	if t.root != nil && t.root.approvals && t.author != t.root.author {
		t.waiting = "pending"
	}
	if t.kind != "REPOST_FACADE" && t.waiting == "" {
		s.record(t)
	}
	s.tell(t)
}

// record tells the ledger what became visible.
func (s *Server) record(t *thread) {
	item := sim.Item{Platform: Platform, Account: t.author.username, Text: t.text, ID: t.id, URL: t.permalink(), At: t.at, Visitor: !t.author.own()}
	if t.parent != nil {
		item.Parent = t.parent.id
	}
	if t.media != nil {
		item.Media = append(item.Media, t.media.sum)
	}
	for _, c := range t.children {
		item.Media = append(item.Media, c.media.sum)
	}
	s.world.Ledger.Add(item)
}

// newest lists what fits, the newest first, without what lists do not show yet.
func (s *Server) newest(fits func(*thread) bool) []*thread {
	var out []*thread
	now := s.now()
	for _, t := range slices.Backward(s.order) {
		if !t.gone && !now.Before(t.at.Add(s.opts.ListLag)) && fits(t) {
			out = append(out, t)
		}
	}
	return out
}

// names reports whether a text mentions a user.
func names(text, username string) bool {
	text, at := strings.ToLower(text), "@"+strings.ToLower(username)
	for from := 0; ; {
		i := strings.Index(text[from:], at)
		if i < 0 {
			return false
		}
		from += i + len(at)
		if from == len(text) || !strings.ContainsAny(text[from:from+1], "abcdefghijklmnopqrstuvwxyz0123456789_.") || strings.HasSuffix(at, ".") {
			return true
		}
	}
}
