package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

const (
	// errorDelay is how long a record rests after a step that could not be
	// taken: no driver, a broken invariant, a store that fails.
	errorDelay = 30 * time.Second
	// commitFloor is the time that the protocol wants at least for a commit,
	// unless the policy's limit is shorter still.
	commitFloor = 2 * time.Second
	// commitSlack covers what passes between renewing and the look at the clock.
	commitSlack = 500 * time.Millisecond
	// linkPause is how long a part waits for a parent that is being committed.
	linkPause = time.Second
	// maxRestarts bounds how often a step is begun again for want of lease.
	maxRestarts = 3
)

// work is a claimed record in the hands of this process.
type work struct {
	s        *Scheduler
	r        *Record
	lease    *lease
	released bool         // the last save gave the record back
	before   smm.Delivery // as the step in hand found it

	heldUntil time.Time // when a record that was held is looked at again
}

// handle is the Handler: it takes a record as far as it gets now.
func (s *Scheduler) handle(ctx context.Context, r *Record) (time.Time, error) {
	if !s.apps.enter(r) {
		return s.park(ctx, r)
	}
	defer s.callNext(ctx, r)
	w := &work{s: s, r: r, lease: hold(ctx, s.store, s.clock, r, s.lease, s.drain)}
	defer w.lease.stop()
	restarts, late := 0, false
	for {
		if ctx.Err() != nil { // the step in flight is finished, and the host stops
			w.lease.giveBack(s.clock.Now()) //nolint:contextcheck // ctx has ended; the lease has its own
			return time.Time{}, nil
		}
		late = s.markLate(r, s.clock.Now()) || late
		before := r.Delivery
		err := w.step() //nolint:contextcheck // the lease's context, which outlives ctx by the step in flight
		switch {
		case err == nil:
			s.tellStep(&before, &r.Delivery, late)
			late = false
			if w.released {
				return r.Delivery.Wake, nil
			}
		case errors.Is(err, errHeld):
			if late {
				s.tell(EventOverdue, &r.Delivery, nil)
			}
			return w.heldUntil, nil
		case errors.Is(err, context.DeadlineExceeded) && restarts < maxRestarts && w.lease.ctx.Err() == nil:
			restarts++
		default:
			return w.stumble(ctx.Err() != nil, err) //nolint:contextcheck // as for the step
		}
	}
}

// stumble leaves a record whose step was not taken or not saved.
func (w *work) stumble(stopping bool, err error) (time.Time, error) {
	now := w.s.clock.Now()
	if errors.Is(err, ErrFenced) || errors.Is(err, ErrNotFound) || stopping {
		// Somebody else changed it, which is their right, or the host stops.
		w.lease.giveBack(now)
		return now, nil
	}
	w.lease.giveBack(now.Add(errorDelay))
	w.s.tell(EventError, &w.r.Delivery, err)
	return time.Time{}, &toldError{err}
}

// toldError is an error that the host knows of already.
type toldError struct{ error }

// Unwrap returns the error.
func (e *toldError) Unwrap() error { return e.error }

// step does what the protocol allows now.
func (w *work) step() error {
	d, now := &w.r.Delivery, w.s.clock.Now()
	cmd, _ := smm.Next(d, now)
	switch cmd {
	case smm.CommandNone, smm.CommandWait:
		return w.Save(w.lease.ctx, d) // gives it back
	case smm.CommandTask:
		if h := w.s.admit(w.lease.ctx, w.r); h.Reason != "" {
			return w.hold(w.lease.ctx, h) // nobody is asked to publish what may not be
		}
		w.r.Held = ""
		return w.remind(now)
	case smm.CommandHuman:
		return w.remind(now)
	case smm.CommandLink:
		return w.link(now)
	case smm.CommandCommit:
		if err := w.lease.ensure(w.commitNeed()); err != nil {
			return err
		}
	default:
		if err := w.lease.ensure(w.lease.length / 2); err != nil {
			return err
		}
	}
	if cmd == smm.CommandPrepare || cmd == smm.CommandCommit {
		if h := w.s.admit(w.lease.ctx, w.r); h.Reason != "" {
			return w.hold(w.lease.ctx, h)
		}
		w.r.Held = "" // saved with the step
	}
	w.before = *d
	return w.s.client.Advance(w.lease.ctx, d, w)
}

// commitNeed is how much lease a commit must find: what the protocol wants for
// it at least, and the margin. With longer leases that is always there.
func (w *work) commitNeed() time.Duration {
	limit := w.r.Delivery.Policy.CommitLimit
	if limit <= 0 || limit > commitFloor {
		limit = commitFloor
	}
	return max(limit+w.lease.margin+commitSlack, w.lease.length/2)
}

// link tells a delivery what became of its parent.
func (w *work) link(now time.Time) error {
	d := &w.r.Delivery
	parent, err := w.s.store.Get(w.lease.ctx, Key{d.Tenant, d.Parent})
	switch {
	case errors.Is(err, ErrNotFound):
		// A store that keeps its contract never loses a parent. If one is gone,
		// whoever removed it wants nothing to be published under it.
		parent = &Record{Delivery: smm.Delivery{ID: d.Parent, Tenant: d.Tenant, Phase: smm.PhaseCancelled}}
	case err != nil:
		return err
	}
	if err := w.tellParent(&parent.Delivery, now); err != nil {
		return err
	}
	if soon := now.Add(linkPause); d.Phase == smm.PhaseWaiting && parent.Delivery.Phase == smm.PhaseCommitting && d.Wake.After(soon) {
		d.Wake = soon // a commit is answered long before its deadline
	}
	return w.Save(w.lease.ctx, d)
}

// Save implements smm.Journal. It gives the record back with the same write
// when there is nothing more to do with it now.
func (w *work) Save(ctx context.Context, d *smm.Delivery) error {
	if d != &w.r.Delivery {
		return fmt.Errorf("%w: delivery %s is not the one in hand", smm.ErrInvalid, d.ID)
	}
	if d.Phase == smm.PhaseCommitting {
		return w.saveIntent(ctx)
	}
	// An answer is worth some patience: without it the delivery is in doubt.
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := w.save(ctx)
		if err == nil || !worthRetry(err) || w.s.clock.Sleep(ctx, pause) != nil {
			return err
		}
	}
}

func (w *work) save(ctx context.Context) error {
	now := w.s.clock.Now()
	cmd, _ := smm.Next(&w.r.Delivery, now)
	done := cmd == smm.CommandNone || cmd == smm.CommandHuman || cmd == smm.CommandWait
	w.r.LeaseUntil = w.lease.end()
	if done {
		w.r.LeaseUntil = time.Time{}
	}
	if w.r.Delivery.Phase.Final() {
		w.r.Held = ""
	}
	if err := w.s.store.Save(ctx, w.r, now); err != nil {
		return err
	}
	w.released = done
	return nil
}

// saveIntent saves an intent, once, and asks again whether it may be sent. If
// not, or if that took so long that the commit would run past the deadline on
// record, nothing is sent, and only this process knows that: it takes the intent
// back, since what is found as an intent later is in doubt. If this process ends
// before it has, the next one settles the doubt: nothing arrived.
func (w *work) saveIntent(ctx context.Context) error {
	if err := w.save(ctx); err != nil {
		return err
	}
	intent := w.r.Delivery.Attempt.Intent
	took := w.s.clock.Now().Sub(intent)
	var h Hold
	if took <= w.lease.margin {
		if h = w.s.admit(ctx, w.r); h.Reason == "" {
			return nil
		}
	}
	w.r.Delivery = w.before
	if h.Reason != "" {
		return w.hold(ctx, h)
	}
	if err := w.save(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%w: the store took %s to save an intent", context.DeadlineExceeded, took)
}

func worthRetry(err error) bool {
	for _, final := range []error{ErrFenced, ErrNotFound, ErrClosed, smm.ErrInvalid, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}
