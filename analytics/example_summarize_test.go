package analytics_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/smm"
)

// Metrics as a driver reports them: this platform does not tell the reach.
func ExampleSummarize() {
	channel := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	post := channel.WithKind(smm.KindPost, "114")
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	count := func(name smm.MetricName, of smm.Ref, n int64) smm.Metric {
		return smm.Metric{
			Name: name, Subject: of, Channel: channel, State: smm.Counted(n), Value: n,
			Unit: smm.UnitCount, Window: smm.Window{To: now}, AsOf: now,
		}
	}
	kpis, err := analytics.Summarize([]smm.Metric{
		count(smm.MetricFollowers, channel, 400),
		count(smm.MetricLikes, post, 17),
		count(smm.MetricComments, post, 3),
		count(smm.MetricShares, post, 0),
		{Name: smm.MetricReach, Subject: post, Channel: channel, State: smm.MetricNotReported},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, k := range kpis {
		fmt.Printf("by followers: %.1f %%\n", 100**k.EngagementRateByFollowers.Value)
		fmt.Printf("by reach: %s, %s\n", k.EngagementRateByReach.State, k.EngagementRateByReach.Reason)
	}
	// Output:
	// by followers: 5.0 %
	// by reach: undefined, denominator: not reported
}
