package analytics

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func exchange(from, to, rate string) ExchangeRate {
	return ExchangeRate{From: from, To: to, Rate: rate, Date: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Source: "a test"}
}

func TestConvert(t *testing.T) {
	rates, err := NewRates(exchange("EUR", "USD", "1.25"), exchange("USD", "JPY", "1/3"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		micros   int64
		from, to string
		want     int64
	}{
		"direct":                 {4e6, "EUR", "USD", 5e6},
		"opposite, exactly":      {5e6, "USD", "EUR", 4e6},
		"same currency":          {7, "CHF", "CHF", 7},
		"half away from zero":    {2, "EUR", "USD", 3}, // 2.5
		"half of a refund":       {-2, "EUR", "USD", -3},
		"below half":             {1, "EUR", "USD", 1}, // 1.25
		"a third, rounded down":  {1, "USD", "JPY", 0},
		"two thirds, rounded up": {2, "USD", "JPY", 1},
		"a fraction is exact":    {3e15, "USD", "JPY", 1e15},
		"thrice":                 {1, "JPY", "USD", 3},
	} {
		got, err := rates.Convert(smm.Money{Micros: c.micros, Currency: c.from}, c.to)
		if err != nil || got != (smm.Money{Micros: c.want, Currency: c.to}) {
			t.Errorf("%s: %v, %v; want %d %s", name, got, err, c.want, c.to)
		}
	}
	for name, m := range map[string]smm.Money{
		"no way over a third currency": {Micros: 1, Currency: "EUR"},
		"unknown":                      {Micros: 1, Currency: "CHF"},
		"too large":                    {Micros: math.MaxInt64, Currency: "USD"},
	} {
		to := "JPY"
		if name == "too large" {
			to = "EUR"
			if rates, err = NewRates(exchange("EUR", "USD", "0.5")); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := rates.Convert(m, to); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v, %v; want an error", name, got, err)
		}
	}
}

func TestNewRatesRefuses(t *testing.T) {
	bad := []ExchangeRate{
		exchange("eur", "USD", "1"), exchange("EUR", "US", "1"), exchange("EUR", "EUR", "1"), exchange("EUR", "USD", "0"),
		exchange("EUR", "USD", "-1"), exchange("EUR", "USD", "1/0"), exchange("EUR", "USD", "1e9"), exchange("EUR", "USD", "1,5"),
		exchange("EUR", "USD", strings.Repeat("9", 33)), exchange("EUR", "USD", "1/2/3"), exchange("EUR", "USD", ""), exchange("EUR", "USD", "0x10"),
		{From: "EUR", To: "USD", Rate: "1", Source: "no date"}, {From: "EUR", To: "USD", Rate: "1", Date: time.Now()},
	}
	for _, r := range bad {
		if _, err := NewRates(r); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%+v: %v; want an error", r, err)
		}
	}
	_, err := NewRates(exchange("EUR", "USD", "1"), exchange("USD", "EUR", "1"), exchange("EUR", "GBP", "x"))
	if err == nil || !strings.Contains(err.Error(), "rate 1") || !strings.Contains(err.Error(), "rate 2") {
		t.Errorf("%v; want both problems at once", err)
	}
}

func TestRatesJSON(t *testing.T) {
	rates, err := NewRates(exchange("EUR", "USD", "1.25"))
	if err != nil {
		t.Fatal(err)
	}
	var back Rates
	if err := json.Unmarshal([]byte(js(t, rates)), &back); err != nil || js(t, back) != js(t, rates) {
		t.Errorf("came back as %s, %v", js(t, back), err)
	}
	if m, err := back.Convert(smm.Money{Micros: 4, Currency: "EUR"}, "USD"); err != nil || m.Micros != 5 {
		t.Errorf("%v, %v", m, err)
	}
	if err := json.Unmarshal([]byte(`[{"from":"EUR","to":"USD","rate":"0"}]`), &back); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("a rate of 0 was read: %v", err)
	}
	if got := js(t, Rates{}); got != "[]" {
		t.Errorf("no rates are %s", got)
	}
}

func TestRatesKeepStates(t *testing.T) {
	rates, err := NewRates(exchange("EUR", "USD", "1.25"))
	if err != nil {
		t.Fatal(err)
	}
	v := Value{Total: 4, Unit: smm.UnitMicros, Currency: "EUR", Parts: Parts{Measured: 1, NotYet: 1}}
	got, err := rates.Value(v, "USD")
	if err != nil || got.Total != 5 || got.Currency != "USD" || got.State() != StateIncomplete {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := rates.Value(Value{Parts: Parts{NotYet: 1}}, "USD"); err != nil || got.State() != StateUndefined || got.Currency != "USD" {
		t.Errorf("nothing known: %+v, %v", got, err)
	}
	if _, err := rates.Value(Count(3), "USD"); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("a count was converted: %v", err)
	}
}

// Two currencies are refused without a rate, and summed with one.
func TestRatesMetrics(t *testing.T) {
	money := func(id string, name smm.MetricName, micros int64, currency string) smm.Metric {
		m := count(name, post(id), micros)
		m.Unit, m.Currency = smm.UnitMicros, currency
		return m
	}
	in := []smm.Metric{
		money("a", smm.MetricSpend, 4e6, "EUR"), money("b", smm.MetricSpend, 5e6, "USD"),
		money("a", smm.MetricRevenue, 20e6, "USD"), money("b", smm.MetricRevenue, 20e6, "USD"), count(smm.MetricClicks, post("a"), 2),
	}
	if _, err := Summarize(in); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("two currencies: %v", err)
	}
	rates, err := NewRates(exchange("EUR", "USD", "1.25"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := rates.Metrics(in, "USD")
	if err != nil || in[0].Currency != "EUR" {
		t.Fatalf("%v; the argument is now %+v", err, in[0])
	}
	rows, err := Summarize(out)
	if err != nil {
		t.Fatal(err)
	}
	if k := rows[0]; *k.Spend.Micros != 10e6 || *k.ROAS.Value != 4 || *k.ROI.Value != 3 || *k.CPC.Micros != 2.5e6 {
		t.Errorf("%s", js(t, k))
	}
	if _, err := rates.Metrics([]smm.Metric{money("a", smm.MetricSpend, 1, "CHF")}, "USD"); !errors.Is(err, smm.ErrInvalid) {
		t.Errorf("no rate for CHF: %v", err)
	}
}

func FuzzParseRate(f *testing.F) {
	for _, s := range []string{"1.0837", "10000/9229", "1/0", ".5", "1.", "00.10/3.5", "1e3", "∞"} {
		f.Add(s, int64(-5))
	}
	f.Fuzz(func(t *testing.T, text string, micros int64) {
		exact, err := parseRate(text)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if exact.Sign() <= 0 {
			t.Fatalf("%q is %v", text, exact)
		}
		rates, err := NewRates(exchange("EUR", "USD", text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rates.Convert(smm.Money{Micros: micros, Currency: "EUR"}, "USD")
		if err != nil {
			return
		}
		diff := new(big.Rat).Mul(exact, new(big.Rat).SetInt64(micros))
		diff.Sub(diff, new(big.Rat).SetInt64(got.Micros))
		if diff.Abs(diff).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%d at %q is %d, not the nearest", micros, text, got.Micros)
		}
	})
}
