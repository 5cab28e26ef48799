package forecast

import (
	"cmp"
	"math"
	"slices"
)

// goldenSection finds the lowest point of f between low and high, where f falls
// and then rises, to the given width.
// Source: J. Kiefer, "Sequential minimax search for a maximum", Proceedings of
// the AMS 4 (1953), 502-506.
func goldenSection(f func(float64) float64, low, high, width float64) float64 {
	inv := (math.Sqrt(5) - 1) / 2
	a, b := high-inv*(high-low), low+inv*(high-low)
	fa, fb := f(a), f(b)
	for high-low > width {
		if fa <= fb {
			high, b, fb = b, a, fa
			a = high - inv*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + inv*(high-low)
			fb = f(b)
		}
	}
	return (low + high) / 2
}

// nelderMead walks downhill on f from x with a simplex of the given size, for
// at most the given number of evaluations. Nothing in it is random.
// Source: J. A. Nelder and R. Mead, "A simplex method for function
// minimization", The Computer Journal 7 (1965), 308-313, with the coefficients
// 1, 2, 1/2, 1/2.
func nelderMead(f func([]float64) float64, x []float64, size float64, evaluations int) []float64 {
	type vertex struct {
		x []float64
		f float64
	}
	n := len(x)
	simplex := make([]vertex, n+1)
	for i := range simplex {
		v := slices.Clone(x)
		if i > 0 {
			v[i-1] += size
		}
		simplex[i] = vertex{v, f(v)}
	}
	at := func(centre, worst []float64, t float64) vertex {
		v := make([]float64, n)
		for j := range v {
			v[j] = centre[j] + t*(worst[j]-centre[j])
		}
		return vertex{v, f(v)}
	}
	for used := n + 1; used < evaluations; {
		slices.SortStableFunc(simplex, func(a, b vertex) int { return cmp.Compare(a.f, b.f) })
		worst := &simplex[n]
		if worst.f-simplex[0].f <= 1e-9*math.Abs(simplex[0].f) {
			break
		}
		centre := make([]float64, n)
		for _, v := range simplex[:n] {
			for j := range centre {
				centre[j] += v.x[j] / float64(n)
			}
		}
		reflected := at(centre, worst.x, -1)
		used++
		switch {
		case reflected.f < simplex[0].f:
			used++
			if further := at(centre, worst.x, -2); further.f < reflected.f {
				reflected = further
			}
			*worst = reflected
		case reflected.f < simplex[n-1].f:
			*worst = reflected
		default:
			used++
			if inner := at(centre, worst.x, 0.5); inner.f < worst.f {
				*worst = inner
				continue
			}
			for i := 1; i <= n; i++ {
				simplex[i] = at(simplex[0].x, simplex[i].x, 0.5)
			}
			used += n
		}
	}
	return slices.MinFunc(simplex, func(a, b vertex) int { return cmp.Compare(a.f, b.f) }).x
}
