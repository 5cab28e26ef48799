package scheduler_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// A post is planned on two channels and published. A second call with the same
// token, as after a lost answer of the host's own API, plans nothing new.
func Example() {
	driver := &schedulertest.Driver{} // in earnest: mastodon.New(...), bluesky.New(...)
	client, _ := smm.New([]smm.Driver{driver})
	s, _ := scheduler.New(client, scheduler.NewMemory(), scheduler.WithEvents(func(e scheduler.Event) {
		if e.Kind == scheduler.EventFailed {
			fmt.Println("failed:", e.Delivery.Failure.Message)
		}
	}))

	ctx := context.Background()
	post := &smm.Post{Text: "We open at nine.", FirstComment: "Parking is behind the house."}
	channels := []smm.Ref{schedulertest.Channel("shop"), schedulertest.Channel("owner")}
	at := time.Now().Add(10 * time.Millisecond)
	for range 2 {
		items, _, err := s.Schedule(ctx, post, channels, at, &scheduler.ScheduleOptions{Token: "row 7"})
		fmt.Println(len(items), "deliveries", err)
	}

	_ = s.RunUntilIdle(ctx, 5*time.Second) // a service calls Run
	counts := driver.Ledger.Counts("")
	fmt.Println(counts.Posts, "posts,", counts.Replies, "comments,", counts.Duplicates, "duplicates")
	// Output:
	// 4 deliveries <nil>
	// 4 deliveries <nil>
	// 2 posts, 2 comments, 0 duplicates
}
