package schedulertest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// EngineOptions say how to get at the engine under test.
type EngineOptions struct {
	// Open returns an empty store and arranges with t for its closing.
	Open func(t *testing.T) scheduler.Store
	// New returns an engine on the store, as another process has it. Its claims
	// have a lease of Lease and a LaneLimit of 1.
	New func(t *testing.T, s scheduler.Store) scheduler.Engine
	// Lease is that of the engine's claims: default 1 s. The suite waits for it.
	Lease time.Duration
	// Patience is how long the engine may take for anything: default 20 s. What is
	// right takes no longer for it.
	Patience time.Duration
}

// RunEngine checks that an engine keeps the contract of scheduler.Engine. It runs
// in real time, for some seconds.
func RunEngine(t *testing.T, o EngineOptions) {
	t.Helper()
	for name, test := range engineTests {
		t.Run(name, func(t *testing.T) {
			store := o.Open(t)
			e := newEngineSuite(t, store, o)
			e.engine = func() scheduler.Engine { return o.New(t, store) }
			defer e.stopAll()
			test(e)
		})
	}
}

// engineSuite is one test of an engine.
type engineSuite struct {
	testing.TB

	store    scheduler.Store
	engine   func() scheduler.Engine
	lease    time.Duration
	patience time.Duration

	mu    sync.Mutex
	stops []func()
	calls []engineCall
	moved chan struct{} // closed and renewed at each call
}

type engineCall struct {
	key scheduler.Key
	at  time.Time
	who int
}

func newEngineSuite(t testing.TB, store scheduler.Store, o EngineOptions) *engineSuite {
	e := &engineSuite{TB: t, store: store, lease: o.Lease, patience: o.Patience, moved: make(chan struct{})}
	if e.lease == 0 {
		e.lease = time.Second
	}
	if e.patience == 0 {
		e.patience = 20 * time.Second
	}
	return e
}

// process is an engine that runs.
type process struct {
	scheduler.Engine

	stop func()        // ends its context
	done chan struct{} // closed when Run has returned
	err  error         // of Run, after done
}

// run starts an engine with a handler, which is told of who it is: 0, 1 ...
func (e *engineSuite) run(who int, h scheduler.Handler) *process {
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.Context()))
	p := &process{Engine: e.engine(), stop: cancel, done: make(chan struct{})}
	e.mu.Lock()
	e.stops = append(e.stops, cancel)
	e.mu.Unlock()
	go func() {
		defer close(p.done)
		p.err = p.Run(ctx, func(ctx context.Context, r *scheduler.Record) (time.Time, error) {
			e.called(engineCall{r.Key(), time.Now(), who})
			return h(ctx, r)
		})
	}()
	return p
}

func (e *engineSuite) stopAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, stop := range e.stops {
		stop()
	}
}

func (e *engineSuite) called(c engineCall) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, c)
	close(e.moved)
	e.moved = make(chan struct{})
}

// waitCalls waits until the handler was called n times, and returns the calls.
func (e *engineSuite) waitCalls(n int) []engineCall {
	e.Helper()
	deadline := time.NewTimer(e.patience)
	defer deadline.Stop()
	for {
		e.mu.Lock()
		calls, moved := e.calls, e.moved
		e.mu.Unlock()
		if len(calls) >= n {
			return calls
		}
		select {
		case <-moved:
		case <-deadline.C:
			e.Fatalf("%d calls of the handler within %s, want %d", len(calls), e.patience, n)
		}
	}
}

func (e *engineSuite) waitDone(what string, done <-chan struct{}) {
	e.Helper()
	select {
	case <-done:
	case <-time.After(e.patience):
		e.Fatalf("%s did not end within %s", what, e.patience)
	}
}

func (e *engineSuite) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatalf("unexpected error: %v", err)
	}
}

func (e *engineSuite) insert(rs ...*scheduler.Record) {
	e.Helper()
	e.ok(e.store.Insert(e.Context(), rs...))
}

// finish ends the record's delivery, as published.
func (e *engineSuite) finish(ctx context.Context, r *scheduler.Record) (time.Time, error) {
	finish(r)
	return time.Time{}, e.store.Save(context.WithoutCancel(ctx), r, time.Now())
}

// wait waits for ch, but no longer than the test's patience.
func (e *engineSuite) wait(ch <-chan struct{}) {
	select {
	case <-ch:
	case <-time.After(e.patience):
	}
}

func (e *engineSuite) phase(id string) smm.Phase {
	e.Helper()
	r, err := e.store.Get(e.Context(), scheduler.Key{ID: id})
	e.ok(err)
	return r.Delivery.Phase
}
