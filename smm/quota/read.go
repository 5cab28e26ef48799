package quota

import (
	"context"
	"fmt"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Left implements smm.QuotaReader. Where budgets are shared it asks the store:
// what other processes have claimed is not left, what this one has is.
func (l *Limiter) Left(ctx context.Context, keys ...smm.QuotaKey) ([]smm.QuotaState, error) {
	out := make([]smm.QuotaState, 0, len(keys))
	for _, key := range keys {
		err := l.look(ctx, key, func(v view) {
			if !v.met {
				return
			}
			s := v.model.left(v.now)
			s.Key = key
			if v.until.After(v.now) { // paused by the platform
				s.Reset, s.Remaining = v.until, min(s.Remaining, 0)
			}
			out = append(out, s)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// When says when charges will fit, for work of a priority, if nobody else
// takes from the budgets until then; it takes nothing itself. Costs beyond a
// whole budget stand for many requests, one after another: with a cost of 700
// in a budget of 300, it is the third window. A time that is not after now
// means that they fit now.
//
// It is a forecast for calendars and progress bars. Whether a request may
// leave, Reserve alone decides.
func (l *Limiter) When(ctx context.Context, p smm.Priority, charges ...smm.Charge) (time.Time, error) {
	var at time.Time
	for i, ch := range charges {
		cost := ch.Cost
		if cost < 1 || cost > most {
			return time.Time{}, fmt.Errorf("%w: a charge of %d units", smm.ErrInvalid, cost)
		}
		for _, before := range charges[:i] {
			if before.Key == ch.Key {
				cost += before.Cost
			}
		}
		err := l.look(ctx, ch.Key, func(v view) {
			if t := v.when(cost, p); t.After(at) {
				at = t
			}
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	return at, nil
}

// view is a budget to look at and not to change.
type view struct {
	*budget

	model model
	until time.Time
	now   time.Time
	met   bool
}

func (v *view) when(cost int64, p smm.Priority) time.Time {
	keep := v.keep(p)
	var windows int64
	if _, is := v.model.(*bucket); !is {
		if whole := max(v.model.size()-keep, 1); cost > whole {
			windows = (cost - 1) / whole
			cost -= windows * whole
		}
	}
	d, pending := v.model.relief(v.now, cost, keep)
	if pending {
		d = min(d, inFlightWait)
	}
	t := v.now.Add(d + time.Duration(windows)*v.limit.Window)
	if t.Before(v.until) {
		return v.until
	}
	return t
}

// look calls f under the lock.
func (l *Limiter) look(ctx context.Context, key smm.QuotaKey, f func(v view)) error {
	var state []byte
	if l.store != nil {
		var err error
		if state, _, err = l.store.Load(ctx, key); err != nil {
			return storeError("read", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, met := l.budgets[key]
	now := l.now()
	if !met {
		var err error
		if b, err = l.budget(key); err != nil {
			return err
		}
		defer delete(l.budgets, key)
	}
	v := view{budget: b, model: b.model, until: b.Until, now: now, met: met || len(state) > 0}
	if l.store != nil {
		doc, err := parse(state)
		if err != nil {
			return err
		}
		r, err := l.apply(doc, b, &delta{inFlight: b.share.inFlight, spent: b.share.spent, unsure: b.share.unsure, saw: b.share.saw}, nil, now)
		if err != nil {
			return err
		}
		v.model, v.until = r.model, r.breaker.Until
	}
	f(v)
	return nil
}
