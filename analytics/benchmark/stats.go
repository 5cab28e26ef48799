package benchmark

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/smmkit/smmkit/analytics/internal/stat"
)

// countBounds is Byar's approximation to the exact interval of a Poisson
// count. Source: N. E. Breslow and N. E. Day, "Statistical Methods in Cancer
// Research", volume II, IARC 1987.
func countBounds(n int, level float64) (low, high float64) {
	z := stat.NormalUpper((1 - level) / 2)
	cube := func(n, z float64) float64 {
		v := 1 - 1/(9*n) + z/(3*math.Sqrt(n))
		return n * v * v * v
	}
	if n > 0 {
		low = max(0, cube(float64(n), -z))
	}
	return low, cube(float64(n+1), z)
}

// totalVariation is half the sum of the differences of two histograms: the
// share of the posts that would have to move to make them equal.
func totalVariation(p, q []float64) float64 {
	sum := 0.0
	for i, v := range p {
		sum += math.Abs(v - q[i])
	}
	return sum / 2
}

// circularDistance is the least work that makes histograms on a clock equal:
// the mean number of bins by which the posts would have to be moved, the last bin
// being next to the first. With D the running sum of the differences it is the
// sum of |D - median(D)|.
// Source: M. Werman, S. Peleg, R. Melter and T. Y. Kong, "Bipartite graph
// matching for points on a line or a circle", Journal of Algorithms 7 (1986),
// 277-284.
func circularDistance(p, q []float64) float64 {
	run, sum := make([]float64, len(p)), 0.0
	for i, v := range p {
		sum += v - q[i]
		run[i] = sum
	}
	mid := stat.Median(slices.Clone(run))
	sum = 0
	for _, v := range run {
		sum += math.Abs(v - mid)
	}
	return sum
}

// bootstrap draws values of a statistic from resampled data and returns their
// percentile interval, nil if too many draws have no value. Source: B. Efron and R.
// J. Tibshirani, "An Introduction to the Bootstrap", 1993, on percentile intervals.
func bootstrap(r *rand.Rand, resamples int, level float64, draw func(*rand.Rand) (float64, bool)) *Interval {
	values := make([]float64, 0, resamples)
	for range resamples {
		if v, ok := draw(r); ok {
			values = append(values, v)
		}
	}
	// Draws without a value happen where a denominator vanishes; many of them
	// leave nothing to trust.
	if len(values) < resamples*9/10 {
		return nil
	}
	slices.Sort(values)
	tail := (1 - level) / 2
	at := func(p float64) float64 {
		return values[min(len(values)-1, max(0, int(math.Round(p*float64(len(values)+1)))-1))]
	}
	return &Interval{Low: at(tail), High: at(1 - tail)}
}
