package analytics_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// A thousand impressions for two dollars, and four dollars back for each spent.
func ExampleCPM() {
	spend := smm.Money{Micros: 200_000_000, Currency: "USD"}
	revenue := smm.Money{Micros: 1_000_000_000, Currency: "USD"}
	cpm, _ := analytics.CPM(spend, 100_000)
	roas, _ := analytics.ROAS(revenue, spend)
	roi, _ := analytics.ROI(revenue, spend)
	fmt.Printf("CPM %s, ROAS %.1f, ROI %.0f %%\n", cpm, roas, 100*roi)
	// Output: CPM 2.00 USD, ROAS 5.0, ROI 400 %
}

// Definitions print themselves, and compute.
func ExampleDefinitions() {
	counts := analytics.Counts{}.
		With(smm.MetricShares, analytics.Count(240)).
		With(smm.MetricImpressions, analytics.Count(12_000))
	for _, k := range analytics.Definitions() {
		if r, err := k.Ratio(counts); err == nil && r.State() == analytics.StateComplete {
			f, _ := r.Float64()
			fmt.Printf("%s = %s: %.1f %%\n", k.Title, k.Formula, 100*f)
		}
	}
	// Output: Virality rate by impressions = shares / impressions: 2.0 %
}

// Dollars and euros become one currency at a rate that says where it is from.
func ExampleRates() {
	rates, err := analytics.NewRates(analytics.ExchangeRate{
		From: "EUR", To: "USD", Rate: "1.0837",
		Date: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Source: "our treasury",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := rates.Convert(smm.Money{Micros: 10_000_000, Currency: "EUR"}, "USD")
	fmt.Println(m, err)
	// Output: 10.837 USD <nil>
}

// Five clicks in a hundred may be two in a hundred, or eleven.
func ExampleWilsonInterval() {
	i, _ := analytics.WilsonInterval(5, 100, 0.95)
	fmt.Printf("%.1f to %.1f %%\n", 100*i.Low, 100*i.High)
	// Output: 2.2 to 11.2 %
}

// How sure is a ROAS over three posts? The seed makes the answer repeatable.
func ExampleBootstrap() {
	money := func(n int64) analytics.Value {
		return analytics.Value{Total: n * 1_000_000, Unit: smm.UnitMicros, Currency: "EUR", Parts: analytics.Parts{Measured: 1}}
	}
	posts := []analytics.Ratio{
		{Num: money(500), Den: money(100)}, {Num: money(80), Den: money(100)}, {Num: money(200), Den: money(100)},
	}
	i, ok := analytics.Bootstrap(posts, analytics.BootstrapOptions{Seed: 1})
	fmt.Printf("%.1f to %.1f %v\n", i.Low, i.High, ok)
	// Output: 0.8 to 5.0 true
}
