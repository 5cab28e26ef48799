package smm

import (
	"fmt"
	"time"
)

// Link tells a delivery in PhaseWaiting what became of its parent. If the
// parent's item is public, d goes on and answers it; if it never will be, d
// fails; otherwise d looks again when the parent may have moved.
func (d *Delivery) Link(parent *Delivery, now time.Time) error {
	if d.Phase != PhaseWaiting || parent.ID != d.Parent || parent.Tenant != d.Tenant {
		return fmt.Errorf("%w: delivery %s does not wait for %s", ErrInvalid, d.ID, parent.ID)
	}
	switch {
	case parent.Phase == PhasePublished && parent.Outcome.Post.ID != "":
		d.Request.Post.ReplyTo = parent.Outcome.Post
		d.Phase, d.Wake = PhasePreparing, now
		d.note(now, "", "parent is public")
	case parent.Phase.Final():
		d.Failure = &Failure{Op: "parent", Message: fmt.Sprintf("the part before it ended as %s", parent.Phase)}
		d.finish(PhaseFailed, now, "parent is not public")
	default:
		d.Wake = later(now.Add(time.Second), parent.Wake)
		if parent.Phase == PhaseHuman {
			d.Wake = now.Add(time.Minute)
		}
	}
	return nil
}

// Resolution is a person's answer about a delivery in doubt. Exactly one field
// is set.
type Resolution struct {
	Live      Ref  // it is public, and this is it
	SendAgain bool // it is not public: begin again
	Drop      bool // whatever it is, leave it: the delivery ends as failed
}

// Resolve applies a person's answer to a delivery that needs one, or that is
// still being settled. SendAgain is refused while a request may still be on
// its way (see QuietAt). The error matches ErrInvalid.
func (d *Delivery) Resolve(r Resolution, now time.Time) error {
	if d.Phase != PhaseHuman && d.Phase != PhaseSettling {
		return fmt.Errorf("%w: delivery %s is %s and needs no decision", ErrInvalid, d.ID, d.Phase)
	}
	switch {
	case r.Live.ID != "" && !r.SendAgain && !r.Drop:
		d.publish(Outcome{State: OutcomePublished, Post: r.Live, Evidence: EvidenceHuman}, now)
	case r.SendAgain && r.Live.IsZero() && !r.Drop:
		if quiet := d.QuietAt(); now.Before(quiet) {
			return fmt.Errorf("%w: delivery %s may still arrive until %s: ask again then", ErrInvalid, d.ID, quiet.UTC().Format(time.RFC3339))
		}
		d.Attempt, d.Prepared, d.Outcome = Attempt{}, Prepared{}, Outcome{}
		d.progress()
		d.Phase, d.Wake = PhasePreparing, now
		d.note(now, "", "a person says it is not public: beginning again")
	case r.Drop && r.Live.IsZero() && !r.SendAgain:
		d.Attempt.Doubt = false
		d.Outcome = Outcome{Evidence: EvidenceHuman} // not known to be absent: Requeue must refuse it
		d.finish(PhaseFailed, now, "a person dropped it")
	default:
		return fmt.Errorf("%w: a resolution sets exactly one of Live, SendAgain and Drop", ErrInvalid)
	}
	return nil
}

// Cancel ends a delivery of which nothing can be public. From the first commit
// on it is refused with an error that matches ErrConflict: delete the item once
// it is there.
func (d *Delivery) Cancel(now time.Time) error {
	switch d.Phase {
	case PhaseWaiting, PhasePreparing, PhaseReady:
		if !d.Attempt.Doubt {
			d.finish(PhaseCancelled, now, "cancelled")
			return nil
		}
	case PhaseCancelled:
		return nil
	}
	return fmt.Errorf("%w: delivery %s is %s and can no longer be cancelled", ErrConflict, d.ID, d.Phase)
}

// Requeue begins a delivery again that failed, expired or was cancelled, with
// a new budget of attempts; stale replaces Policy.StaleAfter. None of these
// phases has anything public, so nothing can be doubled; what a person dropped
// while in doubt is refused.
func (d *Delivery) Requeue(stale, now time.Time) error {
	switch d.Phase {
	case PhaseFailed, PhaseExpired, PhaseCancelled:
	default:
		return fmt.Errorf("%w: delivery %s is %s: only one that failed, expired or was cancelled can be requeued", ErrInvalid, d.ID, d.Phase)
	}
	if d.Outcome.Evidence == EvidenceHuman {
		return fmt.Errorf("%w: delivery %s was dropped while in doubt; publish it as a new one if you are sure that it is not public", ErrInvalid, d.ID)
	}
	waits := d.Parent != "" && d.Request.Post.ReplyTo.IsZero()
	d.Policy.StaleAfter = stale
	d.Attempt, d.Prepared, d.Outcome, d.Failure = Attempt{}, Prepared{}, Outcome{}, nil
	d.progress()
	d.Phase, d.Wake = PhasePreparing, now
	if waits {
		d.Phase = PhaseWaiting
	}
	d.note(now, "", "requeued")
	return nil
}
