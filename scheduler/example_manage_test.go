package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
)

// newExample returns a scheduler in memory and the platform that it publishes to.
func newExample(opts ...scheduler.Option) (*scheduler.Scheduler, *schedulertest.Driver) {
	driver := &schedulertest.Driver{} // in earnest: mastodon.New(...), bluesky.New(...)
	client, _ := smm.New([]smm.Driver{driver})
	s, _ := scheduler.New(client, scheduler.NewMemory(), opts...)
	return s, driver
}

// In a crisis a brand's posts wait, whatever process would send them, and go on
// when it is over.
func ExampleScheduler_Freeze() {
	s, driver := newExample()
	ctx, shop := context.Background(), []smm.Ref{schedulertest.Channel("shop")}
	post := &smm.Post{Text: "Everything must go!", Labels: smm.Labels{Brand: "acme"}}
	_, _, _ = s.Enqueue(ctx, post, shop, nil)

	rep, err := s.Freeze(ctx, scheduler.Freeze{ID: "flood", Labels: smm.Labels{Brand: "acme"}, Reason: "the river is over its banks"})
	fmt.Println(rep.Holds, "held,", len(rep.InFlight), "in flight,", err)
	_ = s.RunUntilIdle(ctx, time.Second) // a service calls Run
	fmt.Println(driver.Ledger.Counts("").Posts, "posts")

	released, err := s.Release(ctx, "", "flood", scheduler.ReleaseOptions{Late: scheduler.LateHold})
	fmt.Println(len(released.Released), "released,", err)
	_ = s.RunUntilIdle(ctx, time.Second)
	fmt.Println(driver.Ledger.Counts("").Posts, "posts")
	// Output:
	// 1 held, 0 in flight, <nil>
	// 0 posts
	// 1 released, <nil>
	// 1 posts
}

// What is planned can be changed until something of it was sent.
func ExampleScheduler_Edit() {
	s, driver := newExample()
	ctx, shop := context.Background(), []smm.Ref{schedulertest.Channel("shop")}
	items, _, _ := s.Schedule(ctx, &smm.Post{Text: "We opne at nine."}, shop, time.Now().Add(10*time.Millisecond), nil)

	id := items[0].ID
	_, _, err := s.Edit(ctx, "", id, &smm.Post{Text: "We open at nine."}, nil)
	fmt.Println("before:", err)
	_ = s.RunUntilIdle(ctx, 5*time.Second)
	for _, item := range driver.Ledger.Items() {
		fmt.Println(item.Text)
	}
	_, _, err = s.Edit(ctx, "", id, &smm.Post{Text: "We open at ten."}, nil)
	_, late := errors.AsType[*scheduler.TooLateError](err)
	fmt.Println("after: too late:", late)
	// Output:
	// before: <nil>
	// We open at nine.
	// after: too late: true
}

// A channel does not get the same text twice within a week, however it is spelt.
func ExampleWithRepeat() {
	s, _ := newExample(scheduler.WithRepeat(scheduler.RepeatPolicy{Window: 7 * 24 * time.Hour, Action: scheduler.RepeatRefuse}))
	ctx, shop := context.Background(), []smm.Ref{schedulertest.Channel("shop")}
	monday := time.Now().Add(24 * time.Hour)
	for _, p := range []struct {
		text string
		at   time.Time
	}{
		{"Sale! https://example.org/?utm_source=a", monday},
		{"SALE!  https://example.org/?utm_source=b", monday.Add(48 * time.Hour)},
		{"Sale! https://example.org/", monday.Add(8 * 24 * time.Hour)},
	} {
		_, _, err := s.Schedule(ctx, &smm.Post{Text: p.text}, shop, p.at, nil)
		fmt.Println(errors.Is(err, smm.ErrDuplicate), err == nil)
	}
	// Output:
	// false true
	// true false
	// false true
}

// What no API allows becomes a task for a person, closed by the link to what they
// published.
func ExampleScheduler_Tasks() {
	s, _ := newExample()
	ctx, shop := context.Background(), []smm.Ref{schedulertest.Channel("shop")}
	_, _, _ = s.Enqueue(ctx, &smm.Post{Text: "Behind the scenes"}, shop, &scheduler.ScheduleOptions{
		Manual: &smm.ManualOptions{Reason: "stories with music need the app"},
	})
	_ = s.RunUntilIdle(ctx, 0)
	for task, err := range s.Tasks(ctx, scheduler.Query{}) {
		fmt.Println(task.Parts[0].Text, "-", task.Reason, err)
		err = s.Done(ctx, "", task.ID, scheduler.Done{URL: "https://social.example/shop/1"})
		fmt.Println("done:", err)
	}
	open := 0
	for range s.Tasks(ctx, scheduler.Query{}) {
		open++
	}
	fmt.Println(open, "open")
	// Output:
	// Behind the scenes - stories with music need the app <nil>
	// done: <nil>
	// 0 open
}
