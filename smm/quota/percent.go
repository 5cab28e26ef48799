package quota

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// percent is a budget of which the platform tells the share in use and nothing
// else. What a unit costs is learnt from how the share moves, so that requests
// between two answers are not free.
type percent struct {
	Share   float64   `json:"share"`          // as last told
	Told    time.Time `json:"told,omitzero"`  // when
	Since   int64     `json:"since"`          // cost answered since then without a word
	PerUnit float64   `json:"per_unit"`       // share of one unit, learnt
	Reset   time.Time `json:"reset,omitzero"` //
	Penalty penalty   `json:"penalty,omitzero"`

	window   time.Duration
	margin   time.Duration
	inFlight int64
}

// percentFull leaves room for the rounding of whole percents.
const percentFull = 98

func newPercent(window, margin time.Duration) *percent {
	return &percent{window: window, margin: margin, PerUnit: 0.01}
}

func (m *percent) estimate(now time.Time) float64 {
	if !m.Reset.IsZero() && !now.Before(m.Reset.Add(m.margin)) {
		m.Reset, m.Share, m.Since = time.Time{}, 0, 0
	}
	return m.Share + m.PerUnit*float64(m.Since+m.inFlight) + float64(m.Penalty.of(now, 100))
}

func (m *percent) free(now time.Time) int64 {
	n := int64((percentFull - m.estimate(now)) / m.PerUnit)
	if n < 1 && m.mayLook(now) {
		return 1
	}
	return n
}

// mayLook: without a reset only an answer can tell that the share fell, so one
// request may look, after a twelfth of the window.
func (m *percent) mayLook(now time.Time) bool {
	return m.Reset.IsZero() && m.inFlight == 0 && !now.Before(m.Told.Add(m.window/12+m.margin)) && !m.Penalty.Until.After(now)
}

func (m *percent) relief(now time.Time, cost, keep int64) (time.Duration, bool) {
	if m.estimate(now)+m.PerUnit*float64(cost+keep) <= percentFull || m.mayLook(now) {
		return 0, false
	}
	if m.Reset.After(now) {
		return m.Reset.Add(m.margin).Sub(now), false
	}
	return max(m.Told.Add(m.window/12+m.margin).Sub(now), inFlightWait), false
}

func (m *percent) hold(n int64) { m.inFlight += n }

func (m *percent) spend(_ time.Time, cost int64, _ bool) { m.Since = min(m.Since+cost, most) }

func (m *percent) adopt(at, _ time.Time, s smm.QuotaState) {
	if !(s.Percent >= 0 && s.Percent <= 1e6) || at.Before(m.Told) {
		return
	}
	// The first share told has a history of its own; others may spend as well.
	if grown := s.Percent - m.Share; grown > 0 && m.Since > 0 && !m.Told.IsZero() {
		m.PerUnit += (min(grown/float64(m.Since), 5) - m.PerUnit) / 4
	}
	m.Share, m.Since, m.Told = s.Percent, 0, at.UTC()
	if s.Reset.After(at) {
		m.Reset = s.Reset.UTC()
	}
}

func (m *percent) punish(now time.Time) {
	m.Share, m.Told = 100, now.UTC()
	m.Penalty.add(now, now.Add(m.window/12))
}

func (m *percent) left(now time.Time) smm.QuotaState {
	return smm.QuotaState{Limit: 100, Remaining: -1, Percent: min(max(m.estimate(now), 0), 100), Reset: m.Reset}
}

func (m *percent) size() int64 { return max(int64(100/m.PerUnit), 1) }

func (m *percent) shortfall(now time.Time, demand int64) int64 {
	if !m.Reset.After(now) {
		return demand // when more comes free is unknown
	}
	return part(demand, m.Reset.Sub(now), m.window)
}

func (m *percent) idle(now time.Time) bool {
	return m.inFlight == 0 && (m.Told.IsZero() || now.Sub(m.Told) > m.window)
}

func (m *percent) checked() error {
	if !(m.PerUnit >= 1e-9 && m.PerUnit <= 100) || !(m.Share >= 0 && m.Share <= 1e6) || m.Since < 0 || m.Since > most {
		return fmt.Errorf("%w: a share of %g %% at %g %% a unit", smm.ErrInvalid, m.Share, m.PerUnit)
	}
	return m.Penalty.checked()
}
