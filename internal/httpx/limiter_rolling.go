package httpx

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// inFlightWait is the wait when only unanswered requests stand in the way:
// about one round trip.
const inFlightWait = 50 * time.Millisecond

// rolling is "no more than limit in any window", as a log of what was spent.
//
// The platform counts a request somewhere between our grant and its answer. It
// is in flight until the answer and stamped with the answer's time, so that it
// leaves our window no earlier than the platform's: that is why no clock
// difference can cause a 429. Costs that follow closely share a stamp, the
// later one, which bounds the log at some 256 entries.
type rolling struct {
	limit    int64
	window   time.Duration
	inFlight int64
	log      []spent
	sum      int64
	penalty  penalty
}

type spent struct {
	from, at time.Time // of the first and the last cost in it
	cost     int64
}

func newRolling(limit int64, window time.Duration) *rolling {
	return &rolling{limit: limit, window: window}
}

func (m *rolling) expire(now time.Time) {
	n := 0
	for n < len(m.log) && !now.Before(m.log[n].at.Add(m.window)) {
		m.sum -= m.log[n].cost
		n++
	}
	if n > 0 {
		m.log = append(m.log[:0], m.log[n:]...)
	}
}

func (m *rolling) free(now time.Time) int64 {
	m.expire(now)
	return m.limit - m.penalty.of(now, m.limit) - m.sum - m.inFlight
}

func (m *rolling) wait(now time.Time, cost, keep int64) time.Duration {
	need := cost + keep - m.free(now)
	if need <= 0 {
		return 0
	}
	for _, s := range m.log {
		if need -= s.cost; need <= 0 {
			return s.at.Add(m.window).Sub(now)
		}
	}
	if m.inFlight == 0 { // more than the platform's headers say there ever is
		return m.window
	}
	return inFlightWait
}

func (m *rolling) take(_ time.Time, cost int64)     { m.inFlight += cost }
func (m *rolling) giveBack(_ time.Time, cost int64) { m.inFlight -= cost }

func (m *rolling) settle(at time.Time, cost int64) {
	m.inFlight -= cost
	m.spend(at, cost)
}

func (m *rolling) spend(at time.Time, cost int64) {
	m.sum += cost
	if n := len(m.log); n > 0 && at.Sub(m.log[n-1].from) < m.window/256 {
		m.log[n-1].cost += cost
		m.log[n-1].at = at
		return
	}
	m.log = append(m.log, spent{at, at, cost})
}

// adopt adds what others spent of the same budget: what the platform counted
// beyond all that we know of.
func (m *rolling) adopt(at time.Time, s smm.QuotaState) {
	if s.Limit > 0 {
		m.limit = s.Limit
	}
	if s.Remaining < 0 {
		return
	}
	m.expire(at)
	if foreign := m.limit - s.Remaining - m.sum - m.inFlight; foreign > 0 {
		m.spend(at, foreign)
	}
}

func (m *rolling) punish(now time.Time) { m.penalty.add(now, now.Add(m.window)) }

func (m *rolling) left(now time.Time) (int64, time.Time) {
	n := m.free(now)
	if len(m.log) == 0 {
		return n, time.Time{}
	}
	return n, m.log[0].at.Add(m.window)
}

func (m *rolling) idle(now time.Time) bool {
	m.expire(now)
	return m.inFlight == 0 && len(m.log) == 0 && !m.penalty.until.After(now)
}

// penalty makes a model smaller after a 429 that it should have prevented, by
// a tenth for each, until a time.
type penalty struct {
	steps int
	until time.Time
}

func (p *penalty) add(now, until time.Time) {
	if !p.until.After(now) {
		p.steps = 0
	}
	p.steps, p.until = min(p.steps+1, 5), until
}

func (p *penalty) of(now time.Time, limit int64) int64 {
	if !p.until.After(now) {
		return 0
	}
	return min(limit*int64(p.steps)/10, limit-1)
}
