package blueskytest

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// window is a fixed window that begins with its first request.
type window struct {
	used  int64
	reset time.Time
}

// charge is the cost of a request in one limit.
type charge struct {
	key     string
	limit   int64
	seconds int64
	points  int64
}

// spend takes the charges and writes the headers of the tightest limit. A
// request that does not fit is refused; as in the reference implementation its
// points are taken all the same.
func (s *Server) spend(c *call, charges ...charge) error {
	now := s.now()
	refused := false
	for _, ch := range charges {
		key := ch.key
		if key == "ip" {
			host, _, _ := net.SplitHostPort(c.r.RemoteAddr)
			key += "/" + host
		}
		w := s.limits[key]
		if w == nil || !now.Before(w.reset) {
			w = &window{reset: now.Add(time.Duration(ch.seconds) * time.Second)}
			s.limits[key] = w
		}
		w.used += ch.points
		left := max(ch.limit-w.used, 0)
		if tightest(c.w.Header(), left) {
			limitHeaders(c.w.Header(), ch.limit, left, ch.seconds, w.reset)
		}
		refused = refused || w.used > ch.limit
	}
	if refused {
		return fail(429, "RateLimitExceeded", "Rate Limit Exceeded")
	}
	return nil
}

func tightest(h http.Header, left int64) bool {
	have, err := strconv.ParseInt(h.Get("RateLimit-Remaining"), 10, 64)
	return err != nil || left < have
}

func limitHeaders(h http.Header, limit, left, seconds int64, reset time.Time) {
	h.Set("RateLimit-Limit", strconv.FormatInt(limit, 10))
	h.Set("RateLimit-Remaining", strconv.FormatInt(left, 10))
	h.Set("RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("RateLimit-Policy", fmt.Sprintf("%d;w=%d", limit, seconds))
}

// spendWrites charges write points of the account.
func (s *Server) spendWrites(c *call, points int64) error {
	return s.spend(c,
		charge{"repo-write-hour/" + c.me.did, s.opts.WritePointsHour, 3600, points},
		charge{"repo-write-day/" + c.me.did, s.opts.WritePointsDay, 86400, points})
}

// throttled answers an injected throttle.
func (s *Server) throttled(w http.ResponseWriter, _ *http.Request) {
	throttle(w, s.opts.WritePointsHour, s.now().Add(time.Minute))
}

// throttle says that the write points of the hour are spent.
func throttle(w http.ResponseWriter, limit int64, reset time.Time) {
	limitHeaders(w.Header(), limit, 0, 3600, reset)
	writeFault(w, fail(429, "RateLimitExceeded", "Rate Limit Exceeded"))
}
