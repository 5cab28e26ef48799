package planner_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler/planner"
	"github.com/smmkit/smmkit/smm"
)

func ExampleMake() {
	shop := smm.Ref{Platform: "instagram", Kind: smm.KindChannel, ID: "1784"}
	nine := time.Date(2030, 4, 1, 9, 0, 0, 0, time.UTC)
	daily := smm.QuotaKey{Platform: "instagram", Account: planner.Channel, Bucket: "posts"}
	rules := planner.Rules{
		Tariffs: []planner.Tariff{{
			Platform: "instagram", Charges: []smm.Charge{{Key: daily, Cost: 1}},
			Price: smm.Money{Micros: 10_000, Currency: "EUR"}, // what the host charges
		}},
		Budgets: []planner.Budget{{Key: daily, Limit: smm.QuotaLimit{Shape: smm.QuotaRolling, Limit: 2, Window: 24 * time.Hour}}},
	}
	var items []planner.Item
	for i := range 3 {
		items = append(items, planner.Item{ID: fmt.Sprint(i), Channel: shop, At: nine.Add(time.Duration(i) * time.Hour)})
	}
	plan, err := planner.Make(items, rules, nine)
	if err != nil {
		panic(err)
	}
	for _, p := range plan.Items {
		fmt.Println(p.Item.ID, p.Fits(), p.At.Format(time.DateTime))
	}
	fmt.Println(plan.Cost["EUR"])
	// Output:
	// 0 true 2030-04-01 09:00:00
	// 1 true 2030-04-01 10:00:00
	// 2 false 2030-04-02 09:00:00
	// 0.03 EUR
}
