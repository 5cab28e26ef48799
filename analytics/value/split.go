package value

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// split divides total by weights so that the parts sum up to total exactly: each
// gets the whole part of its quota, and what is left goes, one by one, to the
// largest remainders (method of Hare and Niemeyer); equal ones in their order.
// The sum of the weights must be above zero and below 2^63.
func split(total int64, weights []uint64) []int64 {
	var sum uint64
	for _, w := range weights {
		sum += w
	}
	abs := uint64(total)
	if total < 0 {
		abs = -abs
	}
	parts, order, rests := make([]int64, len(weights)), make([]int, len(weights)), make([]uint64, len(weights))
	left := abs
	for i, w := range weights {
		hi, lo := bits.Mul64(abs, w)
		var q uint64
		q, rests[i] = bits.Div64(hi, lo, sum)
		parts[i], order[i] = int64(q), i
		left -= q
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	if total < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts
}

// round returns whole numbers near the given ones whose sum is total. The given
// ones must sum up to total but for rounding; they may be negative.
func round(total int64, exact []float64) []int64 {
	parts, order := make([]int64, len(exact)), make([]int, len(exact))
	if len(exact) == 0 {
		return parts
	}
	left := total
	for i, x := range exact {
		parts[i], order[i] = int64(math.Floor(x)), i
		left -= parts[i]
	}
	rest := func(i int) float64 { return exact[i] - math.Floor(exact[i]) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest(b), rest(a)) })
	// Floating point may put the sum outside of the len(exact) units that whole
	// parts leave open, for amounts beyond 2^53.
	n := int64(len(order))
	for k, i := range order {
		parts[i] += left / n
		if int64(k) < left%n {
			parts[i]++
		}
	}
	for k := range -(left % n) {
		parts[order[n-1-k]]--
	}
	return parts
}
