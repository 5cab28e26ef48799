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
	case after.Tries > before.Tries:
		return EventRetry
	case before.Phase == smm.PhasePreparing && before.Prepared.Progress != after.Prepared.Progress,
		before.Phase == smm.PhasePreparing && after.Phase == smm.PhaseReady:
		return EventProgress
	}
	return ""
}
