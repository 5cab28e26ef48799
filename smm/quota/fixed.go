package quota

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
// remaining seen is the truth about everything that it includes, in whatever
// order the answers came. To be taken off it are requests in flight, and those
// that were answered without a word about this budget, until an answer tells
// that was asked for after them. Taking off what it surely includes would lose
// budget for good; counting from the latest answer alone would give it out
// twice.
type fixed struct {
	rolling

	Known  bool      `json:"known,omitempty"`
	Heard  bool      `json:"heard,omitempty"`  // a header told about this window
	Reset  time.Time `json:"reset,omitzero"`   // its end, if known
	Lowest int64     `json:"lowest,omitempty"` // the smallest remaining told, if known
}

func newFixed(limit int64, window, margin, retain time.Duration) *fixed {
	return &fixed{rolling: *newRolling(limit, window, margin, retain)}
}

// usable reports whether windows are long enough to be told apart by clocks
// that differ.
func (m *fixed) usable() bool { return m.margin < m.window/4 }

// slack is how much earlier than we think a window may have begun, where an
// answer's Date is cut to seconds or missing.
func (m *fixed) slack() time.Duration { return min(3*time.Second+m.margin, m.window/4) }

// roll opens the next window once the known one is over on every clock.
func (m *fixed) roll(now time.Time) {
	over := m.Reset.Add(m.margin)
	if !m.Known || now.Before(over) {
		return
	}
	if !m.Heard || !now.Before(over.Add(m.window)) {
		m.Known = false
		return
	}
	// Windows follow each other or begin with the next request; either way this
	// one does not end before then.
	m.hush(m.Reset.Add(-m.slack()))
	m.Reset, m.Lowest, m.Heard = m.Reset.Add(m.window), m.Limit, false
	m.Penalty = penalty{}
}

// untaken is what is left of a known window beside what is in flight.
func (m *fixed) untaken(now time.Time) int64 {
	m.expire(now)
	return m.Lowest - m.quiet - m.Penalty.of(now, m.Limit)
}

func (m *fixed) free(now time.Time) int64 {
	m.roll(now)
	if !m.Known {
		return m.rolling.free(now)
	}
	return m.untaken(now) - m.inFlight
}

func (m *fixed) relief(now time.Time, cost, keep int64) (time.Duration, bool) {
	m.roll(now)
	if !m.Known {
		return m.rolling.relief(now, cost, keep)
	}
	n := m.untaken(now)
	if cost+keep <= n-m.inFlight {
		return 0, false
	}
	return m.Reset.Add(m.margin).Sub(now), cost+keep <= n
}

// adopt takes what a header says. A reset that is later by half a window is
// that of a new window, one that is earlier by as much is of an old one.
func (m *fixed) adopt(at, sent time.Time, s smm.QuotaState) {
	m.rolling.adopt(at, sent, s)
	m.roll(at)
	if s.Remaining < 0 || !s.Reset.After(at) || !m.usable() {
		return
	}
	switch d := s.Reset.Sub(m.Reset); {
	case !m.Known || d > m.window/2:
		m.Known, m.Reset, m.Lowest = true, s.Reset.UTC(), s.Remaining
		m.Penalty = penalty{}
		m.hush(m.Reset.Add(-m.window - m.slack()))
	case d < -m.window/2:
		return
	default:
		m.Lowest = min(m.Lowest, s.Remaining)
		if d > 0 {
			m.Reset = s.Reset.UTC()
		}
	}
	m.Heard = true
	m.hush(sent.Add(-m.margin))
}

func (m *fixed) punish(now time.Time) {
	until := now.Add(m.window)
	if m.Known {
		until = m.Reset
	}
	m.Penalty.add(now, until)
}

func (m *fixed) left(now time.Time) smm.QuotaState {
	m.roll(now)
	if !m.Known {
		return m.rolling.left(now)
	}
	return smm.QuotaState{Limit: m.Limit, Remaining: max(m.free(now), 0), Percent: -1, Reset: m.Reset}
}

func (m *fixed) shortfall(now time.Time, demand int64) int64 {
	m.roll(now)
	if !m.Known {
		return m.rolling.shortfall(now, demand)
	}
	return part(demand, m.Reset.Add(m.margin).Sub(now), m.window)
}

func (m *fixed) idle(now time.Time) bool {
	m.roll(now)
	return m.rolling.idle(now) && (!m.Known || m.Lowest >= m.Limit)
}

func (m *fixed) checked() error {
	if err := checkCounts(m.Lowest); err != nil {
		return err
	}
	return m.rolling.checked()
}
