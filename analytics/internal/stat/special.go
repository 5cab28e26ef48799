package stat

import "math"

const maxIterations = 2_000_000 // the fractions below need a few times the root of their parameters

// BetaInc returns the regularised incomplete beta function I_x(a, b), for
// a, b > 0, where y is 1-x. Both are given because a tail is lost when one is
// computed from the other.
//
// Source: the continued fraction of A. R. DiDonato and A. H. Morris, "Algorithm
// 708", ACM TOMS 18, 1992, by Lentz's method.
func BetaInc(a, b, x, y float64) float64 {
	switch {
	case !(a > 0) || !(b > 0) || !(x >= 0) || !(y >= 0) || math.IsInf(a, 1) || math.IsInf(b, 1):
		return math.NaN()
	case x == 0:
		return 0
	case y == 0:
		return 1
	}
	// The fraction converges fast on its own side of the mean.
	if x > (a+1)/(a+b+2) {
		return 1 - betaPower(b, a, y, x)*betaFraction(b, a, y, x)
	}
	return betaPower(a, b, x, y) * betaFraction(a, b, x, y)
}

// betaPower returns x^a y^b / B(a, b).
func betaPower(a, b, x, y float64) float64 {
	n := a + b
	d := (b*x - a*y) // n(x - mean), without the cancellation
	log := stirling(n) - stirling(a) - stirling(b) + deviance(a, d/a, x*n/a) + deviance(b, -d/b, y*n/b)
	return math.Sqrt(a/n*b/(2*math.Pi)) * math.Exp(log)
}

// deviance returns n(log r - u), where r = 1+u was computed apart, so that an r
// far below 1 keeps its digits.
func deviance(n, u, r float64) float64 {
	if math.Abs(u) > 0.2 {
		return n * (math.Log(r) - u)
	}
	sum, term := 0.0, u
	for k := 2.0; k < 40; k++ {
		term *= -u
		next := sum + term/k
		if next == sum {
			break
		}
		sum = next
	}
	return n * sum
}

// stirling returns log Gamma(z) - ((z - 1/2) log z - z + log(2 pi)/2), z > 0.
// Source: series 5.11.1 of the NIST Digital Library of Mathematical Functions.
func stirling(z float64) float64 {
	if z < 16 {
		lg, _ := math.Lgamma(z)
		return lg - ((z-0.5)*math.Log(z) - z + 0.5*math.Log(2*math.Pi))
	}
	s := 1 / (z * z)
	return (1./12 - s*(1./360-s*(1./1260-s*(1./1680-s*(1./1188-s*691./360360))))) / z
}

// betaFraction is the even part of the fraction, in a form that takes x and y
// from the distance to the mean: near x = 1 the plain form would live on the
// last digits of x.
func betaFraction(a, b, x, y float64) float64 {
	const tiny = 1e-300
	nonzero := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	lambda := a*y - b*x
	h := nonzero(a / (a + 1) * (lambda + 1))
	c, d := h, 0.0
	for n := 1.0; n <= maxIterations; n++ {
		w := n * (b - n) * x
		alpha := (a + n - 1) / (a + 2*n - 1) * ((a + b + n - 1) / (a + 2*n - 1)) * w * x
		beta := n + w/(a+2*n-1) + (a+n)/(a+2*n+1)*(lambda+1+n*(1+y))
		d = 1 / nonzero(beta+alpha*d)
		c = nonzero(beta + alpha/c)
		h *= d * c
		if math.Abs(d*c-1) < 1e-16 {
			return 1 / h
		}
	}
	return math.NaN()
}

// GammaQ returns the regularised upper incomplete gamma function Q(a, x), for
// a > 0 and x >= 0.
//
// Source: series 8.7.1 and continued fraction 8.9.2 of the NIST Digital
// Library of Mathematical Functions.
func GammaQ(a, x float64) float64 {
	switch {
	case !(a > 0) || !(x >= 0) || math.IsInf(a, 1):
		return math.NaN()
	case x == 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	case x-a < 1:
		sum, term := 1/a, 1/a
		for k := 1.0; k <= maxIterations; k++ {
			term *= x / (a + k)
			sum += term
			if term < sum*1e-17 {
				return 1 - sum*gammaPower(a, x)
			}
		}
		return math.NaN()
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for k := 1.0; k <= maxIterations; k++ {
		an := k * (a - k)
		b += 2
		d = 1 / (an*d + b)
		c = b + an/c
		h *= d * c
		if math.Abs(d*c-1) < 1e-16 {
			return h * gammaPower(a, x)
		}
	}
	return math.NaN()
}

// gammaPower returns x^a e^-x / Gamma(a).
func gammaPower(a, x float64) float64 {
	return math.Sqrt(a/(2*math.Pi)) * math.Exp(deviance(a, (x-a)/a, x/a)-stirling(a))
}
