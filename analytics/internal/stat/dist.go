package stat

import "math"

// NormalSF returns P(Z > z) of the standard normal distribution.
func NormalSF(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// NormalQuantile returns z with P(Z <= z) = p, for 0 < p < 1.
func NormalQuantile(p float64) float64 {
	if !(p > 0 && p < 1) {
		return math.NaN()
	}
	if p > 0.5 {
		return NormalUpper(1 - p)
	}
	return -NormalUpper(p)
}

// NormalUpper returns z with P(Z > z) = q, for 0 < q < 1; it keeps its digits
// for q near 0.
func NormalUpper(q float64) float64 {
	switch {
	case !(q > 0 && q < 1):
		return math.NaN()
	case q > 0.5:
		return -NormalUpper(1 - q)
	}
	// Erfcinv falls back on 1-x, which is 1 in the far tail: begin there from
	// the bound P(Z > z) <= exp(-z*z/2)/2 instead.
	z := math.Sqrt2 * math.Erfcinv(2*q)
	if q < 1e-8 {
		z = math.Sqrt(-2 * math.Log(2*q))
	}
	for range 60 {
		step := math.Log(NormalSF(z)/q) * NormalSF(z) / normalDensity(z)
		z += step
		if math.Abs(step) <= 1e-16*(1+z) {
			break
		}
	}
	return z
}

func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

// TwoSidedNormal returns P(|Z| >= |z|).
func TwoSidedNormal(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// TwoSidedT returns P(|T| >= |t|) of Student's t distribution with df > 0
// degrees of freedom, which need not be whole.
func TwoSidedT(t, df float64) float64 {
	if !(df > 0) || math.IsNaN(t) {
		return math.NaN()
	}
	if math.IsInf(t, 0) {
		return 0
	}
	s := t * t
	return BetaInc(df/2, 0.5, df/(df+s), s/(df+s))
}

// TUpper returns t with P(T > t) = q, for 0 < q < 1 and df > 0.
func TUpper(q, df float64) float64 {
	switch {
	case !(q > 0 && q < 1) || !(df > 0):
		return math.NaN()
	case q == 0.5:
		return 0
	case q > 0.5:
		return -TUpper(1-q, df)
	}
	low, high := 0.0, 1.0
	for TwoSidedT(high, df)/2 > q {
		low, high = high, 2*high
		if math.IsInf(high, 1) {
			return high
		}
	}
	t := min(max(NormalUpper(q), low), high)
	for range 200 {
		sf := TwoSidedT(t, df) / 2
		if sf > q {
			low = t
		} else {
			high = t
		}
		// Newton on the logarithm, which is nearly straight in the tail.
		next := t + math.Log(sf/q)*sf/tDensity(t, df)
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-t) <= 1e-15*t {
			return next
		}
		t = next
	}
	return t
}

func tDensity(t, df float64) float64 {
	s := t * t
	return betaPower(df/2, 0.5, df/(df+s), s/(df+s)) / math.Abs(t)
}

// ChiSquareSF returns P(X > x) of the chi-square distribution with df > 0
// degrees of freedom.
func ChiSquareSF(x, df float64) float64 { return GammaQ(df/2, x/2) }

// Wilson returns the score interval of a proportion at the normal quantile z
// (1.96 for 95 %), for 0 <= successes <= trials and trials > 0.
//
// Formula: (p + z*z/2n -+ z sqrt(p(1-p)/n + z*z/4n*n)) / (1 + z*z/n). Source:
// E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
// Inference", 1927.
func Wilson(successes, trials, z float64) (low, high float64) {
	p, s := successes/trials, z*z/trials
	mid, half := p+s/2, math.Sqrt(s*p*(1-p)+s*s/4)
	low, high = (mid-half)/(1+s), (mid+half)/(1+s)
	if successes == 0 {
		low = 0
	}
	if successes == trials {
		high = 1
	}
	return max(low, 0), min(high, 1)
}

// Score is Wilson at a confidence level, such as 0.95, and false unless 0 <=
// successes <= trials, trials > 0 and 0 < level < 1.
func Score(successes, trials, level float64) (low, high float64, ok bool) {
	if !(trials > 0 && successes >= 0 && successes <= trials && level > 0 && level < 1) {
		return 0, 0, false
	}
	low, high = Wilson(successes, trials, NormalUpper((1-level)/2))
	return low, high, true
}
