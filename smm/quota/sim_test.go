package quota

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// platformSim enforces one exact limit on the true time, and counts what it
// served and refused.
type platformSim struct {
	shape   smm.QuotaShape
	limit   int
	window  time.Duration
	aligned bool // fixed: windows stand on the server's clock, not on the first request
	tell    func(p *platformSim, now time.Time, left int) told

	mu      sync.Mutex
	log     []time.Time // rolling
	opened  time.Time   // fixed
	used    int
	served  int
	refused int
	times   []time.Time // of what was served
}

// told is what an answer's headers say, on the server's clock.
type told struct {
	left        int
	reset, date time.Time
	has         bool
}

// hit is one request as it arrives.
func (p *platformSim) hit() (bool, told) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	ok, left := false, 0
	if p.shape == smm.QuotaFixed {
		if p.opened.IsZero() || !now.Before(p.opened.Add(p.window)) {
			p.used = 0
			if p.opened = now; p.aligned {
				p.opened = now.Truncate(p.window)
			}
		}
		if ok = p.used < p.limit; ok {
			p.used++
		}
		left = p.limit - p.used
	} else {
		n := 0
		for n < len(p.log) && !p.log[n].After(now.Add(-p.window)) {
			n++
		}
		p.log = p.log[n:]
		if ok = len(p.log) < p.limit; ok {
			p.log = append(p.log, now)
		}
		left = p.limit - len(p.log)
	}
	if ok {
		p.times = append(p.times, now)
		p.served++
	} else {
		p.refused++
	}
	if p.tell == nil {
		return ok, told{}
	}
	return ok, p.tell(p, now, left)
}

// The ways to tell: a reset in whole seconds and a Date, which has no more; an
// exact reset and a Date; no Date; and no reset.
func tellEpoch(p *platformSim, now time.Time, left int) told {
	return told{left: left, reset: ceil(p.opened.Add(p.window)), date: now.Truncate(time.Second), has: true}
}

func tellISO(p *platformSim, now time.Time, left int) told {
	return told{left: left, reset: p.opened.Add(p.window), date: now.Truncate(time.Second), has: true}
}

func tellNoDate(p *platformSim, _ time.Time, left int) told {
	return told{left: left, reset: ceil(p.opened.Add(p.window)), has: true}
}

func tellNoReset(_ *platformSim, _ time.Time, left int) told { return told{left: left, has: true} }

func ceil(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }

// state is what httpx.ParseRateHeaders makes of it on a clock that shows now.
func (h told) state(p *platformSim, key smm.QuotaKey, now time.Time) []smm.QuotaState {
	if !h.has {
		return nil
	}
	s := smm.QuotaState{Key: key, Limit: int64(p.limit), Remaining: int64(h.left), Percent: -1}
	switch {
	case h.reset.IsZero():
	case h.date.IsZero():
		s.Reset = h.reset.Add(2 * time.Second)
	default:
		s.Reset = now.Add(h.reset.Sub(h.date))
	}
	return []smm.QuotaState{s}
}

// skewed is a clock that is off.
type skewed time.Duration

func (c skewed) Now() time.Time { return time.Now().Add(time.Duration(c)) }

func (c skewed) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// countingStore counts how often it is asked.
type countingStore struct {
	Store

	n atomic.Int64
}

func (s *countingStore) Load(ctx context.Context, key smm.QuotaKey) ([]byte, int64, error) {
	s.n.Add(1)
	return s.Store.Load(ctx, key)
}

func (s *countingStore) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	s.n.Add(1)
	return s.Store.Swap(ctx, key, old, state, expires)
}

// worker wants more than there is until a time, over a network with a delay of
// 20 to 220 ms each way that reorders. It returns how often it was served.
type worker struct {
	l        *Limiter
	p        *platformSim
	key      smm.QuotaKey
	priority smm.Priority
	clock    smm.Clock
}

func (w worker) run(ctx context.Context, t *testing.T, end time.Time) (served int) {
	t.Helper()
	for time.Now().Before(end) && ctx.Err() == nil {
		g, err := w.l.Reserve(ctx, w.priority, smm.Charge{Key: w.key, Cost: 1})
		if err != nil {
			limited, ok := errors.AsType[*smm.RateLimitError](err)
			if !ok || limited.After <= 0 {
				if ctx.Err() == nil {
					t.Errorf("Reserve: %v", err)
				}
				return served
			}
			_ = w.clock.Sleep(ctx, limited.After)
			continue
		}
		if w.request(ctx, g) {
			served++
		}
	}
	return served
}

// travel takes 20 to 220 ms.
func (w worker) travel() {
	_ = w.clock.Sleep(context.Background(), 20*time.Millisecond+rand.N(200*time.Millisecond))
}

// request sends what was granted. A process that dies meanwhile does not
// report.
func (w worker) request(ctx context.Context, g smm.QuotaGrant) bool {
	w.travel()
	ok, h := w.p.hit()
	w.travel()
	if ctx.Err() != nil {
		return ok
	}
	now := w.clock.Now()
	w.l.Report(ctx, g, smm.QuotaReport{Sent: true, At: now, Throttle: !ok, States: h.state(w.p, w.key, now)})
	return ok
}

// saturate runs workers for a time.
func saturate(t *testing.T, l *Limiter, p *platformSim, key smm.QuotaKey, workers int, d time.Duration) {
	t.Helper()
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { worker{l, p, key, smm.PriorityPublish, l.clock}.run(t.Context(), t, end) })
	}
	wg.Wait()
}

func declare(shape smm.QuotaShape, limit int64, window time.Duration) func(smm.QuotaKey) (smm.QuotaLimit, bool) {
	return func(smm.QuotaKey) (smm.QuotaLimit, bool) {
		return smm.QuotaLimit{Shape: shape, Limit: limit, Window: window}, true
	}
}

// process makes a limiter as one of several that share a store.
func process(t *testing.T, store Store, skew time.Duration, limit func(smm.QuotaKey) (smm.QuotaLimit, bool)) *Limiter {
	t.Helper()
	l, err := New(Config{Limit: limit, Clock: skewed(skew), Store: store})
	require.NoError(t, err)
	return l
}
