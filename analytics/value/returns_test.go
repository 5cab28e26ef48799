package value

import (
	"math"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

func usd(units float64) smm.Money {
	m := eur(units)
	m.Currency = "USD"
	return m
}

func TestDatedRates(t *testing.T) {
	rate := func(from, to, decimal string, on float64) analytics.ExchangeRate {
		return analytics.ExchangeRate{From: from, To: to, Rate: decimal, Date: day(on), Source: "test"}
	}
	rates, err := NewDatedRates(72*time.Hour, rate("EUR", "USD", "1.1", 5), rate("EUR", "USD", "1.2", 1), rate("JPY", "EUR", "0.006134", 1), rate("EUR", "USD", "1.15", 5))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    smm.Money
		to   string
		on   float64
		want smm.Money
	}{
		{eur(10), "USD", 1, usd(12)},
		{eur(10), "USD", 3.5, usd(12)},
		{eur(10), "USD", 5, usd(11.5)}, // the later of two of one time
		{usd(12), "EUR", 2, eur(10)},   // the other direction
		{usd(-12), "EUR", 2, eur(-10)},
		{smm.Money{Micros: 1, Currency: "USD"}, "EUR", 2, smm.Money{Micros: 1, Currency: "EUR"}}, // 0.83
		{smm.Money{Micros: 5, Currency: "EUR"}, "USD", 5, smm.Money{Micros: 6, Currency: "USD"}}, // 5.75
		{smm.Money{Micros: -5, Currency: "EUR"}, "USD", 5, smm.Money{Micros: -6, Currency: "USD"}},
		{smm.Money{Micros: 10, Currency: "EUR"}, "USD", 5, smm.Money{Micros: 12, Currency: "USD"}}, // 11.5, away from zero
		{smm.Money{Micros: 1_000_000_000, Currency: "JPY"}, "EUR", 1, smm.Money{Micros: 6_134_000, Currency: "EUR"}},
		{eur(3), "EUR", -100, eur(3)},
	} {
		if got, err := rates.Convert(c.m, c.to, day(c.on)); err != nil || got != c.want {
			t.Errorf("%s to %s on day %v: %s, %v; want %s", c.m, c.to, c.on, got, err, c.want)
		}
	}
	for _, c := range []struct {
		m  smm.Money
		to string
		on float64
	}{
		{eur(1), "USD", 0.5}, // before the first
		{eur(1), "USD", 9},   // too old
		{eur(1), "GBP", 1},
		{smm.Money{Micros: 1e6, Currency: "JPY"}, "USD", 1}, // no chains
	} {
		_, err := rates.Convert(c.m, c.to, day(c.on))
		refused(t, err, "no rate from "+c.m.Currency)
	}
	_, err = rates.Convert(smm.Money{Micros: math.MaxInt64, Currency: "EUR"}, "USD", day(1))
	refused(t, err, "larger than money can be")
	_, err = rates.Convert(smm.Money{Micros: math.MinInt64, Currency: "EUR"}, "JPY", day(1))
	refused(t, err, "larger than money can be")
	_, err = (*DatedRates)(nil).Convert(eur(1), "USD", day(1))
	refused(t, err, "no rate")
	if r, ok := rates.Used("USD", "EUR", day(2)); !ok || r != rate("EUR", "USD", "1.2", 1) {
		t.Errorf("%+v %v", r, ok)
	}
}

func TestNewDatedRatesRefuses(t *testing.T) {
	_, err := NewDatedRates(0, analytics.ExchangeRate{From: "EUR", To: "USD", Rate: "1.1", Date: day(1), Source: "s"},
		analytics.ExchangeRate{From: "EUR", To: "USD", Rate: "1,1", Date: day(2), Source: "s"})
	refused(t, err, "of 2 rates, number 2")
}

func TestROASAndROI(t *testing.T) {
	money := func(units float64) analytics.Value { return MoneyValue(eur(units)) }
	unknown := MoneyValue(smm.Money{})
	for _, c := range []struct {
		gain, cost analytics.Value
		roas, roi  float64
		ok         bool
	}{
		{money(400), money(100), 4, 3, true},
		{money(50), money(100), 0.5, -0.5, true},
		{money(0), money(100), 0, -1, true},
		{money(100), money(0), 0, 0, false},
		{unknown, money(100), 0, 0, false},
		{money(100), unknown, 0, 0, false},
		{unknown, unknown, 0, 0, false},
	} {
		roas, err := ROAS(c.gain, c.cost)
		if v, ok := roas.Float64(); err != nil || v != c.roas || ok != c.ok {
			t.Errorf("ROAS of %+v: %v %v %v", c, v, ok, err)
		}
		roi, err := ROI(c.gain, c.cost)
		if v, ok := roi.Float64(); err != nil || v != c.roi || ok != c.ok {
			t.Errorf("ROI of %+v: %v %v %v", c, v, ok, err)
		}
	}
	_, err := ROAS(money(1), MoneyValue(usd(1)))
	refused(t, err, "EUR beside USD")
	_, err = ROI(analytics.Count(1), money(1))
	refused(t, err, "want money")
	_, err = ROI(MoneyValue(smm.Money{Micros: math.MinInt64, Currency: "EUR"}), money(1))
	refused(t, err, "overflows")
}

func TestReturns(t *testing.T) {
	paths := []Path{path(eur(300), "a"), path(eur(100), "a", "b"), path(eur(50), "c")}
	a, err := Attribute(paths, Linear(), Options{Bootstrap: &Bootstrap{Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Returns(a, map[string]analytics.Value{"a": MoneyValue(eur(100)), "b": MoneyValue(eur(200)), "d": MoneyValue(eur(10))})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for i, c := range []struct {
		channel    string
		roas, roi  float64
		ok, ranged bool
		each       smm.Money
	}{
		{"a", 3.5, 2.5, true, true, smm.Money{Micros: 66_666_667, Currency: "EUR"}}, // 100 for 1.5 conversions
		{"b", 0.25, -0.75, true, true, eur(400)},
		{"c", 0, 0, false, false, smm.Money{}},
		{"d", 0, -1, true, false, smm.Money{}},
	} {
		r := rows[i]
		roas, ok := r.ROAS.Float64()
		roi, _ := r.ROI.Float64()
		if r.Channel != c.channel || roas != c.roas || roi != c.roi || ok != c.ok || (r.ROASRange != nil) != c.ranged || r.CostPerConversion != c.each {
			t.Errorf("%+v; want %+v", r, c)
		}
		if r.ROASRange != nil && (r.ROASRange.Low > roas || r.ROASRange.High < roas) {
			t.Errorf("%+v around %v", r.ROASRange, roas)
		}
	}
	if rows[2].ROAS.Reason() != "denominator: not reported" {
		t.Error(rows[2].ROAS.Reason())
	}
	a, _ = Attribute(append(paths, path(smm.Money{}, "a")), Linear(), Options{})
	rows, err = Returns(a, map[string]analytics.Value{"a": MoneyValue(eur(100))})
	if err != nil || rows[0].ROAS.State() != analytics.StateIncomplete {
		t.Errorf("a conversion without a value makes revenue a lower bound: %+v, %v", rows[0].ROAS.State(), err)
	}
	_, err = Returns(a, map[string]analytics.Value{"a": MoneyValue(usd(100))})
	refused(t, err, "channel a: ")
}

func TestPayback(t *testing.T) {
	for _, c := range []struct {
		cost    float64
		monthly []smm.Money
		n       int
		ok      bool
	}{
		{30, []smm.Money{eur(10), eur(10), eur(10), eur(10)}, 3, true},
		{30.000001, []smm.Money{eur(10), eur(10), eur(10), eur(10)}, 4, true},
		{50, []smm.Money{eur(10), eur(10)}, 0, false},
		{0, nil, 0, true},
		{10, []smm.Money{eur(20), eur(-15)}, 1, true},
	} {
		if n, ok, err := Payback(eur(c.cost), c.monthly); n != c.n || ok != c.ok || err != nil {
			t.Errorf("%+v: %d %v %v", c, n, ok, err)
		}
	}
	_, _, err := Payback(eur(1), []smm.Money{usd(1)})
	refused(t, err, "period 1")
}
