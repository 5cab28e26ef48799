package quota

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// syncLimit bounds a talk with the store that nobody waits for.
const syncLimit = 10 * time.Second

// conflicts bounds how often a write is tried again because another process
// was faster.
const conflicts = 32

// sync tells the store what happened and claims a slice, or returns the unused
// one if a is nil. One caller at a time talks about a budget; whoever waited
// for another looks again at what that one got.
func (l *Limiter) sync(ctx context.Context, b *budget, a *claim) error {
	s := b.share
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.busy }()
	l.mu.Lock()
	if a != nil && s.gen != a.gen {
		l.mu.Unlock()
		return nil
	}
	d := s.begin(l.now())
	if b.fair != nil {
		d.news, b.fair.news = b.fair.news, nil
	}
	l.mu.Unlock()

	r, err := l.exchange(ctx, b, &d, a)

	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		s.fail(b, &d)
		b.fair.untold(d.news, l.now())
	} else {
		s.end(l.now(), &d, a, r)
		if b.fair != nil {
			r.fair.news, r.fair.shared = b.fair.news, true
			r.fair.tell(r.fair.news, l.now()) // which came meanwhile
			if b.fair = r.fair; !r.written {
				b.fair.untold(d.news, l.now())
			}
		}
		b.model, b.limit = r.model, r.limit
		if s.stop == (halt{}) { // else there was a 429 meanwhile, which is news
			b.breaker = r.breaker
		}
	}
	l.arm(b) //nolint:contextcheck // its timer outlives the caller
	return err
}

// exchange is a sync's part that talks to the store.
func (l *Limiter) exchange(ctx context.Context, b *budget, d *delta, a *claim) (*result, error) {
	for range conflicts {
		state, version, err := l.store.Load(ctx, b.key)
		if err != nil {
			return nil, storeError("read", err)
		}
		l.mu.Lock()
		now := l.now()
		l.mu.Unlock()
		doc, err := parse(state)
		if err != nil {
			return nil, err
		}
		r, err := l.apply(doc, b, d, a, now)
		if err != nil {
			return nil, err
		}
		if r.claimed == 0 && d.empty(now) && doc.Holders[l.holder].Held == 0 {
			return r, nil
		}
		doc.Holders[l.holder] = holding{Held: d.inFlight + r.held, Idle: r.held, Until: r.until.UTC(), Seq: d.seq}
		doc.breaker, doc.Fair = r.breaker, nil
		if b.fair != nil {
			doc.Fair = r.fair
		}
		if state, err = doc.encode(r.model, r.limit); err != nil {
			return nil, err
		}
		d.doubt = true
		_, err = l.store.Swap(ctx, b.key, version, state, r.expires)
		if err == nil {
			r.written = true
			return r, nil
		}
		if !errors.Is(err, smm.ErrConflict) {
			return nil, storeError("write", err)
		}
		d.doubt = false
	}
	return nil, &smm.RateLimitError{Scope: b.key.Bucket, After: inFlightWait}
}

func storeError(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, smm.ErrUnavailable) {
		return fmt.Errorf("quota: %s the shared state: %w", op, err)
	}
	return fmt.Errorf("quota: %s the shared state: %w: %w", op, smm.ErrUnavailable, err)
}

// arm sees to it that the store hears of what is unsaid and gets back what is
// unused before the lease ends.
func (l *Limiter) arm(b *budget) {
	s := b.share
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	if l.closed || !s.pending() {
		return
	}
	s.timer = time.AfterFunc(s.lease/2, func() {
		ctx, cancel := context.WithTimeout(context.Background(), syncLimit)
		defer cancel()
		_ = l.sync(ctx, b, nil) // arms again
	})
}

// Close returns all unused slices and tells the store what is unsaid. What is
// still in flight counts as spent when its lease ends. Without a Store it does
// nothing but end the Limiter: Reserve fails from then on, Report may still be
// called.
func (l *Limiter) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	var shared []*budget
	for _, b := range l.budgets {
		if b.share != nil && b.share.pending() {
			b.share.used = false
			shared = append(shared, b)
		}
	}
	l.mu.Unlock()
	var errs []error
	for _, b := range shared {
		errs = append(errs, l.sync(ctx, b, nil))
	}
	return errors.Join(errs...)
}
