package smm

import (
	"context"
	"fmt"
	"time"
)

const (
	// prepareLimit bounds one Prepare step and one Settle; leases must outlast
	// it or be renewed meanwhile.
	prepareLimit = 2 * time.Minute
	// commitFloor is the least time worth beginning a commit with.
	commitFloor = 2 * time.Second
	// cancelGrace is how long a commit in flight may go on after its caller
	// stopped waiting: an answer that comes in is worth more than the doubt
	// that cutting it off would leave.
	cancelGrace = 10 * time.Second
	saveLimit   = 30 * time.Second
)

// Advance takes d one step further, as far as Next allows now, and saves it to
// j. It is the only caller of Publisher. A delivery with nothing to do is left
// alone: look at d.Phase.Final, d.Phase == PhaseHuman, and d.Wake. A delivery
// that waits for its parent needs Link instead.
//
// The order is the protocol: the intent is saved before a commit leaves, the
// answer is saved after. ctx bounds the step; its deadline must lie before the
// end of the caller's lease, and the commit's own deadline never exceeds it.
// Cancelling ctx while a commit is in flight gives the answer a few seconds to
// arrive and never loses it.
//
// An error means that the step was not taken or not saved: drop d and read the
// record again. What the platform answered is never reported as an error but
// as d's phase, outcome and failure.
func (c *Client) Advance(ctx context.Context, d *Delivery, j Journal) error {
	if err := d.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	now := c.clock.Now()
	cmd, _ := Next(d, now)
	switch cmd {
	case CommandRecover:
		d.recover(now)
		return c.save(ctx, d, j)
	case CommandExpire:
		d.finish(PhaseExpired, now, "stale")
		return c.save(ctx, d, j)
	case CommandPrepare, CommandSettle, CommandCommit:
	default:
		return nil
	}
	pub, err := driverAs[Publisher](c, d.Request.Channel, "publish")
	if err != nil {
		return err
	}
	ctx = ContextWithTenant(ctx, d.Tenant)
	r := d.Request.WithMedia(c.media)
	r.Restored = d.Restored
	switch cmd {
	case CommandPrepare:
		return c.prepare(ctx, pub, r, d, j)
	case CommandSettle:
		return c.settle(ctx, pub, r, d, j)
	}
	return c.commit(ctx, pub, r, d, j)
}

func (c *Client) prepare(ctx context.Context, pub Publisher, r *PublishRequest, d *Delivery, j Journal) error {
	last := d.Prepared
	if d.Phase == PhaseReady || d.prepareExpired(c.clock.Now()) {
		last = Prepared{}
	}
	var p Prepared
	err := c.call(ctx, d, "prepare", func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, prepareLimit)
		defer cancel()
		p, err = pub.Prepare(ctx, r, last)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the caller stopped; that says nothing about the post
	}
	d.prepared(p, err, c.clock.Now())
	return c.save(ctx, d, j)
}

func (c *Client) commit(ctx context.Context, pub Publisher, r *PublishRequest, d *Delivery, j Journal) error {
	now := c.clock.Now()
	deadline := now.Add(d.Policy.commitLimit())
	if end, ok := c.contextDeadline(ctx); ok {
		deadline = minTime(deadline, end)
	}
	if !d.Prepared.Expires.IsZero() {
		deadline = minTime(deadline, d.Prepared.Expires)
	}
	if deadline.Sub(now) < min(commitFloor, d.Policy.commitLimit()) {
		return fmt.Errorf("smm: commit %s: %w: %s left, renew the lease and advance again", d.ID, context.DeadlineExceeded, deadline.Sub(now))
	}
	before := *d
	d.intend(now, deadline)
	if err := c.save(ctx, d, j); err != nil {
		*d = before // nothing was sent
		return err
	}

	o := Outcome{State: OutcomeNotSent} // until the driver is called: an interceptor or a slow disk may prevent it
	err := c.call(ctx, d, "commit", func(ctx context.Context) (err error) {
		left := deadline.Sub(c.clock.Now())
		if left <= 0 {
			return fmt.Errorf("%w: saving the intent took until its deadline", ErrUnavailable)
		}
		o = Outcome{}
		ctx, cancel := commitContext(ctx, left)
		defer cancel()
		o, err = pub.Commit(ctx, r, d.Prepared, d.Attempt)
		return err
	})
	d.answered(o, err, c.clock.Now())
	return c.save(ctx, d, j)
}

func (c *Client) settle(ctx context.Context, pub Publisher, r *PublishRequest, d *Delivery, j Journal) error {
	asked := c.clock.Now()
	var o Outcome
	err := c.call(ctx, d, "settle", func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, prepareLimit)
		defer cancel()
		o, err = pub.Settle(ctx, r, d.Prepared, d.Attempt)
		return err
	})
	if err != nil && ctx.Err() != nil && o.State != OutcomePublished {
		return ctx.Err()
	}
	d.settled(o, err, asked, c.clock.Now())
	return c.save(ctx, d, j)
}

// save checks the invariants and makes d durable. An answer must reach the
// disk even if the caller stopped waiting, so cancellation is not passed on.
func (c *Client) save(ctx context.Context, d *Delivery, j Journal) error {
	if err := d.Check(); err != nil {
		return err
	}
	if j == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	if err := j.Save(ctx, d); err != nil {
		return fmt.Errorf("smm: save delivery %s: %w", d.ID, err)
	}
	return nil
}

// commitContext lives for d, but no longer than cancelGrace after ctx ends.
func commitContext(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(cancelGrace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-inner.Done():
		}
	})
	return inner, func() { stop(); cancel() }
}

// contextDeadline translates ctx's deadline, which is in real time, to the
// client's clock.
func (c *Client) contextDeadline(ctx context.Context) (time.Time, bool) {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Time{}, false
	}
	return c.clock.Now().Add(time.Until(end)), true
}

// Resolution is a person's answer about a delivery in doubt. Exactly one field
// is set.
type Resolution struct {
	Live      Ref  // it is public, and this is it
	SendAgain bool // it is not public: begin again
	Drop      bool // whatever it is, leave it: the delivery ends as failed
}

// Resolve applies a person's answer to a delivery that needs one, or that is
// still being settled, was restored from a backup, or is a manual task, which
// Live and Drop end. SendAgain is refused while a request may still be on
// its way (see QuietAt). The error matches ErrInvalid.
func (d *Delivery) Resolve(r Resolution, now time.Time) error {
	if d.Phase != PhaseHuman && d.Phase != PhaseSettling && d.Phase != PhaseManual && d.Restored.IsZero() {
		return fmt.Errorf("%w: delivery %s is %s and needs no decision", ErrInvalid, d.ID, d.Phase)
	}
	switch {
	case r.Live.ID != "" && !r.SendAgain && !r.Drop:
		d.publish(Outcome{State: OutcomePublished, Post: r.Live, Evidence: EvidenceHuman}, now)
	case r.SendAgain && d.Phase == PhaseManual:
		return fmt.Errorf("%w: delivery %s is a task for a person, and nothing was sent", ErrInvalid, d.ID)
	case r.SendAgain && r.Live.IsZero() && !r.Drop:
		if quiet := d.QuietAt(); now.Before(quiet) {
			return fmt.Errorf("%w: delivery %s may still arrive until %s: ask again then", ErrInvalid, d.ID, quiet.UTC().Format(time.RFC3339))
		}
		d.Attempt, d.Prepared, d.Outcome, d.Restored = Attempt{}, Prepared{}, Outcome{}, time.Time{}
		d.begin(now)
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

// Cancel ends a delivery of which nothing can be public, or a manual task. From the first commit
// on it is refused with an error that matches ErrConflict: delete the item once
// it is there.
func (d *Delivery) Cancel(now time.Time) error {
	switch d.Phase {
	case PhaseWaiting, PhasePreparing, PhaseReady, PhaseManual:
		if !d.mayBePublic() {
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
	waits := d.waits()
	d.Policy.StaleAfter = stale
	d.Attempt, d.Prepared, d.Outcome, d.Failure = Attempt{}, Prepared{}, Outcome{}, nil
	d.begin(now)
	if waits {
		d.Phase = PhaseWaiting
	}
	d.note(now, "", "requeued")
	return nil
}
