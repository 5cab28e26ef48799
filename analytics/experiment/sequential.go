package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/smm"
)

// SequentialDesign is what a sequential test is tuned to.
type SequentialDesign struct {
	// Level of the confidence sequence, 1 - alpha; 0 is 0.95.
	Level float64
	// Effect is the smallest absolute difference of means (for rates: of
	// fractions) worth finding. It must be above zero and chosen before the data.
	// A wrong one costs units, and not validity.
	Effect float64
	// Least is how many units each group must have before anything is said; 0
	// is 100. The variance is estimated, and needs them.
	Least int64
}

// Sequential is a test that may be looked at after every unit and stopped at
// any time: the probability that it ever calls two equal groups different is at
// most 1 - Level, however often one looks. Make one with NewSequential; feed it
// in the order of the data. It is not safe for concurrent use.
//
// Formula: the mixture sequential probability ratio test with a normal mixture
// of variance Effect^2: with d the difference of means and v its variance, the
// likelihood ratio is sqrt(v/(v+e^2)) exp(e^2 d^2 / (2v(v+e^2))), the p-value
// the smallest so far of its reciprocals, and the interval d -+ sqrt(v(v+e^2)/e^2
// (2 log(1/alpha) + log((v+e^2)/v))), of which all so far are intersected. Unit:
// that of the values. Source: R. Johari, P. Koomen, L. Pekelis, D. Walsh,
// "Always Valid Inference: Continuous Monitoring of A/B Tests", Operations
// Research, 2022.
//
// The variance is that of the sample, so validity is a matter of large
// numbers; the package documentation says what was measured.
type Sequential struct {
	level, effect float64
	least         int64
	a, b          running
	logAlpha      float64
	logP          float64 // smallest so far
	low, high     float64 // intersection so far
	looked        bool
}

// running is a mean and a sum of squared distances. Source: B. P. Welford,
// "Note on a Method for Calculating Corrected Sums of Squares and Products",
// 1962.
type running struct {
	n        int64
	mean, sq float64
}

func (r *running) add(x float64) {
	r.n++
	d := x - r.mean
	r.mean += d / float64(r.n)
	r.sq += d * (x - r.mean)
}

// variance of the mean.
func (r *running) variance() float64 { return r.sq / float64(r.n-1) / float64(r.n) }

// NewSequential returns a test without data. An Effect that is not above zero
// or an impossible Level or Least is an error that matches smm.ErrInvalid.
func NewSequential(d SequentialDesign) (*Sequential, error) {
	level, err := levelOf(d.Level)
	if err != nil {
		return nil, err
	}
	if d.Least == 0 {
		d.Least = 100
	}
	switch {
	case !(d.Effect > 0) || !isFinite(d.Effect):
		return nil, fmt.Errorf("%w: effect %v: give the smallest difference worth finding, above 0", smm.ErrInvalid, d.Effect)
	case d.Least < 10:
		return nil, fmt.Errorf("%w: a look at %d units: wait for at least 10 in each group", smm.ErrInvalid, d.Least)
	}
	return &Sequential{level: level, effect: d.Effect, least: d.Least, logAlpha: math.Log1p(-level), low: math.Inf(-1), high: math.Inf(1)}, nil
}

// AddA adds the value of a unit of A: for a conversion 1, for none 0. A value
// that is not finite is an error that matches smm.ErrInvalid and adds nothing.
func (s *Sequential) AddA(x float64) error { return s.add(&s.a, x) }

// AddB adds the value of a unit of B; see AddA.
func (s *Sequential) AddB(x float64) error { return s.add(&s.b, x) }

func (s *Sequential) add(r *running, x float64) error {
	if !isFinite(x) {
		return fmt.Errorf("%w: value %v: leave the unit out, or count it as 0 if it did nothing", smm.ErrInvalid, x)
	}
	r.add(x)
	s.look()
	return nil
}

func (s *Sequential) look() {
	if s.a.n < s.least || s.b.n < s.least {
		return
	}
	v := s.a.variance() + s.b.variance()
	if !(v > 0) || math.IsInf(v, 0) {
		return
	}
	s.looked = true
	d, e := s.b.mean-s.a.mean, s.effect*s.effect
	width := math.Log((v + e) / v)
	s.logP = min(s.logP, width/2-e/(v+e)*d/v*d/2)
	half := s.half(v, e, width)
	s.low, s.high = max(s.low, d-half), min(s.high, d+half)
}

// half is half the width of the interval of a difference with variance v, where
// e is the variance of the mixture and width the logarithm of (v+e)/v.
func (s *Sequential) half(v, e, width float64) float64 {
	return math.Sqrt(v * (v/e + 1) * (width - 2*s.logAlpha))
}

// Significant reports whether the groups were ever found different. Once true
// it stays true.
func (s *Sequential) Significant() bool { return s.looked && s.logP < s.logAlpha }

// Result returns what is known now. It is undefined before Least units of each
// group, and while no value varies. The uplift's interval holds the ratios r
// for which the same test of mean(B) - r mean(A) against 0 says nothing, with
// the mixture widened to Effect^2 (1+r^2)/2 so that it keeps up with r.
func (s *Sequential) Result() Result {
	a, b := s.a.group(), s.b.group()
	if !s.looked {
		reason := fmt.Sprintf("a group has fewer than %d units", s.least)
		if s.a.n >= s.least && s.b.n >= s.least {
			reason = "no value varies"
		}
		return nothing(MethodSequential, s.level, a, b, reason)
	}
	d := s.b.mean - s.a.mean
	r := compare(MethodSequential, s.level, arm{n: s.a.n, value: s.a.mean}, arm{n: s.b.n, value: s.b.mean}, 0)
	r.PValue = new(max(math.Exp(s.logP), math.SmallestNonzeroFloat64))
	if s.low > s.high {
		r.Difference = partial(d, "the intervals of different times exclude each other: the groups changed while they were compared")
	} else {
		r.Difference = interval(d, s.low, s.high)
	}
	r.Uplift = s.uplift(r.Difference)
	return r.finite()
}

func (s *Sequential) uplift(d Interval) Interval {
	switch {
	case !(s.a.mean > 0):
		return undefined("A is not above zero")
	case d.Low == nil:
		return partial(*d.Estimate/s.a.mean, d.Reason)
	}
	ratio := s.b.mean / s.a.mean
	low, high := s.bound(ratio, -1)-1, s.bound(ratio, 1)-1
	if !isFinite(low, high) {
		return partial(ratio-1, "A is not clearly above zero, so that the relative difference has no bounds")
	}
	// Once the difference lay beyond 0, so did all ratios, then and for good.
	if s.low > 0 {
		low = max(low, 0)
	}
	if s.high < 0 {
		high = min(high, 0)
	}
	if low > high {
		return partial(ratio-1, "the intervals of different times exclude each other: the groups changed while they were compared")
	}
	return interval(ratio-1, low, high)
}

// bound returns the end of the interval of ratios in one direction, infinite if
// there is none.
func (s *Sequential) bound(ratio, direction float64) float64 {
	va, vb := s.a.variance(), s.b.variance()
	inside := func(r float64) bool {
		v, e := vb+r*r*va, s.effect*s.effect*(1+r*r)/2
		return math.Abs(s.b.mean-r*s.a.mean) <= s.half(v, e, math.Log1p(e/v))
	}
	in, step := ratio, math.Sqrt(va+vb)/s.a.mean
	for inside(ratio + direction*step) {
		in = ratio + direction*step
		if step *= 2; step > 1e9*(1+math.Abs(ratio)) {
			return math.Inf(int(direction))
		}
	}
	out := ratio + direction*step
	for range 100 {
		mid := in + (out-in)/2
		if mid == in || mid == out {
			break
		}
		if inside(mid) {
			in = mid
		} else {
			out = mid
		}
	}
	return out
}

func (r *running) group() Group {
	if r.n == 0 {
		return Group{}
	}
	return Group{N: r.n, Value: new(r.mean)}
}
