package experiment

import (
	"math"

	"github.com/smmkit/smmkit/analytics/internal/stat"
)

// FisherExact is Fisher's exact test of two proportions, right for counts of
// any size. The zero level is 0.95.
//
// The p-value is the probability, with the margins of the table fixed, of all
// tables that are at most as probable as the one seen. The interval of the
// difference is Newcombe's: Wilson's intervals of both rates, combined. The
// interval of the uplift is Katz's, on the logarithm of the ratio of the
// rates; it has no bounds if a group has no success. These are approximations,
// the p-value is none, so at the border they may disagree.
//
// Unit: fractions. Sources: R. A. Fisher, "Statistical Methods for Research
// Workers"; R. G. Newcombe, "Interval estimation for the difference between
// independent proportions", 1998, method 10; D. Katz and others, "Obtaining
// confidence intervals for the risk ratio in cohort studies", 1978.
//
// It is undefined if a group is empty. Errors are those of TwoProportions.
// Time grows with the root of the counts. Safe for concurrent use.
func FisherExact(a, b Proportion, level float64) (Result, error) {
	level, err := checkProportions(a, b, level)
	if err != nil {
		return Result{}, err
	}
	if a.Trials == 0 || b.Trials == 0 {
		return nothing(MethodFisher, level, a.group(), b.group(), "a group is empty"), nil
	}
	q := stat.NormalUpper((1 - level) / 2)
	r := compare(MethodFisher, level, a.arm(), b.arm(), q)
	r.Difference = newcombe(a, b, q)
	if a.Successes > 0 {
		r.Uplift = katz(a, b, q)
	}
	r.PValue = new(fisherP(a, b))
	return r, nil
}

func newcombe(a, b Proportion, q float64) Interval {
	pa, pb := a.rate(), b.rate()
	la, ha := stat.Wilson(float64(a.Successes), float64(a.Trials), q)
	lb, hb := stat.Wilson(float64(b.Successes), float64(b.Trials), q)
	d := pb - pa
	return interval(d, d-math.Hypot(pb-lb, ha-pa), d+math.Hypot(hb-pb, pa-la))
}

func katz(a, b Proportion, q float64) Interval {
	ratio := b.rate() / a.rate()
	if b.Successes == 0 {
		return partial(-1, "B has no success, so that the relative difference has no bounds")
	}
	v := 1/float64(a.Successes) - 1/float64(a.Trials) + 1/float64(b.Successes) - 1/float64(b.Trials)
	f := math.Exp(q * math.Sqrt(v))
	return interval(ratio-1, ratio/f-1, ratio*f-1)
}

// fisherP walks over the possible successes of A, outward from the most
// probable one, with weights relative to it: no factorial is computed.
func fisherP(a, b Proportion) float64 {
	na, nb, s := float64(a.Trials), float64(b.Trials), float64(a.Successes)+float64(b.Successes)
	least, most := max(0, s-nb), min(na, s)
	mode := min(max(math.Floor((s+1)*(na+1)/(na+nb+2)), least), most)
	// ratio is weight(x+1) / weight(x).
	ratio := func(x float64) float64 { return (na - x) / (x + 1) * ((s - x) / (nb - s + x + 1)) }
	seen := float64(a.Successes)
	weight := 1.0
	for x := mode; x < seen && weight > 0; x++ {
		weight *= ratio(x)
	}
	for x := mode; x > seen && weight > 0; x-- {
		weight /= ratio(x - 1)
	}
	// Tables as probable as the one seen differ from it by rounding only.
	limit := weight * (1 + 1e-7)
	all, extreme := 0.0, 0.0
	add := func(w float64) {
		all += w
		if w <= limit {
			extreme += w
		}
	}
	w := 1.0
	for x := mode; x <= most && w > 0; x++ {
		add(w)
		w *= ratio(x)
	}
	w = 1.0
	for x := mode; x > least && w > 0; x-- {
		w /= ratio(x - 1)
		add(w)
	}
	// Beyond the range of float64 the smallest number stands for the true one,
	// which is not 0.
	return min(max(extreme/all, math.SmallestNonzeroFloat64), 1)
}
