package httpx

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// MaxRetryAfter is the longest wait that is believed: a year of Retry-After is
// a mistake of the server, and must not stop a channel for a year.
const MaxRetryAfter = 24 * time.Hour

// ParseRetryAfter reads a Retry-After value (RFC 9110 section 10.2.3): whole or
// decimal seconds, or an HTTP date, which is taken relative to date, the
// answer's own Date header, if that is not zero, and to now otherwise. The wait
// is within [0, MaxRetryAfter]; negative and past values give 0. ok is false
// for what is neither form.
func ParseRetryAfter(value string, now, date time.Time) (wait time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > 64 {
		return 0, false
	}
	if c := value[0]; c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9') {
		secs, err := strconv.ParseFloat(value, 64)
		if err != nil && !math.IsInf(secs, 0) || math.IsNaN(secs) || strings.ContainsAny(value, "xXpP_") {
			return 0, false
		}
		return clampSeconds(secs, MaxRetryAfter), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if !date.IsZero() {
		now = date
	}
	return min(max(at.Sub(now), 0), MaxRetryAfter), true
}

func clampSeconds(secs float64, limit time.Duration) time.Duration {
	if secs <= 0 {
		return 0
	}
	if secs >= limit.Seconds() {
		return limit
	}
	return time.Duration(math.Ceil(secs*1000)) * time.Millisecond
}

// RateInfo is what the rate headers of an answer say. Limit and Remaining are
// -1 and Reset and Window zero where a header is missing or unreadable.
type RateInfo struct {
	Limit     int64
	Remaining int64
	Reset     time.Time // by the local clock
	Window    time.Duration
}

// State is info as a report about key.
func (info RateInfo) State(key smm.QuotaKey) smm.QuotaState {
	return smm.QuotaState{Key: key, Limit: info.Limit, Remaining: info.Remaining, Percent: -1, Reset: info.Reset}
}

// rateFamilies are the header families in use, in order of preference. All
// names are in canonical form.
var rateFamilies = [...]struct{ limit, remaining, reset, policy string }{
	{"Ratelimit-Limit", "Ratelimit-Remaining", "Ratelimit-Reset", "Ratelimit-Policy"},
	{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", ""},
	{"X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset", ""},
}

// ParseRateHeaders reads RateLimit-* (draft-ietf-httpapi-ratelimit-headers
// before version 8, as Bluesky sends it), X-RateLimit-* and X-Rate-Limit-*. A
// reset may be an epoch in seconds, a delta in seconds or an ISO 8601 time
// (Mastodon); instants are corrected by the answer's Date header for clocks
// that differ. now is when the answer arrived. ok is false if no family is
// there.
func ParseRateHeaders(h http.Header, now time.Time) (info RateInfo, ok bool) {
	for i := range rateFamilies {
		f := &rateFamilies[i]
		remaining, limit := first(h, f.remaining), first(h, f.limit)
		if remaining == "" && limit == "" {
			continue
		}
		info = RateInfo{Limit: parseCount(limit), Remaining: parseCount(remaining)}
		info.Reset = parseReset(first(h, f.reset), now, serverDate(h))
		if f.policy != "" {
			info.Window = parsePolicyWindow(first(h, f.policy))
		}
		if info.Limit < 0 && info.Remaining < 0 {
			continue
		}
		return info, true
	}
	return RateInfo{Limit: -1, Remaining: -1}, false
}

func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// parseCount reads a whole number; list forms ("100, 100;w=60") give their
// first member.
func parseCount(s string) int64 {
	if i := strings.IndexAny(s, ",;"); i >= 0 {
		s = s[:i]
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1e15 {
		return -1
	}
	return int64(f)
}

// serverSkew is added to instants of a server whose clock is not known.
const serverSkew = 2 * time.Second

// epochFloor separates deltas from instants: no window is 15 years long, and
// the clock of a test bubble stands at the year 2000.
const epochFloor = 500_000_000

// maxReset bounds how far off a reset is believed: the longest window of a
// vendor is a month.
const maxReset = 31 * 24 * time.Hour

func parseReset(s string, now, date time.Time) time.Time {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 64 {
		return time.Time{}
	}
	var at time.Time
	if secs, err := strconv.ParseFloat(s, 64); err == nil {
		switch {
		case math.IsNaN(secs) || secs < 0:
			return time.Time{}
		case secs >= epochFloor*1000: // milliseconds
			secs /= 1000
			fallthrough
		case secs >= epochFloor:
			if secs > 1e11 {
				return time.Time{}
			}
			at = time.UnixMilli(int64(secs * 1000))
		default:
			return now.Add(clampSeconds(secs, maxReset))
		}
	} else if at, err = time.Parse(time.RFC3339Nano, s); err != nil {
		if at, err = http.ParseTime(s); err != nil {
			return time.Time{}
		}
	}
	return toLocal(at, now, date)
}

// toLocal moves an instant of the server's clock to ours. Date is cut to whole
// seconds and was written before now, so the result is late by up to a second
// and never early.
func toLocal(at, now, date time.Time) time.Time {
	if date.IsZero() {
		return earlier(at.Add(serverSkew), now.Add(maxReset))
	}
	return now.Add(min(at.Sub(date), maxReset))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func serverDate(h http.Header) time.Time {
	t, err := http.ParseTime(first(h, "Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

func parsePolicyWindow(s string) time.Duration {
	for part := range strings.SplitSeq(s, ";") {
		if w, ok := strings.CutPrefix(strings.TrimSpace(part), "w="); ok {
			if n, err := strconv.ParseInt(w, 10, 32); err == nil && n > 0 {
				return time.Duration(n) * time.Second
			}
		}
	}
	return 0
}

// waitFrom is how long an answer asks to wait: Retry-After, or the reset of a
// budget that a 429 says is spent.
func waitFrom(status int, h http.Header, now time.Time) time.Duration {
	if v := first(h, "Retry-After"); v != "" {
		if d, ok := ParseRetryAfter(v, now, serverDate(h)); ok {
			return d
		}
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	if info, ok := ParseRateHeaders(h, now); ok && info.Remaining <= 0 && !info.Reset.IsZero() {
		return min(max(info.Reset.Sub(now), 0), MaxRetryAfter)
	}
	return 0
}
