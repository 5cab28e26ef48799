package service_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics/service"
	"github.com/smmkit/smmkit/smm"
)

// A host fills a Conversation from what it has: here the messages of the items
// in package inbox (inbox.Item.Message), inbox.Conversation's Ref, and the
// changes of state that the host wrote down when it made them.
func ExampleFromMessages() {
	thread := smm.Ref{Platform: "bluesky", Kind: smm.KindConversation, ID: "c1"}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	messages := []smm.Message{
		{At: noon, Text: "Where is my parcel?"},
		{At: noon.Add(40 * time.Minute), Own: true, Text: "It arrives tomorrow."},
	}
	c := service.FromMessages(thread, messages)
	c.Labels, c.Priority = []string{"delivery"}, "urgent"
	c.Events = append(c.Events, service.Event{At: noon.Add(50 * time.Minute), Kind: service.EventResolved})

	o := service.Options{AsOf: noon.Add(24 * time.Hour)}
	first, err := service.FirstResponse([]service.Conversation{c}, o)
	fmt.Println(first.Median, err)
	results, _, err := service.SLA([]service.Conversation{c}, []service.Target{{Name: "urgent", Priority: "urgent", FirstResponse: 30 * time.Minute}}, o)
	fmt.Println(results[0].FirstResponse.Missed, "missed", err)
	// Output:
	// 40m0s <nil>
	// 1 missed <nil>
}

// Friday at four, in a shop that opens again on Monday.
func ExampleHours() {
	h, err := service.ParseHours("Mon-Fri 09:00-17:00", nil, service.Date{Year: 2026, Month: time.December, Day: 25})
	if err != nil {
		fmt.Println(err)
		return
	}
	friday := time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC)
	due, ok := h.Due(friday, 2*time.Hour)
	fmt.Println(due.Format("Mon 15:04"), ok)
	fmt.Println(h.Between(friday, friday.AddDate(0, 0, 7)))
	// Output:
	// Mon 10:00 true
	// 40h0m0s
}

// Most cases are still open: half of them take at least this long.
func ExampleSummarize() {
	times, err := service.Summarize([]service.Observation{
		{Took: time.Hour, Ended: true}, {Took: 3 * time.Hour}, {Took: 4 * time.Hour}, {Took: 5 * time.Hour},
	}, 0)
	fmt.Println(times.Median, err)
	fmt.Println(times.Median.Reason)
	// Output:
	// at least 5h0m0s <nil>
	// too many are still open
}

func ExampleNPSOf() {
	var ratings []int
	for range 20 {
		ratings = append(ratings, 10, 9, 8, 4) // of every four two promoters, one detractor
	}
	s, err := service.NPSOf(ratings, 0)
	fmt.Println(s, err)
	// Output: 25 (95 % interval 7 to 43, 80 answers) <nil>
}

func ExampleCSAT() {
	s, err := service.CSAT(80, 100, 0)
	fmt.Println(s, err)
	// Output: 80 (95 % interval 71 to 87, 100 answers) <nil>
}
