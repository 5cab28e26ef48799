package forecast

import (
	"math"
	"slices"

	"github.com/smmkit/smmkit/analytics/internal/stat"
)

// Interval is a prediction interval: the number of the day lies in it with the
// probability Level, as far as the past is a guide.
type Interval struct {
	Level float64 `json:"level"` // a fraction, for example 0.95
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// spread turns back-test errors into intervals.
type spread struct {
	sd        []float64 // root mean square error by horizon, never falling
	df        []float64 // independent errors behind it, by horizon
	z         []float64 // errors of all horizons in units of sd, sorted
	shapeFrom float64   // independent errors behind z
	last      int       // place of the row about the sum
	sums      int       // windows behind that row
}

// newSpread reads the residuals by horizon. Four corrections make up for the
// small sample:
//
//   - The error of a horizon is never taken as smaller than that of a shorter
//     one, since only luck makes it so.
//   - Windows of h days overlap, and their errors may resemble each other, so
//     that they are worth fewer independent ones; freedom measures how many. The
//     quantile is widened by that of Student's t with so many degrees of freedom
//     over the normal one.
//   - The new day adds its own chance: a factor sqrt(1 + 1/n).
//   - The shape (skewed for counts) is taken from the errors of all horizons
//     together, each in units of its own size, and is not believed where it
//     would rest on fewer than five independent errors.
func newSpread(residuals [][]float64) *spread {
	sp := &spread{last: len(residuals) - 1}
	for h, row := range residuals {
		sd, n := rms(row)
		ahead := h + 1
		if h == sp.last {
			sp.sums, ahead = n, h
		} else if h > 0 {
			sd = max(sd, sp.sd[h-1])
		}
		df := freedom(row, ahead)
		sp.sd, sp.df = append(sp.sd, sd), append(sp.df, df)
		if h == sp.last || sd == 0 {
			continue
		}
		sp.shapeFrom += df / float64(sp.last)
		for _, e := range row {
			if known(e) {
				sp.z = append(sp.z, e/sd)
			}
		}
	}
	slices.Sort(sp.z)
	return sp
}

// freedom is how many independent errors a row is worth for a root mean square:
// n / (1 + 2·Σ ρ²) over the autocorrelations ρ up to the number of days ahead,
// each ρ² less its expectation 1/n under independence.
// Source: the variance of a sample variance of a Gaussian series, for example
// M. S. Bartlett, "Some aspects of the time-correlation problem in regard to
// tests of significance", Journal of the Royal Statistical Society 98 (1935).
func freedom(e []float64, ahead int) float64 {
	variance, n := 0.0, 0
	for _, v := range e {
		if known(v) {
			variance += v * v
			n++
		}
	}
	if n == 0 || variance == 0 {
		return minFreedom
	}
	variance /= float64(n)
	sum := 0.0
	for k := 1; k <= ahead && k < n; k++ {
		product, pairs := 0.0, 0
		for i := k; i < len(e); i++ {
			if known(e[i]) && known(e[i-k]) {
				product += e[i] * e[i-k]
				pairs++
			}
		}
		if pairs > 0 {
			rho := product / float64(n) / variance
			sum += max(0, rho*rho-1/float64(n))
		}
	}
	return max(minFreedom, float64(n)/(1+2*sum))
}

// minFreedom keeps the expansion of Student's t in its range.
const minFreedom = 4

// at returns the interval around a forecast for the h-th row.
func (sp *spread) at(h int, centre, level float64) Interval {
	tail := (1 - level) / 2
	n := sp.df[h]
	widen := stat.TUpper(tail, n) / stat.NormalUpper(tail) * math.Sqrt(1+1/n)
	low, high := -stat.NormalUpper(tail), stat.NormalUpper(tail)
	if h != sp.last {
		// The sum of many days is nearer to normal than a day is.
		low, high = sp.shape(tail, low), sp.shape(1-tail, high)
	}
	return Interval{Level: level, Low: centre + low*widen*sp.sd[h], High: centre + high*widen*sp.sd[h]}
}

// shape is the p-th quantile of the errors in units of their size. Too far out
// for the number of errors, the normal one stands in where it is wider.
func (sp *spread) shape(p, normal float64) float64 {
	n := len(sp.z)
	if n == 0 {
		return normal
	}
	q := quantile(sp.z, p)
	if sp.shapeFrom*min(p, 1-p) < 5 {
		if p < 0.5 {
			return min(q, normal)
		}
		return max(q, normal)
	}
	return q
}

// quantile interpolates between order statistics. Source: R. J. Hyndman and
// Y. Fan, "Sample quantiles in statistical packages", The American Statistician
// 50 (1996), 361-365, definition 6: the p-th of n at place p·(n+1).
func quantile(sorted []float64, p float64) float64 {
	n := len(sorted)
	at := clamp(p*float64(n+1)-1, 0, float64(n-1))
	i := int(at)
	if i+1 >= n {
		return sorted[n-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
