package riverengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/scheduler"
)

// pause is how often the sweeper looks, and how long it leaves what is due to the
// jobs.
func (o *Options) pause() time.Duration {
	return min(max(o.Lease/10, 100*time.Millisecond), 3*time.Second)
}

// sweep works on records that are due and that no job came for, until ctx ends.
func (e *Engine) sweep(ctx context.Context) {
	tick := time.NewTicker(e.o.pause())
	defer tick.Stop()
	slots := make(chan struct{}, e.o.Concurrency)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// One more look while there was as much as could be taken.
		for more := true; more && ctx.Err() == nil; {
			more = e.sweepOnce(ctx, slots)
		}
	}
}

// sweepOnce claims what is due since a while and works on it. It reports whether
// there may be more, and room for it.
func (e *Engine) sweepOnce(ctx context.Context, slots chan struct{}) bool {
	free := cap(slots) - len(slots)
	if free == 0 {
		return false
	}
	then := time.Now().Add(-e.o.pause())
	next, ok, err := e.store.NextWake(ctx)
	var rs []*scheduler.Record
	if err == nil && ok && !next.After(then) {
		rs, err = e.store.Claim(ctx, scheduler.Claim{
			Now: then, Lease: e.o.Lease + e.o.pause(), Owner: e.o.Owner, Limit: free, LaneLimit: e.o.LaneLimit,
		})
	}
	if err != nil {
		if ctx.Err() == nil {
			e.report(fmt.Errorf("riverengine: sweep: %w", err))
		}
		return false
	}
	for _, r := range rs {
		slots <- struct{}{} // free by the count above: only this goroutine takes slots
		e.sweeps.Go(func() {
			defer func() { <-slots }()
			key, again := r.Key(), e.handle(ctx, r)
			if again.IsZero() {
				return
			}
			if err := e.Wake(context.WithoutCancel(ctx), key, again); err != nil && !errors.Is(err, context.Canceled) {
				e.report(fmt.Errorf("riverengine: wake %s: %w", key.ID, err)) // the next sweep finds it
			}
		})
	}
	return len(rs) == free
}
