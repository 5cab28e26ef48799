package analytics

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Point is a level, such as a number of followers, at a time.
type Point struct {
	At    time.Time
	N     int64
	State smm.MetricState // only a known state has a meaningful N
}

// Growth describes how a level changed between the first and the last day on
// which it is known. Days are UTC calendar days.
type Growth struct {
	First, Last Point // the bounds; Last equals First if only one day is known
	Days        int   // from First to Last
	Missing     int   // days in between without a known level
	Estimated   bool  // First or Last is an estimate
	known       int
}

// FollowerGrowth compares the first and the last known level of points, which
// may come in any order, with several for a day (the latest counts), and with
// days missing or unknown. A negative level or a point without a time is an
// error that matches smm.ErrInvalid. Growth.Net and Growth.Rate are undefined
// with fewer than two known days.
//
// Unit of the rate: fraction over the whole time; see Growth.RatePer for a
// month. Formula and source: see GrowthRate.
func FollowerGrowth(points []Point) (Growth, error) {
	known := make([]Point, 0, len(points))
	for i, p := range points {
		if p.At.IsZero() || (p.State.Known() && p.N < 0) {
			return Growth{}, fmt.Errorf("%w: point %d: want a time and a level that is not negative", smm.ErrInvalid, i)
		}
		if p.State.Known() {
			p.At = p.At.UTC()
			known = append(known, p)
		}
	}
	slices.SortStableFunc(known, func(a, b Point) int { return a.At.Compare(b.At) })
	days := known[:0]
	for _, p := range known {
		if n := len(days); n > 0 && day(days[n-1].At).Equal(day(p.At)) {
			days[n-1] = p
			continue
		}
		days = append(days, p)
	}
	if len(days) == 0 {
		return Growth{}, nil
	}
	g := Growth{First: days[0], Last: days[len(days)-1], known: len(days)}
	g.Days = int(day(g.Last.At).Sub(day(g.First.At)) / (24 * time.Hour))
	g.Missing = g.Days + 1 - len(days)
	g.Estimated = g.First.State == smm.MetricEstimated || g.Last.State == smm.MetricEstimated
	return g, nil
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Net returns how many were gained, negative for a loss, and false if fewer
// than two days are known.
func (g Growth) Net() (int64, bool) { return g.Last.N - g.First.N, g.known >= 2 }

// NetPerDay returns how many a day brought on average, negative for a loss, and
// false if fewer than two days are known. Formula and source: see
// NetFollowersPerDay.
func (g Growth) NetPerDay() (float64, bool) {
	if g.known < 2 {
		return 0, false
	}
	return NetFollowersPerDay(g.First.N, g.Last.N, int64(g.Days))
}

// Rate returns the growth as a fraction of the first level, and false if it is
// undefined; Reason says why.
func (g Growth) Rate() (float64, bool) {
	if g.known < 2 {
		return 0, false
	}
	return GrowthRate(g.First.N, g.Last.N)
}

// RatePer returns the growth as if it had gone on evenly for the given number
// of days, compounded: (last/first)^(days/Days) - 1. With 30 it is comparable
// to the monthly norms of the field. False if Rate is undefined.
func (g Growth) RatePer(days int) (float64, bool) {
	if _, ok := g.Rate(); !ok || days <= 0 {
		return 0, false
	}
	return math.Pow(float64(g.Last.N)/float64(g.First.N), float64(days)/float64(g.Days)) - 1, true
}

// State says what the rate is worth. Missing days in between change nothing
// about it, since only the bounds enter.
func (g Growth) State() State {
	if _, ok := g.Rate(); !ok {
		return StateUndefined
	}
	if g.Estimated {
		return StateEstimated
	}
	return StateComplete
}

// Reason explains every state but StateComplete, for people.
func (g Growth) Reason() string {
	switch {
	case g.known == 0:
		return "no day is known"
	case g.known == 1:
		return "only one day is known"
	case g.First.N == 0:
		return "growth from 0 has no rate"
	case g.Estimated:
		return "estimated by the platform"
	}
	return ""
}
