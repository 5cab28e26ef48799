package analytics

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Interval is the range in which a rate lies with some confidence, in the unit
// of the rate. It speaks of chance alone: what a platform did not report or
// estimated is not in it, and State and Reason carry that on.
type Interval struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // a fraction: 0.95
	State      State   `json:"state"`
	Reason     string  `json:"reason,omitempty"`
}

// WilsonInterval returns the score interval of successes out of trials, and
// false unless 0 <= successes <= trials, trials > 0 and 0 < confidence < 1.
// Trials are taken to be independent, which impressions of one person are not
// quite.
//
// Unit: fraction. Formula: (p + zz/2n -+ z sqrt(p(1-p)/n + zz/4nn)) / (1 + zz/n)
// with the normal quantile z of the confidence. Source: E. B. Wilson, "Probable
// Inference, the Law of Succession, and Statistical Inference", 1927.
func WilsonInterval(successes, trials int64, confidence float64) (Interval, bool) {
	low, high, ok := stat.Score(float64(successes), float64(trials), confidence)
	if !ok {
		return Interval{}, false
	}
	return Interval{Low: low, High: high, Confidence: confidence, State: StateComplete}, true
}

// Wilson returns the WilsonInterval of a rate whose numerator is part of its
// denominator, such as a CTR. False if the rate is undefined, if either side is
// money or time, or if the numerator is larger, which shows that it is no such
// rate: use [Bootstrap].
func (r Ratio) Wilson(confidence float64) (Interval, bool) {
	if _, ok := r.Float64(); !ok || !isCount(r.Num) || !isCount(r.Den) {
		return Interval{}, false
	}
	i, ok := WilsonInterval(r.Num.Total, r.Den.Total, confidence)
	if !ok {
		return Interval{}, false
	}
	i.State, i.Reason = r.State(), r.Reason()
	return i, true
}

// BootstrapOptions says how to resample.
type BootstrapOptions struct {
	Confidence float64 // a fraction; 0 means 0.95
	Resamples  int     // 0 means 2000; at most 1,000,000
	Seed       uint64  // the same seed gives the same interval
}

// Bootstrap returns the percentile interval of the pooled ratio of subjects,
// such as posts, by drawing as many of them again and again with replacement:
// the right one where subjects differ more than chance within them, and for
// ratios that are no proportions, such as ROAS. Subjects with an unknown side
// are left out, as by [Pool].
//
// False if fewer than two subjects are known, if they cannot be pooled, if the
// options are out of range, or if more than a tenth of the resamples have no
// ratio; what fewer lack makes the state incomplete. With fewer than about
// twenty subjects the interval is too narrow.
//
// Source: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
func Bootstrap(ratios []Ratio, o BootstrapOptions) (Interval, bool) {
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Resamples == 0 {
		o.Resamples = 2000
	}
	pooled, err := Pool(ratios...)
	_, ok := pooled.Float64()
	if err != nil || !ok || !(o.Confidence > 0 && o.Confidence < 1) || o.Resamples < 1 || o.Resamples > 1e6 {
		return Interval{}, false
	}
	var pairs [][2]float64
	for _, r := range ratios {
		if r.Num.Parts.Known() > 0 && r.Den.Parts.Known() > 0 {
			pairs = append(pairs, [2]float64{float64(r.Num.Total), float64(r.Den.Total)})
		}
	}
	if len(pairs) < 2 {
		return Interval{}, false
	}
	draws := resample(pairs, o)
	lost := o.Resamples - len(draws)
	if lost*10 > o.Resamples {
		return Interval{}, false
	}
	slices.Sort(draws)
	tail := (1 - o.Confidence) / 2
	out := Interval{
		Low: stat.Quantile(draws, tail), High: stat.Quantile(draws, 1-tail), Confidence: o.Confidence,
		State: pooled.State(), Reason: pooled.Reason(),
	}
	if lost > 0 {
		out.State, out.Reason = StateIncomplete, "some resamples had nothing in the denominator"
	}
	return out, true
}

// resample returns the ratio of every resample that has one.
func resample(pairs [][2]float64, o BootstrapOptions) []float64 {
	source := rand.NewPCG(o.Seed, 0x736d6d6b6974)
	draws := make([]float64, 0, o.Resamples)
	for range o.Resamples {
		var num, den float64
		for range pairs {
			// The high half of the product is a fair index but for 2^-60, and
			// unlike IntN it cannot change with a release of Go.
			i, _ := bits.Mul64(source.Uint64(), uint64(len(pairs)))
			num, den = num+pairs[i][0], den+pairs[i][1]
		}
		if den > 0 {
			draws = append(draws, num/den)
		}
	}
	return draws
}

// isCount reports whether v is a number of things; a value that names no unit
// is one.
func isCount(v Value) bool { return v.Unit == smm.UnitCount || v.Unit == "" }
