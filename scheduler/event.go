package scheduler

import (
	"time"

	"github.com/smmkit/smmkit/smm"
)

// EventKind says what happened to a delivery.
type EventKind string

// The kinds of events.
const (
	EventPublished EventKind = "published"   // its item is public
	EventFailed    EventKind = "failed"      // it is not public and is not tried again by itself
	EventHuman     EventKind = "needs-human" // in doubt for good: a person must Resolve it
	EventTask      EventKind = "task"        // it is due, and a person must publish it: Task, Done
	EventOverdue   EventKind = "overdue"     // it is still not public long after its time, see WithOverdue
	EventExpired   EventKind = "expired"     // it was stale before it began
	EventRetry     EventKind = "retry"       // a step got nowhere; it is tried again at Delivery.Wake
	EventProgress  EventKind = "progress"    // a step of preparing succeeded
	EventHeld      EventKind = "held"        // it is due and must wait: a freeze, a gate, a finding; see Record.Held
	EventError     EventKind = "error"       // a step could not be taken or saved: see Err
)

// Event tells a host what became of a delivery. It is sent after the store has
// saved it, and at most once by this process; a process that is killed in
// between sends none, so events are for people and screens, and List for
// bookkeeping.
type Event struct {
	Kind EventKind
	At   time.Time
	// Delivery is a copy as it was saved. Prepared.Progress says how far an
	// upload is, 0 to 1; Failure what went wrong; Outcome.Post what is public.
	Delivery smm.Delivery
	// Held says, with EventHeld, what it waits for.
	Held string
	// Reminder is set with EventHuman and EventTask if the host was told before,
	// and nobody has done anything since.
	Reminder bool
	// Err is set with EventError.
	Err error
}

// eventOf says what a step did to a delivery, "" for nothing to tell.
func eventOf(before, after *smm.Delivery) EventKind {
	if before.Phase != after.Phase {
		switch after.Phase {
		case smm.PhasePublished:
			return EventPublished
		case smm.PhaseFailed:
			return EventFailed
		case smm.PhaseHuman:
			return EventHuman
		case smm.PhaseExpired:
			return EventExpired
		}
	}
	switch {
	case after.Phase == smm.PhaseHuman && before.Phase == smm.PhaseHuman && !after.Wake.Equal(before.Wake):
		return EventHuman
	case after.Phase == smm.PhaseManual && after.Tries > before.Tries:
		return EventTask
	case after.Tries > before.Tries:
		return EventRetry
	case before.Phase == smm.PhasePreparing && before.Prepared.Progress != after.Prepared.Progress,
		before.Phase == smm.PhasePreparing && after.Phase == smm.PhaseReady:
		return EventProgress
	}
	return ""
}

// tellStep tells what a step did, and late whether it found the delivery overdue.
func (s *Scheduler) tellStep(before, after *smm.Delivery, late bool) {
	kind := eventOf(before, after)
	if s.onEvent != nil && (kind == EventHuman || kind == EventTask) {
		r := Record{Delivery: *after}
		again := before.Phase == after.Phase && (kind == EventHuman || before.Tries > 0)
		s.onEvent(Event{Kind: kind, At: s.clock.Now(), Delivery: r.Clone().Delivery, Reminder: again})
	} else {
		s.tell(kind, after, nil)
	}
	if late && !after.Phase.Final() && after.Phase != smm.PhaseHuman {
		s.tell(EventOverdue, after, nil)
	}
}

// markLate reports whether r is found overdue for the first time. The line that it
// adds to the log, and every later one, says that it was, also to other processes.
// What waits for a person has its own reminders.
func (s *Scheduler) markLate(r *Record, now time.Time) bool {
	d, limit := &r.Delivery, r.NotBefore.Add(s.overdue)
	if d.Phase.Final() || d.Phase == smm.PhaseHuman || d.Phase == smm.PhaseManual || now.Before(limit) {
		return false
	}
	if n := len(d.Log); n > 0 && !d.Log[n-1].At.Before(limit) {
		return false
	}
	d.Note(now, "overdue: planned for "+r.NotBefore.UTC().Format(time.RFC3339))
	return true
}
