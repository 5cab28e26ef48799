package httpx

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// percent is a budget of which the platform tells the share in use and nothing
// else. What a unit costs is learnt from how the share moves, so that requests
// between two answers are not free.
type percent struct {
	window   time.Duration
	inFlight int64
	share    float64   // as last told
	told     time.Time // when
	since    int64     // cost answered since then without a word
	perUnit  float64   // share of one unit, learnt
	reset    time.Time
	penalty  penalty
}

// percentFull leaves room for the rounding of whole percents.
const percentFull = 98

func newPercent(window time.Duration) *percent { return &percent{window: window, perUnit: 0.01} }

func (m *percent) estimate(now time.Time) float64 {
	if !m.reset.IsZero() && !now.Before(m.reset) {
		m.reset, m.share, m.since = time.Time{}, 0, 0
	}
	share := m.share + m.perUnit*float64(m.since+m.inFlight)
	return share + float64(m.penalty.of(now, 100))
}

func (m *percent) wait(now time.Time, cost, keep int64) time.Duration {
	est := m.estimate(now) + m.perUnit*float64(cost)
	if est+float64(keep) <= percentFull {
		return 0
	}
	if m.reset.After(now) {
		return m.reset.Sub(now)
	}
	// Without a reset only an answer can tell that the share fell: one request
	// may look, after a twelfth of the window.
	probe := m.told.Add(m.window / 12)
	if m.inFlight == 0 && !now.Before(probe) && !m.penalty.until.After(now) {
		return 0
	}
	return max(probe.Sub(now), inFlightWait)
}

func (m *percent) take(_ time.Time, cost int64)     { m.inFlight += cost }
func (m *percent) giveBack(_ time.Time, cost int64) { m.inFlight -= cost }

func (m *percent) settle(_ time.Time, cost int64) {
	m.inFlight -= cost
	m.since += cost
}

func (m *percent) adopt(now time.Time, s smm.QuotaState) {
	if s.Percent < 0 {
		return
	}
	// The first share told has a history of its own; others may spend as well.
	if grown := s.Percent - m.share; grown > 0 && m.since > 0 && !m.told.IsZero() {
		m.perUnit += (min(grown/float64(m.since), 5) - m.perUnit) / 4
	}
	m.share, m.since, m.told = s.Percent, 0, now
	if s.Reset.After(now) {
		m.reset = s.Reset
	}
}

func (m *percent) punish(now time.Time) {
	m.share, m.told = 100, now
	m.penalty.add(now, now.Add(m.window/12))
}

func (m *percent) left(now time.Time) (int64, time.Time) {
	return int64(100 - m.estimate(now)), m.reset
}

func (m *percent) idle(now time.Time) bool {
	return m.inFlight == 0 && (m.told.IsZero() || now.Sub(m.told) > m.window)
}

// openModel is a budget of which nothing is known.
type openModel struct{ inFlight int64 }

func (m *openModel) wait(time.Time, int64, int64) time.Duration { return 0 }
func (m *openModel) take(_ time.Time, cost int64)               { m.inFlight += cost }
func (m *openModel) giveBack(_ time.Time, cost int64)           { m.inFlight -= cost }
func (m *openModel) settle(_ time.Time, cost int64)             { m.inFlight -= cost }
func (m *openModel) adopt(time.Time, smm.QuotaState)            {}
func (m *openModel) punish(time.Time)                           {}
func (m *openModel) left(time.Time) (int64, time.Time)          { return 0, time.Time{} }
func (m *openModel) idle(time.Time) bool                        { return m.inFlight == 0 }
