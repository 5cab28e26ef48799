package forecast

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

var epoch = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// week is how the weekdays differ in the simulated series, Monday first.
var week = [7]float64{1.10, 1.15, 1.10, 1.05, 1.00, 0.75, 0.85}

// points turns numbers into points of consecutive days; NaN is a day that was
// not reported, with a value that must not be looked at.
func points(y []float64) []analytics.Point {
	out := make([]analytics.Point, len(y))
	for i, v := range y {
		out[i] = analytics.Point{At: epoch.AddDate(0, 0, i), N: 1 << 40, State: smm.MetricNotReported}
		if !math.IsNaN(v) {
			out[i].N, out[i].State = int64(math.Round(v)), smm.Counted(int64(math.Round(v)))
		}
	}
	return out
}

// poisson draws by multiplying uniforms, in pieces that do not underflow.
func poisson(r *rand.Rand, mean float64) float64 {
	n := 0.0
	for ; mean > 0; mean -= 30 {
		limit, p := math.Exp(-min(mean, 30)), 1.0
		for p *= r.Float64(); p > limit; p *= r.Float64() {
			n++
		}
	}
	return n
}

// gamma draws with a whole-numbered shape.
func gammaInt(r *rand.Rand, shape int, mean float64) float64 {
	sum := 0.0
	for range shape {
		sum += r.ExpFloat64()
	}
	return sum * mean / float64(shape)
}

// family is a way to make up series.
type family struct {
	name string
	make func(r *rand.Rand, n int) (y, spend []float64)
}

func plain(f func(r *rand.Rand, n int) []float64) func(*rand.Rand, int) ([]float64, []float64) {
	return func(r *rand.Rand, n int) ([]float64, []float64) { return f(r, n), nil }
}

func families() []family {
	return []family{
		{"poisson, weekly season", plain(func(r *rand.Rand, n int) []float64 {
			y := make([]float64, n)
			for t := range y {
				y[t] = poisson(r, 40*week[t%7])
			}
			return y
		})},
		{"few and clumped (negative binomial, mean 5)", plain(func(r *rand.Rand, n int) []float64 {
			y := make([]float64, n)
			for t := range y {
				y[t] = poisson(r, gammaInt(r, 2, 5*week[t%7]))
			}
			return y
		})},
		{"random walk", plain(func(r *rand.Rand, n int) []float64 {
			y, l := make([]float64, n), 5000.0
			for t := range y {
				l += 40 * r.NormFloat64()
				y[t] = l
			}
			return y
		})},
		{"drifting level, season, noise", plain(func(r *rand.Rand, n int) []float64 {
			y, l := make([]float64, n), 1000.0
			for t := range y {
				l += 12 * r.NormFloat64()
				y[t] = l + 400*(week[t%7]-1) + 40*r.NormFloat64()
			}
			return y
		})},
		{"growing, season, noise", plain(func(r *rand.Rand, n int) []float64 {
			y := make([]float64, n)
			for t := range y {
				y[t] = (600+4*float64(t))*week[t%7] + 50*r.NormFloat64()
			}
			return y
		})},
		{"lasting moods (AR 0.6), season", plain(func(r *rand.Rand, n int) []float64 {
			y, a := make([]float64, n), 0.0
			for t := range y {
				a = 0.6*a + 60*r.NormFloat64()
				y[t] = 1000*week[t%7] + a
			}
			return y
		})},
		{"results of spend, saturating", func(r *rand.Rand, n int) ([]float64, []float64) {
			y, spend := make([]float64, n), make([]float64, n)
			for t := range y {
				spend[t] = 20 + 180*r.Float64()
				y[t] = poisson(r, 10+120*spend[t]/(spend[t]+100))
			}
			return y, spend
		}},
		{"poisson with a tenth of the days missing", plain(func(r *rand.Rand, n int) []float64 {
			y := make([]float64, n)
			for t := range y {
				y[t] = poisson(r, 40*week[t%7])
				if t > 0 && t < n-15 && r.Float64() < 0.1 {
					y[t] = math.NaN()
				}
			}
			return y
		})},
	}
}

// spendDays is the spend in euros, as Options want it.
func spendDays(spend []float64) []SpendDay {
	out := make([]SpendDay, len(spend))
	for i, v := range spend {
		out[i] = SpendDay{At: epoch.AddDate(0, 0, i), Spend: smm.Money{Micros: int64(math.Round(v * 1e6)), Currency: "EUR"}}
	}
	return out
}
