package experiment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/smmkit/smmkit/smm"
)

// Bonferroni adjusts p-values of several comparisons, so that the probability
// of any false finding among them stays below the alpha that the results are
// held against. Holm does the same and finds more.
//
// Formula: min(1, m p) for m p-values. Unit: probability, in the order of the
// input, which is not changed. Source: O. J. Dunn, "Multiple Comparisons Among
// Means", 1961. A p-value outside 0 to 1 is an error that matches
// smm.ErrInvalid. Safe for concurrent use.
func Bonferroni(p []float64) ([]float64, error) {
	return adjust(p, func(sorted []float64) {
		for i, v := range sorted {
			sorted[i] = min(1, v*float64(len(sorted)))
		}
	})
}

// Holm adjusts p-values like Bonferroni, step by step from the smallest.
//
// Formula: with p sorted upward, the largest of min(1, (m-j+1) p_j) for j up to
// i. Source: S. Holm, "A Simple Sequentially Rejective Multiple Test
// Procedure", 1979. Everything else is as in Bonferroni.
func Holm(p []float64) ([]float64, error) {
	return adjust(p, func(sorted []float64) {
		largest := 0.0
		for i, v := range sorted {
			largest = max(largest, min(1, v*float64(len(sorted)-i)))
			sorted[i] = largest
		}
	})
}

// BenjaminiHochberg adjusts p-values so that among the findings at alpha the
// expected share of false ones stays below alpha. It suits the search through
// many segments, where some false findings do no harm. The tests should be
// independent or positively dependent.
//
// Formula: with p sorted upward, the smallest of min(1, m p_j / j) for j from
// i. Source: Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate:
// A Practical and Powerful Approach to Multiple Testing", 1995. Everything else
// is as in Bonferroni.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	return adjust(p, func(sorted []float64) {
		smallest := 1.0
		for i := len(sorted) - 1; i >= 0; i-- {
			smallest = min(smallest, sorted[i]*float64(len(sorted))/float64(i+1))
			sorted[i] = smallest
		}
	})
}

func adjust(p []float64, f func(sorted []float64)) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("%w: p-value %d is %v: leave undefined results out", smm.ErrInvalid, i, v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	sorted := make([]float64, len(p))
	for k, i := range order {
		sorted[k] = p[i]
	}
	f(sorted)
	out := make([]float64, len(p))
	for k, i := range order {
		out[i] = sorted[k]
	}
	return out, nil
}
