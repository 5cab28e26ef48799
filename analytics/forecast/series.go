package forecast

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// maxDays bounds the length of a history: ten years and a leap day or two.
const maxDays = 3660

// History says what a forecast was made from.
type History struct {
	First     time.Time `json:"first,omitzero"` // the first known day, UTC midnight
	Last      time.Time `json:"last,omitzero"`  // the last known day; the forecast begins the day after
	Days      int       `json:"days"`           // from First to Last, both included
	Known     int       `json:"known"`          // days with a number
	Missing   int       `json:"missing"`        // days without one in between; they are gaps, never zeros
	Estimated int       `json:"estimated"`      // known days whose number is an estimate of the platform
}

// series is one number a day without holes in the calendar: what is not known
// is NaN, so that using it by mistake spoils the result instead of passing for
// a zero.
type series struct {
	start time.Time // of y[0]
	y     []float64
	spend []float64 // in the currency's main unit, NaN where unknown; runs on over the horizon; nil without spend
	hist  History
}

func known(v float64) bool { return !math.IsNaN(v) }

func date(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func daysBetween(a, b time.Time) int { return int(b.Sub(a) / (24 * time.Hour)) }

// newSeries puts points in the order of the days, from the first known to the
// last known one.
func newSeries(points []analytics.Point, signed bool) (*series, error) {
	days := make([]analytics.Point, 0, len(points))
	for i, p := range points {
		if p.At.IsZero() {
			return nil, fmt.Errorf("%w: point %d has no time: set At", smm.ErrInvalid, i)
		}
		if p.State.Known() {
			if p.N < 0 && !signed {
				return nil, fmt.Errorf("%w: point %d is %d, and a count cannot be negative: set Options.Signed for numbers that can be", smm.ErrInvalid, i, p.N)
			}
			if p.State == smm.MetricZero {
				p.N = 0
			}
			p.At = date(p.At)
			days = append(days, p)
		}
	}
	if len(days) == 0 {
		return &series{}, nil
	}
	slices.SortStableFunc(days, func(a, b analytics.Point) int { return a.At.Compare(b.At) })
	first, last := days[0].At, days[len(days)-1].At
	n := daysBetween(first, last) + 1
	if n > maxDays {
		return nil, fmt.Errorf("%w: the history spans %d days, at most %d are taken: give the recent part", smm.ErrInvalid, n, maxDays)
	}
	s := &series{start: first, y: nans(n), hist: History{First: first, Last: last, Days: n, Known: len(days), Missing: n - len(days)}}
	for i, p := range days {
		if i > 0 && days[i-1].At.Equal(p.At) {
			return nil, fmt.Errorf("%w: two numbers for %s: add up the parts of a day, or keep its latest reading, before forecasting", smm.ErrInvalid, p.At.Format(time.DateOnly))
		}
		s.y[daysBetween(first, p.At)] = float64(p.N)
		if p.State == smm.MetricEstimated {
			s.hist.Estimated++
		}
	}
	return s, nil
}

func nans(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// addSpend lays the spend beside the series, over the history and the horizon.
func (s *series) addSpend(days []SpendDay, horizon int) error {
	if len(days) == 0 || len(s.y) == 0 {
		return nil
	}
	spend, currency := nans(len(s.y)+horizon), days[0].Spend.Currency
	for i, d := range days {
		switch {
		case d.At.IsZero():
			return fmt.Errorf("%w: spend %d has no time: set At", smm.ErrInvalid, i)
		case d.Spend.Currency != currency:
			return fmt.Errorf("%w: spend in %q and in %q: convert first, at a rate of your choice", smm.ErrInvalid, currency, d.Spend.Currency)
		case d.Spend.Micros < 0:
			return fmt.Errorf("%w: spend of %s is %s, and cannot be negative", smm.ErrInvalid, d.At.UTC().Format(time.DateOnly), d.Spend)
		}
		j := daysBetween(s.start, date(d.At))
		if j < 0 || j >= len(spend) {
			continue
		}
		if known(spend[j]) {
			return fmt.Errorf("%w: two amounts of spend for %s: add them up first", smm.ErrInvalid, d.At.UTC().Format(time.DateOnly))
		}
		spend[j] = float64(d.Spend.Micros) / 1e6
	}
	s.spend = spend
	return nil
}

// knownIn counts the known days of y[from:to].
func (s *series) knownIn(from, to int) int {
	n := 0
	for _, v := range s.y[from:to] {
		if known(v) {
			n++
		}
	}
	return n
}
