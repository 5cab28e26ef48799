package httpx

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	"github.com/smmkit/smmkit/smm"
)

// bucket is pacing: tokens that refill. A bucket of size b with rate r admits
// b + r*T in a window T, so b = 5 % of the limit and r = (limit-b)/T never go
// beyond the limit while using 95 % and more of it.
type bucket struct {
	limit    int64
	window   time.Duration
	burst    int64
	inFlight int64
	tokens   *rate.Limiter
	penalty  penalty
}

func bucketBurst(lim smm.QuotaLimit) int64 {
	b := lim.Burst
	if b == 0 {
		b = lim.Limit / 20
	}
	return min(max(b, 1), lim.Limit)
}

func newBucket(lim smm.QuotaLimit) *bucket {
	m := &bucket{limit: lim.Limit, window: lim.Window, burst: bucketBurst(lim)}
	m.tokens = rate.NewLimiter(m.rate(), int(m.burst))
	return m
}

func (m *bucket) rate() rate.Limit {
	// With one token each, the next comes a whole window after the last.
	n := max(m.limit-m.burst, 1)
	return rate.Limit(float64(n) / m.window.Seconds())
}

func (m *bucket) wait(now time.Time, cost, keep int64) time.Duration {
	if m.penalty.steps > 0 && !m.penalty.until.After(now) {
		m.penalty = penalty{}
		m.tokens.SetLimitAt(now, m.rate())
	}
	keep = max(min(keep, m.burst-cost), 0)
	missing := float64(cost+keep) - m.tokens.TokensAt(now)
	if missing <= 1e-9 {
		return 0
	}
	return time.Duration(math.Ceil(missing/float64(m.tokens.Limit())*1e6)) * time.Microsecond
}

func (m *bucket) take(now time.Time, cost int64) {
	m.inFlight += cost
	m.spend(now, cost)
}

// spend takes tokens; a negative n gives them back, up to the burst.
func (m *bucket) spend(now time.Time, n int64) {
	if n <= m.burst {
		m.tokens.AllowN(now, int(n))
	}
}

func (m *bucket) giveBack(now time.Time, cost int64) {
	m.inFlight -= cost
	m.spend(now, -cost)
}

func (m *bucket) settle(_ time.Time, cost int64) { m.inFlight -= cost }

func (m *bucket) adopt(now time.Time, s smm.QuotaState) {
	if s.Remaining < 0 {
		return
	}
	have := m.tokens.TokensAt(now)
	if over := int64(math.Floor(have)) - max(s.Remaining-m.inFlight, 0); over > 0 {
		m.spend(now, over)
	}
}

func (m *bucket) punish(now time.Time) {
	m.penalty.add(now, now.Add(m.window))
	m.tokens.SetLimitAt(now, m.rate()*rate.Limit(1-float64(m.penalty.steps)/10))
	if n := int64(m.tokens.TokensAt(now)); n > 0 {
		m.spend(now, n)
	}
}

func (m *bucket) left(now time.Time) (int64, time.Time) {
	return int64(m.tokens.TokensAt(now)), time.Time{}
}

func (m *bucket) idle(now time.Time) bool {
	return m.inFlight == 0 && m.tokens.TokensAt(now) >= float64(m.burst) && !m.penalty.until.After(now)
}
