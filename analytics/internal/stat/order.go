package stat

import (
	"math"
	"slices"
)

// Median sorts v, which must not be empty, and returns its middle: of an even
// number of values the mean of the two.
func Median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// Quantile interpolates between the two nearest of sorted values, of which there is
// at least one: the first at 0, the last at 1. Source: R. J. Hyndman and Y. Fan,
// "Sample Quantiles in Statistical Packages", 1996, definition 7.
func Quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	below := int(math.Floor(at))
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}
