package smm_test

import (
	"math"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func TestMetricZeroValueIsNotReported(t *testing.T) {
	var m smm.Metric
	if m.State != smm.MetricNotReported || m.State.Known() {
		t.Fatal("a forgotten state must not count as measured")
	}
	wantEqual(t, "zero", smm.Counted(0), smm.MetricZero)
	wantEqual(t, "one", smm.Counted(1), smm.MetricMeasured)
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		m    smm.Money
		want string
	}{
		{smm.Money{Micros: 12_500_000, Currency: "EUR"}, "12.50 EUR"},
		{smm.Money{Micros: -1, Currency: "USD"}, "-0.000001 USD"},
		{smm.Money{Micros: 15_000, Currency: "USD"}, "0.015 USD"},
		{smm.Money{Micros: math.MinInt64, Currency: "JPY"}, "-9223372036854.775808 JPY"},
		{smm.Money{}, "0.00"},
	} {
		wantEqual(t, "text", c.m.String(), c.want)
	}
	eur := smm.Money{Micros: 1, Currency: "EUR"}
	if sum, err := eur.Add(smm.Money{}); err != nil || sum != eur {
		t.Fatal(sum, err)
	}
	_, err := eur.Add(smm.Money{Micros: 1, Currency: "USD"})
	wantIs(t, err, smm.ErrInvalid)
	_, err = eur.Add(smm.Money{Micros: math.MaxInt64, Currency: "EUR"})
	wantIs(t, err, smm.ErrInvalid)
}
