package anomaly

import (
	"cmp"
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

// Options tune the watch. The zero value is the default.
type Options struct {
	// Day is how many robust standard deviations one day must lie off; 6 if 0.
	Day float64
	// Run is the same for the mean of three days, in its own standard deviations;
	// 4.8 if 0.
	Run float64
}

// Alarm is a day that is not like the others.
type Alarm struct {
	Day      series.Day
	Value    int64
	Expected float64 // the median forecast, in the unit of the series
	Score    float64 // robust standard deviations, negative below
	Run      bool    // three days together, of which this is the last, and not this one alone
}

const (
	history = 8 * week // days of the baseline
	least   = 4 * week // known days in it before anything is judged
	recent  = 2 * week // days of the level
	week    = 7
	run     = 3
	quiet   = 2 * week // days without a second alarm of the same side
	normal  = 1.4826   // the standard deviation of a normal variable, in its median absolute deviations
	floor   = 0.02     // spread of a series without any noise, so that rounding is no alarm
)

// Find returns the days on which d leaves its baseline, in order. Of days on the
// same side only the first within two weeks is told. Undefined and incomplete
// values are neither judged nor part of the baseline: a lower bound would be an
// alarm of the platform. Nothing is said before 28 days are known.
//
// Unit: Score in robust standard deviations. Formula: y = ln(1+n) less the
// median of its weekday, against the median m of the two weeks before; s =
// 1.4826 · the median absolute deviation over eight weeks; score = (y-m)/s, for
// a run the mean of three, times √3. Source of the spread: Huber, "Robust
// Statistics", 1981. Errors match smm.ErrInvalid: a negative threshold or
// number. Deterministic; safe for concurrent use.
func Find(d series.Daily, o Options) ([]Alarm, error) {
	if o.Day < 0 || o.Run < 0 {
		return nil, fmt.Errorf("%w: thresholds are distances: set them above zero", smm.ErrInvalid)
	}
	o.Day, o.Run = cmp.Or(o.Day, 6), cmp.Or(o.Run, 4.8)
	y := make([]float64, len(d.Values))
	for i, v := range d.Values {
		n, ok := v.Int64()
		switch {
		case ok && n < 0:
			return nil, fmt.Errorf("%w: %s is %d, and a count cannot be negative", smm.ErrInvalid, d.From+series.Day(i), n)
		case !ok || v.State() == analytics.StateIncomplete:
			y[i] = math.NaN()
		default:
			y[i] = math.Log1p(float64(n))
		}
	}
	var (
		out  []Alarm
		last [2]int // the day after which each side is quiet, +1
	)
	past := make([]baseline, len(y)) // a run needs that of its first day
	for i := range y {
		past[i] = baselineOf(y, i)
		a, ok := judge(y, past, i, &o)
		if !ok {
			continue
		}
		side := 0
		if a.Score > 0 {
			side = 1
		}
		if last[side] == 0 || i >= last[side]-1+quiet {
			a.Day, a.Value = d.From+series.Day(i), d.Values[i].Total
			out = append(out, a)
		}
		last[side] = i + 1
	}
	return out, nil
}

// judge compares the day i, and the run that ends with it, with the days before.
func judge(y []float64, past []baseline, i int, o *Options) (Alarm, bool) {
	if math.IsNaN(y[i]) {
		return Alarm{}, false
	}
	if b := &past[i]; b.known {
		if z := (y[i] - b.expected(i)) / b.spread; math.Abs(z) >= o.Day {
			return Alarm{Expected: math.Expm1(b.expected(i)), Score: z}, true
		}
	}
	if i < run {
		return Alarm{}, false
	}
	b := &past[i-run+1]
	if !b.known {
		return Alarm{}, false
	}
	sum := 0.0
	for j := i - run + 1; j <= i; j++ {
		sum += (y[j] - b.expected(j)) / b.spread
	}
	if z := sum / math.Sqrt(run); math.Abs(z) >= o.Run { // false for a run with an unknown day
		return Alarm{Expected: math.Expm1(b.expected(i)), Score: z, Run: true}, true
	}
	return Alarm{}, false
}

type baseline struct {
	weekday       [week]float64 // by index modulo week
	level, spread float64
	known         bool
}

func (b *baseline) expected(i int) float64 { return b.level + b.weekday[i%week] }

// baselineOf learns from the days before end.
func baselineOf(y []float64, end int) baseline {
	from := max(end-history, 0)
	var (
		b    baseline
		days [week][]float64
		all  []float64
	)
	for i := from; i < end; i++ {
		if !math.IsNaN(y[i]) {
			days[i%week] = append(days[i%week], y[i])
			all = append(all, y[i])
		}
	}
	if len(all) < least {
		return b
	}
	center := stat.Median(all)
	for w := range days {
		if len(days[w]) > 0 {
			b.weekday[w] = stat.Median(days[w]) - center
		}
	}
	var near, off []float64
	for i := from; i < end; i++ {
		if !math.IsNaN(y[i]) {
			off = append(off, y[i]-b.weekday[i%week])
			if i >= end-recent {
				near = append(near, y[i]-b.weekday[i%week])
			}
		}
	}
	if len(near) < week {
		near = off
	}
	b.level = stat.Median(near)
	middle := stat.Median(off)
	for i := range off {
		off[i] = math.Abs(off[i] - middle)
	}
	b.spread = max(normal*stat.Median(off), floor)
	b.known = true
	return b
}
