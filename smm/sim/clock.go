package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Clock is an smm.Clock that can be moved. A manual clock stands still between
// calls of Advance; a running one follows the machine's clock and can be moved
// ahead of it.
type Clock struct {
	mu     sync.Mutex
	now    time.Time     // of a manual clock
	ahead  time.Duration // of a running clock
	real   bool
	auto   bool
	timers []*timer
}

var _ smm.Clock = (*Clock)(nil)

type timer struct {
	at   time.Time
	fire func()
}

// NewClock returns a manual clock. Sleep waits for Advance; with auto, Sleep
// itself moves the clock, which suits tests with a single actor.
func NewClock(start time.Time, auto bool) *Clock {
	return &Clock{now: start.UTC(), auto: auto}
}

// RunningClock returns a clock that runs with the machine's.
func RunningClock() *Clock { return &Clock{real: true} }

// SkippingClock returns a clock that runs with the machine's and skips what
// somebody would sleep: Sleep moves it ahead and returns at once. What AfterFunc
// was given runs on the goroutine that moves it past its time, and never by
// itself. It is for servers whose own time is the machine's, such as real ones,
// where back-off and other waiting of the client should still take no time.
func SkippingClock() *Clock { return &Clock{real: true, auto: true} }

// Now returns the time in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *Clock) read() time.Time {
	if c.real {
		return time.Now().Add(c.ahead).UTC()
	}
	return c.now
}

// Advance moves the clock by d and runs what falls due on the way, in order
// and before it returns. Nothing ever moves it back.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		d = 0
	}
	c.mu.Lock()
	target := c.read().Add(d)
	c.mu.Unlock()
	c.advanceTo(target)
}

func (c *Clock) advanceTo(target time.Time) {
	for {
		c.mu.Lock()
		i := c.earliest(target)
		if i < 0 {
			c.set(target)
			c.mu.Unlock()
			return
		}
		t := c.timers[i]
		c.timers = slices.Delete(c.timers, i, i+1)
		c.set(t.at)
		c.mu.Unlock()
		t.fire()
	}
}

// earliest returns the index of the first timer due by target, or -1.
func (c *Clock) earliest(target time.Time) int {
	best := -1
	for i, t := range c.timers {
		if !t.at.After(target) && (best < 0 || t.at.Before(c.timers[best].at)) {
			best = i
		}
	}
	return best
}

func (c *Clock) set(t time.Time) {
	switch now := c.read(); {
	case !t.After(now):
	case c.real:
		c.ahead += t.Sub(now)
	default:
		c.now = t
	}
}

// AfterFunc runs f once the clock has moved on by d, on the goroutine that
// moves it or, on a clock of RunningClock, on one of its own.
func (c *Clock) AfterFunc(d time.Duration, f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{at: c.read().Add(d), fire: f}
	c.timers = append(c.timers, t)
	if c.real && !c.auto {
		time.AfterFunc(d, func() {
			if c.take(t) {
				f()
			}
		})
	}
}

// take removes t and reports whether it was still there.
func (c *Clock) take(t *timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.timers, t)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	return true
}

// NextTimer returns when the next thing falls due, and false if nothing will.
func (c *Clock) NextTimer() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.earliest(time.Unix(1<<40, 0))
	if i < 0 {
		return time.Time{}, false
	}
	return c.timers[i].at, true
}

// Sleep implements smm.Clock.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	if c.auto {
		c.Advance(d)
		return nil
	}
	done := make(chan struct{})
	c.AfterFunc(d, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
