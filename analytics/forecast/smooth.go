package forecast

import "math"

// smoothing is additive exponential smoothing in error-correction form, of
// which the three methods are special cases: without trend and season (simple),
// with a damped trend (Holt), and with both (Holt-Winters).
//
//	forecast  f = l + φ·b + s[t-m],  e = y - f
//	level     l = l + φ·b + α·e
//	trend     b = φ·b + α·β·e
//	season    s[t] = s[t-m] + γ·e
//
// A day without a number has no e: the state moves on as it forecast.
// Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice",
// chapter on exponential smoothing (Holt-Winters' additive method with a damped
// trend, there in component form; this is the same algebra).
type smoothing struct {
	trend  bool
	period int // 1: no season
	p      params
}

// params are the smoothing parameters: 0 < alpha < 1; beta the share of the
// level's change that the trend takes over; 0 <= gamma <= 1 - alpha.
type params struct{ alpha, beta, phi, gamma float64 }

// The bounds of the damping: less than 0.8 kills a trend within days, and more
// than 0.98 cannot be told from an endless one. Source: as above, on damped
// trends.
const phiLow, phiHigh = 0.80, 0.98

// state is a smoothing after some days.
type state struct {
	level, trend float64
	season       []float64
	next         int // position in season of the next day
}

// start estimates the state before the first day from the first weeks: a line
// through them and the mean distance to it by weekday.
func (m *smoothing) start(y []float64) state {
	n := min(len(y), max(10, 3*m.period))
	var sx, sy, sxx, sxy, c float64
	for i, v := range y[:n] {
		if known(v) {
			x := float64(i)
			sx, sy, sxx, sxy, c = sx+x, sy+v, sxx+x*x, sxy+x*v, c+1
		}
	}
	st := state{season: make([]float64, m.period)}
	if c == 0 {
		return st
	}
	st.level = sy / c
	slope, first := 0.0, st.level
	if d := c*sxx - sx*sx; m.trend && d > 0 {
		slope = (c*sxy - sx*sy) / d
		first = (sy - slope*sx) / c
		st.level, st.trend = first-slope, slope
	}
	if m.period == 1 {
		return st
	}
	count := make([]float64, m.period)
	for i, v := range y[:n] {
		if known(v) {
			st.season[i%m.period] += v - first - slope*float64(i)
			count[i%m.period]++
		}
	}
	mean := 0.0
	for i := range st.season {
		if count[i] > 0 {
			st.season[i] /= count[i]
		}
		mean += st.season[i] / float64(m.period)
	}
	for i := range st.season {
		st.season[i] -= mean
	}
	st.level += mean
	return st
}

// run filters y from a start state and returns the sum of squared one-day-ahead
// errors; the start state's season is changed in place.
func (m *smoothing) run(y []float64, p params, st *state) float64 {
	sse := 0.0
	for _, v := range y {
		base := st.level
		if m.trend {
			st.trend *= p.phi
			base += st.trend
		}
		if known(v) {
			e := v - base - st.season[st.next]
			sse += e * e
			base += p.alpha * e
			st.trend += p.alpha * p.beta * e
			st.season[st.next] += p.gamma * e
		}
		st.level = base
		if st.next++; st.next == m.period {
			st.next = 0
		}
	}
	return sse
}

// fit chooses the parameters that make the sum of squared one-day-ahead errors
// smallest: a coarse grid and then Nelder-Mead from its best point.
func (m *smoothing) fit(s *series, n int) bool {
	y := s.y[:n]
	begin := m.start(y)
	season := make([]float64, m.period)
	cost := func(p params) float64 {
		st := begin
		st.season = season
		copy(season, begin.season)
		return m.run(y, p, &st)
	}
	best, low := params{}, math.Inf(1)
	for _, p := range m.grid() {
		if c := cost(p); c < low {
			best, low = p, c
		}
	}
	if math.IsInf(low, 1) {
		return false
	}
	if !m.trend && m.period == 1 {
		best.alpha = goldenSection(func(a float64) float64 { return cost(params{alpha: a, phi: 1}) },
			max(alphaLow, best.alpha-0.2), min(alphaHigh, best.alpha+0.2), 1e-3)
		m.p = best
		return true
	}
	x := nelderMead(func(x []float64) float64 { return cost(m.unpack(x)) }, m.pack(best), 0.1, 70)
	m.p = m.unpack(x)
	return true
}

const alphaLow, alphaHigh = 0.01, 0.99

func (m *smoothing) grid() []params {
	if !m.trend && m.period == 1 {
		var out []params
		for a := 0.05; a < 1; a += 0.15 {
			out = append(out, params{alpha: a, phi: 1})
		}
		return out
	}
	gammas := []float64{0}
	if m.period > 1 {
		gammas = []float64{0.03, 0.2}
	}
	var out []params
	for _, a := range []float64{0.05, 0.2, 0.5, 0.8} {
		for _, b := range []float64{0.02, 0.2} {
			for _, phi := range []float64{0.85, 0.97} {
				for _, g := range gammas {
					out = append(out, params{alpha: a, beta: b, phi: phi, gamma: min(g, 1-a)})
				}
			}
		}
	}
	return out
}

// pack and unpack map the parameters to points without bounds and back.
func (m *smoothing) pack(p params) []float64 {
	x := []float64{p.alpha, p.beta, p.phi}
	if m.period > 1 {
		x = append(x, p.gamma)
	}
	return x
}

func (m *smoothing) unpack(x []float64) params {
	p := params{alpha: clamp(x[0], alphaLow, alphaHigh), beta: clamp(x[1], 0, 1), phi: clamp(x[2], phiLow, phiHigh)}
	if m.period > 1 {
		p.gamma = clamp(x[3], 0, 1-p.alpha)
	}
	return p
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }

// predict forecasts the days after the first n.
func (m *smoothing) predict(s *series, n int, out []float64) bool {
	st := m.start(s.y[:n])
	m.run(s.y[:n], m.p, &st)
	trend := st.trend
	for h := range out {
		if m.trend {
			trend *= m.p.phi
			st.level += trend
		}
		out[h] = st.level + st.season[(st.next+h)%m.period]
	}
	return true
}

func (m *smoothing) params() []Param {
	out := []Param{{"alpha", m.p.alpha}}
	if m.trend {
		out = append(out, Param{"beta", m.p.beta}, Param{"phi", m.p.phi})
	}
	if m.period > 1 {
		out = append(out, Param{"gamma", m.p.gamma})
	}
	return out
}
