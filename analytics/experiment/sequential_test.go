package experiment_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smmkit/smmkit/analytics/experiment"
)

// campaign runs many experiments, looks after every observation and returns
// the share of those that ever found a difference, with the mean number of
// units of a group at the decision or the end.
func campaign(t *testing.T, seed uint64, runs, units int, effect float64, a, b func(*rand.Rand) float64) (share, stopped float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	found, total := 0, 0
	for range runs {
		s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: effect})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; n < units && !s.Significant(); n++ {
			if err := s.AddA(a(rng)); err != nil {
				t.Fatal(err)
			}
			if s.Significant() {
				break
			}
			if err := s.AddB(b(rng)); err != nil {
				t.Fatal(err)
			}
		}
		total += n
		if s.Significant() {
			found++
		}
	}
	return float64(found) / float64(runs), float64(total) / float64(runs)
}

func rate(p float64) func(*rand.Rand) float64 {
	return func(r *rand.Rand) float64 {
		if r.Float64() < p {
			return 1
		}
		return 0
	}
}

func TestPeekingAfterEveryObservation(t *testing.T) {
	const alpha = 0.05
	normal := func(r *rand.Rand) float64 { return 10 + 3*r.NormFloat64() }
	// Orders: most units buy nothing, few buy much.
	orders := func(r *rand.Rand) float64 {
		if r.Float64() < 0.9 {
			return 0
		}
		return math.Exp(3 + r.NormFloat64())
	}
	for _, c := range []struct {
		name        string
		effect      float64
		f           func(*rand.Rand) float64
		runs, units int
	}{
		{"rate 50 %, effect 0.1", 0.1, rate(0.5), 1000, 3000}, // the worst of a larger campaign, with the next
		{"rate 5 %, effect 0.03", 0.03, rate(0.05), 1000, 3000},
		{"rate 1 %, effect 0.01", 0.01, rate(0.01), 500, 3000},
		{"rate 1 %, effect far too large", 0.5, rate(0.01), 200, 3000},
		{"normal", 0.5, normal, 400, 3000},
		{"orders", 2, orders, 400, 3000},
	} {
		share, _ := campaign(t, 1, c.runs, c.units, c.effect, c.f, c.f)
		t.Logf("A/A, %s: %.2f %% of %d called different, %d looks each", c.name, 100*share, c.runs, 2*c.units)
		if share > alpha {
			t.Errorf("A/A, %s: %.3f false positives, want at most %v", c.name, share, alpha)
		}
	}
}

// What happens without: the z test at 5 %, looked at after every pair from the
// hundredth on.
func TestPeekingBreaksTheZTest(t *testing.T) {
	const runs, units = 300, 3000
	rng, f, found := rand.New(rand.NewPCG(1, 0)), rate(0.5), 0
	for range runs {
		var a, b float64
		for n := 1; n <= units; n++ {
			a, b = a+f(rng), b+f(rng)
			pool := (a + b) / float64(2*n)
			if n >= 100 && math.Abs(a-b) > 1.959963984540054*math.Sqrt(2*float64(n)*pool*(1-pool)) {
				found++
				break
			}
		}
	}
	share := float64(found) / runs
	t.Logf("A/A, z test: %.1f %% of %d called different, %d looks each", 100*share, runs, units-99)
	if share < 0.2 {
		t.Errorf("the z test found %.3f: the campaign does not peek", share)
	}
}

func TestSequentialPower(t *testing.T) {
	for _, c := range []struct {
		name        string
		a, b        float64
		units       int
		least, most float64 // of the power
	}{
		{"5 % against 6 %", 0.05, 0.06, 16_316, 0.8, 1}, // twice what a fixed test at 80 % needs
		{"5 % against 7.5 %", 0.05, 0.075, 3000, 0.8, 1},
	} {
		share, stopped := campaign(t, 2, 500, c.units, c.b-c.a, rate(c.a), rate(c.b))
		fixed, err := experiment.SampleSizeProportions(c.a, c.b, experiment.Design{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: found in %.1f %% of 500 within %d units of a group, %.0f on average (a fixed test at 80 %%: %d)", c.name, 100*share, c.units, stopped, fixed.A)
		if share < c.least || share > c.most {
			t.Errorf("%s: power %.3f, want %v to %v", c.name, share, c.least, c.most)
		}
	}
}

func TestSequentialCovers(t *testing.T) {
	const runs, truth = 200, 0.2
	rng, missed, missedUplift := rand.New(rand.NewPCG(3, 0)), 0, 0
	for range runs {
		s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		bad, badUplift := false, false
		for n := range 1500 {
			_ = s.AddA(2 + rng.NormFloat64())
			_ = s.AddB(2 + truth + rng.NormFloat64())
			if n%25 != 0 {
				continue
			}
			r := s.Result()
			if low, high, ok := r.Difference.Bounds(); ok {
				bad = bad || low > truth || high < truth
			}
			if low, high, ok := r.Uplift.Bounds(); ok {
				badUplift = badUplift || low > truth/2 || high < truth/2
			}
		}
		if bad {
			missed++
		}
		if badUplift {
			missedUplift++
		}
	}
	t.Logf("the truth was ever outside in %d (difference) and %d (uplift) of %d runs", missed, missedUplift, runs)
	if limit := runs / 20; missed > limit || missedUplift > limit {
		t.Errorf("missed %d and %d times, want at most %d", missed, missedUplift, limit)
	}
}

func TestSequentialKeepsItsFindingAndSeesDrift(t *testing.T) {
	s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		_ = s.AddA(float64(i % 2))
		_ = s.AddB(float64(i%2) + 1)
	}
	if low, _, ok := s.Result().Uplift.Bounds(); !s.Significant() || !ok || low <= 0 {
		t.Fatalf("a difference of two standard deviations: %+v", s.Result())
	}
	for i := range 6000 {
		_ = s.AddA(float64(i % 2))
		_ = s.AddB(float64(i%2) - 1)
	}
	r := s.Result()
	if _, _, ok := r.Difference.Bounds(); ok || !s.Significant() || r.Difference.Reason == "" {
		t.Errorf("after the difference turned around: %+v", r)
	}
}

// A finding whose difference shrinks afterwards is still one, in every number.
func TestSequentialUpliftKeepsTheFinding(t *testing.T) {
	s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		shift := 0.3
		if i >= 200 {
			shift = 0
		}
		_ = s.AddA(float64(i % 2))
		_ = s.AddB(float64(i%2) + shift)
	}
	r := s.Result()
	lowD, _, okD := r.Difference.Bounds()
	lowU, highU, okU := r.Uplift.Bounds()
	if !r.Significant() || !okD || lowD <= 0 || !okU || lowU != 0 || highU <= 0 {
		t.Errorf("difference %+v, uplift %v to %v", lowD, lowU, highU)
	}
}

// Clicks of one person resemble each other. The delta method knows it, a test
// of the impressions does not.
func TestDeltaRatiosOnCorrelatedUnits(t *testing.T) {
	const runs, people = 1000, 150
	rng := rand.New(rand.NewPCG(4, 0))
	group := func() (experiment.RatioSample, experiment.Proportion) {
		num, den := make([]float64, people), make([]float64, people)
		var total experiment.Proportion
		for i := range people {
			taste, seen := 0.3*rng.Float64(), 5+rng.IntN(40)
			for range seen {
				if rng.Float64() < taste {
					num[i]++
				}
			}
			den[i] = float64(seen)
			total.Successes += int64(num[i])
			total.Trials += int64(seen)
		}
		s, err := experiment.DescribeRatio(num, den)
		if err != nil {
			t.Fatal(err)
		}
		return s, total
	}
	delta, naive := 0, 0
	for range runs {
		a, pa := group()
		b, pb := group()
		r, err := experiment.DeltaRatios(a, b, 0)
		n, err2 := experiment.TwoProportions(pa, pb, 0)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if r.Significant() {
			delta++
		}
		if n.Significant() {
			naive++
		}
	}
	t.Logf("A/A, %d runs: delta method %.1f %%, z test of impressions %.1f %% called different", runs, float64(delta)/runs*100, float64(naive)/runs*100)
	if delta < runs/40 || delta > runs*8/100 {
		t.Errorf("delta method: %d of %d, want about %d", delta, runs, runs/20)
	}
	if naive < runs/8 {
		t.Errorf("the z test of impressions found %d of %d: the data are not correlated", naive, runs)
	}
}
