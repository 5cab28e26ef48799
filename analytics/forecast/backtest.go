package forecast

import (
	"fmt"
	"math"

	"github.com/smmkit/smmkit/analytics"
)

// Trial is how one method did in the back-test.
type Trial struct {
	Method Method `json:"method"`
	// MASE is the mean absolute error over all horizons, in units of what the
	// seasonal-naive forecast (naive without a season) errs one period ahead on
	// the whole history. SMAPE is a fraction, at most 2. Both over the same days for
	// all methods that took part, so that they can be compared.
	MASE  analytics.Rate `json:"mase"`
	SMAPE analytics.Rate `json:"smape"`
	// Forecasts is how many pairs of forecast and known day were compared.
	Forecasts int `json:"forecasts"`
	// Reason says why a method did not take part.
	Reason string `json:"reason,omitempty"`
}

// backtest holds what every method forecast at every origin.
type backtest struct {
	origins []int
	horizon int
	methods []Method
	// forecast[m][o][h] is NaN where method m had no answer.
	forecast [][][]float64
	failed   []string
}

// A back-test needs at least this many origins, or its errors are anecdotes.
const minOrigins = 10

// refitEvery is how many origins share fitted parameters: those of the first of
// them, so that no parameter knows its future.
const refitEvery = 7

// roll forecasts from each of the last origins of the history as if it ended
// there.
func roll(s *series, methods []Method, period, horizon, origins int) *backtest {
	n := len(s.y)
	b := &backtest{horizon: horizon, methods: methods}
	for o := n - horizon - origins + 1; o <= n-horizon; o++ {
		b.origins = append(b.origins, o)
	}
	for _, m := range methods {
		mod := newModel(m, period)
		rows, why := make([][]float64, len(b.origins)), ""
		fitted := false
		for i, o := range b.origins {
			rows[i] = nans(horizon)
			if i%refitEvery == 0 {
				fitted = mod.fit(s, o)
			}
			if !fitted || !mod.predict(s, o, rows[i]) {
				why = fmt.Sprintf("could not be fitted to the first %d days", o)
				break
			}
		}
		b.forecast, b.failed = append(b.forecast, rows), append(b.failed, why)
	}
	return b
}

// common returns for each origin and horizon whether the day is known and every
// method that took part forecast it.
func (b *backtest) common(s *series) [][]bool {
	out := make([][]bool, len(b.origins))
	for i, o := range b.origins {
		out[i] = make([]bool, b.horizon)
		for h := range out[i] {
			ok := known(s.y[o+h])
			for m := range b.methods {
				ok = ok && (b.failed[m] != "" || known(b.forecast[m][i][h]))
			}
			out[i][h] = ok
		}
	}
	return out
}

// trials scores the methods and returns the mean absolute error of each, NaN
// for those that did not take part.
func (b *backtest) trials(s *series, period int) ([]Trial, []float64) {
	ok := b.common(s)
	scale, scaled := NaiveScale(s.y, period)
	trials, errs := make([]Trial, len(b.methods)), nans(len(b.methods))
	for m, method := range b.methods {
		t := Trial{Method: method, Reason: b.failed[m]}
		t.MASE = analytics.Rate{State: analytics.StateUndefined, Reason: t.Reason}
		t.SMAPE = t.MASE
		if t.Reason == "" {
			var actual, forecast []float64
			for i, o := range b.origins {
				for h := range b.horizon {
					if ok[i][h] {
						actual, forecast = append(actual, s.y[o+h]), append(forecast, b.forecast[m][i][h])
					}
				}
			}
			t.Forecasts = len(actual)
			if mae, defined := MAE(actual, forecast); defined {
				errs[m] = mae
				smape, _ := SMAPE(actual, forecast)
				t.SMAPE = rate(smape)
				t.MASE = rate(mae / scale)
				if !scaled {
					t.MASE = analytics.Rate{State: analytics.StateUndefined, Reason: "the history never changes, so there is no yardstick"}
				}
			}
		}
		trials[m] = t
	}
	return trials, errs
}

func rate(v float64) analytics.Rate {
	return analytics.Rate{Value: &v, State: analytics.StateComplete}
}

// Improvement is by how much a more elaborate method must beat a simpler one to
// be chosen, as a fraction of the error: less is luck of the back-test.
const Improvement = 0.02

// choose returns the place of the method with the lowest error, a simpler one
// winning unless a later one is better by Improvement; false if none took part.
func choose(errs []float64) (int, bool) {
	best := -1
	for m, e := range errs {
		if known(e) && (best < 0 || e < errs[best]*(1-Improvement)) {
			best = m
		}
	}
	return best, best >= 0
}

// residuals returns actual - forecast of one method by horizon, with NaN where
// a side is missing: residuals[h][i] for the i-th origin. The last row is about
// the sum over the whole horizon: the error over the known days, blown up to all
// days where a few are missing, and NaN where more than a quarter is.
func (b *backtest) residuals(s *series, m int) [][]float64 {
	out := make([][]float64, b.horizon+1)
	for h := range out {
		out[h] = nans(len(b.origins))
	}
	for i, o := range b.origins {
		sum, n := 0.0, 0
		for h := range b.horizon {
			e := s.y[o+h] - b.forecast[m][i][h]
			out[h][i] = e
			if known(e) {
				sum += e
				n++
			}
		}
		if 4*n >= 3*b.horizon {
			out[b.horizon][i] = sum * float64(b.horizon) / float64(n)
		}
	}
	return out
}

func rms(e []float64) (float64, int) {
	sum, n := 0.0, 0
	for _, v := range e {
		if known(v) {
			sum += v * v
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	return math.Sqrt(sum / float64(n)), n
}
