package analytics_test

import (
	"fmt"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Plain numbers in, a plain number out.
func ExampleEngagementRateByReach() {
	rate, ok := analytics.EngagementRateByReach(200, 2500)
	fmt.Printf("%.1f %% %v\n", 100*rate, ok)

	_, ok = analytics.EngagementRateByReach(3, 0)
	fmt.Println("of nobody:", ok)
	// Output:
	// 8.0 % true
	// of nobody: false
}

func ExampleCPA() {
	cost, _ := analytics.CPA(smm.Money{Micros: 5_000_000_000, Currency: "USD"}, 200)
	fmt.Println(cost)
	// Output: 25.00 USD
}
