package queue_test

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/scheduler/civil"
	"github.com/smmkit/smmkit/scheduler/queue"
	"github.com/smmkit/smmkit/scheduler/schedulertest"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// manager is what the examples run on, on a Friday in March 2026.
func manager() *queue.Manager {
	clock := sim.NewClock(time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC), true) // in earnest: none
	client, _ := smm.New([]smm.Driver{&schedulertest.Driver{Clock: clock}}, smm.WithClock(clock))
	store := scheduler.NewMemory() // in earnest: sqlitestore or pgstore
	s, _ := scheduler.New(client, store, scheduler.WithClock(clock))
	m, _ := queue.New(s, store, queue.WithClock(clock))
	return m
}

func weekly(texts ...string) (out []queue.Weekly) {
	for _, s := range texts {
		w, _ := queue.ParseWeekly(s)
		out = append(out, w)
	}
	return out
}

// Posts go out in the next free slot, at nine on the wall clock before and after
// clocks are set.
func ExampleManager_Add() {
	ctx, m := context.Background(), manager()
	berlin, _ := civil.LoadZone("Europe/Berlin")
	q := &queue.Queue{
		Name: "tips", Zone: berlin, Channels: []smm.Ref{schedulertest.Channel("shop")},
		Times: weekly("MO 09:00", "SA 09:00"),
	}
	for _, text := range []string{"Water in the morning.", "Prune in spring.", "Mulch."} {
		items, _, err := m.Add(ctx, q, &smm.Post{Text: text}, nil)
		fmt.Println(civil.Format(items[0].At, berlin), err)
	}
	next, _ := m.Next(ctx, q)
	fmt.Println("next:", civil.Format(next[0].At, berlin))
	// Output:
	// 2026-03-28T09:00:00+01:00[Europe/Berlin] <nil>
	// 2026-03-30T09:00:00+02:00[Europe/Berlin] <nil>
	// 2026-04-04T09:00:00+02:00[Europe/Berlin] <nil>
	// next: 2026-04-06T09:00:00+02:00[Europe/Berlin]
}

// What is free is filled with posts that are used again, never the same within
// its MinDays, and each time in another form.
func ExampleManager_Fill() {
	ctx, m := context.Background(), manager()
	q := &queue.Queue{
		Name: "tips", Zone: civil.UTC(), Channels: []smm.Ref{schedulertest.Channel("shop")},
		Times: weekly("MO 09:00", "WE 09:00", "FR 09:00"),
	}
	pool := &queue.Pool{Name: "evergreen", Posts: []queue.Evergreen{
		{ID: "hours", Variants: []smm.Post{{Text: "We open at nine."}, {Text: "Open from nine."}}, MinDays: 4},
		{ID: "parking", Variants: []smm.Post{{Text: "Parking is behind the house."}}, MinDays: 7},
	}}
	filled, err := m.Fill(ctx, q, pool, time.Date(2026, 4, 7, 0, 0, 0, 0, time.UTC), nil)
	for _, f := range filled {
		fmt.Printf("%s %q %d\n", f.Slot.Civil, f.Pick.Post, f.Pick.Variant)
	}
	fmt.Println(err)
	// Output:
	// 2026-03-30T09:00 "hours" 0
	// 2026-04-01T09:00 "parking" 0
	// 2026-04-03T09:00 "hours" 1
	// 2026-04-06T09:00 "" 0
	// <nil>
}
