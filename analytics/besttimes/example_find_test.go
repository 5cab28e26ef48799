package besttimes_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics/besttimes"
	"github.com/smmkit/smmkit/smm"
)

// Posts of Wednesday evenings get three times as much as those of the mornings.
func ExampleFind() {
	channel := smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	monday := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	var posts []besttimes.Post
	for day := range 84 {
		at, n := monday.AddDate(0, 0, day).Add(9*time.Hour), 100+int64(day%5)*10
		if at.Weekday() == time.Wednesday {
			at, n = at.Add(9*time.Hour), 3*n
		}
		posts = append(posts, besttimes.Post{At: at, N: n, State: smm.MetricMeasured})
	}
	found, err := besttimes.Find(channel, posts, besttimes.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, slot := range found.Slots(monday.AddDate(0, 0, 84), 1) {
		fmt.Println(slot.Start.Format("Mon 15:04"), slot.Low > 1)
	}
	// Output:
	// Wed 18:00 true
}
