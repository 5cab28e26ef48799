package forecast_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics/forecast"
	"github.com/smmkit/smmkit/smm"
)

func euros(n int64) smm.Money { return smm.Money{Micros: n * 1e6, Currency: "EUR"} }

// What if we spend 20 % more here?
func ExampleScenario() {
	o, err := forecast.Scenario{Levers: []forecast.Lever{
		{Name: "Instagram", Spend: euros(1000), Results: 200, Change: 0.20, Response: forecast.Assumed(0.6, 0.4, 0.8)},
		{Name: "LinkedIn", Spend: euros(500), Results: 50},
	}}.Evaluate()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f more results (%.0f to %.0f), %s each\n", o.Extra.Expected, o.Extra.Low, o.Extra.High, o.Levers[0].CostPerExtra)
	for _, a := range o.Assumptions {
		fmt.Println("-", a)
	}
	// Output:
	// 23 more results (15 to 31), 8.650473 EUR each
	// - Instagram: spend from 1000.00 EUR to 1200.00 EUR (+20 %); results are taken to change with the spend to the power of 0.60 (95 %: 0.40 to 0.80), as given and not measured
	// - LinkedIn: stays at 500.00 EUR and 50 results
	// - channels do not take results from each other, and nothing else changes (season, prices, competitors, content)
	// - the bounds of the sums add up the bounds of the channels, as if all erred in the same direction
}

func ExampleCompareSplits() {
	levers := []forecast.Lever{
		{Name: "Instagram", Spend: euros(500), Results: 300, Response: forecast.Assumed(0.8, 0.7, 0.9)},
		{Name: "LinkedIn", Spend: euros(500), Results: 100, Response: forecast.Assumed(0.4, 0.3, 0.5)},
	}
	outcomes, err := forecast.CompareSplits(levers, euros(1000), []forecast.Split{{Name: "two thirds to Instagram", Shares: []float64{0.66, 0.34}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range outcomes {
		fmt.Printf("%s: %.0f results, %+.0f (%+.0f to %+.0f)\n", o.Split.Name, o.Outcome.Results.Expected, o.Against.Expected, o.Against.Low, o.Against.High)
	}
	// Output:
	// two thirds to Instagram: 460 results, +60 (+47 to +74)
	// present shares: 400 results, +0 (+0 to +0)
}

// 100 messages in half an hour, of which 80 % should be answered within 20
// seconds.
func ExampleAgents() {
	st, err := forecast.Agents(100, 30*time.Minute, forecast.StaffOptions{
		Handle:       3 * time.Minute,
		Target:       forecast.ServiceTarget{Share: 0.80, Within: 20 * time.Second},
		MaxOccupancy: 0.85,
		Shrinkage:    0.30,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d people answering, %d on the roster\n", st.Agents, st.Scheduled)
	fmt.Printf("%.1f %% in time, busy %.1f %% of the time\n", 100*st.ServiceLevel, 100*st.Occupancy)
	// Output:
	// 14 people answering, 20 on the roster
	// 88.8 % in time, busy 71.4 % of the time
}
