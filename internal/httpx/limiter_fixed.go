package httpx

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// fixed is "no more than limit until the reset, then anew".
//
// When the platform's window began is known from its headers alone. Until they
// told, and again when a whole window went by without them, the rolling log
// decides, which is safe for every alignment.
//
// Within a known window the platform's count never falls. So the smallest
// remaining seen is the truth about everything answered, in whatever order the
// answers came, and only requests in flight are to be taken off it. Counting
// those that it may already include would lose budget for good; counting from
// the latest answer alone would give it out twice.
type fixed struct {
	rolling

	known  bool
	heard  bool      // a header told about this window
	reset  time.Time // its end, if known
	lowest int64     // remaining, if known: the smallest seen, less what was answered without saying
}

func newFixed(limit int64, window time.Duration) *fixed {
	return &fixed{rolling: rolling{limit: limit, window: window}}
}

// roll opens the next window once the known one is over.
func (m *fixed) roll(now time.Time) {
	if !m.known || now.Before(m.reset) {
		return
	}
	if !m.heard || !now.Before(m.reset.Add(m.window)) {
		m.known = false
		return
	}
	// Windows follow each other or begin with the next request; either way this
	// one does not end before then.
	m.reset, m.lowest, m.heard = m.reset.Add(m.window), m.limit, false
	m.penalty = penalty{}
}

func (m *fixed) wait(now time.Time, cost, keep int64) time.Duration {
	m.roll(now)
	if !m.known {
		return m.rolling.wait(now, cost, keep)
	}
	free := m.lowest - m.penalty.of(now, m.limit)
	switch {
	case cost+keep <= free-m.inFlight:
		return 0
	case cost+keep <= free: // an answer may tell that there is room
		return min(inFlightWait, m.reset.Sub(now))
	}
	return m.reset.Sub(now)
}

func (m *fixed) settle(at time.Time, cost int64) {
	m.roll(at)
	m.rolling.settle(at, cost)
	if m.known && !m.heard {
		// The first answer of a window may be one without headers.
		m.lowest -= cost
	}
}

// adopt takes what a header says. A reset that is later by half a window is
// that of a new window, one that is earlier by as much is of an old one.
func (m *fixed) adopt(at time.Time, s smm.QuotaState) {
	m.rolling.adopt(at, s)
	m.roll(at)
	if s.Remaining < 0 || !s.Reset.After(at) {
		return
	}
	switch d := s.Reset.Sub(m.reset); {
	case !m.known || d > m.window/2:
		m.known, m.reset, m.lowest = true, s.Reset, s.Remaining
		m.penalty = penalty{}
	case d < -m.window/2:
		return
	default:
		m.lowest = min(m.lowest, s.Remaining)
		if d > 0 {
			m.reset = s.Reset
		}
	}
	m.heard = true
}

func (m *fixed) punish(now time.Time) {
	until := now.Add(m.window)
	if m.known {
		until = m.reset
	}
	m.penalty.add(now, until)
}

func (m *fixed) left(now time.Time) (int64, time.Time) {
	m.roll(now)
	if !m.known {
		return m.rolling.left(now)
	}
	return m.lowest - m.inFlight, m.reset
}

func (m *fixed) idle(now time.Time) bool {
	m.roll(now)
	return m.rolling.idle(now) && (!m.known || m.lowest >= m.limit)
}
