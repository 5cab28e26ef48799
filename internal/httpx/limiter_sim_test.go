package httpx

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// platformSim enforces one exact limit on its own clock, which is off by skew,
// and counts what it served and refused.
type platformSim struct {
	shape   smm.QuotaShape
	limit   int
	window  time.Duration
	skew    time.Duration
	aligned bool // fixed: windows stand on the server's clock, not on the first request
	headers func(p *platformSim, h http.Header, now time.Time, left int)

	mu      sync.Mutex
	log     []time.Time // rolling
	opened  time.Time   // fixed
	used    int
	served  int
	refused int
}

func (p *platformSim) now() time.Time { return time.Now().Add(p.skew) }

// hit is one request as it arrives.
func (p *platformSim) hit() (bool, http.Header) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
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
		p.served++
	} else {
		p.refused++
	}
	h := make(http.Header)
	if p.headers != nil {
		p.headers(p, h, now, left)
	}
	return ok, h
}

func epochHeaders(p *platformSim, h http.Header, now time.Time, left int) {
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	noDateHeaders(p, h, now, left)
}

func noDateHeaders(p *platformSim, h http.Header, _ time.Time, left int) {
	h.Set("RateLimit-Limit", strconv.Itoa(p.limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	h.Set("RateLimit-Reset", strconv.FormatInt(p.opened.Add(p.window).Add(time.Second-1).Unix(), 10))
}

func isoHeaders(p *platformSim, h http.Header, now time.Time, left int) {
	h.Set("Date", now.UTC().Format(http.TimeFormat))
	h.Set("X-RateLimit-Limit", strconv.Itoa(p.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	h.Set("X-RateLimit-Reset", p.opened.Add(p.window).UTC().Format(time.RFC3339Nano))
}

// saturate runs workers that want more than there is for a number of windows,
// over a network with a delay of 20 to 220 ms each way that reorders.
func saturate(t *testing.T, l *Limiter, p *platformSim, key smm.QuotaKey, workers int, windows float64) {
	t.Helper()
	end := time.Now().Add(time.Duration(windows * float64(p.window)))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for time.Now().Before(end) {
				g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: key, Cost: 1})
				if err != nil {
					limited, ok := errors.AsType[*smm.RateLimitError](err)
					if !ok || limited.After <= 0 {
						t.Errorf("Reserve: %v", err)
						return
					}
					time.Sleep(limited.After)
					continue
				}
				time.Sleep(20*time.Millisecond + rand.N(200*time.Millisecond))
				ok, h := p.hit()
				time.Sleep(20*time.Millisecond + rand.N(200*time.Millisecond))
				rep := smm.QuotaReport{Sent: true, At: time.Now(), Throttle: !ok}
				if info, has := ParseRateHeaders(h, time.Now()); has {
					rep.States = []smm.QuotaState{info.State(key)}
				}
				l.Report(t.Context(), g, rep)
			}
		})
	}
	wg.Wait()
}

func TestLimiterUsesItsQuotaAndNoMore(t *testing.T) {
	const windows = 8
	type variant struct {
		name    string
		shape   smm.QuotaShape
		aligned bool
		headers func(*platformSim, http.Header, time.Time, int)
	}
	variants := []variant{
		{"fixed from the first request, epoch", smm.QuotaFixed, false, epochHeaders},
		{"fixed on the clock, ISO 8601", smm.QuotaFixed, true, isoHeaders},
		{"fixed without Date", smm.QuotaFixed, true, noDateHeaders},
		{"fixed without headers", smm.QuotaFixed, false, nil},
		{"rolling without headers", smm.QuotaRolling, false, nil},
	}
	for _, v := range variants {
		for _, workers := range []int{1, 4, 16} {
			for _, skew := range []time.Duration{-2 * time.Second, 0, 2 * time.Second} {
				t.Run(fmt.Sprintf("%s/%d workers/%s", v.name, workers, skew), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						p := &platformSim{shape: v.shape, limit: 300, window: 5 * time.Minute, skew: skew, aligned: v.aligned, headers: v.headers}
						if v.shape == smm.QuotaFixed && v.aligned {
							p.skew += 7 * time.Second // start anywhere in a window
						}
						key := smm.QuotaKey{Platform: "x", Bucket: "all"}
						l := NewLimiter(LimiterConfig{Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
							return smm.QuotaLimit{Shape: v.shape, Limit: 300, Window: 5 * time.Minute}, true
						}})
						saturate(t, l, p, key, workers, windows)
						require.Zero(t, p.refused)
						require.Zero(t, l.Throttled())
						use := float64(p.served) / (300 * windows)
						require.GreaterOrEqual(t, use, 0.95)
					})
				})
			}
		}
	}
}

func TestLimiterBucketUnderAnExactWindow(t *testing.T) {
	for _, workers := range []int{1, 4, 16} {
		synctest.Test(t, func(t *testing.T) {
			p := &platformSim{shape: smm.QuotaFixed, limit: 300, window: 5 * time.Minute}
			l := NewLimiter(LimiterConfig{Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
				return smm.QuotaLimit{Shape: smm.QuotaBucket, Limit: 300, Window: 5 * time.Minute}, true
			}})
			saturate(t, l, p, smm.QuotaKey{Bucket: "b"}, workers, 20)
			require.Zero(t, p.refused)
			require.GreaterOrEqual(t, float64(p.served)/(300*20), 0.95)
		})
	}
}

// TestLimiterSharesWithAStranger has another program use half of the budget.
func TestLimiterSharesWithAStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &platformSim{shape: smm.QuotaFixed, limit: 300, window: 5 * time.Minute, aligned: true, headers: epochHeaders}
		l := NewLimiter(LimiterConfig{Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
			return smm.QuotaLimit{Shape: smm.QuotaFixed, Limit: 300, Window: 5 * time.Minute}, true
		}})
		ctx, cancel := context.WithCancel(t.Context())
		var stranger sync.WaitGroup
		stranger.Go(func() {
			for ctx.Err() == nil {
				p.hit()
				time.Sleep(2 * time.Second)
			}
		})
		saturate(t, l, p, smm.QuotaKey{Bucket: "b"}, 4, 6)
		cancel()
		stranger.Wait()
		// What the stranger does within a round trip cannot be known.
		require.LessOrEqual(t, l.Throttled(), int64(6))
		require.GreaterOrEqual(t, float64(p.served)/(300*6), 0.95)
	})
}
