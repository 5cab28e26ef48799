package threadstest

import (
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/platforms/internal/meta/metatest"
)

func metric(name, period, id string) object {
	return object{"name": name, "period": period, "title": name, "description": "The number of " + name + ".", "id": id + "/insights/" + name + "/" + period}
}

// threadInsights answers numbers of an own post; those of reposts and of answers
// to answers are empty.
func (s *Server) threadInsights(c *call) metatest.Reply {
	if r, ok := c.only("metric"); !ok {
		return r
	}
	t := s.seen(c.Node.ID)
	switch {
	case t == nil:
		return metatest.Fail(metatest.NotFound(c.Node.ID))
	case t.author != c.me:
		return denied()
	}
	data := []object{}
	for _, name := range strings.Split(c.Get("metric"), ",") {
		n, ok := s.countOf(t, name)
		if !ok {
			return failure(100, 0, "Param metric is invalid")
		}
		if t.facade != nil || t.parent != nil && t.parent != t.root {
			continue
		}
		o := metric(name, "lifetime", t.id)
		o["values"] = []object{{"value": n}}
		data = append(data, o)
	}
	return metatest.OK(object{"data": data})
}

func (s *Server) countOf(t *thread, name string) (int, bool) {
	count := func(fits func(*thread) bool) int {
		n := 0
		for _, o := range s.order {
			if o.visible(s.now()) && fits(o) {
				n++
			}
		}
		return n
	}
	switch name {
	case "views":
		return t.views, true
	case "likes":
		return len(t.likes), true
	case "replies":
		return count(func(o *thread) bool { return o.parent == t }), true
	case "reposts":
		return s.reposts(t, nil), true
	case "quotes":
		return count(func(o *thread) bool { return o.quote == t }), true
	case "shares":
		return 0, true
	}
	return 0, false
}

// userInsights answers numbers of the account.
func (s *Server) userInsights(c *call) metatest.Reply {
	if r, ok := c.only("metric", "since", "until", "breakdown"); !ok {
		return r
	}
	from, to := time.Unix(c.Number("since", s.now().Add(-day).Unix()), 0), time.Unix(c.Number("until", s.now().Unix()), 0)
	timed := c.Get("since") != "" || c.Get("until") != ""
	if timed && from.Unix() < 1712991600 || !from.Before(to) {
		return failure(100, 0, "Param since is invalid")
	}
	data := []object{}
	for _, name := range strings.Split(c.Get("metric"), ",") {
		o := metric(name, "day", c.me.id)
		switch name {
		case "views":
			o["values"] = s.daily(c.me, from, to)
		case "likes", "replies", "reposts", "quotes":
			o["total_value"] = object{"value": s.total(c.me, name, from, to)}
		case "clicks":
			links := []object{}
			for _, address := range sortedKeys(c.me.clicks) {
				links = append(links, object{"value": c.me.clicks[address], "link_url": address})
			}
			o["link_total_values"] = links
		case "followers_count", "follower_demographics":
			if timed {
				return failure(100, 0, "since and until are not supported with "+name)
			}
			if name == "followers_count" {
				o["total_value"] = object{"value": len(c.me.followers)}
				break
			}
			split, fault := demographics(c)
			if fault != nil {
				return *fault
			}
			o["total_value"] = split
		default:
			return failure(100, 0, "Param metric is invalid")
		}
		data = append(data, o)
	}
	return metatest.OK(object{"data": data})
}

func demographics(c *call) (object, *metatest.Reply) {
	by := c.Get("breakdown")
	values := map[string][]string{"country": {"DE", "US"}, "city": {"Berlin, Germany"}, "age": {"25-34"}, "gender": {"F", "M", "U"}}[by]
	if values == nil || len(c.me.followers) < 100 {
		return nil, refuse(failure(100, 0, "Param breakdown is invalid, or there are too few followers"))
	}
	results, left := []object{}, len(c.me.followers)
	for i, v := range values {
		n := left / (len(values) - i)
		left -= n
		results = append(results, object{"dimension_values": []string{v}, "value": n})
	}
	return object{"breakdowns": []object{{"dimension_keys": []string{by}, "results": results}}}, nil
}

func (s *Server) daily(a *account, from, to time.Time) []object {
	out := []object{}
	for at := from; at.Before(to); at = at.Add(day) {
		end := at.Add(day)
		if end.After(to) {
			end = to
		}
		n := 0
		for _, v := range a.views {
			if !v.Before(at) && v.Before(end) || v.Equal(to) && end.Equal(to) {
				n++
			}
		}
		if n > 0 || len(out) == 0 { // days without views are left out, but for the first
			out = append(out, object{"value": n, "end_time": stamp(end)})
		}
	}
	return out
}

func (s *Server) total(a *account, name string, from, to time.Time) int {
	within := func(t time.Time) bool { return !t.Before(from) && !t.After(to) }
	n := 0
	for _, t := range s.order {
		switch {
		case !t.visible(s.now()):
		case name == "likes" && t.author == a:
			for _, at := range t.likes {
				if within(at) {
					n++
				}
			}
		case name == "replies" && t.parent != nil && t.parent.author == a && t.parent == t.root && within(t.at),
			name == "reposts" && t.facade != nil && t.facade.author == a && within(t.at),
			name == "quotes" && t.quote != nil && t.quote.author == a && within(t.at):
			n++
		}
	}
	return n
}

func sortedKeys(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
