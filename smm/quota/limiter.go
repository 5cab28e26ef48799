package quota

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Config configures New. The zero value is a limiter for one process that
// learns from headers alone.
type Config struct {
	// Limit declares the budget behind a key, for example with the QuotaLimit
	// function of a platform's package or of package platforms/all. A key
	// without one is not counted until the platform's headers tell its limit,
	// but it is paused after a 429 like any other.
	Limit func(key smm.QuotaKey) (smm.QuotaLimit, bool)

	Clock smm.Clock // nil for the machine's

	// Store shares budgets with other processes, and with this one after a
	// restart. Nil keeps them in memory.
	Store Store

	// Skew is how far the clock of each process that shares Store may be from
	// the true time, in either direction; 0 for 2 s, negative for not at all, as
	// on one machine. It costs twice as much of every window: windows of seconds
	// need clocks that agree better. Without a Store it has no effect. The clock
	// of a platform may differ by any amount.
	Skew time.Duration

	// Lease is how long a process may use what it claimed before it must ask the
	// store again; 0 for a tenth of a budget's window, from 200 ms to 30 s. A
	// process that dies blocks its slice for as long.
	Lease time.Duration
}

// Limiter is an smm.Quota and an smm.QuotaReader. It keeps a model of each
// budget in the shape that the vendor counts, corrects it by what answers say,
// and is told about requests in flight, which it counts as spent. It never
// waits for a budget and is safe for concurrent use.
//
// Under the declared limits of a platform that counts as declared, its grants
// meet no 429; Throttled counts those that came all the same.
type Limiter struct {
	limit  func(key smm.QuotaKey) (smm.QuotaLimit, bool)
	clock  smm.Clock
	store  Store
	margin time.Duration // how much two clocks may differ
	lease  time.Duration
	holder string // our name in the store

	mu        sync.Mutex
	last      time.Time
	budgets   map[smm.QuotaKey]*budget
	sweepAt   int
	throttled int64
	closed    bool
}

var (
	_ smm.Quota       = (*Limiter)(nil)
	_ smm.QuotaReader = (*Limiter)(nil)
)

// New returns a Limiter. Errors match smm.ErrInvalid.
func New(cfg Config) (*Limiter, error) {
	if cfg.Skew > time.Minute {
		return nil, fmt.Errorf("%w: quota: clocks that are %s off: set them by NTP", smm.ErrInvalid, cfg.Skew)
	}
	if cfg.Lease < 0 || cfg.Lease > time.Hour {
		return nil, fmt.Errorf("%w: quota: a lease of %s: at most an hour, 0 for the default", smm.ErrInvalid, cfg.Lease)
	}
	l := &Limiter{limit: cfg.Limit, clock: cfg.Clock, store: cfg.Store, lease: cfg.Lease, budgets: make(map[smm.QuotaKey]*budget), sweepAt: 1024}
	if l.limit == nil {
		l.limit = func(smm.QuotaKey) (smm.QuotaLimit, bool) { return smm.QuotaLimit{}, false }
	}
	if l.clock == nil {
		l.clock = smm.SystemClock()
	}
	if l.store != nil {
		l.margin, l.holder = 2*max(cfg.Skew, 0), rand.Text()[:12]
		if cfg.Skew == 0 {
			l.margin = 2 * defaultSkew
		}
	}
	return l, nil
}

const defaultSkew = 2 * time.Second

// now never goes back.
func (l *Limiter) now() time.Time {
	if t := l.clock.Now(); t.After(l.last) {
		l.last = t
	}
	return l.last
}

// Reserve implements smm.Quota. A cost below 1, or above what the whole budget
// can ever give, is an error that matches smm.ErrInvalid; a Store that fails
// is one that matches smm.ErrUnavailable, and nothing is granted.
//
// The tenant in ctx decides whose turn it is in budgets that tenants share.
func (l *Limiter) Reserve(ctx context.Context, p smm.Priority, charges ...smm.Charge) (smm.QuotaGrant, error) {
	tenant := smm.TenantFrom(ctx)
	for range 2*len(charges) + 8 {
		g, need, err := l.tryReserve(tenant, p, charges)
		if need == nil {
			return g, err
		}
		if err := l.sync(ctx, need.b, need); err != nil {
			return smm.QuotaGrant{}, err
		}
	}
	// Others took each slice before we could use it.
	return smm.QuotaGrant{}, &smm.RateLimitError{Scope: charges[0].Key.Bucket, After: inFlightWait}
}

// tryReserve decides by what is known here. If that is not enough, it says
// what to ask the store for.
func (l *Limiter) tryReserve(tenant smm.Tenant, p smm.Priority, charges []smm.Charge) (smm.QuotaGrant, *claim, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.closed {
		return smm.QuotaGrant{}, nil, fmt.Errorf("%w: quota: the limiter was closed", smm.ErrInvalid)
	}
	if len(l.budgets) >= l.sweepAt { // before any is picked
		l.sweep(now)
	}
	var few [4]*budget
	budgets := few[:0]
	for i, ch := range charges {
		b, err := l.budget(ch.Key)
		if err != nil {
			return smm.QuotaGrant{}, nil, err
		}
		budgets = append(budgets, b)
		cost := ch.Cost
		if cost < 1 || cost > most {
			return smm.QuotaGrant{}, nil, fmt.Errorf("%w: a charge of %d units", smm.ErrInvalid, cost)
		}
		for _, before := range charges[:i] { // the same key twice is one larger cost
			if before.Key == ch.Key {
				cost += before.Cost
			}
		}
		if b.declared > 0 && cost > b.declared {
			return smm.QuotaGrant{}, nil, fmt.Errorf("%w: a charge of %d units on a budget of %d", smm.ErrInvalid, cost, b.declared)
		}
		wait, need := b.decide(now, cost, p, tenant)
		switch {
		case need != nil:
			return smm.QuotaGrant{}, need, nil
		case wait > 0:
			b.fair.refused(now, tenant, wait)
			return smm.QuotaGrant{}, nil, b.refusal(now, wait)
		}
	}
	for i, ch := range charges {
		budgets[i].take(ch.Cost)
		budgets[i].fair.took(now, tenant, ch.Cost)
	}
	return smm.QuotaGrant{Charges: charges, At: now}, nil, nil
}

// Report implements smm.Quota. Where budgets are shared, other processes hear
// of a 429 at once, and of the rest when this one asks the store next, after
// half a lease at the latest.
func (l *Limiter) Report(ctx context.Context, g smm.QuotaGrant, r smm.QuotaReport) {
	for _, b := range l.report(smm.TenantFrom(ctx), g, r) {
		ctx, cancel := context.WithTimeout(ctx, syncLimit)
		_ = l.sync(ctx, b, nil) // the timer tries again if this fails
		cancel()
	}
}

// report returns the budgets whose pause others should hear of.
func (l *Limiter) report(tenant smm.Tenant, g smm.QuotaGrant, r smm.QuotaReport) []*budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for _, ch := range g.Charges {
		b, ok := l.budgets[ch.Key]
		switch {
		case !ok: // not a grant of this limiter
		case r.Sent:
			heard := false
			for _, s := range r.States {
				heard = heard || s.Key == ch.Key
			}
			// Now and not r.At: the later of two possible instants is safe.
			b.settle(now, ch.Cost, heard)
			if !r.Throttle {
				b.calm()
				if b.share != nil {
					b.share.stop.calm = true
				}
			}
		default:
			b.giveBack(ch.Cost)
			b.fair.took(now, tenant, -ch.Cost)
		}
	}
	for _, s := range r.States {
		if b, err := l.budget(s.Key); err == nil {
			b.adopt(now, g.At, s)
		}
	}
	if r.Throttle {
		return l.throttle(now, g, r)
	}
	return nil
}

// Throttled returns how often a platform refused this process for lack of
// quota. With limits that are declared right and used by those who share them
// alone it stays 0.
func (l *Limiter) Throttled() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.throttled
}

// throttle pauses the keys that a 429 was about: those that its headers show
// empty or, if they tell nothing, all that the request was charged to.
func (l *Limiter) throttle(now time.Time, g smm.QuotaGrant, r smm.QuotaReport) (shared []*budget) {
	l.throttled++
	pause := func(b *budget, wait time.Duration) {
		if b.pause(now, wait); b.share != nil {
			shared = append(shared, b)
		}
	}
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
		pause(b, wait)
	}
	if found {
		return shared
	}
	for _, ch := range g.Charges {
		if b := l.budgets[ch.Key]; b != nil {
			pause(b, r.After)
		}
	}
	return shared
}

// budget finds or makes what is known of a key.
func (l *Limiter) budget(key smm.QuotaKey) (*budget, error) {
	if b, ok := l.budgets[key]; ok {
		return b, nil
	}
	b := &budget{key: key, model: &open{}, margin: l.margin}
	if lim, ok := l.limit(key); ok {
		if err := checkLimit(lim); err != nil {
			return nil, err
		}
		b.limit, b.declared = lim, lim.Limit
		if lim.Shape == smm.QuotaPercent {
			b.declared = 0 // 100 are percents, not units
		}
		b.model = newModel(lim, l.margin, 0)
	}
	if l.store != nil {
		b.share = newShare(l.leaseOf(b.limit))
	}
	if key.Tenant == "" {
		b.fair = newFairness(l.store != nil)
	}
	l.budgets[key] = b
	return b, nil
}

func (l *Limiter) leaseOf(lim smm.QuotaLimit) time.Duration {
	if l.lease > 0 {
		return l.lease
	}
	return min(max(lim.Window/10, 200*time.Millisecond), 30*time.Second)
}

func (l *Limiter) sweep(now time.Time) {
	for k, b := range l.budgets {
		if b.idle(now) {
			delete(l.budgets, k)
		}
	}
	l.sweepAt = max(1024, 2*len(l.budgets))
}
