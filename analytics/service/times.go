package service

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Observation is how long something took, or has taken so far.
type Observation struct {
	Took  time.Duration
	Ended bool // false: it still goes on, so it takes at least this long
}

// Times says how long something takes. It survives JSON.
type Times struct {
	N       int     `json:"n"`        // observations, Open ones included
	Open    int     `json:"open"`     // that had not ended
	LeftOut int     `json:"left_out"` // to which the question does not apply
	Level   float64 `json:"level"`    // of the intervals, as a fraction
	Mean    Figure  `json:"mean"`
	Median  Figure  `json:"median"`
	P90     Figure  `json:"p90"` // nine of ten took at most this long
}

// Figure is one duration with its confidence interval. State is complete if
// Value is the figure; incomplete if the figure is at least Value, because what
// is open may take longer; undefined if nothing can be said. Reason explains
// the latter two. A bound is null if the data set none. Durations are
// nanoseconds in JSON.
type Figure struct {
	Value  *time.Duration  `json:"value"`
	Low    *time.Duration  `json:"low"`
	High   *time.Duration  `json:"high"`
	State  analytics.State `json:"state"`
	Reason string          `json:"reason,omitempty"`
}

// Duration returns the figure, and false if it is undefined or known from below
// only; see AtLeast.
func (f Figure) Duration() (time.Duration, bool) {
	if f.Value == nil || f.State != analytics.StateComplete {
		return 0, false
	}
	return *f.Value, true
}

// AtLeast returns the figure or what it is at least, and false if it is
// undefined.
func (f Figure) AtLeast() (time.Duration, bool) {
	if f.Value == nil {
		return 0, false
	}
	return *f.Value, true
}

// String returns the figure for people: "1h30m0s", "at least 3h0m0s" or
// "undefined: nothing to measure".
func (f Figure) String() string {
	switch {
	case f.Value == nil:
		return "undefined: " + f.Reason
	case f.State != analytics.StateComplete:
		return "at least " + f.Value.Round(time.Second).String()
	}
	return f.Value.Round(time.Second).String()
}

// Summarize returns mean, median and 90th percentile of observations. What is
// open is not dropped, which would make slow work look fast, but counts as
// lasting at least so long. The zero level is 0.95.
//
// Formula: the survivor curve S of Kaplan and Meier; the quantile p is the
// first time at which S is at most 1-p, its interval that of Brookmeyer and
// Crowley with Greenwood's variance on the scale log(-log S). Where S stays
// above 1-p the figure is at least the longest observation. The mean has
// Student's interval; with open observations it is at least the area below S up
// to the longest one. Sources: E. L. Kaplan, P. Meier, "Nonparametric
// Estimation from Incomplete Observations", 1958; R. Brookmeyer, J. Crowley, "A
// Confidence Interval for the Median Survival Time", 1982.
//
// The method takes what is open for no different from what ended; leaving the
// hard cases open for last strains that. A negative duration and a level
// outside 0.5 to 0.999999 are errors that match smm.ErrInvalid. The input is
// not changed. Safe for concurrent use.
func Summarize(observations []Observation, level float64) (Times, error) {
	level, err := levelOf(level)
	if err != nil {
		return Times{}, err
	}
	sorted := slices.Clone(observations)
	out := Times{N: len(sorted), Level: level}
	for _, o := range sorted {
		if o.Took < 0 {
			return Times{}, fmt.Errorf("%w: an observation of %s: durations are not negative", smm.ErrInvalid, o.Took)
		}
		if !o.Ended {
			out.Open++
		}
	}
	if len(sorted) == 0 {
		nothing := Figure{State: analytics.StateUndefined, Reason: "nothing to measure"}
		out.Mean, out.Median, out.P90 = nothing, nothing, nothing
		return out, nil
	}
	slices.SortFunc(sorted, func(a, b Observation) int { return cmp.Compare(a.Took, b.Took) })
	longest := sorted[len(sorted)-1].Took
	curve := survivors(sorted)
	z := stat.NormalUpper((1 - level) / 2)
	out.Median, out.P90 = quantile(curve, 0.5, z, longest), quantile(curve, 0.9, z, longest)
	if out.Open > 0 {
		out.Mean = atLeast(area(curve, longest), fmt.Sprintf("%d of %d are still open", out.Open, out.N))
	} else {
		out.Mean = mean(sorted, level)
	}
	return out, nil
}

// drop is a step of the survivor curve.
type drop struct {
	at    time.Duration
	left  float64 // S from here on
	ratio float64 // Greenwood's sum, the variance of S over S squared
}

// survivors expects observations in order of time.
func survivors(sorted []Observation) []drop {
	var curve []drop
	left, ratio := 1.0, 0.0
	for i := 0; i < len(sorted); {
		risk, ended, j := float64(len(sorted)-i), 0.0, i
		for ; j < len(sorted) && sorted[j].Took == sorted[i].Took; j++ {
			if sorted[j].Ended {
				ended++
			}
		}
		if ended > 0 {
			left *= (risk - ended) / risk
			ratio += ended / (risk * (risk - ended))
			curve = append(curve, drop{at: sorted[i].Took, left: left, ratio: ratio})
		}
		i = j
	}
	return curve
}

func quantile(curve []drop, p, z float64, longest time.Duration) Figure {
	const rounding = 1e-12 // of the product, where S is exactly 1-p
	var f Figure
	for _, d := range curve {
		low, high := d.band(z)
		if f.Low == nil && low <= 1-p {
			f.Low = new(d.at)
		}
		if f.Value == nil && d.left <= 1-p+rounding {
			f.Value, f.State = new(d.at), analytics.StateComplete
		}
		if f.High == nil && high < 1-p {
			f.High = new(d.at)
		}
	}
	if f.Value == nil {
		low := f.Low
		f = atLeast(longest, "too many are still open")
		f.Low = low
	}
	return f
}

// band returns the interval of S at a step.
func (d drop) band(z float64) (low, high float64) {
	if d.left == 0 {
		return 0, 0
	}
	spread := z * math.Sqrt(d.ratio) / math.Abs(math.Log(d.left))
	return math.Pow(d.left, math.Exp(spread)), math.Pow(d.left, math.Exp(-spread))
}

// area returns the integral of S, the mean of what is cut off at longest.
func area(curve []drop, longest time.Duration) time.Duration {
	sum, left, at := 0.0, 1.0, time.Duration(0)
	for _, d := range curve {
		sum += left * float64(d.at-at)
		left, at = d.left, d.at
	}
	return time.Duration(math.Round(sum + left*float64(longest-at)))
}

func mean(ended []Observation, level float64) Figure {
	n, m, sq := 0.0, 0.0, 0.0
	for _, o := range ended {
		n++
		d := float64(o.Took) - m
		m += d / n
		sq += d * (float64(o.Took) - m)
	}
	f := Figure{Value: new(time.Duration(math.Round(m))), State: analytics.StateComplete}
	if n > 1 {
		half := stat.TUpper((1-level)/2, n-1) * math.Sqrt(sq/(n-1)/n)
		f.Low, f.High = new(time.Duration(math.Round(max(m-half, 0)))), new(time.Duration(math.Round(m+half)))
	}
	return f
}

func atLeast(d time.Duration, reason string) Figure {
	return Figure{Value: &d, State: analytics.StateIncomplete, Reason: reason}
}

func levelOf(level float64) (float64, error) {
	if level == 0 {
		return 0.95, nil
	}
	if !(level >= 0.5 && level <= 0.999999) {
		return 0, fmt.Errorf("%w: confidence level %v: give a fraction from 0.5 to 0.999999, for example 0.95, or 0 for 0.95", smm.ErrInvalid, level)
	}
	return level, nil
}
