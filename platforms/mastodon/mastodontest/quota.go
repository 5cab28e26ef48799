package mastodontest

import (
	"net/http"
	"strconv"
	"time"
)

type window struct {
	from time.Time
	used int
}

// family is a budget that a request draws on.
type family struct {
	name  string
	quota Quota
}

func (s *Server) families(r *route) []family {
	q := s.opts.Quotas
	out := []family{{"requests", q.Requests}}
	switch r.budget {
	case budgetMedia:
		out = append(out, family{"media", q.Media})
	case budgetDelete:
		out = append(out, family{"delete", q.Delete})
	case budgetStatuses:
		out = append(out, family{"statuses", q.Statuses})
	case budgetFollows:
		out = append(out, family{"follows", q.Follows})
	case budgetReports:
		out = append(out, family{"reports", q.Reports})
	}
	return out
}

// charge draws on every family and returns the headers to send. If one is
// spent, ok is false and reset says until when.
func (s *Server) charge(who string, families []family) (headers map[string]string, reset time.Time, ok bool) {
	now, ok := s.now(), true
	var show family
	var left int
	for _, f := range families {
		if f.quota.Limit < 0 || f.quota.Window <= 0 {
			continue
		}
		key := who + " " + f.name
		from := now.Truncate(f.quota.Window)
		w := s.windows[key]
		if w == nil || !w.from.Equal(from) {
			w = &window{from: from}
			s.windows[key] = w
		}
		w.used++
		rest := f.quota.Limit - w.used
		if rest < 0 {
			ok = false
		}
		// The headers tell of the budget nearest to its end, and on a method with
		// a family of its own, of that family.
		if show.name == "" || rest < left || f.name == "statuses" {
			show, left, reset = f, rest, from.Add(f.quota.Window)
		}
	}
	if show.name == "" {
		return nil, reset, true
	}
	return map[string]string{
		"X-RateLimit-Limit":     strconv.Itoa(show.quota.Limit),
		"X-RateLimit-Remaining": strconv.Itoa(max(left, 0)),
		"X-RateLimit-Reset":     reset.UTC().Format("2006-01-02T15:04:05.000000Z"),
	}, reset, ok
}

// throttled refuses for lack of quota: Mastodon with the time of the reset and
// without Retry-After, GoToSocial when overloaded with Retry-After.
func (s *Server) throttled(w http.ResponseWriter, reset time.Time) {
	r := fail(http.StatusTooManyRequests, errThrottle)
	r.header = map[string]string{
		"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset": reset.UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
	write(w, r, nil)
}
