package value

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

var day0 = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)

func day(n float64) time.Time { return day0.Add(time.Duration(n * float64(24*time.Hour))) }

func eur(units float64) smm.Money {
	return smm.Money{Micros: int64(math.Round(units * 1e6)), Currency: "EUR"}
}

// path touches the channels on days 1, 2, ... and converts on the day after the last.
func path(v smm.Money, channels ...string) Path {
	p := Path{Converted: true, Value: v, At: day(float64(len(channels) + 1))}
	for i, c := range channels {
		p.Touches = append(p.Touches, Touch{c, day(float64(i + 1))})
	}
	return p
}

func lost(channels ...string) Path {
	p := path(smm.Money{}, channels...)
	p.Converted = false
	return p
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v; want one that matches smm.ErrInvalid with %q", err, want)
	}
}

func models() []Model {
	return []Model{
		FirstTouch(), LastTouch(), LastNonDirect(), Linear(), Position(40, 40), Position(30, 30), Position(0, 100), TimeDecay(7 * 24 * time.Hour),
		Shapley(GameValue), Shapley(GameRate),
	}
}

// Worked by hand: 100 EUR over a, b, direct, a, touched on days 1 to 4.
func TestModels(t *testing.T) {
	// Time decay with a half-life of a day: weights 1/8, 1/4, 1/2, 1 of 15/8.
	for _, c := range []struct {
		model Model
		want  string
	}{
		{FirstTouch(), "a 100.00 EUR 1000000, b 0.00 EUR 0, direct 0.00 EUR 0"},
		{LastTouch(), "a 100.00 EUR 1000000, b 0.00 EUR 0, direct 0.00 EUR 0"},
		{LastNonDirect(), "a 100.00 EUR 1000000, b 0.00 EUR 0, direct 0.00 EUR 0"},
		{Linear(), "a 50.00 EUR 500000, b 25.00 EUR 250000, direct 25.00 EUR 250000"},
		{Position(40, 40), "a 80.00 EUR 800000, b 10.00 EUR 100000, direct 10.00 EUR 100000"},
		{Position(50, 20), "a 70.00 EUR 700000, b 15.00 EUR 150000, direct 15.00 EUR 150000"},
		{TimeDecay(24 * time.Hour), "a 60.00 EUR 600000, b 13.333333 EUR 133333, direct 26.666667 EUR 266667"},
		{Shapley(GameValue), "a 33.333334 EUR 333334, b 33.333333 EUR 333333, direct 33.333333 EUR 333333"},
	} {
		a, err := Attribute([]Path{path(eur(100), "a", "b", Direct, "a")}, c.model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range a.Channels {
			got = append(got, fmt.Sprintf("%s %s %d", x.Channel, x.Value, x.Millionths))
		}
		if strings.Join(got, ", ") != c.want || a.Model != c.model.String() || a.Model == "" {
			t.Errorf("%s: %s, want %s", c.model, strings.Join(got, ", "), c.want)
		}
	}
}

func weightsOf(m Model, channels ...string) []uint64 {
	p := path(eur(1), channels...)
	return m.weigh(p.Touches)
}

func TestWeights(t *testing.T) {
	for name, c := range map[string]struct{ got, want []uint64 }{
		"last of a, direct":            {weightsOf(LastTouch(), "a", Direct), []uint64{0, 1}},
		"last non-direct of a, direct": {weightsOf(LastNonDirect(), "a", Direct, Direct), []uint64{1, 0, 0}},
		"last non-direct, all direct":  {weightsOf(LastNonDirect(), Direct, Direct), []uint64{0, 1}},
		"position of one":              {weightsOf(Position(40, 40), "a"), []uint64{1}},
		"position of one, last only":   {weightsOf(Position(0, 40), "a"), []uint64{1}},
		"position of two":              {weightsOf(Position(40, 40), "a", "b"), []uint64{40, 40}},
		"position of three":            {weightsOf(Position(40, 40), "a", "b", "c"), []uint64{40, 20, 40}},
		"position of five":             {weightsOf(Position(40, 40), "a", "b", "c", "d", "e"), []uint64{120, 20, 20, 20, 120}},
		"decay":                        {weightsOf(TimeDecay(24*time.Hour), "a", "b"), []uint64{1 << 31, 1 << 32}},
		"distinct":                     {weightsOf(Shapley(GameValue), "a", "b", "a"), []uint64{1, 1, 0}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	old := Path{Touches: []Touch{{"a", day(-4000)}, {"b", day(1)}}}
	if w := TimeDecay(time.Hour).weigh(old.Touches); w[0] != 0 || w[1] == 0 {
		t.Errorf("a touch of eleven years ago: %v", w)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		total   int64
		weights []uint64
		want    []int64
	}{
		{100, []uint64{1, 1, 1}, []int64{34, 33, 33}},
		{-100, []uint64{1, 1, 1}, []int64{-34, -33, -33}},
		{10, []uint64{3, 0, 3, 1}, []int64{4, 0, 4, 2}},
		{5, []uint64{1, 2}, []int64{2, 3}},
		{1, []uint64{2, 3, 2}, []int64{0, 1, 0}},
		{0, []uint64{7}, []int64{0}},
		{math.MaxInt64, []uint64{1 << 32, 1 << 32}, []int64{math.MaxInt64/2 + 1, math.MaxInt64 / 2}},
		{math.MinInt64, []uint64{1}, []int64{math.MinInt64}},
	} {
		if got := split(c.total, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("split(%d, %v) = %v, want %v", c.total, c.weights, got, c.want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(int64(100), uint32(1), uint32(1), uint32(1))
	f.Add(int64(math.MinInt64), uint32(math.MaxUint32), uint32(0), uint32(3))
	f.Fuzz(func(t *testing.T, total int64, a, b, c uint32) {
		w := []uint64{uint64(a), uint64(b), uint64(c)}
		sum := w[0] + w[1] + w[2]
		if sum == 0 {
			return
		}
		var got int64
		for i, p := range split(total, w) {
			got += p
			quota := float64(total) * (float64(w[i]) / float64(sum))
			if math.Abs(float64(p)-quota) > 1+math.Abs(quota)*1e-12 || (w[i] == 0 && p != 0) {
				t.Fatalf("part %d is %d, its quota %v", i, p, quota)
			}
		}
		if got != total {
			t.Fatalf("%d became %d", total, got)
		}
	})
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		total int64
		exact []float64
		want  []int64
	}{
		{10, []float64{3.4, 3.3, 3.3}, []int64{4, 3, 3}},
		{-10, []float64{-3.4, -3.3, -3.3}, []int64{-4, -3, -3}},
		{3, []float64{7.5, -4.5}, []int64{8, -5}},
		{9, []float64{1, 2}, []int64{4, 5}}, // off by more than there are parts: every part gets of it
		{-5, []float64{1, 2}, []int64{-3, -2}},
		{-6, []float64{1, 2}, []int64{-3, -3}},
		{0, nil, []int64{}},
	} {
		if got := round(c.total, c.exact); !slices.Equal(got, c.want) {
			t.Errorf("round(%d, %v) = %v, want %v", c.total, c.exact, got, c.want)
		}
	}
}

func FuzzRound(f *testing.F) {
	f.Add(int64(10), 3.3, 3.3)
	f.Add(int64(-7), -9.5, 1.25)
	f.Add(int64(1)<<60, 1e18, -3e17)
	f.Fuzz(func(t *testing.T, total int64, a, b float64) {
		if !(math.Abs(a) < 1e18 && math.Abs(b) < 1e18) || total < -1e18 || total > 1e18 {
			return
		}
		c := float64(total) - a - b
		if !(math.Abs(c) < 4e18) {
			return
		}
		var sum int64
		for i, p := range round(total, []float64{a, b, c}) {
			sum += p
			if x := []float64{a, b, c}[i]; math.Abs(float64(p)-x) > 1+math.Abs(x)*1e-12+float64(max(total, -total))*1e-12 {
				t.Fatalf("%v became %d", x, p)
			}
		}
		if sum != total {
			t.Fatalf("%d became %d", total, sum)
		}
	})
}

func randomPaths(seed uint64, n, channels int) []Path {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([]Path, n)
	for i := range out {
		at := day(float64(rng.IntN(300)))
		for range rng.IntN(7) {
			at = at.Add(time.Duration(rng.Int64N(int64(5 * 24 * time.Hour))))
			name := fmt.Sprintf("c%02d", rng.IntN(channels))
			if rng.IntN(6) == 0 {
				name = Direct
			}
			out[i].Touches = append(out[i].Touches, Touch{name, at})
		}
		if rng.IntN(3) > 0 {
			out[i].Converted, out[i].At = true, at.Add(time.Hour)
			if rng.IntN(10) > 0 {
				out[i].Value = smm.Money{Micros: rng.Int64N(1e12) - 1e11, Currency: "EUR"}
			}
		}
	}
	return out
}

// Every model divides exactly what there is, in money and in conversions.
func TestSumsAreExact(t *testing.T) {
	checked := 0
	for seed := range uint64(40) {
		paths := randomPaths(seed, 50, 11)
		var total, conversions int64
		for _, p := range paths {
			if p.Converted {
				total += p.Value.Micros
				conversions++
			}
		}
		for _, m := range models() {
			for _, lookback := range []time.Duration{0, 48 * time.Hour} {
				a, err := Attribute(paths, m, Options{Lookback: lookback})
				if err != nil {
					t.Fatal(err)
				}
				micros, millionths := a.Unassigned.Value.Micros, a.Unassigned.Millionths
				for _, c := range a.Channels {
					micros += c.Value.Micros
					millionths += c.Millionths
				}
				if micros != total || a.Total.Micros != total || millionths != conversions*Conversion || a.Conversions != conversions || a.Paths != 50 {
					t.Fatalf("seed %d, %s: %d of %d micros, %d of %d conversions", seed, m, micros, total, millionths, conversions*Conversion)
				}
				checked++
			}
		}
	}
	t.Logf("%d attributions, each to the millionth", checked)
}

func TestUnassignedAndUnvalued(t *testing.T) {
	paths := []Path{path(eur(5)), path(smm.Money{}, "a"), path(eur(0), "a"), lost("a"), path(eur(7), "b")}
	for _, m := range models() {
		a, err := Attribute(paths, m, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if a.Unassigned.Value != eur(5) || a.Unassigned.Millionths != Conversion || a.Unvalued != 1 || a.Conversions != 4 || a.Total != eur(12) {
			t.Errorf("%s: %+v", m, a)
		}
	}
	a, _ := Attribute(paths, Linear(), Options{})
	if got := a.Channels[0].Conversions(); got != 2 {
		t.Errorf("a has %v conversions", got)
	}
	if a, err := Attribute(nil, Linear(), Options{}); err != nil || len(a.Channels) != 0 || a.Total.Micros != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestLookback(t *testing.T) {
	p := path(eur(10), "a", "b") // days 1, 2; converts on day 3
	for lookback, want := range map[time.Duration]string{0: "a", 48 * time.Hour: "a", 47 * time.Hour: "b", time.Hour: ""} {
		a, err := Attribute([]Path{p}, FirstTouch(), Options{Lookback: lookback})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range a.Channels {
			if c.Value.Micros != 0 {
				got = c.Channel
			}
		}
		if got != want || (want == "") != (a.Unassigned.Value == eur(10)) {
			t.Errorf("%v: %q, want %q", lookback, got, want)
		}
	}
}

func TestAttributeRefuses(t *testing.T) {
	ok := path(eur(1), "a")
	late := path(eur(1), "a")
	late.Touches[0].At = day(9)
	unsorted := path(eur(1), "a", "b")
	unsorted.Touches[0].At = day(2.5)
	unnamed, timeless := path(eur(1), ""), path(eur(1), "a")
	timeless.Touches[0].At = time.Time{}
	for want, c := range map[string]struct {
		paths []Path
		m     Model
		o     Options
	}{
		"no model":                    {[]Path{ok}, Model{}, Options{}},
		"half-life above 0":           {[]Path{ok}, TimeDecay(0), Options{}},
		"no game":                     {[]Path{ok}, Shapley("x"), Options{}},
		"percentages":                 {[]Path{ok}, Position(60, 60), Options{}},
		"model position 0-100-0":      {[]Path{ok}, Position(0, 0), Options{}},
		"later than the conversion":   {[]Path{late}, Linear(), Options{}},
		"sort the touches":            {[]Path{unsorted}, Linear(), Options{}},
		"has no channel":              {[]Path{unnamed}, Linear(), Options{}},
		"touch 0 has no time":         {[]Path{timeless}, Linear(), Options{}},
		"conversion without a time":   {[]Path{{Converted: true}}, Linear(), Options{}},
		"give Currency and Rates":     {[]Path{ok, path(smm.Money{Micros: 1, Currency: "USD"}, "a")}, Linear(), Options{}},
		"without a currency":          {[]Path{path(smm.Money{Micros: 1}, "a")}, Linear(), Options{}},
		"beyond what fits":            {[]Path{path(smm.Money{Micros: math.MaxInt64, Currency: "EUR"}, "a"), path(eur(1), "a")}, Linear(), Options{}},
		"put the small ones into one": {randomPaths(1, 200, 20), Shapley(GameRate), Options{}},
		"100 to 1000000":              {[]Path{ok}, Linear(), Options{Bootstrap: &Bootstrap{Resamples: 9}}},
		"a level between":             {[]Path{ok}, Linear(), Options{Bootstrap: &Bootstrap{Level: 1}}},
	} {
		_, err := Attribute(c.paths, c.m, c.o)
		refused(t, err, want)
	}
	if _, err := Attribute(randomPaths(1, 200, 20), Shapley(GameValue), Options{}); err != nil {
		t.Errorf("the closed form has no limit: %v", err)
	}
}

func TestAttributeConverts(t *testing.T) {
	rates, err := NewDatedRates(0, analytics.ExchangeRate{From: "EUR", To: "USD", Rate: "1.25", Date: day(0), Source: "test"})
	if err != nil {
		t.Fatal(err)
	}
	paths := []Path{path(eur(8), "a"), path(smm.Money{Micros: 5e6, Currency: "USD"}, "a")}
	a, err := Attribute(paths, Linear(), Options{Currency: "USD", Rates: rates})
	if err != nil || a.Total != (smm.Money{Micros: 15e6, Currency: "USD"}) {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := Attribute(paths, Linear(), Options{Currency: "EUR", Rates: rates}); err != nil || a.Total != eur(12) {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSameInputSameOutput(t *testing.T) {
	paths := randomPaths(7, 80, 8)
	for _, m := range models() {
		o := Options{Bootstrap: &Bootstrap{Seed: 3, Resamples: 100}}
		a, errA := Attribute(paths, m, o)
		b, errB := Attribute(paths, m, o)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v %v", m, errA, errB)
		}
		for _, c := range a.Channels {
			if c.Range == nil || c.Range.Low.Micros > c.Range.High.Micros {
				t.Errorf("%s: %+v", m, c)
			}
		}
	}
}
