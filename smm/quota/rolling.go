package quota

import (
	"fmt"
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
// leaves our window no earlier than the platform's: that is why no difference
// of clocks between us and the platform can cause a 429. Where the log is
// shared, a stamp may be of a clock that is behind the one it is read by; the
// margin makes good for that.
type rolling struct {
	Limit   int64   `json:"limit"`
	Log     entries `json:"log,omitempty"`
	Penalty penalty `json:"penalty,omitzero"`

	window   time.Duration
	margin   time.Duration
	retain   time.Duration // how long entries are kept that no longer count
	inFlight int64
	first    int   // entries before it no longer count
	sum      int64 // of the others
	quiet    int64
}

func newRolling(limit int64, window, margin, retain time.Duration) *rolling {
	return &rolling{Limit: limit, window: window, margin: margin, retain: retain}
}

// ends is when an entry leaves the window.
func (m *rolling) ends(s spent) time.Time { return s.at.Add(m.window + m.margin) }

func (m *rolling) expire(now time.Time) {
	for m.first < len(m.Log) && !now.Before(m.ends(m.Log[m.first])) {
		e := &m.Log[m.first]
		m.sum -= e.cost
		m.quiet -= e.quiet
		e.quiet = 0
		m.first++
	}
	n := 0
	for n < m.first && !now.Before(m.ends(m.Log[n]).Add(m.retain)) {
		n++
	}
	if n > 0 {
		m.Log = append(m.Log[:0], m.Log[n:]...)
		m.first -= n
	}
}

func (m *rolling) free(now time.Time) int64 {
	m.expire(now)
	return m.Limit - m.Penalty.of(now, m.Limit) - m.sum - m.inFlight
}

func (m *rolling) relief(now time.Time, cost, keep int64) (time.Duration, bool) {
	need := cost + keep - m.free(now)
	if need <= 0 {
		return 0, false
	}
	for _, s := range m.Log[m.first:] {
		if need -= s.cost; need <= 0 {
			return m.ends(s).Sub(now), false
		}
	}
	// More than the platform's headers say there ever is, unless it is in flight.
	return m.window, m.inFlight > 0
}

func (m *rolling) hold(n int64) { m.inFlight += n }

func (m *rolling) spend(at time.Time, cost int64, heard bool) {
	s := spent{from: at, at: at, cost: cost}
	if !heard {
		s.quiet = cost
	}
	before := len(m.Log)
	var last bool
	if m.Log, last = record(m.Log, m.window/bins, s); last && (len(m.Log) > before || m.first < before) {
		m.sum += s.cost
		m.quiet += s.quiet
		return
	}
	m.recount()
}

func (m *rolling) recount() {
	m.first, m.sum, m.quiet = 0, 0, 0
	for _, s := range m.Log {
		m.sum += s.cost
		m.quiet += s.quiet
	}
}

// hush forgets what was quiet up to a time: it is told of, or of no concern.
func (m *rolling) hush(until time.Time) {
	for i := range m.Log {
		if e := &m.Log[i]; e.quiet > 0 && !e.at.After(until) {
			if i >= m.first {
				m.quiet -= e.quiet
			}
			e.quiet = 0
		}
	}
}

// adopt adds what others spent of the same budget: what the platform counted
// beyond all that we know of. What left the window since is ours as well.
func (m *rolling) adopt(at, _ time.Time, s smm.QuotaState) {
	if s.Limit > 0 && s.Limit <= most {
		m.Limit = s.Limit
	}
	if s.Remaining < 0 {
		return
	}
	ours := m.inFlight
	for _, e := range m.Log {
		if m.ends(e).After(at) {
			ours += e.cost
		}
	}
	if foreign := m.Limit - s.Remaining - ours; foreign > 0 {
		m.spend(at, foreign, true)
	}
}

func (m *rolling) punish(now time.Time) { m.Penalty.add(now, now.Add(m.window)) }

func (m *rolling) left(now time.Time) smm.QuotaState {
	s := smm.QuotaState{Limit: m.Limit, Remaining: max(m.free(now), 0), Percent: -1}
	if m.first < len(m.Log) {
		s.Reset = m.ends(m.Log[m.first])
	}
	return s
}

func (m *rolling) size() int64 { return m.Limit }

func (m *rolling) shortfall(now time.Time, demand int64) (most int64) {
	m.expire(now)
	freed := int64(0)
	for _, s := range m.Log[m.first:] { // just before each entry leaves, the need is greatest
		most = max(most, part(demand, m.ends(s).Sub(now), m.window)-freed)
		freed += s.cost
	}
	return most
}

func (m *rolling) idle(now time.Time) bool {
	m.expire(now)
	return m.inFlight == 0 && len(m.Log) == 0 && !m.Penalty.Until.After(now)
}

func (m *rolling) checked() error {
	if m.Limit < 1 || m.Limit > most || len(m.Log) > 8*bins {
		return fmt.Errorf("%w: a log of %d entries for %d units", smm.ErrInvalid, len(m.Log), m.Limit)
	}
	for i, s := range m.Log {
		if i > 0 && s.from.Before(m.Log[i-1].from) {
			return fmt.Errorf("%w: a log out of order", smm.ErrInvalid)
		}
	}
	m.recount()
	return m.Penalty.checked()
}
