package httpx

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// LimiterConfig configures NewLimiter.
type LimiterConfig struct {
	// Limit declares the budget behind a key. A key without one is not counted
	// until the platform's headers tell its limit, but it is paused after a
	// 429 like any other.
	Limit func(key smm.QuotaKey) (smm.QuotaLimit, bool)
	Clock smm.Clock // nil for the machine's
}

// Limiter is an smm.Quota in memory, for one process. It keeps a model of each
// budget in the shape that the vendor counts, corrects it by what answers say,
// and is told about requests in flight, which it counts as spent. It never
// waits inside and is safe for concurrent use.
//
// Under the declared limits of a platform that counts as declared, its grants
// meet no 429; Throttled counts those that came all the same.
type Limiter struct {
	limit func(key smm.QuotaKey) (smm.QuotaLimit, bool)
	clock smm.Clock

	mu        sync.Mutex
	budgets   map[smm.QuotaKey]*budget
	sweepAt   int
	throttled int64
}

// budget is one key's model and pause.
type budget struct {
	model    model
	limit    smm.QuotaLimit // as declared, or as headers told since
	declared int64
	until    time.Time // paused by the platform
	strike   int       // throttles in a row, for those that name no time
}

// model counts one budget. Its methods are called under the Limiter's lock
// with an instant that never goes back.
type model interface {
	// wait says how long until cost fits while keep units stay untouched; 0 if
	// it fits now.
	wait(now time.Time, cost, keep int64) time.Duration
	take(now time.Time, cost int64)       // granted: in flight from now on
	giveBack(now time.Time, cost int64)   // in flight, but never sent
	settle(at time.Time, cost int64)      // answered, or lost
	adopt(at time.Time, s smm.QuotaState) // what the platform says, after settle
	punish(now time.Time)                 // a 429 under the model: be smaller for a while
	left(now time.Time) (n int64, reset time.Time)
	idle(now time.Time) bool // forgetting it loses nothing
}

// NewLimiter returns a Limiter with no requests made yet.
func NewLimiter(cfg LimiterConfig) *Limiter {
	l := &Limiter{limit: cfg.Limit, clock: cfg.Clock, budgets: make(map[smm.QuotaKey]*budget), sweepAt: 1024}
	if l.limit == nil {
		l.limit = func(smm.QuotaKey) (smm.QuotaLimit, bool) { return smm.QuotaLimit{}, false }
	}
	if l.clock == nil {
		l.clock = smm.SystemClock()
	}
	return l
}

// Reserve implements smm.Quota. A cost below 1, or above what the whole budget
// can ever give, is an error that matches smm.ErrInvalid.
func (l *Limiter) Reserve(_ context.Context, p smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	for i, ch := range charges {
		b, err := l.budget(ch.Key, now)
		if err != nil {
			return smm.QuotaGrant{}, err
		}
		cost := ch.Cost
		if cost < 1 {
			return smm.QuotaGrant{}, fmt.Errorf("%w: a charge of %d units", smm.ErrInvalid, cost)
		}
		for _, before := range charges[:i] { // the same key twice is one larger cost
			if before.Key == ch.Key {
				cost += before.Cost
			}
		}
		if b.declared > 0 && cost > b.declared {
			return smm.QuotaGrant{}, fmt.Errorf("%w: a charge of %d units on a budget of %d", smm.ErrInvalid, cost, b.declared)
		}
		if w := b.wait(now, cost, p); w > 0 {
			return smm.QuotaGrant{}, b.refusal(ch.Key, now, w)
		}
	}
	for _, ch := range charges {
		l.budgets[ch.Key].model.take(now, ch.Cost)
	}
	return smm.QuotaGrant{Charges: charges, At: now}, nil
}

// Report implements smm.Quota.
func (l *Limiter) Report(_ context.Context, g smm.QuotaGrant, r smm.QuotaReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if r.At.IsZero() || r.At.After(now) {
		r.At = now
	}
	for _, ch := range g.Charges {
		b, ok := l.budgets[ch.Key]
		switch {
		case !ok: // not a grant of this limiter
		case r.Sent:
			// Now and not r.At: the later of two possible instants is safe.
			b.model.settle(now, ch.Cost)
			if !r.Throttle {
				b.strike = 0
			}
		default:
			b.model.giveBack(now, ch.Cost)
		}
	}
	for _, s := range r.States {
		if b, err := l.budget(s.Key, now); err == nil {
			b.adopt(now, s)
		}
	}
	if r.Throttle {
		l.throttle(now, g, r)
	}
}

// Throttled returns how often a platform refused for lack of quota. With
// limits that are declared right and used by this process alone it stays 0.
func (l *Limiter) Throttled() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.throttled
}

// throttle pauses the keys that a 429 was about: those that its headers show
// empty or, if they tell nothing, all that the request was charged to.
func (l *Limiter) throttle(now time.Time, g smm.QuotaGrant, r smm.QuotaReport) {
	l.throttled++
	found := false
	for _, s := range r.States {
		b := l.budgets[s.Key]
		if b == nil || s.Remaining > 0 || (s.Remaining < 0 && s.Percent < 100) {
			continue
		}
		found = true
		wait := r.After
		if wait <= 0 && !s.Reset.IsZero() {
			wait = s.Reset.Sub(now)
		}
		b.pause(now, wait)
	}
	if found {
		return
	}
	for _, ch := range g.Charges {
		if b := l.budgets[ch.Key]; b != nil {
			b.pause(now, r.After)
		}
	}
}

// budget finds or makes the model of a key.
func (l *Limiter) budget(key smm.QuotaKey, now time.Time) (*budget, error) {
	if b, ok := l.budgets[key]; ok {
		return b, nil
	}
	b := &budget{model: &openModel{}}
	if lim, ok := l.limit(key); ok {
		m, err := newModel(lim)
		if err != nil {
			return nil, err
		}
		b.model, b.limit, b.declared = m, lim, lim.Limit
	}
	if len(l.budgets) >= l.sweepAt {
		l.sweep(now)
	}
	l.budgets[key] = b
	return b, nil
}

func (l *Limiter) sweep(now time.Time) {
	for k, b := range l.budgets {
		if !b.until.After(now) && b.model.idle(now) {
			delete(l.budgets, k)
		}
	}
	l.sweepAt = max(1024, 2*len(l.budgets))
}

func newModel(lim smm.QuotaLimit) (model, error) {
	if lim.Limit < 1 && lim.Shape != smm.QuotaPercent || lim.Window <= 0 || lim.Burst < 0 {
		return nil, fmt.Errorf("%w: quota of %d units in %s", smm.ErrInvalid, lim.Limit, lim.Window)
	}
	switch lim.Shape {
	case smm.QuotaFixed:
		return newFixed(lim.Limit, lim.Window), nil
	case smm.QuotaBucket:
		return newBucket(lim), nil
	case smm.QuotaPercent:
		return newPercent(lim.Window), nil
	default:
		return newRolling(lim.Limit, lim.Window), nil
	}
}

func (b *budget) wait(now time.Time, cost int64, p smm.Priority) time.Duration {
	if b.until.After(now) {
		return b.until.Sub(now)
	}
	return b.model.wait(now, cost, b.keep(p))
}

// keep is the share of a budget that work of a priority leaves to what is more
// urgent: a tenth for background work, less for the others. Nobody waits in a
// queue here, so this is how publishing comes first.
func (b *budget) keep(p smm.Priority) int64 {
	size := b.limit.Limit
	switch b.limit.Shape {
	case smm.QuotaBucket:
		size = bucketBurst(b.limit)
	case smm.QuotaPercent:
		size = 100
	case smm.QuotaFixed, smm.QuotaRolling:
	}
	switch {
	case p <= smm.PriorityBackground:
		if size < 2 {
			return 0 // a budget of one unit would never be used
		}
		return (size + 9) / 10
	case p == smm.PriorityModerate:
		return size / 20
	case p == smm.PriorityReply:
		return size / 50
	}
	return 0
}

func (b *budget) adopt(now time.Time, s smm.QuotaState) {
	if _, open := b.model.(*openModel); open && s.Limit > 0 && s.Reset.After(now) {
		// Nobody declared this budget, so its headers do.
		b.limit = smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: s.Limit, Window: s.Reset.Sub(now)}
		f := newFixed(s.Limit, b.limit.Window)
		f.inFlight = b.model.(*openModel).inFlight //nolint:forcetypeassert,errcheck // as the line above says
		b.model = f
	}
	b.model.adopt(now, s)
	if s.Limit > 0 && b.limit.Limit > 0 {
		b.limit.Limit = s.Limit
	}
}

// pause stops the key. Everybody in flight is told the same; only the first to
// say so shrinks the model.
func (b *budget) pause(now time.Time, wait time.Duration) {
	if !b.until.After(now) {
		b.model.punish(now)
		b.strike++
	}
	if wait <= 0 {
		// An answer that went well may have ended the row in the meantime.
		wait = min(time.Second<<min(max(b.strike, 1)-1, 6), time.Minute)
	}
	wait = min(wait, MaxRetryAfter)
	wait += rand.N(wait/10 + 1)
	if until := now.Add(wait); until.After(b.until) {
		b.until = until
	}
}

func (b *budget) refusal(key smm.QuotaKey, now time.Time, wait time.Duration) error {
	left, reset := b.model.left(now)
	if reset.IsZero() {
		reset = now.Add(wait)
	}
	return &smm.RateLimitError{Scope: key.Bucket, Limit: b.limit.Limit, Remaining: max(left, 0), Reset: reset, After: wait}
}
