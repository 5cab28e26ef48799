package stat

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"
)

// reference is testdata/reference.json; testdata/make.py says where it comes
// from.
type reference struct {
	Beta []struct {
		A, B, X float64
		Want    string
	} `json:"beta"`
	GammaQ []struct {
		A, X float64
		Want string
	} `json:"gamma_q"`
	NormalSF []struct {
		X    float64
		Want string
	} `json:"normal_sf"`
	NormalUpper []struct {
		X    float64
		Want string
	} `json:"normal_upper"`
	TTwoSided []struct {
		T, DF float64
		Want  string
	} `json:"t_two_sided"`
	TUpper []struct {
		Q, DF float64
		Want  string
	} `json:"t_upper"`
	ChiSquareSF []struct {
		X, DF float64
		Want  string
	} `json:"chi_square_sf"`
}

// worst collects the largest relative error of a function.
type worst struct {
	t    *testing.T
	name string
	err  float64
	n    int
}

func (w *worst) check(got float64, want string, args ...float64) {
	w.t.Helper()
	f, err := strconv.ParseFloat(want, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	rel := math.Abs(got - f)
	if f != 0 {
		rel /= math.Abs(f)
	}
	w.n++
	w.err = max(w.err, rel)
	if !(rel <= 1e-12) {
		w.t.Errorf("%s(%v) = %.17g, want %s: relative error %.1e", w.name, args, got, want, rel)
	}
}

func TestAgainstFiftyDigits(t *testing.T) {
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(b, &ref); err != nil {
		t.Fatal(err)
	}
	beta, gamma, sf := &worst{t: t, name: "BetaInc"}, &worst{t: t, name: "GammaQ"}, &worst{t: t, name: "NormalSF"}
	upper, t2, tu, chi := &worst{t: t, name: "NormalUpper"}, &worst{t: t, name: "TwoSidedT"}, &worst{t: t, name: "TUpper"}, &worst{t: t, name: "ChiSquareSF"}
	for _, c := range ref.Beta {
		beta.check(BetaInc(c.A, c.B, c.X, 1-c.X), c.Want, c.A, c.B, c.X)
	}
	for _, c := range ref.GammaQ {
		gamma.check(GammaQ(c.A, c.X), c.Want, c.A, c.X)
	}
	for _, c := range ref.NormalSF {
		sf.check(NormalSF(c.X), c.Want, c.X)
	}
	for _, c := range ref.NormalUpper {
		upper.check(NormalUpper(c.X), c.Want, c.X)
	}
	for _, c := range ref.TTwoSided {
		t2.check(TwoSidedT(c.T, c.DF), c.Want, c.T, c.DF)
	}
	for _, c := range ref.TUpper {
		tu.check(TUpper(c.Q, c.DF), c.Want, c.Q, c.DF)
	}
	for _, c := range ref.ChiSquareSF {
		chi.check(ChiSquareSF(c.X, c.DF), c.Want, c.X, c.DF)
	}
	for _, w := range []*worst{beta, gamma, sf, upper, t2, tu, chi} {
		if w.n < 5 {
			t.Errorf("%s: only %d reference values", w.name, w.n)
		}
		t.Logf("%-12s %2d values, worst relative error %.1e", w.name, w.n, w.err)
	}
}

func TestOutOfRangeIsNaN(t *testing.T) {
	for name, got := range map[string]float64{
		"BetaInc a": BetaInc(0, 1, 0.5, 0.5), "BetaInc x": BetaInc(1, 1, -1, 2), "BetaInc NaN": BetaInc(1, 1, math.NaN(), 0.5),
		"GammaQ a": GammaQ(-1, 1), "GammaQ x": GammaQ(1, -1), "NormalUpper 0": NormalUpper(0), "NormalUpper 1": NormalUpper(1),
		"TwoSidedT": TwoSidedT(1, 0), "TUpper q": TUpper(1, 3), "TUpper df": TUpper(0.1, -1),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s = %v, want NaN", name, got)
		}
	}
}

// The values were worked by hand from the formula: 8 of 10 at z = 2 gives
// (0.8+0.2 -+ 2*sqrt(0.016+0.01)) / 1.4.
func TestWilson(t *testing.T) {
	low, high := Wilson(8, 10, 2)
	half := 2 * math.Sqrt(0.016+0.01) / 1.4
	if math.Abs(low-(1/1.4-half)) > 1e-15 || math.Abs(high-(1/1.4+half)) > 1e-15 {
		t.Errorf("%v to %v", low, high)
	}
	if low, _ := Wilson(0, 7, 1.96); low != 0 {
		t.Errorf("none of 7: low %v", low)
	}
	if _, high := Wilson(7, 7, 1.96); high != 1 {
		t.Errorf("7 of 7: high %v", high)
	}
}

func TestScore(t *testing.T) {
	// 8 of 10 at 95 %: (0.8 + 0.19207 -+ 1.95996 sqrt(0.016 + 0.0096)) / 1.38415.
	if low, high, ok := Score(8, 10, 0.95); !ok || math.Abs(low-0.4902) > 1e-4 || math.Abs(high-0.9433) > 1e-4 {
		t.Errorf("8 of 10: %v to %v, %v", low, high, ok)
	}
	if low, high, ok := Score(0, 10, 0.95); !ok || low != 0 || math.Abs(high-3.841459/13.841459) > 1e-6 {
		t.Errorf("0 of 10: %v to %v, %v; want z*z/(n+z*z)", low, high, ok)
	}
	for _, c := range [][3]float64{{0, 0, 0.95}, {-1, 5, 0.95}, {6, 5, 0.95}, {1, 5, 1}, {1, 5, 0}, {math.NaN(), 5, 0.95}, {1, math.NaN(), 0.95}, {1, 5, math.NaN()}} {
		if _, _, ok := Score(c[0], c[1], c[2]); ok {
			t.Errorf("%v has an interval", c)
		}
	}
}

func TestOrder(t *testing.T) {
	for want, v := range map[float64][]float64{3: {5, 1, 3}, 2.5: {4, 1, 2, 3}, 7: {7}} {
		if got := Median(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	sorted := []float64{1, 2, 4, 8}
	for p, want := range map[float64]float64{0: 1, 1: 8, 0.5: 3, 0.25: 1.75, 0.9: 6.8} {
		if got := Quantile(sorted, p); math.Abs(got-want) > 1e-14 {
			t.Errorf("%v: %v, want %v", p, got, want)
		}
	}
	if got := Quantile([]float64{7}, 0.975); got != 7 {
		t.Errorf("one value: %v", got)
	}
}
