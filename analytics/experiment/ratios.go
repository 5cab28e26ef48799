package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// RatioSample is what a comparison of ratios of sums needs of a group: of each
// unit that was assigned (a person) a numerator (clicks) and a denominator
// (impressions).
type RatioSample struct {
	N            int64
	Num, Den     float64 // means over the units
	VarNum       float64 // unbiased variance of the numerators
	VarDen       float64
	CovNumAndDen float64 // unbiased covariance of both
}

// DescribeRatio returns the sample of units, of which the i-th has num[i] and
// den[i]. Different lengths and values that are not finite are errors that
// match smm.ErrInvalid.
func DescribeRatio(num, den []float64) (RatioSample, error) {
	if len(num) != len(den) {
		return RatioSample{}, fmt.Errorf("%w: %d numerators and %d denominators: give both of every unit", smm.ErrInvalid, len(num), len(den))
	}
	m, err := momentsOf(num, den)
	if err != nil {
		return RatioSample{}, err
	}
	return RatioSample{N: m.n, Num: m.meanX, Den: m.meanY, VarNum: m.varX, VarDen: m.varY, CovNumAndDen: m.xy}, nil
}

// DeltaRatios compares two ratios of sums, such as clicks by impressions, where
// people were assigned and each has several impressions. A test of proportions
// would take the impressions for independent, which they are not, and find
// differences that are none. The zero level is 0.95.
//
// Formula: with R = mean(num)/mean(den), the variance of R is (var(num) -
// 2 R cov(num,den) + R^2 var(den)) / (n mean(den)^2), and z = (RB - RA) /
// sqrt(varA + varB). The interval of the uplift is Fieller's. Unit: that of the
// ratio. Source: A. Deng, U. Knoblich, J. Lu, "Applying the Delta Method in
// Metric Analytics: A Practical Guide with Novel Ideas", 2018.
//
// It is undefined if a group has fewer than two units, if a mean denominator is
// not above zero, or if nothing varies. The normal distribution is a good
// approximation from some dozens of units on; below 30 a warning says so.
// Numbers that no DescribeRatio gives are errors that match smm.ErrInvalid.
// Safe for concurrent use.
func DeltaRatios(a, b RatioSample, level float64) (Result, error) {
	level, err := levelOf(level)
	if err != nil {
		return Result{}, err
	}
	for i, s := range []RatioSample{a, b} {
		if err := s.check("AB"[i : i+1]); err != nil {
			return Result{}, err
		}
	}
	switch {
	case a.N < 2 || b.N < 2:
		return nothing(MethodDelta, level, Group{N: a.N}, Group{N: b.N}, "a group has fewer than two units"), nil
	case a.Den <= 0 || b.Den <= 0:
		return nothing(MethodDelta, level, Group{N: a.N}, Group{N: b.N}, "a denominator is not above zero"), nil
	}
	x, y := a.arm(), b.arm()
	v := x.variance + y.variance
	if v == 0 {
		return nothing(MethodDelta, level, Group{a.N, new(x.value)}, Group{b.N, new(y.value)}, "no ratio varies"), nil
	}
	r := compare(MethodDelta, level, x, y, stat.NormalUpper((1-level)/2))
	z := (y.value - x.value) / math.Sqrt(v)
	r.Statistic, r.PValue = &z, new(stat.TwoSidedNormal(z))
	if min(a.N, b.N) < 30 {
		r.Warning = "a group has fewer than 30 units, and the method needs many"
	}
	return r.finite(), nil
}

func (s RatioSample) check(name string) error {
	switch {
	case s.N < 0 || !isFinite(s.Num, s.Den, s.VarNum, s.VarDen, s.CovNumAndDen) || s.VarNum < 0 || s.VarDen < 0,
		s.CovNumAndDen*s.CovNumAndDen > s.VarNum*s.VarDen*(1+1e-9):
		return fmt.Errorf("%w: %s has numbers that no units have: use DescribeRatio", smm.ErrInvalid, name)
	}
	return nil
}

func (s RatioSample) arm() arm {
	r := s.Num / s.Den
	v := s.VarNum - 2*r*s.CovNumAndDen + r*r*s.VarDen
	return arm{n: s.N, value: r, variance: max(v, 0) / float64(s.N) / s.Den / s.Den}
}
