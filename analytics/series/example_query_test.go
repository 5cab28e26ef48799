package series_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

// The reach of one post is not known yet: sums say so, and the rate is that of
// the posts for which both of its sides are known.
func ExampleTable_Query() {
	table, err := series.New([]series.Column{{Name: smm.MetricReach}, {Name: smm.MetricLikes}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	channel := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	add := func(campaign string, reach series.Cell, likes int64) {
		err := table.Append(&series.Row{
			Channel: channel, At: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC), Campaign: campaign,
			Values: []series.Cell{reach, series.Counted(likes)},
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	add("spring", series.Counted(1000), 50)
	add("spring", series.Cell{State: smm.MetricNotYet}, 90)
	add("summer", series.Counted(400), 4)

	result, err := table.Query(series.Query{
		By:     []series.By{series.ByCampaign},
		Ratios: []series.Ratio{{Name: "likes by reach", Num: []smm.MetricName{smm.MetricLikes}, Den: smm.MetricReach}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range result.Groups {
		g := &result.Groups[i]
		reach := result.Sum(g, smm.MetricReach)
		rate, _ := result.Rate(g, "likes by reach").Float64()
		fmt.Printf("%s: reach %d %s, likes by reach %.2f\n", g.Key.Campaign, reach.Total, reach.State(), rate)
	}
	// Output:
	// spring: reach 1000 incomplete, likes by reach 0.05
	// summer: reach 400 complete, likes by reach 0.01
}
