package experiment

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics/internal/stat"
	"github.com/smmkit/smmkit/smm"
)

// Proportion is a count of units of which some did what was hoped for.
type Proportion struct {
	Successes int64 // 0 to Trials
	Trials    int64 // units that saw the variant, each counted once
}

func (p Proportion) check(name string) error {
	if p.Trials < 0 || p.Successes < 0 || p.Successes > p.Trials {
		return fmt.Errorf("%w: %s has %d successes in %d trials: count each unit once, as a success or not", smm.ErrInvalid, name, p.Successes, p.Trials)
	}
	return nil
}

func (p Proportion) rate() float64 { return float64(p.Successes) / float64(p.Trials) }

func (p Proportion) arm() arm {
	r := p.rate()
	return arm{n: p.Trials, value: r, variance: r * (1 - r) / float64(p.Trials)}
}

func (p Proportion) group() Group {
	if p.Trials == 0 {
		return Group{}
	}
	return Group{N: p.Trials, Value: new(p.rate())}
}

// CompareProportions chooses the test: FisherExact if an expected count of the
// table of successes and failures is below 5 (Cochran's rule), else
// TwoProportions. Errors are theirs.
func CompareProportions(a, b Proportion, level float64) (Result, error) {
	if smallestExpected(a, b) < 5 {
		return FisherExact(a, b, level)
	}
	return TwoProportions(a, b, level)
}

func smallestExpected(a, b Proportion) float64 {
	s, n := float64(a.Successes)+float64(b.Successes), float64(a.Trials)+float64(b.Trials)
	if n == 0 {
		return 0
	}
	return min(float64(a.Trials), float64(b.Trials)) * min(s, n-s) / n
}

// TwoProportions is the two-proportion z test with the pooled variance, which
// is that of the hypothesis that both rates are equal. The zero level is 0.95.
//
// Formula: z = (pB - pA) / sqrt(p(1-p)(1/nA + 1/nB)), p = (sA+sB)/(nA+nB). The
// intervals do not assume equal rates and use the variance of
// TwoProportionsUnpooled, so that at the border they may disagree with the
// p-value. Unit: fractions. Source: J. L. Fleiss, B. Levin, M. C. Paik,
// "Statistical Methods for Rates and Proportions".
//
// It is undefined if a group is empty or all units did the same. Counts that
// are negative or more successes than trials are errors that match
// smm.ErrInvalid. Safe for concurrent use.
func TwoProportions(a, b Proportion, level float64) (Result, error) {
	return zTest(MethodZPooled, a, b, level)
}

// TwoProportionsUnpooled is the z test with each group's own variance (Wald):
// its p-value agrees with its intervals.
//
// Formula: z = (pB - pA) / sqrt(pA(1-pA)/nA + pB(1-pB)/nB). Everything else is
// as in TwoProportions, also the source.
func TwoProportionsUnpooled(a, b Proportion, level float64) (Result, error) {
	return zTest(MethodZUnpooled, a, b, level)
}

func zTest(m Method, a, b Proportion, level float64) (Result, error) {
	level, err := checkProportions(a, b, level)
	if err != nil {
		return Result{}, err
	}
	if a.Trials == 0 || b.Trials == 0 {
		return nothing(m, level, a.group(), b.group(), "a group is empty"), nil
	}
	x, y := a.arm(), b.arm()
	variance := x.variance + y.variance
	if m == MethodZPooled {
		p := (float64(a.Successes) + float64(b.Successes)) / (float64(a.Trials) + float64(b.Trials))
		variance = p * (1 - p) * (1/float64(a.Trials) + 1/float64(b.Trials))
	}
	if variance == 0 {
		return nothing(m, level, a.group(), b.group(), "all units of a group did the same, which leaves this test without a variance: use FisherExact"), nil
	}
	r := compare(m, level, x, y, stat.NormalUpper((1-level)/2))
	z := (y.value - x.value) / math.Sqrt(variance)
	r.Statistic, r.PValue = &z, new(stat.TwoSidedNormal(z))
	if smallestExpected(a, b) < 5 {
		r.Warning = "fewer than 5 successes or failures are expected in a group: use FisherExact"
	}
	return r, nil
}

func checkProportions(a, b Proportion, level float64) (float64, error) {
	level, err := levelOf(level)
	if err != nil {
		return 0, err
	}
	if err := a.check("A"); err != nil {
		return 0, err
	}
	return level, b.check("B")
}
