package scheduler

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// lease keeps a claimed record the caller's while it is worked on. A goroutine
// renews it every third of its length; ctx ends when it is lost, and its
// deadline is always the lease's end less a margin, so that no commit is ever
// planned past it.
type lease struct {
	store  Store
	clock  smm.Clock
	key    Key
	epoch  int64
	length time.Duration
	margin time.Duration

	ctx    context.Context // for steps
	base   context.Context // the same, without a deadline
	cancel context.CancelCauseFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	until time.Time
}

var errLeaseOver = errors.New("the lease ran out before it could be renewed")

// marginOf is the part of a lease that no step may use: for saving the answer,
// and for clocks of machines that differ.
func marginOf(length time.Duration) time.Duration {
	return min(max(length/10, 100*time.Millisecond), 3*time.Second)
}

// hold starts to renew the lease on r. When ctx ends, the step in flight has
// until drain to finish.
func hold(ctx context.Context, store Store, clock smm.Clock, r *Record, length, drain time.Duration) *lease {
	l := &lease{
		store: store, clock: clock, key: r.Key(), epoch: r.Epoch,
		length: length, margin: marginOf(length), until: r.LeaseUntil,
	}
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	l.cancel = cancel
	l.base, l.ctx = inner, leaseContext{inner, l}
	l.done.Go(l.beat)
	l.done.Go(func() {
		select {
		case <-inner.Done():
			return
		case <-ctx.Done():
		}
		_ = clock.Sleep(inner, drain) // ends early when the work is done
		cancel(context.Cause(ctx))
	})
	return l
}

// stop ends the renewing. The lease itself stays as it is.
func (l *lease) stop() {
	l.cancel(context.Canceled)
	l.done.Wait()
}

// end returns when the lease ends as far as is known.
func (l *lease) end() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// beat renews until the context ends or the lease is lost.
func (l *lease) beat() {
	pause := l.length / 3
	for l.clock.Sleep(l.ctx, pause) == nil {
		err := l.renew(0)
		switch {
		case err == nil:
			pause = l.length / 3
			continue
		case errors.Is(err, ErrFenced):
			l.cancel(err)
			return
		case !l.clock.Now().Before(l.end().Add(-l.margin)):
			l.cancel(errLeaseOver)
			return
		}
		pause = l.margin / 4
	}
}

// ensure makes the lease last at least atLeast from now.
func (l *lease) ensure(atLeast time.Duration) error {
	if l.end().Sub(l.clock.Now()) >= atLeast {
		return nil
	}
	return l.renew(atLeast)
}

// renew makes the lease last its length from now, or atLeast if that is more.
func (l *lease) renew(atLeast time.Duration) error {
	until := Micro(l.clock.Now().Add(max(l.length, atLeast)))
	if until.Before(l.end()) {
		return nil
	}
	// A store that hangs must not keep the lease's end from being noticed.
	patience := max(l.end().Sub(l.clock.Now())-l.margin, l.margin)
	ctx, cancel := context.WithTimeout(l.base, patience)
	defer cancel()
	if err := l.store.Renew(ctx, Lease{Key: l.key, Epoch: l.epoch, Until: until}); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.until) {
		l.until = until
	}
	return nil
}

// giveBack lets others claim the record from the time given.
func (l *lease) giveBack(at time.Time) {
	l.stop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.base), giveBackLimit)
	defer cancel()
	// If this fails the lease runs out by itself.
	_ = l.store.Renew(ctx, Lease{Key: l.key, Epoch: l.epoch, Until: at})
}

const giveBackLimit = 5 * time.Second

// leaseContext is a context whose deadline moves with the lease. Contexts
// derived from it keep no deadline of their own unless theirs is earlier.
type leaseContext struct {
	context.Context //nolint:containedctx // it is one

	l *lease
}

// Deadline implements context.Context, in real time as the interface demands.
func (c leaseContext) Deadline() (time.Time, bool) {
	left := c.l.end().Sub(c.l.clock.Now()) - c.l.margin
	return time.Now().Add(left), true
}
