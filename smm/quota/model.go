package quota

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// model counts one budget as its vendor does. The exported fields of a model
// are its durable part; what is in flight is told anew after each decoding.
// Instants never go back, except those of spend and adopt, which may be those
// of another process.
type model interface {
	// free is what may be granted now: neither spent nor in flight.
	free(now time.Time) int64
	// relief says how long until cost fits while keep units stay untouched, by
	// time alone; 0 if it fits now. pending means that the end of requests in
	// flight may make room earlier.
	relief(now time.Time, cost, keep int64) (d time.Duration, pending bool)
	// hold counts n more units as in flight, or -n fewer.
	hold(n int64)
	// spend counts units that were answered, or lost, at an instant. heard means
	// that the answer told of this budget, so that adopt includes them.
	spend(at time.Time, cost int64, heard bool)
	// adopt takes what an answer to a request sent at an instant says.
	adopt(at, sent time.Time, s smm.QuotaState)
	// punish makes the model smaller for a while, after a 429 that it should
	// have prevented.
	punish(now time.Time)

	// left describes the budget, without its key.
	left(now time.Time) smm.QuotaState
	// size is the most units that can ever be free at once.
	size() int64
	// shortfall is what must be kept for a steady demand, in units a window, to
	// be met until more comes free.
	shortfall(now time.Time, demand int64) int64
	// idle means that forgetting it loses nothing.
	idle(now time.Time) bool
	// checked mends or refuses what was decoded.
	checked() error
}

// unlimited stands for the size of a budget without a known limit.
const unlimited = int64(1) << 50

// most bounds every count in a decoded state, so that sums cannot overflow.
const most = int64(1e15)

func checkLimit(lim smm.QuotaLimit) error {
	if lim.Limit < 1 && lim.Shape != smm.QuotaPercent || lim.Limit > most || lim.Window <= 0 || lim.Burst < 0 {
		return fmt.Errorf("%w: quota of %d units in %s", smm.ErrInvalid, lim.Limit, lim.Window)
	}
	return nil
}

// newModel makes the model of a declared budget. margin is how much the clocks
// of those who share it may differ.
func newModel(lim smm.QuotaLimit, margin, retain time.Duration) model {
	switch lim.Shape {
	case smm.QuotaFixed:
		return newFixed(lim.Limit, lim.Window, margin, retain)
	case smm.QuotaBucket:
		return newBucket(lim, margin)
	case smm.QuotaPercent:
		return newPercent(lim.Window, margin)
	case smm.QuotaRolling:
	}
	return newRolling(lim.Limit, lim.Window, margin, retain)
}

// penalty makes a model smaller, by a tenth for each step, until a time.
type penalty struct {
	Steps int       `json:"steps"`
	Until time.Time `json:"until"`
}

func (p *penalty) add(now, until time.Time) {
	if !p.Until.After(now) {
		p.Steps = 0
	}
	p.Steps, p.Until = min(p.Steps+1, 5), until.UTC()
}

func (p *penalty) of(now time.Time, limit int64) int64 {
	if !p.Until.After(now) {
		return 0
	}
	return min(limit*int64(p.Steps)/10, limit-1)
}

func (p *penalty) checked() error {
	if p.Steps < 0 || p.Steps > 5 {
		return fmt.Errorf("%w: a penalty of %d steps", smm.ErrInvalid, p.Steps)
	}
	return nil
}

// open is a budget of which nothing is known.
type open struct{ inFlight int64 }

func (m *open) free(time.Time) int64                                     { return unlimited }
func (m *open) relief(time.Time, int64, int64) (d time.Duration, _ bool) { return 0, false }
func (m *open) hold(n int64)                                             { m.inFlight += n }
func (m *open) spend(time.Time, int64, bool)                             {}
func (m *open) adopt(time.Time, time.Time, smm.QuotaState)               {}
func (m *open) punish(time.Time)                                         {}
func (m *open) left(time.Time) smm.QuotaState {
	return smm.QuotaState{Limit: -1, Remaining: -1, Percent: -1}
}
func (m *open) size() int64                      { return unlimited }
func (m *open) shortfall(time.Time, int64) int64 { return 0 }
func (m *open) idle(time.Time) bool              { return m.inFlight == 0 }
func (m *open) checked() error                   { return nil }

// part is n times of/all.
func part(n int64, of, all time.Duration) int64 {
	return int64(math.Ceil(float64(n) * float64(max(min(of, all), 0)) / float64(all)))
}

// decodeModel fills a fresh model from its durable part.
func decodeModel(m model, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, m); err != nil {
		return fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	return m.checked()
}

func checkCounts(counts ...int64) error {
	for _, n := range counts {
		if n < -most || n > most {
			return fmt.Errorf("%w: a count of %d", smm.ErrInvalid, n)
		}
	}
	return nil
}
