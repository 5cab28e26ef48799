package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/examples/internal/localweb"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// clock is the time of the simulators, which can be moved ahead of the
// machine's. On the real thing it is the machine's.
type clock struct {
	ahead atomic.Int64 // nanoseconds
}

// Now implements smm.Clock.
func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Sleep implements smm.Clock.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	return smm.SystemClock().Sleep(ctx, d)
}

// follow sets the clock by that of the simulators.
func (c *clock) follow(now localweb.ClockTime) { c.ahead.Store(int64(time.Until(now.Now))) }

// hurry moves the simulators' clock, and with it ours, to when the next delivery
// wants to be looked at, if there is nothing to do but wait for that: platforms
// take tens of seconds for a video, and minutes until it is certain that a lost
// request will never arrive.
//
// It must not be done while a delivery is being worked on: to the database, its
// worker would look like one that died long ago.
func (d *desk) hurry(ctx context.Context, records []*scheduler.Record) error {
	now := d.stage.clock.Now()
	var next time.Time
	for _, r := range records {
		if r.LeaseUntil.After(now) {
			return nil
		}
		if due, ok := r.Due(); ok && !r.Delivery.Phase.Final() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	wait := next.Sub(now)
	if next.IsZero() || wait < time.Second {
		return nil
	}
	moved, err := d.stage.control.advance(ctx, wait)
	if err != nil {
		return err
	}
	d.stage.clock.follow(moved)
	return nil
}
