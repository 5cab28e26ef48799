package experiment_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/experiment"
	"github.com/smmkit/smmkit/smm"
)

func p(s, n int64) experiment.Proportion { return experiment.Proportion{Successes: s, Trials: n} }

func TestUndefinedIsAState(t *testing.T) {
	sample := func(n int64, mean, v float64) experiment.Sample {
		return experiment.Sample{N: n, Mean: mean, Variance: v}
	}
	ratio := func(n int64, num, den, v float64) experiment.RatioSample {
		return experiment.RatioSample{N: n, Num: num, Den: den, VarNum: v}
	}
	empty, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		get    func() (experiment.Result, error)
		reason string
	}{
		"pooled, empty":   {func() (experiment.Result, error) { return experiment.TwoProportions(p(0, 0), p(1, 2), 0) }, "empty"},
		"pooled, nobody":  {func() (experiment.Result, error) { return experiment.TwoProportions(p(0, 10), p(0, 20), 0) }, "FisherExact"},
		"unpooled, all":   {func() (experiment.Result, error) { return experiment.TwoProportionsUnpooled(p(10, 10), p(0, 20), 0) }, "FisherExact"},
		"fisher, empty":   {func() (experiment.Result, error) { return experiment.FisherExact(p(1, 2), p(0, 0), 0) }, "empty"},
		"welch, one":      {func() (experiment.Result, error) { return experiment.Welch(sample(1, 5, 0), sample(9, 5, 1), 0) }, "two units"},
		"welch, constant": {func() (experiment.Result, error) { return experiment.Welch(sample(9, 5, 0), sample(9, 6, 0), 0) }, "varies"},
		"welch, too large": {func() (experiment.Result, error) {
			return experiment.Welch(sample(9, 1e308, 1), sample(9, -1e308, 1), 0)
		}, "too large"},
		"delta, one": {func() (experiment.Result, error) {
			return experiment.DeltaRatios(ratio(1, 1, 1, 0), ratio(9, 1, 1, 1), 0)
		}, "two units"},
		"delta, nothing": {func() (experiment.Result, error) {
			return experiment.DeltaRatios(ratio(9, 1, 0, 1), ratio(9, 1, 1, 1), 0)
		}, "denominator"},
		"delta, constant": {func() (experiment.Result, error) {
			return experiment.DeltaRatios(ratio(9, 1, 1, 0), ratio(9, 1, 1, 0), 0)
		}, "varies"},
		"sequential, empty": {func() (experiment.Result, error) { return empty.Result(), nil }, "fewer than 100"},
	} {
		r, err := c.get()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, ok := r.P()
		if ok || r.State != analytics.StateUndefined || !strings.Contains(r.Reason, c.reason) || r.Significant() {
			t.Errorf("%s: state %s, reason %q, p known %v", name, r.State, r.Reason, ok)
		}
		if words := r.Words(experiment.Names{}); !strings.HasPrefix(words, "Nothing can be said") || !strings.Contains(words, c.reason) {
			t.Errorf("%s: %q", name, words)
		}
		b, err := json.Marshal(r)
		if err != nil || !strings.Contains(string(b), `"p_value":null`) {
			t.Errorf("%s: JSON %s %v", name, b, err)
		}
	}
}

func TestRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	first := func(_ any, err error) error { return err }
	seq, err := experiment.NewSequential(experiment.SequentialDesign{Effect: 1})
	if err != nil {
		t.Fatal(err)
	}
	two := experiment.Sample{N: 2, Variance: 1}
	for name, err := range map[string]error{
		"successes":       first(experiment.TwoProportions(p(3, 2), p(1, 2), 0)),
		"negative":        first(experiment.FisherExact(p(1, 2), p(-1, 2), 0)),
		"level":           first(experiment.TwoProportionsUnpooled(p(1, 2), p(1, 2), 95)),
		"level NaN":       first(experiment.Welch(two, two, nan)),
		"variance":        first(experiment.Welch(experiment.Sample{N: 2, Variance: -1}, two, 0)),
		"mean":            first(experiment.Welch(two, experiment.Sample{N: 2, Mean: inf}, 0)),
		"describe":        first(experiment.Describe([]float64{1, nan})),
		"describe large":  first(experiment.Describe([]float64{1e300, -1e300})),
		"ratio lengths":   first(experiment.DescribeRatio([]float64{1}, nil)),
		"covariance":      first(experiment.DeltaRatios(experiment.RatioSample{N: 2, Den: 1, VarNum: 1, VarDen: 1, CovNumAndDen: 2}, experiment.RatioSample{N: 2, Den: 1}, 0)),
		"size, percent":   first(experiment.SampleSizeProportions(5, 6, experiment.Design{})),
		"size, equal":     first(experiment.SampleSizeProportions(0.5, 0.5, experiment.Design{})),
		"size, no delta":  first(experiment.SampleSizeMeans(0, 1, 1, experiment.Design{})),
		"size, sd":        first(experiment.SampleSizeMeans(1, 0, 1, experiment.Design{})),
		"alpha":           first(experiment.SampleSizeMeans(1, 1, 1, experiment.Design{Alpha: 5})),
		"power":           first(experiment.PowerMeans(1, 1, 1, 10, experiment.Design{Power: 1})),
		"ratio":           first(experiment.MDEMeans(1, 1, 10, experiment.Design{Ratio: -1})),
		"no units":        first(experiment.PowerProportions(0.1, 0.2, 0, experiment.Design{})),
		"nothing to find": first(experiment.MDEProportions(0.5, 3, experiment.Design{})),
		"p-value":         first(experiment.Holm([]float64{0.1, nan})),
		"p-value 2":       first(experiment.BenjaminiHochberg([]float64{1.5})),
		"one variant":     first(experiment.SampleRatio([]int64{1}, []float64{1})),
		"weight":          first(experiment.SampleRatio([]int64{1, 2}, []float64{1, 0})),
		"effect":          first(experiment.NewSequential(experiment.SequentialDesign{})),
		"least":           first(experiment.NewSequential(experiment.SequentialDesign{Effect: 1, Least: 1})),
		"value":           seq.AddA(nan),
	} {
		if !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v, want an error that matches smm.ErrInvalid", name, err)
		}
	}
	if r := seq.Result(); r.A.N != 0 {
		t.Errorf("a refused value was counted: %+v", r.A)
	}
}

func TestSampleRatioNeedsCounts(t *testing.T) {
	for _, c := range []struct {
		observed []int64
		known    bool
	}{{[]int64{0, 0}, false}, {[]int64{4, 5}, false}, {[]int64{0, 10}, true}} {
		r, err := experiment.SampleRatio(c.observed, []float64{1, 1})
		if err != nil {
			t.Fatal(err)
		}
		mismatch, ok := r.Mismatch()
		if ok != c.known || mismatch || (r.State == analytics.StateComplete) != c.known || (r.Reason == "") != c.known {
			t.Errorf("%v: %+v, mismatch %v, known %v", c.observed, r, mismatch, ok)
		}
	}
}

func TestWords(t *testing.T) {
	ok := must(t)
	for _, c := range []struct {
		r    experiment.Result
		n    experiment.Names
		want string
	}{
		{ok(experiment.TwoProportions(p(1000, 20000), p(1122, 20000), 0)), experiment.Names{}, "B converts 12 % more than A (95 % interval 3.3 % to 22 %)"},
		{
			ok(experiment.TwoProportions(p(1122, 20000), p(1000, 20000), 0.9)), experiment.Names{A: "the old page", B: "the new one", Verb: "sells"},
			"the new one sells 11 % less than the old page (90 % interval 17 % less to 4.5 % less)",
		},
		{ok(experiment.TwoProportions(p(100, 2000), p(103, 2000), 0)), experiment.Names{}, "No clear difference: B converts 3 % more than A (95 % interval 21 % less to 35 % more)"},
		{ok(experiment.FisherExact(p(0, 100), p(9, 100), 0)), experiment.Names{}, "B converts 9 percentage points more than A (95 % interval 3.4 percentage points to 16 percentage points)"},
		{
			ok(experiment.FisherExact(p(9, 100), p(0, 100), 0)), experiment.Names{},
			"B converts 100 % less than A (no interval: B has no success, so that the relative difference has no bounds)",
		},
		{
			ok(experiment.TwoProportions(p(1, 100), p(9, 100), 0)), experiment.Names{},
			"B converts 800 % more than A (no interval: A is not clearly above zero, so that the relative difference has no bounds)",
		},
		{
			ok(experiment.Welch(experiment.Sample{N: 100, Mean: -1, Variance: 4}, experiment.Sample{N: 100, Mean: 1, Variance: 4}, 0)), experiment.Names{},
			"B scores 2 more than A (95 % interval 1.4 to 2.6)",
		},
	} {
		if got := c.r.Words(c.n); got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
	}
}

// The interval of the uplift and the test are one: at the border both turn.
func TestUpliftAgreesWithTheTest(t *testing.T) {
	ok := must(t)
	seen := map[bool]int{}
	for s := int64(100); s < 180; s++ {
		r := ok(experiment.TwoProportionsUnpooled(p(140, 2000), p(s, 2000), 0))
		low, high, known := r.Uplift.Bounds()
		if excludes := low > 0 || high < 0; !known || excludes != r.Significant() {
			t.Errorf("%d: uplift %v to %v, significant %v", s, low, high, r.Significant())
		}
		seen[r.Significant()]++
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("the border was not crossed: %v", seen)
	}
}

func TestCompareProportionsChooses(t *testing.T) {
	ok := must(t)
	for _, c := range []struct {
		a, b experiment.Proportion
		want experiment.Method
	}{
		{p(50, 1000), p(60, 1000), experiment.MethodZPooled},
		{p(2, 1000), p(7, 1000), experiment.MethodFisher},     // 4.5 successes expected
		{p(3, 1000), p(7, 1000), experiment.MethodZPooled},    // exactly 5
		{p(998, 1000), p(993, 1000), experiment.MethodFisher}, // 4.5 failures expected
		{p(0, 0), p(993, 1000), experiment.MethodFisher},
	} {
		if r := ok(experiment.CompareProportions(c.a, c.b, 0)); r.Method != c.want {
			t.Errorf("%v %v: %s, want %s", c.a, c.b, r.Method, c.want)
		}
	}
	if r := ok(experiment.TwoProportions(p(2, 1000), p(7, 1000), 0)); r.Warning == "" {
		t.Error("no warning about small counts")
	}
	// A table whose probability float64 cannot hold is not impossible.
	if r := ok(experiment.FisherExact(p(0, 1_000_000), p(1_000_000, 1_000_000), 0)); !(*r.PValue > 0 && *r.PValue < 1e-300) {
		t.Errorf("p = %v", *r.PValue)
	}
}
