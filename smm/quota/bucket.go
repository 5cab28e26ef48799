package quota

import (
	"math"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// bucket is pacing: tokens that refill. A bucket of size b with rate r admits
// b + r*T in a window T, so b = 5 % of the limit and r = (limit-b)/T never go
// beyond the limit while using 95 % and more of it. Where clocks differ by a
// margin, T may look longer by that much, so r is smaller.
//
// Its state is one instant: when it was, or will be, empty.
type bucket struct {
	Empty   time.Time `json:"empty,omitzero"`
	Penalty penalty   `json:"penalty,omitzero"`

	limit    int64
	window   time.Duration
	margin   time.Duration
	burst    int64
	inFlight int64
}

func bucketBurst(lim smm.QuotaLimit) int64 {
	b := lim.Burst
	if b == 0 {
		b = lim.Limit / 20
	}
	return min(max(b, 1), lim.Limit)
}

func newBucket(lim smm.QuotaLimit, margin time.Duration) *bucket {
	return &bucket{limit: lim.Limit, window: lim.Window, margin: margin, burst: bucketBurst(lim)}
}

// rate is in tokens for each nanosecond.
func (m *bucket) rate(now time.Time) float64 {
	// With one token each, the next comes a whole window after the last.
	n := float64(max(m.limit-m.burst, 1))
	if m.Penalty.Until.After(now) {
		n *= 1 - float64(m.Penalty.Steps)/10
	}
	return n / float64(m.window+m.margin)
}

func (m *bucket) tokens(now time.Time) float64 {
	if m.Empty.IsZero() {
		return float64(m.burst)
	}
	return min(float64(now.Sub(m.Empty))*m.rate(now), float64(m.burst))
}

func (m *bucket) free(now time.Time) int64 {
	return int64(math.Floor(m.tokens(now)+1e-6)) - m.inFlight
}

func (m *bucket) relief(now time.Time, cost, keep int64) (time.Duration, bool) {
	keep = max(min(keep, m.burst-cost), 0)
	missing := float64(cost+keep+m.inFlight) - m.tokens(now)
	if missing <= 1e-6 {
		return 0, false
	}
	return time.Duration(math.Ceil(missing/m.rate(now)/1e3)) * time.Microsecond, false
}

func (m *bucket) hold(n int64) { m.inFlight += n }

func (m *bucket) spend(at time.Time, cost int64, _ bool) {
	r := m.rate(at)
	if full := at.Add(-time.Duration(float64(m.burst) / r)); m.Empty.Before(full) {
		m.Empty = full.UTC()
	}
	m.Empty = m.Empty.Add(time.Duration(math.Ceil(float64(cost) / r)))
}

func (m *bucket) adopt(at, _ time.Time, s smm.QuotaState) {
	if s.Remaining < 0 {
		return
	}
	if over := int64(m.tokens(at)) - s.Remaining; over > 0 {
		m.spend(at, over, true)
	}
}

func (m *bucket) punish(now time.Time) {
	m.Penalty.add(now, now.Add(m.window))
	if m.Empty.Before(now) {
		m.Empty = now.UTC()
	}
}

func (m *bucket) left(now time.Time) smm.QuotaState {
	return smm.QuotaState{Limit: m.limit, Remaining: max(m.free(now), 0), Percent: -1}
}

func (m *bucket) size() int64 { return m.burst }

// shortfall: tokens come as fast as all shares together.
func (m *bucket) shortfall(time.Time, int64) int64 { return 0 }

func (m *bucket) idle(now time.Time) bool {
	return m.inFlight == 0 && m.tokens(now) >= float64(m.burst) && !m.Penalty.Until.After(now)
}

func (m *bucket) checked() error { return m.Penalty.checked() }
