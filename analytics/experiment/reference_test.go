package experiment_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/smmkit/smmkit/analytics/experiment"
)

// reference is testdata/reference.json; testdata/make.py says what each value
// comes from.
type reference struct {
	Versions    string
	Proportions []struct {
		A, B       [2]int64
		Level      float64
		ZPooled    float64 `json:"z_pooled"`
		PPooled    float64 `json:"p_pooled"`
		ZUnpooled  float64 `json:"z_unpooled"`
		PUnpooled  float64 `json:"p_unpooled"`
		Wald       []float64
		Newcombe   []float64
		Katz       []float64
		Fieller    []float64
		FisherPVal float64 `json:"fisher"`
	}
	Fisher []struct {
		A, B [2]int64
		P    float64
	}
	Means []struct {
		A, B              []float64
		T, P, DF          float64
		Interval, Fieller []float64
	}
	Ratios []struct {
		NumA              []float64 `json:"num_a"`
		DenA              []float64 `json:"den_a"`
		NumB              []float64 `json:"num_b"`
		DenB              []float64 `json:"den_b"`
		RatioA            float64   `json:"ratio_a"`
		RatioB            float64   `json:"ratio_b"`
		Z, P              float64
		Interval, Fieller []float64
	}
	SizeProportions []struct {
		A, B, Alpha, Power, Ratio, N float64
		Power1234                    float64 `json:"power_1234"`
	} `json:"size_proportions"`
	SizeMeans []struct {
		Delta, Alpha, Power, Ratio, N float64
		SDA                           float64 `json:"sd_a"`
		SDB                           float64 `json:"sd_b"`
		NT                            float64 `json:"n_t"`
		Power77                       float64 `json:"power_77"`
	} `json:"size_means"`
	Multiple struct {
		P, Bonferroni, Holm []float64
		FDR                 []float64 `json:"fdr_bh"`
	}
	SampleRatio []struct {
		Observed []int64
		Weights  []float64
		Chi, P   float64
	} `json:"sample_ratio"`
	Sequential struct {
		A, B             []float64
		Effect, P        float64
		Least            int64
		Interval, Uplift []float64
	}
}

func load(t *testing.T) reference {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// closeTo collects the worst relative error of what it compares.
type closeTo struct {
	t     *testing.T
	n     int
	worst float64
}

func (c *closeTo) check(what string, got, want float64) {
	c.t.Helper()
	rel := math.Abs(got-want) / max(math.Abs(want), 1e-300)
	if want == 0 {
		rel = math.Abs(got)
	}
	c.n++
	c.worst = max(c.worst, rel)
	if !(rel <= 1e-9) {
		c.t.Errorf("%s: %.15g, want %.15g (relative error %.1e)", what, got, want, rel)
	}
}

func (c *closeTo) p(r experiment.Result, want float64) {
	c.t.Helper()
	p, ok := r.P()
	if !ok {
		c.t.Fatalf("no p-value: %s", r.Reason)
	}
	c.check(string(r.Method)+" p", p, want)
}

func (c *closeTo) bounds(what string, i experiment.Interval, want []float64) {
	c.t.Helper()
	low, high, ok := i.Bounds()
	if want == nil {
		if ok {
			c.t.Errorf("%s: bounds %v to %v, want none", what, low, high)
		}
		return
	}
	if !ok {
		c.t.Fatalf("%s: no bounds: %s", what, i.Reason)
	}
	c.check(what+" low", low, want[0])
	c.check(what+" high", high, want[1])
}

func (c *closeTo) report(what string) {
	c.t.Helper()
	if c.n == 0 {
		c.t.Errorf("%s: nothing was compared", what)
	}
	c.t.Logf("%s: %d values agree, worst relative error %.1e", what, c.n, c.worst)
}

func proportion(v [2]int64) experiment.Proportion {
	return experiment.Proportion{Successes: v[0], Trials: v[1]}
}

// must returns the result of a comparison that must not fail.
func must(t *testing.T) func(experiment.Result, error) experiment.Result {
	return func(r experiment.Result, err error) experiment.Result {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func TestReferenceProportions(t *testing.T) {
	ref, c, ok := load(t), &closeTo{t: t}, must(t)
	for _, v := range ref.Proportions {
		a, b := proportion(v.A), proportion(v.B)
		r := ok(experiment.TwoProportions(a, b, v.Level))
		c.check("z pooled", *r.Statistic, v.ZPooled)
		c.p(r, v.PPooled)
		c.bounds("Wald", r.Difference, v.Wald)
		c.bounds("Fieller", r.Uplift, v.Fieller)
		r = ok(experiment.TwoProportionsUnpooled(a, b, v.Level))
		c.check("z unpooled", *r.Statistic, v.ZUnpooled)
		c.p(r, v.PUnpooled)
		c.bounds("Wald", r.Difference, v.Wald)
		r = ok(experiment.FisherExact(a, b, v.Level))
		c.p(r, v.FisherPVal)
		c.bounds("Newcombe", r.Difference, v.Newcombe)
		c.bounds("Katz", r.Uplift, []float64{v.Katz[0] - 1, v.Katz[1] - 1})
	}
	for _, v := range ref.Fisher {
		c.p(ok(experiment.FisherExact(proportion(v.A), proportion(v.B), 0)), v.P)
	}
	c.report("proportions, " + ref.Versions)
}

func TestReferenceMeans(t *testing.T) {
	ref, c, ok := load(t), &closeTo{t: t}, must(t)
	for _, v := range ref.Means {
		a, errA := experiment.Describe(v.A)
		b, errB := experiment.Describe(v.B)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		r := ok(experiment.Welch(a, b, 0))
		c.check("t", *r.Statistic, v.T)
		c.check("df", *r.DegreesOfFreedom, v.DF)
		c.p(r, v.P)
		c.bounds("difference", r.Difference, v.Interval)
		c.bounds("Fieller", r.Uplift, v.Fieller)
	}
	c.report("means, " + ref.Versions)
}

func TestReferenceRatios(t *testing.T) {
	ref, c, ok := load(t), &closeTo{t: t}, must(t)
	for _, v := range ref.Ratios {
		a, errA := experiment.DescribeRatio(v.NumA, v.DenA)
		b, errB := experiment.DescribeRatio(v.NumB, v.DenB)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		r := ok(experiment.DeltaRatios(a, b, 0))
		c.check("ratio A", *r.A.Value, v.RatioA)
		c.check("ratio B", *r.B.Value, v.RatioB)
		c.check("z", *r.Statistic, v.Z)
		c.p(r, v.P)
		c.bounds("difference", r.Difference, v.Interval)
		c.bounds("Fieller", r.Uplift, v.Fieller)
	}
	c.report("ratios, " + ref.Versions)
}

func TestReferencePower(t *testing.T) {
	ref, c := load(t), &closeTo{t: t}
	get := func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, v := range ref.SizeProportions {
		d := experiment.Design{Alpha: v.Alpha, Power: v.Power, Ratio: v.Ratio}
		s, err := experiment.SampleSizeProportions(v.A, v.B, d)
		c.check("n", get(s.Real, err), v.N)
		c.check("power", get(experiment.PowerProportions(v.A, v.B, 1234, d)), v.Power1234)
		if want := int64(math.Ceil(v.N)); s.A != want {
			t.Errorf("A = %d, want %d", s.A, want)
		}
		if want := int64(math.Ceil(v.N * v.Ratio)); s.B != want {
			t.Errorf("B = %d, want %d", s.B, want)
		}
		if v.B > v.A {
			// The detectable effect leads back to the power it was asked for.
			mde := get(experiment.MDEProportions(v.A, s.A, d))
			c.check("power at the MDE", get(experiment.PowerProportions(v.A, v.A+mde, s.A, d)), v.Power)
		}
	}
	for _, v := range ref.SizeMeans {
		d := experiment.Design{Alpha: v.Alpha, Power: v.Power, Ratio: v.Ratio}
		s, err := experiment.SampleSizeMeans(v.Delta, v.SDA, v.SDB, d)
		c.check("n", get(s.Real, err), v.N)
		c.check("power", get(experiment.PowerMeans(v.Delta, v.SDA, v.SDB, 77, d)), v.Power77)
		mde := get(experiment.MDEMeans(v.SDA, v.SDB, 77, d))
		c.check("power at the MDE", get(experiment.PowerMeans(mde, v.SDA, v.SDB, 77, d)), v.Power)
		if more := v.NT - s.Real; more < 0 || more > 2 {
			t.Errorf("Student's t needs %.2f units more, and the documentation says one or two", more)
		}
	}
	c.report("power, " + ref.Versions)
}

func TestReferenceMultipleAndSampleRatio(t *testing.T) {
	ref, c := load(t), &closeTo{t: t}
	for name, v := range map[string]struct {
		f    func([]float64) ([]float64, error)
		want []float64
	}{
		"Bonferroni": {experiment.Bonferroni, ref.Multiple.Bonferroni}, "Holm": {experiment.Holm, ref.Multiple.Holm},
		"Benjamini-Hochberg": {experiment.BenjaminiHochberg, ref.Multiple.FDR},
	} {
		got, err := v.f(ref.Multiple.P)
		if err != nil || len(got) != len(v.want) {
			t.Fatal(name, got, err)
		}
		for i := range got {
			c.check(name, got[i], v.want[i])
		}
	}
	for _, v := range ref.SampleRatio {
		r, err := experiment.SampleRatio(v.Observed, v.Weights)
		if err != nil || r.PValue == nil {
			t.Fatal(r, err)
		}
		c.check("chi-square", *r.Statistic, v.Chi)
		c.check("chi-square p", *r.PValue, v.P)
	}
	c.report("multiple comparisons and sample ratio, " + ref.Versions)
}

func TestReferenceSequential(t *testing.T) {
	ref, c := load(t), &closeTo{t: t}
	s, err := experiment.NewSequential(experiment.SequentialDesign{Effect: ref.Sequential.Effect, Least: ref.Sequential.Least})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range ref.Sequential.A {
		if err := s.AddA(x); err != nil {
			t.Fatal(err)
		}
		if err := s.AddB(ref.Sequential.B[i]); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Result()
	c.p(r, ref.Sequential.P)
	c.bounds("difference", r.Difference, ref.Sequential.Interval)
	c.bounds("uplift", r.Uplift, ref.Sequential.Uplift)
	c.report("sequential, " + ref.Versions)
}
