package value

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// customer orders for the given amounts, one in each period of 30 days; NaN: none.
func customer(channel string, acquired float64, amounts ...float64) Customer {
	c := Customer{Channel: channel, Acquired: day(acquired)}
	for i, v := range amounts {
		if !math.IsNaN(v) {
			c.Orders = append(c.Orders, Order{day(acquired + 30*float64(i) + 1), eur(v)})
		}
	}
	return c
}

func lifetimeOf(t *testing.T, cs []Customer, o LifetimeOptions) Lifetime {
	t.Helper()
	ls, err := LifetimeValues(cs, o)
	if err != nil || len(ls) != 1 {
		t.Fatalf("%+v, %v", ls, err)
	}
	return ls[0]
}

// Worked by hand: two customers of three periods, margin a half, 10 % discount.
// Contributions 0.5*(100+60)/2 = 40, 0.5*40/2 = 10, 0.5*20/2 = 5:
// 40 + 10/1.1 + 5/1.21 = 53.223140 EUR.
func TestLifetimeByHand(t *testing.T) {
	none := math.NaN()
	cs := []Customer{customer("a", 0, 100, 40, none), customer("a", 0, 60, none, 20)}
	o := LifetimeOptions{AsOf: day(90), Margin: 0.5, Discount: 0.1, MinAtRisk: 1}
	l := lifetimeOf(t, cs, o)
	if l.Value != eur(53.223140) || l.Observed != l.Value || l.Extrapolated.Micros != 0 || l.State != analytics.StateComplete || l.Reason != "" {
		t.Errorf("%+v", l)
	}
	want := []struct{ retention, contribution float64 }{{1, 40}, {0.5, 10}, {0.5, 5}}
	for i, p := range l.Curve {
		if r, ok := p.Retention.Float64(); !ok || r != want[i].retention || p.Contribution != eur(want[i].contribution) || p.Period != i {
			t.Errorf("%+v", p)
		}
	}
	// The factor of the last two steps is (10+5)/(40+10) = 0.3: then 1.5 and 0.45.
	o.Horizon, o.Extrapolate = 5, &Extrapolation{Fit: 2}
	l = lifetimeOf(t, cs, o)
	tail := 1.5/math.Pow(1.1, 3) + 0.45/math.Pow(1.1, 4)
	if l.Extrapolated != eur(tail) || l.Value.Micros != l.Observed.Micros+l.Extrapolated.Micros || l.State != analytics.StateEstimated ||
		!strings.Contains(l.Reason, "assumed after that") || !strings.Contains(l.Reason, "0.300 times") {
		t.Errorf("%+v, want a tail of %v", l, eur(tail))
	}
	o.Extrapolate = nil
	if l = lifetimeOf(t, cs, o); l.State != analytics.StateIncomplete || l.Extrapolated.Micros != 0 || l.Value != eur(53.223140) || l.Reason != "observed 3 of 5 periods" {
		t.Errorf("without a request nothing is extrapolated: %+v", l)
	}
	o.Extrapolate = &Extrapolation{Fit: 3}
	if l = lifetimeOf(t, cs, o); l.State != analytics.StateIncomplete || !strings.Contains(l.Reason, "not extrapolated") {
		t.Errorf("three steps need four periods: %+v", l)
	}
	grows := []Customer{customer("a", 0, 10, 20, 30)}
	o.Extrapolate.Fit = 2
	if l = lifetimeOf(t, grows, o); l.State != analytics.StateIncomplete || l.Extrapolated.Micros != 0 {
		t.Errorf("what grows is not continued: %+v", l)
	}
	o.Horizon, o.Extrapolate = 2, nil
	if l = lifetimeOf(t, cs, o); l.Value != eur(40+10/1.1) || len(l.Curve) != 2 || l.State != analytics.StateComplete {
		t.Errorf("a short horizon: %+v", l)
	}
}

// A young customer who has had no time to order again must not lower retention.
func TestLifetimeIsCensored(t *testing.T) {
	cs := []Customer{customer("a", 0, 100, 100), customer("a", 29, 100), customer("a", 31, 100)}
	o := LifetimeOptions{AsOf: day(60), Margin: 1, MinAtRisk: 1}
	l := lifetimeOf(t, cs, o)
	if l.Value != eur(200) || l.State != analytics.StateEstimated || l.Reason != "period 1 is known of 1 of 3 customers; the others are taken to be like them" {
		t.Errorf("%+v", l)
	}
	// The customer of day 31 has lived 29 days: no whole period, and no number.
	if den := l.Curve[0].Retention.Den.Total; den != 2 || l.Customers != 3 {
		t.Errorf("%d of %d at risk", den, l.Customers)
	}
	o.MinAtRisk = 2
	if l = lifetimeOf(t, cs, o); len(l.Curve) != 1 || l.Value != eur(100) {
		t.Errorf("a period of one customer is not observed: %+v", l)
	}
	o.MinAtRisk = 0
	if l = lifetimeOf(t, cs, o); l.State != analytics.StateUndefined || l.Value != (smm.Money{}) || !strings.Contains(l.Reason, "at least 30") {
		t.Errorf("%+v", l)
	}
	future := append(cs, customer("a", 100, 5))
	o.MinAtRisk = 1
	if l = lifetimeOf(t, future, o); l.Customers != 3 {
		t.Errorf("a customer after AsOf: %+v", l)
	}
}

func TestLifetimeRefunds(t *testing.T) {
	c := customer("a", 0, 100)
	c.Orders = append(c.Orders, Order{day(3), eur(-30)}, Order{day(40), eur(-70)})
	l := lifetimeOf(t, []Customer{c}, LifetimeOptions{AsOf: day(60), Margin: 1, MinAtRisk: 1})
	if r, _ := l.Curve[1].Retention.Float64(); l.Value.Micros != 0 || r != 0 || l.Value.Currency != "EUR" {
		t.Errorf("a refund is no order: %+v", l)
	}
}

func TestLifetimeRefuses(t *testing.T) {
	good := LifetimeOptions{AsOf: day(60), Margin: 1, MinAtRisk: 1}
	with := func(f func(*LifetimeOptions)) LifetimeOptions { o := good; f(&o); return o }
	ok := []Customer{customer("a", 0, 1)}
	for want, c := range map[string]struct {
		cs []Customer
		o  LifetimeOptions
	}{
		"want AsOf":                   {ok, with(func(o *LifetimeOptions) { o.AsOf = time.Time{} })},
		"Margin above 0":              {ok, with(func(o *LifetimeOptions) { o.Margin = 0 })},
		"up to 1, not 1.1":            {ok, with(func(o *LifetimeOptions) { o.Margin = 1.1 })},
		"not NaN":                     {ok, with(func(o *LifetimeOptions) { o.Discount = math.NaN() })},
		"Period of an hour":           {ok, with(func(o *LifetimeOptions) { o.Period = 1 })},
		"Horizon of 0 to 1200":        {ok, with(func(o *LifetimeOptions) { o.Horizon = 1201 })},
		"say how far":                 {ok, with(func(o *LifetimeOptions) { o.Extrapolate = &Extrapolation{} })},
		"customer 0 needs a channel":  {[]Customer{customer("", 0, 1)}, good},
		"order 0 is before":           {[]Customer{{Channel: "a", Acquired: day(5), Orders: []Order{{day(4), eur(1)}}}}, good},
		"customer 1, order 0":         {append(ok, Customer{Channel: "a", Acquired: day(1), Orders: []Order{{day(1), usd(1)}}}), good},
		"the orders sum up beyond":    {[]Customer{customer("a", 0, 9e12)}, good},
		"want 100 to 1000000 resampl": {ok, with(func(o *LifetimeOptions) { o.Bootstrap = &Bootstrap{Resamples: 1} })},
	} {
		_, err := LifetimeValues(c.cs, c.o)
		refused(t, err, want)
		if c.o.AsOf.Equal(good.AsOf) && strings.Contains(want, "order") {
			_, err = Cohorts(c.cs, c.o)
			refused(t, err, want)
		}
	}
}

func TestCohorts(t *testing.T) {
	none := math.NaN()
	cs := []Customer{
		customer("b", 0, 1), customer("a", 40, 1, 1), customer("a", 1, 1, none, 1), customer("a", 20, 1, 1), customer("a", 300, 1),
	}
	got, err := Cohorts(cs, LifetimeOptions{AsOf: day(95)})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	// a, March: members of days 1 and 20; the younger has lived two periods.
	first := got[0]
	if first.Channel != "a" || !first.Month.Equal(day0) || first.Customers != 2 || len(first.Retention) != 2 {
		t.Fatalf("%+v", first)
	}
	if r, ok := first.Retention[1].Float64(); !ok || r != 0.5 {
		t.Errorf("%v", r)
	}
	if got[1].Month.Month() != time.April || len(got[1].Retention) != 1 || got[2].Channel != "b" || len(got[2].Retention) != 3 {
		t.Errorf("%+v", got[1:])
	}
}

// simulated customers order with a chance that falls by 0.8 each period, for an
// amount of 10 to 30 EUR; the expected value over six periods is known.
func simulated(rng *rand.Rand, n int) []Customer {
	cs := make([]Customer, n)
	for i := range cs {
		amounts := make([]float64, 6)
		for t := range amounts {
			amounts[t] = math.NaN()
			if rng.Float64() < math.Pow(0.8, float64(t)) {
				amounts[t] = 10 + 20*rng.Float64()
			}
		}
		cs[i] = customer("a", float64(rng.IntN(60)), amounts...)
	}
	return cs
}

// The intervals contain the truth as often as they say, and the extrapolation
// finds the truth where its assumption holds.
func TestLifetimeCoverage(t *testing.T) {
	const runs, n = 150, 120
	truth := func(periods int) float64 {
		v := 0.0
		for t := range periods {
			v += 20 * math.Pow(0.8, float64(t))
		}
		return v * 1e6
	}
	rng := rand.New(rand.NewPCG(11, 17))
	hit, sum := 0, 0.0
	for run := range runs {
		cs := simulated(rng, n)
		o := LifetimeOptions{AsOf: day(180), Margin: 1, Horizon: 4, Bootstrap: &Bootstrap{Seed: uint64(run), Resamples: 200}}
		l := lifetimeOf(t, cs, o)
		if float64(l.Range.Low.Micros) <= truth(4) && truth(4) <= float64(l.Range.High.Micros) {
			hit++
		}
	}
	const large = 40
	for range large {
		o := LifetimeOptions{AsOf: day(180), Margin: 1, Horizon: 12, Extrapolate: &Extrapolation{}}
		sum += float64(lifetimeOf(t, simulated(rng, 1000), o).Value.Micros) / truth(12)
	}
	coverage, bias := float64(hit)/runs, sum/large-1
	t.Logf("coverage of the 95 %% interval: %.3f over %d runs; mean error of the extrapolation, 1000 customers: %+.4f", coverage, runs, bias)
	if coverage < 0.90 || coverage > 0.995 {
		t.Errorf("coverage %.3f", coverage)
	}
	if math.Abs(bias) > 0.02 {
		t.Errorf("the extrapolation is off by %.4f", bias)
	}
}

// Revenue of a channel over many draws of paths: the interval of Attribute.
func TestAttributionCoverage(t *testing.T) {
	const runs, n = 200, 150
	rng := rand.New(rand.NewPCG(5, 9))
	truth := float64(n) * 0.3 * 50e6 * 0.5 // conversion rate, mean value, half of the linear credit
	for _, m := range []Model{Linear(), Shapley(GameRate)} {
		hit := 0
		for run := range runs {
			paths := make([]Path, n)
			for i := range paths {
				paths[i] = lost("a", "b")
				if rng.Float64() < 0.3 {
					paths[i] = path(eur(100*rng.Float64()), "a", "b")
				}
			}
			a, err := Attribute(paths, m, Options{Bootstrap: &Bootstrap{Seed: uint64(run), Resamples: 300}})
			if err != nil {
				t.Fatal(err)
			}
			if r := a.Channels[0].Range; float64(r.Low.Micros) <= truth && truth <= float64(r.High.Micros) {
				hit++
			}
		}
		coverage := float64(hit) / runs
		t.Logf("%s: coverage of the 95 %% interval %.3f over %d runs", m, coverage, runs)
		if coverage < 0.90 || coverage > 0.99 {
			t.Errorf("%s: coverage %.3f", m, coverage)
		}
	}
}

func TestBootstrapInterval(t *testing.T) {
	data := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	mean := func(times []int32) (float64, bool) {
		sum := 0.0
		for i, n := range times {
			sum += float64(n) * data[i]
		}
		return sum / float64(len(data)), true
	}
	b := Bootstrap{Seed: 1, Resamples: 4000}
	got, ok, err := b.Interval(len(data), mean)
	// The standard error of the mean is 2.872/sqrt(10) = 0.908: about 5.5 -+ 1.78.
	if err != nil || !ok || math.Abs(got.Low-3.72) > 0.15 || math.Abs(got.High-7.28) > 0.15 || got.Resamples != 4000 || got.Level != 0.95 {
		t.Errorf("%+v %v %v", got, ok, err)
	}
	narrow, _, _ := Bootstrap{Seed: 1, Resamples: 4000, Level: 0.5}.Interval(len(data), mean)
	if narrow.High-narrow.Low > (got.High-got.Low)/2 {
		t.Errorf("50 %%: %+v", narrow)
	}
	fine := func(times []int32) (float64, bool) {
		sum := 0.0
		for i, n := range times {
			sum += float64(n) * math.Pow(data[i], 1.3)
		}
		return sum, true
	}
	one, _, _ := b.Interval(len(data), fine)
	same, _, _ := b.Interval(len(data), fine)
	other, _, _ := Bootstrap{Seed: 2, Resamples: 4000}.Interval(len(data), fine)
	if one != same || one == other {
		t.Errorf("a seed decides the draws: %v %v %v", one, same, other)
	}
	if _, ok, err := b.Interval(1, mean); ok || err != nil {
		t.Error("one observation has no interval", ok, err)
	}
	calls := 0
	if _, ok, _ := b.Interval(10, func([]int32) (float64, bool) { calls++; return 1, calls%10 != 0 }); ok {
		t.Error("undefined in one of ten")
	}
	if _, ok, _ := b.Interval(10, func([]int32) (float64, bool) { return math.NaN(), true }); ok {
		t.Error("NaN is no figure")
	}
}
