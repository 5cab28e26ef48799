// Package queue has slots and named queues: posts are added, and go out in the
// next free slot of each channel.
//
//	q := &queue.Queue{Name: "tips", Zone: berlin, Channels: channels, Times: times}
//	m, err := queue.New(s, store)              // s is a *scheduler.Scheduler
//	items, findings, err := m.Add(ctx, q, post, nil)
//
// A [Queue] is a value that the host keeps, as JSON for example; what is in it are
// the records of the scheduler's store whose Slot is one of the queue's, and
// nothing else. So there is no second list that could differ from what is sent.
//
// # Slots
//
// A slot is a weekly time on the wall clock of the queue's zone, or a proposal of
// package analytics. Its name is "queue/<queue>/<channel>/<instant>" with the
// planned instant in UTC, before jitter. The store refuses a second live record
// with the same Slot, so two processes that add at once get two slots.
//
// A weekly time that clocks are set forward over comes later by the gap, by the
// rule of package civil, and is left out that day if that brings it to another
// slot or too near to one. One that occurs twice is the first of the two. Which
// slots there are depends on the value of the queue alone, never on when it is
// asked or what is in it.
//
// # A queue that is changed
//
// Records stay when a queue gets other times, another zone or blackouts, and keep
// the instants that they were planned for. [Manager.Realign] moves them to the
// slots that there are now; it is also what to call after a pause.
//
// # Design notes
//
// Rejected: a table of queue entries that a job turns into deliveries when their
// time comes. It would need a second proof that nothing is lost between the two.
//
// Rejected: a lock per queue. Slots collide in the store or not at all, which
// holds for several machines too, and costs a retry only when two really meet.
//
// The distance to posts that are in no queue (MinGap) is looked at before a slot
// is chosen and is not exact under races, unlike the slots themselves.
package queue
