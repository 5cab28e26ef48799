package analytics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func TestWilsonInterval(t *testing.T) {
	// Own arithmetic from the formula, with z = 1.9599639845400545.
	for _, c := range []struct {
		k, n      int64
		low, high float64
	}{
		{5, 100, 0.021543, 0.111751}, {0, 10, 0, 0.277533}, {10, 10, 0.722467, 1}, {50, 100, 0.403832, 0.596168},
	} {
		i, ok := WilsonInterval(c.k, c.n, 0.95)
		if !ok || math.Abs(i.Low-c.low) > 1e-6 || math.Abs(i.High-c.high) > 1e-6 || i.Confidence != 0.95 {
			t.Errorf("%d of %d: %+v %v; want %v to %v", c.k, c.n, i, ok, c.low, c.high)
		}
	}
	for _, c := range []struct {
		k, n       int64
		confidence float64
	}{{-1, 10, 0.95}, {11, 10, 0.95}, {0, 0, 0.95}, {1, 2, 0}, {1, 2, 1}, {1, 2, math.NaN()}} {
		if i, ok := WilsonInterval(c.k, c.n, c.confidence); ok {
			t.Errorf("%+v has the interval %+v", c, i)
		}
	}
	r := Ratio{Num: Count(5), Den: Count(100), LeftOut: 1}
	if i, ok := r.Wilson(0.95); !ok || i.State != StateIncomplete || i.Reason == "" {
		t.Errorf("an incomplete rate: %+v %v", i, ok)
	}
	for name, r := range map[string]Ratio{
		"no proportion": {Num: Count(300), Den: Count(100)},
		"undefined":     {Num: Count(3), Den: Count(0)},
		"money":         {Num: Value{Total: 1, Unit: smm.UnitMicros, Parts: Parts{Measured: 1}}, Den: Count(100)},
		"time below":    {Num: Count(1), Den: Value{Total: 9, Unit: smm.UnitMillis, Parts: Parts{Measured: 1}}},
	} {
		if i, ok := r.Wilson(0.95); ok {
			t.Errorf("%s: %+v", name, i)
		}
	}
}

func TestBootstrap(t *testing.T) {
	posts := []Ratio{
		{Num: Count(10), Den: Count(100)}, {Num: Count(30), Den: Count(100)}, {Num: Count(2), Den: Count(100)},
		{Num: Count(90), Den: Value{Parts: Parts{NotYet: 1}}},
	}
	o := BootstrapOptions{Seed: 7}
	a, ok := Bootstrap(posts, o)
	b, _ := Bootstrap(posts, o)
	if !ok || a != b {
		t.Errorf("the same seed gave %+v and %+v", a, b)
	}
	if a.Low != 0.02 || a.High != 0.3 || a.Confidence != 0.95 || a.State != StateIncomplete {
		t.Errorf("%+v; want the extremes 0.02 and 0.3, which 1 in 27 resamples reach, and a state", a)
	}
	if c, _ := Bootstrap(posts, BootstrapOptions{Seed: 8, Confidence: 0.8}); c.Low < a.Low || c.High >= a.High {
		t.Errorf("80 %% are %+v, within %+v", c, a)
	}
	var many []Ratio
	for i := range int64(30) {
		many = append(many, Ratio{Num: Count(i * i), Den: Count(1000 + i)})
	}
	x, _ := Bootstrap(many, BootstrapOptions{Seed: 1})
	y, _ := Bootstrap(many, BootstrapOptions{Seed: 1})
	if z, _ := Bootstrap(many, BootstrapOptions{Seed: 2}); x != y || x == z {
		t.Errorf("seed 1 gave %+v and %+v, seed 2 %+v", x, y, z)
	}
	one := Ratio{Num: Count(1), Den: Count(4)}
	eur := Ratio{Num: Value{Total: 1, Unit: smm.UnitMicros, Currency: "EUR", Parts: Parts{Measured: 1}}, Den: Count(1)}
	usd := eur
	usd.Num.Currency = "USD"
	for name, c := range map[string]struct {
		in []Ratio
		o  BootstrapOptions
	}{
		"one":            {[]Ratio{one}, BootstrapOptions{}},
		"none":           {nil, BootstrapOptions{}},
		"currencies":     {[]Ratio{eur, usd}, BootstrapOptions{}},
		"confidence":     {[]Ratio{one, one}, BootstrapOptions{Confidence: 1}},
		"resamples":      {[]Ratio{one, one}, BootstrapOptions{Resamples: 2e6}},
		"mostly nothing": {[]Ratio{one, {Num: Count(1), Den: Count(0)}}, BootstrapOptions{}},
	} {
		if i, ok := Bootstrap(c.in, c.o); ok {
			t.Errorf("%s: %+v", name, i)
		}
	}
	lucky := append(make([]Ratio, 0, 5), one, one, one, Ratio{Num: Count(1), Den: Count(0)})
	if i, ok := Bootstrap(lucky, BootstrapOptions{}); !ok || i.State != StateIncomplete {
		t.Errorf("a resample in 256 has no denominator: %+v %v", i, ok)
	}
}

// How often the interval holds the true rate, over seeded posts whose own rates
// scatter: resampling posts keeps to its word where Wilson, who takes every
// impression for independent, does not.
func TestIntervalCoverage(t *testing.T) {
	const runs, posts, truth = 400, 40, 0.05
	rng := rand.New(rand.NewPCG(1, 2))
	wilson, boot := 0, 0
	for run := range runs {
		ratios := make([]Ratio, posts)
		for i := range ratios {
			n := 200 + rng.IntN(800)
			p := truth * (0.4 + 1.2*rng.Float64())
			k := 0
			for range n {
				if rng.Float64() < p {
					k++
				}
			}
			ratios[i] = Ratio{Num: Count(int64(k)), Den: Count(int64(n))}
		}
		pooled, err := Pool(ratios...)
		if err != nil {
			t.Fatal(err)
		}
		if i, ok := pooled.Wilson(0.95); ok && i.Low <= truth && truth <= i.High {
			wilson++
		}
		if i, ok := Bootstrap(ratios, BootstrapOptions{Seed: uint64(run), Resamples: 500}); ok && i.Low <= truth && truth <= i.High {
			boot++
		}
	}
	t.Logf("%d runs of %d posts: bootstrap holds the truth in %.1f %%, Wilson in %.1f %%", runs, posts, 100*float64(boot)/runs, 100*float64(wilson)/runs)
	if boot < runs*91/100 || boot > runs*98/100 {
		t.Errorf("bootstrap in %d of %d", boot, runs)
	}
	if wilson >= boot {
		t.Errorf("Wilson in %d, bootstrap in %d: the posts do not scatter", wilson, boot)
	}
}

func TestDuration(t *testing.T) {
	millis := func(n int64) Value { return Value{Total: n, Unit: smm.UnitMillis, Parts: Parts{Measured: 1}} }
	r := Ratio{Num: millis(10), Den: Count(4)}
	if d, ok := r.Duration(); !ok || d != 2500*time.Microsecond {
		t.Errorf("%v %v", d, ok)
	}
	if d, ok := (Ratio{Num: Count(10), Den: Count(4)}).Duration(); ok {
		t.Errorf("a count is %v", d)
	}
	if s := (Ratio{Num: millis(math.MaxInt64), Den: Count(1)}).Span(); s.Seconds != nil || s.State != StateUndefined || s.Reason == "" {
		t.Errorf("a time that does not fit: %s", js(t, s))
	}
}
