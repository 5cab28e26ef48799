package benchmark_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/benchmark"
	"github.com/smmkit/smmkit/smm"
)

// daily makes up an account that posts every day at an hour.
func daily(name string, hour int, likes, followers int64) benchmark.Account {
	start := time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC)
	a := benchmark.Account{Name: name, Followers: []analytics.Point{{At: start, N: followers, State: smm.MetricMeasured}}}
	for i := range 28 {
		counts := analytics.Counts{}.
			With(smm.MetricLikes, analytics.Count(likes+int64(i%5))).
			With(smm.MetricComments, analytics.Count(2)).
			With(smm.MetricShares, analytics.Count(1))
		a.Posts = append(a.Posts, benchmark.Post{At: start.AddDate(0, 0, i).Add(time.Duration(hour) * time.Hour), Type: "image", Counts: counts})
	}
	return a
}

func ExampleCompare() {
	us := daily("us", 9, 25, 1000)
	c, err := benchmark.Compare(us, []benchmark.Account{
		daily("Bakery North", 17, 15, 1000), daily("Bakery South", 18, 40, 2000), daily("Bakery East", 19, 38, 1000),
	}, benchmark.Options{From: time.Date(2026, 9, 7, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := c.EngagementRateByFollowers
	fmt.Printf("%.2f %% of followers engage, %.2f %% in the middle of %d competitors\n", 100**e.Own.Value, 100**e.Median.Value, e.Median.N)
	fmt.Printf("ahead of %.0f %% (%.0f to %.0f)\n", 100**e.Percentile.Value, 100*e.Percentile.Interval.Low, 100*e.Percentile.Interval.High)
	fmt.Printf("posts lie %.0f hours from theirs, %.1f by chance\n", c.Times.HourDistance.Value, c.Times.HourDistance.ByChance)
	fmt.Println("growth:", c.FollowerGrowthPer30Days.Own.Reason)
	// Output:
	// 2.99 % of followers engage, 2.24 % in the middle of 3 competitors
	// ahead of 67 % (21 to 94)
	// posts lie 9 hours from theirs, 0.7 by chance
	// growth: only one day is known
}

func ExampleFindNorms() {
	norms := benchmark.FindNorms(benchmark.Norms(), benchmark.NormQuery{
		Metric: benchmark.NormEngagementRateByFollowers, Platform: "instagram",
	})
	n := norms[0]
	position, _ := n.Against(0.03)
	fmt.Printf("%.2f %% (%s, %s): 3 %% is %s it\n", 100*n.Low, n, n.Statistic, position)
	// Output:
	// 0.48 % (2026 Socialinsider, second-hand, average): 3 % is above it
}
