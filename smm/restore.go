package smm

import (
	"fmt"
	"time"
)

// Restore puts a delivery in doubt that comes from a backup of the host's store:
// asOf is when the backup was taken, now when it is put to use. What was sent in
// between is known to nobody, so d may be public already. Call it once no process
// works on the lost store any more; scheduler.AfterRestore does it for a store.
//
// It is for deliveries that may have moved since: that are due, wait for a parent,
// or were prepared already. For others the error matches ErrInvalid and nothing
// changes: what is final stays so, what waits for a person or is a manual task is
// for people to look at, and what is not due yet was not sent.
//
// What follows depends on the guarantee. With a key the commit is repeated, while
// the platform is sure to know a key that was used right after asOf. What can be
// looked for is looked for from asOf on, and absence is believed once no request
// of the lost time can still arrive. A handle that the backup has tells its state;
// if the lost time may have used another one, only finding the item settles it.
// Otherwise, and for ClassBlind, a person is asked.
//
// What people did in the lost time, such as an edit, a cancellation or another
// planned time, is lost with it, and a key that depended on it as well.
func (d *Delivery) Restore(asOf, now time.Time) error {
	if asOf.IsZero() || asOf.After(now) {
		return fmt.Errorf("%w: a backup was taken at some time before now", ErrInvalid)
	}
	moved := d.Phase.needsPrepared() || (d.Phase == PhaseWaiting && d.Manual == nil) || (d.Phase == PhasePreparing && !d.Wake.After(now))
	if !moved {
		return fmt.Errorf("%w: delivery %s is %s and not due: the lost time changes nothing for it", ErrInvalid, d.ID, d.Phase)
	}
	if d.Restored.IsZero() || asOf.Before(d.Restored) {
		d.Restored = asOf
	}
	d.Schema = DeliverySchema
	// A commit of the lost time may have begun just now.
	d.Attempt.Deadline = later(d.Attempt.Deadline, now.Add(d.Policy.commitLimit()))
	d.progress()
	d.note(now, "", "restored from a backup of %s: what was sent since is not known", asOf.UTC().Format(time.RFC3339))
	if !d.Phase.needsPrepared() {
		return nil // the flag waits for Prepare
	}
	if d.Phase == PhaseCommitting {
		d.Phase, d.Outcome = PhaseSettling, Outcome{}
	}
	d.doubtSince(d.prepareExpired(now))
	d.Wake = now
	if d.Prepared.Guarantee.Class == ClassBlind {
		d.askHuman(now, "restored from a backup")
	}
	return nil
}

// doubtSince makes d doubt an attempt of the lost time. lost says that it may
// have been made with another Prepared than this one.
func (d *Delivery) doubtSince(lost bool) {
	a := &d.Attempt
	a.N, a.Doubt, a.Lost = max(a.N, 1), true, lost
	if a.First.IsZero() || a.First.After(d.Restored) {
		a.First = d.Restored
	}
	if a.Intent.IsZero() {
		a.Intent = d.Restored
	}
}

// mayBePublic reports whether an attempt, known or of a lost time, may have gone
// through.
func (d *Delivery) mayBePublic() bool { return d.Attempt.Doubt || !d.Restored.IsZero() }

// lostHandle reports whether the lost time may have gone on with another handle,
// so that nothing that this one says shows the item to be absent.
func (d *Delivery) lostHandle() bool {
	g := d.Prepared.Guarantee
	return !d.Restored.IsZero() && g.Class == ClassHandle && !g.Derived
}

// otherHandle reports whether this handle is not the one that was in use then.
func (d *Delivery) otherHandle() bool { return d.lostHandle() && d.Attempt.Lost }
