package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Sample is what a comparison of means needs of a group.
type Sample struct {
	N        int64
	Mean     float64
	Variance float64 // unbiased: the squared distances over N-1; 0 for N below 2
}

// Describe returns the sample of values, one for each unit. NaN and infinite
// values are an error that matches smm.ErrInvalid: leave units out that have no
// value, or count them as 0 if that is what they did.
//
// Formula: two passes, the second over the distances to the mean, with its
// rounding corrected. Source: T. F. Chan, G. H. Golub, R. J. LeVeque,
// "Algorithms for Computing the Sample Variance", 1983.
func Describe(values []float64) (Sample, error) {
	m, err := momentsOf(values, values)
	if err != nil {
		return Sample{}, err
	}
	return Sample{N: m.n, Mean: m.meanX, Variance: m.varX}, nil
}

// Welch compares two means whose variances may differ. The zero level is 0.95.
//
// Formula: t = (mB - mA) / sqrt(vA/nA + vB/nB), with (vA/nA + vB/nB)^2 /
// ((vA/nA)^2/(nA-1) + (vB/nB)^2/(nB-1)) degrees of freedom. The interval of the
// uplift is Fieller's with the same quantile. Unit: that of the values. Sources:
// B. L. Welch, "The generalization of Student's problem when several different
// population variances are involved", 1947; E. C. Fieller, "Some Problems in
// Interval Estimation", 1954.
//
// It is undefined if a group has fewer than two units or no value varies.
// Negative or not finite numbers where there can be none are errors that match
// smm.ErrInvalid. Safe for concurrent use.
func Welch(a, b Sample, level float64) (Result, error) {
	level, err := levelOf(level)
	if err != nil {
		return Result{}, err
	}
	for i, s := range []Sample{a, b} {
		if s.N < 0 || !(s.Variance >= 0) || !isFinite(s.Mean, s.Variance) {
			return Result{}, fmt.Errorf("%w: %s has n %d, mean %v, variance %v: use Describe", smm.ErrInvalid, "AB"[i:i+1], s.N, s.Mean, s.Variance)
		}
	}
	if a.N < 2 || b.N < 2 {
		return nothing(MethodWelch, level, a.group(), b.group(), "a group has fewer than two units"), nil
	}
	x := arm{a.N, a.Mean, a.Variance / float64(a.N)}
	y := arm{b.N, b.Mean, b.Variance / float64(b.N)}
	v := x.variance + y.variance
	if v == 0 {
		return nothing(MethodWelch, level, a.group(), b.group(), "no value varies"), nil
	}
	// Shares of v, not squares of variances, which may leave the range.
	sa, sb := x.variance/v, y.variance/v
	df := 1 / (sa*sa/float64(a.N-1) + sb*sb/float64(b.N-1))
	r := compare(MethodWelch, level, x, y, stat.TUpper((1-level)/2, df))
	t := (b.Mean - a.Mean) / math.Sqrt(v)
	r.Statistic, r.DegreesOfFreedom, r.PValue = &t, &df, new(stat.TwoSidedT(t, df))
	return r.finite(), nil
}

func (s Sample) group() Group {
	if s.N == 0 {
		return Group{}
	}
	return Group{N: s.N, Value: new(s.Mean)}
}

func isFinite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

type moments struct {
	n                            int64
	meanX, meanY, varX, varY, xy float64
}

func momentsOf(xs, ys []float64) (moments, error) {
	var sx, sy float64
	for i := range xs {
		if !isFinite(xs[i], ys[i]) {
			return moments{}, fmt.Errorf("%w: unit %d has no finite value: leave it out, or count it as 0 if it did nothing", smm.ErrInvalid, i)
		}
		sx += xs[i]
		sy += ys[i]
	}
	m := moments{n: int64(len(xs))}
	if m.n == 0 {
		return m, nil
	}
	n := float64(m.n)
	m.meanX, m.meanY = sx/n, sy/n
	var dx, dy, xx, yy, xy float64
	for i := range xs {
		x, y := xs[i]-m.meanX, ys[i]-m.meanY
		dx += x
		dy += y
		xx += x * x
		yy += y * y
		xy += x * y
	}
	if m.n > 1 {
		m.varX, m.varY, m.xy = (xx-dx*dx/n)/(n-1), (yy-dy*dy/n)/(n-1), (xy-dx*dy/n)/(n-1)
	}
	if !isFinite(m.meanX, m.meanY, m.varX, m.varY, m.xy) {
		return moments{}, fmt.Errorf("%w: the values are too large to square: give them in a larger unit", smm.ErrInvalid)
	}
	m.varX, m.varY = max(m.varX, 0), max(m.varY, 0)
	return m, nil
}
