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
