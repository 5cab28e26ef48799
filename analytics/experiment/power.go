package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Design is what an experiment shall be able to tell. The zero Design is the
// usual one.
type Design struct {
	Alpha float64 // probability of finding a difference where there is none, two-sided; 0 is 0.05
	Power float64 // probability of finding the difference asked about; 0 is 0.8
	Ratio float64 // units of B for each of A; 0 is 1
}

// Size is how many units an experiment needs.
type Size struct {
	A, B int64   // rounded up
	Real float64 // of A, before rounding
}

func (d Design) check() (Design, error) {
	if d.Alpha == 0 {
		d.Alpha = 0.05
	}
	if d.Power == 0 {
		d.Power = 0.8
	}
	if d.Ratio == 0 {
		d.Ratio = 1
	}
	switch {
	case !(d.Alpha > 0 && d.Alpha <= 0.5):
		return d, fmt.Errorf("%w: alpha %v: give a fraction above 0 and at most 0.5, for example 0.05", smm.ErrInvalid, d.Alpha)
	case !(d.Power >= 0.5 && d.Power < 1):
		return d, fmt.Errorf("%w: power %v: give a fraction from 0.5 to below 1, for example 0.8", smm.ErrInvalid, d.Power)
	case !(d.Ratio >= 1e-3 && d.Ratio <= 1e3):
		return d, fmt.Errorf("%w: ratio %v: give the units of B for each of A, from 0.001 to 1000", smm.ErrInvalid, d.Ratio)
	}
	return d, nil
}

func checkRates(a, b float64) error {
	if !(a > 0 && a < 1) || !(b > 0 && b < 1) {
		return fmt.Errorf("%w: rates %v and %v: give fractions above 0 and below 1, such as 0.05 for 5 %%", smm.ErrInvalid, a, b)
	}
	return nil
}

func (d Design) size(n float64) (Size, error) {
	if b := n * d.Ratio; !(n < 1e15) || !(b < 1e15) {
		return Size{}, fmt.Errorf("%w: the difference is too small to be found: ask for a larger one", smm.ErrInvalid)
	}
	up := func(f float64) int64 { return max(int64(math.Ceil(f*(1-1e-12))), 2) }
	return Size{A: up(n), B: up(n * d.Ratio), Real: n}, nil
}

// rates returns the two standard deviations, times the root of the units of A,
// of the difference of two rates: if they are equal, and as they are.
func (d Design) rates(a, b float64) (equal, own float64) {
	p := (a + d.Ratio*b) / (1 + d.Ratio)
	return math.Sqrt(p * (1 - p) * (1 + 1/d.Ratio)), math.Sqrt(a*(1-a) + b*(1-b)/d.Ratio)
}

// SampleSizeProportions returns how many units let TwoProportions find the
// difference between the rates a and b.
//
// Formula: nA = (z(1-alpha/2) sqrt(p(1-p)(1+1/k)) + z(power) sqrt(a(1-a) +
// b(1-b)/k))^2 / (b-a)^2 with p = (a+kb)/(1+k) and k = Ratio; no continuity
// correction. Unit: units (people). Source: J. L. Fleiss, B. Levin, M. C. Paik,
// "Statistical Methods for Rates and Proportions".
//
// Rates that are not between 0 and 1 or equal, and impossible designs, are
// errors that match smm.ErrInvalid. Safe for concurrent use.
func SampleSizeProportions(a, b float64, d Design) (Size, error) {
	d, err := d.check()
	if err != nil {
		return Size{}, err
	}
	if err := checkRates(a, b); err != nil {
		return Size{}, err
	}
	equal, own := d.rates(a, b)
	root := (stat.NormalUpper(d.Alpha/2)*equal + stat.NormalQuantile(d.Power)*own) / (b - a)
	return d.size(root * root)
}

// PowerProportions returns the probability that TwoProportions finds the
// difference between the rates a and b with nA units of A and nA times Ratio of
// B. Design.Power is not used.
//
// Formula: Phi((|b-a| sqrt(nA) - z(1-alpha/2) sqrt(p(1-p)(1+1/k))) /
// sqrt(a(1-a) + b(1-b)/k)), the reverse of SampleSizeProportions; a difference
// found in the wrong direction does not count. Unit: fraction. Source and
// errors: as there.
func PowerProportions(a, b float64, nA int64, d Design) (float64, error) {
	d, err := d.check()
	if err != nil {
		return 0, err
	}
	if err := checkRates(a, b); err != nil {
		return 0, err
	}
	if nA < 1 {
		return 0, errUnits(nA)
	}
	return d.power(a, b, float64(nA)), nil
}

func (d Design) power(a, b, n float64) float64 {
	equal, own := d.rates(a, b)
	return stat.NormalSF((stat.NormalUpper(d.Alpha/2)*equal - math.Abs(b-a)*math.Sqrt(n)) / own)
}

// MDEProportions returns the minimum detectable effect: the smallest rise above
// the rate a, as an absolute difference, that nA units of A and nA times Ratio
// of B find with the power of the design.
//
// Formula: PowerProportions solved for b. Unit: fraction (0.01 is one
// percentage point). It is an error that matches smm.ErrInvalid if no rise is
// large enough; the other errors are those of PowerProportions.
func MDEProportions(a float64, nA int64, d Design) (float64, error) {
	d, err := d.check()
	if err != nil {
		return 0, err
	}
	if err := checkRates(a, a); err != nil {
		return 0, err
	}
	if nA < 1 {
		return 0, errUnits(nA)
	}
	low, high := 0.0, 1-a
	if d.power(a, 1-1e-12*(1-a), float64(nA)) < d.Power {
		return 0, fmt.Errorf("%w: no rise above %v can be found with %d units: take more", smm.ErrInvalid, a, nA)
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if d.power(a, a+mid, float64(nA)) < d.Power {
			low = mid
		} else {
			high = mid
		}
	}
	return high, nil
}

// SampleSizeMeans returns how many units let Welch find the difference delta of
// two means, where sdA and sdB are the standard deviations of single values.
//
// Formula: nA = (z(1-alpha/2) + z(power))^2 (sdA^2 + sdB^2/k) / delta^2, k =
// Ratio: the normal approximation. Student's t needs about
// z(1-alpha/2)^2/4 units more in each group, one or two. Unit: units (people).
// Source: S.-C. Chow, J. Shao, H. Wang, "Sample Size Calculations in Clinical
// Research".
//
// A delta of 0, standard deviations that are not above zero, and impossible
// designs are errors that match smm.ErrInvalid. Safe for concurrent use.
func SampleSizeMeans(delta, sdA, sdB float64, d Design) (Size, error) {
	d, err := d.means(sdA, sdB)
	if err != nil {
		return Size{}, err
	}
	if delta == 0 || !isFinite(delta) {
		return Size{}, fmt.Errorf("%w: difference %v: give the smallest one worth finding, not 0", smm.ErrInvalid, delta)
	}
	root := (stat.NormalUpper(d.Alpha/2) + stat.NormalQuantile(d.Power)) * math.Hypot(sdA, sdB/math.Sqrt(d.Ratio)) / delta
	return d.size(root * root)
}

// PowerMeans returns the probability that Welch finds the difference delta of
// two means with nA units of A and nA times Ratio of B. Design.Power is not
// used.
//
// Formula: Phi(|delta| sqrt(nA) / sqrt(sdA^2 + sdB^2/k) - z(1-alpha/2)), the
// reverse of SampleSizeMeans. Unit: fraction. Source and errors: as there.
func PowerMeans(delta, sdA, sdB float64, nA int64, d Design) (float64, error) {
	d, err := d.means(sdA, sdB)
	if err != nil {
		return 0, err
	}
	if nA < 1 || !isFinite(delta) {
		return 0, errUnits(nA)
	}
	z := math.Abs(delta) * math.Sqrt(float64(nA)) / math.Hypot(sdA, sdB/math.Sqrt(d.Ratio))
	return stat.NormalSF(stat.NormalUpper(d.Alpha/2) - z), nil
}

// MDEMeans returns the minimum detectable effect: the smallest difference of
// two means that nA units of A and nA times Ratio of B find with the power of
// the design.
//
// Formula: (z(1-alpha/2) + z(power)) sqrt((sdA^2 + sdB^2/k) / nA). Unit: that of
// the values. Source and errors: as SampleSizeMeans.
func MDEMeans(sdA, sdB float64, nA int64, d Design) (float64, error) {
	d, err := d.means(sdA, sdB)
	if err != nil {
		return 0, err
	}
	if nA < 1 {
		return 0, errUnits(nA)
	}
	return (stat.NormalUpper(d.Alpha/2) + stat.NormalQuantile(d.Power)) * math.Hypot(sdA, sdB/math.Sqrt(d.Ratio)) / math.Sqrt(float64(nA)), nil
}

func (d Design) means(sdA, sdB float64) (Design, error) {
	d, err := d.check()
	if err == nil && (!(sdA > 0) || !(sdB > 0) || !isFinite(sdA, sdB)) {
		err = fmt.Errorf("%w: standard deviations %v and %v: give those of single values, above 0", smm.ErrInvalid, sdA, sdB)
	}
	return d, err
}

func errUnits(n int64) error {
	return fmt.Errorf("%w: %d units and the difference: give at least 1 unit and a finite difference", smm.ErrInvalid, n)
}
