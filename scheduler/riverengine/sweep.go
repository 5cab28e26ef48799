package riverengine

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
)

// sweep works on records that are due and that no job came for, until Run ends.
func (x *run) sweep() {
	tick := time.NewTicker(x.o.Sweep)
	defer tick.Stop()
	slots := make(chan struct{}, x.o.Concurrency)
	for {
		select {
		case <-x.ctx.Done():
			return
		case <-tick.C:
		}
		// One more look while there was as much as could be taken.
		for more := true; more && x.ctx.Err() == nil; {
			more = x.sweepOnce(slots)
		}
	}
}

// sweepOnce claims what is due since a while and works on it. It reports whether
// there may be more, and room for it.
func (x *run) sweepOnce(slots chan struct{}) bool {
	free := cap(slots) - len(slots)
	if free == 0 {
		return false
	}
	then := time.Now().Add(-x.o.Sweep)
	rs, err := x.overdue(then, free)
	if err != nil {
		if x.ctx.Err() == nil {
			x.report(fmt.Errorf("riverengine: sweep: %w", err))
		}
		return false
	}
	for _, r := range rs {
		slots <- struct{}{} // free by the count above: only this goroutine takes slots
		x.sweeps.Go(func() {
			defer func() { <-slots }()
			again := x.handle(r)
			if again.IsZero() {
				return
			}
			ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), afterLimit)
			defer cancel()
			x.report(x.Wake(ctx, r.Key(), again)) // if that fails, a later sweep finds it
		})
	}
	return len(rs) == free
}

// overdue claims what was due at the time given. The lease begins now.
func (x *run) overdue(then time.Time, limit int) ([]*scheduler.Record, error) {
	next, ok, err := x.store.NextWake(x.ctx)
	if err != nil || !ok || next.After(then) {
		return nil, err
	}
	return x.claim(x.ctx, scheduler.Claim{Now: then, Lease: time.Since(then) + x.o.Lease, Limit: limit})
}
