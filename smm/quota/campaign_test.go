package quota

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// mortal is a process's way to the store, which ends with the process. It may
// also lose the answer of a write.
type mortal struct {
	Store

	dead  atomic.Bool
	loses func() bool
}

var errDead = errors.New("the process is dead")

func (s *mortal) Load(ctx context.Context, key smm.QuotaKey) ([]byte, int64, error) {
	if s.dead.Load() {
		return nil, 0, errDead
	}
	return s.Store.Load(ctx, key)
}

func (s *mortal) Swap(ctx context.Context, key smm.QuotaKey, old int64, state []byte, expires time.Time) (int64, error) {
	if s.dead.Load() {
		return 0, errDead
	}
	v, err := s.Store.Swap(ctx, key, old, state, expires)
	if err == nil && s.loses != nil && s.loses() {
		return 0, errors.New("connection reset")
	}
	return v, err
}

// world is one random scenario of the campaign.
type world struct {
	r     *rand.Rand
	p     *platformSim
	limit func(smm.QuotaKey) (smm.QuotaLimit, bool)
	store Store
	key   smm.QuotaKey
	end   time.Time
	mute  float64 // the share of answers without headers, or lost
	loses float64 // the share of writes to the store whose answer is lost
	mu    sync.Mutex
}

func newWorld(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	s := scenes()[r.IntN(len(scenes()))]
	limit := 20 + r.IntN(400)
	window := []time.Duration{time.Minute, 5 * time.Minute, time.Hour}[r.IntN(3)]
	w := &world{
		r:     r,
		p:     &platformSim{shape: s.shape, limit: limit, window: window, aligned: s.aligned, tell: s.tell},
		limit: declare(s.shape, int64(limit), window),
		store: NewMemoryStore(nil),
		key:   smm.QuotaKey{Platform: "x", Bucket: "b"},
		end:   time.Now().Add(5 * window),
	}
	if r.IntN(2) == 0 {
		w.mute = r.Float64() / 2
	}
	if r.IntN(3) == 0 {
		w.loses = r.Float64() / 4
	}
	return w
}

// draw is for all goroutines of a world.
func (w *world) draw() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.r.Float64()
}

func (w *world) span(d time.Duration) time.Duration { return time.Duration(w.draw() * float64(d)) }

// live is a place that has one process after another: each is killed at some
// time, without a word to the store, and the next one begins.
func (w *world) live(t *testing.T, workers int, think time.Duration) {
	for time.Now().Before(w.end) {
		store := &mortal{Store: w.store, loses: func() bool { return w.draw() < w.loses }}
		l := process(t, store, w.span(4*time.Second)-2*time.Second, w.limit)
		life := w.span(3 * w.p.window)
		ctx, kill := context.WithTimeout(t.Context(), min(life, time.Until(w.end)))
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() { w.work(ctx, l, think) })
		}
		<-ctx.Done()
		store.dead.Store(true)
		kill()
		wg.Wait()
		time.Sleep(w.span(w.p.window / 4))
	}
}

func (w *world) work(ctx context.Context, l *Limiter, think time.Duration) {
	wk := worker{l: l, p: w.p, key: w.key, clock: l.clock}
	for ctx.Err() == nil {
		_ = l.clock.Sleep(ctx, w.span(think))
		g, err := l.Reserve(ctx, smm.Priority(w.draw()*4), smm.Charge{Key: w.key, Cost: 1})
		if err != nil {
			wait, ok := smm.RetryAfter(err)
			if !ok {
				wait = time.Second // the store failed
			}
			_ = l.clock.Sleep(ctx, wait)
			continue
		}
		wk.travel()
		ok, h := w.p.hit()
		wk.travel()
		if ctx.Err() != nil {
			return
		}
		now := l.clock.Now()
		report := smm.QuotaReport{Sent: true, At: now, Throttle: !ok, States: h.state(w.p, w.key, now)}
		if ok && w.draw() < w.mute {
			report.States = nil
		}
		l.Report(ctx, g, report)
	}
}

// TestCampaign: processes that come and die, clocks that are off, writes whose
// answers are lost, headers that are missing. There is no 429 whatever happens.
func TestCampaign(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 25
	}
	served := 0
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(uint64(seed))
			var wg sync.WaitGroup
			for range 1 + int(w.draw()*4) {
				workers, think := 1+int(w.draw()*6), w.span(w.p.window/20)
				wg.Go(func() { w.live(t, workers, think) })
			}
			wg.Wait()
			require.Zero(t, w.p.refused, fmt.Sprintf("seed %d: %s of %d in %s, %.2f silent, %.2f lost writes", seed, w.p.shape, w.p.limit, w.p.window, w.mute, w.loses))
			served += w.p.served
		})
	}
	require.Greater(t, served, 100*seeds)
	t.Logf("%d scenarios, %d requests, 0 x 429", seeds, served)
}
