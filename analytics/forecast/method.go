package forecast

import "math"

// Method names a way to forecast.
type Method string

// The methods, from the simplest to the most elaborate.
const (
	// Naive repeats the last known day.
	Naive Method = "naive"
	// SeasonalNaive repeats the last known day of the same weekday.
	SeasonalNaive Method = "seasonal-naive"
	// SimpleSmoothing is simple exponential smoothing: a level without trend
	// and season.
	SimpleSmoothing Method = "simple-exponential-smoothing"
	// DampedTrend is Holt's method with a trend that fades out.
	DampedTrend Method = "damped-trend"
	// HoltWinters is the additive Holt-Winters method with a damped trend and a
	// season of Options.Period days.
	HoltWinters Method = "holt-winters-damped"
	// SpendLinear, SpendLog and SpendSaturating are regressions on the spend of
	// the day, with an effect of the weekday: in proportion to the spend, to
	// its logarithm, and to spend/(spend+half) with the half-way point fitted.
	SpendLinear     Method = "spend-linear"
	SpendLog        Method = "spend-log"
	SpendSaturating Method = "spend-saturating"
)

// Methods returns all methods, from the simplest to the most elaborate, which
// is the order in which ties are decided.
func Methods() []Method {
	return []Method{Naive, SeasonalNaive, SimpleSmoothing, DampedTrend, HoltWinters, SpendLinear, SpendLog, SpendSaturating}
}

// Param is a fitted parameter.
type Param struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// model is a method on one series.
type model interface {
	// fit chooses the parameters from the first n days alone; false if they are
	// too few.
	fit(s *series, n int) bool
	// predict forecasts the days after the first n into out; false if it cannot.
	predict(s *series, n int, out []float64) bool
	params() []Param
}

func newModel(m Method, period int) model {
	switch m {
	case Naive:
		return &repeat{lag: 1}
	case SeasonalNaive:
		return &repeat{lag: period}
	case SimpleSmoothing:
		return &smoothing{period: 1}
	case DampedTrend:
		return &smoothing{trend: true, period: 1}
	case HoltWinters:
		return &smoothing{trend: true, period: period}
	case SpendLinear, SpendLog, SpendSaturating:
		return &spendRegression{form: m, period: period}
	}
	return nil
}

// repeat forecasts each day with the last known one that lies a multiple of lag
// days before it.
type repeat struct{ lag int }

func (*repeat) fit(*series, int) bool { return true }

func (r *repeat) predict(s *series, n int, out []float64) bool {
	for h := range out {
		at := n + h
		for at >= n || (at >= 0 && !known(s.y[at])) {
			at -= r.lag
		}
		if at < 0 {
			return false
		}
		out[h] = s.y[at]
	}
	return true
}

func (*repeat) params() []Param { return nil }

// spendRegression is a least-squares fit of
//
//	results = a + b·f(spend) + effect of the weekday
//
// with f(x) = x, ln(1 + x/u) or x/(x + u). The unit u of the logarithm is the
// mean spend, and the half-way point u of the saturating form is fitted. Days
// without a number or without a known spend are left out; the effect of the
// weekday enters as soon as four weeks are known.
//
// Source: ordinary least squares; the concave forms are the usual ones of
// media-mix models, here without carry-over from earlier days.
type spendRegression struct {
	form   Method
	period int
	unit   float64
	coef   []float64 // a, b, then the effects of the second and later weekdays
}

// minSpendDays is how many days with both numbers a regression needs.
const minSpendDays = 14

func (r *spendRegression) fit(s *series, n int) bool {
	if s.spend == nil {
		return false
	}
	var days []int
	var sum, low, high float64
	low = math.Inf(1)
	for i := range n {
		if known(s.y[i]) && known(s.spend[i]) {
			days = append(days, i)
			sum += s.spend[i]
			low, high = min(low, s.spend[i]), max(high, s.spend[i])
		}
	}
	// Spend that never varies tells nothing about its effect.
	if len(days) < minSpendDays || high-low <= 1e-6*high {
		return false
	}
	mean := sum / float64(len(days))
	season := r.period > 1 && len(days) >= 4*r.period
	try := func(unit float64) ([]float64, float64, bool) {
		r.unit = unit
		return r.solve(s, days, season)
	}
	if r.form != SpendSaturating {
		coef, _, ok := try(mean)
		r.coef = coef
		return ok
	}
	// The half-way point is searched on a scale of ratios, between a tenth and
	// ten times the mean spend: beyond, the curve is a step or a line.
	cost := func(u float64) float64 {
		if _, sse, ok := try(mean * math.Exp(u)); ok {
			return sse
		}
		return math.Inf(1)
	}
	best, lowest := 0.0, math.Inf(1)
	for u := -math.Ln10; u <= math.Ln10+1e-9; u += math.Ln10 / 4 {
		if c := cost(u); c < lowest {
			best, lowest = u, c
		}
	}
	step := math.Ln10 / 4
	best = goldenSection(cost, max(-math.Ln10, best-step), min(math.Ln10, best+step), 0.05)
	coef, _, ok := try(mean * math.Exp(best))
	r.coef = coef
	return ok
}

func (r *spendRegression) shape(spend float64) float64 {
	switch r.form {
	case SpendLog:
		return math.Log1p(spend / r.unit)
	case SpendSaturating:
		return spend / (spend + r.unit)
	}
	return spend / r.unit
}

// row is a line of the design matrix.
func (r *spendRegression) row(s *series, i int, out []float64) {
	clear(out)
	out[0], out[1] = 1, r.shape(s.spend[i])
	if d := i % r.period; d > 0 && len(out) > 2 {
		out[1+d] = 1
	}
}

func (r *spendRegression) solve(s *series, days []int, season bool) ([]float64, float64, bool) {
	k := 2
	if season {
		k += r.period - 1
	}
	a, row := make([][]float64, k), make([]float64, k)
	for i := range a {
		a[i] = make([]float64, k+1)
	}
	for _, d := range days {
		r.row(s, d, row)
		for i := range k {
			for j := range k {
				a[i][j] += row[i] * row[j]
			}
			a[i][k] += row[i] * s.y[d]
		}
	}
	coef, ok := solveLinear(a)
	if !ok {
		return nil, 0, false
	}
	sse := 0.0
	for _, d := range days {
		r.row(s, d, row)
		e := s.y[d] - dot(coef, row)
		sse += e * e
	}
	return coef, sse, true
}

func (r *spendRegression) predict(s *series, n int, out []float64) bool {
	if r.coef == nil {
		return false
	}
	row := make([]float64, len(r.coef))
	for h := range out {
		if !known(s.spend[n+h]) {
			out[h] = math.NaN()
			continue
		}
		r.row(s, n+h, row)
		out[h] = dot(r.coef, row)
	}
	return true
}

func (r *spendRegression) params() []Param {
	if r.coef == nil {
		return nil
	}
	out := []Param{{"effect", r.coef[1]}, {"unit", r.unit}}
	return out
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// solveLinear solves the system whose last column is the right side, by Gauss
// elimination with pivots. False if it is singular.
func solveLinear(a [][]float64) ([]float64, bool) {
	k := len(a)
	scale := 0.0
	for _, row := range a {
		for _, v := range row[:k] {
			scale = max(scale, math.Abs(v))
		}
	}
	for c := range a {
		pivot := c
		for i := c + 1; i < k; i++ {
			if math.Abs(a[i][c]) > math.Abs(a[pivot][c]) {
				pivot = i
			}
		}
		if math.Abs(a[pivot][c]) <= 1e-12*scale {
			return nil, false
		}
		a[c], a[pivot] = a[pivot], a[c]
		for i := c + 1; i < k; i++ {
			f := a[i][c] / a[c][c]
			for j := c; j <= k; j++ {
				a[i][j] -= f * a[c][j]
			}
		}
	}
	x := make([]float64, k)
	for c := k - 1; c >= 0; c-- {
		x[c] = a[c][k]
		for j := c + 1; j < k; j++ {
			x[c] -= a[c][j] * x[j]
		}
		x[c] /= a[c][c]
	}
	return x, true
}
