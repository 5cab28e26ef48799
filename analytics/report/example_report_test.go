package report_test

import (
	"os"

	"github.com/smmkit/smmkit/analytics/report"
)

// The same report can be written as a page with WriteHTML.
func ExampleReport_WriteText() {
	likes := func(v float64) *float64 { return &v }
	r := report.Report{Title: "Week 10", Summary: []string{"A good week."}, Sections: []report.Section{{
		Title: "Likes",
		Chart: &report.Chart{Title: "Likes by channel", Bars: []report.Bar{
			{Label: "Mastodon", Value: likes(200), Text: "200"},
			{Label: "Bluesky", Value: likes(100), Text: "100"},
			{Label: "Threads", Text: "n/a"},
		}},
	}}}
	_ = r.WriteText(os.Stdout)
	// Output:
	// Week 10
	// =======
	//
	// A good week.
	//
	// Likes
	// -----
	// Likes by channel
	// Mastodon  ######################################## 200
	// Bluesky   #################### 100
	// Threads   n/a
}
