package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAccuracyByHand checks the measures on numbers worked out on paper.
func TestAccuracyByHand(t *testing.T) {
	actual, forecast := []float64{10, 20, nan, 30, 0}, []float64{12, 16, 7, 30, 0}
	mae, ok := MAE(actual, forecast)
	if !ok {
		t.Fatal("undefined")
	}
	near(t, "MAE (2+4+0+0)/4", mae, 1.5, 1e-15)
	smape, _ := SMAPE(actual, forecast)
	near(t, "sMAPE (4/22 + 8/36)/4", smape, (4.0/22+8.0/36)/4, 1e-15)
	scale, ok := NaiveScale([]float64{1, 4, nan, 2, 8}, 1)
	if !ok {
		t.Fatal("undefined")
	}
	near(t, "scale (3+6)/2", scale, 4.5, 1e-15)
	scale, _ = NaiveScale([]float64{1, 4, nan, 2, 8}, 3)
	near(t, "scale, lag 3: (1+4)/2", scale, 2.5, 1e-15)
	mase, _ := MASE(actual, forecast, scale)
	near(t, "MASE", mase, 0.6, 1e-15)
	pin, _ := Pinball([]float64{10, 10}, []float64{8, 13}, 0.9)
	near(t, "pinball (0.9·2 + 0.1·3)/2", pin, 1.05, 1e-15)
}

func TestAccuracyUndefined(t *testing.T) {
	one := []float64{1}
	for name, f := range map[string]func() (float64, bool){
		"no pair":          func() (float64, bool) { return MAE(nil, nil) },
		"nothing known":    func() (float64, bool) { return SMAPE([]float64{nan}, one) },
		"lengths":          func() (float64, bool) { return MAE(one, []float64{1, 2}) },
		"no scale":         func() (float64, bool) { return MASE(one, one, 0) },
		"scale NaN":        func() (float64, bool) { return MASE(one, one, nan) },
		"no lag":           func() (float64, bool) { return NaiveScale([]float64{1, 2}, 0) },
		"short":            func() (float64, bool) { return NaiveScale(one, 1) },
		"never changes":    func() (float64, bool) { return NaiveScale([]float64{2, 2, 2}, 1) },
		"probability of 1": func() (float64, bool) { return Pinball(one, one, 1) },
	} {
		if v, ok := f(); ok || v != 0 {
			t.Errorf("%s: %v, %v", name, v, ok)
		}
	}
}

// The smoothing against the textbook's component form, written out again.
func TestSmoothingIsTheTextbooks(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	y := make([]float64, 60)
	for i := range y {
		y[i] = 100 + 2*float64(i) + 20*week[i%7] + r.NormFloat64()
	}
	m := &smoothing{trend: true, period: 7, p: params{alpha: 0.3, beta: 0.2, phi: 0.9, gamma: 0.15}}
	begin := m.start(y)
	l, b := begin.level, begin.trend
	s := append([]float64{}, begin.season...)
	a, beta, phi, g := 0.3, 0.2, 0.9, 0.15
	for i, v := range y {
		lastL, lastB, lastS := l, b, s[i%7]
		l = a*(v-lastS) + (1-a)*(lastL+phi*lastB)
		b = beta*(l-lastL) + (1-beta)*phi*lastB
		s[i%7] = g*(v-lastL-phi*lastB) + (1-g)*lastS
	}
	got := make([]float64, 10)
	m.predict(&series{y: y}, len(y), got)
	damp := 0.0
	for h := range got {
		damp += math.Pow(phi, float64(h+1))
		near(t, "ahead", got[h], l+damp*b+s[(60+h)%7], 1e-9)
	}
}

// Simple smoothing of numbers that anybody can check: level 10, alpha 0.5.
func TestSimpleSmoothingByHand(t *testing.T) {
	m := &smoothing{period: 1}
	st := state{level: 10, season: []float64{0}}
	sse := m.run([]float64{12, nan, 7}, params{alpha: 0.5, phi: 1}, &st)
	near(t, "level 10, 11, 11, 9", st.level, 9, 0)
	near(t, "errors 2, none, -4", sse, 20, 0)
}

func TestOptimizers(t *testing.T) {
	near(t, "golden section", goldenSection(func(x float64) float64 { return (x - 0.37) * (x - 0.37) }, 0, 1, 1e-6), 0.37, 1e-6)
	// Rosenbrock's valley, the usual hard case.
	x := nelderMead(func(x []float64) float64 {
		return 100*(x[1]-x[0]*x[0])*(x[1]-x[0]*x[0]) + (1-x[0])*(1-x[0])
	}, []float64{-1.2, 1}, 0.5, 400)
	near(t, "Rosenbrock x", x[0], 1, 1e-3)
	near(t, "Rosenbrock y", x[1], 1, 1e-3)
}

func TestQuantile(t *testing.T) {
	sorted := []float64{1, 2, 3, 4}
	near(t, "median", quantile(sorted, 0.5), 2.5, 1e-15)
	near(t, "lowest", quantile(sorted, 0.01), 1, 0)
	near(t, "highest", quantile(sorted, 0.99), 4, 0)
}

// Independent errors are worth their number, and those of overlapping windows
// much less.
func TestFreedom(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	white, overlapping := make([]float64, 56), make([]float64, 56)
	steps := make([]float64, 70)
	for i := range steps {
		steps[i] = r.NormFloat64()
	}
	for i := range white {
		white[i] = steps[i]
		for h := range 14 {
			overlapping[i] += steps[i+h]
		}
	}
	if df := freedom(white, 14); df < 35 || df > 56 {
		t.Errorf("white noise: %v of 56", df)
	}
	if df := freedom(overlapping, 14); df > 25 {
		t.Errorf("overlapping windows: %v of 56", df)
	}
	if df := freedom([]float64{nan, nan}, 1); df != minFreedom {
		t.Errorf("nothing: %v", df)
	}
}

// The regressions find what made the numbers.
func TestSpendRegressionRecovers(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	n := 84
	spend := make([]float64, n+7)
	for i := range spend {
		spend[i] = 10 + 190*r.Float64()
	}
	mean := 0.0 // of the days that are known
	for i, v := range spend[:n] {
		if i != 30 {
			mean += v / float64(n-1)
		}
	}
	for form, f := range map[Method]func(float64) float64{
		SpendLog:        func(x float64) float64 { return 15 + 70*math.Log1p(x/mean) },
		SpendLinear:     func(x float64) float64 { return 5 + 0.8*x },
		SpendSaturating: func(x float64) float64 { return 20 + 300*x/(x+60) },
	} {
		s := &series{y: make([]float64, n), spend: spend}
		for i := range s.y {
			s.y[i] = f(spend[i]) + 30*(week[i%7]-week[0])
		}
		s.y[30] = nan
		m := &spendRegression{form: form, period: 7}
		if !m.fit(s, n) {
			t.Fatal("not fitted")
		}
		out := make([]float64, 7)
		m.predict(s, n, out)
		for h, v := range out {
			near(t, string(form), v, f(spend[n+h])+30*(week[(n+h)%7]-week[0]), 0.6)
		}
		if form == SpendSaturating {
			near(t, "half-way point", m.unit, 60, 3)
		}
	}
	flat := &series{y: make([]float64, n), spend: make([]float64, n)}
	for i := range flat.spend {
		flat.spend[i] = 10
	}
	if (&spendRegression{form: SpendLinear, period: 7}).fit(flat, n) {
		t.Error("spend that never varies has an effect")
	}
}

func TestSolveLinear(t *testing.T) {
	x, ok := solveLinear([][]float64{{0, 2, 4}, {3, 1, 5}})
	if !ok {
		t.Fatal("singular")
	}
	near(t, "x", x[0], 1, 1e-12)
	near(t, "y", x[1], 2, 1e-12)
	if _, ok := solveLinear([][]float64{{1, 2, 3}, {2, 4, 6}}); ok {
		t.Error("a singular system has a solution")
	}
}
