package strategy_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler/strategy"
	"github.com/smmkit/smmkit/smm"
)

func ExampleAudit() {
	shop := smm.Ref{Platform: "bluesky", Kind: smm.KindChannel, ID: "did:plc:shop"}
	at := func(day int) time.Time { return time.Date(2030, 4, day, 9, 0, 0, 0, time.UTC) }
	plan := &strategy.Strategy{
		Zone:     "Europe/Berlin",
		Cadences: []strategy.Cadence{{Channel: shop, Per: strategy.PerWeek, Min: 2}},
		Campaigns: []strategy.Campaign{{
			Name: "spring", From: at(1), Until: at(30),
			Milestones: []strategy.Milestone{{Name: "opening", At: at(12)}},
		}},
	}
	posts := []strategy.Planned{
		{ID: "1", Channel: shop, At: at(2), Labels: smm.Labels{Campaign: "spring"}},
		{ID: "2", Channel: shop, At: at(4), Labels: smm.Labels{Campaign: "spring"}},
		{ID: "3", Channel: shop, At: at(9)},
	}
	report, err := strategy.Audit(plan, posts, at(1), at(15), at(1))
	if err != nil {
		panic(err)
	}
	for _, f := range report.Findings {
		fmt.Println(f.Code, f.Args["name"], f.Args["have"], "of", f.Args["want"])
	}
	// Output:
	// strategy.too-few  1 of 2
	// strategy.milestone-missing opening 0 of 1
}
